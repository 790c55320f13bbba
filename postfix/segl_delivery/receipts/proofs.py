"""On which proof's word a copy went by forced TLS: what segl-map gave the delivery's own node for its next hop while
it was under way (:mod:`segl.given_proofs`), not what it would give now. Where that is not one, or not all that was
given then is written down, nothing is said."""

from __future__ import annotations

from collections.abc import Collection
from itertools import chain
from typing import Final

from sqlalchemy.engine import Connection

from segl.addresses import domain_of
from segl.given_proofs import given_between, noted_between
from segl.receipts.protection import Protection
from segl.settings.document import Settings
from segl.vocabulary import Proof

_SLACK: Final = 2.0  # seconds: the log may count whole ones, and tells of a delivery a little later
_WHOLE: Final = 1.0  # seconds a delivery may have ended later than a log says that cuts them off
# Of a delivery's length: Postfix writes two digits of it (delay_max_resolution_digits).
_ROUNDED: Final = 0.05


def proofs_of(
    connection: Connection, settings: Settings, delivered: Collection[Protection]
) -> dict[tuple[str, str], Proof | None]:
    """By queue id and recipient; ``None`` when it cannot be told. Left out is of whose time
    segl-map has not noted everything: it may do so yet."""
    known = [one for one in delivered if one.begun is not None]
    found: dict[tuple[str, str], Proof | None] = {
        (one.queue_id, one.recipient): None for one in delivered if one.begun is None
    }
    if not known:
        return found
    domains = {domain_of(one.recipient) for one in known}
    hops = {domain: _next_hops(settings, domain) for domain in domains}
    times = {id(one): _time_of(one) for one in known}
    earliest, latest = min(begun for begun, _ in times.values()), max(until for _, until in times.values())
    given = given_between(connection, chain.from_iterable(hops.values()), earliest, latest)
    noted = noted_between(connection, earliest, latest)
    for one in known:
        stretches = chain.from_iterable(
            given.get((one.node, hop), ()) for hop in hops[domain_of(one.recipient)]
        )
        proofs = {stretch.proof for stretch in stretches if stretch.meets(*times[id(one)])}
        if len(proofs) > 1:
            found[one.queue_id, one.recipient] = None
        elif proofs and _is_noted(one, noted.get(one.node, ())):
            found[one.queue_id, one.recipient] = proofs.pop()
    return found


def _time_of(one: Protection) -> tuple[float, float]:
    """In which Postfix asked for the policy, with what the log leaves open."""
    begun = one.at if one.begun is None else one.begun
    return begun - _SLACK - _ROUNDED * (one.at - begun), one.at + _SLACK


def _is_noted(one: Protection, noted: Collection[tuple[float, float]]) -> bool:
    """Whether what it was given cannot be missing: else what stands there may be another delivery's, shortly before."""
    begun = one.at if one.begun is None else one.begun
    first = begun - _ROUNDED * (one.at - begun)
    last = one.at + _WHOLE if one.at.is_integer() else one.at
    return any(since <= first and until >= last for since, until in noted)


def _next_hops(settings: Settings, domain: str) -> set[str]:
    """As Postfix asks for the policy of mail to *domain*."""
    pin = settings.pin(domain)
    own = pin.next_hop if pin is not None else ""
    port = settings.routing.smtp_port
    return {hop.lower() for hop in (domain, f"{domain}:{port}", own) if hop}
