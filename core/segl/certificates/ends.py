"""When the certificates end that partners and browsers rely on: for the metrics, looked at now and then."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from cryptography import x509

from segl.certificates.judgement import UNREADABLE

_MOST_BYTES = 1_000_000


def end_of_file(file: Path) -> datetime | None:
    """When the last of its certificates ends: from then on it is of no use. ``None`` when none can be read."""
    try:
        with file.open("rb") as stream:
            found = x509.load_pem_x509_certificates(stream.read(_MOST_BYTES))
    except (OSError, *UNREADABLE):
        return None
    return max((one.not_valid_after_utc for one in found), default=None)


def first_end(files: Iterable[Path]) -> float:
    """When the first of *files* is of no use any more (Unix seconds); NaN when none can be read."""
    ends = [end.timestamp() for file in files if (end := end_of_file(file)) is not None]
    return min(ends, default=math.nan)


def partners_files(folder: Path) -> list[Path]:
    """Partners' certificates in ``delivery.certificates``."""
    try:
        return sorted(folder.glob("*.pem"))
    except OSError:
        return []
