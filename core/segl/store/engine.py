"""The store: what the processes remember together. SQLAlchemy Core; SQLite in WAL mode as installed, PostgreSQL for
several nodes.

Nothing in it is message content: facts about domains, and for sealed messages the half of the key that
is not in the recipient's link. SQLite runs with ``synchronous = FULL``: when a commit returns, it is on
disk, which is what lets ``segl-deliver`` answer 250. PostgreSQL does so too unless told otherwise; ``segl doctor``
asks.

On PostgreSQL several hosts are at work, and one of them may go away with a transaction open and a lock held: its
backend would wait for a client that says no more, for hours, and all others for it. So each session bounds what it may
keep others waiting (:data:`IDLE_SECONDS`), and either end notices a connection that is dead.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine, ExceptionContext
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.schema import CreateIndex, CreateTable

from segl.errors import StoreError, StoreLocked
from segl.store.migrations import migrate
from segl.store.same_file import keep_to
from segl.store.status import (
    SCHEMA_VERSION,
    in_parts,
    is_full,
    is_newer,
    is_read_only,
    missing_at,
    missing_file,
    sqlite_file,
)
from segl.store.watch import HINT, LockWatch, is_busy
from segl.tables import meta, metadata

T = TypeVar("T")
_BUSY_SECONDS = 5  # for which a process waits until another has written its transaction to SQLite
_PAUSE_SECONDS = 0.05  # before the second try; four times as long before each that follows
_CHECKPOINT_MS = 250  # for which a checkpoint waits for readers, and holds up writers
_CHECKPOINT_TRIES = 8
_STEPS = 100_000  # of SQLite's machine: some milliseconds, more where it reads much
# On PostgreSQL: how long a transaction may stand open with nothing asked, and how long a statement waits for a lock.
IDLE_SECONDS = 20
LOCK_SECONDS = 30
# Names of its advisory locks: any numbers that nobody else uses.
_MAKING_TABLES = 0x5E61_7AB1
_LIBPQ = {  # of the client's end of a connection, in seconds; a word in the URL goes first
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,  # this one in milliseconds
}
_OF_DISK = {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN}
_READ_ONLY = "25006"  # SQLSTATE: the statement would write, and this server takes no writes
_WATCHES: WeakKeyDictionary[Engine, LockWatch] = WeakKeyDictionary()
_THERE = {  # names of tables and indexes
    "sqlite": "SELECT name FROM sqlite_master",
    "postgresql": "SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace",
}


def open_store(url: str) -> Engine:
    """Connect, create missing tables, bring an older schema up to date. Raises :class:`StoreError`."""
    in_parts(url)
    try:
        _make_shared(url)
        engine = _engine(url)
        try:
            found = _create_and_version(engine)
            if found.isdecimal() and int(found) < SCHEMA_VERSION:
                migrate(engine)
                found = _create_and_version(engine)
        except SQLAlchemyError:
            engine.dispose()
            raise
    except SQLAlchemyError as error:
        if is_busy(getattr(error, "orig", None)):
            raise StoreLocked(
                "the store cannot be reached", f"store {_bare(url)}: {_kind(error)}", HINT
            ) from None
        told = f"store {_bare(url)}: {_kind(error)}"
        raise StoreError("the store cannot be reached", told, _what_to_look_at(url)) from None
    except ModuleNotFoundError as error:
        hint = "in a clone: /usr/lib/segl/bin/pip install '.[postgresql]'"
        raise StoreError(
            "the store cannot be reached", f"store {_bare(url)}: {error.name} is not installed", hint
        ) from None
    if found != str(SCHEMA_VERSION):
        engine.dispose()
        raise StoreError(
            "the store was made by another version",
            f"store {_bare(url)} has schema {found}, this Segl needs {SCHEMA_VERSION}",
            "a newer Segl has brought it to a new form: install that one, or put the backup from before it back",
        )
    return engine


def _what_to_look_at(url: str) -> str:
    file = sqlite_file(url)
    if file is None:
        return "is it there, and may this user write to it?"
    if is_read_only(file):
        return f"{file} lies on a disk that is read-only: so the kernel leaves one on which writing failed (dmesg)"
    if is_full(file):
        why = f"the disk of {file} is full, or has no inodes left (df, df -i)"
        return f"{why}: make room; what waits then goes by itself"
    return (
        "is it there, is it a database, and may this user (root may) read and write it? "
        "The file belongs to the group segl-store, mode 0660"
    )


def open_existing(url: str) -> Engine:
    """The same for a command. A SQLite file that is not there is not made: it would belong to whoever ran it. Raises
    :class:`StoreError`, :class:`~segl.store.status.StoreMissing` of such a file."""
    if file := missing_file(url):
        raise missing_at(file)
    engine = open_store(url)
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", _hear_signals)
        engine.dispose()  # what opened it does not
    return engine


def _engine(url: str) -> Engine:
    if url.startswith("sqlite"):
        engine = sa.create_engine(url)
        sa.event.listen(engine, "connect", _sqlite_pragmas)
        if (file := engine.url.database) and not file.startswith((":memory:", "file:")):
            keep_to(engine, Path(file))
        sa.event.listen(engine, "before_cursor_execute", partial(_take_turn, threading.Lock()))
        return engine
    given = sa.engine.make_url(url).query
    ours = {name: value for name, value in _LIBPQ.items() if name not in given}
    engine = sa.create_engine(url, pool_pre_ping=True, connect_args=ours)
    sa.event.listen(engine, "connect", _postgresql_session)
    sa.event.listen(engine, "before_cursor_execute", _without_nul, retval=True)
    sa.event.listen(engine, "handle_error", _leave_standby)
    return engine


def _make_shared(url: str) -> None:
    """SQLite would make the file writable for its first user alone, and the write-ahead log after its pattern; the
    processes share them by the directory's group. The umask says whether the group may."""
    file = sa.engine.make_url(url).database
    if url.startswith("sqlite") and file and file != ":memory:":
        with suppress(OSError):  # the connection will say what is wrong
            os.close(os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o660))


