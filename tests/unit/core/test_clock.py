"""Whether the time of day can be believed."""

from __future__ import annotations

import pytest

from segl.clock import DOUBTED_SECONDS, LONG_SECONDS, Clock, SetBack

NOW = 1_800_000_000.0
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


@pytest.mark.parametrize(
    ("days", "seconds"), [(2, DOUBTED_SECONDS), (31, LONG_SECONDS)], ids=["for six hours", "for a weekend"]
)
@pytest.mark.parametrize("at_start", [True, False], ids=["at the start", "while it runs"])
def test_a_leap_ahead_is_not_believed(days: float, seconds: float, at_start: bool) -> None:
    """By a leap of a month all mail that waits to be read would be shredded, on a Friday night, say."""
    counter = Counter()
    clock = Clock(counter)
    leapt = NOW + 2 * HOUR + days * DAY
    if not at_start:
        assert clock.believes(NOW, None)
        counter.seconds += HOUR
        assert clock.believes(NOW + HOUR, None)
        counter.seconds += HOUR
    assert not clock.believes(leapt, NOW)
    counter.seconds += seconds - 1
    assert not clock.believes(leapt + seconds - 1, NOW)
    counter.seconds += 1
    assert clock.believes(leapt + seconds, NOW)


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


def test_a_clock_that_is_set_back_by_half_is_as_wrong_as_before() -> None:
    counter = Counter()
    clock = Clock(counter)
    clock.believes(NOW, None)
    assert not clock.believes(NOW + 62 * DAY, None)
    assert not clock.believes(NOW + 31 * DAY, None)
    counter.seconds += LONG_SECONDS - 1
    assert not clock.believes(NOW + 31 * DAY + LONG_SECONDS - 1, None)
    counter.seconds += 1
    assert clock.believes(NOW + 31 * DAY + LONG_SECONDS, None)


def test_a_clock_that_begins_in_2000_is_never_believed_and_at_once_when_it_is_set_right() -> None:
    """A machine without a battery, ten seconds after each boot: no reason to shred nothing for three days."""
    counter = Counter()
    clock = Clock(counter)
    assert not clock.believes(946_684_800.0, None)
    assert not clock.believes(946_684_800.0, NOW - HOUR)
    counter.seconds += 10
    assert clock.believes(NOW, NOW - HOUR)
    assert not clock.believes(946_684_800.0, None)
    counter.seconds += 10
    assert clock.believes(NOW + 10, None)


def test_summer_time_and_a_slow_machine_are_no_leap() -> None:
    counter = Counter()
    clock = Clock(counter)
    assert clock.believes(NOW, NOW)
    counter.seconds += HOUR
    assert clock.believes(NOW + HOUR + 1800, None)
    counter.seconds += 5 * HOUR  # it slept: the counter went on
    assert clock.believes(NOW + 6 * HOUR, None)


def test_where_another_node_at_work_has_an_earlier_time_it_is_not_believed_however_long() -> None:
    """What this one would shred the others still show; who of them is wrong it cannot know."""
    counter = Counter()
    clock, ahead = Clock(counter), 31 * DAY
    for hour in range(5 * 24):  # for longer than a leap is doubted by itself
        counter.seconds = hour * HOUR
        others = NOW + hour * HOUR - 1800
        assert not clock.believes(NOW + hour * HOUR + ahead, others, others)
    for hour in range(5 * 24, 8 * 24):  # the other one has stopped: a dead one is no witness
        counter.seconds = hour * HOUR
        believed = clock.believes(NOW + hour * HOUR + ahead, others, others)
    assert believed


def test_nodes_that_write_within_the_hour_or_are_ahead_raise_no_doubt() -> None:
    counter = Counter()
    clock = Clock(counter)
    for hour in range(24):
        counter.seconds = hour * HOUR
        late, before = NOW + hour * HOUR - 2 * HOUR, NOW + hour * HOUR + 31 * DAY
        assert clock.believes(NOW + hour * HOUR, late, before if hour % 2 else late)


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        ([0, 0, 0], [0, 0, 0]),
        ([0, -HOUR, 0], [0, HOUR, 0]),
        ([0, 30 * DAY, -30 * DAY], [0, 0, 30 * DAY]),
        # as the network sets a clock right, and what that adds up to
        ([0, -40, -10, -40], [0, 0, 0, 90]),
        ([0, -HOUR, -HOUR], [0, HOUR, HOUR]),
        ([0, -HOUR, HOUR, -HOUR], [0, HOUR, 0, HOUR]),
    ],
)
def test_by_how_much_the_clock_was_set_back(steps: list[float], told: list[float]) -> None:
    """Told once, whenever it is asked next."""
    counter, now, found = Counter(), NOW, []
    back = SetBack(counter)
    for step in steps:
        counter.seconds += 5
        now += 5 + step
        found.append(back.since_asked(now))
    assert found == told
