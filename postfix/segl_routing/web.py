"""One HTTP request (RFC 9112) over an existing connection, with a bound on the size of the response.

For fetching from untrusted servers: one request, one response, no redirects, no cookies, no compression, no keep-alive.
h11 speaks the protocol; this module guards against endless bodies, endless headers, conflicting lengths (request
smuggling, RFC 9112 §6.3), and truncated bodies taken for complete ones. The time limit is the caller's
(:func:`asyncio.timeout`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

import h11

MAX_HEADER: Final = 16 * 1024
_RECEIVE: Final = 16 * 1024


class Broken(Enum):
    """What can be wrong with an answer as such."""

    TOO_LARGE = "too-large"
    GARBLED = "garbled"
    CLOSED = "closed"


class BrokenAnswer(Exception):
    """The answer cannot be used, whatever it wanted to say. Holds none of its text."""

    def __init__(self, how: Broken) -> None:
        super().__init__(how.value)
        self.how = how


@dataclass(frozen=True, slots=True)
class Head:
    """Status and fields of an answer, names in lower case; ``whole``: it tells its own length, so that nobody
    who cuts the connection can cut the text."""

    status: int
    fields: dict[bytes, list[bytes]]
    whole: bool

    @property
    def types(self) -> list[bytes]:
        """The media types named, without parameters."""
        return [value.split(b";")[0].strip().lower() for value in self.fields.get(b"content-type", [])]

    @property
    def coded(self) -> bool:
        """Whether the body is compressed or otherwise coded, which nobody asked for."""
        codings = (value.strip().lower() for value in self.fields.get(b"content-encoding", []))
        return any(coding not in (b"", b"identity") for coding in codings)


async def get(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    target: str,
    fields: Sequence[tuple[str, str]],
    look: Callable[[Head], bool],
    *,
    most_body: int,
    most_answer: int,
    content: bytes = b"",
) -> tuple[Head, bytes]:
    """Ask for *target* with header *fields* (``Host`` among them); head and body of the answer. With *content* it is
    sent along (POST).

    *look* sees the head before the body is read: it may raise, or say that the body is not wanted.
    *most_body* bounds the body, *most_answer* all bytes received: header, hints, and chunks that hold
    little. Raises :class:`BrokenAnswer`.
    """
    http = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_HEADER)
    for part in _request(target, fields, content):
        writer.write(http.send(part) or b"")
    await writer.drain()
    body = bytearray()
    head: Head | None = None
    incoming = _Incoming(http, reader, most_answer)
    while True:
        event = await incoming.event()
        if isinstance(event, h11.Response):
            head = _head(event)
            if not look(head):
                return head, b""
        elif isinstance(event, h11.Data):
            body += event.data
            if len(body) > most_body:
                raise BrokenAnswer(Broken.TOO_LARGE)
        elif isinstance(event, h11.EndOfMessage) and head is not None:
            return head, bytes(body)
        elif not isinstance(event, h11.InformationalResponse):
            raise BrokenAnswer(Broken.GARBLED)


def _request(
    target: str, fields: Sequence[tuple[str, str]], content: bytes
) -> Iterator[h11.Request | h11.Data | h11.EndOfMessage]:
    headers = [*fields, ("Accept-Encoding", "identity"), ("Connection", "close")]
    if content:
        headers.append(("Content-Length", str(len(content))))
    yield h11.Request(method="POST" if content else "GET", target=target, headers=headers)
    if content:
        yield h11.Data(data=content)
    yield h11.EndOfMessage()


class _Incoming:
    """The answer as it comes in, *most* bytes of it at most."""

    def __init__(self, http: h11.Connection, reader: asyncio.StreamReader, most: int) -> None:
        self._http = http
        self._reader = reader
        self._left = most
        self._ended = False

    async def event(self) -> h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]:
        """The next that *http* makes of it; never that it needs more."""
        while True:
            try:
                event = self._http.next_event()
            except h11.RemoteProtocolError:
                raise BrokenAnswer(Broken.CLOSED if self._ended else Broken.GARBLED) from None
            if event is not h11.NEED_DATA:
                return event
            data = await self._reader.read(_RECEIVE)
            self._ended = not data
            self._left -= len(data)
            if self._left < 0:
                raise BrokenAnswer(Broken.TOO_LARGE)
            self._http.receive_data(data)


def _head(response: h11.Response) -> Head:
    fields: dict[bytes, list[bytes]] = {}
    for name, value in response.headers:
        fields.setdefault(name, []).append(value)
    lengths = [name for name in (b"content-length", b"transfer-encoding") if name in fields]
    if response.status_code == 200 and len(lengths) > 1:
        raise BrokenAnswer(Broken.GARBLED)
    return Head(response.status_code, fields, bool(lengths))
