"""The certificates to encrypt to, chosen once and cached for as long as the choice stays the same.

Validating a certificate costs tens of microseconds, and Postfix asks about every recipient several times. Which of
several certificates is used (:func:`segl.certificates.judgement.usable_of`) changes only when one of them becomes valid
or expires, so the answer is cached until then.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from cryptography import x509

from segl.certificates.judgement import usable_of

MOST: Final = 8  # a message grows with each; more at a time is no change of keys but an oversight


@dataclass(frozen=True, slots=True)
class Choice:
    """The certificates, the newest first, or none and why; true from ``since`` until before ``until`` (Unix
    seconds). Several are there while a partner changes keys: nobody knows which he opens mail with today."""

    certificates: tuple[x509.Certificate, ...]
    reason: str
    since: float
    until: float

    @property
    def certificate(self) -> x509.Certificate | None:
        """The newest."""
        return self.certificates[0] if self.certificates else None

    def holds(self, now: float) -> bool:
        return self.since <= now < self.until


def choose(certificates: Sequence[x509.Certificate], now: float) -> Choice:
    """The choice among *certificates* at *now* (Unix seconds)."""
    usable, why = usable_of(certificates, datetime.fromtimestamp(now, UTC))
    turns = [moment for one in certificates for moment in _turns(one) if moment > now]
    if usable:
        why = f"a certificate is known, valid until {usable[0].not_valid_after_utc:%Y-%m-%d}"
    return Choice(tuple(usable[:MOST]), why, now, min(turns, default=float("inf")))


def _turns(certificate: x509.Certificate) -> tuple[float, float]:
    """When it begins, and when it has just ended: its last second still counts (RFC 5280 §4.1.2.5)."""
    return (
        certificate.not_valid_before_utc.timestamp(),
        certificate.not_valid_after_utc.timestamp() + 1e-3,
    )
