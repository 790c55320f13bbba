"""How a worker hears from its parent, and that it is gone.

A *lifeline* is a pipe whose writing end only the parent holds. ``d`` on it means *drain*: take no new
connection, end when the open ones are closed. Its end (the parent closed it, or died, even by kill -9)
means *finish*: take no new connection, end when no message is in hand. Either way a worker ends after
``drain_seconds`` at the latest. ``p`` is a *patient* drain, for a worker that nobody waits for: an MTA asks again and
again on one connection as long as its client stays, and would refuse that client's next messages if it were closed.
So there is no end to it but a word that says that time is short now.
"""

from __future__ import annotations

import contextlib
import math
import os
import select
import threading
import time
from collections.abc import Callable
from typing import Protocol

DRAIN = b"d"
PATIENT = b"p"
READY = b"r"
_LOOK_SECONDS, _IDLE_LOOKS = 0.05, 3  # a worker that ends must have been idle at so many looks in a row


class Work(Protocol):
    """What a worker does, as far as it must be brought to an end."""

    def stop_accepting(self) -> None: ...
    def connected(self) -> bool: ...
    def busy(self) -> bool: ...


class Lifeline:
    """A worker's end of the pipe to its parent."""

    def __init__(self, fd: int, drain_seconds: float) -> None:
        self._fd = fd
        self._drain_seconds = drain_seconds

    def watch(self, work: Work | None = None, last: Callable[[], None] = lambda: None) -> None:
        """End this process when the parent says so or is no more, and *work* allows it. *last* is what it does then."""
        threading.Thread(target=self._watch, args=(work, last), name="lifeline", daemon=True).start()

    def _watch(self, work: Work | None, last: Callable[[], None]) -> None:
        try:
            word = _read(self._fd)
            if work is not None:
                self._finish(work, word, last)
        finally:
            os._exit(0)

    def _finish(self, work: Work, word: bytes, last: Callable[[], None]) -> None:
        """Returns when it is time to go."""
        work.stop_accepting()
        end = math.inf if word == PATIENT else time.monotonic() + self._drain_seconds
        word, end = self._until_idle(work, word, end)
        last()
        self._until_idle(work, word, end)  # a message may have come meanwhile

    def _until_idle(self, work: Work, word: bytes, end: float) -> tuple[bytes, float]:
        """Wait until nothing is in hand, until *end* at most. Gives the latest word, and the end that it set."""
        idle = 0
        while idle < _IDLE_LOOKS and time.monotonic() < end:
            time.sleep(_LOOK_SECONDS)
            if word and _is_readable(self._fd):
                word = _read(self._fd)
                end = min(end, time.monotonic() + self._drain_seconds)
            waiting = work.connected() if word else work.busy()
            idle = 0 if waiting else idle + 1
        return word, end


def say_ready(fd: int) -> None:
    """Nobody may be listening: only a whole generation is waited for."""
    with contextlib.suppress(BrokenPipeError):
        os.write(fd, READY)
    os.close(fd)


def _read(fd: int) -> bytes:
    try:
        return os.read(fd, 1)
    except OSError:
        return b""


def _is_readable(fd: int) -> bool:
    return bool(select.select([fd], [], [], 0)[0])
