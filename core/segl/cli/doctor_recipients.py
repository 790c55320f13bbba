"""What `segl doctor` says of recipients' certificates that the postmaster put into a folder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from segl.counted import counted
from segl.postfix.check import AS_ROOT, Check, State, judge
from segl.settings.certificates import CertificateSource
from segl.settings.document import Settings
from segl_routing.certificates.folder_ends import FolderEnd, folder_ends

_ID: Final = "certificates.recipients"
_WHY: Final = "mail to them takes the next way: forced TLS, or the portal"
_SOON: Final = timedelta(days=30)
_MOST_NAMED: Final = 5


def recipient_checks(settings: Settings) -> Iterator[Check]:
    """The check `certificates.recipients`, where the folder is a source: what ends, and what is of no use."""
    chosen, wrong = settings.certificates, list[str]()
    if CertificateSource.FOLDER not in chosen.sources:
        return

    def complain(file: Path, why: str) -> None:
        wrong.append(f"{file.name} {why}")

    try:
        ends = folder_ends(chosen, complain)
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
        f"{chosen.folder}: {_first(_told(ending, now)) if ending else text}",
        why=_WHY,
        fix="put the recipient's new certificate beside it; take the file away where he has left",
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


def _told(ending: Sequence[FolderEnd], now: datetime) -> list[str]:
    return [
        f"{one.address} ({one.file}) {'ended' if one.end < now else 'ends'} on {one.end:%Y-%m-%d}"
        for one in ending
    ]


def _first(told: Sequence[str]) -> str:
    more = len(told) - _MOST_NAMED
    return ", ".join([*told[:_MOST_NAMED], *([f"and {counted(more, 'other')}"] if more > 0 else [])])
