"""What other rules would have made of decisions: by what became of them, by rule, by sender domain, by category."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from segl.decisions.record import DecisionRecord
from segl.vocabulary import MODEL, Decision, Finding, Verdict
from segl_classifier.rules import RuleSet
from segl_classifier.rules.model import Rule
from segl_classifier.tuning.again import Terms, findings_of, outdated

MOST_SHOWN = 1_000


@dataclass(frozen=True, slots=True)
class Change:
    """One decision that would be another. ``name`` says of what: the decision's id, or a file."""

    name: str
    record: DecisionRecord
    before: Verdict
    after: Verdict
    rules: tuple[str, ...]

    @property
    def turns(self) -> bool:
        """Whether it would go another way; else only the categories differ."""
        return self.before.decision is not self.after.decision

    def as_dict(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "domain": self.record.domain,
            "before": self.before.decision.value,
            "after": self.after.decision.value,
            "why_before": list(self.before.reasons),
            "why_after": list(self.after.reasons),
            "rules": list(self.rules),
        }


@dataclass(slots=True)
class Replayed:
    """All decisions looked at. Counters count decisions that would go another way; ``turns`` by what they were and
    would be. ``relabelled``: only the categories differ. ``outdated``: made when rules looked for something else."""

    decisions: int = 0
    outdated: int = 0
    relabelled: int = 0
    turns: Counter[tuple[Decision, Decision]] = field(default_factory=Counter)
    by_rule: Counter[str] = field(default_factory=Counter)
    by_domain: Counter[str] = field(default_factory=Counter)
    by_label: Counter[str] = field(default_factory=Counter)
    changes: list[Change] = field(default_factory=list)
    most: int = MOST_SHOWN  # of changes, the first; all are counted

    def add(self, change: Change | None, *, old: bool = False) -> None:
        """Count a decision, with what would change about it."""
        self.decisions += 1
        self.outdated += old
        if change is None:
            return
        if len(self.changes) < self.most:
            self.changes.append(change)
        for label in set(change.before.labels) ^ set(change.after.labels):
            self.by_label[f"{'+' if label in change.after.labels else '-'}{label}"] += 1
        if not change.turns:
            self.relabelled += 1
            return
        self.turns[change.before.decision, change.after.decision] += 1
        self.by_domain[change.record.domain] += 1
        for rule in change.rules:
            self.by_rule[rule] += 1

    def join(self, later: Replayed) -> None:
        """Count those of *later*, which come behind these, as if all had been looked at in one go."""
        self.decisions += later.decisions
        self.outdated += later.outdated
        self.relabelled += later.relabelled
        self.turns.update(later.turns)
        self.by_rule.update(later.by_rule)
        self.by_domain.update(later.by_domain)
        self.by_label.update(later.by_label)
        self.changes += later.changes[: max(0, self.most - len(self.changes))]

    def as_dict(self) -> dict[str, Any]:
        return {
            "decisions": self.decisions,
            "outdated": self.outdated,
            "relabelled": self.relabelled,
            "turns": {f"{before} → {after}": number for (before, after), number in self.turns.items()},
            "by_rule": dict(self.by_rule.most_common()),
            "by_domain": dict(self.by_domain.most_common()),
            "by_label": dict(self.by_label.most_common()),
            "changes": [change.as_dict() for change in self.changes],
        }


def replay(records: Iterable[DecisionRecord], old: Terms, new: Terms, most: int = MOST_SHOWN) -> Replayed:
    """*records* decided again by *old* and by *new*, with the first *most* changes. Most mail says nothing that the
    change is about, and is only counted."""
    found = Replayed(most=most)
    touched, same_scales = _touched(old.rules, new.rules), _same_scales(old, new)
    for record in records:
        old_hits = outdated(record, old.rules)
        if same_scales and not any(hit.rule in touched for hit in record.hits):
            found.add(None, old=old_hits)
            continue
        change = change_of(record.id, record, old.decide(record), new.decide(record), old, new)
        found.add(change, old=old_hits)
    return found


def _touched(old: RuleSet, new: RuleSet) -> frozenset[str]:
    """The rules that weigh otherwise in one of the two."""

    def weighs(rule: Rule | None) -> object:
        return rule and (rule.label, rule.effect, rule.weight, rule.near, rule.boost, rule.unless, rule.own)

    names = {rule.id for rule in (*old.rules, *new.rules)}
    return frozenset(name for name in names if weighs(old.rule(name)) != weighs(new.rule(name)))


def _same_scales(old: Terms, new: Terms) -> bool:
    """Whether scores are held against the same thresholds, and the same follows."""
    return (
        dict(old.rules.labels) == dict(new.rules.labels)
        and old.strictness == new.strictness
        and _scale(old) == _scale(new)
    )


def _scale(terms: Terms) -> object:
    return terms.model and (dict(terms.model.thresholds), terms.model.any_threshold)


def change_of(
    name: str, record: DecisionRecord, before: Verdict, after: Verdict, old: Terms, new: Terms
) -> Change | None:
    """What would be other about a decision; ``None``: nothing."""
    if before.decision is after.decision and before.labels == after.labels:
        return None
    return Change(name, record, before, after, _responsible(record, before, after, old, new))


def _responsible(
    record: DecisionRecord, before: Verdict, after: Verdict, old: Terms, new: Terms
) -> tuple[str, ...]:
    """The rules that weigh otherwise in it; else what the categories that differ are held against."""
    was, now = _weights(findings_of(record, old.rules)), _weights(findings_of(record, new.rules))
    rules = sorted({name for name, _ in was ^ now} | _new_speakers(before, after))
    if rules:
        return tuple(rules)
    labels = sorted(set(before.labels) ^ set(after.labels))
    return tuple(f"threshold or decision of {label}" for label in labels) or ("settings",)


def _weights(findings: Iterable[Finding]) -> set[tuple[str, tuple[object, ...]]]:
    return {(f.rule, (f.label, f.effect, round(f.score, 6), f.where)) for f in findings}


def _new_speakers(before: Verdict, after: Verdict) -> set[str]:
    """Where the mail itself was read by both: rules that find something in it only now, or no more."""
    was, now = ({f.rule for f in verdict.findings if f.rule != MODEL} for verdict in (before, after))
    return was ^ now
