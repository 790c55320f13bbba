"""When the certificates end that partners, browsers and we rely on: for metrics, the doctor and the weekly report.

A file often holds its authorities' certificates too, which end years later: only those count that mail is encrypted to,
and of a web page the one that browsers are shown.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

from cryptography import x509

from segl.certificates.chain import LARGEST_FILE
from segl.certificates.judgement import UNREADABLE, certificates_given, lasting_fault, without_authorities

_MOST_BYTES = LARGEST_FILE
_MONTH_SECONDS = 30 * 86400


def last_end(certificates: Sequence[x509.Certificate]) -> datetime | None:
    """When nothing can be encrypted to any of a partner's *certificates* any more; ``None`` when it never could."""
    fit = (one for one in without_authorities(certificates) if not lasting_fault(one))
    return max((one.not_valid_after_utc for one in fit), default=None)


def first_end_of_partners(folder: Path) -> float:
    """When the first file of ``delivery.certificates`` is of no use any more (Unix seconds); NaN without any."""
    ends = [end.timestamp() for file in _partners_files(folder) if (end := last_end(_read(file))) is not None]
    return min(ends, default=math.nan)


def authorities_in_force(files: Iterable[Path]) -> list[tuple[Path, x509.Certificate]]:
    """Of the authorities in *files* (``certificates.trust``, ``intermediates``) each that no other certificate of the
    same name outlasts: what was renewed ends without a loss."""
    found = [(file, one) for file in files for one in _read(file)]
    last: dict[bytes, datetime] = {}
    for _, one in found:
        name = one.subject.public_bytes()
        last[name] = max(last.get(name, one.not_valid_after_utc), one.not_valid_after_utc)
    return [(file, one) for file, one in found if one.not_valid_after_utc == last[one.subject.public_bytes()]]


def first_end_of_authorities(files: Iterable[Path], now: float) -> float:
    """When the first of :func:`authorities_in_force` ends (Unix seconds); NaN without any. One that ended a month
    before *now* alarms nobody any more: bundles keep some for years."""
    ends = (one.not_valid_after_utc.timestamp() for _, one in authorities_in_force(files))
    return min((end for end in ends if end > now - _MONTH_SECONDS), default=math.nan)


def end_of_page(file: Path) -> float:
    """When the certificate of a web page ends, which is the first in *file* (Unix seconds); NaN when none is there."""
    return next((one.not_valid_after_utc.timestamp() for one in _read(file)), math.nan)


def _partners_files(folder: Path) -> list[Path]:
    try:
        return sorted(folder.glob("*.pem"))
    except OSError:
        return []


def _read(file: Path) -> Sequence[x509.Certificate]:
    try:
        with file.open("rb") as stream:
            return certificates_given(stream.read(_MOST_BYTES))
    except (OSError, *UNREADABLE):
        return ()
