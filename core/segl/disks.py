"""Whether a disk takes writes, as far as the kernel says."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

_MOUNTS = Path("/proc/self/mountinfo")
_STOPPED: Final = frozenset({"emergency_ro", "shutdown"})


def takes_no_writes(path: Path, flags: int) -> bool:
    """Whether *path*, which is there, lies on a disk that takes no writes, whoever writes; *flags*, what statvfs(3)
    says of it. Newer kernels (seen with 6.18) do not call an ext4 read-only on which writing failed: that stands with
    what it is mounted by alone (``emergency_ro``). Raises :class:`OSError`."""
    return bool(flags & os.ST_RDONLY) or not _STOPPED.isdisjoint(_options_of(path))


def _options_of(path: Path) -> set[str]:
    """Of the file system that *path* is on (proc_pid_mountinfo(5)); none where they are not told."""
    device = path.stat().st_dev
    number = f"{os.major(device)}:{os.minor(device)}"
    options: set[str] = set()
    try:
        lines = _MOUNTS.read_text("utf-8", "surrogateescape").splitlines()
    except OSError:
        return options
    for line in lines:
        mount, _, system = line.partition(" - ")
        if number in mount.split(" ")[2:3]:
            options.update(system.rpartition(" ")[2].split(","))
    return options
