"""The bars of the bench, on a smaller sample: no more than a half per cent missed, a half per cent false."""

from __future__ import annotations

import pytest

from bench.cpr_cases import Case, cases
from corpus.numbers import found

COUNT = 1_500


@pytest.fixture(scope="module")
def wrong() -> list[Case]:
    return [case for case in cases(COUNT, seed=42) if bool(found(case.text)) is not case.positive]


def test_recall(wrong: list[Case]) -> None:
    missed = [case for case in wrong if case.positive]
    assert len(missed) <= 0.005 * COUNT / 2, missed


def test_false_alarms(wrong: list[Case]) -> None:
    false = [case for case in wrong if not case.positive]
    assert len(false) <= 0.005 * COUNT / 2, false


def test_the_cases_are_what_they_are_said_to_be() -> None:
    some = list(cases(COUNT))
    assert some == list(cases(COUNT))
    assert sum(case.positive for case in some) == COUNT // 2
    assert len({case.kind for case in some}) > 60
    assert len({case.text for case in some}) > 0.95 * COUNT
