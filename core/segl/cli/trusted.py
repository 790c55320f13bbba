"""Whose word settings are, where a command is run behind sudo.

sudo lets somebody run ``segl hold`` as root, and who she is comes from sudo itself. Who may decide, how many must
agree, who is shown what, and where store and keys are come from the settings: so a file of her own (``--settings``)
would make her whoever she likes. Only root's word counts then: a file that is root's, and that no one else can write
or put another in the place of.

So every command that shows or changes what is the installation's reads its settings here. Those that only look at
settings, rules and messages (``settings``, ``policy``, ``rules``, ``check``, ``explain`` of files, ``evaluate``) take
any file: they are for trying out what is not in force yet.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from segl.cli.output import fail_of
from segl.cli.person import is_behind_sudo
from segl.errors import Fault, SeglError, SettingsError

if TYPE_CHECKING:
    from segl.settings.document import Settings

_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH


def trusted_settings(file: Path) -> Settings:
    """The settings in *file*. Raises :class:`SettingsError` when they cannot be used, or are not :func:`trusted`."""
    from segl.settings.file import load_settings

    return load_settings(trusted(file))


def settings_of(file: Path) -> Settings:
    """:func:`trusted_settings`. Ends the run when they cannot be used."""
    try:
        return trusted_settings(file)
    except SeglError as error:
        fail_of(error)


def trusted(file: Path) -> Path:
    """The file to read for *file*: where it really is, when the command is run behind sudo. Raises
    :class:`SettingsError` when another than root (or than who the command runs as) could have written it. What is not
    there is for the reader to tell."""
    if not is_behind_sudo():
        return file
    try:
        real = file.resolve(strict=True)
        doubts = [place for place in (real, *real.parents) if _others_decide(place, place == real)]
    except (OSError, RuntimeError):  # RuntimeError: a circle of links, in older Pythons
        return file
    if doubts:
        problem = f"behind sudo settings must be root's: others may write {doubts[0]}"
        hint = "leave --settings out, or: chown root FILE; chmod go-w FILE, and so its directory"
        raise SettingsError([Fault(file, "", problem, hint)])
    return real


def _others_decide(place: Path, is_file: bool) -> bool:
    """Whether somebody else can write *place*, or what stands in it. In a directory with the sticky bit each
    removes her own alone."""
    found = place.stat()
    if found.st_uid not in (0, os.geteuid()):
        return True
    writers = found.st_mode & _OTHERS_WRITE
    if writers & stat.S_IWOTH or found.st_gid != 0:
        return bool(writers) and (is_file or not found.st_mode & stat.S_ISVTX)
    return False
