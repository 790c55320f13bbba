"""When those recipients have no certificate any more whom the postmaster gave one, in a file (``certificates.folder``)
or by `segl certificate import`.

A directory renews what it has, and signed mail brings the next; what was put there by hand nobody renews but who did.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from segl.certificates.recipient import unfit
from segl.certificates.records import CertificateRow
from segl.settings.certificates import Certificates, CertificateSource
from segl_routing.certificates.folder import Complaint, FolderSource
from segl_routing.certificates.kept import IMPORTED, offer_of
from segl_routing.certificates.sources import Offer

IMPORT: Final = "imported"
_MONTH_SECONDS: Final = 30 * 86400


@dataclass(frozen=True, slots=True)
class RecipientEnd:
    """*address* can be encrypted to until *end*, by what stands in the file called *file*, or in the store."""

    address: str
    file: str
    end: datetime


def recipient_ends(
    settings: Certificates,
    kept: Iterable[CertificateRow],
    complain: Complaint = lambda _file, _why: None,
) -> tuple[RecipientEnd, ...]:
    """For each address that the postmaster gave one, its last certificate's end, the first first: one that was renewed
    beside the old one is not told of, nor one that could never be encrypted to. *kept* is what the store has: a
    harvested one renews, too. Of sources that are not asked nothing counts. *complain* hears of files that are of no
    use. Blocking; raises :class:`OSError`."""
    last: dict[str, RecipientEnd] = {}
    given: set[str] = set()
    for address, file, offer, by_hand in (*_in_folder(settings, complain), *_in_store(settings, kept)):
        end = offer.certificate.not_valid_after_utc
        if unfit(offer.certificate, address, end, bound=offer.bound):
            continue
        if by_hand:
            given.add(address)
        if address not in last or last[address].end < end:
            last[address] = RecipientEnd(address, file, end)
    found = (one for one in last.values() if one.address in given)
    return tuple(sorted(found, key=lambda one: (one.end, one.address)))


def first_end_of_recipients(settings: Certificates, kept: Iterable[CertificateRow], now: float) -> float:
    """When the first of :func:`recipient_ends` comes (Unix seconds); NaN without any. What ended a month before *now*
    alarms nobody any more: people leave, and their files stay."""
    try:
        ends = [one.end.timestamp() for one in recipient_ends(settings, kept)]
    except OSError:  # said by the doctor, and where it is asked for an address
        return math.nan
    return next((end for end in ends if end > now - _MONTH_SECONDS), math.nan)


def _in_folder(settings: Certificates, complain: Complaint) -> Iterator[tuple[str, str, Offer, bool]]:
    if CertificateSource.FOLDER not in settings.sources:
        return
    for file, offers in FolderSource(settings.folder, complain).offers().items():
        for address, offer in offers:
            yield address, file, offer, True


def _in_store(
    settings: Certificates, kept: Iterable[CertificateRow]
) -> Iterator[tuple[str, str, Offer, bool]]:
    if CertificateSource.KEPT not in settings.sources:
        return
    for row in kept:
        if (offer := offer_of(row)) is not None:
            yield row.address, IMPORT, offer, row.source == IMPORTED
