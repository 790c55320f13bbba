"""What `segl doctor` says of the authorities that recipients' and signers' certificates must lead to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from segl.certificates.ends import authorities_in_force
from segl.certificates.names import holder_of
from segl.counted import counted
from segl.postfix.check import Check, State, judge
from segl.settings.document import Settings

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

_SOON: Final = timedelta(days=30)
_MOST_NAMED: Final = 3


def trust_checks(settings: Settings) -> Iterator[Check]:
    """The checks `certificates.trust`: one for each file. That it can be read, `segl settings check` says."""
    now = datetime.now(UTC)
    ending: dict[str, list[Certificate]] = {str(file): [] for file in settings.certificates.authorities}
    for file, one in authorities_in_force(settings.certificates.authorities):
        if one.not_valid_after_utc - now < _SOON:
            ending[str(file)].append(one)
    for name, ends in ending.items():
        yield judge(
            "certificates.trust",
            not ends,
            f"{name}: {_named(ends)}",
            why="what stands under it is then trusted no more: mail takes the next way, signatures do not pass",
            fix="put the authority's new certificate beside it, take out what has ended, then: "
            "systemctl reload segl-map segl-deliver",
            bad=State.WARN,
        )


def _named(ends: list[Certificate]) -> str:
    if not ends:
        return "no authority ends within 30 days"
    ends.sort(key=lambda one: one.not_valid_after_utc)
    named = [f"{holder_of(one)} ends on {one.not_valid_after_utc:%Y-%m-%d}" for one in ends[:_MOST_NAMED]]
    more = len(ends) - len(named)
    return ", ".join([*named, *([f"and {counted(more, 'other')}"] if more else [])])
