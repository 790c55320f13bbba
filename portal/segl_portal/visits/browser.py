"""A browser, known by a random token in its cookie, and what is kept for it under keys that only it brings along.

The store knows the SHA-256 of the token. The link secret of a visit is wrapped, and its code hashed, under keys
derived from the token (HKDF-SHA256, RFC 5869): whoever has the store alone can neither open a message that is being
read nor learn a code by trying all hundred million.

The token also makes the forms' hidden field against requests that another site sends in the browser's name (CSRF):
another site does not know it, and cannot read our pages.
"""

from __future__ import annotations

import hmac
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

COOKIE: Final = "__Host-segl"
_BYTES: Final = 32
_NONCE: Final = 12


class NotOurs(Exception):
    """What was wrapped for this browser and place does not unwrap: changed, or another's."""


class Browser:
    """``id`` is what the store knows it by. Neither ``str`` nor ``repr`` tells the token."""

    __slots__ = ("_token", "id")

    def __init__(self, token: bytes) -> None:
        if len(token) != _BYTES:
            raise ValueError(f"a browser token has {_BYTES} bytes")
        self._token = token
        self.id = sha256(token).digest()

    @classmethod
    def new(cls) -> Browser:
        return cls(os.urandom(_BYTES))

    @classmethod
    def of_cookie(cls, text: str | None) -> Browser | None:
        """The browser that sent this cookie; ``None`` when it is none of ours, in any way."""
        if text is None or len(text) != 43 or not text.isascii():
            return None
        try:
            browser = cls(urlsafe_b64decode(text + "="))
        except ValueError:
            return None
        return browser if browser.cookie == text else None

    @property
    def cookie(self) -> str:
        """The cookie's value: 43 characters of base64url."""
        return urlsafe_b64encode(self._token).rstrip(b"=").decode("ascii")

    def csrf(self, place: str) -> str:
        """What the forms of *place* (a recipient's id) carry, 43 characters."""
        return urlsafe_b64encode(self._mac("csrf", place.encode())).rstrip(b"=").decode("ascii")

    def is_csrf(self, place: str, text: str | None) -> bool:
        return hmac.compare_digest(self.csrf(place).encode(), (text or "").encode("utf-8", "replace"))

    def code_mac(self, place: str, code: str) -> bytes:
        """What the store keeps of a code."""
        return self._mac("code", place.encode() + b"\x00" + code.encode())

    def wrap(self, place: str, plain: bytes) -> bytes:
        """*plain* as only this browser brings it back, bound to *place*."""
        nonce = os.urandom(_NONCE)
        return nonce + AESGCM(self._key("link")).encrypt(nonce, plain, place.encode())

    def unwrap(self, place: str, wrapped: bytes) -> bytes:
        """Raises :class:`NotOurs`."""
        try:
            return AESGCM(self._key("link")).decrypt(wrapped[:_NONCE], wrapped[_NONCE:], place.encode())
        except (InvalidTag, ValueError):
            raise NotOurs from None

    def _mac(self, purpose: str, text: bytes) -> bytes:
        return hmac.digest(self._key(purpose), text, "sha256")

    def _key(self, purpose: str) -> bytes:
        return HKDF(SHA256(), 32, salt=None, info=b"segl portal v1: " + purpose.encode()).derive(self._token)

    def __repr__(self) -> str:
        return "Browser(…)"
