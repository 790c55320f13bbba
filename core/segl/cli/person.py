"""Who runs the command."""

from __future__ import annotations

import os
import pwd

from segl.persons import BEHIND_SUDO


def me() -> str:
    """Who runs the command, for the audit trail: also behind sudo. Where the host knows one user under several names
    (``lise``, ``lise@x.dk``), always under the same."""
    if (name := _behind_sudo()) and name.isprintable():
        return f"{name[:64]}{BEHIND_SUDO}"
    return _name_of(os.getuid()) or f"uid {os.getuid()}"


def is_behind_sudo() -> bool:
    return bool(_behind_sudo())


def _behind_sudo() -> str:
    """sudo(8) tells both; the number has one name, of the names there may be several."""
    name, number = os.environ.get("SUDO_USER") or "", os.environ.get("SUDO_UID") or ""
    if name and number.isascii() and number.isdecimal() and (known := _name_of(int(number))):
        return known
    try:
        return pwd.getpwnam(name).pw_name if name else ""
    except (KeyError, ValueError):
        return name


def _name_of(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except (KeyError, OverflowError):
        return ""
