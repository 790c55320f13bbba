"""Judges a labelled message as the milter would judge it."""

from __future__ import annotations

from collections.abc import Callable

from segl_classifier.classify import Evidence
from segl_classifier.decide import Strictness, Weighings, decide, weigh_all
from segl_classifier.evaluation.labelled import LabelledMessage
from segl_classifier.evaluation.letter import letter
from segl_classifier.evaluation.score import Judgement
from segl_classifier.rules import RuleSet
from segl_classifier.understanding.interface import Model

Gather = Callable[[bytes], Evidence]


def judge(
    message: LabelledMessage, gather: Gather, rules: RuleSet, model: Model | None, strictness: Strictness
) -> Judgement:
    """The judgement of *message*, made into a real message first; *gather* finds the evidence in it."""
    found = gather(letter(message))
    verdict = decide(found.findings, rules, strictness, model=model, understanding=found.understanding)
    weighings = weigh_all(found.findings, rules, strictness, model=model, understanding=found.understanding)
    return Judgement(
        id=message.id,
        place=message.place,
        why=message.why,
        true=message.labels,
        must_encrypt=message.must_encrypt,
        said=frozenset(verdict.labels),
        decision=verdict.decision,
        reasons=verdict.reasons,
        score=_highest(weighings),
    )


def _highest(weighings: Weighings) -> float:
    scores = [weighing.score for weighing in weighings.labels.values() if not weighing.veto]
    return max(scores + ([weighings.whole.score] if weighings.whole else []), default=0.0)
