"""Who could write into the file that Postfix logs to. What its lines say of TLS, and of who waits, stands in receipts:
a line that any user of the host may add proves nothing."""

from __future__ import annotations

import grp
import os
import pwd
import stat
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Final

# Users and groups that write logs, or this one.
_WRITERS: Final = ("root", "postfix", "syslog", "segl-deliver")


def forgeable(log: Path) -> str:
    """Why others could have written in *log*; ``""`` when they could not. Raises :class:`OSError`."""
    file, folder = log.stat(), log.parent.stat()
    if not stat.S_ISREG(file.st_mode):
        return "it is no ordinary file"
    if file.st_uid not in _users():
        return f"it belongs to user {_name(file.st_uid)}"
    if fault := _open_to(file):
        return f"{fault} may write to it"
    if folder.st_uid not in _users():
        return f"its folder belongs to user {_name(folder.st_uid)}"
    if not folder.st_mode & stat.S_ISVTX and (fault := _open_to(folder)):
        return f"{fault} may put another in its place"
    return ""


def _open_to(found: os.stat_result) -> str:
    if found.st_mode & stat.S_IWOTH:
        return "anybody"
    if found.st_mode & stat.S_IWGRP and found.st_gid not in _groups():
        return f"group {_group_name(found.st_gid)}"
    return ""


@cache
def _users() -> frozenset[int]:
    return frozenset({0, os.geteuid(), *_known(lambda name: pwd.getpwnam(name).pw_uid)})


@cache
def _groups() -> frozenset[int]:
    return frozenset({0, os.getegid(), *_known(lambda name: grp.getgrnam(name).gr_gid)})


def _known(number: Callable[[str], int]) -> list[int]:
    found = []
    for name in _WRITERS:
        with suppress(KeyError):
            found.append(number(name))
    return found


def _name(uid: int) -> str:
    with suppress(KeyError):
        return pwd.getpwuid(uid).pw_name
    return str(uid)


def _group_name(gid: int) -> str:
    with suppress(KeyError):
        return grp.getgrgid(gid).gr_name
    return str(gid)
