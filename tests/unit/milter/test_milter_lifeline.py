"""How long a worker takes to end, by what its parent said and what it has in hand."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest

from segl_milter import lifeline
from segl_milter.lifeline import DRAIN, PATIENT, Lifeline

DRAIN_SECONDS = 30.0
AT_ONCE, DRAINED, NEVER = 0.3, DRAIN_SECONDS, 100_000.0


class TooLong(Exception):
    """A day has passed."""


class Clock:
    """Time that passes while somebody sleeps; ``then`` happens at ``at``."""

    def __init__(self) -> None:
        self.now = 0.0
        self.at = 1_000.0
        self.then: Callable[[], object] | None = None

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds if self.now < 3_600 else 60 * seconds  # the rest of a day in larger steps
        if self.then and self.now >= self.at:
            self.then()
            self.then = None
        if self.now > 86_400:
            raise TooLong


class Work:
    """Connections that stay open; *busy*: with a message that does not end."""

    def __init__(self, *, connected: bool, busy: bool) -> None:
        self._connected, self._busy = connected, busy
        self.accepting = True

    def stop_accepting(self) -> None:
        self.accepting = False

    def connected(self) -> bool:
        return self._connected

    def busy(self) -> bool:
        return self._busy


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(lifeline, "time", clock)
    return clock


@pytest.fixture
def line() -> Iterator[tuple[Lifeline, int]]:
    """A worker's end of it, and the parent's."""
    reading, writing = os.pipe()
    yield Lifeline(reading, DRAIN_SECONDS), os.dup(writing)
    os.close(writing)
    os.close(reading)


def seconds_to_end(
    line: Lifeline, clock: Clock, work: Work, word: bytes, last: Callable[[], None] = lambda: None
) -> float:
    try:
        line._finish(work, word, last)
    except TooLong:
        return NEVER
    finally:
        assert not work.accepting
    return clock.now


@pytest.mark.parametrize(
    ("word", "connected", "busy", "seconds"),
    [
        (b"", True, False, AT_ONCE),
        (b"", True, True, DRAINED),
        (DRAIN, False, False, AT_ONCE),
        (DRAIN, True, False, DRAINED),
        (DRAIN, True, True, DRAINED),
        (PATIENT, False, False, AT_ONCE),
        (PATIENT, True, False, NEVER),
        (PATIENT, True, True, NEVER),
    ],
)
def test_a_worker_ends_when_nobody_needs_it_or_time_is_up(
    line: tuple[Lifeline, int], clock: Clock, word: bytes, connected: bool, busy: bool, seconds: float
) -> None:
    took = seconds_to_end(line[0], clock, Work(connected=connected, busy=busy), word)
    assert took == pytest.approx(seconds, abs=0.1)


@pytest.mark.parametrize(
    ("word", "busy", "seconds"), [(b"", False, AT_ONCE), (b"", True, DRAINED), (DRAIN, False, DRAINED)]
)
def test_a_patient_worker_hears_that_time_is_short_now(
    clock: Clock, word: bytes, busy: bool, seconds: float
) -> None:
    reading, writing = os.pipe()
    clock.then = (lambda: os.write(writing, word)) if word else (lambda: os.close(writing))
    took = seconds_to_end(Lifeline(reading, DRAIN_SECONDS), clock, Work(connected=True, busy=busy), PATIENT)
    assert took == pytest.approx(clock.at + seconds, abs=0.2)
    os.close(reading)
    if word:
        os.close(writing)


def test_a_message_that_comes_at_the_very_last_is_waited_for(
    line: tuple[Lifeline, int], clock: Clock
) -> None:
    work = Work(connected=True, busy=False)

    def last() -> None:
        clock.sleep(1.0)
        work._busy = True
        clock.at, clock.then = 5.0, lambda: setattr(work, "_busy", False)

    took = seconds_to_end(line[0], clock, work, b"", last)
    assert took == pytest.approx(5.15, abs=0.1)
