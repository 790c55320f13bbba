"""The live check of one domain: all that can be found out now about forced TLS to it.

The mail hosts come from DNS; then DANE, MTA-STS and a probe of every host are looked into at the same time, so
a domain never seen before costs one round of DNS and one talk; what several of them ask of DNS at once is asked
once (:meth:`segl_routing.dns.resolver.Resolver.exchange`). What the proofs say is joined in
:mod:`segl_routing.proofs.joined`.
"""

from __future__ import annotations

import asyncio
import datetime
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from segl.vocabulary import Known, Proof
from segl_routing.dns.mx import DnsUnsure, MailDns
from segl_routing.dns.no_mail import NoMail
from segl_routing.proofs.dane import Dane, HostRecords
from segl_routing.proofs.defects import BROKEN_DNS, Defect, Repair
from segl_routing.proofs.evidence import Evidence
from segl_routing.proofs.facts import Checked
from segl_routing.proofs.hosts import HostProbes, HostResult
from segl_routing.proofs.joined import Met, by_certificate, dane_with_probes, sts_with_probes
from segl_routing.proofs.probe import Greeting, ProbeResult
from segl_routing.proofs.providers import Providers
from segl_routing.proofs.tlsa import proves

MAX_HOSTS = 20  # of one domain; more are not probed and not proven


@dataclass(frozen=True, slots=True)
class DanePromise:
    """DANE's evidence, and for each mail host with usable TLSA records whether a chain of certificates (DER, the
    host's own first) is what they promise."""

    evidence: Evidence
    met: Mapping[str, Callable[[Sequence[bytes]], bool]] = field(default_factory=dict)


def promises_of(dane: Dane) -> DaneOf:
    """The promises as *dane* finds them."""

    async def of(domain: str) -> DanePromise:
        found = await dane.find(domain)
        met = {host: partial(_proven, records, domain) for host, records in found.records.items()}
        return DanePromise(found.evidence, met)

    return of


def _proven(records: HostRecords, domain: str, chain: Sequence[bytes]) -> bool:
    return proves(records.records, chain, records.names(domain), datetime.datetime.now(datetime.UTC))


DaneOf = Callable[[str], Coroutine[Any, Any, DanePromise]]
StsOf = Callable[[str, Sequence[str]], Coroutine[Any, Any, Evidence]]


