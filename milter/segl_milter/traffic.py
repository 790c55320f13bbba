"""How many connections and messages a worker has in hand, so that it can end without dropping one."""

from __future__ import annotations

import threading


class Traffic:
    """Counts of one worker. Sessions change them from libmilter's threads."""

    __slots__ = ("_changed", "_connections", "_messages")

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._connections = 0
        self._messages = 0

    def connected(self) -> None:
        with self._changed:
            self._connections += 1

    def disconnected(self) -> None:
        with self._changed:
            self._connections -= 1
            self._changed.notify_all()

    def message_begun(self) -> None:
        with self._changed:
            self._messages += 1

    def message_ended(self) -> None:
        with self._changed:
            self._messages -= 1
            self._changed.notify_all()

    def wait_for_no_message(self, seconds: float) -> bool:
        """Wait until no message is in hand; false when there still is one after *seconds*."""
        with self._changed:
            return self._changed.wait_for(lambda: self._messages == 0, seconds)

    def wait_for_no_connection(self, seconds: float) -> bool:
        """Wait until no connection is open; false when one still is after *seconds*."""
        with self._changed:
            return self._changed.wait_for(lambda: self._connections == 0, seconds)
