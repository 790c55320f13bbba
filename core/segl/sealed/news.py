"""What the sender of a sealed message has not been told yet, and which recipients are to be reminded.

Each piece of news is *claimed* in the store just before it is sent: whoever claims it sends it, and nobody else, on
whatever node. A process that dies in between leaves that one unsent; so a sender hears of a thing at most once. What
certainly did not go is given back and tried again.

A recipient may have several links to one mail: new ones (``segl sealed resend``), and those of a mail that was sealed
again because nobody knew whether the first notice went. News is about the person: opened by any of them is opened, one
that lies unopened beside it is no news, and nothing ends as long as another of hers goes on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from segl import audit
from segl.audit import Act
from segl.days import DAY_SECONDS
from segl.sealed.records import of_one_mail
from segl.store.engine import transaction
from segl.tables.sealed import sealed_message, sealed_recipient

# Older news is no news: after a long stop, or when telling was just turned on.
STALE_SECONDS: Final = 7 * DAY_SECONDS
MOST: Final = 500  # recipients in one round

Ids = tuple[str, ...]  # of rows of ``sealed_recipient``

_ROW: Final = sealed_recipient.c
_MESSAGE: Final = sealed_message.c


class NewsKind(StrEnum):
    """The words of ``portal.tell_sender``."""

    OPENED = "opened"
    ENDING = "ending"  # the recipient is reminded at the same time
    ENDED = "ended"


_MARKS: Final = {
    NewsKind.OPENED: _ROW.opened_told_at,
    NewsKind.ENDING: _ROW.reminded_at,
    NewsKind.ENDED: _ROW.ended_told_at,
}


@dataclass(frozen=True, slots=True)
class About:
    """One recipient of one message. Times are Unix seconds."""

    recipient_id: str
    recipient: str
    notified_at: float
    opened_at: float | None


@dataclass(frozen=True, slots=True)
class News:
    """Claimed news about one message. ``envelope_id`` is what receipts know it by."""

    kind: NewsKind
    message_id: str
    sender: str
    envelope_id: str | None
    created_at: float
    expires_at: float
    about: tuple[About, ...]


def due(engine: Engine, kind: NewsKind, now: float, *, reminder_seconds: float = 0.0) -> list[list[Ids]]:
    """Whose news of this *kind* is due: of each mail, who is to be claimed together. One person is, whatever links to
    the mail she has; of what the sender alone is told, the whole mail. Raises :class:`~segl.errors.StoreError`."""
    with transaction(engine) as connection:
        rows = connection.execute(_query(kind, now, reminder_seconds)).all()
    mails: dict[tuple[str, str], dict[str, list[str]]] = {}
    for row in rows:
        mail = (row.message_id, "") if row.envelope_id is None else (row.envelope_id, row.sender)
        whom = row.recipient if kind is NewsKind.ENDING else ""
        mails.setdefault(mail, {}).setdefault(whom, []).append(row.id)
    return [[tuple(ids) for ids in together.values()] for together in mails.values()]


def claim(
    engine: Engine, kind: NewsKind, among: Ids, now: float, *, reminder_seconds: float = 0.0
) -> list[News]:
    """What is still due *among* those who were a moment ago, now in the caller's hands; one for each message. Raises
    :class:`~segl.errors.StoreError`: then nothing is."""
    with transaction(engine) as connection:
        messages: dict[str, list[str]] = {}
        for row in connection.execute(_query(kind, now, reminder_seconds).where(_ROW.id.in_(among))):
            messages.setdefault(row.message_id, []).append(row.id)
        claimed = []
        for message_id, some in messages.items():  # one after the other: the next sees what this one tells
            ids = [one for one in some if _take(connection, kind, one, now)]
            if ids and (news := _told(connection, kind, message_id, ids)) is not None:
                claimed.append(news)
        return claimed


def give_back(engine: Engine, news: News) -> None:
    """It certainly did not go: another round may try. With it go back the other links of the same people that were
    claimed in that round and left out: else they would say that this was told."""
    mark = _MARKS[news.kind]
    ids, people = [one.recipient_id for one in news.about], [one.recipient for one in news.about]
    mail = sa.select(_MESSAGE.id).where(of_one_mail(news.message_id))
    with transaction(engine) as connection:
        claimed = connection.scalar(sa.select(mark).where(_ROW.id.in_(ids)).limit(1))
        theirs = _ROW.message_id.in_(mail) & _ROW.recipient.in_(people) & (mark == claimed)
        connection.execute(sealed_recipient.update().where(theirs).values({mark.key: None}))


def record_reminder(engine: Engine, recipient_id: str, now: float) -> None:
    with transaction(engine) as connection:
        audit.append(connection, Act.REMINDED, recipient_id, "segl-deliver", at=now)


def _query(
    kind: NewsKind, now: float, reminder_seconds: float
) -> sa.Select[tuple[str, str, str, str | None, str]]:
    """Mail by mail, and in the same order on every node."""
    named = _ROW.id, _ROW.message_id, _ROW.recipient, _MESSAGE.envelope_id, _MESSAGE.sender
    return (
        sa.select(*named)
        .join(sealed_message, _MESSAGE.id == _ROW.message_id)
        .where(_MARKS[kind].is_(None), _ROW.notified_at.is_not(None), *_due(kind, now, reminder_seconds))
        .order_by(
            sa.func.coalesce(_MESSAGE.envelope_id, _MESSAGE.id),
            *(_ROW.message_id, _ROW.notified_at.desc(), _ROW.id),
        )
        .limit(MOST)
    )


def _due(kind: NewsKind, now: float, reminder_seconds: float) -> tuple[sa.ColumnElement[bool], ...]:
    match kind:
        case NewsKind.OPENED:
            return (_ROW.opened_at.is_not(None), _ROW.opened_at > now - STALE_SECONDS)
        case NewsKind.ENDING:
            return (
                _ROW.opened_at.is_(None),
                _ROW.server_secret.is_not(None),
                _MESSAGE.expires_at > now,
                _MESSAGE.expires_at <= now + reminder_seconds,
            )
        case NewsKind.ENDED:
            return (
                _ROW.opened_at.is_(None),
                _ROW.revoked_at.is_(None),
                _ROW.server_secret.is_(None),
                _MESSAGE.expires_at <= now,
                _MESSAGE.expires_at > now - STALE_SECONDS,
            )


def _take(connection: Connection, kind: NewsKind, recipient_id: str, now: float) -> bool:
    mark = _MARKS[kind]
    claimed = sealed_recipient.update().where(_ROW.id == recipient_id, mark.is_(None))
    return bool(connection.execute(claimed.values({mark.key: now})).rowcount)


def _told(connection: Connection, kind: NewsKind, message_id: str, ids: Sequence[str]) -> News | None:
    """*ids* as news: one of each person, and only if no other link of hers says otherwise."""
    message = connection.execute(sa.select(sealed_message).where(_MESSAGE.id == message_id)).one()
    every = sa.select(sealed_recipient, _MESSAGE.expires_at).join(sealed_message)
    rows = connection.execute(every.where(of_one_mail(message_id))).all()
    about: dict[str, About] = {}
    for row in rows:
        if row.id not in ids or row.recipient in about:
            continue
        others = [other for other in rows if other.recipient == row.recipient]
        if kind is not NewsKind.OPENED:
            if any(other.opened_at is not None or _outlives(other, row) for other in others):
                continue
            # what ended sooner may be marked without a word, because this one went on
            others = [other for other in others if other.expires_at >= row.expires_at]
        if any(getattr(other, _MARKS[kind].key) is not None for other in others if other.id not in ids):
            continue
        latest = max(other.notified_at or 0.0 for other in others)
        about[row.recipient] = About(row.id, row.recipient, latest, row.opened_at)
    if not about:
        return None
    return News(
        kind=kind,
        message_id=message_id,
        sender=message.sender,
        envelope_id=message.envelope_id,
        created_at=message.created_at,
        expires_at=message.expires_at,
        about=tuple(about.values()),
    )


def _outlives(other: sa.Row[Any], row: sa.Row[Any]) -> bool:
    """Whether *other* can be opened when *row* has ended."""
    there = other.server_secret is not None and other.notified_at is not None
    return there and bool(other.expires_at > row.expires_at)
