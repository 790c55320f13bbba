"""Measures the features of labelled texts: each made into a real message and read as the milter would read it."""

from __future__ import annotations

from hashlib import sha256

from segl.decisions.record import DecisionRecord
from segl_classifier.classify import Evidence
from segl_classifier.decide import Strictness, decide
from segl_classifier.evaluation.judge import Gather
from segl_classifier.evaluation.labelled import LabelledMessage
from segl_classifier.evaluation.letter import letter
from segl_classifier.evaluation.tradeoff import Measured
from segl_classifier.rules import RuleSet
from segl_classifier.tuning.features import features_of
from segl_classifier.understanding.interface import Model


def measure(message: LabelledMessage, gather: Gather, rules: RuleSet, model: Model | None) -> Measured:
    """The features of *message*; *gather* finds the evidence in the message it is made into."""
    found: Evidence = gather(letter(message))
    verdict = decide(found.findings, rules, Strictness(), model=model, understanding=found.understanding)
    features = features_of(found, rules)
    kept = DecisionRecord(
        id=sha256(message.place.encode("utf-8", "surrogateescape")).hexdigest()[:32],
        at=0.0,
        domain="",
        verdict=verdict.decision,
        labels=verdict.labels,
        why=verdict.reasons,
        rules=rules.digest[:16],
        model=str(getattr(model, "digest", "")),
        hits=features.hits,
        cut=features.cut,
        chars=features.chars,
        said=features.said,
    )
    return Measured(kept, message.labels, message.must_encrypt)
