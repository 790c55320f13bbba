"""Follows a log file: over rotation, truncation and restarts, without losing a line and without keeping it open for
ever.

How far it was read stands in the store, and moves on in the transaction that writes what was found there. After a
start it is read again from a little before that: lines that belong together may have been on two sides of it, and
what is found twice is written once.
"""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

from sqlalchemy.engine import Connection, Engine

from segl.events import Events
from segl.postfix.edit import parameters_of
from segl.receipts import protection, read_logs
from segl.settings.document import Settings
from segl.store.engine import insert_into, transaction
from segl.tables.receipts import log_position
from segl_delivery.receipts import journal
from segl_delivery.receipts.evidence import TlsLines, logged_in, waiting_of
from segl_delivery.receipts.journal import Journal
from segl_delivery.receipts.log_trust import forgeable
from segl_delivery.receipts.unread_log import key_of, saved

LOOK_SECONDS: Final = 0.3
AGAIN_SECONDS: Final = 1.0  # when it cannot be read
_AGAIN: Final = 256 * 1024  # bytes that are read once more after a start
_AT_ONCE: Final = 1024 * 1024
_SILENCE: Final = 60.0  # seconds that a line may be on its way to the file
_LATE: Final = 60.0  # seconds that a log daemon may go on writing to the file that was rotated away
# Seconds that a log which cannot be read is still waited for: it is made when Postfix starts.
_HOPE: Final = 30.0
_SYSLOG: Final = Path("/var/log/mail.log")


def log_of(settings: Settings) -> Path | None:
    """Where the secure instance logs, as far as that is a file."""
    if settings.receipts.log is not None:
        return settings.receipts.log
    written = _parameters(settings)
    if named := written.get("maillog_file", ""):
        return Path(named) if named.startswith("/") else None
    if not _SYSLOG.exists() or (journal.is_there() and is_silent(_SYSLOG, settings)):
        return None  # the journal, else nothing
    return _SYSLOG


def is_silent(log: Path, settings: Settings) -> bool:
    """Whether nobody writes *log* any more (its daemon was removed, say): the secure instance has worked since the last
    line. Whatever its queue manager takes up or ends it logs. Before its first start `segl install` alone was there."""
    queue = Path(_parameters(settings).get("queue_directory", "/nowhere"))
    try:
        worked = (queue / "active").stat().st_mtime
        # master(8) leaves its lock there for ever.
        (queue / "pid" / "master.pid").stat()
        return log.stat().st_mtime < worked - _SILENCE
    except OSError:
        return False


def _parameters(settings: Settings) -> dict[str, str]:
    """The secure instance's, as far as its main.cf says."""
    try:
        return parameters_of((settings.postfix.secure / "main.cf").read_text("utf-8", "replace"))
    except OSError:
        return {}


@dataclass(slots=True)
class _Older:
    """A file that another has taken the name of; its writers may not know yet."""

    stream: IO[bytes]
    rest: bytes
    until: float  # time.monotonic()


@dataclass(slots=True)
class LogFile:
    """One log, and how far it is read."""

    path: Path
    _stream: IO[bytes] | None = None
    _rest: bytes = b""
    _older: list[_Older] = field(default_factory=list)
    at_end: bool = False  # whether lines() gave all there was

    def resume(self, position: dict[str, Any] | None) -> None:
        """Go on from *position*, or from the end when there is none. Raises :class:`OSError`."""
        self.close()
        here = self.path.open("rb")
        if position is None:
            self._take(here, os.fstat(here.fileno()).st_size)
            return
        inode, offset = int(position["inode"]), int(position["offset"])
        if os.fstat(here.fileno()).st_ino == inode:
            self._take(here, offset)
            return
        for older in self.path.parent.glob(f"{self.path.name}*"):
            if older.stat().st_ino == inode:  # rotated while nobody looked; the new one follows by itself
                here.close()
                self._take(older.open("rb"), offset)
                return
        self._take(here, 0)

    def lines(self) -> list[str]:
        """What was written since. Raises :class:`OSError`."""
        if self._stream is None:
            self._take(self.path.open("rb"), 0)
        found = [line for older in self._older for line in self._late_lines(older)]
        self._older = [older for older in self._older if not older.stream.closed]
        self.at_end = False
        for chunk in self._chunks():
            *whole, self._rest = (self._rest + chunk).split(b"\n")
            found += (line.decode("utf-8", "replace") for line in whole)
        return found

    @property
    def position(self) -> dict[str, int]:
        """Where the first byte stands that no whole line has given yet."""
        assert self._stream is not None  # noqa: S101 - asked after lines()
        inode = os.fstat(self._stream.fileno()).st_ino
        return {"inode": inode, "offset": self._stream.tell() - len(self._rest)}

    def close(self) -> None:
        for stream in (self._stream, *(older.stream for older in self._older)):
            if stream is not None:
                stream.close()
        self._stream, self._rest, self._older = None, b"", []

    def _late_lines(self, older: _Older) -> list[str]:
        """What was still written to it; it is closed when its time is over."""
        is_over = time.monotonic() > older.until
        *whole, older.rest = (older.rest + older.stream.read()).split(b"\n")
        if is_over:
            older.stream.close()
        return [line.decode("utf-8", "replace") for line in whole]

    def _chunks(self) -> Iterator[bytes]:
        """To the end of the file in hand, and of the one that has taken its name meanwhile."""
        while True:
            assert self._stream is not None  # noqa: S101
            if os.fstat(self._stream.fileno()).st_size < self._stream.tell():  # truncated in its place
                self._stream.seek(0)
                self._rest = b""
            if chunk := self._stream.read(_AT_ONCE):
                yield chunk
                if len(chunk) == _AT_ONCE:
                    return  # the rest at the next look, with what was found so far written down
                continue
            if not self._moved():
                self.at_end = True
                return
            newer = self.path.open("rb")
            self._older.append(_Older(self._stream, self._rest, time.monotonic() + _LATE))
            self._stream, self._rest = newer, b""

    def _moved(self) -> bool:
        assert self._stream is not None  # noqa: S101
        try:
            return self.path.stat().st_ino != os.fstat(self._stream.fileno()).st_ino
        except FileNotFoundError:  # between two names
            return False

    def _take(self, stream: IO[bytes], offset: int) -> None:
        self.close()
        size = os.fstat(stream.fileno()).st_size
        begin = max(0, min(offset, size) - _AGAIN)
        stream.seek(begin)
        self._stream = stream
        if begin:
            stream.readline()  # the end of a line


