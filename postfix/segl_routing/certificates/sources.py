"""What every source of recipient certificates answers, and what the judgement makes of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from cryptography import x509

from segl.vocabulary import Known

# Of one source for one address: the newest. A directory that nobody clears out has an entry's of twenty years.
MOST_OFFERED = 50


@dataclass(frozen=True, slots=True)
class Offer:
    """A certificate that a source gives for an address.

    ``along``    certificates that came with it, to build its chain from.
    ``bound``    the source itself says whose it is (the postmaster's file name): the certificate need not.
    ``vouched``  the source itself stands for it (DNSSEC, RFC 8162): no authority need.
    """

    certificate: x509.Certificate
    along: tuple[x509.Certificate, ...] = ()
    bound: bool = False
    vouched: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """A source's word on one address. ``UNKNOWN``: it could not be asked, which is never a no."""

    known: Known
    reason: str
    offers: tuple[Offer, ...] = field(default=())

    @classmethod
    def of(cls, offers: list[Offer], none: str) -> Answer:
        if not offers:
            return cls(Known.NO, none)
        count = len(offers)
        told = "one certificate" if count == 1 else f"{count} certificates"
        return cls(Known.YES, told, tuple(_newest(offers)))

    @classmethod
    def unknown(cls, reason: str) -> Answer:
        return cls(Known.UNKNOWN, reason)


def _newest(offers: list[Offer]) -> list[Offer]:
    """As many of *offers* as are looked at: those that became valid last. Any other choice could leave its holder the
    key that she had before."""
    if len(offers) <= MOST_OFFERED:
        return offers
    latest = sorted(offers, key=lambda one: one.certificate.not_valid_before_utc, reverse=True)
    return latest[:MOST_OFFERED]


class Source(Protocol):
    """A place to look for certificates."""

    @property
    def name(self) -> str:
        """As it stands in log, store and ``segl certificate find``: ``folder``, ``directory ldap.x.dk``."""

    async def ask(self, address: str) -> Answer:
        """What it has for *address* (:func:`segl.certificates.names.mail_key`). Does not raise for a source
        that fails: that is an answer."""
        ...

    async def close(self) -> None:
        """It will not be asked again."""
