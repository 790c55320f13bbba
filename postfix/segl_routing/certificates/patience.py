"""What the last search for a recipient's certificate comes to by now: how long it is believed, and a don't-know waited
for. ``segl-map`` decides by it, and ``segl route`` tells what that decides."""

from __future__ import annotations

from segl.certificates.records import Lookup
from segl.vocabulary import Known
from segl_routing.skew import NODES_SKEW
from segl_routing.states import CertificateState

UNKNOWN_SECONDS = 30.0  # "could not be asked" is asked again after this
ON_THE_NEXT_WAY_SECONDS = 600.0  # the same, once the recipient takes the next way meanwhile

NO_ADDRESS = CertificateState(Known.NO, "no certificate can be for such an address")


def holds(lookup: Lookup, now: float) -> bool:
    """Whether *lookup* is believed at *now* (Unix seconds)."""
    return lookup.checked_at - NODES_SKEW <= now < lookup.expires_at


def waits_no_more(lookup: Lookup, now: float, patience: float) -> bool:
    """Whether the sources could not be asked for *patience* seconds: then the next way is taken, which is as secure."""
    return lookup.unknown_since is not None and now - lookup.unknown_since >= patience


def stays_on_the_next_way(lookup: Lookup, now: float, patience: float) -> bool:
    """Whether the recipient is there already, and is to wait for no new try."""
    return waits_no_more(lookup, now, patience) and now < lookup.expires_at + ON_THE_NEXT_WAY_SECONDS


def state_by(lookup: Lookup, now: float, patience: float) -> CertificateState:
    """A don't-know that has lasted lets the next way be taken; until then the recipient waits."""
    if not waits_no_more(lookup, now, patience):
        return CertificateState(lookup.known, lookup.reason)
    minutes = (now - (lookup.unknown_since or now)) / 60
    return CertificateState(Known.NO, f"{lookup.reason}; could not be asked for {minutes:.0f} minutes")


def unknown_since(previous: Lookup | None, now: float, patience: float) -> float:
    """When the don't-knows began of which one was met at *now*. A run of them goes on while somebody asks now and
    then."""
    if previous is None or previous.unknown_since is None:
        return now
    gap = patience + 2 * ON_THE_NEXT_WAY_SECONDS
    return now if now - previous.checked_at > gap else min(previous.unknown_since, now)
