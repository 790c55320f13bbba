"""New keys of our own, and certificates for them: signed by themselves, or asked of an authority (PKCS #10).

A certificate for a whole domain bears one ordinary address of it. ``domain-confidentiality-authority`` (RFC 3183
§4.2) is the name that other gateways know for it; any address of an own domain does, since partners take
the certificate for the domain because they were told so, not because of the name.

keyUsage is what mail needs and no more (RFC 8550 §4.4.2): signatures, and for RSA keyEncipherment, for curves
keyAgreement. The certificate is no authority's: who has its key can issue nothing.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from segl_delivery.cms.capabilities import EXTENSION, OURS
from segl_delivery.cms.digests import PrivateKey

ROLE: Final = "domain-confidentiality-authority"
LONGEST_NAME: Final = 64  # characters (RFC 5280, appendix A.1: ub-common-name, ub-organization-name)
_MARGIN: Final = timedelta(hours=1)  # a partner's clock may be slow
_CVR: Final = re.compile(r"[0-9]{8}")


class Algorithm(StrEnum):
    """The kinds of keys that are made."""

    RSA_3072 = "rsa-3072"
    RSA_4096 = "rsa-4096"
    P256 = "p-256"
    P384 = "p-384"


@dataclass(frozen=True, slots=True)
class Holder:
    """Whom a certificate names. *addresses* are ordinary ASCII ones, at least one; *cvr* is the Danish company
    number, or empty."""

    organisation: str
    addresses: tuple[str, ...]
    cvr: str = ""

    def __post_init__(self) -> None:
        if not self.addresses:
            raise ValueError("a certificate for nobody")
        if self.cvr and not _CVR.fullmatch(self.cvr):
            raise ValueError("a CVR number has eight digits")

    @property
    def subject(self) -> x509.Name:
        """``C=DK, O=…, CN=`` the first domain; the CVR number as OCES3 writes it."""
        domain = self.addresses[0].rpartition("@")[2]
        attributes = [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "DK"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, self.organisation[:LONGEST_NAME].strip()),
            x509.NameAttribute(NameOID.COMMON_NAME, domain[:LONGEST_NAME]),
        ]
        if self.cvr:
            number = x509.NameAttribute(NameOID.ORGANIZATION_IDENTIFIER, f"NTRDK-{self.cvr}")
            attributes.insert(1, number)
        return x509.Name(attributes)

    @property
    def names(self) -> x509.SubjectAlternativeName:
        return x509.SubjectAlternativeName([x509.RFC822Name(address) for address in self.addresses])


def new_key(algorithm: Algorithm) -> PrivateKey:
    match algorithm:
        case Algorithm.P256:
            return ec.generate_private_key(ec.SECP256R1())
        case Algorithm.P384:
            return ec.generate_private_key(ec.SECP384R1())
        case _:
            return rsa.generate_private_key(65537, int(algorithm.value.removeprefix("rsa-")))


def self_signed(key: PrivateKey, holder: Holder, days: int, now: datetime | None = None) -> x509.Certificate:
    """A certificate by *key* for itself, for *days* from *now*."""
    begins = (now or datetime.now(UTC)).replace(microsecond=0)
    builder = (
        x509.CertificateBuilder()
        .subject_name(holder.subject)
        .issuer_name(holder.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins - _MARGIN)
        .not_valid_after(begins + timedelta(days=days))
    )
    for extension, critical in _extensions(key, holder):
        builder = builder.add_extension(extension, critical)
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    return builder.add_extension(identifier, critical=False).sign(key, _digest(key))


def request(key: PrivateKey, holder: Holder) -> x509.CertificateSigningRequest:
    """What an authority is asked (RFC 2986). It decides what of it goes into the certificate."""
    builder = x509.CertificateSigningRequestBuilder().subject_name(holder.subject)
    for extension, critical in _extensions(key, holder):
        builder = builder.add_extension(extension, critical)
    return builder.sign(key, _digest(key))


def _extensions(key: PrivateKey, holder: Holder) -> Sequence[tuple[x509.ExtensionType, bool]]:
    curve = isinstance(key, ec.EllipticCurvePrivateKey)
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=False,
        key_encipherment=not curve,
        data_encipherment=False,
        key_agreement=curve,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    return (
        (holder.names, False),
        (usage, True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), False),
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (x509.UnrecognizedExtension(EXTENSION, OURS), False),  # what we read, so that partners may use it
    )


def _digest(key: PrivateKey) -> hashes.SHA256 | hashes.SHA384:
    """As strong as the key: some programs take no other."""
    strong = isinstance(key, ec.EllipticCurvePrivateKey) and key.key_size > 256
    return hashes.SHA384() if strong else hashes.SHA256()
