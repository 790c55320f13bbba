"""What becomes of a sealed message after its notice went: opened, answered, extended, revoked, expired.

Each step writes its line of the audit trail in the same transaction. Revoking and expiring *shred*: the server's half
of the key is deleted, and with it every copy of the file, wherever it lies, is worthless (docs/sealed-format.md,
"Forgetting"). A message is revoked at once for all; whoever reads at that moment keeps what the browser has shown.

One mail may be several sealed messages: whom Postfix handed over later has one of her own, and who was told twice has
two. They bear the same ``envelope_id`` and sender, and are revoked together: the sender knows but one mail.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from segl import audit
from segl.audit import Act
from segl.clock import AHEAD_SECONDS
from segl.days import DAY_SECONDS
from segl.sealed.records import lock_mail, of_one_mail
from segl.sealed.storage import SealedStorage
from segl.store.engine import forget_deleted, transaction
from segl.store.pieces import pause
from segl.tables.sealed import (
    portal_count,
    portal_visit,
    sealed_answer,
    sealed_message,
    sealed_recipient,
    sealed_spare,
)

# A row whose notice was never accepted has a link nobody holds: the try after it made another.
UNNOTIFIED_SECONDS: Final = DAY_SECONDS
_HOUSEKEEPING: Final = "segl-deliver"
_AT_ONCE: Final = 200  # messages in one transaction
_DAYS_END: Final = 40_000
_LONGEST_VISIT: Final = 3 * DAY_SECONDS  # portal.visit_hours is at most 48
# For some recipient a copy of the same mail may still wait, five days in the front's queue and as long in that of the
# secure instance unless the site has it otherwise. When its turn comes it must be known that the mail was taken back.
REVOKED_SECONDS: Final = 14 * DAY_SECONDS


def mark_opened(connection: Connection, recipient_id: str, now: float, *, actor: str) -> None:
    """The right code was given, and the content is shown next."""
    row = sealed_recipient.c
    first = connection.execute(
        sealed_recipient.update().where(row.id == recipient_id, row.opened_at.is_(None)).values(opened_at=now)
    ).rowcount
    audit.append(connection, Act.OPENED, recipient_id, actor, at=now, first=bool(first))


def mark_answered(
    connection: Connection, recipient_id: str, answer_id: str, now: float, *, actor: str
) -> None:
    """An answer was taken; in the transaction that keeps it."""
    connection.execute(
        sealed_recipient.update().where(sealed_recipient.c.id == recipient_id).values(answered_at=now)
    )
    audit.append(connection, Act.ANSWERED, recipient_id, actor, at=now, answer=answer_id)


def revoke(
    engine: Engine, directory: SealedStorage, message_id: str, now: float, *, actor: str
) -> tuple[str, ...]:
    """Nobody can open the message any more, nor what else was sealed of the same mail. Returns those that somebody
    could open until now."""
    message, row = sealed_message.c, sealed_recipient.c
    with transaction(engine) as connection:
        mail = sa.select(message.envelope_id).where(message.id == message_id)
        lock_mail(connection, connection.scalar(mail))
        living = sealed_message.update().where(message.removed_at.is_(None), of_one_mail(message_id))
        ids = connection.scalars(living.values(removed_at=now).returning(message.id)).all()
        live = (row.message_id.in_(ids), row.server_secret.is_not(None))
        of_each = Counter(connection.scalars(sa.select(row.message_id).where(*live)))
        connection.execute(sealed_recipient.update().where(*live).values(server_secret=None, revoked_at=now))
        _forget_around(connection, ids)
        answers = _answers_of(connection, ids)
        for one in ids:
            audit.append(connection, Act.REVOKED, one, actor, at=now, recipients=of_each[one])
    if not ids:
        return ()
    forget_deleted(engine)
    _take_files_away(directory, (*ids, *answers))
    return tuple(sorted(of_each))


def extend(engine: Engine, message_id: str, until: float, now: float, *, actor: str) -> bool:
    """The message can be read up to *until*; its recipients may be reminded anew, and wrong codes count anew. False
    when it is gone.

    Those are counted for a copy with this end (:mod:`segl_portal.visits.service`): some millionths of a second, which
    no other extension has, make it another end where the day is the same."""
    until += now % DAY_SECONDS / 1_000_000
    with transaction(engine) as connection:
        message = sealed_message.update().where(
            sealed_message.c.id == message_id,
            sealed_message.c.removed_at.is_(None),
            sealed_message.c.expires_at > now,
        )
        if not connection.execute(message.values(expires_at=until)).rowcount:
            return False
        connection.execute(
            sealed_recipient.update()
            .where(sealed_recipient.c.message_id == message_id)
            .values(reminded_at=None)
        )
        audit.append(connection, Act.EXTENDED, message_id, actor, at=now, until=until)
    return True


def shred_expired(
    engine: Engine,
    directory: SealedStorage,
    now: float,
    go_on: Callable[[], None] = lambda: None,
    count: Callable[[int], None] = lambda _: None,
) -> int:
    """Delete the server's half of every expired key, and the files that nobody can open any more.

    Rows stay as a record without a secret. Recipients that never got a link (a process died before the notice
    went) go when a day old. Returns how many secrets were deleted, and tells *count* before there is more to do. What
    *go_on* raises ends it between two steps.
    """
    message, row = sealed_message.c, sealed_recipient.c
    stale = row.notified_at.is_(None) & (message.created_at <= now - UNNOTIFIED_SECONDS)
    over = sa.exists().where(message.id == row.message_id, (message.expires_at <= now) | stale)
    lapsed = sa.and_(row.server_secret.is_not(None), over)
    # Looked for first: going through all that were ever sealed takes a while, and who writes keeps others waiting.
    with transaction(engine) as connection:
        found = connection.scalars(sa.select(row.id).where(lapsed)).all()
    secrets = 0
    for first in range(0, len(found), _AT_ONCE):
        if first:
            pause(go_on)
        some = row.id.in_(found[first : first + _AT_ONCE])
        with transaction(engine) as connection:  # one may have been given another end meanwhile
            shred = sealed_recipient.update().where(some, lapsed).values(server_secret=None)
            secrets += connection.execute(shred).rowcount
        count(secrets)
    forget_deleted(engine)  # also what somebody's reading kept in the log when it was deleted in between
    while _take_away_dead(engine, directory, now) == _AT_ONCE:
        go_on()
    return secrets


def _take_away_dead(engine: Engine, directory: SealedStorage, now: float) -> int:
    """What lies about messages that no recipient can open any more; at most so many at a time."""
    message, row = sealed_message.c, sealed_recipient.c
    openable = sa.exists().where(row.message_id == message.id, row.server_secret.is_not(None))
    dying = sa.select(message.id).where(message.removed_at.is_(None), ~openable)
    with transaction(engine) as connection:
        dead = sorted(connection.scalars(dying.limit(_AT_ONCE)))  # all nodes lock them in the same order
        # another node may be at the same: what it has marked since then is its own to finish
        dead = [
            one
            for one in dead
            if connection.execute(
                sealed_message.update()
                .where(message.id == one, message.removed_at.is_(None))
                .values(removed_at=now)
            ).rowcount
        ]
        answers = _answers_of(connection, dead)
        _forget_around(connection, dead)
        for message_id in dead:
            audit.append(connection, Act.EXPIRED, message_id, _HOUSEKEEPING, at=now)
    if dead:
        forget_deleted(engine)  # the spare keys
    _take_files_away(directory, (*dead, *answers))
    return len(dead)


def _take_files_away(directory: SealedStorage, files: Sequence[str]) -> None:
    """Their keys are gone already. One that stays, because we die here or the place does not answer, is no longer
    known: the sweep takes it. After the first that does not go the others are left to it: each might wait for long."""
    for file in files:
        if not directory.remove(file):
            break


def forget_ended(engine: Engine, now: float, keep_seconds: float) -> int:
    """Delete the rows of messages that have been gone for *keep_seconds*, of revoked ones for :data:`REVOKED_SECONDS`
    at least: who wrote to whom is personal data, too. The audit trail keeps its entries. Returns how many messages."""
    message, row = sealed_message.c, sealed_recipient.c
    revoked = sa.exists().where(row.message_id == message.id, row.revoked_at.is_not(None))
    over = ~revoked | (message.removed_at < now - REVOKED_SECONDS)
    ended = sa.select(message.id).where(message.removed_at < now - keep_seconds, over)
    with transaction(engine) as connection:  # looked for first, as in shred_expired()
        found = connection.scalars(ended).all()
    for first in range(0, len(found), _AT_ONCE):
        with transaction(engine) as connection:
            connection.execute(sealed_message.delete().where(message.id.in_(found[first : first + _AT_ONCE])))
    return len(found)


def sweep_portal(engine: Engine, now: float) -> int:
    """Take away visits that are over and counts that count no more; how many. Over are those that a clock which was
    ahead began, too: they would be open again when the time has caught up with them. Counts are by the hour or by the
    day since 1970: numbers of hours are above 400,000, numbers of days below 40,000 until the year 2079."""
    hour, day, window = int(now // 3600), int(now // DAY_SECONDS), portal_count.c.window
    hourly = window > _DAYS_END
    over = (hourly & (window < hour - 2)) | (~hourly & (window < day - 2))
    with transaction(engine) as connection:
        counts = connection.execute(portal_count.delete().where(over)).rowcount
        ended = ~portal_visit.c.created_at.between(now - _LONGEST_VISIT, now + AHEAD_SECONDS)
        visits = connection.execute(portal_visit.delete().where(ended)).rowcount
    return counts + visits


def is_known(engine: Engine, file_id: str) -> bool:
    """Whether the sealed file of this message, or of this answer, is still wanted."""
    message, answer = sealed_message.c, sealed_answer.c
    live = sa.select(message.id).where(message.id == file_id, message.removed_at.is_(None))
    answered = (
        sa.select(answer.id)
        .join(sealed_recipient, sealed_recipient.c.id == answer.recipient_id)
        .where(answer.id == file_id, sealed_recipient.c.server_secret.is_not(None))
    )
    with transaction(engine) as connection:
        return connection.scalar(live) is not None or connection.scalar(answered) is not None


def _answers_of(connection: Connection, messages: Sequence[str]) -> Sequence[str]:
    answer, row = sealed_answer.c, sealed_recipient.c
    query = sa.select(answer.id).join(sealed_recipient, row.id == answer.recipient_id)
    return connection.scalars(query.where(row.message_id.in_(messages))).all()


def _forget_around(connection: Connection, messages: Sequence[str]) -> None:
    """What else could open these messages, or has them open: spare keys and browsers' visits. Their recipients are not
    named one by one: those of a day that ends may be more than a statement can name (PostgreSQL: 65,535)."""
    recipients = sa.select(sealed_recipient.c.id).where(sealed_recipient.c.message_id.in_(messages))
    connection.execute(sealed_spare.delete().where(sealed_spare.c.message_id.in_(messages)))
    connection.execute(portal_visit.delete().where(portal_visit.c.recipient_id.in_(recipients)))