def _create_and_version(engine: Engine) -> str:
    """Make what is missing; several processes may do so at the same moment. On PostgreSQL one after the other, as
    ``IF NOT EXISTS`` does not hold there for two at once; and nothing that is there is touched, since that would wait
    for every transaction of the other nodes. An older store gets its indexes when its tables are up to date."""
    dialect = engine.dialect.name
    with engine.begin() as connection:
        if dialect == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MAKING_TABLES)))
        there = set(connection.exec_driver_sql(_THERE[dialect]).scalars())
        found = _version(connection) if "meta" in there else None
        if found is not None and is_newer(found):
            return found  # whatever is missing there, its own Segl has taken away
        is_older = found not in (None, str(SCHEMA_VERSION))
        missing = list(_missing(there, indexes=not is_older))
        if missing and dialect == "sqlite":  # by itself each would be a transaction, and wait for the disk
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        for one in missing:
            connection.execute(one)
    if found is not None:
        return found
    with suppress(IntegrityError), engine.begin() as connection:  # another may have been quicker
        connection.execute(meta.insert().values(key="schema", value=str(SCHEMA_VERSION)))
    with engine.connect() as connection:
        return str(_version(connection))


def _missing(there: set[str], *, indexes: bool) -> Iterator[CreateTable | CreateIndex]:
    """What makes the tables, and their *indexes*, whose names are not *there*."""
    for table in metadata.sorted_tables:
        if table.name not in there:
            yield CreateTable(table, if_not_exists=True)
        for index in table.indexes:
            if index.name not in there and indexes:
                yield CreateIndex(index, if_not_exists=True)


def _version(connection: Connection) -> str | None:
    """As text, for every command asks it: to put the statement together would take ten times as long."""
    return connection.exec_driver_sql("SELECT value FROM meta WHERE key = 'schema'").scalar()


def newer_schema(engine: Engine) -> str | None:
    """The schema that a newer Segl has brought the store to while this process ran; ``None``: none has. Raises
    :class:`StoreError`."""
    with transaction(engine) as connection:
        found = _version(connection)
    return found if found is not None and is_newer(found) else None


