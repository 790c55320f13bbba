"""Whether a certificate may become one of our own keys', and which of several is the key's own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

from segl.certificates.judgement import (
    CURVES,
    UNREADABLE,
    is_short_rsa,
    lasting_fault,
    purpose_fault,
    untimely,
)
from segl_delivery.cms.digests import PrivateKey
from segl_delivery.own_keys.directory import may_sign

_FOR_MAIL: Final = (
    "ask the authority for one with emailProtection (segl key new --csr asks for that); where your partners' gateways "
    "take it all the same: --any-purpose; for old mail alone: --retired"
)


def own_and_chain(key: PrivateKey, certificates: Sequence[x509.Certificate]) -> tuple[x509.Certificate, ...]:
    """The newest certificate of *key*, then the others that are of other keys; nothing when none is its own."""
    public = key.public_key()
    own = [entry for entry in certificates if _public(entry) == public]
    if not own:
        return ()
    others = dict.fromkeys(entry for entry in certificates if entry not in own)
    return max(own, key=lambda entry: entry.not_valid_before_utc), *others


def refusal(
    certificate: x509.Certificate, now: datetime, *, retired: bool, any_purpose: bool = False
) -> tuple[str, str] | None:
    """Why *certificate* is not taken, and what to do. A *retired* one only has to open old mail: neither its dates
    nor its strength are asked. *any_purpose*: nor whether it was issued for mail."""
    if retired:
        return None
    if why := untimely(certificate, now):
        return f"the certificate is {why}", "a key that only has to open old mail is imported with --retired"
    key = _public(certificate)
    odd = isinstance(key, EllipticCurvePublicKey) and key.curve.name not in CURVES
    fault = lasting_fault(certificate)
    if is_short_rsa(key) or odd or (fault and not may_sign(certificate, now)):
        return fault, "ask the authority for another; for old mail alone: --retired"
    if not any_purpose and (why := purpose_fault(certificate)):
        return f"{why}: mail programs neither encrypt to it nor believe what it signs", _FOR_MAIL
    return None


def _public(certificate: x509.Certificate) -> object:
    try:
        return certificate.public_key()
    except UNREADABLE:
        return None
