"""A decision made again from its record: under other rules, thresholds or settings, without the message.

What can be foreseen is everything that is reckoned: a rule turned off, another weight, another amount for a condition,
another category or effect, other thresholds and decisions. What cannot is what would have to be looked for: new rules,
and words, patterns, lists or conditions that changed (:func:`unforeseen` names them). A finding that came to less than
0.05 was never recorded, so that a weight raised from near nothing finds too little here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from segl.decisions.record import BEYOND_MODEL, FEW_WORDS_STEP, DecisionRecord, Hit
from segl.settings.document import Settings
from segl.vocabulary import (
    FAINT,
    FEW_WORDS,
    MODEL,
    Adjustment,
    Asked,
    Decision,
    Effect,
    Finding,
    Label,
    Prefix,
    Verdict,
)
from segl_classifier.decide import Strictness, decide
from segl_classifier.rules import RuleSet, load_rules
from segl_classifier.rules.model import Condition, Rule
from segl_classifier.understanding.interface import Model, Understanding
from segl_classifier.understanding.loading import load_thresholds

_ASKED: Final = frozenset(Asked)
_FEW: Final = Adjustment(FEW_WORDS, 0.0)
_WEIGHT, _BOOST, _UNLESS = "weight", "boost:", "unless:"


@dataclass(frozen=True, slots=True)
class Terms:
    """What decisions are reckoned by: rules, the house's strictness, a model's thresholds (``None``: words alone)."""

    rules: RuleSet
    strictness: Strictness
    model: Model | None

    @classmethod
    def of(cls, settings: Settings, extra: Sequence[Path] = (), *, instead: Sequence[Path] = ()) -> Terms:
        """By *settings*, with the rule files *extra* on top, or *instead* in place of those they name. Raises
        :class:`~segl.errors.SeglError`."""
        rules = load_rules([*(instead or settings.detection.rules), *extra])
        model = load_thresholds() if settings.detection.model else None
        return cls(rules, Strictness.of(settings.detection), model)

    def decide(self, record: DecisionRecord) -> Verdict:
        return decide_again(record, self.rules, self.strictness, self.model)


def decide_again(
    record: DecisionRecord, rules: RuleSet, strictness: Strictness, model: Model | None
) -> Verdict:
    """The verdict on the message of *record* by *rules* and *strictness*. *model* gives thresholds; ``None``:
    words alone decide, as they do on a record of which no model spoke."""
    understanding = understanding_of(record) if model is not None else None
    verdict = decide(
        list(findings_of(record, rules)), rules, strictness, model=model, understanding=understanding
    )
    return _with_policies(record, _with_demands(record, verdict))


def _with_demands(record: DecisionRecord, verdict: Verdict) -> Verdict:
    demands = tuple(reason for reason in record.why if reason in _ASKED)
    if not demands:
        return verdict
    decision = Decision.strictest((verdict.decision, Decision.SECURE))
    return replace(verdict, decision=decision, reasons=(*demands, *verdict.reasons))


def _with_policies(record: DecisionRecord, verdict: Verdict) -> Verdict:
    """``[[policy]]`` entries act as they acted then: one that raised raises to what was decided, one that lowered
    lowers as long as there is no other reason than there was."""
    raised = tuple(reason for reason in record.why if reason.startswith(Prefix.RAISED))
    lowered = tuple(reason for reason in record.why if reason.startswith(Prefix.LOWERED))
    if raised and record.verdict.rank > verdict.decision.rank:
        return replace(verdict, decision=record.verdict, reasons=(*raised, *verdict.reasons))
    if lowered and verdict.decision is Decision.SECURE and set(verdict.reasons) <= set(record.why):
        return replace(verdict, decision=Decision.PLAIN, reasons=(*verdict.reasons, *lowered))
    return verdict


def findings_of(record: DecisionRecord, rules: RuleSet) -> Iterator[Finding]:
    """What was found, as *rules* would weigh it: a rule they do not have finds nothing."""
    for hit in record.hits:
        if hit.rule == MODEL:
            continue
        if not hit.match:  # CPR numbers, and what could not be read: no rule file says what they weigh
            yield _finding(hit, hit.label, hit.score, hit.effect)
        elif (rule := rules.rule(hit.rule)) is not None and (score := score_by(hit, rule)) >= FAINT:
            beyond = hit.place in BEYOND_MODEL
            yield _finding(hit, rule.label, score, rule.effect, beyond_model=beyond)


def _finding(
    hit: Hit, label: Label | None, score: float, effect: Effect, *, beyond_model: bool = False
) -> Finding:
    """*hit* as a finding without its words, which nobody kept."""
    return Finding(
        rule=hit.rule,
        label=label,
        where=hit.place,
        excerpt="",
        score=score,
        adjustments=tuple(_FEW if step.reason == FEW_WORDS_STEP else step for step in hit.steps),
        effect=effect,
        beyond_model=beyond_model,
    )


def understanding_of(record: DecisionRecord) -> Understanding | None:
    said = record.said
    return None if said is None else Understanding((), said.any, said.scores, said.complete)


def score_by(hit: Hit, rule: Rule) -> float:
    """What *hit* would have come to with the weight of *rule* and its amounts; conditions that it does not have now
    say nothing."""
    total = 0.0
    for step in hit.steps:
        total += _amount(step, rule)
    if not hit.steps:  # of an attachment that was remembered: only the sum is known
        total = hit.score + rule.weight - hit.weight
    return min(1.0, max(0.0, total))


def _amount(step: Adjustment, rule: Rule) -> float:
    if step.reason == _WEIGHT:
        return rule.weight
    if step.reason.startswith(_BOOST):
        return _counts(rule.boost, step.reason.removeprefix(_BOOST), step.by)
    if step.reason.startswith(_UNLESS):
        return -_counts(rule.unless, step.reason.removeprefix(_UNLESS), -step.by)
    return 0.0


def _counts(conditions: tuple[Condition, ...], name: str, before: float) -> float:
    """How much the condition on the list *name* counts now, which counted *before*; of several on one list that which
    counts as it did."""
    named = [c.by for c in conditions if name in c.lists]
    return before if before in named else max(named, default=0.0)


def without(record: DecisionRecord, rule: str) -> DecisionRecord:
    """*record* as if *rule* had found nothing; for ``model``, as if the model had been sure that there is nothing."""
    if rule == MODEL and record.said is not None:
        return replace(
            record, said=replace(record.said, any=0.0, scores=dict.fromkeys(record.said.scores, 0.0))
        )
    return replace(record, hits=tuple(hit for hit in record.hits if hit.rule != rule))


def decisive(record: DecisionRecord, terms: Terms) -> tuple[str, ...]:
    """What spoke for the secure way and made the difference alone: without it the message would go plain."""
    return tuple(
        name for name in speakers(record) if terms.decide(without(record, name)).decision is Decision.PLAIN
    )


def unforeseen(old: RuleSet, new: RuleSet) -> Iterator[tuple[str, str]]:
    """Rules of *new* that would find what *old* did not look for: id, and what is new about it."""
    for rule in new.rules:
        if old.rule(rule.id) is None:
            yield rule.id, "a new rule"
        elif old.fingerprints[rule.id] != new.fingerprints[rule.id]:
            yield rule.id, "other words, lists or conditions"


def outdated(record: DecisionRecord, rules: RuleSet) -> bool:
    """Whether *record* was made when some rule that found something looked for something else than it does in
    *rules*."""
    return any(hit.match and rules.fingerprints.get(hit.rule, hit.match) != hit.match for hit in record.hits)


def by_another_model(record: DecisionRecord, model: Model | None) -> bool:
    """Whether the scores in *record* are another model's than those whose thresholds *model* has."""
    return bool(record.said and record.model and model and record.model != getattr(model, "digest", ""))


def speakers(record: DecisionRecord) -> list[str]:
    """What spoke for the secure way: rules that raise, and the model where it said something."""
    names = dict.fromkeys(hit.rule for hit in record.hits if hit.effect is Effect.RAISE)
    if record.said is not None and (record.said.any >= FAINT or any(record.said.scores.values())):
        names[MODEL] = None
    return list(names)
