"""How many messages wait on hold, node by node: what `segl hold tell` sees each minute, for segl-deliver to show.

Times are Unix seconds. Raises :class:`~segl.errors.StoreError` from every function.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from segl.days import DAY_SECONDS
from segl.store.engine import insert_into, transaction
from segl.tables.hold import held_look

# A node that was taken out of service is no alarm after this; one that is down has others.
KEPT_SECONDS: Final = DAY_SECONDS


@dataclass(frozen=True, slots=True)
class HeldLook:
    """What one node's look at its hold queue gave. ``oldest_at``: when the one came in that has waited longest."""

    host: str
    at: float
    messages: int
    oldest_at: float | None


def note(engine: Engine, look: HeldLook) -> None:
    values = {"at": look.at, "messages": look.messages, "oldest_at": look.oldest_at}
    with transaction(engine) as connection:
        connection.execute(
            insert_into(connection, held_look)
            .values(host=look.host, **values)
            .on_conflict_do_update(index_elements=[held_look.c.host], set_=values)
        )


def lately(engine: Engine, now: float) -> list[HeldLook]:
    """The last look of each node that looked within a day."""
    query = sa.select(held_look).where(held_look.c.at >= now - KEPT_SECONDS).order_by(held_look.c.host)
    with transaction(engine) as connection:
        return [HeldLook(*row) for row in connection.execute(query)]
