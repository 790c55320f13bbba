"""Opening a sealed message with a recipient's link.

Every refusal is the same :class:`NotOpened`, whether the id is unknown, the secret wrong, the message
expired, revoked or damaged: whoever holds a bad link learns nothing of what it would have opened. Only
the error's private text, for the log, tells them apart."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from segl.sealed.content import NotOpened, SealedContent
from segl.sealed.directory import is_id
from segl.sealed.keys import Place, Secret, WrongSecret, unwrap
from segl.sealed.storage import SealedStorage
from segl.store.engine import transaction
from segl.tables.sealed import sealed_message, sealed_recipient


def open_sealed(
    engine: Engine,
    directory: SealedStorage,
    recipient_id: str,
    link_secret: str,
    *,
    now: float | None = None,
) -> Iterator[bytes]:
    """The message that *recipient_id*'s link opens, as its sender made it, in chunks of at most 64 KiB.

    Everything that can be known beforehand is checked before this returns: secrets, expiry, the file's
    size. Raises :class:`NotOpened` here, or while iterating when a chunk is damaged (then what came
    before was authentic, but the message must not be taken for whole), and
    :class:`~segl.errors.StoreError`."""
    return _all_of(open_content(engine, directory, recipient_id, link_secret, now=now))


def open_content(
    engine: Engine,
    directory: SealedStorage,
    recipient_id: str,
    link_secret: str,
    *,
    now: float | None = None,
) -> SealedContent:
    """The same, to be read from any place; the caller closes it."""
    found = _find(engine, recipient_id) if is_id(recipient_id) else None
    if found is None:
        raise NotOpened("no such recipient")
    key = _content_key(found, recipient_id, link_secret, time.time() if now is None else now)
    try:
        file = directory.open(found.message_id)
    except OSError as error:
        raise NotOpened(f"sealed {found.message_id}: file: {error.strerror}") from None
    return SealedContent(file, key, found.message_id, found.size)


@dataclass(frozen=True, slots=True)
class _Found:
    message_id: str
    server_secret: bytes | None
    wrapped_key: bytes
    size: int
    expires_at: float


def _find(engine: Engine, recipient_id: str) -> _Found | None:
    query = (
        sa.select(
            sealed_recipient.c.message_id,
            sealed_recipient.c.server_secret,
            sealed_recipient.c.wrapped_key,
            sealed_message.c.size,
            sealed_message.c.expires_at,
        )
        .join(sealed_message, sealed_message.c.id == sealed_recipient.c.message_id)
        .where(sealed_recipient.c.id == recipient_id)
    )
    with transaction(engine) as connection:
        row = connection.execute(query).one_or_none()
    return None if row is None else _Found(*row)


def _content_key(found: _Found, recipient_id: str, link_secret: str, now: float) -> Secret:
    if found.server_secret is None:
        raise NotOpened(f"sealed {found.message_id}: shredded")
    if now >= found.expires_at:
        raise NotOpened(f"sealed {found.message_id}: expired")
    place = Place(bytes.fromhex(found.message_id), bytes.fromhex(recipient_id))
    try:
        link, server = Secret.from_text(link_secret), Secret(found.server_secret)
        return unwrap(found.wrapped_key, link, server, place)
    except (WrongSecret, ValueError):
        raise NotOpened(f"sealed {found.message_id}: wrong secret") from None


def _all_of(content: SealedContent) -> Iterator[bytes]:
    with content:
        yield from content.chunks()
