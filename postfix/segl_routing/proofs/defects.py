"""What may be wrong with TLS to a recipient domain, as far as the domain's own postmaster could repair it.

Whoever finds evidence says so beside the clause for people; ``segl domains`` makes advice of it
(:mod:`segl_routing.postmaster`).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Repair(StrEnum):
    """One thing to repair, or to publish."""

    NO_STARTTLS = "no-starttls"
    OLD_TLS = "old-tls"
    SELF_SIGNED = "self-signed"
    EXPIRED = "expired"
    WRONG_NAME = "wrong-name"
    UNTRUSTED = "untrusted"
    REFUSED = "refused"
    NO_ANSWER = "no-answer"
    TLSA_MISMATCH = "tlsa-mismatch"
    DNS = "dns"  # does not answer, or its DNSSEC is broken
    STS_NOT_LISTED = "sts-not-listed"
    STS_BROKEN = "sts-broken"
    STS_TESTING = "sts-testing"
    DELIVERY = "delivery"  # a check says yes, and Postfix could not deliver
    STRONGER = "stronger"  # nothing is wrong, but more is demanded than the domain proves


@dataclass(frozen=True, slots=True)
class Defect:
    """``host`` is the mail host it is about, empty when it is about the domain."""

    repair: Repair
    host: str = ""


BROKEN_DNS: Final = Defect(Repair.DNS)
BROKEN_STS: Final = Defect(Repair.STS_BROKEN)
