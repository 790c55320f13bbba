"""The rows of sealed messages in the store (tables ``sealed_message`` and ``sealed_recipient``)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from segl.sealed.keys import Secret
from segl.store import transaction
from segl.tables.sealed import sealed_message, sealed_recipient


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
