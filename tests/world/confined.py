"""Runs a daemon inside what its systemd unit allows, as far as that can be had without systemd.

:func:`confined` puts a launcher before a command. It takes the unit's system call filter, its address families, its
refusal of memory that is written and run, its view of ``/proc`` and ``NoNewPrivileges``, puts them on itself and
becomes the program. So each world test also tests that the unit is not too strict: what is refused here is refused by
systemd (systemd.exec(5)).

Users, capabilities and the read-only view of the file system are not put on: test_units looks at those.
"""

from __future__ import annotations

import ctypes
import errno
import functools
import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyseccomp

_PR_SET_NO_NEW_PRIVS = 38
_PR_SET_MDWE = 65  # since Linux 6.3; systemd has its own seccomp rules for the same
_MDWE_REFUSE_EXEC_GAIN = 1
_CLONE_NEWNS = 0x20000
_MS_REC_PRIVATE = 0x4000 | 1 << 18
_MS_NOSUID_NODEV_NOEXEC = 2 | 4 | 8

# More than any kernel has (AF_MAX, 46 in Linux 6.18).
_FAMILIES = 64

_libc = ctypes.CDLL(None, use_errno=True)


def settings_of(unit: Path) -> dict[str, list[str]]:
    """The unit's ``[Service]`` settings; a setting may come several times."""
    found: dict[str, list[str]] = {}
    for line in unit.read_text("utf-8").splitlines():
        name, equals, value = line.partition("=")
        if equals and not line.startswith("#"):
            found.setdefault(name, []).append(value)
    return found


def calls_of(filters: list[str]) -> list[str]:
    """The system calls that are left by ``SystemCallFilter=`` lines: the first allows, later ones with ``~``
    take away."""
    allowed: set[str] = set()
    for line in filters:
        names = {name for word in line.lstrip("~").split() for name in _expanded(word)}
        allowed = allowed - names if line.startswith("~") else allowed | names
    return sorted(allowed)


def families_of(lines: list[str]) -> list[int]:
    """The numbers of the address families that ``RestrictAddressFamilies=`` lines allow; none: all."""
    return sorted(getattr(socket, name) for line in lines for name in line.split())


def _expanded(word: str) -> set[str]:
    if not word.startswith("@"):
        return {word}
    return {name for member in _sets()[word] for name in _expanded(member)}


@functools.cache
def _sets() -> dict[str, list[str]]:
    """Systemd's named sets of system calls, as this machine's systemd has them."""
    command = ["systemd-analyze", "syscall-filter", "--no-pager"]
    from world import needs  # the launcher is a script of its own, which needs none of it

    needs.program(command[0])
    sets: dict[str, list[str]] = {}
    members: list[str] = []
    for line in subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines():
        word = line.split("#")[0].strip()
        if word and not line.startswith(" "):
            members = sets.setdefault(word, [])
        elif word:
            members.append(word)
    return sets


@functools.cache
def limits_of(unit: Path) -> Mapping[str, Any]:
    """What *unit* lets its process do, for :func:`put_on`."""
    wanted = settings_of(unit)
    return {
        "narrow_proc": wanted.get("ProcSubset") == ["pid"],
        "no_new_code": wanted.get("MemoryDenyWriteExecute") == ["yes"],
        "calls": calls_of(wanted.get("SystemCallFilter", [])),
        "families": families_of(wanted.get("RestrictAddressFamilies", [])),
    }


def confined(unit: Path) -> list[str]:
    """What to put before a command, so that it runs as *unit* would let it."""
    return [sys.executable, __file__, json.dumps(limits_of(unit))]


def put_on(limits: Mapping[str, Any]) -> None:
    """Put *limits* on this process; there is no way to take them off."""
    if limits["narrow_proc"]:
        _narrow_proc()
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)
    if limits["no_new_code"]:
        _prctl(_PR_SET_MDWE, _MDWE_REFUSE_EXEC_GAIN)
    # Before the other one, which need not let a second be put on.
    if limits["families"]:
        _filter_families(limits["families"])
    if limits["calls"]:
        _filter(limits["calls"])


def _narrow_proc() -> None:
    for result in (
        _libc.unshare(_CLONE_NEWNS),
        _libc.mount(None, b"/", None, _MS_REC_PRIVATE, None),
        _libc.mount(b"proc", b"/proc", b"proc", _MS_NOSUID_NODEV_NOEXEC, b"subset=pid,hidepid=invisible"),
    ):
        if result:
            raise OSError(ctypes.get_errno(), "no narrow /proc to be had")


def _prctl(option: int, value: int) -> None:
    if _libc.prctl(option, value, 0, 0, 0):
        raise OSError(ctypes.get_errno(), f"prctl {option}")


def _filter(allowed: list[str]) -> None:
    """What systemd does: everything else fails with EPERM (``SystemCallErrorNumber=``); a call that the library
    does not know cannot be allowed by name, here as there."""
    rules = pyseccomp.SyscallFilter(pyseccomp.ERRNO(errno.EPERM))
    for name in allowed:
        try:
            rules.add_rule(pyseccomp.ALLOW, name)
        except (OSError, ValueError):
            continue
    rules.load()


def _filter_families(allowed: list[int]) -> None:
    """What systemd does: a socket of any other family is one that this kernel does not have."""
    rules = pyseccomp.SyscallFilter(pyseccomp.ALLOW)
    refused = pyseccomp.ERRNO(errno.EAFNOSUPPORT)
    for family in range(1, _FAMILIES):
        if family not in allowed:
            rules.add_rule(refused, "socket", pyseccomp.Arg(0, pyseccomp.EQ, family))
    rules.load()


if __name__ == "__main__":
    put_on(json.loads(sys.argv[1]))
    os.execv(sys.argv[2], sys.argv[2:])  # noqa: S606
