"""All of ``segl-map`` that has to do with recipients' certificates, in one hand for its daemon."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from segl.certificates.records import CertificateRecords
from segl.events import Events
from segl.settings.certificates import Certificates
from segl.settings.document import Settings
from segl_routing.certificates.build import certificate_finder, revocation_checks
from segl_routing.certificates.fetch import fetcher
from segl_routing.certificates.finder import CertificateFinder
from segl_routing.certificates.knowledge import CertificateKnowledge


def _digest(settings: Certificates) -> str:
    """Of all that a search is judged by: the settings, the authorities that are trusted, and the folder."""
    digest = sha256(repr(settings).encode())
    for file in (*settings.trust, *settings.intermediates):
        with suppress(OSError):
            digest.update(sha256(file.read_bytes()).digest())
    with suppress(OSError):
        for file in sorted(settings.folder.iterdir()):
            found = file.stat()
            digest.update(
                f"{file.name} {found.st_size} {found.st_mtime_ns}\n".encode("utf-8", "surrogateescape")
            )
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class Search:
    """How certificates are searched for with *settings*, and a digest of what they are judged by."""

    settings: Settings
    finder: CertificateFinder
    judged_by: str


class CertificateService:
    """Searches with the present settings; a reload brings others."""

    def __init__(self, settings: Settings, records: CertificateRecords, events: Events, file: Path) -> None:
        """Raises :class:`~segl.errors.SettingsError`."""
        self._settings = settings
        self._records = records
        self._events = events
        self._file = file
        self._revocation = revocation_checks(settings, records)
        self._finder = certificate_finder(settings, records, events, file, self._revocation)
        self._digest = _digest(settings.certificates)
        self._knowledge = CertificateKnowledge(
            self._finder, records, settings.certificates, events, self._digest
        )
        self._endings: set[asyncio.Task[None]] = set()

    @property
    def knowledge(self) -> CertificateKnowledge | None:
        """``None`` when the way is off: then nobody need ask."""
        return self._knowledge if self._settings.certificates.on else None

    def expect(self, address: str) -> None:
        if self._settings.certificates.on:
            self._knowledge.expect(address)

    def prepared(self, settings: Settings) -> Search:
        """The search of new settings. Blocking. Raises :class:`~segl.errors.SettingsError`: then the old ones stay."""
        judged_by = _digest(settings.certificates)
        finder = certificate_finder(settings, self._records, self._events, self._file, self._revocation)
        return Search(settings, finder, judged_by)

    def change(self, search: Search) -> None:
        """Go on with *search*; what was judged by anything else counts no more, but what authorities said of
        certificates does."""
        self._revocation.fetch_by(fetcher(search.settings.certificates.revocation_seconds))
        before, self._digest = self._digest, search.judged_by
        forget = self._digest != before
        self._knowledge.change(search.finder, search.settings.certificates, self._digest if forget else "")
        ending = asyncio.create_task(self._finder.close())
        self._endings.add(ending)
        ending.add_done_callback(self._endings.discard)
        self._finder, self._settings = search.finder, search.settings

    def prune(self, before: float) -> None:
        self._knowledge.prune(before)

    async def stop(self) -> None:
        await self._knowledge.stop()
        await self._finder.close()
