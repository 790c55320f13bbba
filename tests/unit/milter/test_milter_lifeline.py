"""How long a worker takes to end, by what its parent said and what it has in hand."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator

import pytest

from segl_milter import lifeline
from segl_milter.lifeline import DRAIN, PATIENT, Lifeline

DRAIN_SECONDS, PATIENCE = 0.6, 1.0
AT_ONCE, DRAINED, OUT_OF_PATIENCE, BOTH = 0.15, DRAIN_SECONDS, PATIENCE, PATIENCE + DRAIN_SECONDS


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
def line(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Lifeline, int]]:
    """A worker's end of it, and the parent's."""
    monkeypatch.setattr(lifeline, "PATIENCE_SECONDS", PATIENCE)
    reading, writing = os.pipe()
    yield Lifeline(reading, DRAIN_SECONDS), writing
    os.close(reading)


def seconds_to_end(line: Lifeline, work: Work, word: bytes) -> float:
    started = time.monotonic()
    line._finish(work, word)
    assert not work.accepting
    return time.monotonic() - started


@pytest.mark.parametrize(
    ("word", "connected", "busy", "seconds"),
    [
        (b"", True, False, AT_ONCE),
        (b"", True, True, DRAINED),
        (DRAIN, False, False, AT_ONCE),
        (DRAIN, True, False, DRAINED),
        (DRAIN, True, True, DRAINED),
        (PATIENT, False, False, AT_ONCE),
        (PATIENT, True, False, OUT_OF_PATIENCE),
        (PATIENT, True, True, BOTH),
    ],
)
def test_a_worker_ends_when_nobody_needs_it_or_time_is_up(
    line: tuple[Lifeline, int], word: bytes, connected: bool, busy: bool, seconds: float
) -> None:
    took = seconds_to_end(line[0], Work(connected=connected, busy=busy), word)
    os.close(line[1])
    assert seconds <= took < seconds + 0.4


@pytest.mark.parametrize(("word", "busy", "seconds"), [(b"", False, AT_ONCE), (DRAIN, False, DRAINED)])
def test_a_patient_worker_hears_that_time_is_short_now(
    line: tuple[Lifeline, int], word: bytes, busy: bool, seconds: float
) -> None:
    def say() -> None:
        if word:
            os.write(line[1], word)
        else:
            os.close(line[1])

    timer = threading.Timer(0.2, say)
    timer.start()
    took = seconds_to_end(line[0], Work(connected=True, busy=busy), PATIENT)
    assert 0.2 + seconds - 0.1 <= took < 0.2 + seconds + 0.4
    timer.join()
    if word:
        os.close(line[1])
