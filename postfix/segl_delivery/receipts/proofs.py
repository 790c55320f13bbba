"""On which proof's word a copy went by forced TLS: what segl-map gave the delivery's own node for its next hop while
it was under way (:mod:`segl.given_proofs`), not what it would give now. Where that is not one, nothing is said."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from sqlalchemy.engine import Connection

from segl.addresses import domain_of
from segl.given_proofs import given_between
from segl.receipts.protection import Protection
from segl.settings import Settings
from segl.vocabulary import Proof

_SLACK: Final = 2.0  # seconds: the log may count whole ones, and tells of a delivery a little later
_ROUNDED: Final = (
    0.05  # of a delivery's length: Postfix writes two digits of it (delay_max_resolution_digits)
)


def proofs_of(
    connection: Connection, settings: Settings, delivered: Iterable[Protection]
) -> dict[tuple[str, str], Proof | None]:
    """By queue id and recipient; ``None`` when it cannot be told. Left out is of what segl-map has noted nothing: it
    may do so yet."""
    found: dict[tuple[str, str], Proof | None] = {}
    for one in delivered:
        if one.begun is None:
            found[one.queue_id, one.recipient] = None
            continue
        earliest = one.begun - _SLACK - _ROUNDED * (one.at - one.begun)
        hops = _next_hops(settings, domain_of(one.recipient))
        given = given_between(connection, one.node, hops, earliest, one.at + _SLACK)
        if given:
            found[one.queue_id, one.recipient] = given.pop() if len(given) == 1 else None
    return found


def _next_hops(settings: Settings, domain: str) -> set[str]:
    """As Postfix asks for the policy of mail to *domain*."""
    pin = settings.pin(domain)
    own = pin.next_hop if pin is not None else ""
    port = settings.routing.smtp_port
    return {hop.lower() for hop in (domain, f"{domain}:{port}", own) if hop}
