"""Whose signature it is: by a pinned key or certificate, or by a chain to a known authority.

A pin is a SHA-256 fingerprint in hex, of the whole certificate or of its public key (SubjectPublicKeyInfo):
the second outlives the certificate's renewal. Neither way trusts a certificate because it came along.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256, Hash
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import verification
from cryptography.x509.oid import ExtendedKeyUsageOID

from segl.certificates import UNREADABLE, fingerprint
from segl_delivery.cms.signed import Signature, Signed

_LONGEST_CHAIN = 6
_PURPOSES = frozenset({ExtendedKeyUsageOID.EMAIL_PROTECTION, ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE})


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
    signed: Signed, anchors: Sequence[x509.Certificate], now: datetime
) -> tuple[Signature, tuple[x509.Certificate, ...]] | None:
    """The first signature that holds whose certificate leads to one of *anchors* at *now*, and the chain from
    it to the anchor."""
    for signature in signed.signatures:
        if signature.holds and signature.certificate is not None:
            chain = chain_of(signature.certificate, signed.certificates, anchors, now)
            if chain is not None:
                return signature, chain
    return None


def chain_of(
    certificate: x509.Certificate,
    intermediates: Sequence[x509.Certificate],
    anchors: Sequence[x509.Certificate],
    now: datetime,
) -> tuple[x509.Certificate, ...] | None:
    """The way from *certificate* to one of *anchors* at *now* (RFC 5280 §6), for mail (RFC 8550 §4.4.4): an
    extendedKeyUsage, where there is one, allows it. Revocation is not asked here."""
    try:
        builder = verification.PolicyBuilder().store(verification.Store(list(anchors))).time(now)
        builder = builder.max_chain_depth(_LONGEST_CHAIN)
        builder = builder.extension_policies(
            ca_policy=verification.ExtensionPolicy.webpki_defaults_ca(), ee_policy=_leaf_policy()
        )
        verified = builder.build_client_verifier().verify(certificate, list(intermediates))
    except (verification.VerificationError, *UNREADABLE):
        return None
    return tuple(verified.chain)


def _leaf_policy() -> verification.ExtensionPolicy:
    return verification.ExtensionPolicy.permit_all().may_be_present(
        x509.ExtendedKeyUsage, verification.Criticality.AGNOSTIC, _check_purpose
    )


def _check_purpose(
    policy: verification.Policy, certificate: x509.Certificate, found: x509.ExtendedKeyUsage | None
) -> None:
    if found is not None and not _PURPOSES & set(found):
        raise ValueError("the certificate is not for mail (extendedKeyUsage)")
