"""Asks the authorities whether certificates still hold: OCSP first, then the revocation list.

"Revoked" from either ends it, and holds until a later word of the authority's. "Good" holds as long as the authority
says, and never longer than an hour from when it said so: a revocation is noticed while a list of last week is still
valid. Where a list cannot be fetched anew, that of before is believed for a day, so that whoever holds back the
answers does not make it the last word; an older list, or anything else that does not supersede it, is as if none had
come. What could not be found out is UNKNOWN, and is asked again.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import pairwise
from typing import Final

from cryptography import x509

from segl.certificates.judgement import UNREADABLE, fingerprint, is_authority
from segl.certificates.records import Revocation
from segl.certificates.revoked import Revoked, RevokedCertificates
from segl.errors import StoreError
from segl_routing.certificates import crl, ocsp
from segl_routing.certificates.fetch import Fetch, NotFetched
from segl_routing.certificates.standing import RevocationStanding

FRESH: Final = timedelta(hours=1)
STALE: Final = timedelta(days=1)
AGAIN: Final = timedelta(seconds=30)  # after a place could not be reached it is left alone for so long
MOST_LISTS: Final = 64
MOST_LIST_BYTES: Final = 64 * 1024 * 1024
MOST_ANSWERS: Final = 20_000

Clock = Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class _List:
    """A revocation list as fetched at ``fetched_at``; without one, why. ``asked_at``: when it was last tried."""

    asked_at: datetime
    size: int = 0
    content: x509.CertificateRevocationList | None = None
    fault: str = ""
    fetched_at: datetime | None = None


class RevocationChecks:
    """Remembers lists by address and issuer, and answers by certificate; in *kept*, over restarts, what was revoked.
    Not for use by several threads."""

    def __init__(
        self, fetch: Fetch, clock: Clock = lambda: datetime.now(UTC), kept: RevokedCertificates | None = None
    ) -> None:
        self._fetch = fetch
        self._clock = clock
        self._kept = kept
        self._lists: OrderedDict[str, _List] = OrderedDict()
        self._answers: OrderedDict[str, tuple[datetime, RevocationStanding]] = OrderedDict()
        self._revoked: OrderedDict[str, RevocationStanding] = OrderedDict()
        self._coming: dict[str, asyncio.Task[_List]] = {}

    def fetch_by(self, fetch: Fetch) -> None:
        """From now on; what was fetched stays."""
        self._fetch = fetch

    async def standing(self, chain: Sequence[x509.Certificate]) -> RevocationStanding:
        """The standing of a chain, leaf first: of all in it but the root, whom the postmaster vouches for."""
        pairs = pairwise(chain)
        return RevocationStanding.gravest(
            await asyncio.gather(*(self._with_what_was_said(own, above) for own, above in pairs))
        )

    async def _with_what_was_said(
        self, certificate: x509.Certificate, issuer: x509.Certificate
    ) -> RevocationStanding:
        """What is found out now, unless it was revoked: whoever stands in between undoes that neither by silence nor by
        an answer of before. Only a certificate that was on hold is good again (RFC 5280 §5.3.1)."""
        standing = await self._one(certificate, issuer)
        if standing.revocation is Revocation.REVOKED:
            await self._remember(certificate, issuer, standing)
            return standing
        try:
            before = await self._remembered(certificate, issuer)
            if before is None:
                return standing
            if _is_later(standing, before):
                await self._take_back(certificate, issuer)
                return standing
        except StoreError:
            return RevocationStanding.unknown("what was said of it before cannot be read")
        return self._bounded(replace(before, until=None), self._clock())

    async def _remember(
        self, certificate: x509.Certificate, issuer: x509.Certificate, standing: RevocationStanding
    ) -> None:
        own = _pair(certificate, issuer)
        self._revoked[own] = standing
        self._revoked.move_to_end(own)
        if len(self._revoked) > MOST_ANSWERS:
            self._revoked.popitem(last=False)
        if self._kept is None:
            return
        said_at = None if standing.said_at is None else standing.said_at.timestamp()
        row = Revoked(standing.reason, said_at, certificate.not_valid_after_utc.timestamp())
        with suppress(StoreError):  # whoever asks the next time says it again
            await asyncio.to_thread(self._kept.keep, *_both(certificate, issuer), row)

    async def _remembered(
        self, certificate: x509.Certificate, issuer: x509.Certificate
    ) -> RevocationStanding | None:
        """That it was said to be revoked: to us since we run, or to whoever shares the store, ever."""
        before = self._revoked.get(_pair(certificate, issuer))
        if before is not None or self._kept is None:
            return before
        row = await asyncio.to_thread(self._kept.of, *_both(certificate, issuer))
        if row is None:
            return None
        said_at = None if row.said_at is None else datetime.fromtimestamp(row.said_at, UTC)
        return RevocationStanding(Revocation.REVOKED, row.reason, said_at=said_at)

    async def _take_back(self, certificate: x509.Certificate, issuer: x509.Certificate) -> None:
        if self._kept is not None:
            await asyncio.to_thread(self._kept.forget, *_both(certificate, issuer))
        self._revoked.pop(_pair(certificate, issuer), None)

    async def _one(self, certificate: x509.Certificate, issuer: x509.Certificate) -> RevocationStanding:
        responders, lists = ocsp.places_of(certificate), crl.places_of(certificate)
        if not responders and not lists:
            who = "it" if not is_authority(certificate) else "an authority above it"
            return RevocationStanding.unknown(
                f"{who} names no place where revocation could be asked", lasting=True
            )
        tries: list[Callable[[], Awaitable[RevocationStanding]]] = []
        if responders:
            tries.append(partial(self._by_ocsp, responders, certificate, issuer))
        tries += [partial(self._by_list, url, certificate, issuer) for url in lists]
        doubts: list[str] = []
        for attempt in tries:
            standing = await attempt()
            if standing.revocation is not Revocation.UNKNOWN:
                return standing
            doubts.append(standing.reason)
        return RevocationStanding.unknown("; ".join(dict.fromkeys(doubts)))

    def _bounded(self, standing: RevocationStanding, said_at: datetime) -> RevocationStanding:
        """An answer that was given at *said_at*; it holds for a moment at least, or it would be asked for twice."""
        now = self._clock()
        latest = max(min(said_at, now) + FRESH, now + AGAIN)
        return replace(standing, until=min(standing.until or latest, latest))

    async def _by_ocsp(
        self, responders: Sequence[str], certificate: x509.Certificate, issuer: x509.Certificate
    ) -> RevocationStanding:
        own, now = _pair(certificate, issuer), self._clock()
        if (known := self._answers.get(own)) is not None:
            asked_at, standing = known
            end = asked_at + AGAIN if standing.until is None else min(standing.until, asked_at + FRESH)
            if asked_at <= now < end:
                return self._bounded(standing, asked_at) if standing.until else standing
        standing = RevocationStanding.unknown("no OCSP responder")
        for url in responders:
            try:
                asked = ocsp.question(certificate, issuer)
                answer = await self._fetch(url, asked.der, "application/ocsp-request", ocsp.LARGEST)
                standing = ocsp.standing_in(answer, asked.nonce, certificate, issuer, self._clock())
            except NotFetched as error:
                standing = RevocationStanding.unknown(f"the OCSP responder {error}")
            except UNREADABLE:
                standing = RevocationStanding.unknown("OCSP cannot be asked with such a key")
            if standing.revocation is not Revocation.UNKNOWN:
                break
        self._answers[own] = (now, standing)
        self._answers.move_to_end(own)
        while len(self._answers) > MOST_ANSWERS:
            self._answers.popitem(last=False)
        return self._bounded(standing, now) if standing.revocation is not Revocation.UNKNOWN else standing

    async def _by_list(
        self, url: str, certificate: x509.Certificate, issuer: x509.Certificate
    ) -> RevocationStanding:
        found = await self._list(url, issuer)
        if found.content is None or found.fetched_at is None:
            return RevocationStanding.unknown(f"the revocation list {found.fault}")
        standing = await asyncio.to_thread(crl.standing_in, found.content, certificate, issuer, self._clock())
        if standing.revocation is Revocation.UNKNOWN:
            return standing
        if standing.revocation is Revocation.GOOD and abs(self._clock() - found.fetched_at) > STALE:
            return RevocationStanding.unknown("the revocation list cannot be fetched since yesterday")
        return self._bounded(standing, found.fetched_at)

    async def _list(self, url: str, issuer: x509.Certificate) -> _List:
        """*issuer*'s list at *url*: one fetch for all who ask, kept while it is fresh."""
        own = f"{fingerprint(issuer)} {url}"
        known, now = self._lists.get(own), self._clock()
        if known is not None:
            end = known.asked_at + (AGAIN if known.content is None else FRESH)
            if known.asked_at <= now < end:  # not what is from the future, of a clock since set back
                self._lists.move_to_end(own)
                return known
        task = self._coming.get(own)
        if task is None:
            task = self._coming[own] = asyncio.create_task(self._renewed(own, url, issuer, known))
            task.add_done_callback(lambda _: self._coming.pop(own, None))
        return await asyncio.shield(task)

    async def _renewed(self, own: str, url: str, issuer: x509.Certificate, known: _List | None) -> _List:
        found = await self._get(url)
        now, before = self._clock(), None if known is None else known.content
        if known is not None and before is not None:
            new = found.content
            if new is None or not await asyncio.to_thread(crl.supersedes, new, before, issuer, now):
                # The one we have is still signed and dated; whether it holds is judged with each use.
                found = replace(known, asked_at=now - FRESH + AGAIN)
        self._lists[own] = found
        self._lists.move_to_end(own)
        while len(self._lists) > MOST_LISTS or (
            len(self._lists) > 1 and sum(entry.size for entry in self._lists.values()) > MOST_LIST_BYTES
        ):
            self._lists.popitem(last=False)
        return found

    async def _get(self, url: str) -> _List:
        now = self._clock()
        try:
            der = await self._fetch(url, b"", "", crl.LARGEST)
            return _List(now, len(der), await asyncio.to_thread(_loaded, der), fetched_at=now)
        except NotFetched as error:
            return _List(now, fault=str(error))
        except (TypeError, *UNREADABLE):
            return _List(now, fault="is none")


def _is_later(standing: RevocationStanding, before: RevocationStanding) -> bool:
    return standing.said_at is not None and before.said_at is not None and standing.said_at > before.said_at


def _both(certificate: x509.Certificate, issuer: x509.Certificate) -> tuple[str, str]:
    return fingerprint(certificate), fingerprint(issuer)


def _pair(certificate: x509.Certificate, issuer: x509.Certificate) -> str:
    return " ".join(_both(certificate, issuer))


def _loaded(der: bytes) -> x509.CertificateRevocationList:
    if der.startswith(b"-----BEGIN"):  # some publish it so, against RFC 5280 §4.2.1.13
        return x509.load_pem_x509_crl(der)
    return x509.load_der_x509_crl(der)
