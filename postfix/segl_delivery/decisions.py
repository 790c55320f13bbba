"""Receives the milter's records of decisions and writes them in batches, every few seconds.

One datagram, one record (:mod:`segl_milter.decisions` sends them). A record with any invalid field is dropped, and so
is one dated in the future, which would be first in every list for ever. Records that wait here are lost when the
process is killed; while the store is unavailable they wait, up to a limit. At a stop they are written.
"""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy.engine import Engine

from segl.counted import counted
from segl.daemons.listening import UnixListener, listen_unix
from segl.daemons.looping import every
from segl.days import DAY_SECONDS
from segl.decisions import kept
from segl.decisions.reading import BadRecord, from_bytes
from segl.decisions.record import LONGEST, DecisionRecord
from segl.errors import StoreError
from segl.events import Events
from segl.metric_labels import RecordResult
from segl.metrics import DECISIONS
from segl.settings.document import Settings
from segl.store.engine import transaction

WRITE_SECONDS: Final = 10.0
MOST_PENDING: Final = 20_000
BATCH: Final = 1_000
_AT_ONCE: Final = 64  # datagrams taken before the others' turn comes
_ROOM: Final = 4 << 20  # bytes the kernel may keep of what was sent
_HOUR: Final = 3600.0  # as far as a clock may be set back while a record is on its way

_WRITTEN, _REFUSED, _DROPPED = map(
    DECISIONS.labels, (RecordResult.WRITTEN, RecordResult.REFUSED, RecordResult.DROPPED)
)


@contextmanager
def listening_for_decisions(settings: Settings) -> Iterator[UnixListener]:
    """The socket. Raises :class:`~segl.errors.SeglError` when it cannot be had."""
    path = settings.decisions.socket_beside(settings.delivery.receipt_socket)
    listener = listen_unix(path, int(settings.delivery.socket_mode, 8), socket.SOCK_DGRAM)
    try:
        yield listener
    finally:
        listener.close()


class DecisionWriter:
    """*days* says how long records are kept; 0: not at all."""

    def __init__(
        self,
        engine: Engine,
        events: Events,
        days: Callable[[], int],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._engine = engine
        self._events = events
        self._days = days
        self._clock = clock
        self._sock: socket.socket | None = None
        self._pending: list[DecisionRecord] = []
        self._writing = threading.Lock()

    def start(self, sock: socket.socket) -> None:
        """Begin to read from *sock*, a bound unix datagram socket; inside the running loop."""
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _ROOM)
        self._sock = sock
        asyncio.get_running_loop().add_reader(sock.fileno(), self._read, sock)

    def stop(self) -> None:
        """Read what is there, and no more; then write it. Waits for the store; never raises."""
        if self._sock is not None:
            asyncio.get_running_loop().remove_reader(self._sock.fileno())
            while self._read(self._sock):
                pass
        self.write()
        self.tell_lost()

    def tell_lost(self) -> None:
        """How many records wait that nobody will write; nothing where none does. For a process that ends."""
        if self._pending:
            why = f"{counted(len(self._pending), 'record')} of decisions lost: the store took none before the end"
            self._events.failed("decisions", StoreError("the store cannot be reached", why))

    async def run(self) -> None:
        """Write until cancelled."""
        await every(WRITE_SECONDS, "decisions", lambda: asyncio.to_thread(self.write), self._events)

    def write(self) -> None:
        """Write what there is. Waits for the store; never raises."""
        with self._writing:
            while self._pending:
                batch = self._pending[:BATCH]
                try:
                    with transaction(self._engine) as connection:
                        new = kept.write(connection, batch, "segl-deliver")
                except StoreError as error:
                    self._events.failed("decisions", error)
                    return
                del self._pending[: len(batch)]  # others only ever add at the end
                _WRITTEN.inc(new)

    def forget(self, now: float | None = None, go_on: Callable[[], None] = lambda: None) -> None:
        """Delete what was kept long enough, in pieces; *go_on* is asked between two of them. Raises
        :class:`~segl.errors.StoreError`."""
        before = (time.time() if now is None else now) - self._days() * DAY_SECONDS
        kept.forget(self._engine, before, "segl-deliver", go_on)

    def _read(self, sock: socket.socket) -> bool:
        """Whether there was anything."""
        for number in range(_AT_ONCE):
            try:
                raw = sock.recv(LONGEST + 1)
            except (BlockingIOError, InterruptedError):
                return number > 0
            self._take(raw)
        return True

    def _take(self, raw: bytes) -> None:
        if not self._days():
            return
        try:
            record = from_bytes(raw)
        except BadRecord:
            _REFUSED.inc()
            return
        if record.at > self._clock() + _HOUR:
            _REFUSED.inc()
            return
        if len(self._pending) >= MOST_PENDING:
            _DROPPED.inc()
            return
        self._pending.append(record)
