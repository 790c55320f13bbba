"""The key of the sinks behind the ways (:data:`segl.settings.canary.WAY_SINKS`): a partner whom every house has.

Canaries to ``tunnel@…`` and ``certificate@…`` are encrypted to its certificate and opened again with it, and the
TLS server that takes those to ``tls@…`` shows it. It protects nothing: nobody else's mail goes to those addresses. So
it is not kept but made, always the same, from the house's secret in the store (HKDF-SHA256, RFC 5869): segl-map,
segl-deliver and `segl doctor` have the store, and need no further file.

The curve is P-256, which all of Segl's programs, OpenSSL and Postfix know.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cached_property
from hashlib import sha256
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from sqlalchemy.engine import Engine

from segl.sealed.revocation import house_secret
from segl.settings.canary import WAY_SINKS
from segl.vocabulary import Way

TLS_NAME: Final = "tls.canary.segl.invalid"
# The order of P-256's base point (SEC 2, 2.4.2): private keys are 1 to one less.
_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_LABEL: Final = b"segl canary way key v1"
_VALID: Final = timedelta(days=2)


@dataclass(frozen=True)
class WayKey:
    """The pair; ``secret`` is 32 bytes that only this house has."""

    secret: bytes = field(repr=False)

    @classmethod
    def of_house(cls, engine: Engine) -> WayKey:
        """Raises :class:`~segl.errors.StoreError`."""
        house = house_secret(engine).reveal()
        return cls(HKDF(SHA256(), 32, salt=None, info=_LABEL).derive(house))

    @cached_property
    def private(self) -> ec.EllipticCurvePrivateKey:
        # 16 bytes more than the order has: the remainder's bias is then not to be seen (FIPS 186-5, A.2.1)
        wide = HKDF(SHA256(), 48, salt=None, info=_LABEL + b" scalar").derive(self.secret)
        return ec.derive_private_key(int.from_bytes(wide, "big") % (_ORDER - 1) + 1, ec.SECP256R1())

    @property
    def pin(self) -> str:
        """SHA-256 over the public key (SubjectPublicKeyInfo, DER) as Postfix compares it: hex, colons, capitals."""
        public = self.private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return sha256(public).digest().hex(":").upper()

    def certificate(self, now: datetime | None = None) -> x509.Certificate:
        """Self-signed, valid from yesterday until tomorrow; by name and number always the same."""
        now = (now or datetime.now(UTC)).replace(microsecond=0)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Segl canary")])
        number = int.from_bytes(hmac.digest(self.secret, b"serial", "sha256")[:15], "big") | 1
        names = [x509.RFC822Name(WAY_SINKS[way]) for way in (Way.TUNNEL, Way.CERTIFICATE)]
        public = self.private.public_key()
        builder = (
            x509.CertificateBuilder(name, name, public, number)
            .not_valid_before(now - _VALID / 2)
            .not_valid_after(now + _VALID / 2)
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(TLS_NAME), *names]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(
                x509.ExtendedKeyUsage(
                    [ExtendedKeyUsageOID.EMAIL_PROTECTION, ExtendedKeyUsageOID.SERVER_AUTH]
                ),
                critical=False,
            )
            .add_extension(
                x509.KeyUsage(
                    digital_signature=True,
                    key_agreement=True,
                    content_commitment=False,
                    key_encipherment=False,
                    data_encipherment=False,
                    key_cert_sign=False,
                    crl_sign=False,
                    encipher_only=False,
                    decipher_only=False,
                ),
                critical=True,
            )
        )
        return builder.sign(self.private, SHA256())
