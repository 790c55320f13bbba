"""Which sent messages stand in a daily digest, and what became of the digests themselves.

A message stands in each digest once for what was known then: one that changes afterwards stands in a later one again.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from segl.days import DAY_SECONDS
from segl.receipts.records import SentMessage, with_lines
from segl.store.engine import insert_into
from segl.tables.receipts import digest_refusal, sent_message

_FORGOTTEN_SECONDS = 30 * DAY_SECONDS


class Reader(StrEnum):
    """Who gets a digest."""

    SENDER = "sender"
    JOURNAL = "journal"


def domains_since(connection: Connection, since: float) -> list[str]:
    """Whose senders have messages that changed since *since*: those below an own domain, too, which stand in no table
    of the settings."""
    c = sent_message.c
    return list(
        connection.scalars(sa.select(c.domain).distinct().where(c.changed_at >= since).order_by(c.domain))
    )


def for_digest(connection: Connection, domain: str, since: float) -> list[SentMessage]:
    """Messages of *domain* of which there is more to tell than a digest told, to the sender or to the journal, and
    which have changed since *since*; the oldest first."""
    c = sent_message.c
    more = (sa.or_(at.is_(None), at < c.changed_at) for at in (c.digested_at, c.digest_copied_at))
    wanted = sa.and_(c.domain == domain, c.changed_at >= since, sa.or_(*more))
    return with_lines(
        connection, connection.execute(sa.select(sent_message).where(wanted).order_by(c.at)).all()
    )


def mark_digested(connection: Connection, ids: Iterable[str], at: float, reader: Reader) -> None:
    """They stood in a digest for *reader* as they were at the moment *at*, or never will."""
    marked = {"digested_at" if reader is Reader.SENDER else "digest_copied_at": at}
    for message_id in ids:
        connection.execute(sent_message.update().where(sent_message.c.id == message_id).values(marked))


def refused(connection: Connection, sender: str, reader: Reader, at: float) -> int:
    """*sender*'s digest was refused by *reader* at the moment *at*; how many times in a row that is."""
    row = insert_into(connection, digest_refusal).values(
        sender=sender.lower(), reader=reader.value, times=1, at=at
    )
    again = {"times": digest_refusal.c.times + 1, "at": row.excluded.at}
    keys = list(digest_refusal.primary_key)
    connection.execute(row.on_conflict_do_update(index_elements=keys, set_=again))
    one = _refusal(sender, reader)
    return int(connection.scalar(sa.select(digest_refusal.c.times).where(one)) or 0)


def taken(connection: Connection, sender: str, reader: Reader) -> None:
    """Refusals are counted from the beginning."""
    connection.execute(digest_refusal.delete().where(_refusal(sender, reader)))


def forget_refusals(connection: Connection, now: float) -> None:
    """Of senders who have had none since."""
    connection.execute(digest_refusal.delete().where(digest_refusal.c.at < now - _FORGOTTEN_SECONDS))


def _refusal(sender: str, reader: Reader) -> sa.ColumnElement[bool]:
    return sa.and_(digest_refusal.c.sender == sender.lower(), digest_refusal.c.reader == reader.value)
