"""A command at a terminal whose output goes to a file."""

from __future__ import annotations

import os
import pty
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

_ENOUGH = 1_000_000


def told_on_terminal(command: Sequence[str], out: Path, seconds: float = 60) -> tuple[int, str]:
    """Runs *command* with its standard output in the file *out* and its standard error on a terminal with colours.
    Gives its exit code and what the terminal was told. It is read meanwhile: a terminal holds a few kilobytes, and who
    writes more to it waits for a reader."""
    main, terminal = pty.openpty()
    with ThreadPoolExecutor(1) as reader, out.open("wb") as file:
        shown = reader.submit(_told, main)
        try:
            done = subprocess.run(
                command,
                stdout=file,
                stderr=terminal,
                check=False,
                timeout=seconds,
                env={**os.environ, "NO_COLOR": "", "TERM": "xterm"},
            )
        finally:
            os.close(terminal)
        told = shown.result()
    os.close(main)
    return done.returncode, told.decode()


def _told(main: int) -> bytes:
    """All that comes until nobody has the terminal open (Linux then says EIO)."""
    told = b""
    while len(told) < _ENOUGH:
        try:
            told += os.read(main, 4_096)
        except OSError:
            break
    return told
