"""Copies a store to another database: from the one host's SQLite to the PostgreSQL of several nodes, and back.

All that is copied is one transaction of the target, so it is there as a whole or not at all, and can be tried again.
Meanwhile nobody writes to the source: what one of Segl's processes wrote after its table had been read would be lost
without a word, a sealed message's key among it. For the same reason none of them may have the source open before: it
would go on writing to it when the copy is done.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from segl.errors import StoreError
from segl.store.engine import fault_of, transaction
from segl.store.lock import kept_open_by
from segl.store.status import sqlite_file
from segl.tables import meta, metadata

_ROWS = 500  # read and written at a time
_OURS = meta.c.key != "schema"  # which each store has of its own
_OTHERS = (  # of Segl's user; monitors and backups have their own
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND usename = current_user "
    "AND pid <> pg_backend_pid()"
)


@dataclass(frozen=True, slots=True)
class Copied:
    """So many rows of a table."""

    table: str
    rows: int


def not_in_use(url: str) -> None:
    """Raises :class:`~segl.errors.StoreError` when another process has the store at *url* open. To be asked before
    this process opens it (:mod:`segl.store.lock`). Of PostgreSQL, whose server knows, :func:`copy_store` finds out.
    """
    file = sqlite_file(url)
    if file is None:
        return
    try:
        user = kept_open_by(file)
    except FileNotFoundError:
        return  # whoever opens it will say so
    except OSError as error:
        raise StoreError("the store cannot be reached", f"{file}: {os.strerror(error.errno or 0)}") from None
    if user is not None:
        raise _in_use(f"{user} has {file} open")


def rows_of(engine: Engine) -> int:
    """How many rows :func:`copy_store` would copy. Raises :class:`~segl.errors.StoreError`."""
    with transaction(engine) as connection:
        return sum(_count(connection, table) for table in metadata.sorted_tables)


def copy_store(source: Engine, target: Engine, advance: Callable[[float], None]) -> tuple[Copied, ...]:
    """Copy all of *source* to *target*, which must be empty; *advance* hears how many rows more have been written.
    Raises :class:`~segl.errors.StoreError`; nothing is in *target* then."""
    with transaction(target) as look:
        _must_be_empty(look)  # soon: it may be the source itself
    with _nobody_writes(source) as read, transaction(target) as write:
        _lock(write)
        _must_be_empty(write)
        copied = tuple(_copy(table, read, write, advance) for table in metadata.sorted_tables)
        for one in copied:
            arrived = _count(write, metadata.tables[one.table])
            if arrived != one.rows:
                raise StoreError(
                    "the copy is not whole", f"{one.table} has {arrived} rows in the target, {one.rows} here"
                )
    return copied


def _must_be_empty(target: Connection) -> None:
    if filled := next((table.name for table in metadata.sorted_tables if _count(target, table)), None):
        raise StoreError(
            "the store is not empty",
            f"the target has rows in {filled}",
            "give the URL of an empty database: what is there already is never mixed with what comes",
        )


def _copy(table: sa.Table, read: Connection, write: Connection, advance: Callable[[float], None]) -> Copied:
    rows = 0
    for some in read.execution_options(yield_per=_ROWS).execute(_select(table)).mappings().partitions():
        write.execute(table.insert(), [dict(row) for row in some])
        rows += len(some)
        advance(len(some))
    return Copied(table.name, rows)


def _select(table: sa.Table) -> sa.Select[tuple[object, ...]]:
    return sa.select(table).where(_OURS) if table is meta else sa.select(table)


def _count(connection: Connection, table: sa.Table) -> int:
    return connection.scalar(sa.select(sa.func.count()).select_from(_select(table).subquery())) or 0


@contextmanager
def _nobody_writes(source: Engine) -> Iterator[Connection]:
    """A connection to *source*, at which others may read meanwhile, and write when it is given back."""
    try:
        with source.connect() as connection:
            _lock(connection)
            if source.dialect.name == "postgresql" and (
                others := connection.exec_driver_sql(_OTHERS).scalar()
            ):
                raise _in_use(f"others of its user have the database open ({others})")
            yield connection
    except sa.exc.SQLAlchemyError as error:
        raise fault_of(source, error) from None


def _lock(connection: Connection) -> None:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        return
    quote = connection.dialect.identifier_preparer.quote
    names = ", ".join(quote(table.name) for table in metadata.sorted_tables)
    connection.exec_driver_sql(f"LOCK TABLE {names} IN EXCLUSIVE MODE")


def _in_use(why: str) -> StoreError:
    return StoreError(
        "the store is in use",
        f"{why}: what it writes from now on would not be copied",
        "on each node: systemctl stop segl-map segl-deliver segl-portal segl-hold.timer segl-canary.timer",
    )
