"""A second wrap of a message's content key, where the house wants to be able to make a new link
(``portal.resend_key``; docs/decisions/0022-portal-life.md).

Without it nobody can: the link's secret is in the recipient's mailbox alone. With it, whoever has the key file *and*
the store can open what is sealed; so there is none by default, and it is for segl-deliver's user alone. The wrap has a
secret of its own in the store, and goes with the message: after expiry or revocation the key file opens nothing.

    KEK      =  HKDF-SHA256(ikm = key file's digest ‖ server secret, salt = message id,
                            info = "segl sealed message v1: spare key", 32 bytes)
    wrapped  =  nonce (12) ‖ AES-256-GCM(KEK, nonce, content key, AAD = version ‖ message id)
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy.engine import Connection, Engine

from segl.errors import SeglError
from segl.sealed.format import VERSION
from segl.sealed.keys import WRAPPED, Secret, WrongSecret
from segl.store.engine import transaction
from segl.tables.sealed import sealed_spare

_LEAST: Final = 32
_MOST: Final = 4096
_NONCE: Final = 12
_LABEL: Final = b"segl sealed message v1: spare key"


class NoResendKey(SeglError):
    """The key file cannot be used."""


@dataclass(frozen=True, slots=True)
class Spare:
    """The row beside a message's."""

    server_secret: Secret
    wrapped_key: bytes


def load_resend_key(file: Path) -> Secret:
    """The key in *file*. Raises :class:`NoResendKey` when others may read it, or it is short."""
    try:
        descriptor = os.open(file, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as opened:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise _refused(file, "is no file")
            if status.st_mode & 0o077:
                raise _refused(file, "may be read by others", f"chmod 600 {file}")
            raw = opened.read(_MOST + 1)
    except OSError as error:
        raise _refused(file, f"cannot be read: {error.strerror}") from None
    if not _LEAST <= len(raw) <= _MOST:
        raise _refused(file, f"has {len(raw)} bytes", f"head -c 32 /dev/urandom > {file}")
    return Secret(sha256(raw).digest())


def make_spare(content_key: Secret, resend_key: Secret, message_id: str) -> Spare:
    server, nonce = Secret.new(), os.urandom(_NONCE)
    cipher = AESGCM(spare_kek(resend_key, server, message_id))
    return Spare(server, nonce + cipher.encrypt(nonce, content_key.reveal(), _aad(message_id)))


def keep_spare(connection: Connection, message_id: str, spare: Spare) -> None:
    connection.execute(
        sealed_spare.insert().values(
            message_id=message_id, server_secret=spare.server_secret.reveal(), wrapped_key=spare.wrapped_key
        )
    )


def spare_content_key(engine: Engine, resend_key: Secret, message_id: str) -> Secret | None:
    """The content key; ``None`` when no spare was kept. Raises :class:`WrongSecret` for another key file."""
    with transaction(engine) as connection:
        row = connection.execute(
            sa.select(sealed_spare).where(sealed_spare.c.message_id == message_id)
        ).one_or_none()
    if row is None:
        return None
    wrapped = bytes(row.wrapped_key)
    if len(wrapped) != WRAPPED:
        raise WrongSecret
    cipher = AESGCM(spare_kek(resend_key, Secret(bytes(row.server_secret)), message_id))
    try:
        return Secret(cipher.decrypt(wrapped[:_NONCE], wrapped[_NONCE:], _aad(message_id)))
    except InvalidTag:
        raise WrongSecret from None


def spare_kek(resend_key: Secret, server: Secret, message_id: str) -> bytes:
    """What the spare key is wrapped under."""
    hkdf = HKDF(SHA256(), 32, salt=bytes.fromhex(message_id), info=_LABEL)
    return hkdf.derive(resend_key.reveal() + server.reveal())


def _aad(message_id: str) -> bytes:
    return bytes([VERSION]) + bytes.fromhex(message_id)


def _refused(file: Path, problem: str, hint: str = "") -> NoResendKey:
    return NoResendKey("the key for new links cannot be used", f"portal.resend_key {file} {problem}", hint)
