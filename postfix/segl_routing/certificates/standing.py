"""What an authority says of a certificate it issued: still good, revoked, or it cannot be told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.x509 import ocsp
from cryptography.x509.oid import SignatureAlgorithmOID

from segl.certificates.judgement import FORGEABLE
from segl.certificates.records import Revocation
from segl_routing.skew import OTHERS_SKEW

# Each with a mask by the same digest (RFC 4055 §3.1).
_PSS_DIGESTS: Final = (hashes.SHA256(), hashes.SHA384(), hashes.SHA512())


@dataclass(frozen=True, slots=True)
class RevocationStanding:
    """One answer. ``until`` is the time up to which it may be believed, ``said_at`` when the authority gave it;
    ``None`` where it says nothing.

    ``lasting`` is set on an UNKNOWN that asking again will not change: the certificate names nobody to ask.
    """

    revocation: Revocation
    reason: str
    until: datetime | None = None
    lasting: bool = False
    said_at: datetime | None = None

    @classmethod
    def unknown(cls, reason: str, *, lasting: bool = False) -> RevocationStanding:
        return cls(Revocation.UNKNOWN, reason, None, lasting)

    @classmethod
    def gravest(cls, standings: Iterable[RevocationStanding]) -> RevocationStanding:
        """What holds for a chain: revoked if one is, unknown if one is, and good no longer than the shortest."""
        given = list(standings)
        for grave in (Revocation.REVOKED, Revocation.UNKNOWN):
            for standing in given:
                if standing.revocation is grave:
                    return standing
        ends = [standing.until for standing in given if standing.until is not None]
        reasons = dict.fromkeys(standing.reason for standing in given)
        return cls(Revocation.GOOD, ", ".join(reasons) or "nobody can revoke it", min(ends, default=None))


def is_current(this_update: datetime | None, next_update: datetime | None, now: datetime) -> bool:
    """Whether a statement of an authority made at *this_update* holds at *now*."""
    begun = this_update is not None and this_update <= now + OTHERS_SKEW
    return begun and next_update is not None and now < next_update


def is_signed(
    statement: x509.CertificateRevocationList | ocsp.OCSPResponse,
    content: bytes,
    key: CertificatePublicKeyTypes,
) -> bool:
    """Whether *key* signed *statement*, *content* being what is signed of it. The Danish state's authorities (OCES3) do
    so by RSASSA-PSS; by which digest is not asked, since ``cryptography`` tells it of lists alone: one that cannot be
    forged must fit."""
    if statement.signature_algorithm_oid == SignatureAlgorithmOID.RSASSA_PSS:
        return isinstance(key, rsa.RSAPublicKey) and any(
            _fits(key, statement.signature, content, digest) for digest in _PSS_DIGESTS
        )
    return signed_by(key, statement.signature, content, statement.signature_hash_algorithm)


def _fits(key: rsa.RSAPublicKey, signature: bytes, content: bytes, digest: hashes.HashAlgorithm) -> bool:
    try:
        key.verify(signature, content, padding.PSS(padding.MGF1(digest), padding.PSS.AUTO), digest)
    except (InvalidSignature, ValueError):
        return False
    return True


def signed_by(
    key: CertificatePublicKeyTypes, signature: bytes, content: bytes, algorithm: hashes.HashAlgorithm | None
) -> bool:
    """Whether *key* made *signature* over *content*: RSA (PKCS #1 v1.5) or ECDSA, by a digest that cannot be forged."""
    if algorithm is None or isinstance(algorithm, FORGEABLE):
        return False
    try:
        if isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, content, padding.PKCS1v15(), algorithm)
        elif isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, content, ec.ECDSA(algorithm))
        else:
            return False
    except (InvalidSignature, ValueError, UnsupportedAlgorithm):
        return False
    return True


def utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
