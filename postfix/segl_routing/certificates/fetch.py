"""Gets what an authority publishes, over plain HTTP (RFC 9110), bounded in size and time.

Revocation lists and OCSP answers are signed and travel over plain HTTP on purpose (RFC 5280 §8): to check the
certificate of an HTTPS server one would need another list. The addresses come from certificates that lead to a
trusted authority; even so no redirect is followed, and nothing that comes back is believed unread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import urlsplit

from segl_routing import web

_LONGEST_URL: Final = 1000
_BROKEN: Final = {
    web.Broken.TOO_LARGE: "sends more than is taken",
    web.Broken.GARBLED: "does not speak HTTP",
    web.Broken.CLOSED: "closed the connection too early",
}


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

    return fetch


async def _exchange(url: str, body: bytes, kind: str, most: int) -> bytes:
    host, port, target = _parts(url)
    name = f"[{host}]" if ":" in host else host
    fields = [("Host", name if port == 80 else f"{name}:{port}")]
    if body:
        fields.append(("Content-Type", kind))
    reader, writer = await asyncio.open_connection(host, port)
    try:
        _, answer = await web.get(
            reader,
            writer,
            target,
            fields,
            _look,
            most_body=most,
            most_answer=2 * most + web.MAX_HEADER,
            content=body,
        )
    except web.BrokenAnswer as error:
        raise NotFetched(_BROKEN[error.how]) from None
    finally:
        writer.close()
    return answer


def _look(head: web.Head) -> bool:
    if head.status != 200:
        raise NotFetched(f"answers {head.status}")
    return True


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