class LiveCheck:
    """Finds out, now, what can be proven of forced TLS to a domain."""

    def __init__(
        self,
        dns: MailDns,
        hosts: HostProbes,
        dane: DaneOf | None = None,
        sts: StsOf | None = None,
        providers: Providers | None = None,
        renew: Callable[[], Coroutine[Any, Any, None]] | None = None,
    ) -> None:
        """*dane* and *sts* give these proofs' evidence; without them nothing is said of these proofs. *renew*
        renews what *sts* keeps."""
        self._dns = dns
        self._hosts = hosts
        self._dane = dane
        self._sts = sts
        self._providers = providers or Providers(())
        self._renew = renew

    def greet(self, greeting: Greeting) -> None:
        """Greet mail hosts so from now on."""
        self._hosts.greet(greeting)

    async def renew(self) -> None:
        """Renew what would run out while nobody asks for it. To be called now and then."""
        if self._renew is not None:
            await self._renew()

    async def __call__(self, domain: str) -> Checked:
        """Check *domain* (normal form). Never raises for what DNS or the hosts do."""
        async with asyncio.TaskGroup() as group:
            dane = group.create_task(self._dane(domain)) if self._dane else None
            try:
                found = await self._dns.exchangers(domain, prove=False)
            except DnsUnsure as doubt:
                return Checked(
                    (*await _last(dane), *self._nothing_of_hosts(Known.UNKNOWN, doubt.private, BROKEN_DNS))
                )
            hosts = found.hosts
            if isinstance(hosts, NoMail):
                return await self._no_mail(hosts, dane)
            if len(hosts) > MAX_HOSTS:
                reason = f"has {len(hosts)} mail hosts; at most {MAX_HOSTS} are checked"
                return Checked((*await _last(dane), *self._nothing_of_hosts(Known.NO, reason)))
            sts = group.create_task(self._sts(domain, hosts)) if self._sts else None
            results = await asyncio.gather(*(self._hosts.result(host, domain) for host in hosts))
            asked = [result for result in results if result.probed or result.doubt]
            if not asked:
                _let_go(sts)
                return await self._no_mail(NoMail.NO_HOST, dane)
            if ours := [result for result in asked if result.ourselves]:
                asked = _before(ours, asked, found.preferences)
                if not asked:
                    _let_go(dane, sts)
                    return Checked(self._nothing_at_all(f"{ours[0]}; what it takes is no mail for outside"))
            evidence = list(by_certificate(asked, self._providers))
            if sts is not None:
                evidence.insert(0, sts_with_probes(await sts, asked))
            if dane is not None:
                promise = await dane
                met = await self._met(domain, promise, asked)
                evidence.insert(0, dane_with_probes(promise.evidence, met))
        return Checked(tuple(evidence))

    async def _no_mail(self, why: NoMail, dane: asyncio.Task[DanePromise] | None) -> Checked:
        """A certain no, unless DNSSEC should have proven it and does not: whoever sits between us and the resolver must
        not have mail given back."""
        last = await _last(dane)
        for one in last:
            if one.known is Known.UNKNOWN:
                return Checked((one, *self._nothing_of_hosts(Known.UNKNOWN, one.reason, one.defect)))
        return Checked(no_mail=why, reason=_NO_MAIL[why])

    def _nothing_at_all(self, reason: str) -> tuple[Evidence, ...]:
        dane = (Evidence(Proof.DANE, Known.NO, reason),) if self._dane else ()
        return (*dane, *self._nothing_of_hosts(Known.NO, reason))

    def _nothing_of_hosts(
        self, known: Known, reason: str, defect: Defect | None = None
    ) -> tuple[Evidence, ...]:
        proofs = [Proof.MTA_STS] if self._sts else []
        return tuple(
            Evidence(proof, known, reason, defect=defect) for proof in (*proofs, Proof.PKIX, Proof.ENCRYPT)
        )

    async def _met(self, domain: str, promise: DanePromise, asked: Sequence[HostResult]) -> list[Met]:
        """Of each host with TLSA records."""
        found = {result.host: result for result in asked}
        promised = [host for host in promise.met if host in found]
        chains = await asyncio.gather(*(self._hosts.chain(host, domain, found[host]) for host in promised))
        return [
            _kept(found[host], promise.met[host], chain) for host, chain in zip(promised, chains, strict=True)
        ]


def _before(
    ours: Sequence[HostResult], asked: Sequence[HostResult], preferences: Mapping[str, int]
) -> list[HostResult]:
    """Those of *asked* that a host of the domain may hand its mail to (RFC 5321 §5.1): they stand before *ours*. What
    stands beside or behind would bring it back to us."""
    own = min(preferences[one.host] for one in ours)
    return [one for one in asked if preferences[one.host] < own]


def _kept(result: HostResult, met: Callable[[Sequence[bytes]], bool], chain: Sequence[bytes]) -> Met:
    if result.probed is not None and result.probed.result in (
        ProbeResult.NO_STARTTLS,
        ProbeResult.TLS_FAILED,
    ):
        reason = f"mail host {result.host} {result.probed.result.clause}, but its TLSA records promise TLS"
        return Met(Known.NO, reason, result.defect)
    if not chain:
        return Met(Known.UNKNOWN, str(result), result.defect)
    if met(chain):
        return Met(Known.YES)
    reason = f"mail host {result.host} shows a certificate that its TLSA records do not name"
    return Met(Known.NO, reason, Defect(Repair.TLSA_MISMATCH, result.host))


async def _last(dane: asyncio.Task[DanePromise] | None) -> tuple[Evidence, ...]:
    return () if dane is None else ((await dane).evidence,)


def _let_go(*tasks: asyncio.Task[Any] | None) -> None:
    for task in tasks:
        if task is not None:
            task.cancel()


_NO_MAIL = {
    NoMail.NO_SUCH_DOMAIN: "the domain does not exist",
    NoMail.NULL_MX: "the domain takes no mail (null MX)",
    NoMail.NO_HOST: "the domain has no mail host with an address",
}
