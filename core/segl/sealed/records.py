"""The rows of sealed messages in the store (tables ``sealed_message`` and ``sealed_recipient``)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from segl import audit
from segl.audit import Act
from segl.errors import DeliveryError
from segl.sealed.keys import Secret
from segl.sealed.spare import Spare, keep_spare
from segl.store.engine import transaction
from segl.tables.audit import audit_entry
from segl.tables.sealed import sealed_message, sealed_recipient

_MAIL: Final = 0x5E61  # the first number of PostgreSQL's locks on single mails: any that nobody else uses
_QUEUED_AS: Final = "queued_as"  # the fact in the trail that a notice was taken, and under which queue id


@dataclass(frozen=True, slots=True)
class SealedRecipient:
    """One recipient's row: ``id`` stands in the link, ``server_secret`` nowhere else."""

    id: str
    address: str
    server_secret: Secret
    wrapped_key: bytes
    phone: str | None = None  # E.164; codes go there
    phrase_hash: str | None = None  # segl.sealed.phrase


@dataclass(frozen=True, slots=True)
class SealedMessage:
    """The message's row. ``size`` is that of the plaintext in bytes; times are Unix seconds. ``envelope_id`` is what
    receipts know the message by (``X-Segl-Id``); ``revoke_hash`` belongs to the sender's link that revokes
    (:mod:`segl.sealed.revocation`)."""

    id: str
    sender: str
    size: int
    created_at: float
    expires_at: float
    envelope_id: str | None = None
    revoke_hash: bytes | None = None


class TakenBack(DeliveryError):
    """The sender has revoked the mail: what of it still waited for a recipient is not sealed any more."""

    reply_code, reply_enhanced = 550, "5.6.6"  # message content not available

    def __init__(self, message_id: str) -> None:
        super().__init__("its sender has taken this message back", f"{message_id} belongs to a revoked mail")


def of_one_mail(message_id: str) -> sa.ColumnElement[bool]:
    """Whether a row of ``sealed_message`` is of the same mail as *message_id*: itself, or sealed for others, or again,
    from the same mail of the same sender."""
    row, this = sealed_message.c, sealed_message.alias("this").c
    mail, sender = (
        sa.select(column).where(this.id == message_id).scalar_subquery()
        for column in (this.envelope_id, this.sender)
    )
    return (row.id == message_id) | ((row.envelope_id == mail) & (row.sender == sender))


def lock_mail(connection: Connection, envelope_id: str | None) -> None:
    """Before anything else of a transaction: wait until nobody seals or revokes the mail that receipts know by this id,
    and keep others from it until the transaction ends. On PostgreSQL neither sees what the other has not committed; on
    SQLite the first write does the same."""
    if envelope_id is not None and connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_MAIL, sa.func.hashtext(envelope_id))))


def record(
    engine: Engine, message: SealedMessage, recipients: Sequence[SealedRecipient], spare: Spare | None = None
) -> None:
    """Write the message and its recipients in one transaction; on disk on return. Raises
    :class:`StoreError`, and :class:`TakenBack` when its sender has revoked what was sealed of the same mail before."""
    with transaction(engine) as connection:
        lock_mail(connection, message.envelope_id)
        connection.execute(
            sealed_message.insert().values(
                id=message.id,
                sender=message.sender,
                size=message.size,
                created_at=message.created_at,
                expires_at=message.expires_at,
                envelope_id=message.envelope_id,
                revoke_hash=message.revoke_hash,
            )
        )
        if _is_taken_back(connection, message.id):
            raise TakenBack(message.id)
        if spare is not None:
            keep_spare(connection, message.id, spare)
        connection.execute(sealed_recipient.insert(), [_values(message.id, row) for row in recipients])
        audit.append(
            connection,
            Act.CREATED,
            message.id,
            message.sender,
            at=message.created_at,
            size=message.size,
            recipients=len(recipients),
            spare=spare is not None,
        )


def _is_taken_back(connection: Connection, message_id: str) -> bool:
    """After a write and :func:`lock_mail`, which hold off whoever revokes at this moment."""
    revoked = (
        sa.select(sealed_message.c.id)
        .join(sealed_recipient)
        .where(sealed_recipient.c.revoked_at.is_not(None), of_one_mail(message_id))
    )
    return connection.scalar(revoked.limit(1)) is not None


