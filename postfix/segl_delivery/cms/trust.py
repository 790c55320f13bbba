"""Whose signature it is: by a pinned key or certificate, or by a chain to a known authority.

A pin is a SHA-256 fingerprint in hex, of the whole certificate or of its public key (SubjectPublicKeyInfo):
the second outlives the certificate's renewal. Neither way trusts a certificate because it came along.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256, Hash
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from segl.certificates.chain import Authorities
from segl.certificates.judgement import fingerprint, unfit_to_sign, untimely
from segl_delivery.cms.signed import Signature, Signed


def key_fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 over the SubjectPublicKeyInfo, as hex."""
    digest = Hash(SHA256())
    digest.update(certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    return digest.finalize().hex()


def pin(text: str) -> str:
    """*text* as a pin: 64 hex digits, with or without colons and in either case. Raises ValueError."""
    plain = text.replace(":", "").replace(" ", "").lower()
    if not re.fullmatch(r"[0-9a-f]{64}", plain):
        raise ValueError("no SHA-256 fingerprint: 64 hex digits are wanted")
    return plain


def signed_by_pinned(signed: Signed, pins: Collection[str]) -> Signature | None:
    """The first signature that holds and was made with one of the keys or certificates in *pins*.

    Validity dates are not asked: a pin is withdrawn by taking it away.
    """
    for signature in signed.signatures:
        certificate = signature.certificate
        if not signature.holds or certificate is None:
            continue
        if fingerprint(certificate) in pins or key_fingerprint(certificate) in pins:
            return signature
    return None


def signed_by_chain(
    signed: Signed, authorities: Authorities, now: datetime
) -> tuple[Signature, tuple[x509.Certificate, ...]] | None:
    """The first signature that holds whose certificate is for mail and leads to one of *authorities* at *now*, and the
    chain from it up. Revocation is not asked here."""
    for signature in signed.signatures:
        certificate = signature.certificate
        if not signature.holds or certificate is None:
            continue
        if untimely(certificate, now) or unfit_to_sign(certificate):
            continue
        chain = authorities.chain(certificate, now, signed.certificates)
        if not chain.fault:
            return signature, chain.certificates
    return None