@contextmanager
def transaction(engine: Engine) -> Iterator[Connection]:
    """One transaction; faults of the database come out as :class:`StoreError`.

    On SQLite one thread of a process writes at a time. SQLite has no queue: who waits for another's lock looks for it
    now and again, ten times a second, and of dozens of threads that look some meet a free moment in no five seconds."""
    with ExitStack() as turn:
        try:
            with engine.begin() as connection:
                yield connection.execution_options(segl_turn=turn)
        except SQLAlchemyError as error:
            if getattr(getattr(error, "orig", None), "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT:
                raise KeyboardInterrupt from None  # it was raised in what _hear_signals() set, and SQLite kept it
            raise fault_of(engine, error) from None


def watch_locks(engine: Engine, locked: Callable[[float], None], free: Callable[[float, int], None]) -> None:
    """Call *locked* when another program keeps the file of *engine*'s store to itself, and *free* when it does no more:
    once each, with the time since when (Unix seconds), from some thread; *free* also with how many transactions met the
    lock. Nothing of the kind is seen of PostgreSQL."""
    if (file := sqlite_file(str(engine.url))) is not None:
        _WATCHES[engine] = LockWatch(file, locked, free)


def fault_of(engine: Engine, error: SQLAlchemyError) -> StoreError:
    """What *error* is called here."""
    if not is_busy(getattr(error, "orig", None)):
        code = getattr(getattr(error, "orig", None), "sqlite_errorcode", 0) & 0xFF
        hint = _what_to_look_at(str(engine.url)) if code in _OF_DISK else ""
        return StoreError("the store cannot be reached", f"store: {_kind(error)}", hint)
    if (watch := _WATCHES.get(engine)) is not None:
        watch.met(_BUSY_SECONDS)
    return StoreLocked("the store cannot be reached", f"store {engine.url.database}: {_kind(error)}", HINT)


def _take_turn(
    lock: threading.Lock, connection: Connection, _c: Any, _s: str, _p: Any, context: Any, _many: bool
) -> None:
    """Before the first write of a :func:`transaction`, until its end. Whoever waits too long goes on without: another
    who holds the lock may hang, and SQLite says so in the end."""
    turn: ExitStack | None = connection.get_execution_options().get("segl_turn")
    writes = context is not None and (context.isinsert or context.isupdate or context.isdelete)
    if turn is None or not writes or connection.info.get("segl_turn") is turn:
        return
    connection.info["segl_turn"] = turn
    if lock.acquire(timeout=_BUSY_SECONDS):
        turn.callback(lock.release)


def patiently(work: Callable[[], T], tries: int = 3) -> T:
    """What *work* gives; again after a short pause when the store was held by others, each time for as long as it waits
    for its lock: for what has gone out already, and would go again if it were not written down. Blocking, for about
    half a minute at most; raises the last :class:`StoreError`."""
    for done in range(1, tries):
        try:
            return work()
        except StoreError:  # some are told at once, such as a connection that broke
            time.sleep(_PAUSE_SECONDS * 4 ** (done - 1))
    return work()


def insert_into(connection: Connection, table: sa.Table) -> Any:
    """An INSERT that can say ``on_conflict_do_…``, which both databases have and SQLAlchemy's own has not. What may be
    there already is written so: two nodes that look first both see nothing, and one of them would fail. Only the
    dialect that is in use is loaded."""
    return import_module(f"sqlalchemy.dialects.{connection.dialect.name}").insert(table)


def forget_deleted(engine: Engine) -> None:
    """Make deleted secrets unreadable in the database's files too: call after a commit that deleted some.

    SQLite overwrites them in the database (``secure_delete``) but keeps older pages in its write-ahead
    log until a checkpoint empties it. It cannot while another connection reads (a backup), and nobody writes while it
    waits for that: so it waits for moments, some times, and housekeeping calls again every hour. PostgreSQL
    keeps dead rows until VACUUM; docs/sealed-format.md says what that means."""
    if engine.dialect.name != "sqlite":
        return
    try:  # a checkpoint cannot run inside a transaction
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql(f"PRAGMA busy_timeout={_CHECKPOINT_MS}").close()
            try:
                for _ in range(_CHECKPOINT_TRIES):
                    if not connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]:
                        break
                    time.sleep(_CHECKPOINT_MS / 1000)  # the others' turn
            finally:
                connection.exec_driver_sql(f"PRAGMA busy_timeout={_BUSY_SECONDS * 1000}").close()
    except SQLAlchemyError as error:
        raise fault_of(engine, error) from None


def _sqlite_pragmas(connection: Any, _record: Any) -> None:
    connection.execute(f"PRAGMA busy_timeout={_BUSY_SECONDS * 1000}")
    _keep_write_ahead_log(connection)
    for pragma in (
        "synchronous=FULL",
        "foreign_keys=ON",
        "secure_delete=ON",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _hear_signals(connection: Any, _record: Any) -> None:
    """While SQLite looks for the first row of an answer Python does not come to its handlers of signals: Ctrl-C was
    heard when the question was done, half a minute later. Called now and again, it does; what they raise ends it."""
    connection.set_progress_handler(lambda: 0, _STEPS)


def _keep_write_ahead_log(connection: Any) -> None:
    """SQLite refuses at once, whatever the timeout, to turn a file to a write-ahead log that another process writes to.
    Those who make a new store in the same moment come by that; whoever is refused comes again."""
    until = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.01)
        else:
            return


def _postgresql_session(connection: Any, _record: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SET idle_in_transaction_session_timeout = '{IDLE_SECONDS}s'; SET lock_timeout = '{LOCK_SECONDS}s'; "
            "SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3"
        )
    connection.commit()


def _leave_standby(context: ExceptionContext) -> None:
    """Of servers that take turns behind one name a standby may be met in the moment when the name moves. It answers
    every ping, so the pool would keep these connections for ever, while another server has long taken over."""
    if getattr(context.original_exception, "sqlstate", None) == _READ_ONLY:
        context.is_disconnect = True


def _without_nul(
    _connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool
) -> tuple[str, Any]:
    """A text in PostgreSQL has no NUL. One in a stranger's Message-ID would be refused at every try, for ever."""
    rows = parameters if isinstance(parameters, list) else [parameters]
    clean = [
        {
            name: value.replace("\0", "\ufffd") if isinstance(value, str) else value
            for name, value in row.items()
        }
        if isinstance(row, dict)
        else row
        for row in rows
    ]
    return statement, clean if isinstance(parameters, list) else clean[0]


def _bare(url: str) -> str:
    return sa.engine.make_url(url).render_as_string(hide_password=True)


def _kind(error: SQLAlchemyError) -> str:
    """What the database said; the name of the fault where it said nothing."""
    cause = str(getattr(error, "orig", None) or "").strip()
    return " ".join(cause.split()) or type(error).__name__
