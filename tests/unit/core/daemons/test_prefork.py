"""When another worker may take the place of one that ended."""

from __future__ import annotations

from segl.daemons.backoff import LONGEST_DELAY, STABLE_SECONDS, Backoff


def test_those_that_end_soon_are_replaced_ever_later() -> None:
    backoff = Backoff()
    delays = [backoff.delay(0, 0.1) for _ in range(9)]
    assert delays == [0.0, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, LONGEST_DELAY, LONGEST_DELAY]
    assert backoff.delay(1, 0.1) == 0.0, "another place"


def test_one_that_lived_for_a_while_is_replaced_at_once_and_what_was_before_is_forgotten() -> None:
    backoff = Backoff()
    for _ in range(5):
        backoff.delay(0, 0.1)
    assert backoff.delay(0, STABLE_SECONDS) == 0.0
    assert [backoff.delay(0, 0.1) for _ in range(2)] == [0.0, 0.2]


def test_all_begin_anew() -> None:
    backoff = Backoff()
    for _ in range(5):
        backoff.delay(0, 0.1)
    backoff.clear()
    assert backoff.delay(0, 0.1) == 0.0
