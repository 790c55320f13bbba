"""Files that people name, which may be pipes.

Opening a named pipe (mkfifo(3)) waits until somebody opens it to write, which may be never: a command would hang
without a word. A shell's own pipes, ``<(…)``, have their writer, however slow, and are waited for.
"""

from __future__ import annotations

import errno
import os
import select
import stat
from pathlib import Path
from typing import BinaryIO, Final

PIPE_SECONDS: Final = 10.0


class NobodyWrites(TimeoutError):
    """A named pipe is there, and that is all."""


def open_to_read(path: Path, seconds: float = PIPE_SECONDS) -> BinaryIO:
    """*path*, opened. Raises :class:`OSError`; :class:`NobodyWrites` when it is a named pipe and nothing came for
    *seconds*."""
    if not stat.S_ISFIFO(path.stat().st_mode) or "pipe:[" in os.path.realpath(path):
        return path.open("rb")
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    waiting = select.poll()
    waiting.register(descriptor, select.POLLIN)
    if not waiting.poll(seconds * 1000):
        os.close(descriptor)
        raise NobodyWrites(errno.ETIMEDOUT, f"is a pipe into which nobody wrote for {seconds:g} s")
    os.set_blocking(descriptor, True)
    return os.fdopen(descriptor, "rb")
