"""Gets a tunnel list over HTTPS. The signature tells who made it; here it is about not being harmed, and not
being a burden.

The server's certificate must chain to a known authority and carry its name: whoever sits in between could else
hold new lists back unseen until the old one ends. No redirect is followed, the answer is bounded in bytes and
all of it in time, and a list that has not changed is not sent again (RFC 9110 §13.1).
"""

from __future__ import annotations

import asyncio
import ssl
from typing import Final
from urllib.parse import urlsplit

from segl import __version__
from segl.errors import TunnelListError
from segl.settings.tunnel import TunnelList as Terms
from segl.vocabulary import ListFault
from segl_routing.proofs.probe import trust
from segl_routing.tunnel_list.accepted import Accepted, is_trusted
from segl_routing.tunnel_list.sources import Fetched, too_large
from segl_routing.web import Broken, BrokenAnswer, Head, get

_LONGEST_MARK: Final = 200
_OVERHEAD: Final = 256 * 1024  # header, and what chunks add


def fetch(terms: Terms, before: Accepted | None) -> Fetched | None:
    """The list of *terms*; ``None`` when the server says that it has not changed since *before*.

    Raises :class:`TunnelListError`.
    """
    return asyncio.run(_within(terms, before))


async def _within(terms: Terms, before: Accepted | None) -> Fetched | None:
    try:
        async with asyncio.timeout(terms.seconds):
            return await _ask(terms, before)
    except TimeoutError:
        raise _no_source(terms, f"did not send it in {terms.seconds:g} seconds") from None
    except BrokenAnswer as broken:
        if broken.how is Broken.TOO_LARGE:
            raise too_large(terms.source, terms.max_bytes) from None
        how = "broke off" if broken.how is Broken.CLOSED else "does not speak HTTP"
        raise _no_source(terms, how) from None
    except ssl.SSLCertVerificationError as error:
        hint = "name its authority in ca_file if it is one of your own"
        raise _no_source(
            terms, f"has a certificate that does not verify: {error.verify_message}", hint
        ) from None
    except ssl.SSLError:
        raise _no_source(terms, "cannot agree on TLS 1.2 or newer") from None
    except (OSError, UnicodeError) as error:
        problem = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
        raise _no_source(terms, f"cannot be reached: {problem}") from None


async def _ask(terms: Terms, before: Accepted | None) -> Fetched | None:
    url = urlsplit(terms.source)
    host, port = url.hostname or "", url.port or 443
    target = (url.path or "/") + (f"?{url.query}" if url.query else "")
    reader, writer = await asyncio.open_connection(
        host, port, ssl=_trust(terms), server_hostname=host, happy_eyeballs_delay=0.25
    )
    fields = [
        ("Host", url.netloc),
        ("User-Agent", f"segl/{__version__}"),
        ("Accept", "application/pkcs7-mime, application/octet-stream;q=0.9, */*;q=0.1"),
        *_marks_of(terms, before),
    ]
    try:
        head, body = await get(
            reader,
            writer,
            target,
            fields,
            lambda head: _is_wanted(head, terms),
            most_body=terms.max_bytes,
            most_answer=2 * terms.max_bytes + _OVERHEAD,
        )
    finally:
        writer.transport.abort()
    if head.status == 304:
        if before is None:
            raise _no_source(terms, "says that the list has not changed, and it never sent one")
        return None
    return Fetched(body, _mark(head, b"etag"), _mark(head, b"last-modified"))


def _is_wanted(head: Head, terms: Terms) -> bool:
    match head.status:
        case 200 if not head.coded:
            return True
        case 200:
            raise _no_source(terms, "sends it compressed, which was not asked for")
        case 304:
            return False
        case status if 300 <= status < 400:
            hint = "redirects are not followed: write the address it really has"
            raise _no_source(terms, f"points elsewhere (HTTP {status})", hint)
        case status:
            raise _no_source(terms, f"answers HTTP {status}")


def _marks_of(terms: Terms, before: Accepted | None) -> list[tuple[str, str]]:
    """The marks of the list accepted last, when it came from there and would still be accepted."""
    if before is None or before.source != terms.source or not is_trusted(before.current, terms):
        return []
    marks = (("If-None-Match", before.etag), ("If-Modified-Since", before.last_modified))
    return [(name, value) for name, value in marks if value]


def _mark(head: Head, name: bytes) -> str:
    values = head.fields.get(name, [])
    text = values[0].decode("ascii", "replace") if len(values) == 1 else ""
    return text if len(text) <= _LONGEST_MARK and text.isascii() and text.isprintable() else ""


def _trust(terms: Terms) -> ssl.SSLContext:
    try:
        context = trust(terms.ca_file)
    except (OSError, ssl.SSLError) as error:
        problem = "holds no certificates" if isinstance(error, ssl.SSLError) else error.strerror
        raise TunnelListError(ListFault.NO_SOURCE, f"ca_file {terms.ca_file} {problem}") from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def _no_source(terms: Terms, problem: str, hint: str = "") -> TunnelListError:
    return TunnelListError(ListFault.NO_SOURCE, f"{terms.source} {problem}", hint)
