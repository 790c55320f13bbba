"""Answers in the store (table ``sealed_answer``) and among the sealed files.

An answer is there from the moment its row is committed; its file was on disk before that. From then on it can be
handed on, by one process at a time: whoever does it says until when (``sending_until``), so that one that was killed
holds nobody back for longer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from segl.sealed.content import SealedContent
from segl.sealed.directory import is_id
from segl.sealed.keys import Place, Secret, unwrap_answer
from segl.sealed.storage import SealedStorage
from segl.store.engine import insert_into, transaction
from segl.tables.sealed import sealed_answer, sealed_message, sealed_recipient
from segl_portal.answering.outcome import AnswerFault, Why

HOUR: Final = 3600.0
_APART: Final = 300.0  # seconds; by less the clocks of two nodes differ
_row = sealed_answer.c


@dataclass(frozen=True, slots=True)
class KeptAnswer:
    """One answer's row. Times are Unix seconds; ``handed_on_at`` is none until the sender's Postfix has it, and
    ``sending_until`` unless a process is at it."""

    id: str
    recipient_id: str
    size: int
    wrapped_key: bytes
    created_at: float
    handed_on_at: float | None = None
    sending_until: float | None = None


@dataclass(frozen=True, slots=True)
class Room:
    """How much one recipient may answer to one message: in all, and within an hour."""

    answers: int
    an_hour: int


def place_of(answer: KeptAnswer) -> Place:
    return Place(bytes.fromhex(answer.id), bytes.fromhex(answer.recipient_id))


def check_room(connection: Connection, recipient_id: str, room: Room, now: float) -> None:
    """Raises :class:`AnswerFault` when the message is gone, or there are more answers than *room*."""
    alive = (
        sa.select(sealed_recipient.c.id)
        .join(sealed_message, sealed_message.c.id == sealed_recipient.c.message_id)
        .where(sealed_recipient.c.id == recipient_id)
        .where(sealed_recipient.c.server_secret.is_not(None), sealed_message.c.expires_at > now)
    )
    if connection.scalar(alive) is None:
        raise AnswerFault(Why.GONE)
    count = sa.select(sa.func.count()).where(_row.recipient_id == recipient_id)
    if connection.scalars(count).one() > room.answers:
        raise AnswerFault(Why.TOO_MANY_ANSWERS)
    if connection.scalars(count.where(_row.created_at.between(now - HOUR, now + HOUR))).one() > room.an_hour:
        raise AnswerFault(Why.TOO_SOON)


def keep(engine: Engine, answer: KeptAnswer, once: bytes, room: Room) -> KeptAnswer:
    """Write the row; on disk on return. The row of the same form sent before, when there is one."""
    values = {
        "id": answer.id,
        "recipient_id": answer.recipient_id,
        "size": answer.size,
        "wrapped_key": answer.wrapped_key,
        "created_at": answer.created_at,
        "once": once,
    }
    # Her answers are counted one after the other: SQLite lets one process write at a time, PostgreSQL is told to wait.
    hers = (
        sa.select(sealed_recipient.c.id).where(sealed_recipient.c.id == answer.recipient_id).with_for_update()
    )
    with transaction(engine) as connection:
        if connection.scalar(hers) is None:
            raise AnswerFault(Why.GONE)
        new = insert_into(connection, sealed_answer).values(**values)
        new = new.on_conflict_do_nothing(index_elements=[_row.once])
        if connection.scalar(new.returning(_row.id)) is None:
            query = _select().where(_row.once == once, _row.recipient_id == answer.recipient_id)
            found = connection.execute(query).one_or_none()
            if found is None:  # forgotten at this very moment
                raise AnswerFault(Why.GONE)
            return _kept(found)
        check_room(connection, answer.recipient_id, room, answer.created_at)
    return answer


def answers_of(engine: Engine, recipient_id: str) -> list[KeptAnswer]:
    """The oldest first."""
    with transaction(engine) as connection:
        query = _select().where(_row.recipient_id == recipient_id).order_by(_row.created_at, _row.id)
        return [_kept(row) for row in connection.execute(query)]


def find(engine: Engine, recipient_id: str, answer_id: str) -> KeptAnswer | None:
    """This recipient's answer of that id."""
    if not is_id(answer_id):
        return None
    with transaction(engine) as connection:
        query = _select().where(_row.id == answer_id, _row.recipient_id == recipient_id)
        row = connection.execute(query).one_or_none()
    return None if row is None else _kept(row)


def content_of(directory: SealedStorage, answer: KeptAnswer, answers: Secret) -> SealedContent:
    """The mail. Raises :class:`OSError`, :class:`~segl.sealed.keys.WrongSecret`,
    :class:`~segl.sealed.content.NotOpened`."""
    key = unwrap_answer(answer.wrapped_key, answers, place_of(answer))
    return SealedContent(directory.open(answer.id), key, answer.id, answer.size)


def claim(engine: Engine, answer_id: str, now: float, until: float) -> bool:
    """Whether the caller is to hand it on now: nobody has, and nobody is at it. One who would be at it for longer than
    we shall was killed while the clock was ahead."""
    over = (_row.sending_until <= now) | (_row.sending_until > until + _APART)
    free = _row.sending_until.is_(None) | over
    with transaction(engine) as connection:
        statement = sealed_answer.update().where(_row.id == answer_id, _row.handed_on_at.is_(None), free)
        return bool(connection.execute(statement.values(sending_until=until)).rowcount)


def release(engine: Engine, answer_id: str) -> None:
    """It was not handed on; the next try may begin."""
    with transaction(engine) as connection:
        connection.execute(sealed_answer.update().where(_row.id == answer_id).values(sending_until=None))


def handed_on(engine: Engine, answer: KeptAnswer, now: float, also: Callable[[Connection], None]) -> None:
    """The sender's Postfix has it. *also* is done in the same transaction. Nothing is where what she answered is gone
    meanwhile: her answer went all the same."""
    with transaction(engine) as connection:
        try:
            _one_by_one(connection, answer.recipient_id)
        except AnswerFault:
            return
        statement = sealed_answer.update().where(_row.id == answer.id)
        connection.execute(statement.values(sending_until=None, handed_on_at=now))
        also(connection)


def _one_by_one(connection: Connection, recipient_id: str) -> None:
    """Whoever writes about her answers takes her row first. So they are counted one after the other, and no two
    processes wait for each other, each with what the other wants. SQLite has one writer at a time anyhow."""
    hers = sa.select(sealed_recipient.c.id).where(sealed_recipient.c.id == recipient_id)
    if connection.scalar(hers.with_for_update()) is None:
        raise AnswerFault(Why.GONE)


def forget(engine: Engine, directory: SealedStorage, answer_id: str) -> None:
    """It can never be handed on. The row first: a file without one is swept."""
    with transaction(engine) as connection:
        connection.execute(sealed_answer.delete().where(_row.id == answer_id))
    directory.remove(answer_id)


def _select() -> sa.Select[Any]:
    return sa.select(
        *(_row.id, _row.recipient_id, _row.size, _row.wrapped_key),
        *(_row.created_at, _row.handed_on_at, _row.sending_until),
    )


def _kept(row: sa.Row[Any]) -> KeptAnswer:
    return KeptAnswer(
        *(row.id, row.recipient_id, row.size, row.wrapped_key),
        *(row.created_at, row.handed_on_at, row.sending_until),
    )
