"""Scores judgements of labelled messages: what was found, what was missed, what was a false alarm.

A message is *found* when it must be sent securely and is, a *false alarm* when it need not be and is. The
categories are scored apart. The intervals are bootstrap percentiles (Efron & Tibshirani 1993, §13.3): the
messages are drawn again with replacement, a thousand times; the generator is seeded, so equal judgements give
equal intervals.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from segl.vocabulary import Decision, Label, Prefix

_SEED = 20_251_124
_DRAWS = 1_000
_MOST_WORK = 4_000_000  # messages drawn in all
_FEWEST = 200


class Kind(Enum):
    """How a message was judged."""

    RIGHT = "right"
    MISSED = "missed"
    FALSE_ALARM = "false alarm"
    CATEGORIES = "other categories"
    """As secure as it must be, for other categories than are true of it."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What was true of one message and what was said. ``score`` is the highest of its scores, 0 to 1."""

    id: str
    place: str
    why: str
    true: frozenset[Label]
    must_encrypt: bool
    said: frozenset[Label]
    decision: Decision
    reasons: tuple[str, ...]
    score: float

    @property
    def secured(self) -> bool:
        return self.decision is not Decision.PLAIN

    @property
    def kind(self) -> Kind:
        if self.secured is not self.must_encrypt:
            return Kind.MISSED if self.must_encrypt else Kind.FALSE_ALARM
        return Kind.RIGHT if self.said == self.true else Kind.CATEGORIES

    @property
    def unseen(self) -> frozenset[Label]:
        """The categories that are true of it and were not said."""
        return self.true - self.said

    @property
    def untrue(self) -> frozenset[Label]:
        """The categories that were said and are not true of it."""
        return self.said - self.true

    def as_dict(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "place": self.place,
            "kind": self.kind.value,
            "score": round(self.score, 4),
            "labels": sorted(self.true),
            "said": sorted(self.said),
            "decision": self.decision.value,
            "reasons": list(self.reasons),
            "why": self.why,
        }


@dataclass(slots=True)
class Count:
    """Right and wrong answers to one question."""

    found: int = 0
    missed: int = 0
    false: int = 0
    quiet: int = 0

    def add(self, true: bool, said: bool) -> None:
        match true, said:
            case True, True:
                self.found += 1
            case True, False:
                self.missed += 1
            case False, True:
                self.false += 1
            case _:
                self.quiet += 1

    @property
    def n(self) -> int:
        """How many it was true of."""
        return self.found + self.missed

    @property
    def precision(self) -> float:
        return _share(self.found, self.found + self.false)

    @property
    def recall(self) -> float:
        return _share(self.found, self.n)

    @property
    def f1(self) -> float:
        return _share(2 * self.found, 2 * self.found + self.missed + self.false)

    @property
    def alarms(self) -> float:
        return _share(self.false, self.false + self.quiet)

    def as_dict(self) -> dict[str, Any]:
        shares = {"precision": self.precision, "recall": self.recall, "f1": self.f1}
        return {"n": self.n, **{name: round(share, 4) for name, share in shares.items()}}


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Score:
    """All figures of one set. Macro F1 is the mean over the categories that occur in it."""

    n: int
    must: Count
    labels: dict[Label, Count]
    recall: Interval
    alarms: Interval
    f1: Interval
    judgements: tuple[Judgement, ...] = field(repr=False)

    @property
    def unread(self) -> int:
        """How many were sent securely for no other reason than that something could not be read."""
        return sum(
            bool(j.reasons) and all(r.startswith(Prefix.UNREADABLE) for r in j.reasons)
            for j in self.judgements
        )

    @property
    def all_labels(self) -> Count:
        """The answers about all categories together."""
        counts = self.labels.values()
        return Count(
            sum(c.found for c in counts), sum(c.missed for c in counts), sum(c.false for c in counts)
        )

    @property
    def macro_f1(self) -> float:
        occurring = [count.f1 for count in self.labels.values() if count.n]
        return sum(occurring) / len(occurring) if occurring else 0.0

    def worst_missed(self) -> list[Judgement]:
        """The missed, those first that look most harmless to the classifier."""
        return sorted(self._of(Kind.MISSED), key=lambda j: (j.score, j.place))

    def worst_false_alarms(self) -> list[Judgement]:
        """The false alarms, those first of which the classifier is most sure."""
        return sorted(self._of(Kind.FALSE_ALARM), key=lambda j: (-j.score, j.place))

    def worst_categories(self) -> list[Judgement]:
        """Those that went as they must, for other categories than are true of them; the most astray first."""
        return sorted(self._of(Kind.CATEGORIES), key=lambda j: (-len(j.unseen | j.untrue), j.place))

    def _of(self, kind: Kind) -> list[Judgement]:
        return [judgement for judgement in self.judgements if judgement.kind is kind]

    def as_dict(self) -> dict[str, Any]:
        every = self.all_labels
        return {
            "n": self.n,
            "only_unreadable": self.unread,
            "must_encrypt": {
                "n": self.must.n,
                "recall": round(self.must.recall, 4),
                "recall_95": [round(end, 4) for end in self.recall],
                "false_alarms": round(self.must.alarms, 4),
                "false_alarms_95": [round(end, 4) for end in self.alarms],
                "missed": self.must.missed,
                "alarms": self.must.false,
            },
            "labels": {label.value: count.as_dict() for label, count in self.labels.items()},
            "micro": {**every.as_dict(), "f1_95": [round(end, 4) for end in self.f1]},
            "macro_f1": round(self.macro_f1, 4),
            "missed": [j.as_dict() for j in self.worst_missed()],
            "false_alarms": [j.as_dict() for j in self.worst_false_alarms()],
            "other_categories": [j.as_dict() for j in self.worst_categories()],
        }


