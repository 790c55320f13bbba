"""Which windows the encoder is asked of: none that is surely harmless, the likeliest first, few of a short message."""

from __future__ import annotations

import numpy as np
import pytest

from segl_classifier.understanding.asking import Budget, Gates, in_turn

GATES = Gates(uncertain=-1.0, uncertain_label=1.0, surely=0.5, go_on=-0.5)


def turns(*anything: float, label: float = -9.0) -> tuple[list[int], list[int]]:
    """Of a message whose windows have these logits of anything; the last has *label* for a category besides."""
    rows = np.full((len(anything), 3), -9.0, np.float32)
    rows[:, 0] = anything
    rows[-1, 2] = label
    return in_turn(rows, GATES, Budget())


@pytest.mark.parametrize(
    ("logits", "first", "then"),
    [
        ((-3.0, -2.0), [], []),
        ((-0.9,), [0], []),
        ((-3.0, -0.9, -0.2), [2], [1]),  # the likeliest, and the other if it does not say no
        ((0.6, 0.1, 0.9), [2, 0], [1]),  # two that are likely by themselves
        ((-0.1, -0.2, -0.3, -0.4, -0.5), [0], [1, 2]),  # never more than few of a short message
        ((0.9, 0.8, 0.7, 0.6), [0, 1, 2], []),
    ],
)
def test_the_likeliest_window_is_asked_about_first(
    logits: tuple[float, ...], first: list[int], then: list[int]
) -> None:
    assert turns(*logits) == (first, then)


def test_a_window_with_a_likely_category_is_uncertain_too() -> None:
    assert turns(-3.0, -3.0, label=1.2) == ([1], [])


def test_of_a_long_message_one_in_eight_is_asked_about_at_once() -> None:
    first, then = turns(*(-0.5 + n / 1000 for n in range(80)))
    assert first == list(range(79, 69, -1))
    assert then == []


def test_there_is_an_end_to_it() -> None:
    first, then = turns(*[2.0] * 10_000)
    assert len(first + then) == Budget().windows
