"""SMTP peers for tests: mail servers of the outside world, well-behaved, ill-equipped or hostile.

    good = SmtpPeer("127.0.0.20", 25, tls=ca.issue(["mx1.kommune.example"]).server_context())
    bare = SmtpPeer("127.0.0.21", 25)                       # offers no STARTTLS
    mute = ScriptedPeer("127.0.0.22", 25, silent)
    with good, bare, mute:
        …
        [mail] = good.wait_for(1)
        assert mail.tls is not None and mail.tls.version == "TLSv1.3"
        assert b"0101701234" not in good.clear

A :class:`SmtpPeer` is aiosmtpd with a loop in a thread of its own. It records every message as it was on the
wire, and every byte that reached it outside TLS.
"""

from __future__ import annotations

import asyncio
import ssl
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Self

from aiosmtpd.smtp import SMTP

ACCEPTED = "250 2.0.0 Ok: queued as {number}"


@dataclass(frozen=True, slots=True)
class Tls:
    """The TLS connection a message came over."""

    version: str
    cipher: str


@dataclass(frozen=True, slots=True)
class ReceivedMail:
    """One message. ``content`` is what followed DATA, dot-stuffing undone, line ends as they came."""

    sender: str
    recipients: tuple[str, ...]
    mail_options: tuple[str, ...]
    rcpt_options: tuple[tuple[str, ...], ...]
    content: bytes
    tls: Tls | None
    client: str
    helo: str = ""
    at: float = field(default_factory=time.time)

    @property
    def in_clear(self) -> bool:
        return self.tls is None


class _Peer:
    """A server on one address whose loop runs in a thread of its own."""

    def __init__(self, address: str, port: int) -> None:
        self.address = address
        self.port = port
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    async def _listen(self) -> asyncio.Server:
        raise NotImplementedError

    def start(self) -> None:
        """Start; returns when it listens. Raises :class:`OSError` when it cannot."""
        begun: list[BaseException | None] = []
        ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._run, args=(self._loop, begun, ready), daemon=True)
        self._thread.start()
        ready.wait(60)
        if not begun or begun[0] is not None:
            self.stop()
            raise OSError(f"peer {self.address}:{self.port}: {begun[0] if begun else 'does not start'}")

    def stop(self) -> None:
        """Close the socket and every connection; harmless when it does not run."""
        if self._loop is None or self._thread is None:
            return
        if self._thread.is_alive():
            # One that could not listen closes its loop, and ends by itself.
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(60)
        self._loop = self._thread = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_reason: object) -> None:
        self.stop()

    def _run(
        self, loop: asyncio.AbstractEventLoop, begun: list[BaseException | None], ready: threading.Event
    ) -> None:
        asyncio.set_event_loop(loop)
        # a client that breaks off a handshake is no news in this world
        loop.set_exception_handler(lambda _loop, _context: None)
        try:
            server = loop.run_until_complete(self._listen())
        except OSError as error:
            begun.append(error)
            loop.close()
            return
        else:
            begun.append(None)
        finally:
            ready.set()
        try:
            loop.run_until_complete(self._stop.wait())
        finally:
            server.close()
            self._hang_up()
            others = asyncio.all_tasks(loop)
            for task in others:
                task.cancel()
            loop.run_until_complete(asyncio.gather(*others, return_exceptions=True))
            loop.run_until_complete(asyncio.sleep(0))
            loop.close()

    def _hang_up(self) -> None:
        """Close what is still open."""


