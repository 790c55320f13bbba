"""Which certificates end soon: our own keys, partners' and recipients' that the postmaster put into a folder or
imported, and those of the tunnel lists in force."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Final

from segl.certificates.ends import last_end
from segl.certificates.judgement import UNREADABLE, certificates_given
from segl.certificates.records import CertificateRow
from segl.errors import SeglError
from segl.settings.document import Settings
from segl.settings.organisation import Owner
from segl_delivery.keyring import KeyRing
from segl_routing.certificates.recipient_ends import recipient_ends
from segl_routing.tunnels import Tunnels

SOON: Final = timedelta(days=45)
_GONE: Final = timedelta(days=7)  # of lists, what ended before is news no more: nobody here can mend it


def endings(
    settings: Settings, now: datetime, owner: Owner, kept: Iterable[CertificateRow] = ()
) -> list[tuple[str, int]]:
    """Name and days left (below zero: ended), the first to end first; *owner*'s, and to who runs the installation those
    of partners and recipients, of whom *kept* is what the store has."""
    moment = now.astimezone(UTC)
    partners = (
        ()
        if owner.is_tenant
        else (
            *_folder(settings),
            *_lists(settings, moment),
            *_recipients(settings, kept, moment),
        )
    )
    found = [*_own(settings, owner), *partners]
    soon = ((name, end - moment) for name, end in found if end - moment < SOON)
    return sorted(((name, left.days) for name, left in soon), key=lambda one: (one[1], one[0]))


def _own(settings: Settings, owner: Owner) -> Iterator[tuple[str, datetime]]:
    ring = KeyRing(settings.delivery.keys, settings.delivery.keys_passphrase, lambda *_: None)
    try:
        held = ring.keys()
    except SeglError:  # said elsewhere: the doctor, the log
        return
    for own in held:
        if not own.retired and own.is_of(owner, settings.owners):
            yield own.name, own.certificate.not_valid_after_utc


def _folder(settings: Settings) -> Iterator[tuple[str, datetime]]:
    for file in sorted(settings.delivery.certificates.glob("*.pem")):
        try:
            loaded = certificates_given(file.read_bytes())
        except (OSError, *UNREADABLE):
            continue
        if (end := last_end(loaded)) is not None:
            yield file.stem, end


def _recipients(
    settings: Settings, kept: Iterable[CertificateRow], now: datetime
) -> Iterator[tuple[str, datetime]]:
    with suppress(OSError):  # said elsewhere: the doctor
        for one in recipient_ends(settings.certificates, kept):
            if one.end > now - _GONE:
                yield one.address, one.end


def _lists(settings: Settings, now: datetime) -> Iterator[tuple[str, datetime]]:
    """Of the lists in force, each domain that the postmaster's folder does not decide: when its last certificate
    ends."""
    tunnels = Tunnels(settings, lambda *_: None, lambda *_: None)
    seen: set[str] = set()
    for accepted in tunnels.lists:
        for domain, entry in accepted.domains():
            certificates, _ = entry.parsed()
            if domain in seen or not certificates:
                continue
            seen.add(domain)
            used = tunnels.find(domain, now.timestamp())
            if used is not None and used.own:
                continue  # told with the folder
            end = last_end(used.certificates if used is not None and used.certificates else certificates)
            if end is not None and end > now - _GONE:
                yield f"{domain} ({accepted.terms.name})", end
