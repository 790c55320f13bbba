"""The metrics of a message that has its verdict."""

from __future__ import annotations

from collections.abc import Sequence

from segl import metrics
from segl.vocabulary import Asked, Doubt, Prefix, Verdict
from segl_classifier.stages import Stage, Stages

# looked up once, not for each message
_STAGES = {stage: metrics.STAGE_SECONDS.labels(stage.value) for stage in Stage}


def count(verdict: Verdict, mode: str, *, forged: int, seconds: float) -> None:
    """*mode* is that of the detection, *seconds* what it took to read and to judge, *forged* the number of header
    fields that no sender writes."""
    metrics.MESSAGES.labels(verdict.decision.value, mode).inc()
    metrics.SCAN_SECONDS.observe(seconds)
    for label in verdict.labels:
        metrics.LABELS.labels(label.value).inc()
    for finding in verdict.unreadable:
        metrics.UNREADABLE.labels(finding.rule.removeprefix(Prefix.UNREADABLE)).inc()
    if verdict.reasons:  # most have none
        _count_reasons(verdict.reasons)
    if forged:
        metrics.FORGED.inc(forged)


def _count_reasons(reasons: Sequence[str]) -> None:
    for doubt in Doubt:
        if doubt in reasons:
            metrics.DOUBTS.labels(doubt.value).inc()
    if any(reason.startswith(Prefix.VETO) for reason in reasons):
        metrics.VETOES.inc()
    if Asked.REQUESTED in reasons:
        metrics.REQUESTED.inc()
    if Asked.ANSWERS_SEALED in reasons:
        metrics.ANSWERS_SEALED.inc()


def count_stages(stages: Stages) -> None:
    for stage, took in stages.seconds.items():
        _STAGES[stage].observe(took)
