"""DANE for SMTP: the domain itself says by DNSSEC which certificates its mail hosts show (RFC 7672).

What has to be signed, link by link (§2.2)::

    kommune.example.             MX    10 mx.kommune.example.     signed? else anybody may name another host
    mx.kommune.example.          A     192.0.2.25                 signed? else TLSA is not even asked for
    _25._tcp.mx.kommune.example. TLSA  3 1 1 2bb183af…            signed, and usable (segl_routing.proofs.tlsa)?

The order matters. Many name servers that know no DNSSEC fail on TLSA; where the address is not signed such a
failure means nothing and must not hold mail up, where it is signed it may be an attack and must (§2.1.3).

Postfix's level ``dane-only`` takes hosts with usable records alone. So the domain is proven when all of its hosts
have them; with some ("half DANE") Postfix would leave the others aside, and the proof is not taken.

Absent DANE bars nothing weaker. A failing one must never be overridden by it (RFC 8461 §2): whoever can make
a look-up fail could choose the weaker proof. For half DANE the records found are handed on, so that a probe
can demand them of the hosts that have them (:attr:`Found.records`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

import dns.rdatatype

from segl.vocabulary import Known, Proof
from segl_routing.dns.mx import Located, MailDns, MailHosts
from segl_routing.dns.no_mail import NoMail
from segl_routing.dns.resolver import Answer, DnsUnsure, Missing, Security
from segl_routing.proofs.defects import BROKEN_DNS
from segl_routing.proofs.evidence import Evidence
from segl_routing.proofs.tls_policy import Level, TlsPolicy
from segl_routing.proofs.tlsa import Tlsa, usable

MAX_HOSTS = 20  # of one domain; more are not looked at, and not proven
DANE_SECONDS = 30.0  # for one domain, all look-ups together

DANE_ONLY = TlsPolicy(Level.DANE_ONLY)


class Cover(Enum):
    """What one mail host has, with a clause for people."""

    USABLE = "has TLSA records"
    UNUSABLE = "has only TLSA records that cannot be used for SMTP"
    NONE = "has no TLSA record"
    UNSIGNED = "has an address that is not signed"
    NO_ADDRESS = "has no address"
    IN_DOUBT = "cannot be looked up"


@dataclass(frozen=True, slots=True)
class HostRecords:
    """One mail host's records.

    ``base``     the name under which they stand: the host's own, or the one its alias leads to (§2.2.3).
    ``doubt``    why it is not known, for ``Cover.IN_DOUBT``.
    ``vouched``  whether the resolver vouched for each answer, as Postfix demands.
    """

    host: str
    cover: Cover
    records: tuple[Tlsa, ...] = ()
    base: str = ""
    doubt: str = ""
    vouched: bool = True
    ttl: float = field(default=float("inf"))

    def names(self, domain: str) -> tuple[str, ...]:
        """The names a certificate under DANE-TA may bear when mail for *domain* is sent (§3.2.2)."""
        return tuple(dict.fromkeys((self.base, self.host, domain)))


@dataclass(frozen=True, slots=True)
class Found:
    """The evidence, and what it rests on. ``mail_hosts`` is ``None`` when they could not be found out.

    ``records`` has the hosts with usable TLSA records: a probe must find one of them met
    (:func:`segl_routing.proofs.tlsa.proves`), whatever other proof is taken.
    """

    evidence: Evidence
    mail_hosts: MailHosts | None = None
    records: Mapping[str, HostRecords] = field(default_factory=dict)


class Dane:
    """Finds out what DANE has to say of a domain."""

    def __init__(self, dns: MailDns, port: int = 25, seconds: float = DANE_SECONDS) -> None:
        self._dns = dns
        self._port = port
        self._seconds = seconds

    async def evidence(self, domain: str) -> Evidence:
        """DANE's word on *domain* (normal form). Never raises for what DNS does."""
        return (await self.find(domain)).evidence

    async def find(self, domain: str, hosts: MailHosts | None = None) -> Found:
        """The same with what it rests on; *hosts* when the caller has looked them up already (``prove=True``).

        Takes at most the seconds given to this object. Never raises for what DNS does.
        """
        try:
            async with asyncio.timeout(self._seconds):
                if hosts is None:
                    hosts = await self._dns.exchangers(domain)
                return await self._find(domain, hosts)
        except DnsUnsure as doubt:
            return Found(_in_doubt(doubt.private), hosts)
        except TimeoutError:
            return Found(_in_doubt("the DNS of its mail hosts does not answer in time"), hosts)

    async def _find(self, domain: str, hosts: MailHosts) -> Found:
        if isinstance(hosts.hosts, NoMail):
            return Found(_evidence(Known.NO, "the domain has no mail host", holds_for=hosts.ttl), hosts)
        if not hosts.secure:
            return Found(_evidence(Known.NO, _NOT_SIGNED[hosts.security], holds_for=hosts.ttl), hosts)
        if len(hosts.hosts) > MAX_HOSTS:
            why = f"has {len(hosts.hosts)} mail hosts; at most {MAX_HOSTS} are looked at"
            return Found(_evidence(Known.NO, why, bars=True, holds_for=hosts.ttl), hosts)
        covers = await asyncio.gather(*(self.host(host) for host in hosts.hosts))
        records = {cover.host: cover for cover in covers if cover.cover is Cover.USABLE}
        return Found(judge(hosts, covers), hosts, records)

    async def host(self, host: str) -> HostRecords:
        """The TLSA records of one mail host. Never raises for what DNS does."""
        try:
            located = await self._dns.locate(host)
            if isinstance(located, Missing):
                return HostRecords(host, Cover.NO_ADDRESS)
            return await self._records(host, located)
        except DnsUnsure as doubt:
            return HostRecords(host, Cover.IN_DOUBT, doubt=doubt.private)

    async def _records(self, host: str, located: Located) -> HostRecords:
        """By the rules for the base domain: where the alias ends first, then the host's own name (§2.2.3)."""
        ttl, vouched = located.ttl, located.vouched
        bases: tuple[str, ...] = (host,)
        if located.secure:
            bases = tuple(dict.fromkeys((located.name, host)))
        elif not located.aliased:
            return HostRecords(host, Cover.UNSIGNED, ttl=ttl)
        else:  # an alias in a signed zone to a host in an unsigned one may still have records (§2.2.2)
            alias = await self._dns.ask(host, dns.rdatatype.CNAME, prove=True)
            ttl, vouched = min(ttl, alias.ttl), alias.vouched
            if not alias.secure or not alias.records:
                return HostRecords(host, Cover.UNSIGNED, ttl=ttl)
        for base in bases:
            answer = await self._tlsa(base)
            ttl, vouched = min(ttl, answer.ttl), vouched and answer.vouched
            if answer.secure and answer.records:
                found = usable(answer.records)
                cover = Cover.USABLE if found else Cover.UNUSABLE
                return HostRecords(host, cover, found, base, vouched=vouched, ttl=ttl)
        return HostRecords(host, Cover.NONE, ttl=ttl)

    async def _tlsa(self, base: str) -> Answer:
        return await self._dns.ask(f"_{self._port}._tcp.{base}", dns.rdatatype.TLSA, prove=True)


