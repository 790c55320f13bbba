"""Sealed messages as a postmaster sees them: who wrote to whom, and what became of it. No secret, no content."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from segl.addresses import domain_of
from segl.store.beginnings import begins
from segl.store.engine import transaction
from segl.tables.sealed import sealed_answer, sealed_message, sealed_recipient, sealed_spare


def _everything(_domain: str) -> bool:
    return True


class State(StrEnum):
    """Of one recipient's copy."""

    UNSENT = "unsent"  # its notice has not gone
    WAITING = "waiting"  # not opened yet
    OPENED = "opened"
    ANSWERED = "answered"
    EXPIRED = "expired"
    REVOKED = "revoked"


@dataclass(frozen=True, slots=True)
class CopySeen:
    """One recipient's copy. Times are Unix seconds, ``None``: it has not happened."""

    id: str
    recipient: str
    state: State
    phone: str | None
    phrase: bool
    notified_at: float | None
    opened_at: float | None
    answered_at: float | None
    reminded_at: float | None
    revoked_at: float | None
    answers: int


@dataclass(frozen=True, slots=True)
class MessageSeen:
    """A message. ``live``: somebody can still open it. ``spare``: a new link can be made."""

    id: str
    sender: str
    size: int
    created_at: float
    expires_at: float
    envelope_id: str | None
    live: bool
    spare: bool
    copies: tuple[CopySeen, ...]


def find_messages(
    engine: Engine, prefix: str, shows: Callable[[str], bool] = _everything
) -> list[MessageSeen]:
    """Those whose id, or the id of one of whose copies, begins with *prefix*; *shows* says of a sender's domain whether
    its messages are shown."""
    message, copy = sealed_message.c, sealed_recipient.c
    by_copy = sa.select(copy.message_id).where(begins(copy.id, prefix))
    mine = begins(message.id, prefix) | message.id.in_(by_copy)
    return _seen(engine, sa.select(sealed_message).where(mine), shows, limit=2)


def list_messages(
    engine: Engine,
    *,
    sender: str | None = None,
    recipient: str | None = None,
    live: bool | None = None,
    limit: int = 50,
    shows: Callable[[str], bool] = _everything,
) -> list[MessageSeen]:
    """The newest first. *sender* and *recipient* are addresses, or parts of them; case makes no difference. *shows* as
    of :func:`find_messages`."""
    message, copy = sealed_message.c, sealed_recipient.c
    query = sa.select(sealed_message).order_by(message.created_at.desc())
    if sender:
        query = query.where(message.sender.icontains(sender, autoescape=True))
    if recipient:
        theirs = sa.select(copy.message_id).where(copy.recipient.icontains(recipient, autoescape=True))
        query = query.where(message.id.in_(theirs))
    if live is not None:
        query = query.where(message.removed_at.is_(None) if live else message.removed_at.is_not(None))
    return _seen(engine, query, shows, limit)


def _seen(
    engine: Engine, query: sa.Select[tuple[object, ...]], shows: Callable[[str], bool], limit: int
) -> list[MessageSeen]:
    with transaction(engine) as connection:
        every = connection.execute(query.execution_options(yield_per=500))
        messages = list(islice((row for row in every if shows(domain_of(row.sender))), limit))
        every.close()
        ids = [row.id for row in messages]
        answers = sa.select(sealed_answer.c.recipient_id, sa.func.count()).group_by(
            sealed_answer.c.recipient_id
        )
        mine = sealed_recipient.c.message_id.in_(ids)
        counts = {
            row[0]: int(row[1])
            for row in connection.execute(
                answers.where(sealed_answer.c.recipient_id.in_(sa.select(sealed_recipient.c.id).where(mine)))
            )
        }
        copies = connection.execute(
            sa.select(sealed_recipient).where(mine).order_by(sealed_recipient.c.recipient)
        ).all()
        spares = set(
            connection.scalars(sa.select(sealed_spare.c.message_id).where(sealed_spare.c.message_id.in_(ids)))
        )
    return [
        MessageSeen(
            id=row.id,
            sender=row.sender,
            size=row.size,
            created_at=row.created_at,
            expires_at=row.expires_at,
            envelope_id=row.envelope_id,
            live=row.removed_at is None,
            spare=row.id in spares,
            copies=tuple(_copies(row.id, copies, counts)),
        )
        for row in messages
    ]


def _copies(
    message_id: str, rows: Sequence[sa.Row[tuple[object, ...]]], counts: dict[str, int]
) -> Iterator[CopySeen]:
    for row in rows:
        if row.message_id == message_id:
            yield CopySeen(
                id=row.id,
                recipient=row.recipient,
                state=_state(row),
                phone=row.phone,
                phrase=row.phrase_hash is not None,
                notified_at=row.notified_at,
                opened_at=row.opened_at,
                answered_at=row.answered_at,
                reminded_at=row.reminded_at,
                revoked_at=row.revoked_at,
                answers=counts.get(row.id, 0),
            )


def _state(row: sa.Row[tuple[object, ...]]) -> State:
    if row.revoked_at is not None:
        return State.REVOKED
    if row.server_secret is None:
        return State.EXPIRED
    if row.answered_at is not None:
        return State.ANSWERED
    if row.opened_at is not None:
        return State.OPENED
    return State.WAITING if row.notified_at is not None else State.UNSENT
