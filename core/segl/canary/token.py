"""The name of a canary: a Message-ID that nobody can make who has not the key.

It holds 16 random bytes and, of these and of the sink's address, 16 bytes of HMAC-SHA256 (RFC 2104) under the key that
segl-milter, segl-deliver and ``segl canary run`` share (:mod:`segl.receipts.key`)::

    <RANDOM.MAC@canary.segl.invalid>

A Message-ID stays on a message by every way, and comes back with delivery reports. Bound to the address, the name of a
canary that a sink outside has seen is good for nothing but one more message to that sink.
"""

from __future__ import annotations

import hmac
import re
import secrets
from dataclasses import dataclass
from typing import Final

from segl.mail.fields import read_header
from segl.receipts.key import ReceiptKey

_PURPOSE: Final = b"segl canary"
_DOMAIN: Final = "canary.segl.invalid"
_MAC_BYTES: Final = 16
_MESSAGE_ID: Final = re.compile(
    rf"<(?P<id>[0-9a-f]{{32}})\.(?P<mac>[0-9a-f]{{{2 * _MAC_BYTES}}})@{re.escape(_DOMAIN)}>"
)


@dataclass(frozen=True, slots=True)
class Token:
    """``id`` is its name in the store, ``message_id`` the field's value with angle brackets."""

    id: str
    message_id: str

    @classmethod
    def new(cls, key: ReceiptKey, address: str) -> Token:
        """A name that was never used before, for a canary to *address*."""
        ident = secrets.token_hex(16)
        return cls(ident, f"<{ident}.{_mac(key, ident, address)}@{_DOMAIN}>")


def id_in(key: ReceiptKey, message_id: str, address: str) -> str:
    """The canary's id, if *message_id* was made by us for a canary to *address*; else ``""``."""
    found = _MESSAGE_ID.fullmatch(message_id.strip())
    if found is None or not hmac.compare_digest(found["mac"], _mac(key, found["id"], address)):
        return ""
    return found["id"]


def id_of(key: ReceiptKey, content: bytes, address: str) -> str:
    """The id of the canary that *content*, a message to *address*, is; ``""`` for any other message. With several
    Message-IDs it is none."""
    fields, _ = read_header(content)
    named = [field.value for field in fields if field.name == "message-id"]
    return id_in(key, named[0].decode("latin-1"), address) if len(named) == 1 else ""


def _mac(key: ReceiptKey, ident: str, address: str) -> str:
    return key.proof(_PURPOSE, f"{ident}\0{address.lower()}".encode("utf-8", "surrogateescape"))[
        :_MAC_BYTES
    ].hex()
