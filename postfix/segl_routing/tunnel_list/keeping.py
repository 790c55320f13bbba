"""Writes what was accepted, so that a process killed at any point leaves a good state.

First the copy (written aside, synced, renamed), then ``accepted.json`` in the same way: until that second
rename the old state is whole, after it the new one is. What a killed run leaves behind is a file that no
state names; the next run takes it away. Only the holder of the folder's lock writes.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Final

from segl.durable import sync_directory
from segl.errors import TunnelListError
from segl.vocabulary import ListFault
from segl_routing.tunnel_list.accepted import STATE_FILE, Accepted, Copy, folder_of, state_bytes

LOCK_FILE: Final = "lock"
LOCK_SECONDS: Final = 30.0
_ASIDE: Final = ".new-"  # files that are being written; what a killed run left bears it too
_POLL_SECONDS: Final = 0.05


class Keeper:
    """The folder of one list, locked for writing."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def accept(self, copy: Copy, content: bytes, state: Accepted, keep: int) -> Accepted:
        """Put *content* in force as *copy*; *keep* copies are kept, this one among them. *state* is the new
        state but for the copies. Returns it as written."""
        older = tuple(c for c in state.kept if c.file != copy.file)
        state = replace(state, current=copy, kept=(copy, *older)[:keep])
        self._write(copy.file, content)
        self.write_state(state)
        return state

    def write_state(self, state: Accepted) -> None:
        """Make *state* the state. Raises :class:`OSError` and changes nothing when it cannot."""
        self._write(STATE_FILE, state_bytes(state))
        self._take_away(state)

    def _write(self, name: str, content: bytes) -> None:
        aside = self._folder / f"{_ASIDE}{name}"
        aside.unlink(missing_ok=True)
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o644)
        with os.fdopen(descriptor, "wb") as file:
            os.fchmod(descriptor, 0o644)
            _give_to_owner(descriptor, self._folder)
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        aside.replace(self._folder / name)
        sync_directory(self._folder)

    def _take_away(self, state: Accepted) -> None:
        """Files that no state names. Not worth a failure: the next run tries again."""
        named = {STATE_FILE, LOCK_FILE, *(copy.file for copy in state.kept)}
        with suppress(OSError):
            for file in self._folder.iterdir():
                if file.name not in named and (file.name.startswith(_ASIDE) or file.suffix == ".json"):
                    file.unlink()


@contextmanager
def keeper_of(base: Path, name: str, seconds: float = LOCK_SECONDS) -> Iterator[Keeper]:
    """The folder of list *name* below *base*, made if need be, while no other run has it.

    Waits up to *seconds* for another run. Raises :class:`TunnelListError`.
    """
    folder = folder_of(base, name)
    try:
        if not folder.is_dir():
            _make(folder)
        # Not for writing: the one of root and the one of the timer's user must both be able to open it.
        lock = os.open(folder / LOCK_FILE, os.O_RDONLY | os.O_CREAT | os.O_NOFOLLOW, 0o644)
    except OSError as error:
        hint = "run as root, or as the user of segl-tunnel-update.service"
        problem = f"{error.filename or folder}: {error.strerror}"
        raise TunnelListError(
            ListFault.CANNOT_KEEP, problem, hint if isinstance(error, PermissionError) else ""
        ) from None
    try:
        _give_to_owner(lock, folder)
        _wait_for(lock, name, seconds)
        yield Keeper(folder)
    except OSError as error:
        problem = f"{error.filename or folder}: {error.strerror}"
        raise TunnelListError(ListFault.CANNOT_KEEP, problem) from None
    finally:
        os.close(lock)


def _wait_for(lock: int, name: str, seconds: float) -> None:
    until = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                raise TunnelListError(
                    ListFault.BUSY, f"another run works on list {name}", "try again when it has ended"
                ) from None
            time.sleep(_POLL_SECONDS)
        else:
            return


def _make(folder: Path) -> None:
    folder.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    folder.mkdir(mode=0o755, exist_ok=True)
    folder.chmod(0o755)
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        _give_to_owner(descriptor, folder.parent)
    finally:
        os.close(descriptor)
    sync_directory(folder.parent)


def _give_to_owner(descriptor: int, folder: Path) -> None:
    """What root makes by hand belongs to the folder's owner, or the timer could not go on with it."""
    if os.geteuid() == 0:
        owner = folder.stat()
        os.fchown(descriptor, owner.st_uid, owner.st_gid)
