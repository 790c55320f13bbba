"""Until when the word on one message must be out. All stages have the same moment before them, however long those
before took, or waited for other messages: whoever asks waits no longer, and would ask again in vain."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Deadline:
    """A moment ``at`` of the monotonic clock."""

    at: float = math.inf

    @classmethod
    def after(cls, seconds: float) -> Deadline:
        """In so many *seconds*."""
        return cls(time.monotonic() + seconds)

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self.at

    def before(self, seconds: float) -> Deadline:
        """So many *seconds* before this one: what comes later needs those."""
        return Deadline(self.at - seconds)


NEVER = Deadline()
