"""What ``segl route`` tells of a recipient's certificate: as the daemon recorded it, else as a search finds it now."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from segl.certificates.names import holder_of, mail_key
from segl.certificates.recipient import load_der
from segl.certificates.records import CertificateRecords, CertificateRow, Lookup
from segl.errors import StoreError
from segl.events import Events
from segl.settings.document import Settings
from segl.store.engine import open_existing
from segl.store.status import StoreMissing
from segl.vocabulary import Known
from segl_routing.certificates.build import certificate_finder
from segl_routing.certificates.patience import (
    NO_ADDRESS,
    holds,
    state_by,
    stays_on_the_next_way,
    unknown_since,
)
from segl_routing.states import NO_CERTIFICATE, CertificateState


def recorded(settings: Settings) -> CertificateRecords | None:
    """The records of the store; ``None`` when there is none yet. Raises :class:`StoreError`."""
    try:
        return CertificateRecords(open_existing(settings.store.url))
    except StoreMissing:
        return None


class ToldCertificates:
    """Asks, and writes nothing."""

    def __init__(self, settings: Settings, file: Path, events: Events, *, refresh: bool) -> None:
        """Raises :class:`~segl.errors.SettingsError`."""
        self._on = settings.certificates.on
        self._patience = settings.certificates.patience_seconds
        self._refresh = refresh
        try:
            self._records = recorded(settings) if self._on else None
        except StoreError as error:
            events.failed("certificates", error)
            self._records = None
        self._finder = certificate_finder(settings, self._records, events, file)

    async def state(self, address: str) -> tuple[CertificateState, str]:
        """The state of *address*, and who holds the certificate, as far as its subject says so."""
        if not self._on:
            return NO_CERTIFICATE, ""
        key, now = mail_key(address), time.time()
        if not key:
            return NO_ADDRESS, ""
        lookup: Lookup | None = None
        try:
            if self._records is not None and not self._refresh:
                lookup = await asyncio.to_thread(self._records.lookup, key)
                if lookup and (holds(lookup, now) or stays_on_the_next_way(lookup, now, self._patience)):
                    rows = await asyncio.to_thread(self._records.found, key)
                    return state_by(lookup, now, self._patience), _holder(rows)
        except StoreError as error:
            return CertificateState(Known.UNKNOWN, error.public), ""
        result = await self._finder.find(key)
        since = unknown_since(lookup, now, self._patience) if result.known is Known.UNKNOWN else None
        found = Lookup(key, result.known, result.reason, now, now, since)
        return state_by(found, now, self._patience), _holder(result.rows)

    async def close(self) -> None:
        await self._finder.close()


def _holder(rows: Sequence[CertificateRow]) -> str:
    for row in rows[:1]:
        with suppress(ValueError):
            return str(holder_of(load_der(row.der)))
    return ""
