"""Which certificates end soon: our own keys, partners' and recipients' in the postmaster's folders, and
those of the tunnel lists in force."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Final

from segl.certificates.ends import last_end
from segl.certificates.judgement import UNREADABLE, certificates_given
from segl.errors import SeglError
from segl.settings.document import Settings
from segl.settings.organisation import Owner
from segl_delivery.keyring import KeyRing
from segl_routing.certificates.folder_ends import folder_ends
from segl_routing.tunnels import Tunnels

SOON: Final = timedelta(days=45)
_GONE: Final = timedelta(days=7)  # of lists, what ended before is news no more: nobody here can mend it


def endings(settings: Settings, now: datetime, owner: Owner) -> list[tuple[str, int]]:
    """Name and days left (below zero: ended), the first to end first; *owner*'s, and to who runs the installation those
    of partners and recipients."""
    moment = now.astimezone(UTC)
    partners = (
        ()
        if owner.is_tenant
        else (
            *_folder(settings),
            *_lists(settings, moment),
            *_recipients(settings, moment),
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


def _recipients(settings: Settings, now: datetime) -> Iterator[tuple[str, datetime]]:
    with suppress(OSError):  # said elsewhere: the doctor
        for one in folder_ends(settings.certificates):
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
