"""Who keeps the store's SQLite file to himself: nobody can write then, and what is to be sealed waits.

SQLite locks ranges of bytes with fcntl(2), whose ``F_GETLK`` tells of a lock and the process that has it, and changes
nothing. Of a store with a write-ahead log two matter (https://www.sqlite.org/walformat.html, "WAL Locks"): byte 120 of
the ``-shm`` file, which who writes has, and the database's lock bytes, which a program that wants all for itself has.

Not for a process that has the store open: to close a file ends all locks that the process has on it (fcntl(2)).
"""

from __future__ import annotations

import fcntl
import os
import struct
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

HELD_SECONDS: Final = 2.0  # a transaction of ours takes milliseconds
_EACH_SECONDS: Final = 0.02
_FLOCK: Final = "hhqqi4x"  # struct flock: type, whence, start, length, process
_PLACES: Final = (("-shm", 120, 1), ("", 0x40000000, 512))
_READERS: Final = (0x40000002, 510)  # of the database's lock bytes those that readers share (os_unix.c)


@dataclass(frozen=True, slots=True)
class Holder:
    """The process that keeps the file; ``pid`` 0 where it cannot be seen from here (of another container, say)."""

    pid: int

    def __str__(self) -> str:
        if not self.pid:
            return "a program that cannot be seen from here"
        return f"{self._name or 'a program'} (process {self.pid})"

    @property
    def advice(self) -> str:
        """What to do. One of ours keeps it so long only while it waits for the disk: to end that would help nobody."""
        if self._name.startswith("segl"):
            return (
                "the disk takes seconds to write: see iostat -x and dmesg; what waits goes by itself, slowly"
            )
        return f"end it, or wait for it (ps -fp {self.pid}); what waits then goes by itself"

    @property
    def _name(self) -> str:
        with suppress(OSError):
            return Path(f"/proc/{self.pid}/comm").read_text("utf-8", "replace").strip()
        return ""


def holder_of(file: Path, seconds: float = HELD_SECONDS) -> Holder | None:
    """Who keeps *file* for *seconds* without a break, as far as looks now and again can tell; ``None``: nobody.
    Blocking, for so long where it is kept. Raises :class:`OSError`."""
    until = time.monotonic() + seconds
    while (holder := _now(file)) is not None:
        if time.monotonic() >= until:
            return holder
        time.sleep(_EACH_SECONDS)
    return None


def kept_open_by(file: Path) -> Holder | None:
    """A process that has the store in *file* open, whether or not it writes: with a write-ahead log each reads under a
    lock that it keeps until it closes the file. ``None``: no process has. Raises :class:`OSError`."""
    start, length = _READERS
    return _who_locks(file, start, length, fcntl.F_WRLCK)


def _now(file: Path) -> Holder | None:
    for suffix, start, length in _PLACES:
        with suppress(FileNotFoundError):
            holder = _who_locks(Path(f"{file}{suffix}"), start, length, fcntl.F_RDLCK)
            if holder is not None:
                return holder
    return None


def _who_locks(file: Path, start: int, length: int, wanted: int) -> Holder | None:
    """Who has a lock that keeps us from the lock *wanted* of these bytes."""
    descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    try:
        asked = struct.pack(_FLOCK, wanted, os.SEEK_SET, start, length, 0)
        kind, _, _, _, pid = struct.unpack(_FLOCK, fcntl.fcntl(descriptor, fcntl.F_GETLK, asked))
    finally:
        os.close(descriptor)
    return None if kind == fcntl.F_UNLCK else Holder(max(0, pid))
