"""Whether Segl's processes may open the files that they share. The doctor is run by root, who may open anything: of a
settings file that an editor wrote anew, or a store that came from a backup, it would say that all is well.

Goes by the groups that the package makes (``systemd/segl.sysusers``): each stands for a thing that several processes
share. Where there is no such group the house has rules of its own, and nothing is said; so where a file has an access
list (acl(5)), which says more than its mode.
"""

from __future__ import annotations

import grp
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from segl.postfix.check import AS_ROOT, Check, State
from segl.settings.document import Settings
from segl.store.status import sqlite_file

_SETTINGS, _STORE = "segl-settings", "segl-store"
_ACL: Final = "system.posix_acl_access"
_READ, _WRITE = 0o4, 0o2


def access_checks(file: Path, settings: Settings) -> Iterator[Check]:
    """The checks ``settings.access`` (of the settings *file*) and ``store.access``."""
    why = "no process of Segl starts, or takes new settings, as none may read it"
    yield _check("settings.access", [file], _SETTINGS, _READ, why, "640")
    if (store := sqlite_file(settings.store.url)) is not None:
        # SQLite's log of writes and the index of it bear the store's name, and are there while it is open.
        why = (
            "segl-map, segl-deliver and segl-portal cannot use it: nothing is sealed, and they may not start"
        )
        try:
            files = [
                one for end in ("", "-wal", "-shm") if (one := store.with_name(store.name + end)).exists()
            ]
        except OSError as error:  # its folder may not be entered, by a person who reads the settings
            yield Check("store.access", State.UNKNOWN, f"{store}: {error.strerror}", why, AS_ROOT)
            return
        yield _check("store.access", files, _STORE, _READ | _WRITE, why, "660")


def _check(id_: str, files: Sequence[Path], group: str, wanted: int, why: str, mode: str) -> Check:
    try:
        gid = grp.getgrnam(group).gr_gid
    except KeyError:
        return Check(
            id_, State.OK, f"there is no group {group} on this host: who may read what is the house's"
        )
    try:
        shut = [file for file in files if not _is_open_to(file, gid, wanted)]
    except OSError as error:
        return Check(id_, State.UNKNOWN, f"{error.filename} may not be looked at", why, AS_ROOT)
    if not shut:
        return Check(id_, State.OK, f"the group {group} has what its processes need")
    names = " ".join(map(str, shut))
    found = f"{names}: not open to the group {group}"
    return Check(id_, State.FAIL, found, why, f"chgrp {group} {names}; chmod {mode} {names}")


def _is_open_to(file: Path, gid: int, wanted: int) -> bool:
    """By its mode. Raises :class:`OSError`."""
    status = file.stat()
    mode = stat.S_IMODE(status.st_mode)
    if mode & wanted == wanted or (status.st_gid == gid and mode >> 3 & wanted == wanted):
        return True
    with suppress(OSError):  # a file system without such
        return _ACL in os.listxattr(file)
    return False
