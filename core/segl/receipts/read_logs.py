"""How far each node has read its own log, where several share a store.

Any node may write a receipt, and what it waits for may stand in the log of another: of the one whose Postfix delivered.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from segl.store.engine import insert_into
from segl.tables.receipts import log_read

NOTE_SECONDS: Final = 1.0  # between two notes of a node
# A node that noted nothing for so long does not run: its reports wait in its queue.
GONE_SECONDS: Final = 60.0


def note(connection: Connection, node: str, until: float, now: float) -> None:
    """All that *node*'s log held before the moment *until* is read."""
    row = insert_into(connection, log_read).values(node=node, until=until, at=now)
    changed = {"until": row.excluded.until, "at": row.excluded.at}
    connection.execute(row.on_conflict_do_update(index_elements=[log_read.c.node], set_=changed))


def read_everywhere(connection: Connection, node: str, until: float, now: float) -> float:
    """The moment until which every node that runs has read its log; *node*, who asks, to *until*."""
    others = sa.select(sa.func.min(log_read.c.until)).where(
        log_read.c.node != node, log_read.c.at > now - GONE_SECONDS
    )
    found = connection.scalar(others)
    return until if found is None else min(until, float(found))
