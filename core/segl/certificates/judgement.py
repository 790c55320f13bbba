"""Whether mail may be encrypted to a certificate (RFC 5280, RFC 8550): the one judgement, for all who ask.

``segl-map`` asks before it names a way, ``segl-deliver`` before it encrypts. A route to an agent that then
refuses is a message that waits, so both ask here. Nothing is said of trust: whether a certificate belongs
to a domain or a person is for whoever keeps it to know.

What is judged: the time of validity, the kind and size of the key (RSA of 2048 to 16384 bits, or the curves
P-256, P-384 and P-521), and keyUsage where there is one (RFC 5280 §4.2.1.3): a key for RSA is encrypted to
with *keyEncipherment*, an elliptic one agrees on a key with *keyAgreement*. An RSA key that its certificate calls
RSASSA-PSS is for signatures, whatever else stands there (RFC 4055 §1.2): no program decrypts with it. What every
judgement on certificates goes by stands here too: the smallest key, the digests of which none is believed, the purposes
that are mail's.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import Enum
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import MD5, SHA1, SHA256
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509.oid import ExtendedKeyUsageOID, PublicKeyAlgorithmOID

SMALLEST_RSA: Final = 2048
LARGEST_RSA: Final = 16384  # what OpenSSL takes; beyond it one message would cost seconds
CURVES: Final = {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}

# What reading a certificate, its key or its extensions may raise: strangers write them. The warning becomes an
# exception where warnings are errors, and will in a later release of the library.
UNREADABLE: Final = (
    ValueError,
    CryptographyDeprecationWarning,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.UnsupportedGeneralNameType,
)
# A second text can be made to the same signature. SHA-224 is not among them: it withstands collisions with 112 bits, as
# much as the smallest RSA key that is taken.
FORGEABLE: Final = (MD5, SHA1)
# Of extendedKeyUsage (RFC 8550 §4.4.4).
FOR_MAIL: Final = frozenset(
    {ExtendedKeyUsageOID.EMAIL_PROTECTION, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE}
)
_BEGIN: Final = b"-----BEGIN"
_DAMAGED: Final = "the certificate is damaged or of an unknown kind"


class KeyKind(Enum):
    """How a certificate's key is encrypted to."""

    RSA = "rsa"
    EC = "ec"


def load_certificate(der: bytes) -> x509.Certificate:
    """Raises one of :data:`UNREADABLE`, also for dates that nobody can tell: DER allows a year 0."""
    return _dated(x509.load_der_x509_certificate(der))


def load_certificates(pem: bytes) -> list[x509.Certificate]:
    """As :func:`load_certificate`, of all that *pem* holds."""
    return [_dated(one) for one in x509.load_pem_x509_certificates(pem)]


def certificates_given(data: bytes) -> list[x509.Certificate]:
    """What a partner sent: as :func:`load_certificates`, or one in DER."""
    return load_certificates(data) if _BEGIN in data else [load_certificate(data)]