def judge(hosts: MailHosts, covers: Sequence[HostRecords]) -> Evidence:
    """The domain's evidence from its hosts', of which the MX records are signed.

    Hosts without an address are left out, as Postfix leaves them out. One that cannot be looked up leaves the
    domain undecided even where another has no records for certain: its own might be failing.
    """
    ttl = min((hosts.ttl, *(cover.ttl for cover in covers)))
    asked = [cover for cover in covers if cover.cover is not Cover.NO_ADDRESS]
    in_doubt = next((cover for cover in asked if cover.cover is Cover.IN_DOUBT), None)
    if in_doubt is not None:
        return _in_doubt(in_doubt.doubt)
    if not asked:
        return _evidence(Known.NO, "the domain has no mail host with an address", holds_for=ttl)
    without = [cover for cover in asked if cover.cover is not Cover.USABLE]
    if not without:
        if not (hosts.vouched and all(cover.vouched for cover in asked)):
            return _evidence(Known.NO, _NOT_VOUCHED, holds_for=ttl)
        return _evidence(Known.YES, _covered(asked), holds_for=ttl)
    first = next((c for c in without if c.cover is Cover.UNUSABLE and len(without) == len(asked)), without[0])
    half = "" if len(without) == len(asked) else f"only {len(asked) - len(without)} of {len(asked)} by TLSA: "
    return _evidence(Known.NO, f"{half}mail host {first.host} {first.cover.value}", holds_for=ttl)


def _covered(asked: Sequence[HostRecords]) -> str:
    if len(asked) == 1:
        return f"mail host {asked[0].host} has signed TLSA records"
    return f"all {len(asked)} mail hosts have signed TLSA records"


_NOT_SIGNED = {
    Security.INSECURE: "the domain's mail hosts are not signed by DNSSEC",
    Security.UNCHECKED: "the resolver passes on no signatures, so DNSSEC cannot be checked",
}
# Postfix asks the same resolver and believes its AD bit; without it dane-only would hold every message.
_NOT_VOUCHED = "all mail hosts have signed TLSA records, but the resolver does not validate, as Postfix needs"


def _in_doubt(reason: str) -> Evidence:
    """DNS gave no answer: its records could be there, and failing."""
    return Evidence(Proof.DANE, Known.UNKNOWN, reason, bars=True, defect=BROKEN_DNS)


def _evidence(known: Known, reason: str, *, bars: bool = False, holds_for: float | None = None) -> Evidence:
    return Evidence(
        Proof.DANE,
        known,
        reason,
        bars=bars,
        policy=DANE_ONLY if known is Known.YES else None,
        holds_for=holds_for,
    )
