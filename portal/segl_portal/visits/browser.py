"""A browser, known by a random token in its cookie, and what is kept for it under keys that only it brings along.

The store knows the SHA-256 of the token. The link secret of a visit is wrapped, and its code hashed, under keys
derived from the token (HKDF-SHA256, RFC 5869): whoever has the store alone can neither open a message that is being
read nor learn a code by trying all hundred million.

Whoever had the browser before, on a computer that several use, may have noted its token. So with the right code a
browser gets a second cookie, for that message alone, and what is being read is wrapped under a key from both: the token
from before then opens nothing. That cookie's value follows from token, code and the server's half of the message's key;
so a form that is sent twice gives the same one twice.

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
READING_COOKIE: Final = "__Secure-segl-reading"  # sent to the pages of its own message alone
_BYTES: Final = 32
_NONCE: Final = 12


class NotOurs(Exception):
    """What was wrapped for this browser and place does not unwrap: changed, or another's."""


class Browser:
    """``id`` is what the store knows it by; ``reading`` what it got with the right code, by place. Neither ``str`` nor
    ``repr`` tells them."""

    __slots__ = ("_token", "id", "reading")

    def __init__(self, token: bytes) -> None:
        if len(token) != _BYTES:
            raise ValueError(f"a browser token has {_BYTES} bytes")
        self._token = token
        self.id = sha256(token).digest()
        self.reading: dict[str, bytes] = {}

    @classmethod
    def new(cls) -> Browser:
        return cls(os.urandom(_BYTES))

    @classmethod
    def of_cookie(cls, text: str | None, place: str = "", reading: str | None = None) -> Browser | None:
        """The browser that sent this cookie, and *reading* for the message at *place*; ``None`` when the first is none
        of ours, in any way."""
        token, half = _bytes_of(text), _bytes_of(reading)
        if token is None:
            return None
        browser = cls(token)
        if half is not None:
            browser.reading[place] = half
        return browser

    @property
    def cookie(self) -> str:
        """The cookie's value: 43 characters of base64url."""
        return _text_of(self._token)

    def reading_cookie(self, place: str) -> str:
        """That of the message at *place*, which it has open."""
        return _text_of(self.reading[place])

    def csrf(self, place: str) -> str:
        """What the forms of *place* (a recipient's id) carry, 43 characters."""
        return _text_of(self._mac("csrf", place.encode()))

    def is_csrf(self, place: str, text: str | None) -> bool:
        return hmac.compare_digest(self.csrf(place).encode(), (text or "").encode("utf-8", "replace"))

    def code_mac(self, place: str, code: str) -> bytes:
        """What the store keeps of a code."""
        return self._mac("code", place.encode() + b"\x00" + code.encode())

    def read_from_now_on(self, place: str, code: str, server: bytes) -> None:
        """The right *code* was given; *server* is the store's half of the message's key."""
        self.reading[place] = self._mac("reading", b"\x00".join((place.encode(), code.encode(), server)))

    def wrap(self, place: str, plain: bytes, *, reading: bool = False) -> bytes:
        """*plain* as only this browser brings it back, bound to *place*; when it is *reading*, only with what it got
        with the right code."""
        nonce = os.urandom(_NONCE)
        return nonce + AESGCM(self._link_key(place, reading)).encrypt(nonce, plain, place.encode())

    def unwrap(self, place: str, wrapped: bytes, *, reading: bool = False) -> bytes:
        """Raises :class:`NotOurs`."""
        try:
            return AESGCM(self._link_key(place, reading)).decrypt(
                wrapped[:_NONCE], wrapped[_NONCE:], place.encode()
            )
        except (InvalidTag, ValueError):
            raise NotOurs from None

    def _link_key(self, place: str, reading: bool) -> bytes:
        if not reading:
            return self._key("link")
        return self._key("reading link", self.reading.get(place, bytes(_BYTES)))

    def _mac(self, purpose: str, text: bytes) -> bytes:
        return hmac.digest(self._key(purpose), text, "sha256")

    def _key(self, purpose: str, besides: bytes = b"") -> bytes:
        info = b"segl portal v1: " + purpose.encode()
        return HKDF(SHA256(), 32, salt=None, info=info).derive(self._token + besides)

    def __repr__(self) -> str:
        return "Browser(…)"


def _bytes_of(text: str | None) -> bytes | None:
    if text is None or len(text) != 43 or not text.isascii():
        return None
    try:
        found = urlsafe_b64decode(text + "=")
    except ValueError:
        return None
    return found if _text_of(found) == text else None


def _text_of(value: bytes) -> str:
    return urlsafe_b64encode(value).rstrip(b"=").decode("ascii")
