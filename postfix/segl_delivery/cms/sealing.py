"""CMS (RFC 5652): a message's bytes enveloped for certificates.

EnvelopedData holds the content encrypted under a fresh key (AES-256 in CBC mode, RFC 3565), and that key
once per recipient certificate, encrypted to its RSA key (PKCS #1 v1.5, RFC 3370 §4.2.1): what every
S/MIME gateway reads. CBC does not authenticate; that comes with AuthEnvelopedData, which fewer gateways
read.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import PKCS7EnvelopeBuilder, PKCS7Options

from segl.errors import NoCertificate
from segl_delivery.certificates import TunnelCertificate

ALGORITHM: Final = "aes-256-cbc"
_LINE: Final = 76
_PIECE: Final = 57 * 4096  # input bytes that make whole lines


@dataclass(frozen=True, slots=True)
class CmsSeal:
    """Encrypted content, and the evidence for log and receipt: algorithm and certificate fingerprints
    (hex)."""

    der: bytes
    algorithm: str
    fingerprints: tuple[str, ...]


def encrypt(content: bytes, certificates: Sequence[TunnelCertificate]) -> CmsSeal:
    """*content*, unchanged, for whoever holds a key to one of *certificates*. Takes about four times its
    size in memory.

    Raises :class:`NoCertificate` for a key that cannot be encrypted to.
    """
    builder = PKCS7EnvelopeBuilder().set_data(content).set_content_encryption_algorithm(AES256)
    try:
        for entry in certificates:
            builder = builder.add_recipient(entry.certificate)
        der = builder.encrypt(Encoding.DER, [PKCS7Options.Binary])
    except (TypeError, ValueError) as error:
        private = f"certificate {certificates[0].fingerprint[:16]}: {type(error).__name__} while encrypting"
        raise NoCertificate("the certificate cannot be encrypted to", private) from None
    return CmsSeal(der, ALGORITHM, tuple(entry.fingerprint for entry in certificates))


def base64_lines(data: bytes) -> bytes:
    """Base64 in lines of 76 characters, each ended by CR LF (RFC 2045 §6.8)."""
    pieces: list[bytes | bytearray] = []
    for at in range(0, len(data), _PIECE):
        text = b64encode(data[at : at + _PIECE])
        count, rest = divmod(len(text), _LINE)
        lines = bytearray(b"\r\n") * ((_LINE + 2) // 2 * count)
        for column in range(_LINE):  # column by column: twice as fast as line by line
            lines[column :: _LINE + 2] = text[column : count * _LINE : _LINE]
        pieces.append(lines)
        if rest:
            pieces.append(text[-rest:] + b"\r\n")
    return b"".join(pieces)
