"""Whether a list may take the place of the one accepted before. Pure: no disk, no net, no clock.

The order of the questions is that of their weight: form and signer are settled before anything in the list is
believed (:mod:`segl_routing.tunnel_list.sources`); here come time, serial, size, and what would be lost. A
signature tells who made a list, not that it is the latest: an old one, signed as well, would bring back
certificates whose keys are lost or stolen. So the serial never goes down, and the list says itself when it
ends.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from segl.errors import TunnelListError
from segl.settings.tunnel import ListFormat, WhenShrunk
from segl.settings.tunnel import TunnelList as Terms
from segl.vocabulary import ListFault
from segl_routing.skew import OTHERS_SKEW
from segl_routing.tunnel_list.accepted import Accepted
from segl_routing.tunnel_list.content import Entry, TunnelList, digest_of_entries

_SHOWN: Final = 5

Advance = Callable[[int], None]  # told how many domains were done


@dataclass(frozen=True, slots=True)
class Offer:
    """A list as its source gave it: the bytes of its content, and under which pin it was signed (hex)."""

    content: bytes
    listed: TunnelList
    signer: str = ""
    etag: str = ""
    last_modified: str = ""

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True, slots=True)
class Worth:
    """What a list is worth at one time: the domains that can be encrypted to, why others cannot, and when the
    first certificate in use ends."""

    usable: frozenset[str]
    left_out: dict[str, str]
    first_end: datetime | None


@dataclass(frozen=True, slots=True)
class Changes:
    """What one list has that the other has not, by domain in order."""

    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)

    def as_dict(self) -> dict[str, list[str]]:
        return {"added": list(self.added), "removed": list(self.removed), "changed": list(self.changed)}


def is_new(offer: Offer, before: Accepted | None, terms: Terms, now: datetime) -> bool:
    """Whether *offer* is newer than what was ever accepted; ``False`` when it is just that.

    Raises :class:`TunnelListError` when its time or serial forbids taking it.
    """
    listed, signed = offer.listed, terms.format is ListFormat.SEGL
    if listed.issued > now + OTHERS_SKEW:
        raise TunnelListError(
            ListFault.NOT_YET,
            f"was issued on {_minute(listed.issued)}, which is still to come",
            "see whether this host's clock is right (timedatectl)",
        )
    if signed and (listed.expires is None or listed.expires <= listed.issued):
        raise TunnelListError(ListFault.BAD_FORM, "has no end (expires) after its beginning (issued)")
    if listed.expires is not None and listed.expires <= now:
        raise TunnelListError(
            ListFault.EXPIRED,
            f"ended on {_minute(listed.expires)}",
            "its publisher has to issue a new one; an old one is not taken, lest it be played back",
        )
    if before is None:
        return True
    if not signed:
        return digest_of_entries(listed.entries) != before.highest_entries
    if listed.serial < before.highest:
        raise TunnelListError(
            ListFault.LOWER_SERIAL,
            f"has serial {listed.serial}, below {before.highest}, which was accepted",
            "give the list another name in the settings if its publisher began anew",
        )
    if listed.serial == before.highest and offer.sha256 != before.highest_sha256:
        raise TunnelListError(
            ListFault.SAME_SERIAL,
            f"has serial {listed.serial}, which was accepted with other content",
            "its publisher has to raise the serial with each list",
        )
    return listed.serial > before.highest


def check_size(entries: dict[str, Entry], terms: Terms) -> None:
    """Raises :class:`TunnelListError` when there are too many domains."""
    if len(entries) > terms.max_domains:
        raise TunnelListError(
            ListFault.TOO_MANY,
            f"has {len(entries)} domains, more than {terms.max_domains}",
            "raise max_domains if that is right",
        )


def worth(entries: dict[str, Entry], now: datetime, advance: Advance | None = None) -> Worth:
    """What *entries* are worth at *now*. Reads every certificate."""
    usable: set[str] = set()
    left_out: dict[str, str] = {}
    first_end: datetime | None = None
    for domain, entry in entries.items():
        certificate, why = entry.usable(now)
        if certificate is None:
            left_out[domain] = why
        else:
            usable.add(domain)
            end = certificate.not_valid_after_utc
            first_end = end if first_end is None else min(first_end, end)
        if advance is not None:
            advance(1)
    return Worth(frozenset(usable), left_out, first_end)


def check_loss(before: Worth, after: Worth, terms: Terms, *, accept_shrink: bool) -> str:
    """A warning when more than ``most_removed`` of the domains usable *before* are not usable *after*.

    A domain that is still named but could no longer be encrypted to is lost as well. Raises
    :class:`TunnelListError` unless the settings or *accept_shrink* let it pass.
    """
    lost = sorted(before.usable - after.usable)
    if not lost or len(lost) <= terms.most_removed * len(before.usable) + 1e-9:
        return ""
    names = ", ".join(lost[:_SHOWN]) + (" …" if len(lost) > _SHOWN else "")
    told = (
        f"{len(lost)} of {len(before.usable)} domains would lose their certificates, "
        f"more than {terms.most_removed:.0%}: {names}"
    )
    if accept_shrink or terms.when_shrunk is WhenShrunk.ALERT:
        return told
    raise TunnelListError(
        ListFault.SHRUNK,
        told,
        f"see: segl tunnel diff {terms.name}; if it is right: segl tunnel update {terms.name} --accept-shrink",
    )


def compare(before: dict[str, Entry], after: dict[str, Entry]) -> Changes:
    """The changes from *before* to *after*; an entry is changed when it says anything else."""
    return Changes(
        tuple(sorted(after.keys() - before.keys())),
        tuple(sorted(before.keys() - after.keys())),
        tuple(sorted(name for name in before.keys() & after.keys() if not _alike(before[name], after[name]))),
    )


def _alike(one: Entry, other: Entry) -> bool:
    return one.subdomains == other.subdomains and set(one.certificates) == set(other.certificates)


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M %Z}".strip()
