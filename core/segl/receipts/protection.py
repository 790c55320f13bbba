"""What Postfix's log said: how deliveries were protected (table ``tls_evidence``), whose copies wait
(``waiting_copy``), and of which messages it said anything (``logged_queue``)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from segl.addresses import mailbox_key
from segl.store.engine import insert_into, transaction
from segl.store.pieces import PIECE, pause
from segl.tables.receipts import logged_queue, sent_recipient, tls_evidence, waiting_copy

_OF_LOG: Final = (tls_evidence, waiting_copy, logged_queue)


@dataclass(frozen=True, slots=True)
class Protection:
    """One delivery to one recipient by forced TLS, by ``node``. It ended at ``at`` and was taken up at ``begun``, as
    far as the log tells. ``level`` is Postfix's word: ``Verified``, ``Trusted``,
    ``Untrusted``, ``Anonymous``; ``version`` and ``cipher`` are OpenSSL's names."""

    queue_id: str
    recipient: str
    at: float
    host: str
    level: str
    version: str
    cipher: str
    begun: float | None = None
    node: str = ""


def keep(connection: Connection, found: Iterable[Protection]) -> None:
    """Write down; what is there already stays."""
    for one in found:
        values: dict[str, Any] = {
            "queue_id": one.queue_id,
            "recipient": one.recipient,
            "at": one.at,
            "host": one.host,
            "level": one.level,
            "version": one.version,
            "cipher": one.cipher,
            "begun": one.begun,
            "node": one.node,
        }
        connection.execute(insert_into(connection, tls_evidence).values(values).on_conflict_do_nothing())


def of_queue(connection: Connection, queue_ids: Iterable[str]) -> dict[tuple[str, str], Protection]:
    """By queue id and recipient (:func:`segl.addresses.mailbox_key`)."""
    found: dict[tuple[str, str], Protection] = {}
    for queue_id in set(queue_ids):
        query = sa.select(tls_evidence).where(tls_evidence.c.queue_id == queue_id)
        for row in connection.execute(query):
            one = Protection(
                row.queue_id,
                row.recipient,
                row.at,
                row.host,
                row.level,
                row.version,
                row.cipher,
                row.begun,
                row.node,
            )
            found[queue_id, mailbox_key(row.recipient)] = one
    return found


@dataclass(frozen=True, slots=True)
class Waiting:
    """One try of the secure instance that is to be repeated."""

    queue_id: str
    recipient: str
    at: float


def keep_waiting(connection: Connection, found: Iterable[Waiting]) -> None:
    """Write down who waits; twice is as good as once."""
    for one in found:
        row = insert_into(connection, waiting_copy).values(
            queue_id=one.queue_id, recipient=one.recipient, at=one.at
        )
        connection.execute(row.on_conflict_do_nothing())


def waiting_in(connection: Connection, queue_ids: Iterable[str]) -> dict[str, list[str]]:
    """Whose copies ever waited, by queue id."""
    found: dict[str, list[str]] = {}
    ids = sorted(set(queue_ids))
    for begin in range(0, len(ids), 500):
        query = sa.select(waiting_copy).where(waiting_copy.c.queue_id.in_(ids[begin : begin + 500]))
        for row in connection.execute(query.order_by(waiting_copy.c.recipient)):
            found.setdefault(row.queue_id, []).append(row.recipient)
    return found


def keep_logged(connection: Connection, found: Mapping[str, float]) -> None:
    """Write down which queue ids a log named, and when."""
    if found:
        rows = [{"queue_id": queue_id, "at": at} for queue_id, at in sorted(found.items())]
        connection.execute(insert_into(connection, logged_queue).on_conflict_do_nothing(), rows)


def are_logged(connection: Connection, queue_ids: Iterable[str]) -> bool:
    """Whether a log that was read named all of them: else it is another node's, or one that nobody writes any more."""
    wanted = set(queue_ids)
    query = sa.select(sa.func.count()).select_from(logged_queue).where(logged_queue.c.queue_id.in_(wanted))
    return not wanted or connection.scalar(query) == len(wanted)


def forget_of(connection: Connection, messages: sa.Select[tuple[str]]) -> None:
    """Delete what the log said of *messages* (ids): nothing of them stays when they go."""
    theirs = sa.select(sent_recipient.c.queue_id).where(sent_recipient.c.message_id.in_(messages))
    for table in _OF_LOG:
        connection.execute(table.delete().where(table.c.queue_id.in_(theirs)))


def forget_orphans(engine: Engine, before: float, go_on: Callable[[], None] = lambda: None) -> None:
    """Delete what was said before that moment of no message that is known. Looked for first, which takes seconds and
    keeps nobody waiting, then deleted in pieces; *go_on* is asked between two of them. Raises
    :class:`~segl.errors.StoreError`.

    By EXCEPT: for NOT IN, PostgreSQL looks through all that are known for each row, once they are too many for its
    ``work_mem``; for NOT EXISTS, SQLite does."""
    known = sa.select(sent_recipient.c.queue_id)
    for table in _OF_LOG:
        old = table.c.at < before
        with transaction(engine) as connection:
            some = connection.scalar(sa.select(sa.exists().where(old)))
            orphans = sa.select(table.c.queue_id).where(old).except_(known)
            found = connection.scalars(orphans).all() if some else []
        for first in range(0, len(found), PIECE):
            pause(go_on)
            with transaction(engine) as connection:
                theirs = table.c.queue_id.in_(found[first : first + PIECE])
                connection.execute(table.delete().where(old, theirs))
