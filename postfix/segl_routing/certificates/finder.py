"""Finds the certificates that a message for one address may be encrypted to: asks the sources in their order,
judges what they offer, and stops at the first that has a good one.

Three outcomes. A good certificate; none, for certain; or *don't know*, when no source has a good one and one
could not be asked, or an authority did not say whether its certificate was revoked. Of several certificates the newest
is the one whose key its holder has today: while nobody says whether that was revoked, an older one does not stand in
for it. Where an earlier source could not be asked, what a later one has is the second best.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from segl.certificates.chain import Authorities
from segl.certificates.judgement import fingerprint
from segl.certificates.names import holder_of
from segl.certificates.recipient import unfit
from segl.certificates.records import CertificateRow, Revocation
from segl.settings.certificates import Certificates, RevocationUnknown
from segl.vocabulary import Known
from segl_routing.certificates.revocation import RevocationChecks
from segl_routing.certificates.sources import Answer, Offer, Source
from segl_routing.certificates.standing import RevocationStanding

SEARCH_SECONDS: Final = 60.0  # no search takes longer, whatever the sources do
MOST_KEYS: Final = 5  # of one recipient, with all_keys


@dataclass(frozen=True, slots=True)
class Judged:
    """One certificate that a source offered. ``known``: may be used, may not, or that cannot be told now.

    ``good_until`` (Unix seconds) is when the judgement ends; 0 unless ``YES``.
    """

    offer: Offer
    known: Known
    reason: str
    good_until: float = 0.0
    standing: Revocation = Revocation.UNKNOWN

    @property
    def begins(self) -> datetime:
        return self.offer.certificate.not_valid_before_utc

    def as_dict(self) -> dict[str, Any]:
        certificate = self.offer.certificate
        return {
            "fingerprint": fingerprint(certificate),
            "holder": holder_of(certificate).as_dict(),
            "not_before": certificate.not_valid_before_utc.isoformat(),
            "not_after": certificate.not_valid_after_utc.isoformat(),
            "usable": self.known.value,
            "reason": self.reason,
            "revocation": self.standing.value,
        }


@dataclass(frozen=True, slots=True)
class SourceResult:
    """What one source answered, and what was made of it."""

    source: str
    answer: Answer
    judged: tuple[Judged, ...] = ()

    @property
    def good(self) -> list[Judged]:
        """Those that may be used, the newest first."""
        good = [judged for judged in self.judged if judged.known is Known.YES]
        return sorted(good, key=lambda one: one.begins, reverse=True)

    def doubts_of_newer(self, than: Judged) -> list[str]:
        """Why it cannot be told now whether those may be used that are newer."""
        return [one.reason for one in self.judged if one.known is Known.UNKNOWN and one.begins > than.begins]

    def as_dict(self) -> dict[str, Any]:
        return {
            "source": self.source,
            "known": self.answer.known.value,
            "reason": self.answer.reason,
            "certificates": [judged.as_dict() for judged in self.judged],
        }


@dataclass(frozen=True, slots=True)
class SearchResult:
    """How a search ended: ``rows`` are the certificates to encrypt to, none unless ``YES``. ``second_best``: a source
    that goes before the one they are of could not be asked."""

    address: str
    known: Known
    reason: str
    rows: tuple[CertificateRow, ...] = ()
    asked: tuple[SourceResult, ...] = ()
    second_best: bool = False

    @property
    def revoked(self) -> frozenset[str]:
        """Fingerprints of the address's certificates that were found to be revoked."""
        return frozenset(
            fingerprint(one.offer.certificate)
            for source in self.asked
            for one in source.judged
            if one.standing is Revocation.REVOKED
        )


