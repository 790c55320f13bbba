"""Where tunnel lists come from, each as an :class:`Offer`: a signed list from a file or an HTTPS address, a
directory of PEM, a CSV or JSON file.

A new format is one more function from bytes to entries. Only the signed one may come over the net: HTTPS says
from which server a list comes, not who made it, and whoever can change a list reads the mail.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from segl.errors import TunnelListError
from segl.settings.tunnel import ListFormat
from segl.settings.tunnel import TunnelList as Terms
from segl.vocabulary import ListFault
from segl_routing.tunnel_list.accepted import Accepted
from segl_routing.tunnel_list.content import LARGEST_SERIAL, Entry, TunnelList, parse_list, write_list
from segl_routing.tunnel_list.judging import Offer
from segl_routing.tunnel_list.plain_formats import entries_of_csv, entries_of_json, entries_of_pem


@dataclass(frozen=True, slots=True)
class Fetched:
    """What a server gave: the bytes, and its marks for asking later whether they are still the newest."""

    content: bytes
    etag: str = ""
    last_modified: str = ""


# Gets the list over HTTPS; None when it has not changed since. Raises TunnelListError.
Fetch = Callable[[Terms, Accepted | None], Fetched | None]

# Opens a signed list: content and the pin (hex) it is signed under. Raises TunnelListError. It is handed in,
# because CMS belongs to segl_delivery, which stands above this package.
OpenSigned = Callable[[bytes, Collection[str]], tuple[bytes, str]]


class Source(Protocol):
    """One list's source: what it offers now, or ``None`` when it says that there is nothing newer."""

    def __call__(self, before: Accepted | None, now: datetime) -> Offer | None: ...


def source_of(terms: Terms, open_signed: OpenSigned, fetch: Fetch) -> Source:
    """The source that *terms* name."""
    if terms.format is ListFormat.SEGL:
        return _Signed(terms, open_signed, fetch)
    return _Plain(terms)


@dataclass(frozen=True, slots=True)
class _Signed:
    terms: Terms
    open_signed: OpenSigned
    fetch: Fetch

    def __call__(self, before: Accepted | None, now: datetime) -> Offer | None:
        if self.terms.url:
            fetched = self.fetch(self.terms, before)
            if fetched is None:
                return None
        else:
            fetched = Fetched(read_file(Path(self.terms.source), self.terms.max_bytes))
        content, signer = self.open_signed(fetched.content, self.terms.signers)
        return Offer(content, parse_list(content), signer, fetched.etag, fetched.last_modified)


@dataclass(frozen=True, slots=True)
class _Plain:
    terms: Terms

    def __call__(self, before: Accepted | None, now: datetime) -> Offer | None:
        terms, path = self.terms, Path(self.terms.source)
        entries: tuple[Entry, ...]
        match terms.format:
            case ListFormat.PEM:
                entries = entries_of_pem(path, terms.max_bytes)
            case ListFormat.CSV:
                entries = entries_of_csv(read_file(path, terms.max_bytes))
            case _:
                entries = entries_of_json(read_file(path, terms.max_bytes))
        serial = min(LARGEST_SERIAL, before.highest + 1 if before else 1)
        listed = TunnelList(serial, now, terms.source[:200], entries)
        return Offer(write_list(listed), listed)


def read_file(path: Path, most: int) -> bytes:
    """The file's bytes. Raises :class:`TunnelListError` when there are more than *most*, or it is no file."""
    try:
        # Not blocking: a pipe in its place would hold the run up for ever.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise TunnelListError(ListFault.NO_SOURCE, f"{path} is no file", _DIRECTORY_HINT)
            content = file.read(most + 1)
    except OSError as error:
        raise TunnelListError(ListFault.NO_SOURCE, f"{path}: {error.strerror}") from None
    if len(content) > most:
        raise too_large(str(path), most)
    return content


def too_large(source: str, most: int) -> TunnelListError:
    return TunnelListError(
        ListFault.TOO_LARGE, f"{source} is larger than {most} bytes", "raise max_bytes if that is right"
    )


_DIRECTORY_HINT = 'a directory of certificates is format = "pem"'
