"""What `segl doctor` says of recipients' certificates that the postmaster put into a folder, or imported."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from segl.certificates.records import CertificateRecords, CertificateRow
from segl.counted import counted
from segl.errors import StoreError
from segl.postfix.check import AS_ROOT, Check, State, judge
from segl.settings.certificates import CertificateSource
from segl.settings.document import Settings
from segl.store.engine import open_existing
from segl.store.status import StoreMissing
from segl_routing.certificates.recipient_ends import IMPORT, RecipientEnd, recipient_ends

_ID: Final = "certificates.recipients"
_WHY: Final = "mail to them takes the next way: forced TLS, or the portal"
_SOON: Final = timedelta(days=30)
_MOST_NAMED: Final = 5


def recipient_checks(settings: Settings) -> Iterator[Check]:
    """The check `certificates.recipients`, where the folder or the store is a source: what ends, and what is of no
    use."""
    chosen, wrong = settings.certificates, list[str]()
    if not {CertificateSource.FOLDER, CertificateSource.KEPT}.intersection(chosen.sources):
        return

    def complain(file: Path, why: str) -> None:
        wrong.append(f"{file.name} {why}")

    try:
        kept = _kept(settings)
    except StoreError as error:
        yield Check(_ID, State.UNKNOWN, error.private, fix=AS_ROOT)
        kept = []
    try:
        ends = recipient_ends(chosen, kept, complain)
    except PermissionError:
        yield Check(_ID, State.UNKNOWN, f"{chosen.folder} may not be read", fix=AS_ROOT)
        return
    except OSError as error:
        yield Check(_ID, State.WARN, f"{chosen.folder}: {error.strerror}", _WHY, "see certificates.folder")
        return
    now = datetime.now(UTC)
    ending = [one for one in ends if one.end - now < _SOON]
    text = f"{counted(len(ends), 'address', 'addresses')}, none ends within 30 days"
    yield judge(
        _ID,
        not ending,
        _first(_told(ending, now)) if ending else text,
        why=_WHY,
        fix=_fix(ending),
        bad=State.WARN,
    )
    if wrong:
        yield Check(
            _ID,
            State.WARN,
            f"{chosen.folder}: {_first(sorted(wrong))}",
            _WHY,
            "replace it by the recipient's certificate, in PEM or DER form, or take it away",
        )


def _kept(settings: Settings) -> Sequence[CertificateRow]:
    """Raises :class:`StoreError`."""
    if CertificateSource.KEPT not in settings.certificates.sources:
        return []
    try:
        engine = open_existing(settings.store.url)
    except StoreMissing:  # said elsewhere, and nothing was imported
        return []
    try:
        return CertificateRecords(engine).kept()
    finally:
        engine.dispose()


def _fix(ending: Sequence[RecipientEnd]) -> str:
    folder = "put the new certificate beside the old one in certificates.folder, or take that away where he has left"
    store = "segl certificate import takes the new one, segl certificate forget the old where he has left"
    kinds = {one.file == IMPORT for one in ending}
    return "; ".join([*([folder] if False in kinds else []), *([store] if True in kinds else [])])


def _told(ending: Sequence[RecipientEnd], now: datetime) -> list[str]:
    return [
        f"{one.address} ({one.file}) {'ended' if one.end < now else 'ends'} on {one.end:%Y-%m-%d}"
        for one in ending
    ]


def _first(told: Sequence[str]) -> str:
    more = len(told) - _MOST_NAMED
    return ", ".join([*told[:_MOST_NAMED], *([f"and {counted(more, 'other')}"] if more > 0 else [])])
