"""What we encrypt with: a choice made on purpose, not what the other side's message suggests."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from segl_delivery.cms.ciphers import Cipher
from segl_delivery.cms.digests import Digest


class Transport(Enum):
    """How a content key is encrypted to an RSA key (RFC 8017 §7)."""

    PKCS1 = "rsa-pkcs1"
    OAEP_SHA1 = "rsa-oaep-sha1"
    OAEP_SHA256 = "rsa-oaep-sha256"


class NamedBy(Enum):
    """How a recipient's certificate is named in the message."""

    ISSUER_SERIAL = "issuer-serial"
    KEY_IDENTIFIER = "key-identifier"


@dataclass(frozen=True, slots=True)
class Choice:
    """The algorithms of one message. ``agreement`` is the digest in the key derivation for keys on elliptic
    curves (RFC 5753)."""

    cipher: Cipher
    transport: Transport
    agreement: Digest = Digest.SHA256
    named_by: NamedBy = NamedBy.ISSUER_SERIAL


# docs/decisions/0012-cms.md says why these.
COMMON: Final = Choice(Cipher.AES_256_CBC, Transport.PKCS1)
MODERN: Final = Choice(Cipher.AES_256_GCM, Transport.OAEP_SHA256)
# For partners who want OAEP and do not read GCM.
OAEP: Final = Choice(Cipher.AES_256_CBC, Transport.OAEP_SHA256)
