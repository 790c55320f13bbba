"""A limit on how long look-ups may delay answers in total.

Postfix's queue manager asks for one recipient at a time and does nothing else meanwhile: a message to fifty
domains whose DNS does not answer must not block the whole queue for fifty times the limit. So waiting is paid for from
a token bucket that fills slowly. While it is empty, what is not in memory is answered TEMP at once; the look-ups
continue in the background, and the next attempt finds their results.
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
