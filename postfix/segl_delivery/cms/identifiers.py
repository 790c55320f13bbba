"""How CMS names a certificate: by issuer and serial number, or by its subjectKeyIdentifier (RFC 5652 §10.2.4,
§6.2.1)."""

from __future__ import annotations

from dataclasses import dataclass

from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from segl.certificates.judgement import UNREADABLE


@dataclass(frozen=True, slots=True)
class IssuerSerial:
    """*issuer* is the Name in DER, as it was written."""

    issuer: bytes
    serial: int


@dataclass(frozen=True, slots=True)
class KeyIdentifier:
    value: bytes


Identifier = IssuerSerial | KeyIdentifier


def issuer_serial(certificate: x509.Certificate) -> IssuerSerial:
    parsed = asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER))
    return IssuerSerial(parsed.issuer.dump(), certificate.serial_number)


def key_identifier(certificate: x509.Certificate) -> KeyIdentifier:
    """That of the extension; without one, SHA-1 of the key (RFC 5280 §4.2.1.2), which senders then use."""
    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    except (x509.ExtensionNotFound, *UNREADABLE):
        found = x509.SubjectKeyIdentifier.from_public_key(certificate.public_key())
    return KeyIdentifier(found.digest)


def identifies(identifier: Identifier, certificate: x509.Certificate) -> bool:
    """Whether *identifier* means *certificate*.

    An issuer's name that was written in another string type than the certificate has is the same name (RFC
    5280 §7.1): some programs write it anew.
    """
    try:
        if isinstance(identifier, KeyIdentifier):
            return identifier == key_identifier(certificate)
        if identifier.serial != certificate.serial_number:
            return False
        own = issuer_serial(certificate)
        return identifier == own or _same_name(identifier.issuer, own.issuer)
    except UNREADABLE:
        return False


def _same_name(one: bytes, other: bytes) -> bool:
    try:
        return bool(asn1_x509.Name.load(one) == asn1_x509.Name.load(other))
    except (ValueError, TypeError, LookupError):
        return False
