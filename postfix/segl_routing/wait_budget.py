"""How long look-ups may hold answers back, all together.

Postfix's queue manager asks for one recipient at a time and does nothing else meanwhile: a message to fifty
domains whose DNS is silent must not stop the whole queue for fifty times the limit. So waiting is paid from
a token bucket, which fills slowly. While it is empty, what memory does not hold is answered TEMP at once; the look-ups
go on by themselves, and the next try finds their results.
"""

from __future__ import annotations

import time
from collections.abc import Callable

BURST_SECONDS = 10.0
REFILL = 0.25  # seconds of waiting a second: in the long run three quarters of the time are Postfix's own


class WaitBudget:
    """The bucket. Begins full; *clock* is monotonic."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._left = BURST_SECONDS
        self._filled_at = clock()

    def left(self) -> float:
        """For how many seconds one may wait now."""
        now = self._clock()
        self._left = min(BURST_SECONDS, self._left + (now - self._filled_at) * REFILL)
        self._filled_at = now
        return self._left

    def spend(self, seconds: float) -> None:
        """*seconds* were waited; those who waited side by side do not run up a debt."""
        self._left = max(0.0, self._left - seconds)
