"""Where a process that shares its metrics keeps their values: in a file, and in memory what a file has no room for.

The library maps its files into memory, and makes them full of holes. Where the disk is full, who writes into such a
hole is ended by the kernel (SIGBUS, mmap(2)), with the message in hand; so all blocks are had before a file is mapped.
Where they are not to be had, or the folder is gone, the values stay in memory: nobody else sees them, and they go with
the process. A number that cannot be kept must not stop the mail.

:mod:`segl.multiprocess` puts this in the library's place. It imports the library, so nobody else may import it before.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Final

from prometheus_client.mmap_dict import MmapedDict

from segl.errors import SeglError

_SIZE: Final = 1 << 16  # bytes of a new file, as the library makes it
_BESIDE_KEY: Final = 64  # bytes that a value takes at most, beside its key

# Told of a value that is in memory alone, once a file.
Told = Callable[[str, BaseException], None]


class _File(MmapedDict):
    """A file of values. Raises :class:`OSError` where there is no room, and no signal does."""

    def __init__(self, name: str) -> None:
        with Path(name).open("ab") as file:
            _have_blocks(file.fileno(), max(_SIZE, os.fstat(file.fileno()).st_size))
        super().__init__(name)  # type: ignore[no-untyped-call]

    def _init_value(self, key: str) -> None:
        if self._used + len(key.encode()) + _BESIDE_KEY > self._capacity:
            _have_blocks(self._f.fileno(), 2 * self._capacity)  # as the library will make it
        super()._init_value(key)  # type: ignore[no-untyped-call]


def _have_blocks(descriptor: int, size: int) -> None:
    os.posix_fallocate(descriptor, 0, size)


class Values:
    """What the library keeps the values of one kind of one process in, called as it calls its own."""

    def __init__(self, name: str, told: Told) -> None:
        self._name, self._told = name, told
        self._has_told = False
        self._beside: dict[str, tuple[float, float]] = {}
        self._file: _File | None = None
        try:
            self._file = _File(name)
        except OSError as error:
            self._tell(error)

    def read_value(self, key: str) -> tuple[float, float]:
        """(value, time) of *key*, which has a place from now on."""
        if self._file is not None and key not in self._beside:
            try:
                value, at = self._file.read_value(key)  # type: ignore[no-untyped-call]
            except OSError as error:
                self._tell(error)
            else:
                return value, at
        return self._beside.setdefault(key, (0.0, 0.0))

    def write_value(self, key: str, value: float, at: float) -> None:
        """*key* was read before: it has its place."""
        if self._file is None or key in self._beside:
            self._beside[key] = (value, at)
        else:
            self._file.write_value(key, value, at)  # type: ignore[no-untyped-call]

    def close(self) -> None:
        if self._file is not None:
            self._file.close()  # type: ignore[no-untyped-call]

    def _tell(self, error: OSError) -> None:
        if not self._has_told:
            self._has_told = True
            why = f"{Path(self._name).name}: {error.strerror or error}"
            self._told("metrics", SeglError("metrics are not kept", why))
