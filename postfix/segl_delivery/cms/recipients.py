"""RecipientInfo (RFC 5652 §6.2): the content key, once for each recipient, each in her own lock.

Of the five kinds mail uses two: *key transport* (ktri) for RSA and *key agreement* (kari) for elliptic curves.
The others (a shared key, a password, something else) are passed over when reading.
"""

from __future__ import annotations

from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from segl import ber
from segl.ber import Damaged
from segl.certificates.judgement import UNREADABLE
from segl_delivery.cms import names
from segl_delivery.cms.agreement import Agreement, agree, read_agreement
from segl_delivery.cms.algorithm import (
    algorithm,
    check_version,
    integer,
    octets,
    read_algorithm,
    read_integer,
)
from segl_delivery.cms.choice import Choice, NamedBy
from segl_delivery.cms.identifiers import (
    Identifier,
    IssuerSerial,
    KeyIdentifier,
    issuer_serial,
    key_identifier,
)
from segl_delivery.cms.transport import RsaScheme, encrypt_key, read_scheme

_KARI = ber.context(1)
LARGEST = 64 * 1024  # bytes of one RecipientInfo; that of an RSA-16384 recipient has about 2,500


class CannotEncrypt(ValueError):
    """The certificate's key is of a kind that nothing can be encrypted to."""


@dataclass(frozen=True, slots=True)
class Transported:
    """The content key encrypted to an RSA key."""

    identifier: Identifier
    scheme: RsaScheme
    encrypted: bytes


@dataclass(frozen=True, slots=True)
class Agreed:
    """The content key wrapped for a key on an elliptic curve."""

    identifier: Identifier
    agreement: Agreement
    encrypted: bytes


Recipient = Transported | Agreed


def write_recipient(certificate: x509.Certificate, key: bytes, choice: Choice) -> bytes:
    """*key* for *certificate*. Raises :class:`CannotEncrypt`."""
    try:
        public = certificate.public_key()
        if isinstance(public, RSAPublicKey):
            return _write_ktri(certificate, public, key, choice)
        if isinstance(public, EllipticCurvePublicKey):
            return _write_kari(certificate, public, key, choice)
    except UNREADABLE:
        raise CannotEncrypt("the key cannot be used") from None
    raise CannotEncrypt("the key is neither RSA nor on an elliptic curve")


def needs_version_2(certificate: x509.Certificate, choice: Choice) -> bool:
    """Whether EnvelopedData with this recipient is of version 2 (RFC 5652 §6.1)."""
    by_key = choice.named_by is NamedBy.KEY_IDENTIFIER
    return by_key or not isinstance(certificate.public_key(), RSAPublicKey)


def read_recipient(der: bytes) -> list[Recipient]:
    """Those in one RecipientInfo: a kari may hold several. Of a kind or algorithm we do not read: none.

    Raises :class:`Damaged`.
    """
    if der[0] not in (ber.SEQUENCE, _KARI):
        return []
    reader = ber.Reader(der)
    return [_read_ktri(reader)] if der[0] == ber.SEQUENCE else _read_kari(reader)


def _write_ktri(certificate: x509.Certificate, public: RSAPublicKey, key: bytes, choice: Choice) -> bytes:
    scheme, encrypted = encrypt_key(key, public, choice.transport)
    by_key = choice.named_by is NamedBy.KEY_IDENTIFIER
    named = (
        ber.element(ber.context(0, constructed=False), key_identifier(certificate).value)
        if by_key
        else _issuer_serial(certificate)
    )
    return ber.element(ber.SEQUENCE, integer(2 if by_key else 0), named, scheme, octets(encrypted))


def _write_kari(
    certificate: x509.Certificate, public: EllipticCurvePublicKey, key: bytes, choice: Choice
) -> bytes:
    agreement, encrypted = agree(key, public, choice.agreement)
    named = (
        ber.element(ber.context(0), octets(key_identifier(certificate).value))
        if choice.named_by is NamedBy.KEY_IDENTIFIER
        else _issuer_serial(certificate)
    )
    # The curve is the recipient's, so it need not be said; the point is a BIT STRING without unused bits.
    originator = ber.element(
        ber.context(1), algorithm(names.EC_PUBLIC_KEY), ber.element(0x03, b"\0", agreement.point)
    )
    return ber.element(
        _KARI,
        integer(3),
        ber.element(ber.context(0), originator),
        agreement.scheme,
        ber.element(ber.SEQUENCE, ber.element(ber.SEQUENCE, named, octets(encrypted))),
    )


def _issuer_serial(certificate: x509.Certificate) -> bytes:
    named = issuer_serial(certificate)
    return ber.element(ber.SEQUENCE, named.issuer, integer(named.serial))


def _read_ktri(reader: ber.Reader) -> Transported:
    reader.enter(ber.SEQUENCE)
    check_version(reader.whole())
    identifier = _read_identifier(reader.whole(LARGEST))
    scheme = read_scheme(*read_algorithm(reader.whole(LARGEST)))
    encrypted = ber.content_of(reader.whole(LARGEST), ber.OCTETS)
    reader.leave()
    return Transported(identifier, scheme, encrypted)


def _read_kari(reader: ber.Reader) -> list[Recipient]:
    reader.enter(_KARI)
    check_version(reader.whole())
    reader.enter(ber.context(0))
    point = _read_point(reader.whole(LARGEST))
    reader.leave()
    material = b""
    if reader.peek() == ber.context(1):
        reader.enter(ber.context(1))
        material = ber.content_of(reader.whole(LARGEST), ber.OCTETS)
        reader.leave()
    agreement = read_agreement(reader.whole(LARGEST), point, material)
    found: list[Recipient] = []
    reader.enter(ber.SEQUENCE)
    while reader.peek() is not None:
        reader.enter(ber.SEQUENCE)
        identifier = _read_identifier(reader.whole(LARGEST))
        found.append(Agreed(identifier, agreement, ber.content_of(reader.whole(LARGEST), ber.OCTETS)))
        reader.leave()
    reader.leave()
    reader.leave()
    return found


def _read_identifier(der: bytes) -> Identifier:
    if der[0] == ber.SEQUENCE:
        parts = ber.children(ber.content_of(der, ber.SEQUENCE))
        if len(parts) != 2:
            raise Damaged("an issuer and serial number cannot be read")
        return IssuerSerial(parts[0], read_integer(parts[1]))
    if der[0] == ber.context(0, constructed=False):
        return KeyIdentifier(ber.content_of(der, der[0]))
    # In a kari: RecipientKeyIdentifier, a SEQUENCE whose first part is the identifier.
    parts = ber.children(ber.content_of(der, ber.context(0)))
    if not parts:
        raise Damaged("a key identifier cannot be read")
    return KeyIdentifier(ber.content_of(parts[0], ber.OCTETS))


def _read_point(der: bytes) -> bytes:
    """The sender's public key, which must stand in the message itself (OriginatorPublicKey)."""
    parts = ber.children(ber.content_of(der, ber.context(1)))
    if len(parts) != 2 or read_algorithm(parts[0])[0] != names.EC_PUBLIC_KEY:
        raise Damaged("a sender's key cannot be read")
    bits = ber.content_of(parts[1], 0x03)
    if bits[:1] != b"\0":
        raise Damaged("a sender's key cannot be read")
    return bits[1:]