def score(judgements: Iterable[Judgement]) -> Score:
    """The figures of *judgements*."""
    every = tuple(judgements)
    must, labels = Count(), {label: Count() for label in Label}
    for judgement in every:
        must.add(judgement.must_encrypt, judgement.secured)
        for label, count in labels.items():
            count.add(label in judgement.true, label in judgement.said)
    recall, alarms, f1 = _intervals(every)
    return Score(len(every), must, labels, recall, alarms, f1, every)


_BITS = 32


def _intervals(judgements: Sequence[Judgement]) -> tuple[Interval, Interval, Interval]:
    """The intervals of recall, false alarms and micro F1.

    A message's counts are packed into one integer, 32 bits each, so that a draw is one sum.
    """
    if not judgements:
        return ((0.0, 0.0),) * 3
    packed = [sum(count << _BITS * place for place, count in enumerate(_counts(j))) for j in judgements]
    draws = max(_FEWEST, min(_DRAWS, _MOST_WORK // len(packed)))
    chance = random.Random(_SEED)  # noqa: S311 - nothing secret hangs on it
    figures = [_figures(sum(chance.choices(packed, k=len(packed)))) for _ in range(draws)]
    recall, alarms, f1 = (_percentiles(values) for values in zip(*figures, strict=True))
    return recall, alarms, f1


def _counts(j: Judgement) -> tuple[int, ...]:
    """Must be secure, is found; need not, is a false alarm; categories right, missed, wrong."""
    need_not = not j.must_encrypt
    message = (j.must_encrypt, j.must_encrypt and j.secured, need_not, need_not and j.secured)
    return (*map(int, message), len(j.true & j.said), len(j.unseen), len(j.untrue))


def _figures(total: int) -> tuple[float, float, float]:
    must, found, need_not, false, right, missed, wrong = (
        total >> _BITS * place & (1 << _BITS) - 1 for place in range(7)
    )
    return _share(found, must), _share(false, need_not), _share(2 * right, 2 * right + missed + wrong)


def _percentiles(values: Iterable[float]) -> Interval:
    ordered = sorted(values)
    cut = round(0.025 * (len(ordered) - 1))
    return ordered[cut], ordered[-1 - cut]


def lines(result: Score) -> Iterator[tuple[str, ...]]:
    """The table of categories, a row each, for people."""
    yield ("CATEGORY", "N", "PRECISION", "RECALL", "F1")
    for label, count in result.labels.items():
        yield (label.value, str(count.n), *(f"{x:.3f}" for x in (count.precision, count.recall, count.f1)))
    every = result.all_labels
    yield ("all (micro)", str(every.n), *(f"{x:.3f}" for x in (every.precision, every.recall, every.f1)))
    yield ("mean (macro)", "", "", "", f"{result.macro_f1:.3f}")
