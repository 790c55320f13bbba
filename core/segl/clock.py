"""Whether the time of day can be believed.

What is deleted when its time is up cannot be brought back, and a clock can be wrong by a month: a virtual machine
woken from a snapshot, a battery that died, a typing error. Such deletion can wait, since what has ended is refused by
its time already. So a clock that seems to have jumped ahead is not believed for six hours: time enough for the
network to set it right, or for somebody to see it. One that jumped by more than three days is not for three days:
so much more would be lost, and nobody may look before Monday. The same wait meets a store brought back from a backup.
Where several nodes share a store it is not believed as long as another one is at work that says otherwise.

A clock whose battery died begins in 1970 or 2000, and nobody need have been heard of: what it says is impossible by
itself, as Segl was written later (:data:`WRITTEN`).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, date, datetime
from threading import Lock
from typing import Final

WRITTEN: Final = date(2026, 11, 1)  # no later than this Segl; set anew for each release (docs/development.md)
_WRITTEN_AT: Final = datetime.combine(WRITTEN, datetime.min.time(), UTC).timestamp()
_LEAP_SECONDS: Final = 3600.0  # ahead of the time that the machine has counted
AHEAD_SECONDS: Final = _LEAP_SECONDS  # what lies further ahead was written by a clock that was
_SILENCE_SECONDS: Final = 26 * 3600.0  # since anybody was last heard of: a machine that was off, or a leap
_APART_SECONDS: Final = 3 * 3600.0  # ahead of what another node has just written; each writes hourly
DOUBTED_SECONDS: Final = 6 * 3600.0
BACK_SECONDS: Final = 60.0  # so much later nobody minds; the network sets clocks right by less
LONG_SECONDS: Final = 3 * 24 * 3600.0  # a leap of more than that is doubted for that long


def is_impossible(now: float) -> bool:
    """Whether no clock that is right can say *now* (Unix seconds)."""
    return now < _WRITTEN_AT


def is_behind(now: float, heard: float | None) -> bool:
    """Whether *now* (Unix seconds) is earlier than when somebody was last *heard* of, by more than clocks differ."""
    return heard is not None and heard > now + AHEAD_SECONDS


def _since_boot() -> float:
    """Seconds that nobody sets, those in which the machine slept among them."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class SetBack:
    """By how much the clock of this process was set back. Not for several threads at once."""

    def __init__(self, counted: Callable[[], float] = _since_boot) -> None:
        """*counted* are seconds that nobody sets."""
        self._counted = counted
        self._began: float | None = None

    def since_asked(self, now: float) -> float:
        """Seconds since this was last told of; nought below :data:`BACK_SECONDS`, which is kept for the next time.
        *now* is what the clock says (Unix seconds)."""
        began = now - self._counted()
        last = began if self._began is None else self._began
        if BACK_SECONDS > last - began > 0:
            return 0.0
        self._began = began
        return max(0.0, last - began)


class Clock:
    """The clock of this process, asked from time to time by several threads."""

    def __init__(self, counted: Callable[[], float] = _since_boot) -> None:
        """*counted* are seconds that nobody sets."""
        self._counted = counted
        self._lock = Lock()
        self._last: tuple[float, float] | None = None
        self._others: float | None = None
        self._ahead = 0.0  # by how much it leapt since it is doubted
        self._doubted_until = -float("inf")

    @property
    def doubted(self) -> bool:
        return self._counted() < self._doubted_until

    def believes(self, now: float, heard: float | None, others: float | None = None) -> bool:
        """Whether *now* (Unix seconds) may be the time. *heard* is when anybody was last heard of, as far as is known:
        it is asked of the first time only, later ones are compared with what was counted since. *others* is when
        another node was last heard of: one that wrote since the last look, and long before *now*, has another time.

        What is impossible is no time at all: that the clock leapt when it was set right says nothing against it."""
        if is_impossible(now):
            return False
        with self._lock:
            counted = self._counted()
            if self._last is not None:
                leap, most = (now - self._last[0]) - (counted - self._last[1]), _LEAP_SECONDS
            else:
                leap, most = now - (now if heard is None else heard), _SILENCE_SECONDS
            was_doubted = counted < self._doubted_until
            self._ahead = (self._ahead if was_doubted else 0.0) + (leap if abs(leap) > most else 0.0)
            until = counted + (LONG_SECONDS if self._ahead > LONG_SECONDS else DOUBTED_SECONDS)
            wrote = others is not None and self._others is not None and others > self._others
            if leap > most or (wrote and others is not None and now - others > _APART_SECONDS):
                self._doubted_until = max(self._doubted_until, until)
            # Set back: looked at with care as long as what is left of the leap asks.
            elif was_doubted and leap < -most:
                self._doubted_until = until
            self._last, self._others = (now, counted), others
            return not self.doubted
