"""What the store holds, for `segl status` and `segl doctor`, without changing or creating anything.

:func:`segl.store.open_store` makes what is missing, which is right for a daemon and wrong for a look. SQLite
is read by the standard library, read-only: that also starts in a few milliseconds.
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote

from segl.errors import StoreError

_SCHEMA = "SELECT value FROM meta WHERE key = 'schema'"
_SEALED = "SELECT count(*), min(expires_at) FROM sealed_message WHERE removed_at IS NULL AND expires_at > ?"
_SQLITE = "sqlite:///"
_SECONDS = 2.0


class StoreMissing(StoreError):
    """The database does not exist yet; the daemons make it at their first start."""


class StoreDenied(StoreError):
    """This user may not read it."""


@dataclass(frozen=True, slots=True)
class StoreStatus:
    """``next_expiry`` in Unix seconds, ``None`` when nothing is sealed."""

    schema: str
    sealed: int
    next_expiry: float | None


def look_at_store(url: str) -> StoreStatus:
    """Raises :class:`StoreMissing`, :class:`StoreDenied` or :class:`StoreError`."""
    if not url.startswith(_SQLITE):
        return _other(url)
    return _sqlite(Path(unquote(url.removeprefix(_SQLITE).partition("?")[0])))


def _sqlite(file: Path) -> StoreStatus:
    try:
        with file.open("rb"):
            pass
    except PermissionError:
        raise StoreDenied(f"{file} may not be read", hint="run as root") from None
    except OSError:
        raise StoreMissing(
            f"{file} does not exist yet", hint="it is made when Segl's processes start"
        ) from None
    try:
        # without a write-ahead log nobody is at work: read the file alone, or SQLite makes a new log for us
        idle = not file.with_name(f"{file.name}-wal").exists()
        uri = f"file:{quote(str(file))}?mode=ro{'&immutable=1' * idle}"
        with closing(sqlite3.connect(uri, uri=True, timeout=_SECONDS)) as connection:
            (schema,) = connection.execute(_SCHEMA).fetchone() or ("",)
            count, expiry = connection.execute(_SEALED, (time.time(),)).fetchone()
    except sqlite3.Error as error:
        raise StoreError("the store cannot be read", f"{file}: {error}") from None
    return StoreStatus(str(schema), count, expiry)


def _other(url: str) -> StoreStatus:
    import sqlalchemy as sa  # a quarter of a second, which SQLite sites need not wait

    try:
        engine = sa.create_engine(url)
        with engine.connect() as connection:
            schema = connection.exec_driver_sql(_SCHEMA).scalar()
            row = connection.execute(sa.text(_SEALED.replace("?", ":now")), {"now": time.time()}).one()
    except (sa.exc.SQLAlchemyError, ImportError) as error:
        raise StoreError("the store cannot be reached", f"store: {type(error).__name__}") from None
    return StoreStatus(str(schema or ""), int(row[0]), row[1])
