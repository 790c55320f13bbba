"""Judges a record as the milter would judge the message."""

from __future__ import annotations

from collections.abc import Callable

from segl_classifier.classify import Evidence
from segl_classifier.decide import Balance, Stance, balance_of, decide
from segl_classifier.evaluation.letter import letter
from segl_classifier.evaluation.records import Record
from segl_classifier.evaluation.score import Judgement
from segl_classifier.rules import RuleSet
from segl_classifier.understanding.reading import Model

Gather = Callable[[bytes], Evidence]


def judge(record: Record, gather: Gather, rules: RuleSet, model: Model | None, stance: Stance) -> Judgement:
    """The judgement of *record*, made into a real message first; *gather* finds the evidence in it."""
    found = gather(letter(record))
    verdict = decide(found.findings, rules, stance, model=model, understanding=found.understanding)
    balance = balance_of(found.findings, rules, stance, model=model, understanding=found.understanding)
    return Judgement(
        id=record.id,
        place=record.place,
        why=record.why,
        true=record.labels,
        must_encrypt=record.must_encrypt,
        said=frozenset(verdict.labels),
        decision=verdict.decision,
        reasons=verdict.reasons,
        score=_highest(balance),
    )


def _highest(balance: Balance) -> float:
    scores = [weighing.score for weighing in balance.labels.values() if not weighing.veto]
    return max(scores + ([balance.whole.score] if balance.whole else []), default=0.0)
