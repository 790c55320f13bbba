"""Finding sent messages in the store, for whoever asks what became of them."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from segl.receipts.records import SentMessage, with_lines
from segl.receipts.states import State
from segl.store.beginnings import LEAST_OF_ID, begins
from segl.tables.receipts import sent_message, sent_recipient

_BATCH: Final = 500


def find(connection: Connection, name: str) -> list[SentMessage]:
    """Messages by envelope id (or its beginning) or Message-ID (with or without angle
    brackets), the newest first."""
    names = {name, f"<{name.strip('<>')}>"}
    wanted = sa.or_(sent_message.c.id.in_(names), sent_message.c.message_id.in_(names))
    if len(name) >= LEAST_OF_ID:
        wanted = sa.or_(wanted, begins(sent_message.c.id, name))
    rows = connection.execute(sa.select(sent_message).where(wanted).order_by(sent_message.c.at.desc())).all()
    return with_lines(connection, rows)


def latest(
    connection: Connection,
    limit: int,
    *,
    sender: str = "",
    state: State | None = None,
    among: sa.Select[tuple[str]] | None = None,
) -> list[SentMessage]:
    """The newest messages; of one *sender*, with a recipient whose line is in *state*, *among* those ids."""
    query = sa.select(sent_message).order_by(sent_message.c.at.desc(), sent_message.c.id)
    if among is not None:
        query = query.where(sent_message.c.id.in_(among))
    if sender:
        query = query.where(sa.func.lower(sent_message.c.sender) == sender.lower())
    if state is None:
        return with_lines(connection, connection.execute(query.limit(limit)).all())
    # rows are what each instance said, and lines what is so: the rows only narrow down where to look
    if state is State.PENDING:
        query = query.where(sa.not_(sent_message.c.told_final))
    else:
        has = sa.select(sent_recipient.c.message_id).where(sent_recipient.c.state == state.value)
        query = query.where(sent_message.c.id.in_(has))
    found: list[SentMessage] = []
    begin = 0
    while len(found) < limit and (rows := connection.execute(query.limit(_BATCH).offset(begin)).all()):
        begin += len(rows)
        found += (one for one in with_lines(connection, rows) if _has(one, state))
    return found[:limit]


def _has(message: SentMessage, state: State) -> bool:
    unheard = state is State.PENDING and message.unheard > 0
    return unheard or any(line.state is state for line in message.lines)
