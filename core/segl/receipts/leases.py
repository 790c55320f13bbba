"""Which sent messages are due to be looked at, and whose they are meanwhile: several nodes work on one store.

Who takes a message moves its time on by a lease. If he dies it is due again when that ends.
"""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from segl.receipts.due import SETTLE_BAD
from segl.tables.receipts import sent_message

LEASE_SECONDS: Final = 30.0


def take_due(connection: Connection, now: float, limit: int) -> list[str]:
    """The ids of messages to be looked at now, the longest due first; they are the caller's for a lease. What another
    node holds at this moment is passed over: it is being written about, or taken."""
    due = connection.execute(
        sa.select(sent_message.c.id, sent_message.c.due_at)
        .where(sent_message.c.due_at <= now)
        .order_by(sent_message.c.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    ).all()
    mine = []
    for row in due:
        taken = connection.execute(
            sent_message.update()
            .where(sent_message.c.id == row.id, sent_message.c.due_at == row.due_at)
            .values(due_at=now + LEASE_SECONDS)
        )
        if taken.rowcount:
            mine.append(row.id)
    return mine


def renew(connection: Connection, message_id: str, now: float) -> None:
    """Lengthen the lease of one that is in hand; news of it and later looks keep their time."""
    leased = sent_message.c.due_at.between(now + SETTLE_BAD, now + LEASE_SECONDS)
    row = sent_message.update().where(sent_message.c.id == message_id, leased)
    connection.execute(row.values(due_at=now + LEASE_SECONDS))


def next_due(connection: Connection) -> float | None:
    """When the first message is due."""
    found = connection.scalar(sa.select(sa.func.min(sent_message.c.due_at)))
    return None if found is None else float(found)


def put_off(connection: Connection, message_id: str, now: float, seconds: float) -> None:
    """It is to be looked at after so many *seconds*; what news that came meanwhile made due sooner stays so."""
    no_news = sa.or_(sent_message.c.due_at.is_(None), sent_message.c.due_at > now + SETTLE_BAD)
    row = sent_message.update().where(sent_message.c.id == message_id, no_news)
    connection.execute(row.values(due_at=now + seconds))
