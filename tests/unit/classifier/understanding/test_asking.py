"""Which windows the sieve and the encoder are asked of: none that is surely harmless, the likeliest first, few of a
short message."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from segl_classifier.understanding.asking import Budget, Gates, in_doubt, in_shares, in_turn

GATES = Gates(
    doubtful=-2.0,
    doubtful_label=0.0,
    likely=0.5,
    uncertain=-1.0,
    uncertain_label=1.0,
    surely=0.5,
    go_on=-0.5,
    alone=0.0,
    alone_likely=1.0,
)


def rows(*anything: float, label: float = -9.0) -> NDArray[np.float32]:
    """Of a message whose windows have these logits of anything; the last has *label* for a category besides."""
    made = np.full((len(anything), 3), -9.0, np.float32)
    made[:, 0] = anything
    made[-1, 2] = label
    return made


def turns(*anything: float, label: float = -9.0) -> tuple[list[int], list[int]]:
    unlikely = rows(*(-9.0 for _ in anything))
    return in_turn(unlikely, rows(*anything, label=label), GATES, Budget())


@pytest.mark.parametrize(
    ("logits", "first", "then"),
    [
        ((-3.0, -2.0), [], []),
        ((-0.9,), [0], []),
        ((-3.0, -0.9, -0.2), [2], [1]),  # the likeliest, and the other if it does not say no
        ((0.6, 0.1, 0.9), [2, 0], []),  # two that are likely by themselves
        ((-0.1, -0.2, -0.3, -0.4, -0.5), [0], [1]),  # never more than few of a short message
        ((0.9, 0.8, 0.7, 0.6), [0, 1], []),
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


def long(likely: dict[int, tuple[int, float]]) -> NDArray[np.float32]:
    """Of a message of 80 windows that are all uncertain, the first the likeliest; some are likely for a category."""
    made = np.full((80, 5), -9.0, np.float32)
    made[:, 0] = [0.4 - n / 1000 for n in range(80)]
    made[:, 1] = made[:, 0]  # a run of bills: each is likely for one category
    for window, (label, logit) in likely.items():
        made[window, label] = logit
    return made


def test_in_a_long_message_each_category_has_a_share_of_what_is_asked() -> None:
    unlikely = np.full((80, 5), -9.0, np.float32)
    first, then = in_turn(unlikely, long({50: (2, -1.0), 70: (3, -4.0)}), GATES, Budget())
    assert {0, 50, 70} <= set(first[:8])
    assert (len(first), then) == (10, [])  # and no more are asked about for it


def test_where_all_may_be_asked_about_the_likeliest_goes_first() -> None:
    assert in_shares([0, 1, 50], long({50: (2, 1.0)}), 3) == [0, 1, 50]


def test_the_likelier_category_goes_first() -> None:
    unlikely = np.full((80, 5), -9.0, np.float32)
    first, _ = in_turn(unlikely, long({60: (4, 0.1), 50: (2, -1.0)}), GATES, Budget())
    assert first.index(60) < first.index(50)


def test_there_is_an_end_to_it() -> None:
    first, then = turns(*[2.0] * 10_000)
    assert len(first + then) == Budget().windows


@pytest.mark.parametrize(
    ("logits", "label", "asked"),
    [
        ((-3.0, -2.5), -9.0, []),
        ((-3.0, -1.9, 2.0), -9.0, [1, 2]),  # the surely sensitive too: the sieve knows more of the category
        ((-3.0, -3.0), 0.1, [1]),
    ],
)
def test_the_sieve_is_asked_of_all_that_is_in_doubt(
    logits: tuple[float, ...], label: float, asked: list[int]
) -> None:
    assert in_doubt(rows(*logits, label=label), GATES, Budget()) == asked


def test_of_a_very_long_message_the_sieve_is_asked_of_the_likeliest() -> None:
    asked = in_doubt(rows(*(n / 1000 for n in range(1_000))), GATES, Budget())
    assert asked == list(range(1_000 - Budget().sifted, 1_000))


def test_what_the_linear_stage_finds_likely_the_sieve_alone_cannot_put_aside() -> None:
    linear, sifted = rows(0.87, 0.4, -2.5), rows(-0.9, -2.0, -0.7)
    assert in_turn(linear, sifted, GATES, Budget()) == ([2, 0], [])
    assert in_turn(rows(0.6), rows(-4.0), GATES, Budget()) == ([0], [])
