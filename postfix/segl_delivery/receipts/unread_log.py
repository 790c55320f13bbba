"""Whether segl-deliver has read what its log holds, by what it has noted of it in the store.

For who asks from outside, ``segl doctor``: root may read every log, and a unit's own settings, an access list or a name
space may keep from it the process that needs it.
"""

from __future__ import annotations

import json
import time
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from segl.tables.receipts import log_position
from segl_delivery.receipts.journal import NAME, newest

# Seconds that a line may be on its way: journalctl may need five to find its place.
_ON_ITS_WAY: Final = 60.0
# Bytes at the end of a file that may be no whole line yet.
_HALF_A_LINE: Final = 2000


def key_of(node: str, path: Path) -> str:
    """Each node has a log of its own, mostly under the same name."""
    return f"{node}:{path}"[-255:]


def saved(connection: Connection, key: str) -> dict[str, Any] | None:
    """How far the log of this *key* is read, as its reader noted it."""
    text = connection.scalar(sa.select(log_position.c.position).where(log_position.c.log == key))
    return json.loads(text) if text else None


def unread_in(connection: Connection, node: str, path: Path, *, directory: Path | None = None) -> str:
    """What segl-deliver of *node* has not read of the log at *path* and should have, in words; ``""`` where there is
    nothing. *directory*: of the journal, where it is not the host's. Raises :class:`OSError` where that cannot be told.
    """
    position = saved(connection, key_of(node, path)) or saved(connection, str(path))
    before = time.time() - _ON_ITS_WAY
    if path == NAME:
        written = newest(before, directory)
        until = int(position["at"]) if position else 0
        return f"what Postfix wrote at {_clock(written / 1e6)}" if written and written > until else ""
    log = path.stat()
    here = position is not None and int(position["inode"]) == log.st_ino
    left = log.st_size - (int(position["offset"]) if position is not None and here else 0)
    is_read = left <= _HALF_A_LINE or log.st_mtime >= before
    return "" if is_read else f"what was written until {_clock(log.st_mtime)}"


def _clock(moment: float) -> str:
    return f"{datetime.fromtimestamp(moment):%Y-%m-%d %H:%M:%S}"
