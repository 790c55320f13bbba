"""What the pools of worker processes have in common: when another may take the place of one that ended unasked.

One that lived for a while is replaced at once. Where one ends soon after its start the cause is still there, mostly, so
each that follows it in its place waits twice as long, up to ten seconds: a machine in need is not worn down by forking.
"""

from __future__ import annotations

from typing import Final

STABLE_SECONDS: Final = 10.0
FIRST_DELAY: Final = 0.2
LONGEST_DELAY: Final = 10.0


class Backoff:
    """By place: the slot that a worker has in its pool."""

    def __init__(self) -> None:
        self._delays: dict[int, float] = {}

    def delay(self, slot: int, lived: float) -> float:
        """How many seconds *slot* stays empty after a worker that *lived* so many."""
        if lived >= STABLE_SECONDS:
            self._delays.pop(slot, None)
            return 0.0
        delay = self._delays.get(slot, 0.0)
        self._delays[slot] = min(LONGEST_DELAY, delay * 2 or FIRST_DELAY)
        return delay

    def clear(self) -> None:
        """All begin anew."""
        self._delays.clear()
