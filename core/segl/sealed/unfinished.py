"""What was sealed by a try that came to no end: killed, or without an answer from the return port.

The next try takes it up, so that a mail is sealed once however often it is handed over. Only a try that can make the
same link can (:class:`segl.sealed.keys.Links`): that it opens the message is the proof that both are of one mail.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from segl.sealed.keys import Secret
from segl.sealed.life import UNNOTIFIED_SECONDS
from segl.sealed.records import SealedMessage, SealedRecipient
from segl.store.engine import transaction
from segl.tables.sealed import sealed_message, sealed_recipient


@dataclass(frozen=True, slots=True)
class Unfinished:
    """``notice_begun``: her notice may have gone."""

    message: SealedMessage
    row: SealedRecipient
    notice_begun: bool


def unfinished(engine: Engine, envelope_id: str, sender: str, now: float) -> list[Unfinished]:
    """What can still be opened of this mail, the latest first; among it also what was told of, which nobody asks for.
    Not what is older than a day: a link that nobody has is shredded then, and a notice promises days from its own.
    Blocking. Raises :class:`~segl.errors.StoreError`."""
    message, row = sealed_message.c, sealed_recipient.c
    query = (
        sa.select(
            message.id,
            message.sender,
            message.size,
            message.created_at,
            message.expires_at,
            message.envelope_id,
            message.revoke_hash,
            row.id,
            row.recipient,
            row.server_secret,
            row.wrapped_key,
            row.phone,
            row.phrase_hash,
            row.notified_at,
        )
        .join(sealed_recipient, row.message_id == message.id)
        .where(message.envelope_id == envelope_id, message.sender == sender, message.removed_at.is_(None))
        .where(message.expires_at > now, message.created_at > now - UNNOTIFIED_SECONDS)
        .where(row.server_secret.is_not(None))
        .order_by(message.created_at.desc())
    )
    with transaction(engine) as connection:
        found = [tuple(one) for one in connection.execute(query)]
    return [
        Unfinished(
            SealedMessage(*one[:7]),
            SealedRecipient(one[7], one[8], Secret(bytes(one[9])), bytes(one[10]), one[11], one[12]),
            notice_begun=one[13] is not None,
        )
        for one in found
    ]
