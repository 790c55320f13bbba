"""Gives the metrics library a directory to share values between a process and its children.

A process that is killed leaves its directory behind. Each owner holds a lock in its own (flock(2): as long as it or a
process that it forked lives), so whoever makes the next one tells which are nobody's any more, and takes them away.

In it each process has files of its own, which outlast it, since what it counted counts on. Workers come and go by the
hundred in a daemon that runs for months; so a worker counts under a name (:func:`count_as`) that is given to another
once it has ended, and goes on with its files. Any other process counts under its number.
"""

from __future__ import annotations

import atexit
import fcntl
import os
import shutil
import sys
import tempfile
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from segl.metric_files import Told

_PREFIX, _LOCK, _UNLOCKED = "segl-metrics-", "owner.lock", "owner.new"

_named: tuple[int, str] = (0, "")  # of which process, and its name


def prepare_multiprocess(told: Told = lambda _where, _error: None) -> None:
    """Call before :mod:`segl.metrics` is imported. The directory goes when this process ends. *told* hears of values
    that could not be kept there."""
    if "prometheus_client" in sys.modules:
        raise RuntimeError("prepare_multiprocess comes too late: prometheus_client is loaded")
    if not os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        _make_directory()
    _let_processes_have_names(told)


def _make_directory() -> None:
    directory = tempfile.mkdtemp(prefix=_PREFIX, dir=os.environ.get("RUNTIME_DIRECTORY"))
    _lock(Path(directory))
    _sweep(Path(directory).parent)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = directory
    owner = os.getpid()

    def remove() -> None:
        if os.getpid() == owner:  # a forked child that ends must not take it from the others
            shutil.rmtree(directory, ignore_errors=True)

    atexit.register(remove)


def count_as(name: str) -> None:
    """From now on this process counts as *name*, which has no ``_`` and is no other living process's."""
    global _named
    _named = (os.getpid(), name)


def mend_files(name: str) -> None:
    """What counted as *name* has ended. Where it was killed while it made a file, nobody could count in that one any
    more, nor read all the others: such files are removed."""
    folder = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    for file in Path(folder).glob(f"*_{name}.db") if folder else ():
        if _is_spoilt(file):
            with suppress(OSError):
                file.unlink()


def _is_spoilt(file: Path) -> bool:
    from prometheus_client.mmap_dict import MmapedDict

    try:
        values = MmapedDict.read_all_values_from_file(file)  # type: ignore[no-untyped-call]
        return not list(values)
    except (OSError, MemoryError):
        return False  # it may be read another time
    except Exception:  # the library promises no kind of error
        return True


def _counts_as() -> str:
    """Of this process: what it forks has no name until it is given one."""
    pid = os.getpid()
    return _named[1] if _named[0] == pid else str(pid)


def _let_processes_have_names(told: Told) -> None:
    from prometheus_client import values  # the library looks where to keep values when it is loaded

    from segl.metric_files import Values

    vars(values).update(MmapedDict=partial(Values, told=told))
    values.ValueClass = values.MultiProcessValue(_counts_as)  # type: ignore[no-untyped-call]


def _lock(directory: Path) -> None:
    """Locked for as long as this process and those it forks live: the descriptor is never closed. The file has its
    name only once it is locked, so a sweep never sees one of a living process unlocked."""
    descriptor = os.open(directory / _UNLOCKED, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    with suppress(OSError):  # a file system without locks: then nobody sweeps
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        (directory / _UNLOCKED).rename(directory / _LOCK)


def _sweep(folder: Path) -> None:
    """Remove what dead processes of this user left; what cannot be told or removed stays, and hinders no start. A
    directory without a lock is one that is just being made."""
    with suppress(OSError):
        for directory in [entry for entry in folder.iterdir() if entry.name.startswith(_PREFIX)]:
            with suppress(OSError):
                _remove_if_dead(directory)


def _remove_if_dead(directory: Path) -> None:
    """Raises :class:`OSError` when its owner lives or it is somebody else's."""
    if directory.is_symlink() or directory.stat().st_uid != os.geteuid():
        return
    descriptor = os.open(directory / _LOCK, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        for entry in list(directory.iterdir()):
            if entry.name != _LOCK:  # the last: a sweep that is killed half-way leaves it to the next
                entry.unlink()
        shutil.rmtree(directory)
    finally:
        os.close(descriptor)
