"""The certificate to encrypt to, chosen once and remembered for as long as the choice stays the same.

Judging a certificate costs tens of microseconds, and Postfix asks about every recipient several times. Which
of some certificates is used (:func:`segl.certificates.newest_usable`) changes only when one of them begins or
ends, so until then the answer is at hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from cryptography import x509

from segl.certificates import newest_usable


@dataclass(frozen=True, slots=True)
class Choice:
    """The certificate, or ``None`` and why; true from ``since`` until before ``until`` (Unix seconds)."""

    certificate: x509.Certificate | None
    reason: str
    since: float
    until: float

    def holds(self, now: float) -> bool:
        return self.since <= now < self.until


def choose(certificates: Sequence[x509.Certificate], now: float) -> Choice:
    """The choice among *certificates* at *now* (Unix seconds)."""
    certificate, why = newest_usable(certificates, datetime.fromtimestamp(now, UTC))
    turns = [moment for one in certificates for moment in _turns(one) if moment > now]
    if certificate is not None:
        why = f"a certificate is known, valid until {certificate.not_valid_after_utc:%Y-%m-%d}"
    return Choice(certificate, why, now, min(turns, default=float("inf")))


def _turns(certificate: x509.Certificate) -> tuple[float, float]:
    """When it begins, and when it has just ended: its last second still counts (RFC 5280 §4.1.2.5)."""
    return (
        certificate.not_valid_before_utc.timestamp(),
        certificate.not_valid_after_utc.timestamp() + 1e-3,
    )
