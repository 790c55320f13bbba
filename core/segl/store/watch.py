"""Notices that the store's SQLite file is locked by somebody else, and that it is free again. Each is told once,
however many messages meet it in between."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final

HINT: Final = (
    "segl status names who keeps it: end that, or wait for it; if that is one of Segl's own, the disk is slow. What is"
    " to be sealed waits, and goes by itself"
)
_LOOK_SECONDS: Final = 1.0
_BUSY: Final = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


class LockWatch:
    """Of one store in one process; used by several threads. *locked* and *free* are told since when it was locked
    (Unix seconds), *free* also how often somebody waited for it in vain."""

    def __init__(
        self, file: Path, locked: Callable[[float], None], free: Callable[[float, int], None]
    ) -> None:
        self._file = file
        self._locked = locked
        self._free = free
        self._lock = threading.Lock()
        self._is_locked = False
        self._in_vain = 0

    def met(self, waited: float) -> None:
        """Somebody has waited so many seconds for it, in vain."""
        with self._lock:
            self._in_vain += 1
            if self._is_locked:
                return
            self._is_locked = True
        since = time.time() - waited
        self._locked(since)
        threading.Thread(target=self._wait, args=(since,), name="store-lock", daemon=True).start()

    def _wait(self, since: float) -> None:
        while self._is_busy():
            time.sleep(_LOOK_SECONDS)
        with self._lock:
            self._is_locked = False
            in_vain, self._in_vain = self._in_vain, 0
        self._free(since, in_vain)

    def _is_busy(self) -> bool:
        try:
            with closing(sqlite3.connect(self._file, timeout=0, isolation_level=None)) as connection:
                connection.execute("BEGIN IMMEDIATE")
                connection.execute("ROLLBACK")
        except sqlite3.Error as error:
            return is_busy(error)
        return False


def is_busy(error: BaseException | None) -> bool:
    """Whether SQLite says that another has the lock it needs."""
    return isinstance(error, sqlite3.Error) and getattr(error, "sqlite_errorcode", 0) & 0xFF in _BUSY
