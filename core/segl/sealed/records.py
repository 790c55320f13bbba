"""The rows of sealed messages in the store (tables ``sealed_message`` and ``sealed_recipient``)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from segl.sealed.directory import SealedDirectory
from segl.sealed.keys import Secret
from segl.store import forget_deleted, transaction
from segl.tables.sealed import sealed_message, sealed_recipient

# A row whose notice was never accepted has a link nobody holds: the try after it made another.
UNNOTIFIED_SECONDS = 86400.0


@dataclass(frozen=True, slots=True)
class SealedRecipient:
    """One recipient's row: ``id`` stands in the link, ``server_secret`` nowhere else."""

    id: str
    address: str
    server_secret: Secret
    wrapped_key: bytes


@dataclass(frozen=True, slots=True)
class SealedMessage:
    """The message's row. ``size`` is that of the plaintext in bytes; times are Unix seconds."""

    id: str
    sender: str
    size: int
    created_at: float
    expires_at: float


def record(engine: Engine, message: SealedMessage, recipients: Sequence[SealedRecipient]) -> None:
    """Write the message and its recipients in one transaction; on disk on return. Raises
    :class:`StoreError`."""
    with transaction(engine) as connection:
        connection.execute(
            sealed_message.insert().values(
                id=message.id,
                sender=message.sender,
                size=message.size,
                created_at=message.created_at,
                expires_at=message.expires_at,
            )
        )
        connection.execute(
            sealed_recipient.insert(),
            [
                {
                    "id": row.id,
                    "message_id": message.id,
                    "recipient": row.address,
                    "server_secret": row.server_secret.reveal(),
                    "wrapped_key": row.wrapped_key,
                }
                for row in recipients
            ],
        )


def mark_notified(engine: Engine, recipient_id: str, at: float) -> None:
    """The notice is with the next holder: the link exists in the world."""
    with transaction(engine) as connection:
        connection.execute(
            sealed_recipient.update().where(sealed_recipient.c.id == recipient_id).values(notified_at=at)
        )


def drop_recipients(engine: Engine, message_id: str, recipient_ids: Sequence[str]) -> bool:
    """Take these recipients away, and the message's row with the last of them; says whether it went. The
    caller then removes the file (row first: a file without a row is swept, a row without a file is a link
    that fails)."""
    with transaction(engine) as connection:
        connection.execute(sealed_recipient.delete().where(sealed_recipient.c.id.in_(recipient_ids)))
        left = connection.scalar(
            sa.select(sa.func.count()).where(sealed_recipient.c.message_id == message_id)
        )
        if left:
            return False
        connection.execute(sealed_message.delete().where(sealed_message.c.id == message_id))
        return True


def is_known(engine: Engine, message_id: str) -> bool:
    """Whether the file of this message is still wanted."""
    with transaction(engine) as connection:
        query = sa.select(sealed_message.c.id).where(
            sealed_message.c.id == message_id, sealed_message.c.removed_at.is_(None)
        )
        return connection.scalar(query) is not None


def shred_expired(engine: Engine, directory: SealedDirectory, now: float) -> int:
    """Delete the server's half of every expired key, and the files that nobody can open any more.

    Rows stay as a record without a secret. Recipients that never got a link (a process died before the notice
    went) go when a day old. Returns how many secrets were deleted.
    """
    expired = sa.select(sealed_message.c.id).where(sealed_message.c.expires_at <= now)
    stale = sa.select(sealed_message.c.id).where(sealed_message.c.created_at <= now - UNNOTIFIED_SECONDS)
    row = sealed_recipient.c
    with transaction(engine) as connection:
        count = connection.execute(
            sealed_recipient.update()
            .where(row.server_secret.is_not(None))
            .where(row.message_id.in_(expired) | (row.notified_at.is_(None) & row.message_id.in_(stale)))
            .values(server_secret=None)
        ).rowcount
        openable = sa.select(row.message_id).where(row.server_secret.is_not(None))
        dead = connection.scalars(
            sa.select(sealed_message.c.id)
            .where(sealed_message.c.removed_at.is_(None))
            .where(sealed_message.c.id.not_in(openable))
        ).all()
        connection.execute(
            sealed_message.update().where(sealed_message.c.id.in_(dead)).values(removed_at=now)
        )
    if count:
        forget_deleted(engine)
    for message_id in dead:  # a file that stays because we die here is no longer known: the sweep takes it
        directory.remove(message_id)
    return count
