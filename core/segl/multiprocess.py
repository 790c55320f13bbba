"""Gives the metrics library a directory to share values between a process and its children.

A process that is killed leaves its directory behind. Each owner holds a lock in its own (flock(2): as long as it or a
child of it lives), so whoever makes the next one tells which are nobody's any more, and takes them away.
"""

from __future__ import annotations

import atexit
import fcntl
import os
import shutil
import sys
import tempfile
from pathlib import Path

_PREFIX, _LOCK = "segl-metrics-", "owner.lock"


def prepare_multiprocess() -> None:
    """Call before :mod:`segl.metrics` is imported. The directory goes when this process ends."""
    if "prometheus_client" in sys.modules:
        raise RuntimeError("prepare_multiprocess comes too late: prometheus_client is loaded")
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        return
    directory = tempfile.mkdtemp(prefix=_PREFIX, dir=os.environ.get("RUNTIME_DIRECTORY"))
    _lock(Path(directory) / _LOCK)
    _sweep(Path(directory).parent)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = directory
    owner = os.getpid()

    def remove() -> None:
        if os.getpid() == owner:  # a forked child that ends must not take it from the others
            shutil.rmtree(directory, ignore_errors=True)

    atexit.register(remove)


def _lock(file: Path) -> None:
    """Locked for as long as this process and those it forks live: the descriptor is never closed."""
    fcntl.flock(os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600), fcntl.LOCK_EX | fcntl.LOCK_NB)


def _sweep(folder: Path) -> None:
    """Remove what dead processes of this user left. A directory without a lock is one that is just being made."""
    for file in folder.glob(f"{_PREFIX}*/{_LOCK}"):
        try:
            descriptor = os.open(file, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
        except OSError:  # another user's, or just removed by another sweep
            continue
        try:
            if os.fstat(descriptor).st_uid != os.geteuid():
                continue
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(file.parent, ignore_errors=True)
        except BlockingIOError:
            pass  # its owner lives
        finally:
            os.close(descriptor)
