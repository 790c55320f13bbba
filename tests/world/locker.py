"""Another program that keeps the store's file to itself, as a `sqlite3` shell with an open transaction does.

with Locker(file, "BEGIN IMMEDIATE") as locker:
    ...  # locker.pid has it
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Self

_PROGRAM = """
import signal, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
for statement in sys.argv[2:]:
    connection.execute(statement).fetchall()
print("has it", flush=True)
signal.pause()
"""


class Locker:
    """Runs *statements* on *file* in a process of its own, and ends with the context."""

    def __init__(self, file: Path, *statements: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", _PROGRAM, str(file), *statements],
            stdout=subprocess.PIPE,
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == b"has it\n"

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def name(self) -> str:
        return Path(f"/proc/{self.pid}/comm").read_text().strip()

    def end(self) -> None:
        """From whatever thread, and more than once."""
        self._process.terminate()
        self._process.wait()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_reason: object) -> None:
        self.end()
        assert self._process.stdout is not None
        self._process.stdout.close()
