"""What the CPR detector finds in a text, on one day for all tests."""

from __future__ import annotations

from bench.cpr_numbers import TODAY
from segl.vocabulary import Finding
from segl_classifier.cpr.find import find_cpr
from segl_classifier.cpr.judging.score import THRESHOLD
from segl_classifier.message import Source, Text


def looked_at(text: str, source: Source = Source.BODY) -> list[Finding]:
    """Every candidate, with the score that the words beside it gave it."""
    return find_cpr(Text(text, "body", source), today=TODAY)


def found(text: str, source: Source = Source.BODY) -> list[Finding]:
    """Those that count as personal numbers."""
    return [finding for finding in looked_at(text, source) if finding.score >= THRESHOLD]
