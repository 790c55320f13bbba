"""Gets what an authority publishes, over plain HTTP (RFC 9110), bounded in size and time.

Revocation lists and OCSP answers are signed and travel over plain HTTP on purpose (RFC 5280 §8): to check the
certificate of an HTTPS server one would need another list. The addresses come from certificates that lead to a
trusted authority; even so no redirect is followed, and nothing that comes back is believed unread. The
protocol itself is h11's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import urlsplit

import h11

_PIECE: Final = 64 * 1024
_LONGEST_URL: Final = 1000


class NotFetched(Exception):
    """Why nothing came; the text is ours, never the other side's."""


# (address, what to send or b"", its type, most bytes that may come) → what came
Fetch = Callable[[str, bytes, str, int], Awaitable[bytes]]


def fetcher(seconds: float) -> Fetch:
    """Fetches, each within *seconds* from look-up to last byte. With something to send it is a POST."""

    async def fetch(url: str, body: bytes, kind: str, most: int) -> bytes:
        try:
            async with asyncio.timeout(seconds):
                return await _exchange(url, body, kind, most)
        except TimeoutError:
            raise NotFetched(f"no answer in {seconds:g} seconds") from None
        except (OSError, UnicodeError):
            raise NotFetched("cannot be reached") from None
        except h11.RemoteProtocolError:
            raise NotFetched("broke off, or does not speak HTTP") from None

    return fetch


async def _exchange(url: str, body: bytes, kind: str, most: int) -> bytes:
    host, port, target = _parts(url)
    reader, writer = await asyncio.open_connection(host, port)
    try:
        talk = h11.Connection(h11.CLIENT, max_incomplete_event_size=16 * 1024)
        name = f"[{host}]" if ":" in host else host
        headers = [("Host", name if port == 80 else f"{name}:{port}"), ("Connection", "close")]
        if body:
            headers += [("Content-Type", kind), ("Content-Length", str(len(body)))]
        request = h11.Request(method="POST" if body else "GET", target=target, headers=headers)
        data = h11.Data(data=body)
        for event in (request, data, h11.EndOfMessage()) if body else (request, h11.EndOfMessage()):
            writer.write(talk.send(event) or b"")
        await writer.drain()
        return await _body(talk, reader, most)
    finally:
        writer.close()


async def _body(talk: h11.Connection, reader: asyncio.StreamReader, most: int) -> bytes:
    pieces = bytearray()
    while True:
        event = talk.next_event()
        if event is h11.NEED_DATA:
            talk.receive_data(await reader.read(_PIECE))
        elif isinstance(event, h11.Response):
            if event.status_code != 200:
                raise NotFetched(f"answers {event.status_code}")
        elif isinstance(event, h11.Data):
            pieces += event.data
            if len(pieces) > most:
                raise NotFetched(f"sends more than {most} bytes")
        elif isinstance(event, h11.EndOfMessage):
            return bytes(pieces)
        elif isinstance(event, h11.ConnectionClosed) or event is h11.PAUSED:
            raise NotFetched("closed the connection too early")


def _parts(url: str) -> tuple[str, int, str]:
    """``(host, port, target)``. Raises :class:`NotFetched`: the address comes from a certificate."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or 80
    except ValueError:
        raise NotFetched("its address is no HTTP address") from None
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    good = parts.scheme.lower() == "http" and host and not parts.username and len(url) <= _LONGEST_URL
    if not good or not url.isascii() or not url.isprintable() or " " in url:
        raise NotFetched("its address is no HTTP address")
    return host, port, target