class Follower:
    """Reads the log as long as this process runs. ``follows`` says whether it is being read; ``may_tell`` whether
    waiting for a line is worth while: not when there is no log, or we may not read it, or could not for a while."""

    def __init__(self, engine: Engine, settings: Callable[[], Settings], events: Events) -> None:
        self._engine = engine
        self._settings = settings
        self._events = events
        self._log: LogFile | Journal | None = None
        self._lines = TlsLines(time.time)
        self._fault = ""
        self.follows = False
        self.may_tell = True
        self._lost: float | None = None  # since when it cannot be read (time.monotonic())
        self._noted = 0.0
        self._ended = False
        self.read_until = 0.0  # all that was written before this moment (Unix time) is read

    async def run(self) -> None:
        self._ended = False
        try:
            while True:
                try:
                    more = await asyncio.to_thread(self._look)
                except Exception as error:
                    self._lose(error)
                    more = False
                await asyncio.sleep(0 if more else LOOK_SECONDS if self.follows else AGAIN_SECONDS)
        finally:
            self._ended = True
            self.close()

    def close(self) -> None:
        if self._log is not None:
            self._log.close()

    def _look(self) -> bool:
        """A look in a thread, which goes on when :meth:`run` has ended: what it opens after that, it closes."""
        try:
            return self.look()
        finally:
            if self._ended:
                self.close()

    def look(self) -> bool:
        """Read what is new and write down what it proves; whether there may be more at once. Blocking."""
        path = log_of(self._settings()) or (journal.NAME if journal.is_there() else None)
        if path is None:
            self._lose(PermissionError("Postfix logs to nothing that is known here"))
            return False
        if path != journal.NAME and (fault := forgeable(path)):
            self._lose(PermissionError(f"{path}: {fault}: what it says is not believed"))
            return False
        if self._log is None or self._log.path != path:
            self._begin(path)
        assert self._log is not None  # noqa: S101
        before, began = self._log.position if self.follows else None, time.time()
        lines = self._log.lines()
        self.follows = True
        if lines or self._log.at_end:  # a journalctl that may not read the journal begins as one that may
            self.may_tell, self._fault, self._lost = True, "", None
        read_until = began if self._log.at_end else self.read_until
        if not lines and before == self._log.position:
            self._is_read(read_until)
            return False
        found = list(self._lines.read(lines))
        takes = self._settings().takes  # a colleague's copy is not waited for
        waiting = [one for one in waiting_of(lines, time.time()) if not takes(one.recipient)]
        with transaction(self._engine) as connection:
            protection.keep(connection, found)
            protection.keep_waiting(connection, waiting)
            protection.keep_logged(connection, logged_in(lines, time.time()))
            _save(connection, self._key(path), self._log.position)
        self._is_read(read_until)  # not only when there is nothing new: on a busy host there always is
        return bool(lines)

    def _is_read(self, until: float) -> None:
        """Other nodes are told, now and then. (SQLite is one node's.)"""
        self.read_until, now = until, time.monotonic()
        if self._engine.dialect.name != "sqlite" and now >= self._noted + read_logs.NOTE_SECONDS:
            self._noted = now
            with transaction(self._engine) as connection:
                read_logs.note(connection, self._settings().store.node_name, until, time.time())

    def _begin(self, path: Path) -> None:
        with transaction(self._engine) as connection:
            position = saved(connection, self._key(path)) or saved(connection, str(path))
        log = Journal() if path == journal.NAME else LogFile(path)
        log.resume(position)
        self._log, self._lines = log, TlsLines(time.time, self._settings().store.node_name)

    def _key(self, path: Path) -> str:
        return key_of(self._settings().store.node_name, path)

    def _lose(self, error: Exception) -> None:
        """Said once; until it can be read again receipts say that TLS was not recorded."""
        self.close()
        self._log, self.follows = None, False
        now = time.monotonic()
        self._lost = now if self._lost is None else self._lost
        self.may_tell = not isinstance(error, PermissionError) and now < self._lost + _HOPE
        text = f"{getattr(error, 'filename', None) or ''} {getattr(error, 'strerror', None) or error}".strip()
        if text != self._fault:
            self._fault = text
            self._events.log_not_read(text)


def _save(connection: Connection, key: str, position: dict[str, int]) -> None:
    row = insert_into(connection, log_position).values(log=key, position=json.dumps(position))
    connection.execute(
        row.on_conflict_do_update(index_elements=["log"], set_={"position": row.excluded.position})
    )
