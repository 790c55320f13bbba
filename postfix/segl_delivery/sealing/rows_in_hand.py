"""Which recipients' rows a try of this process is at work on.

Postfix that is restarted hands a message over again while the try before it, whose connection is gone, still speaks to
the return port. Two tries at one row would undo each other: the one that is refused takes away what the other told of.
"""

from __future__ import annotations

import threading
from typing import Final


class RowsInHand:
    """Ids of rows (``sealed_recipient``); used by several threads. It outlives a reload."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._rows: set[str] = set()

    def take(self, row_id: str) -> bool:
        """False when another try has it."""
        with self._lock:
            if row_id in self._rows:
                return False
            self._rows.add(row_id)
            return True

    def give_back(self, row_id: str) -> None:
        with self._lock:
            self._rows.discard(row_id)


ROWS_IN_HAND: Final = RowsInHand()
