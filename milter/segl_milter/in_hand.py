"""A bound on the mail that all sessions of one worker hold in memory at one time.

segl-deliver has such a bound too (:mod:`segl_delivery.lmtp.budget`), in one thread and for sizes known in advance.
Here each session is a thread, and a message's size is known only when it has been received; so it reserves memory as
it grows. Two that hold half each must not deadlock: a session that finds that nobody is left to release any gives up
its own, and the message has to be sent again. The size that a client declares (``SIZE=``) is reserved at the first
byte: large messages that come at the same time then wait before they begin.
"""

from __future__ import annotations

import sys
import threading
import time
from typing import Final, Self

from segl.errors import SeglError
from segl.settings.document import Settings

# Seconds. Postfix waits 60 for the answer, and reading may take 50 (limits.message_seconds).
PATIENCE: Final = 5.0
_STEP: Final = 65_536  # bytes; most messages ask once


class NoRoom(SeglError):
    """The worker holds as much mail as it may. The message must come again."""


class InHand:
    """The bound of one worker, and what is held of it.

    ``held`` is in bytes. A message that is alone is always taken, however large it is; small ones may overtake a large
    one that waits."""

    def __init__(self, limit: int = sys.maxsize, patience: float = PATIENCE) -> None:
        self.limit = limit
        self.patience = patience
        self.held = 0
        self._changed = threading.Condition()
        self._holding = 0  # messages that hold something …
        self._stuck = 0  # … and of these, those that wait for more

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Never less than one message may have."""
        return cls(max(settings.milter.bytes_in_flight, settings.limits.message_bytes))

    def share(self) -> Share:
        """What a new message will hold."""
        return Share(self)

    def take(self, share: Share, size: int) -> bool:
        """*size* bytes more for *share*; ``False`` when there is no room for them, and none is to be expected."""
        with self._changed:
            if not self._fits(share, size) and not self._comes_to_fit(share, size):
                return False
            self._holding += not share.held
            self.held += size
            share.held += size
            return True

    def give_back(self, share: Share) -> None:
        """All that *share* holds."""
        with self._changed:
            self._holding -= bool(share.held)
            self.held -= share.held
            share.held = 0
            self._changed.notify_all()

    def _fits(self, share: Share, size: int) -> bool:
        return self.held + size <= self.limit or self.held == share.held

    def _comes_to_fit(self, share: Share, size: int) -> bool:
        """Wait for those who hold something and do not wait themselves."""
        stuck = bool(share.held)
        self._stuck += stuck
        try:
            while self._holding > self._stuck and share.patience > 0:
                began = time.monotonic()
                self._changed.wait(share.patience)
                share.patience -= time.monotonic() - began
                if self._fits(share, size):
                    return True
            return False
        finally:
            self._stuck -= stuck


class Share:
    """What one message holds. Used by one thread at a time. ``patience`` are the seconds it may still wait."""

    __slots__ = ("_in_hand", "held", "patience")

    def __init__(self, in_hand: InHand) -> None:
        self._in_hand = in_hand
        self.held = 0
        self.patience = in_hand.patience

    def more(self, size: int) -> int:
        """How many bytes more may be kept: *size* or more, or 0. Waits a while for others to end."""
        size = max(_STEP, size)
        return size if self._in_hand.take(self, size) else 0

    def give_back(self) -> None:
        """The message is gone; again is harmless."""
        if self.held:
            self._in_hand.give_back(self)