class SmtpPeer(_Peer):
    """A mail server that takes everything, records it, and answers as told.

    ``tls``           its TLS context; ``None``: STARTTLS is not offered.
    ``rcpt_replies``  reply to RCPT by recipient, e.g. ``{"bo@x.example": "550 5.1.1 no such user"}``.
    ``mail_reply``    reply to MAIL; anything but 2xx means that it takes nothing from anybody.
    ``tls_reply``     reply to STARTTLS, ``""``: the handshake begins.
    ``data_reply``    reply after the final dot; anything but 2xx means the message was not taken.
    ``announces_dsn`` whether it says that it reports deliveries itself (RFC 3461).
    ``announces_utf8`` whether it says that it takes addresses in UTF-8 (RFC 6531).
    ``announces_8bit`` whether it says that it takes bytes beyond ASCII (RFC 6152).

    Replies may be changed while it runs. ``connections`` counts those accepted; ``clear`` holds every byte
    received outside TLS.
    """

    def __init__(
        self,
        address: str,
        port: int = 25,
        *,
        tls: ssl.SSLContext | None = None,
        hostname: str = "peer.example",
        data_size_limit: int = 200_000_000,
    ) -> None:
        super().__init__(address, port)
        self.tls = tls
        self.hostname = hostname
        self.data_size_limit = data_size_limit
        self.rcpt_replies: dict[str, str] = {}
        self.mail_reply = "250 2.1.0 Ok"
        self.tls_reply = ""
        self.data_reply = ACCEPTED
        self.announces_dsn = False
        self.announces_utf8 = True
        self.announces_8bit = True
        self.connections = 0
        self.clear = bytearray()
        self._received: list[ReceivedMail] = []
        self._lock = threading.Condition()
        self._open: set[_Session] = set()

    @property
    def received(self) -> list[ReceivedMail]:
        with self._lock:
            return list(self._received)

    def wait_for(self, count: int, seconds: float = 30) -> list[ReceivedMail]:
        """The messages received, once there are *count*; fails after *seconds*."""
        with self._lock:
            enough = self._lock.wait_for(lambda: len(self._received) >= count, seconds)
            assert enough, f"{self.address}:{self.port} got {len(self._received)} of {count} messages"
            return list(self._received)

    def forget(self) -> None:
        """Start a new record."""
        with self._lock:
            self._received.clear()
            self.clear.clear()
            self.connections = 0

    async def _listen(self) -> asyncio.Server:
        loop = asyncio.get_running_loop()
        return await loop.create_server(self._session, self.address, self.port)

    def _session(self) -> _Session:
        return _Session(self)

    def _hang_up(self) -> None:
        for session in list(self._open):
            session.hang_up()

    # aiosmtpd's hooks

    async def handle_EHLO(  # noqa: N802
        self, _server: Any, session: Any, _envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        unsaid = [*(["SMTPUTF8"] * (not self.announces_utf8)), *(["8BITMIME"] * (not self.announces_8bit))]
        said = [line for line in responses if not any(word in line for word in unsaid)]
        return [*said[:-1], "250-DSN", said[-1]] if self.announces_dsn else said

    async def handle_MAIL(  # noqa: N802
        self, _server: Any, _session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if self.mail_reply.startswith("2"):
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        return self.mail_reply

    async def handle_RCPT(  # noqa: N802
        self, _server: Any, _session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        reply = self.rcpt_replies.get(address, "250 2.1.5 Ok")
        if reply.startswith("2"):
            envelope.rcpt_tos.append(address)
            envelope.rcpt_options.append(tuple(options))
        return reply

    async def handle_DATA(self, server: _Session, session: Any, envelope: Any) -> str:  # noqa: N802
        reply = self.data_reply
        if reply.startswith("2"):
            mail = ReceivedMail(
                sender=envelope.mail_from,
                recipients=tuple(envelope.rcpt_tos),
                mail_options=tuple(envelope.mail_options),
                rcpt_options=tuple(envelope.rcpt_options),
                content=bytes(envelope.content),
                tls=server.tls,
                client=session.peer[0],
                helo=session.host_name,
            )
            with self._lock:
                self._received.append(mail)
                reply = reply.format(number=len(self._received))
                self._lock.notify_all()
        return reply

    async def handle_exception(self, _error: Exception) -> str:
        """A client that finds fault with our certificate is what many tests are about: no traceback."""
        return "421 4.3.0 closing"


class _Session(SMTP):
    """One connection to an :class:`SmtpPeer`."""

    def __init__(self, peer: SmtpPeer) -> None:
        super().__init__(
            peer,
            data_size_limit=peer.data_size_limit,
            enable_SMTPUTF8=True,
            decode_data=False,
            hostname=peer.hostname,
            ident="ESMTP",
            tls_context=peer.tls,
            loop=asyncio.get_running_loop(),
        )
        self._peer = peer

    @property
    def tls(self) -> Tls | None:
        if self._tls_protocol is None:
            return None
        connection = self._tls_protocol._extra["ssl_object"]
        return Tls(connection.version(), connection.cipher()[0])

    def _getparams(self, params: Any) -> Any:
        """aiosmtpd refuses what it does not know; who says that it speaks DSN is told such things."""
        found = super()._getparams(params)
        if found is not None and self._peer.announces_dsn:
            for name in ("RET", "ENVID", "NOTIFY", "ORCPT"):
                found.pop(name, None)
        return found

    async def smtp_STARTTLS(self, arg: str) -> None:  # noqa: N802
        if self._peer.tls_reply:
            await self.push(self._peer.tls_reply)
        else:
            await super().smtp_STARTTLS(arg)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if self._tls_protocol is None:
            self._peer.connections += 1
            self._peer._open.add(self)
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        if self._tls_protocol is None:
            self._peer.clear += data
        super().data_received(data)

    def connection_lost(self, error: Exception | None) -> None:
        self._peer._open.discard(self)
        if self.transport is not None:  # aiosmtpd is told twice when the peer breaks off TLS
            super().connection_lost(error)

    def hang_up(self) -> None:
        for transport in (self.transport, self._original_transport):
            if isinstance(transport, asyncio.WriteTransport):
                with suppress(AttributeError):  # Python 3.11: of TLS whose connection is gone
                    transport.abort()


Script = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class ScriptedPeer(_Peer):
    """A server that follows a script instead of SMTP; the connection closes when the script ends."""

    def __init__(self, address: str, port: int, script: Script) -> None:
        super().__init__(address, port)
        self.script = script
        self.connections = 0
        self.sent = 0
        self._writers: set[asyncio.StreamWriter] = set()

    async def _listen(self) -> asyncio.Server:
        return await asyncio.start_server(self._talk, self.address, self.port)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        self._writers.add(writer)
        try:
            await self.script(reader, writer)
        except (OSError, EOFError):
            pass  # the client had enough
        finally:
            self._writers.discard(writer)
            writer.close()

    def _hang_up(self) -> None:
        for writer in list(self._writers):
            writer.transport.abort()


async def silent(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    """Accepts and never says a word."""
    while await reader.read(4096):
        pass


async def endless_greeting(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A greeting whose last line never comes."""
    while True:
        writer.write(b"220-welcome, and read on\r\n" * 100)
        await writer.drain()


async def endless_line(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One line without an end."""
    writer.write(b"220 ")
    while True:
        writer.write(b"x" * 65536)
        await writer.drain()


async def dripping(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """A correct greeting, one byte every half second."""
    for byte in b"220 peer.example ESMTP\r\n":
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(0.5)


async def hanging_up(_reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    """Accepts and closes at once."""


def says(*replies: str, wait: bool = True) -> Script:
    """Sends the first reply as greeting, and each further one after a line of the client.

    With *wait* the connection then stays open until the client closes it.
    """

    async def script(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for number, reply in enumerate(replies):
            if number and not await reader.readline():
                return
            writer.write(reply.encode("utf-8", "surrogateescape") + b"\r\n")
            await writer.drain()
        if wait:
            await silent(reader, writer)

    return script
