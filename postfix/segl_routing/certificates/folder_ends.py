"""When those recipients have no certificate any more whom the postmaster gave one in a file (``certificates.folder``).

A directory renews what it has, and signed mail brings the next; a file in a folder nobody renews but who put it there.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime

from segl.certificates.recipient import unfit
from segl.settings.certificates import Certificates, CertificateSource
from segl_routing.certificates.folder import Complaint, FolderSource

_MONTH_SECONDS = 30 * 86400


@dataclass(frozen=True, slots=True)
class FolderEnd:
    """*address* can be encrypted to until *end*, by what stands in the file called *file*."""

    address: str
    file: str
    end: datetime


def folder_ends(
    settings: Certificates, complain: Complaint = lambda _file, _why: None
) -> tuple[FolderEnd, ...]:
    """For each address of the folder, its last certificate's end, the first first: one that was renewed beside the
    old one is not told of, nor one that could never be encrypted to. Nothing where the folder is no source. *complain*
    hears of files that are of no use. Blocking; raises :class:`OSError`."""
    if CertificateSource.FOLDER not in settings.sources:
        return ()
    last: dict[str, FolderEnd] = {}
    for file, offers in FolderSource(settings.folder, complain).offers().items():
        for address, offer in offers:
            end = offer.certificate.not_valid_after_utc
            if unfit(offer.certificate, address, end, bound=offer.bound):
                continue
            if address not in last or last[address].end < end:
                last[address] = FolderEnd(address, file, end)
    return tuple(sorted(last.values(), key=lambda one: (one.end, one.address)))


def first_end_of_recipients(settings: Certificates, now: float) -> float:
    """When the first of :func:`folder_ends` comes (Unix seconds); NaN without any. What ended a month before *now*
    alarms nobody any more: people leave, and their files stay."""
    try:
        ends = [one.end.timestamp() for one in folder_ends(settings)]
    except OSError:  # said by the doctor, and where it is asked for an address
        return math.nan
    return next((end for end in ends if end > now - _MONTH_SECONDS), math.nan)
