"""Whether a connection still has the file that lies under the store's name.

A SQLite file that is taken away, or has another put in its place (a backup that is brought back), lives on for whoever
has it open: what is committed there is nowhere when the last of them ends, and no other process ever sees it. So each
connection is held against the name before it is used, which costs a microsecond.
"""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Engine

_NOTED: Final = "segl_file"
# Python 3.12 and later.
_LEAVE_THE_LOG: Final[int | None] = getattr(sqlite3, "SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE", None)


def keep_to(engine: Engine, file: Path) -> None:
    """Let *engine* use no connection that has another file than the one at *file* now. Of one that has been replaced it
    opens the new one; where there is none, it makes none: it would be empty."""
    sa.event.listen(engine, "do_connect", partial(_note, file))
    sa.event.listen(engine, "connect", partial(_note_made, file))
    sa.event.listen(engine, "checkout", partial(_check, file))


def _note(file: Path, _dialect: Any, record: Any, _arguments: Any, _words: Any) -> None:
    """Before the file is opened: a connection to one replaced in that moment is another's by this, and made anew."""
    record.info[_NOTED] = _identity(file)


def _note_made(file: Path, _connection: Any, record: Any) -> None:
    """The first to open a store makes it."""
    record.info[_NOTED] = record.info.get(_NOTED) or _identity(file)


def _check(file: Path, connection: Any, record: Any, _proxy: Any) -> None:
    there = _identity(file)
    if there is None:
        raise sa.exc.OperationalError("checkout", None, FileNotFoundError(f"{file} is not there any more"))
    if there != record.info[_NOTED]:
        # The last to close one takes the write-ahead log away by its name, which is another's by now.
        if _LEAVE_THE_LOG is not None:
            with suppress(sqlite3.Error):
                connection.setconfig(_LEAVE_THE_LOG, True)
        raise sa.exc.DisconnectionError(f"{file} was replaced")


def _identity(file: Path) -> tuple[int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
