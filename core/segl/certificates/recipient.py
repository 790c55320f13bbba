"""Whether a message for one address may be encrypted to one certificate (RFC 8550): the judgement that needs no
network, for ``segl-map`` before it names the way and for ``segl-deliver`` before it encrypts.

To what holds for every certificate (:mod:`segl.certificates.judgement`) come the demands on one of a person: it names
the address, it is for mail (extendedKeyUsage, RFC 8550 §4.4.4), and nobody signed it with SHA-1 or MD5, with which a
second certificate can be made to the same signature.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

from segl.certificates.judgement import (
    FOR_MAIL,
    FORGEABLE,
    UNREADABLE,
    is_authority,
    load_certificate,
    unusable,
)
from segl.certificates.names import addresses_of, mail_key

LARGEST_DER: Final = 64 * 1024


def unfit(certificate: x509.Certificate, address: str, now: datetime, *, bound: bool = False) -> str:
    """Why *certificate* cannot be encrypted to for *address* at *now*; ``""`` when it can.

    *bound*: who holds the address was told by other means than the certificate (the postmaster's file name, a
    signed DNS record), so that the address need not stand in it.
    """
    if fault := unusable(certificate, now):
        return fault
    if is_authority(certificate):
        return "it is an authority's certificate, not a recipient's"
    if fault := _usage_fault(certificate):
        return fault
    if not bound and mail_key(address) not in addresses_of(certificate):
        return "it is for another address"
    return ""


def _usage_fault(certificate: x509.Certificate) -> str:
    try:
        if isinstance(certificate.signature_hash_algorithm, FORGEABLE):
            return f"it is signed with {certificate.signature_hash_algorithm.name}, which can be forged"
        usages = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return ""
    except (x509.DuplicateExtension, ValueError, UnsupportedAlgorithm):
        return "the certificate is damaged or of an unknown kind"
    return "" if FOR_MAIL.intersection(usages) else "its extendedKeyUsage is not for mail (emailProtection)"


def load_der(der: bytes) -> x509.Certificate:
    """Raises :class:`ValueError` when *der* is no certificate, or larger than any can be."""
    if len(der) > LARGEST_DER:
        raise ValueError(f"larger than {LARGEST_DER} bytes")
    try:
        certificate = load_certificate(der)
        certificate.public_key()
        _ = certificate.extensions, certificate.subject, certificate.issuer
    except (TypeError, *UNREADABLE):
        raise ValueError("no certificate, or a damaged one") from None
    return certificate