def add_recipient(
    engine: Engine, message_id: str, row: SealedRecipient, notified_at: float | None = None
) -> bool:
    """Another link to a message that can still be opened; False when it cannot. Of an old message a row without
    *notified_at* is taken for one whose notice never went, and its secret is deleted at the next round."""
    live = sealed_message.update().where(
        sealed_message.c.id == message_id, sealed_message.c.removed_at.is_(None)
    )
    with transaction(engine) as connection:
        # a write that changes nothing, so that nobody revokes in between
        if not connection.execute(live.values(removed_at=None)).rowcount:
            return False
        connection.execute(
            sealed_recipient.insert(), [_values(message_id, row) | {"notified_at": notified_at}]
        )
    return True


def _values(message_id: str, row: SealedRecipient) -> dict[str, object]:
    return {
        "id": row.id,
        "message_id": message_id,
        "recipient": row.address,
        "server_secret": row.server_secret.reveal(),
        "wrapped_key": row.wrapped_key,
        "phone": row.phone,
        "phrase_hash": row.phrase_hash,
    }


def begin_notice(engine: Engine, message_id: str, recipient_id: str, at: float) -> None:
    """The notice is about to go: from now on its link may be in the world, and the row lives as long as it promises,
    also if this process dies at once. Raises :class:`TakenBack` when the sender has revoked the mail, and
    :class:`~segl.errors.DeliveryError` when the link opens nothing any more for another reason."""
    row = sealed_recipient.c
    live = sealed_recipient.update().where(row.id == recipient_id, row.server_secret.is_not(None))
    revoked = sa.select(row.id).where(row.id == recipient_id, row.revoked_at.is_not(None))
    with transaction(engine) as connection:
        if connection.execute(live.values(notified_at=at)).rowcount:
            return
        if connection.scalar(revoked) is not None:
            raise TakenBack(message_id)
    raise DeliveryError("not delivered now", f"the row of a recipient of {message_id} has ended")


def mark_notified(
    engine: Engine,
    recipient_id: str,
    at: float,
    *,
    act: Act = Act.NOTIFIED,
    actor: str = "segl-deliver",
    queued_as: str = "",
) -> bool:
    """The notice is with the next holder, *queued_as* what it said, or may be (``""``): the link exists in the world.
    False, and nothing is written, when it opens nothing any more: the message was revoked, or has expired, while the
    notice went."""
    row = sealed_recipient.c
    live = sealed_recipient.update().where(row.id == recipient_id, row.server_secret.is_not(None))
    with transaction(engine) as connection:
        if not connection.execute(live.values(notified_at=at)).rowcount:
            return False
        facts = {_QUEUED_AS: queued_as} if queued_as else {}
        audit.append(connection, act, recipient_id, actor, at=at, **facts)
    return True


@dataclass(frozen=True, slots=True)
class Had:
    """What was sealed for a recipient who certainly had a notice of it. ``size`` is that of the plaintext in bytes."""

    recipient: str
    message_id: str
    size: int


def had_notice(engine: Engine, envelope_id: str, sender: str, now: float) -> list[Had]:
    """Who had a notice of this mail by a link that still opens it, as the trail says, or that she has opened. Postfix
    hands her over again when it did not hear our reply."""
    message, row, entry = sealed_message.c, sealed_recipient.c, audit_entry.c
    taken = sa.exists().where(
        entry.subject == row.id,
        entry.act == Act.NOTIFIED.value,
        entry.detail.contains(f'"{_QUEUED_AS}":', autoescape=True),
    )
    query = (
        sa.select(row.recipient, row.message_id, message.size)
        .join(sealed_message, message.id == row.message_id)
        .where(message.envelope_id == envelope_id, message.sender == sender, message.expires_at > now)
        .where(row.server_secret.is_not(None), taken | row.opened_at.is_not(None))
    )
    with transaction(engine) as connection:
        return [Had(*one) for one in connection.execute(query)]


def drop_recipients(engine: Engine, message_id: str, recipient_ids: Sequence[str]) -> bool:
    """Take these recipients away, and the message's row with the last of them; says whether it went. The
    caller then removes the file (row first: a file without a row is swept, a row without a file is a link
    that fails).

    What was revoked stays: it alone says to the next try that the sender took the mail back."""
    row = sealed_recipient.c
    unwanted = sealed_recipient.delete().where(row.id.in_(recipient_ids), row.revoked_at.is_(None))
    with transaction(engine) as connection:
        gone = connection.scalars(unwanted.returning(row.id)).all()
        left = connection.scalar(
            sa.select(sa.func.count()).where(sealed_recipient.c.message_id == message_id)
        )
        if not left:
            connection.execute(sealed_message.delete().where(sealed_message.c.id == message_id))
        for recipient_id in gone:  # last: whoever holds the trail's end waits for nobody's rows
            audit.append(connection, Act.WITHDRAWN, recipient_id, "segl-deliver")
        return not left
