"""Whether there is room on the disk where mail waits and sealed messages lie, and whether it can be written.

A full queue is the quietest fault there is: every process runs, nothing in the configuration is wrong, and smtpd
answers ``452 4.3.1 Insufficient system storage`` to all.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from segl.disks import takes_no_writes
from segl.postfix.check import AS_ROOT, Check, Setup, State
from segl.postfix.running import Instance
from segl.settings.document import Settings
from segl.store.status import sqlite_file

# What of an instance's main.cf is looked at here.
ASKED: Final = ("queue_directory", "queue_minfree", "message_size_limit")
_MEGABYTE: Final = 1024 * 1024
# smtpd takes nothing while less is free than this many times the largest message (postconf(5), queue_minfree).
_OF_THE_LARGEST: Final = 1.5
# Below so many times what is needed somebody should look: a night's mail may take the rest.
_SOON: Final = 4
_FEW_FILES: Final = 1000  # inodes
_REPAIR: Final = (
    "see why (dmesg): so the kernel leaves a disk on which writing failed. Repair it, and mount it anew"
)
_FIX: Final = "make room there; what waits then goes by itself"


@dataclass(frozen=True, slots=True)
class _Place:
    """``needed``: bytes that must be free; ``why``: what stands still otherwise."""

    id: str
    path: Path
    needed: float
    why: str


def space_checks(setup: Setup) -> Iterator[Check]:
    """The checks ``space.*``."""
    for place in (
        _queue("space.front", setup.front, "Postfix takes no mail from anybody (452 4.3.1), and mail waits"),
        _queue("space.secure", setup.secure, "mail that is to go securely waits in the front's queue"),
        *_kept(setup.settings),
    ):
        yield _judged(place)


def _queue(id_: str, instance: Instance, why: str) -> _Place:
    least, largest = (_number(instance, name) for name in ("queue_minfree", "message_size_limit"))
    return _Place(id_, instance.queue, max(least, _OF_THE_LARGEST * largest), why)


def _number(instance: Instance, name: str) -> int:
    value = instance.value(name)
    return int(value) if value.isdecimal() else 0


def _kept(settings: Settings) -> Iterator[_Place]:
    largest = settings.delivery.message_bytes
    if (file := sqlite_file(settings.store.url)) is not None:
        yield _Place("space.store", file.parent, largest, "nothing can be sealed, and no receipt be written")
    if not settings.portal.storage.used:
        yield _Place("space.sealed", settings.portal.sealed, largest, "what is to be sealed waits")


def _judged(place: _Place) -> Check:
    try:
        there = next(path for path in (place.path, *place.path.parents) if path.exists())
        disk = os.statvfs(there)
        is_stopped = takes_no_writes(there, disk.f_flag)
    except OSError as error:
        return Check(place.id, State.UNKNOWN, f"{place.path}: {error.strerror}", place.why, AS_ROOT)
    if is_stopped:
        return Check(
            place.id, State.FAIL, f"{place.path} lies on a disk that is read-only", place.why, _REPAIR
        )
    free = disk.f_bavail * disk.f_frsize
    text = f"{free // _MEGABYTE} MB free for {place.path}, at least {place.needed / _MEGABYTE:.0f} needed"
    files = disk.f_favail if disk.f_files else _FEW_FILES  # some file systems do not count them
    if files < _FEW_FILES:
        text = f"room for {files} files more in {place.path}"
    if free < place.needed or not files:
        return Check(place.id, State.FAIL, text, place.why, _FIX)
    if free < _SOON * place.needed or files < _FEW_FILES:
        return Check(place.id, State.WARN, text, f"when it is full: {place.why}", _FIX)
    return Check(place.id, State.OK, text)
