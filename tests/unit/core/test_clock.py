"""Whether the time of day can be believed."""

from __future__ import annotations

import pytest

from segl.clock import DOUBTED_SECONDS, Clock

NOW = 1_790_000_000.0
HOUR, DAY = 3600.0, 86_400.0


class Counter:
    """Seconds that nobody sets."""

    def __init__(self) -> None:
        self.seconds = 50.0

    def __call__(self) -> float:
        return self.seconds


@pytest.mark.parametrize(
    ("heard", "believed"),
    [
        (None, True),  # a new store
        (NOW - HOUR, True),
        (NOW - DAY, True),  # off for a night
        (NOW + 30 * DAY, True),  # the clock is behind: nothing ends too soon
        (NOW - 3 * DAY, False),  # off for a weekend, a backup brought back, or a leap
        (NOW - 31 * DAY, False),
    ],
)
def test_at_first_it_is_held_against_what_the_store_knows(heard: float | None, believed: bool) -> None:
    assert Clock(Counter()).believes(NOW, heard) is believed


def test_a_leap_ahead_is_not_believed_for_six_hours() -> None:
    counter = Counter()
    clock = Clock(counter)
    assert clock.believes(NOW, None)
    counter.seconds += HOUR
    assert clock.believes(NOW + HOUR, None)
    counter.seconds += HOUR
    leapt = NOW + 2 * HOUR + 31 * DAY
    assert not clock.believes(leapt, None)
    counter.seconds += DOUBTED_SECONDS - 1
    assert not clock.believes(leapt + DOUBTED_SECONDS - 1, None)
    counter.seconds += 1
    assert clock.believes(leapt + DOUBTED_SECONDS, None)


def test_a_clock_that_is_set_right_again_has_lost_nothing() -> None:
    counter = Counter()
    clock = Clock(counter)
    clock.believes(NOW, None)
    counter.seconds += HOUR
    assert not clock.believes(NOW + HOUR + 31 * DAY, None)
    counter.seconds += HOUR
    assert not clock.believes(NOW + 2 * HOUR, None)  # back: still looked at with care
    assert clock.doubted
    counter.seconds += DOUBTED_SECONDS
    assert clock.believes(NOW + 2 * HOUR + DOUBTED_SECONDS, None)
    assert not clock.doubted


def test_summer_time_and_a_slow_machine_are_no_leap() -> None:
    counter = Counter()
    clock = Clock(counter)
    assert clock.believes(NOW, NOW)
    counter.seconds += HOUR
    assert clock.believes(NOW + HOUR + 1800, None)
    counter.seconds += 5 * HOUR  # it slept: the counter went on
    assert clock.believes(NOW + 6 * HOUR, None)
