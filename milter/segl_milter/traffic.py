"""Counts the messages that a worker is processing, so that it can end without dropping one."""

from __future__ import annotations

import threading


class Traffic:
    """The count of one worker. Sessions change it, each in a thread of its own."""

    __slots__ = ("_ended", "_lock", "_messages")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._messages = 0
        self._ended = 0

    @property
    def ended(self) -> int:
        """Messages that were in hand once, and are no more."""
        return self._ended

    @property
    def messages(self) -> int:
        """Messages of which MAIL has come and the end has not been answered."""
        return self._messages

    def message_begun(self) -> None:
        with self._lock:
            self._messages += 1

    def message_ended(self) -> None:
        with self._lock:
            self._messages -= 1
            self._ended += 1
