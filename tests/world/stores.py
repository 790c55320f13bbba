"""The store of a folder, on the database that the tests are run on: SQLite in the folder, or a real PostgreSQL server.

store_in(folder)      # in a test module with  pytestmark = pytest.mark.usefixtures("both_stores")
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg
import sqlalchemy as sa

from segl.store.engine import open_store
from world.postgresql import PostgreSQL

_server: PostgreSQL | None = None
_urls: dict[Path, str] = {}
_connections: list[Any] = []


def store_in(directory: Path) -> str:
    """The URL; the same each time for the same folder. The store is there, and empty."""
    if _server is None:
        return f"sqlite:///{made(directory / 'segl.db')}"
    if directory not in _urls:
        _urls[directory] = _server.empty_store()
    return _urls[directory]


def made(file: Path) -> Path:
    """See to it that an empty store of SQLite is at *file*, as :func:`segl.store.engine.open_store` makes it. What is
    there is left alone. A copy costs an eighth of making the tables anew, which test_store.py does."""
    if not file.exists():
        file.touch(0o660)
        file.write_bytes(_empty())
    return file


@cache
def _empty() -> bytes:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "segl.db"
        open_store(
            f"sqlite:///{file}"
        ).dispose()  # whose last connection empties the write-ahead log into the file
        return file.read_bytes()


def break_store(directory: Path) -> None:
    """From now on everything that is asked of it fails."""
    if _server is not None:
        _server.drop(_urls[directory])
        return
    (directory / "segl.db").unlink()
    (directory / "segl.db").mkdir()


@sa.event.listens_for(sa.Pool, "connect")
def _connected(connection: Any, _record: object) -> None:
    """Tests leave engines behind, some with a thread that is still at it; and psycopg warns of a connection that nobody
    closed."""
    if isinstance(connection, psycopg.Connection):
        _connections.append(connection)


@contextmanager
def on(server: PostgreSQL | None) -> Iterator[None]:
    """Stores are made on *server*; without one they are SQLite's. At the end all connections to them are closed."""
    global _server
    before, _server = _server, server
    try:
        yield
    finally:
        if server is not None:
            while _connections:
                _connections.pop().close()
            while _urls:
                server.give_back(_urls.popitem()[1])
        _server = before
