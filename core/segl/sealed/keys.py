"""The keys of a sealed message, and how a recipient's link and the store open it together.

The *content key* is random, one a message, and is never kept. For each recipient it is wrapped
(AES-256-GCM) under a *key-encryption key*, which HKDF-SHA256 (RFC 5869) derives from two secrets of 256 bits:

    link secret      only in the fragment of the link in the notice; kept by nobody here
    server secret    only in the recipient's row of the store; deleting it shreds this recipient's access

    KEK      = HKDF-SHA256(ikm = link ‖ server, salt = message id, info = label ‖ 0x00 ‖ recipient id, 32
    bytes) wrapped  = nonce (12) ‖ AES-256-GCM(KEK, nonce, content key, aad = version ‖ message id ‖
    recipient id)

Both secrets have full entropy, so no slow password hash is needed. Message and recipient ids (16 bytes each)
are bound in twice: a wrapped key copied to another row does not unwrap.

A recipient's answers are sealed too, each under a key of its own. Those are wrapped under the *answers' key*, which
comes from the same two secrets by another label, and the answer's id takes the message's place in what is
authenticated. So a visit can be given what answers need without what opens the message, other recipients of the
message cannot read her answers, and the secret whose deletion shreds her access shreds them with it.
"""

from __future__ import annotations

import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from segl.sealed.format import KEY, VERSION

SECRET: Final = 32
SECRET_LENGTH: Final = 43  # characters of it in a link
_LABEL: Final = b"segl sealed message v1: content key"
_ANSWERS_LABEL: Final = b"segl sealed message v1: answers"
_LINK_LABEL: Final = b"segl sealed message v1: link"
_NONCE: Final = 12
WRAPPED: Final = _NONCE + KEY + 16


class WrongSecret(Exception):
    """The secrets do not open this wrapped key."""


class Secret:
    """Key bytes that cannot be printed by accident: ``str``, ``repr`` and format tell nothing."""

    __slots__ = ("_bytes",)

    def __init__(self, raw: bytes) -> None:
        if len(raw) != SECRET:
            raise ValueError(f"a secret has {SECRET} bytes")
        self._bytes = raw

    @classmethod
    def new(cls) -> Secret:
        return cls(os.urandom(SECRET))

    @classmethod
    def from_text(cls, text: str) -> Secret:
        """From the form in a link. Raises :class:`ValueError` for anything else than that exact form."""
        raw = urlsafe_b64decode(text.encode("ascii") + b"=") if len(text) == SECRET_LENGTH else b""
        secret = cls(raw)
        if secret.text() != text:  # unused bits set, or characters that base64 passes over
            raise ValueError("not the text of a secret")
        return secret

    def reveal(self) -> bytes:
        return self._bytes

    def text(self) -> str:
        """43 characters of base64url (RFC 4648 §5) without padding, for the link."""
        return urlsafe_b64encode(self._bytes).rstrip(b"=").decode("ascii")

    def __repr__(self) -> str:
        return "Secret(…)"


@dataclass(frozen=True, slots=True)
class Place:
    """Which recipient's copy of which message a key is for; both ids are 16 bytes."""

    message_id: bytes
    recipient_id: bytes

    @property
    def aad(self) -> bytes:
        return bytes([VERSION]) + self.message_id + self.recipient_id


@dataclass(frozen=True, slots=True)
class Links:
    """Makes the link secrets of one message.

    A message that bears a *seed* (``X-Segl-Link``: 32 random bytes of the milter's, which are in Postfix's queue and
    nowhere else) has the same link each time it is handed over: a try whose process died is taken up where it stopped.
    The *house*'s secret, in the store, is mixed in: neither alone makes a link. Without a seed each is random."""

    house: Secret
    seed: Secret | None

    def of(self, place: Place) -> Secret:
        if self.seed is None:
            return Secret.new()
        kdf = HKDF(SHA256(), SECRET, salt=place.message_id, info=_LINK_LABEL + b"\x00" + place.recipient_id)
        return Secret(kdf.derive(self.seed.reveal() + self.house.reveal()))


def new_content_key() -> Secret:
    return Secret.new()


def wrap(content_key: Secret, link: Secret, server: Secret, place: Place) -> bytes:
    """The content key, readable only with both secrets."""
    return _wrapped(content_key, _derived(_LABEL, link, server, place), place.aad)


def unwrap(wrapped: bytes, link: Secret, server: Secret, place: Place) -> Secret:
    """The content key back. Raises :class:`WrongSecret`."""
    return _unwrapped(wrapped, _derived(_LABEL, link, server, place), place.aad)


def answers_key(link: Secret, server: Secret, place: Place) -> Secret:
    """What the recipient's answers are wrapped under. Like the content key it is kept nowhere."""
    return Secret(_derived(_ANSWERS_LABEL, link, server, place))


def wrap_answer(content_key: Secret, answers: Secret, place: Place) -> bytes:
    """*content_key* of an answer, under the *answers* key; *place* has the answer's id as its message's."""
    return _wrapped(content_key, answers.reveal(), place.aad)


def unwrap_answer(wrapped: bytes, answers: Secret, place: Place) -> Secret:
    """The answer's content key back. Raises :class:`WrongSecret`."""
    return _unwrapped(wrapped, answers.reveal(), place.aad)


def _derived(label: bytes, link: Secret, server: Secret, place: Place) -> bytes:
    info = label + b"\x00" + place.recipient_id
    return HKDF(SHA256(), KEY, salt=place.message_id, info=info).derive(link.reveal() + server.reveal())


def _wrapped(content_key: Secret, kek: bytes, aad: bytes) -> bytes:
    nonce = os.urandom(_NONCE)
    return nonce + AESGCM(kek).encrypt(nonce, content_key.reveal(), aad)


def _unwrapped(wrapped: bytes, kek: bytes, aad: bytes) -> Secret:
    if len(wrapped) != WRAPPED:
        raise WrongSecret
    try:
        return Secret(AESGCM(kek).decrypt(wrapped[:_NONCE], wrapped[_NONCE:], aad))
    except InvalidTag:
        raise WrongSecret from None
