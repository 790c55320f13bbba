"""Certificates from a directory of the postmaster's: PEM or DER files, and PKCS #7 in either.

A file that is called as an address (``bo@x.dk.pem``) is that recipient's, whatever address stands in it. Any
other belongs to the addresses in its certificates. A PEM file may hold authorities' certificates too.
"""

from __future__ import annotations

import asyncio
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from cryptography import x509

from segl.certificates.given import certificates_in
from segl.certificates.judgement import is_authority
from segl.certificates.names import addresses_of, mail_key
from segl.pipes import open_to_read
from segl_routing.certificates.sources import Answer, Offer

LARGEST_FILE: Final = 256 * 1024
MOST_FILES: Final = 20_000
ENDINGS: Final = (".pem", ".der", ".crt", ".cer", ".p7b", ".p7c")
_TEXT: Final = ".txt"  # Windows hides it: a file that Notepad saved looks well named

Complaint = Callable[[Path, str], None]
_Version = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class _File:
    """``unread``: it could not be read, and may be the next time, whatever version it is of."""

    version: _Version
    offers: tuple[tuple[str, Offer], ...] = ()
    unread: bool = False


@dataclass(slots=True)
class _Index:
    files: dict[str, _File] = field(default_factory=dict)
    by_address: dict[str, list[Offer]] = field(default_factory=dict)


class FolderSource:
    """The directory as it stands: files are read again when they have changed. A file that cannot be used is
    complained of, once for each version of it."""

    name: Final = "folder"

    def __init__(self, folder: Path, complain: Complaint) -> None:
        self._folder = folder
        self._complain = complain
        self._index = _Index()
        self._one_at_a_time = asyncio.Lock()

    async def ask(self, address: str) -> Answer:
        async with self._one_at_a_time:
            try:
                self._index = await asyncio.to_thread(self._read_all, self._index)
            except OSError as error:
                return Answer.unknown(f"{self._folder}: {error.strerror}")
        return Answer.of(self._index.by_address.get(address, []), "has none")

    async def close(self) -> None:
        return

    def offers(self) -> dict[str, tuple[tuple[str, Offer], ...]]:
        """What stands in each file now, by its name: addresses, and what is offered for them. Blocking; raises
        :class:`OSError`."""
        return {name: file.offers for name, file in sorted(self._read_all(_Index()).files.items())}

    def _read_all(self, before: _Index) -> _Index:
        index = _Index()
        with os.scandir(self._folder) as entries:
            for count, entry in enumerate(entries):
                if count >= MOST_FILES:
                    self._complain(self._folder, f"holds more than {MOST_FILES} files; the rest is not read")
                    break
                if not entry.name.lower().removesuffix(_TEXT).endswith(ENDINGS):
                    continue
                try:
                    found = entry.stat()
                except OSError:
                    continue  # gone in this moment
                version = (found.st_mtime_ns, found.st_size, found.st_ino)
                known = before.files.get(entry.name)
                again = known is not None and known.version == version
                if known is None or not again or known.unread:
                    regular = stat.S_ISREG(found.st_mode)
                    known = self._read(Path(entry.path), version, regular=regular, again=again)
                index.files[entry.name] = known
        for _, file in sorted(index.files.items()):
            for address, offer in file.offers:
                index.by_address.setdefault(address, []).append(offer)
        return index

    def _read(self, path: Path, version: _Version, *, regular: bool, again: bool) -> _File:
        try:
            if not regular or path.suffix.lower() == _TEXT:
                why = "is no regular file" if not regular else f"is not read: take {_TEXT} off its name"
                raise ValueError(why)  # noqa: TRY301 — told as all other faults
            certificates = read_certificates(path)
        except OSError as error:
            if not again:
                self._complain(path, f"cannot be read: {error.strerror}")
            return _File(version, unread=True)
        except ValueError as error:
            self._complain(path, str(error))
            return _File(version)
        named = mail_key(path.name[: -len(path.suffix)])
        along = tuple(entry for entry in certificates if is_authority(entry))
        offers: list[tuple[str, Offer]] = []
        for certificate in (entry for entry in certificates if not is_authority(entry)):
            if named:
                offers.append((named, Offer(certificate, along, bound=True)))
            offers += [(a, Offer(certificate, along)) for a in addresses_of(certificate) if a != named]
        if not offers:
            self._complain(path, "holds no recipient's certificate, or one without an address")
        return _File(version, tuple(offers))


def read_certificates(path: Path) -> list[x509.Certificate]:
    """The certificates in a file. Raises :class:`OSError` or :class:`ValueError`."""
    return certificates_in(read_file(path))


def read_file(path: Path) -> bytes:
    """What a file of certificates holds; nobody is waited for who should write into a pipe. Raises :class:`OSError`, or
    :class:`ValueError` where it is larger than any."""
    with open_to_read(path) as file:
        data = file.read(LARGEST_FILE + 1)
    if len(data) > LARGEST_FILE:
        raise ValueError(f"is larger than {LARGEST_FILE} bytes")
    return data
