"""On whose word forced TLS was used: which proof stood behind the TLS policies that ``segl-map`` gave Postfix (table
``given_proof``).

Postfix asks for the policy of a next hop once in each delivery, between taking it up and the end of the TLS handshake
(its cache of policies lives for one delivery), and ``smtp(8)`` logs how long a delivery took. So a delivery went on the
proof that its node gave for its next hop in that time; where two were given, or none is noted, nothing is claimed.
What is noted is written later than it is given, and not at all by a process that is killed. So it is also noted of
which time all is written (table ``given_noted``), in the same transaction; of any other nothing is claimed.

Written by segl-map (:mod:`segl_routing.given`), read by receipts. Times are Unix seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from segl.store.engine import insert_into, transaction
from segl.store.pieces import up_to
from segl.tables.domains import given_noted, given_proof
from segl.vocabulary import Proof

MOST_CHARACTERS: Final = 255  # of a next hop; a domain has 253
_AT_ONCE: Final = 500  # next hops in one question


@dataclass(frozen=True, slots=True)
class Given:
    """A stretch of time in which every policy given for *next_hop* rested on *proof*; ``None``: none was given."""

    next_hop: str
    proof: Proof | None
    begun: float
    until: float

    def meets(self, begun: float, until: float) -> bool:
        """Whether it has a moment in common with the time between the two."""
        return self.begun <= until and self.until >= begun


def keep(connection: Connection, node: str, stretches: Iterable[Given]) -> None:
    """Write down; a stretch that is there already becomes longer, never shorter."""
    rows = [
        {
            "node": node,
            "next_hop": one.next_hop,
            "begun": one.begun,
            "proof": one.proof or "",
            "until": one.until,
        }
        for one in stretches
    ]
    if not rows:
        return
    row = insert_into(connection, given_proof)
    longer = row.excluded.until
    connection.execute(
        row.on_conflict_do_update(
            index_elements=[
                given_proof.c.node,
                given_proof.c.next_hop,
                given_proof.c.begun,
                given_proof.c.proof,
            ],
            set_={"until": longer},
            where=given_proof.c.until < longer,
        ),
        rows,
    )


def given_between(
    connection: Connection, next_hops: Iterable[str], begun: float, until: float
) -> dict[tuple[str, str], list[Given]]:
    """What was given for *next_hops* at some time between *begun* and *until*, by node and next hop."""
    found: dict[tuple[str, str], list[Given]] = {}
    wanted = sorted(set(next_hops))
    for first in range(0, len(wanted), _AT_ONCE):
        there = sa.select(given_proof).where(
            given_proof.c.next_hop.in_(wanted[first : first + _AT_ONCE]),
            given_proof.c.begun <= until,
            given_proof.c.until >= begun,
        )
        for row in connection.execute(there):
            proof = Proof(row.proof) if row.proof else None
            one = Given(row.next_hop, proof, row.begun, row.until)
            found.setdefault((row.node, row.next_hop), []).append(one)
    return found


def all_noted_since(connection: Connection, node: str, now: float) -> float:
    """From when on nothing is lost that a process gives which starts *now*: from ever if it is the node's first, as
    nothing was given before. Else another may have been killed just now."""
    if (
        connection.scalar(sa.select(given_noted.c.since).where(given_noted.c.node == node).limit(1))
        is not None
    ):
        return now
    all_noted(connection, node, 0.0, now)
    return 0.0


def all_noted(connection: Connection, node: str, since: float, until: float) -> None:
    """All that *node* gave between the two is written down: in the transaction of the last :func:`keep`."""
    # Of before a clock was set back: in that time something else is given now.
    connection.execute(
        given_noted.delete().where(
            given_noted.c.node == node, given_noted.c.since != since, given_noted.c.until > since
        )
    )
    row = insert_into(connection, given_noted).values(node=node, since=since, until=until)
    connection.execute(
        row.on_conflict_do_update(
            index_elements=[given_noted.c.node, given_noted.c.since], set_={"until": row.excluded.until}
        )
    )


def noted_between(connection: Connection, begun: float, until: float) -> dict[str, list[tuple[float, float]]]:
    """Stretches of time that meet the one between *begun* and *until*, and of which all is written down, by node."""
    found: dict[str, list[tuple[float, float]]] = {}
    there = sa.select(given_noted).where(given_noted.c.since <= until, given_noted.c.until >= begun)
    for row in connection.execute(there):
        found.setdefault(row.node, []).append((row.since, row.until))
    return found


def forget(engine: Engine, before: float, go_on: Callable[[], None] = lambda: None) -> None:
    """Delete what was given before that moment alone. In pieces; *go_on* is asked between two of them. Raises
    :class:`~segl.errors.StoreError`."""
    for table in (given_proof, given_noted):
        for moment in up_to(engine, table.c.until, before, go_on):
            with transaction(engine) as connection:
                connection.execute(table.delete().where(table.c.until < moment))
