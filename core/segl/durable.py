"""What is on disk when a call returns, whatever becomes of the power."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def sync_directory(folder: Path) -> None:
    """The names in *folder*, new, changed and gone, are on disk (fsync(2): that of a file does not see to its name).
    Raises :class:`OSError`."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def naming(file: Path) -> Iterator[None]:
    """A fault of writing *file* says which one: the kernel names it where it is opened, and not when the disk is full
    (``write(2)``)."""
    try:
        yield
    except OSError as error:
        if error.filename is None:
            error.filename = str(file)
        raise
