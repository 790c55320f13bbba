"""What the store holds, for `segl status` and `segl doctor`, without changing or creating anything.

:func:`segl.store.engine.open_store` makes what is missing, which is right for a daemon and wrong for a look. SQLite
is read by the standard library, read-only: that also starts in a few milliseconds.
"""

from __future__ import annotations

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from segl.days import DAY_SECONDS
from segl.disks import takes_no_writes
from segl.errors import StoreError

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

SCHEMA_VERSION = 6  # here, where to ask for it costs nothing
_SCHEMA = "SELECT value FROM meta WHERE key = 'schema'"
_UNNAMED = 'SELECT "count" FROM portal_count WHERE scope = \'unnamed\' AND "window" >= ?'
_SEALED = "SELECT count(*), min(expires_at) FROM sealed_message WHERE removed_at IS NULL AND expires_at > ?"
_SENT = (
    "SELECT m.domain, r.way, count(*) FROM sent_recipient r JOIN sent_message m ON m.id = r.message_id "
    "WHERE r.at >= ? AND r.stage = 'secure' AND r.state IN ('sent', 'sealed') GROUP BY m.domain, r.way"
)
_NOTED = "SELECT (SELECT value FROM meta WHERE key = ?), (SELECT max(seen_at) FROM node)"
# Of this database, as far as this user sees; one that has waited for less may be done in a moment.
_WAITS = (
    "SELECT coalesce(extract(epoch FROM now() - min(query_start)), 0) FROM pg_stat_activity "
    "WHERE wait_event = 'SyncRep' AND datname = current_database() AND query_start < now() - interval '5 seconds'"
)
# A server whose disk is full answers, and even writes what finds room in a page: so it is asked for a quarter of a
# megabyte, of a table that only this session sees, and that goes with it.
_MAY_ASK = "SELECT has_database_privilege(current_database(), 'TEMPORARY')"
_ROOM = "CREATE TEMPORARY TABLE segl_room AS SELECT repeat('x', 1000) FROM generate_series(1, 250)"
_LOCK = "SET lock_timeout = '2s'"  # somebody may have a table to himself, for hours
_BESIDE = 64 * 1024  # bytes: its shared memory (-shm), and some of the write-ahead log
_SQLITE = "sqlite:///"
_SECONDS = 2.0
_LONGEST = 300


class StoreMissing(StoreError):
    """The database does not exist yet; the daemons make it at their first start."""


class StoreDenied(StoreError):
    """This user may not read it."""


@dataclass(frozen=True, slots=True)
class StoreStatus:
    """``next_expiry`` in Unix seconds, ``None`` when nothing is sealed. ``writes``: whether it takes any; a standby of
    PostgreSQL answers all that is only read. ``waits``: for how long (seconds) a commit has waited for a standby that
    must have it, too; the server answers all else meanwhile. ``room``: what the server said of a disk that is full."""

    schema: str
    sealed: int
    next_expiry: float | None
    writes: bool = True
    waits: float = 0.0
    room: str = ""

    @property
    def fault(self) -> str:
        """Why nothing can be kept there, though it can be read; empty where all is well."""
        if is_newer(self.schema):
            return f"a newer Segl has brought it to schema {self.schema}, this one knows {SCHEMA_VERSION}"
        if not self.writes:
            return "it takes no writes: a standby, or told to be read-only"
        if self.room:
            return f"it has no room: {self.room}"
        if self.waits:
            return f"a commit has waited {self.waits:.0f} s for a standby (synchronous_standby_names)"
        return ""


def is_newer(schema: str) -> bool:
    """Whether a later Segl made the store what it is."""
    return schema.isdecimal() and int(schema) > SCHEMA_VERSION


def look_at_store(url: str) -> StoreStatus:
    """Raises :class:`StoreMissing`, :class:`StoreDenied` or :class:`StoreError`."""
    if not url.startswith(_SQLITE):
        return _other(url)
    return _sqlite(_file_of(url))


def noted_in(file: Path, key: str) -> tuple[str | None, float | None]:
    """In the SQLite store *file*, what is noted under *key*, and when a node last wrote there (Unix seconds). Raises as
    :func:`look_at_store`; also where the schema is an older one."""
    with _read_only(file) as connection:
        noted, heard = connection.execute(_NOTED, (key,)).fetchone()
    return noted, heard


def missing_file(url: str) -> Path | None:
    """The SQLite file that the store would be, where it is not there. One that may not be looked at may be there."""
    if not url.startswith("sqlite"):
        return None
    file = _file_of(url)
    try:
        file.stat()
    except (FileNotFoundError, NotADirectoryError):
        return file
    except OSError:
        return None
    return None


def missing_at(file: Path) -> StoreMissing:
    """What is told of a store that would be *file*."""
    hint = "start segl-deliver or segl-map: whichever starts first makes it"
    return StoreMissing("there is no store yet", f"there is no store yet: {file}", hint)


def sqlite_file(url: str) -> Path | None:
    """Where the store is a file; ``None`` of a store in memory, or of another kind."""
    return _file_of(url) if url.startswith(_SQLITE) else None


def _file_of(url: str) -> Path:
    return Path(unquote(url.partition(":///")[2].partition("?")[0]))


def is_read_only(file: Path) -> bool:
    """Whether *file* lies, or would lie, on a disk that takes no writes, whoever writes."""
    try:
        there = _there(file)
        return takes_no_writes(there, os.statvfs(there).f_flag)
    except OSError:
        return False


