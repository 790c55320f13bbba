"""What differs between two sets of rules, rule by rule and list by list, in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from segl_classifier.rules.load import RuleSet
from segl_classifier.rules.model import Rule, WordList

_NAMED = 8  # words of a list that are named


class Kind(StrEnum):
    """What differs."""

    RULE = "rule"
    LIST = "list"
    LABEL = "label"
    POLICY = "policy"


class What(StrEnum):
    """What became of something."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Difference:
    """``details`` say what is other about it now."""

    kind: Kind
    name: str
    what: What
    details: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, object]:
        return {
            "kind": self.kind.value,
            "name": self.name,
            "what": self.what.value,
            "details": list(self.details),
        }

    def __str__(self) -> str:
        return f"{self.kind} {self.name} {self.what}"


def differences(old: RuleSet, new: RuleSet) -> Iterator[Difference]:
    """From *old* to *new*."""
    yield from _of_rules(old, new)
    yield from _of_lists(old.parts.lists, new.parts.lists)
    for label, before in old.labels.items():
        after = new.labels[label]
        details = [*_changed("threshold", before.threshold, after.threshold)]
        details += _changed("decision", before.decision.value, after.decision.value)
        if details:
            yield Difference(Kind.LABEL, label.value, What.CHANGED, tuple(details))
    ignored = tuple(_changed("ignore", _joined(old.parts.policy.ignore), _joined(new.parts.policy.ignore)))
    if ignored:
        yield Difference(Kind.POLICY, "policy", What.CHANGED, ignored)


def _of_rules(old: RuleSet, new: RuleSet) -> Iterator[Difference]:
    names = dict.fromkeys([*(rule.id for rule in old.rules), *(rule.id for rule in new.rules)])
    for name in names:
        before, after = old.rule(name), new.rule(name)
        if before is None and after is not None:
            yield Difference(Kind.RULE, name, What.ADDED, (str(after), after.why))
        elif after is None and before is not None:
            yield Difference(Kind.RULE, name, What.REMOVED, (str(before),))
        elif before is not None and after is not None and (details := tuple(_rule(before, after))):
            yield Difference(Kind.RULE, name, What.CHANGED, details)


def _rule(old: Rule, new: Rule) -> Iterator[str]:
    yield from _changed("label", old.category, new.category)
    yield from _changed("effect", old.effect.value, new.effect.value)
    yield from _changed("weight", old.weight, new.weight)
    yield from _changed("in", old.reads, new.reads)
    yield from _changed("alone", old.alone, new.alone)
    yield from _changed("distinct", old.distinct, new.distinct)
    yield from _changed("notes", old.notes, new.notes)
    yield from _words("words", map(str, old.words), map(str, new.words))
    yield from _words("patterns", map(str, old.patterns), map(str, new.patterns))
    yield from _words("persons", old.persons, new.persons)
    for name in ("near", "boost", "unless"):
        before = [f"{c} by {c.by:g}" for c in getattr(old, name)]
        after = [f"{c} by {c.by:g}" for c in getattr(new, name)]
        yield from _words(name, before, after)
    yield from _changed("where", _joined(sorted(old.where)), _joined(sorted(new.where)))


def _of_lists(old: Mapping[str, WordList], new: Mapping[str, WordList]) -> Iterator[Difference]:
    for name in dict.fromkeys([*old, *new]):
        if name not in old:
            yield Difference(Kind.LIST, name, What.ADDED, (f"{len(new[name].words)} words",))
        elif name not in new:
            yield Difference(Kind.LIST, name, What.REMOVED)
        else:
            before, after = old[name], new[name]
            details = [*_words("words", map(str, before.words), map(str, after.words))]
            details += _words("patterns", map(str, before.patterns), map(str, after.patterns))
            details += _words("lists", before.parts, after.parts)
            if details:
                yield Difference(Kind.LIST, name, What.CHANGED, tuple(details))


def _words(name: str, old: Iterable[str], new: Iterable[str]) -> Iterator[str]:
    before, after = dict.fromkeys(old), dict.fromkeys(new)
    for sign, gone, kept in (("+", after, before), ("-", before, after)):
        words = [word for word in gone if word not in kept]
        if words:
            more = f" and {len(words) - _NAMED} more" if len(words) > _NAMED else ""
            yield f"{name} {sign}{len(words)}: {', '.join(words[:_NAMED])}{more}"


def _changed(name: str, old: object, new: object) -> Iterator[str]:
    if old != new:
        yield f"{name} {old} → {new}"


def _joined(names: Iterable[str]) -> str:
    return ", ".join(names) or "nothing"
