"""The socketmap protocol, server side (socketmap_table(5), sendmail's socket map).

Postfix connects and sends requests, each one netstring ``NAME SPACE KEY``: the name of the map, and what is
looked up in it. Each gets one netstring back, in the order of the requests::

    OK value          found
    NOTFOUND␠         certainly not there (with the blank)
    TEMP reason       cannot be told now: Postfix defers
    PERM reason       the request makes no sense: Postfix defers too, and warns

A client may send further requests before it has the replies to the first. Whoever breaks the protocol loses
its connection; the others notice nothing.
"""

from __future__ import annotations

import asyncio
import socket
from collections import deque
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import cast

from segl.errors import ProtocolError, SeglError
from segl.events import Events
from segl_routing.netstring import Decoder, encode

MAX_REQUEST = 10_000  # bytes, map name and key
MAX_REPLY = 100_000  # bytes; Postfix takes no more
MAX_PENDING = 128  # requests of one connection without reply; then it is read no further
MAX_CONNECTIONS = 1_000
IDLE_SECONDS = 300.0  # Postfix closes after 10 itself
HALF_SECONDS = 30.0  # for a request that has begun


class Status(StrEnum):
    OK = "OK"
    NOTFOUND = "NOTFOUND"
    TEMP = "TEMP"
    PERM = "PERM"


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer. The text is a single line; what would break it is replaced."""

    status: Status
    text: str = ""

    def encode(self) -> bytes:
        line = (
            "".join(c if c.isprintable() else "?" for c in self.text)
            if not self.text.isprintable()
            else self.text
        )
        data = f"{self.status} {line}".encode("utf-8", "replace")
        return encode(data if len(data) <= MAX_REPLY else b"TEMP the reply is too long")


Answer = Callable[[str, str], Reply | Awaitable[Reply]]


class SocketmapServer:
    """Serves one listening socket. ``answer(map, key)`` gives the reply, at once or later."""

    def __init__(self, answer: Answer, events: Events) -> None:
        self.answer = answer
        self.events = events
        self._connections: set[_Connection] = set()
        self._server: asyncio.Server | None = None
        self._sweep: asyncio.Task[None] | None = None
        self._empty = asyncio.Event()
        self._empty.set()

    async def start(self, sock: socket.socket) -> None:
        """Serve *sock*, which listens already."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_unix_server(lambda: _Connection(self), sock=sock)
        self._sweep = asyncio.create_task(self._close_idle())

    async def stop(self, seconds: float) -> None:
        """Take no more connections and requests, answer those that wait for up to *seconds*, close."""
        if self._server is None or self._sweep is None:
            return
        self._sweep.cancel()
        self._server.close()
        for connection in list(self._connections):
            connection.finish()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._empty.wait()
        for connection in list(self._connections):
            connection.abort()

    def joined(self, connection: _Connection) -> None:
        self._connections.add(connection)
        self._empty.clear()
        if len(self._connections) > MAX_CONNECTIONS:
            self.events.bad_request(
                ProtocolError("too many connections", f"more than {MAX_CONNECTIONS} socketmap connections")
            )
            connection.abort()

    def left(self, connection: _Connection) -> None:
        self._connections.discard(connection)
        if not self._connections:
            self._empty.set()

    async def _close_idle(self) -> None:
        while True:
            await asyncio.sleep(HALF_SECONDS / 6)
            for connection in list(self._connections):
                connection.close_if_idle()


class _Connection(asyncio.Protocol):
    """One client. Replies leave in the order of the requests: a reply that is not there yet holds the later
    ones back."""

    def __init__(self, server: SocketmapServer) -> None:
        self._server = server
        self._decoder = Decoder(MAX_REQUEST)
        self._asked: deque[bytes] = deque()
        self._pending: deque[Reply | asyncio.Future[Reply]] = deque()
        self._transport: asyncio.Transport
        self._loop = asyncio.get_running_loop()
        self._last = self._loop.time()
        self._reading = True
        self._writable = True
        self._finishing = False

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._server.joined(self)

    def data_received(self, data: bytes) -> None:
        if self._finishing:
            return
        self._last = self._loop.time()
        try:
            self._asked += self._decoder.feed(data)
        except ProtocolError as error:
            self._server.events.bad_request(error)
            self._finishing = True  # what is being answered is still answered
        self._advance()

    def eof_received(self) -> bool:
        """The client will ask no more but may still read."""
        self.finish()
        return True

    def connection_lost(self, _error: Exception | None) -> None:
        self._server.left(self)
        for waiting in self._pending:
            if isinstance(waiting, asyncio.Future):
                waiting.cancel()
        self._pending.clear()
        self._asked.clear()

    def pause_writing(self) -> None:
        self._writable = False
        self._mind_reading()

    def resume_writing(self) -> None:
        self._writable = True
        self._advance()

    # for the server

    def finish(self) -> None:
        """Answer what was asked, then close."""
        self._finishing = True
        self._advance()

    def abort(self) -> None:
        self._transport.abort()

    def close_if_idle(self) -> None:
        quiet = self._loop.time() - self._last
        if not self._writable:  # a client that asks and does not read
            if quiet > HALF_SECONDS:
                self.abort()
        elif not self._pending and quiet > (HALF_SECONDS if self._decoder.unfinished else IDLE_SECONDS):
            self._transport.close()

    # inside

    def _answered(self, request: bytes) -> Reply | asyncio.Future[Reply]:
        name, blank, key = request.decode("utf-8", "replace").partition(" ")
        if not blank:
            return Reply(Status.PERM, "a request is a map name, a blank and a key")
        try:
            answer = self._server.answer(name, key)
        except Exception as error:
            self._server.events.failed("answer", error)
            return Reply(Status.TEMP, "internal error")
        if isinstance(answer, Reply):
            return answer
        task = asyncio.ensure_future(answer)
        task.add_done_callback(lambda _: self._advance())
        return task

    def _advance(self) -> None:
        """Send what is ready, answer what there is room for now, close when all is done."""
        # First: what leaves makes room, and it may be the last that anybody waits for.
        self._send_ready()
        while self._asked and self._writable and len(self._pending) < MAX_PENDING:
            self._pending.append(self._answered(self._asked.popleft()))
            if len(self._pending) == MAX_PENDING or not self._asked:
                self._send_ready()
        if self._finishing and not self._pending and not self._asked:
            self._transport.close()
        else:
            self._mind_reading()

    def _send_ready(self) -> None:
        """Send the replies that are ready and have none before them that is not."""
        out: list[bytes] = []
        while self._pending:
            first = self._pending[0]
            if isinstance(first, asyncio.Future):
                if not first.done():
                    break
                first = self._outcome(first)
            out.append(first.encode())
            self._pending.popleft()
        if out and not self._transport.is_closing():
            self._last = self._loop.time()
            self._transport.write(b"".join(out))

    def _outcome(self, done: asyncio.Future[Reply]) -> Reply:
        if done.cancelled():
            return Reply(Status.TEMP, "stopping")
        error = done.exception()
        if error is None:
            return done.result()
        if not isinstance(error, SeglError):
            self._server.events.failed("answer", error)
        return Reply(Status.TEMP, error.public if isinstance(error, SeglError) else "internal error")

    def _mind_reading(self) -> None:
        """Read on only while the client takes its replies and has not asked too much ahead."""
        wanted = self._writable and not self._asked and not self._finishing
        if wanted is self._reading or self._transport.is_closing():
            return
        self._reading = wanted
        (self._transport.resume_reading if wanted else self._transport.pause_reading)()