class CertificateFinder:
    """Searches with one set of settings."""

    def __init__(
        self,
        settings: Certificates,
        sources: Sequence[Source],
        authorities: Authorities,
        revocation: RevocationChecks,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """*clock* gives Unix seconds."""
        self._settings = settings
        self._sources = tuple(sources)
        self._authorities = authorities
        self._revocation = revocation
        self._clock = clock

    async def find(self, address: str, *, all_sources: bool = False) -> SearchResult:
        """Search for *address* (a mail key). With *all_sources* each is asked, for a person to see."""
        asked: list[SourceResult] = []
        try:
            async with asyncio.timeout(SEARCH_SECONDS):
                for source in self._sources:
                    asked.append(await self._ask(source, address))
                    if asked[-1].good and not all_sources:
                        break
        except TimeoutError:
            asked.append(SourceResult("search", Answer.unknown(f"did not end in {SEARCH_SECONDS:g} seconds")))
        return self._result(address, asked)

    async def close(self) -> None:
        """Let the sources go, each when it is done."""
        for source in self._sources:
            await source.close()

    async def _ask(self, source: Source, address: str) -> SourceResult:
        answer = await source.ask(address)
        judged = await asyncio.gather(*(self._judge(offer, address) for offer in _once(answer.offers)))
        return SourceResult(source.name, answer, tuple(judged))

    async def _judge(self, offer: Offer, address: str) -> Judged:
        now = self._clock()
        moment = datetime.fromtimestamp(now, UTC)
        if fault := unfit(offer.certificate, address, moment, bound=offer.bound):
            return Judged(offer, Known.NO, fault)
        if offer.vouched:
            chain: tuple[x509.Certificate, ...] = (offer.certificate,)
            standing = RevocationStanding(Revocation.GOOD, "vouched for by signed DNS")
        else:
            built = self._authorities.chain(offer.certificate, moment, offer.along)
            if built.fault:
                return Judged(offer, Known.NO, built.fault)
            chain, standing = built.certificates, await self._revocation.standing(built.certificates)
        return self._weighed(offer, chain, standing, now)

    def _weighed(
        self, offer: Offer, chain: tuple[x509.Certificate, ...], standing: RevocationStanding, now: float
    ) -> Judged:
        """What the *standing* of the *chain* comes to by the settings."""
        known, reason, held = standing.revocation, standing.reason, self._settings.known_seconds
        if known is Revocation.REVOKED:
            return Judged(offer, Known.NO, reason, standing=known)
        if known is Revocation.UNKNOWN:
            if self._settings.revocation_unknown is not RevocationUnknown.USE:
                return Judged(offer, Known.NO if standing.lasting else Known.UNKNOWN, reason, standing=known)
            reason = f"used although its revocation is not known ({reason})"
            held = min(held, self._settings.absent_seconds)
        ends = [now + held, *(entry.not_valid_after_utc.timestamp() for entry in chain)]
        if standing.until is not None:
            ends.append(standing.until.timestamp())
        return Judged(offer, Known.YES, reason, min(ends), known)

    def _result(self, address: str, asked: list[SourceResult]) -> SearchResult:
        for at, one in enumerate(asked):
            if not one.good:
                continue
            chosen = one.good[: MOST_KEYS if self._settings.all_keys else 1]
            if newer := [
                f"{source.source}: {why}"
                for source in asked[: at + 1]
                for why in source.doubts_of_newer(chosen[0])
            ]:
                return SearchResult(address, Known.UNKNOWN, "; ".join(newer), (), tuple(asked))
            rows = tuple(_row(address, one.source, judged, self._clock()) for judged in chosen)
            last = chosen[0].offer.certificate.not_valid_after_utc
            reason = f"a certificate is known ({one.source}), valid until {last:%Y-%m-%d}"
            second = any(source.answer.known is Known.UNKNOWN for source in asked[:at])
            return SearchResult(address, Known.YES, reason, rows, tuple(asked), second)
        doubts = [f"{one.source}: {why}" for one in asked for why in _why(one, Known.UNKNOWN)]
        if doubts:
            return SearchResult(address, Known.UNKNOWN, "; ".join(doubts), (), tuple(asked))
        noes = [f"{one.source}: {why}" for one in asked for why in _why(one, Known.NO)]
        return SearchResult(address, Known.NO, "; ".join(noes) or "no source is set", (), tuple(asked))


def _why(one: SourceResult, known: Known) -> list[str]:
    """Why there is nothing usable from a source, each reason once."""
    reasons = [one.answer.reason] if one.answer.known is known else []
    reasons += [judged.reason for judged in one.judged if judged.known is known]
    return list(dict.fromkeys(reasons))


def _once(offers: Sequence[Offer]) -> list[Offer]:
    """Each certificate once, as it was offered with the most behind it."""
    best: dict[str, Offer] = {}
    for offer in offers:
        own = fingerprint(offer.certificate)
        before = best.get(own)
        if before is None or (offer.vouched, offer.bound) > (before.vouched, before.bound):
            best[own] = offer
    return list(best.values())


def _row(address: str, source: str, judged: Judged, now: float) -> CertificateRow:
    offer = judged.offer
    return CertificateRow(
        address=address,
        fingerprint=fingerprint(offer.certificate),
        der=offer.certificate.public_bytes(Encoding.DER),
        source=source,
        found_at=now,
        checked_at=now,
        good_until=judged.good_until,
        standing=judged.standing,
        bound=offer.bound,
        vouched=offer.vouched,
    )
