"""What the route table learns about certificates and about failed deliveries, in one small form.

Both are asked for every recipient and answer at once, from memory.
"""

from __future__ import annotations

from dataclasses import dataclass

from segl.vocabulary import Known


@dataclass(frozen=True, slots=True)
class CertificateState:
    """Whether a recipient (by full address) has a certificate of his own that can be used now.

    ``UNKNOWN`` means that it is being looked for: the recipient waits. Whoever keeps certificates says ``NO``,
    with the reason, when a directory has not answered for so long that the next way must be taken.
    """

    known: Known
    reason: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A domain whose forced TLS failed at delivery, whatever had been proven before: it takes the next way
    until ``until`` (Unix seconds). ``reason`` is a clause for people, with the host that failed."""

    reason: str
    until: float


NO_CERTIFICATE = CertificateState(Known.NO, "certificates are not looked for")


def no_certificate(_recipient: str) -> CertificateState:
    """For a table that nobody tells of certificates."""
    return NO_CERTIFICATE


def no_mark(_domain: str) -> Mark | None:
    """For a table that nobody tells of failures."""
    return None