def is_full(file: Path) -> bool:
    """Whether the disk of *file* has no room, or no inode, for what SQLite needs beside it. Some have no number of
    inodes (btrfs)."""
    try:
        disk = os.statvfs(_there(file))
    except OSError:
        return False
    return disk.f_bavail * disk.f_frsize < _BESIDE or (disk.f_files > 0 and disk.f_favail == 0)


def _there(file: Path) -> Path:
    """Where *file* lies, or would lie. Raises :class:`OSError`."""
    return next(path for path in (file, *file.parents) if path.exists())


def sent_by_domain(url: str, since: float) -> list[tuple[str, str, int]]:
    """Recipients whose copy was taken since *since* (Unix seconds), by the sender's domain and the way. Raises as
    :func:`look_at_store`."""
    if url.startswith(_SQLITE):
        with _read_only(_file_of(url)) as connection:
            found = connection.execute(_SENT, (since,)).fetchall()
    else:
        found = _asked(url, _SENT.replace("?", ":at"), {"at": since})
    return [(str(domain), str(way or ""), int(number)) for domain, way, number in found]


def visitors_unnamed(url: str, now: float) -> int:
    """How many codes were asked for at the portal today and yesterday by visitors whose address was not known, as far
    as they are counted (:mod:`segl_portal.visits.unnamed`). Raises as :func:`look_at_store`."""
    yesterday = now // DAY_SECONDS - 1
    if url.startswith(_SQLITE):
        with _read_only(_file_of(url)) as connection:
            found = connection.execute(_UNNAMED, (yesterday,)).fetchall()
    else:
        found = _asked(url, _UNNAMED.replace("?", ":day"), {"day": yesterday})
    return sum(int(number) for (number,) in found)


def _sqlite(file: Path) -> StoreStatus:
    with _read_only(file) as connection:
        (schema,) = connection.execute(_SCHEMA).fetchone() or ("",)
        count, expiry = connection.execute(_SEALED, (time.time(),)).fetchone()
    return StoreStatus(str(schema), count, expiry)


@contextmanager
def _read_only(file: Path) -> Iterator[sqlite3.Connection]:
    try:
        with file.open("rb"):
            pass
    except PermissionError:
        raise StoreDenied(f"{file} may not be read", hint="run as root") from None
    except (FileNotFoundError, NotADirectoryError):
        raise missing_at(file) from None
    except OSError as error:
        raise StoreError("the store cannot be read", f"{file}: {error.strerror}") from None
    try:
        # without a write-ahead log nobody is at work: read the file alone, or SQLite makes a new log for us
        idle = not file.with_name(f"{file.name}-wal").exists()
        uri = f"file:{quote(os.fsencode(file))}?mode=ro{'&immutable=1' * idle}"
        with closing(sqlite3.connect(uri, uri=True, timeout=_SECONDS)) as connection:
            yield connection
    except sqlite3.Error as error:
        raise StoreError("the store cannot be read", f"{file}: {error}") from None


def in_parts(url: str) -> URL:
    """*url* as SQLAlchemy reads it. Raises :class:`~segl.errors.StoreError`."""
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        return make_url(url)
    except (ValueError, ArgumentError):  # what stands there is not told: it may be a password
        raise StoreError(
            "the store cannot be reached",
            "store: the URL cannot be read",
            "a port is a number; in a password %40 stands for an @, %2F for a /, %3A for a colon",
        ) from None


def _other(url: str) -> StoreStatus:
    schema = next((row[0] for row in _asked(url, _SCHEMA, {})), "")
    [row] = _asked(url, _SEALED.replace("?", ":now"), {"now": time.time()})
    [(read_only,)] = _asked(url, "SHOW transaction_read_only", {})
    [(waits,)] = _asked(url, _WAITS, {})
    writes = read_only != "on"
    return StoreStatus(
        str(schema), int(row[0]), row[1], writes, float(waits), _no_room(url) if writes else ""
    )


def _no_room(url: str) -> str:
    """Why the server cannot make a table larger now; empty where it can, or does not let this user try."""
    [(may,)] = _asked(url, _MAY_ASK, {})
    try:
        _asked(url, _ROOM if may else _MAY_ASK, {})
    except StoreError as error:
        return error.private
    return ""


def _asked(url: str, query: str, values: dict[str, float]) -> list[tuple[Any, ...]]:
    import sqlalchemy as sa  # a quarter of a second, which SQLite sites need not wait

    given = in_parts(url).query
    ours = {} if "connect_timeout" in given else {"connect_timeout": int(_SECONDS)}
    try:
        with sa.create_engine(url, connect_args=ours, poolclass=sa.NullPool).connect() as connection:
            connection.exec_driver_sql(_LOCK)
            found = connection.execute(sa.text(query), values)
            return [tuple(row) for row in found] if found.returns_rows else []
    except (sa.exc.SQLAlchemyError, ImportError) as error:
        raise StoreError("the store cannot be reached", f"store: {_said(error)}") from None


def _said(error: Exception) -> str:
    """What the database said, on one line; where it said nothing, the name of the fault."""
    said = " ".join(str(getattr(error, "orig", None) or "").split()).partition(" Is the server running")[0]
    return said[:_LONGEST] or type(error).__name__