def holds_private_key(data: bytes) -> bool:
    """Whether a PEM file has one in it, encrypted or not."""
    return b"PRIVATE KEY-----" in data


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 over the whole certificate, as hex."""
    return certificate.fingerprint(SHA256()).hex()


def key_kind(certificate: x509.Certificate) -> KeyKind | None:
    """``None`` for a key of another kind, or none that can be read."""
    try:
        key = certificate.public_key()
    except UNREADABLE:
        return None
    if isinstance(key, RSAPublicKey):
        return KeyKind.RSA
    return KeyKind.EC if isinstance(key, EllipticCurvePublicKey) else None


def unusable(certificate: x509.Certificate, now: datetime) -> str:
    """Why nothing may be encrypted to *certificate* at *now*; ``""`` when it may."""
    return lasting_fault(certificate) or untimely(certificate, now)


def untimely(certificate: x509.Certificate, now: datetime) -> str:
    """Why *certificate* does not hold at *now*; ``""`` when it does."""
    if now < certificate.not_valid_before_utc:
        return f"not valid before {certificate.not_valid_before_utc:%Y-%m-%d}"
    if now > certificate.not_valid_after_utc:
        return f"expired on {certificate.not_valid_after_utc:%Y-%m-%d}"
    return ""


def lasting_fault(certificate: x509.Certificate) -> str:
    """Why *certificate* can never be encrypted to, whatever the time; ``""`` when there is nothing."""
    try:
        key = certificate.public_key()
        usage = key_usage(certificate)
    except UNREADABLE:
        return _DAMAGED
    if isinstance(key, RSAPublicKey):
        if certificate.public_key_algorithm_oid == PublicKeyAlgorithmOID.RSASSA_PSS:
            return "the RSA key is for signatures alone (RSASSA-PSS)"
        return _rsa_fault(key, usage)
    if isinstance(key, EllipticCurvePublicKey):
        return _curve_fault(key, usage)
    return "the key is neither RSA nor on an elliptic curve"


def unfit_to_sign(certificate: x509.Certificate) -> str:
    """Why it may not sign mail, whatever the time (RFC 8550 §4.4.2, §4.4.4); ``""`` when it may."""
    try:
        extensions = certificate.extensions
        usage = next((e.value for e in extensions if isinstance(e.value, x509.KeyUsage)), None)
    except UNREADABLE:
        return "cannot be read"
    if usage is not None and not (usage.digital_signature or usage.content_commitment):
        return "its keyUsage does not allow signatures"
    return purpose_fault(certificate)


def purpose_fault(certificate: x509.Certificate) -> str:
    """Why mail is none of the purposes it was issued for (RFC 8550 §4.4.4); ``""`` when it is, or none is named."""
    try:
        purposes = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return ""
    except UNREADABLE:
        return _DAMAGED
    return "" if FOR_MAIL.intersection(purposes) else "it is not for mail (extendedKeyUsage)"


def newest_usable(
    certificates: Sequence[x509.Certificate], now: datetime
) -> tuple[x509.Certificate | None, str]:
    """The first of :func:`usable_of`; else ``None`` and why there is none."""
    usable, why = usable_of(certificates, now)
    return (usable[0] if usable else None), why


def usable_of(certificates: Sequence[x509.Certificate], now: datetime) -> tuple[list[x509.Certificate], str]:
    """Those of *certificates* that may be encrypted to at *now*, what became valid last first; without any, why
    each may not.

    Certificates of authorities (a chain in the same file) are passed over when there is any other: a
    self-signed one is often its own authority.
    """
    usable: list[x509.Certificate] = []
    reasons: list[str] = []
    for certificate in without_authorities(certificates):
        if fault := unusable(certificate, now):
            reasons.append(fault)
        else:
            usable.append(certificate)
    if not usable:
        return [], ", ".join(dict.fromkeys(reasons)) or "holds no certificate"
    return sorted(usable, key=lambda one: one.not_valid_before_utc, reverse=True), ""


def without_authorities(certificates: Sequence[x509.Certificate]) -> Sequence[x509.Certificate]:
    """Those that are no authority's; all, when that leaves none."""
    return [certificate for certificate in certificates if not is_authority(certificate)] or certificates


def is_authority(certificate: x509.Certificate) -> bool:
    """Whether it may sign other certificates (basicConstraints)."""
    try:
        return certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (x509.ExtensionNotFound, *UNREADABLE):
        return False


def key_usage(certificate: x509.Certificate) -> x509.KeyUsage | None:
    """The keyUsage, ``None`` when there is none. Raises one of :data:`UNREADABLE` when it cannot be read."""
    try:
        return certificate.extensions.get_extension_for_class(x509.KeyUsage).value
    except x509.ExtensionNotFound:
        return None


def is_short_rsa(key: object) -> bool:
    """Whether *key* is an RSA key of fewer than :data:`SMALLEST_RSA` bits, on which nobody's word rests any more. Keys
    of other kinds are not."""
    return isinstance(key, RSAPublicKey) and key.key_size < SMALLEST_RSA


def _dated(certificate: x509.Certificate) -> x509.Certificate:
    _ = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    return certificate


def _rsa_fault(key: RSAPublicKey, usage: x509.KeyUsage | None) -> str:
    if is_short_rsa(key):
        return f"the RSA key has {key.key_size} bits, fewer than {SMALLEST_RSA}"
    if key.key_size > LARGEST_RSA:
        return f"the RSA key has {key.key_size} bits, more than {LARGEST_RSA}"
    if usage is not None and not usage.key_encipherment:
        return "its keyUsage does not allow encryption (keyEncipherment)"
    return ""


def _curve_fault(key: EllipticCurvePublicKey, usage: x509.KeyUsage | None) -> str:
    if key.curve.name not in CURVES:
        return f"the elliptic curve is {key.curve.name}, none of {', '.join(CURVES.values())}"
    if usage is not None and not usage.key_agreement:
        return "its keyUsage does not allow encryption (keyAgreement)"
    return ""
