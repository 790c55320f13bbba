"""OCSP (RFC 6960): asking an authority about one certificate, and judging its answer.

The question names the certificate by hashes of its issuer's name and key, and its serial number. The answer
is signed by the issuer itself, or by a responder to whom the issuer gave a certificate of its own for that
(extendedKeyUsage *OCSPSigning*); nobody else's word counts, whatever chain it has. Responders that sign
beforehand leave the nonce out, so it need not come back; when it does, it must be ours.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID

from segl.certificates.judgement import UNREADABLE
from segl.certificates.records import Revocation
from segl_routing.certificates.standing import RevocationStanding, is_current, is_signed, utc
from segl_routing.skew import OTHERS_SKEW

LARGEST: Final = 256 * 1024
MOST_PLACES: Final = 2
# An answer without nextUpdate says that there is newer word at any time: it is believed only when it is new.
NEW: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Question:
    """What is sent (DER), and the nonce to compare with."""

    der: bytes
    nonce: bytes


def places_of(certificate: x509.Certificate) -> list[str]:
    """The HTTP addresses of the responders for *certificate*."""
    return [uri for uri in _responders(certificate) if uri.lower().startswith("http://")][:MOST_PLACES]


def question(certificate: x509.Certificate, issuer: x509.Certificate) -> Question:
    """SHA-1 names the issuer here, as RFC 5019 §2.1.1 has it and all responders read it; nothing rests on it."""
    nonce = secrets.token_bytes(16)
    request = (
        ocsp.OCSPRequestBuilder()
        .add_certificate(certificate, issuer, hashes.SHA1())  # noqa: S303 — see above
        .add_extension(x509.OCSPNonce(nonce), critical=False)
        .build()
    )
    return Question(request.public_bytes(serialization.Encoding.DER), nonce)


def standing_in(
    der: bytes, nonce: bytes, certificate: x509.Certificate, issuer: x509.Certificate, now: datetime
) -> RevocationStanding:
    """What the answer *der* says at *now* of *certificate*, which *issuer* issued."""
    try:
        response = ocsp.load_der_ocsp_response(der)
        if response.response_status is not ocsp.OCSPResponseStatus.SUCCESSFUL:
            return RevocationStanding.unknown(
                f"the OCSP responder says {response.response_status.name.lower()}"
            )
        if fault := _fault(response, nonce, issuer, now):
            return RevocationStanding.unknown(fault)
        for single in response.responses:
            if _is_about(single, certificate, issuer):
                return _standing(single, now)
    except (TypeError, *UNREADABLE):
        return RevocationStanding.unknown("the OCSP answer cannot be read")
    return RevocationStanding.unknown("the OCSP answer is about another certificate")


def _standing(single: ocsp.OCSPSingleResponse, now: datetime) -> RevocationStanding:
    said_at = single.this_update_utc
    end = single.next_update_utc or said_at + NEW
    if not is_current(said_at, end, now):
        return RevocationStanding.unknown(f"the OCSP answer held until {utc(end)}")
    match single.certificate_status:
        case ocsp.OCSPCertStatus.GOOD:
            reason = "the authority says it is good (OCSP)"
            return RevocationStanding(Revocation.GOOD, reason, end, said_at=said_at)
        case ocsp.OCSPCertStatus.REVOKED:
            when = single.revocation_time_utc
            day = f" on {when:%Y-%m-%d}" if when else ""
            return RevocationStanding(Revocation.REVOKED, f"revoked{day} (OCSP)", end, said_at=said_at)
        case _:
            return RevocationStanding.unknown("the OCSP responder does not know the certificate")


def _fault(response: ocsp.OCSPResponse, nonce: bytes, issuer: x509.Certificate, now: datetime) -> str:
    """Why the answer as a whole cannot be believed."""
    signer = _signer(response, issuer, now)
    if signer is None:
        return "the OCSP answer is signed by somebody whom the authority did not name"
    if not is_signed(response, response.tbs_response_bytes, signer.public_key()):
        return "the OCSP answer's signature is wrong"
    if any(extension.critical for extension in response.extensions):
        return "the OCSP answer is of a kind that is not read"
    try:
        theirs = response.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce
    except x509.ExtensionNotFound:
        return ""
    return "" if theirs == nonce else "the OCSP answer belongs to another question"


def _signer(response: ocsp.OCSPResponse, issuer: x509.Certificate, now: datetime) -> x509.Certificate | None:
    """The issuer, or the delegated responder whose certificate comes along, whichever the answer names."""
    if _is_named(response, issuer):
        return issuer
    for candidate in response.certificates[:8]:
        if _is_named(response, candidate) and _is_delegate(candidate, issuer, now):
            return candidate
    return None


def _is_named(response: ocsp.OCSPResponse, candidate: x509.Certificate) -> bool:
    if response.responder_name is not None:
        return response.responder_name == candidate.subject
    return response.responder_key_hash == _key_hash(candidate, hashes.SHA1())  # noqa: S303 — RFC 6960 §4.2.1


def _is_delegate(candidate: x509.Certificate, issuer: x509.Certificate, now: datetime) -> bool:
    if not candidate.not_valid_before_utc <= now + OTHERS_SKEW or now > candidate.not_valid_after_utc:
        return False
    try:
        candidate.verify_directly_issued_by(issuer)
        usages = candidate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except (InvalidSignature, TypeError, x509.ExtensionNotFound, *UNREADABLE):
        return False
    return ExtendedKeyUsageOID.OCSP_SIGNING in usages


def _is_about(
    single: ocsp.OCSPSingleResponse, certificate: x509.Certificate, issuer: x509.Certificate
) -> bool:
    algorithm = single.hash_algorithm
    return (
        single.serial_number == certificate.serial_number
        and single.issuer_key_hash == _key_hash(issuer, algorithm)
        and single.issuer_name_hash == _hash(issuer.subject.public_bytes(), algorithm)
    )


def _key_hash(certificate: x509.Certificate, algorithm: hashes.HashAlgorithm) -> bytes:
    """Over the key's bits alone, without the frame that says of which kind it is (RFC 6960 §4.1.1)."""
    if isinstance(algorithm, hashes.SHA1):
        return x509.SubjectKeyIdentifier.from_public_key(certificate.public_key()).digest
    return _hash(_key_bits(certificate), algorithm)


def _key_bits(certificate: x509.Certificate) -> bytes:
    """The contents of subjectPublicKey (RFC 3279 §2.3): PKCS #1 for RSA, the point for elliptic curves."""
    key = certificate.public_key()
    if isinstance(key, rsa.RSAPublicKey):
        return key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.PKCS1)
    if isinstance(key, ec.EllipticCurvePublicKey):
        return key.public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    raise ValueError("a kind of key that authorities do not use")


def _hash(content: bytes, algorithm: hashes.HashAlgorithm) -> bytes:
    digest = hashes.Hash(algorithm)
    digest.update(content)
    return digest.finalize()


def _responders(certificate: x509.Certificate) -> Iterator[str]:
    try:
        access = certificate.extensions.get_extension_for_class(x509.AuthorityInformationAccess).value
    except (x509.ExtensionNotFound, *UNREADABLE):
        return
    for description in access:
        location = description.access_location
        if description.access_method == AuthorityInformationAccessOID.OCSP and isinstance(
            location, x509.UniformResourceIdentifier
        ):
            yield location.value
