"""What a certificate's holder says he can read: the extension *S/MIME capabilities* (RFC 4262; RFC 8551 §2.5.2).

A list of algorithms, the preferred first. It stands in the certificate, so whoever vouches for the key vouches for
it. It is only ever a reason to use something better than what everybody reads.
"""

from __future__ import annotations

from typing import ClassVar

from asn1crypto import core
from cryptography import x509

from segl.certificates import UNREADABLE, KeyKind, key_kind
from segl_delivery.cms import names
from segl_delivery.cms.ciphers import Cipher

EXTENSION = x509.ObjectIdentifier("1.2.840.113549.1.9.15")
_MOST_BYTES = 4096
_FAULTS = (ValueError, TypeError, LookupError, RecursionError)


class _Capability(core.Sequence):  # type: ignore[misc]
    _fields: ClassVar = [("algorithm", core.ObjectIdentifier), ("parameters", core.Any, {"optional": True})]


class _Capabilities(core.SequenceOf):  # type: ignore[misc]
    _child_spec = _Capability


def capabilities(certificate: x509.Certificate) -> frozenset[str]:
    """The object identifiers in the extension; none when it is not there or cannot be read."""
    try:
        value = certificate.extensions.get_extension_for_oid(EXTENSION).value
        der = value.public_bytes()
        if len(der) > _MOST_BYTES:
            return frozenset()
        return frozenset(entry["algorithm"].dotted for entry in _Capabilities.load(der, strict=True))
    except (x509.ExtensionNotFound, *UNREADABLE, *_FAULTS):
        return frozenset()


def reads_modern(certificate: x509.Certificate) -> bool:
    """Whether its holder says that he reads AES-256-GCM, and for RSA keys OAEP with it."""
    known = capabilities(certificate)
    if Cipher.AES_256_GCM.oid not in known:
        return False
    return key_kind(certificate) is KeyKind.EC or names.RSA_OAEP in known
