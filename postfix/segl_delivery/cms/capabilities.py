"""What a certificate's holder says he can read: *S/MIME capabilities* (RFC 8551 §2.5.2).

A list of algorithms, the preferred first. It stands in the certificate (RFC 4262), so whoever vouches for the key
vouches for it; or among the signed attributes of the holder's mail (:mod:`segl.seen_capabilities`). It is only ever a
reason to use something better than what everybody reads.
"""

from __future__ import annotations

from typing import ClassVar, Final

from asn1crypto import core
from cryptography import x509

from segl import ber
from segl.certificates.judgement import UNREADABLE, KeyKind, key_kind
from segl_delivery.cms import names
from segl_delivery.cms.algorithm import algorithm
from segl_delivery.cms.ciphers import Cipher
from segl_delivery.cms.digests import Digest
from segl_delivery.cms.transport import oaep_parameters

EXTENSION = x509.ObjectIdentifier(names.CAPABILITIES)
_MOST_BYTES = 4096
_FAULTS = (ValueError, TypeError, LookupError, RecursionError)


class _Capability(core.Sequence):  # type: ignore[misc]
    _fields: ClassVar = [("algorithm", core.ObjectIdentifier), ("parameters", core.Any, {"optional": True})]


class _Capabilities(core.SequenceOf):  # type: ignore[misc]
    _child_spec = _Capability


# What we read, for certificates and signatures of our own.
OURS: Final = ber.element(
    ber.SEQUENCE,
    algorithm(Cipher.AES_256_GCM.oid),
    algorithm(Cipher.AES_128_GCM.oid),
    algorithm(Cipher.AES_256_CBC.oid),
    algorithm(Cipher.AES_128_CBC.oid),
    algorithm(names.RSA_OAEP, oaep_parameters(Digest.SHA256)),
)


def capabilities(certificate: x509.Certificate) -> frozenset[str]:
    """The object identifiers in the extension; none when it is not there or cannot be read."""
    try:
        value = certificate.extensions.get_extension_for_oid(EXTENSION).value
        return read_capabilities(value.public_bytes())
    except (x509.ExtensionNotFound, *UNREADABLE):
        return frozenset()


def read_capabilities(der: bytes) -> frozenset[str]:
    """The object identifiers in *der*; none when it cannot be read."""
    if len(der) > _MOST_BYTES:
        return frozenset()
    try:
        return frozenset(entry["algorithm"].dotted for entry in _Capabilities.load(der, strict=True))
    except _FAULTS:
        return frozenset()


def reads_modern(certificate: x509.Certificate, said: frozenset[str] = frozenset()) -> bool:
    """Whether its holder says, in it or elsewhere (*said*), that he reads AES-256-GCM, and OAEP for RSA keys."""
    known = capabilities(certificate) | said
    if Cipher.AES_256_GCM.oid not in known:
        return False
    return key_kind(certificate) is KeyKind.EC or names.RSA_OAEP in known
