"""The metrics of a message that has its verdict."""

from __future__ import annotations

import pytest
from prometheus_client import REGISTRY

from segl.vocabulary import Decision, Label, Verdict
from segl_milter.counting import count


def value(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


@pytest.mark.parametrize(
    ("verdict", "name", "labels"),
    [
        (Verdict(Decision.SECURE, labels=(Label.HEALTH,)), "segl_labels_total", {"label": "health"}),
        (Verdict(Decision.SECURE, reasons=("unsure",)), "segl_doubts_total", {"doubt": "unsure"}),
        (Verdict(Decision.SECURE, reasons=("personal",)), "segl_doubts_total", {"doubt": "personal"}),
        (Verdict(Decision.PLAIN, reasons=("veto.own.a", "veto.own.b")), "segl_vetoes_total", {}),
        (Verdict(Decision.SECURE, reasons=("requested",)), "segl_requested_total", {}),
        (Verdict(Decision.SECURE, reasons=("answers_sealed",)), "segl_answers_sealed_total", {}),
    ],
)
def test_each_reason_is_counted_once_a_message(verdict: Verdict, name: str, labels: dict[str, str]) -> None:
    before = value(name, **labels)
    count(verdict, "detect", forged=0, seconds=0.01)
    assert value(name, **labels) == before + 1
