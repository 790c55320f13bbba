"""DNSSEC checked by ourselves, for answers from a resolver whose word is not enough (RFC 4033–4035, 5155).

A signed zone has keys (DNSKEY) and a signature (RRSIG) by one of them over each set of records. Which key is a
zone's own is said by its parent: a hash of it (DS), signed with the parent's key; and so on up to the root,
whose keys are known beforehand, the *trust anchors*. A record is

    secure     when that chain is whole,
    insecure   when a signed parent proves that the zone below has no DS, so that nobody signs there,
    bogus      when the chain should be whole and is not.

The third is no answer at all (:class:`~segl_routing.dns.resolver.DnsUnsure`), and so is every form that is not
supported here: wildcards that deny a type, DNAME, algorithms unknown to us. A doubt is never a proof, and
"insecure" is never concluded from something that is merely missing: whoever can strip signatures could
strip the whole of DANE that way.

Strangers choose what is checked here. What one look-up may cost in signatures and further questions is bounded
(:class:`~segl_routing.dns.signatures.Work`), whatever its answers pile up.
"""

from __future__ import annotations

import itertools
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import dns.dnssec
import dns.exception
import dns.message
import dns.name
import dns.rdataclass
import dns.rdataset
import dns.rdatatype
import dns.rrset
import dns.zonefile

from segl_routing.dns.denial import MAX_RECORDS, Denial, Unsigned
from segl_routing.dns.resolver import DnsUnsure, Resolver, Security, unsure
from segl_routing.dns.signatures import Work, Zone, labels_of, signatures_of, verify, with_keys

MAX_LABELS = 24  # of a name
KEPT_SECONDS = 3600.0  # a zone's keys, at most
MAX_KEPT = 4096  # zones

DS, DNSKEY, RRSIG = dns.rdatatype.DS, dns.rdatatype.DNSKEY, dns.rdatatype.RRSIG


class NoDnssec(Exception):
    """The resolver passes on no DNSSEC records, not even the root's, and never did."""


@dataclass(frozen=True, slots=True)
class Proven:
    """What was found, and for how many seconds the records behind it hold."""

    security: Security
    ttl: float


class _NotKept(Enum):
    NOT_KEPT = "not kept"


class Validator:
    """Follows chains of signatures, asking *resolver* for what they need. Zones' keys are kept for a while."""

    def __init__(
        self, resolver: Resolver, anchors: Sequence[Any], clock: Callable[[], float] = time.time
    ) -> None:
        self._resolver = resolver
        self._anchors = tuple(anchors)
        self._clock = clock
        self._kept: OrderedDict[dns.name.Name, tuple[float, float, Zone | Unsigned | None]] = OrderedDict()
        self._dnssec_seen = False

    async def prove(self, message: dns.message.QueryMessage) -> Proven:
        """What DNSSEC says of *message*: each link of its aliases, and the end, be it records or a denial.

        Raises :class:`DnsUnsure` when that cannot be shown, :class:`NoDnssec` when there is nothing to show it by.
        """
        question = message.question[0]
        if len(question.name) > MAX_LABELS:
            raise unsure(question.name, question.rdtype, "the name has too many labels to check")
        work = Work(unsure(question.name, question.rdtype, "too many signatures to check"))
        found = message.resolve_chaining()
        links = [*found.cnames, *([found.answer] if found.answer is not None else [])]
        for rrset in links:
            if not await self._signed(message, rrset, work):
                return Proven(Security.INSECURE, work.ttl)
        if found.answer is None and not await self._denied(message, found.canonical_name, work):
            return Proven(Security.INSECURE, work.ttl)
        return Proven(Security.SECURE, work.ttl)

    async def _signed(self, message: dns.message.QueryMessage, rrset: dns.rrset.RRset, work: Work) -> bool:
        """Whether *rrset* is signed by its zone; ``False``: nobody signs there."""
        signatures = signatures_of(message.answer, rrset)
        zone = await self._zone_of(rrset.name, signatures, work)
        if zone is None:
            return False
        signature = verify(rrset, signatures, zone, work, self._clock())
        if signature.labels < labels_of(rrset.name):  # from a wildcard: is no name closer? (RFC 4035 §5.3.4)
            closer = rrset.name.split(signature.labels + 2)[1]
            if not self._denials(message, zone, work).covers(closer):
                raise unsure(rrset.name, rrset.rdtype, "a wildcard is not shown to be the closest name")
        return True

    async def _denied(self, message: dns.message.QueryMessage, name: dns.name.Name, work: Work) -> bool:
        """Whether it is proven that *name* has nothing of the type asked; ``False``: nobody signs there."""
        kind = message.question[0].rdtype
        signatures = [record for rrset in message.authority if rrset.rdtype == RRSIG for record in rrset]
        zone = await self._zone_of(name, [s for s in signatures if name.is_subdomain(s.signer)], work)
        if zone is None:
            return False
        denials = self._denials(message, zone, work)
        nowhere = message.rcode() == dns.rcode.NXDOMAIN
        if not (denials.of_name(name) if nowhere else denials.of_type(name, kind)):
            raise unsure(name, kind, "its absence is not proven")
        return True

    async def _zone_of(self, name: dns.name.Name, signatures: Sequence[Any], work: Work) -> Zone | None:
        """The zone whose keys must sign *name*: the signer that *signatures* claim, or else the lowest one
        above it. ``None``: on the way down a parent proves that it delegates without keys."""
        claimed = next((s.signer for s in signatures if name.is_subdomain(s.signer)), None)
        zone = await self._root(work)
        for depth in range(2, len(name) + 1):
            if zone.name == claimed:
                break
            below = await self._below(zone, name.split(depth)[1], work)
            if isinstance(below, Unsigned):
                return None
            zone = below or zone
        return zone

    async def _root(self, work: Work) -> Zone:
        kept = self._recall(dns.name.root)
        if isinstance(kept, Zone):
            return kept
        message = await self._ask(dns.name.root, DNSKEY, work)
        if not any(rrset.rdtype == RRSIG for rrset in message.answer) and not self._dnssec_seen:
            raise NoDnssec
        zone = with_keys(dns.name.root, self._anchors, message, work, self._clock())
        self._dnssec_seen = True
        self._keep(zone.name, zone, work)
        return zone

    async def _below(self, zone: Zone, name: dns.name.Name, work: Work) -> Zone | Unsigned | None:
        """What *name* is, one step below what is known: a zone with keys, one without, or (``None``) no zone.

        Only "without" needs a proof: taking a zone for none makes its parent's keys demanded, which it
        cannot meet.
        """
        kept = self._recall(name)
        if not isinstance(kept, _NotKept):
            return kept
        found = await self._look_below(zone, name, work)
        self._keep(name, found, work)
        return found

    async def _look_below(self, zone: Zone, name: dns.name.Name, work: Work) -> Zone | Unsigned | None:
        message = await self._ask(name, DS, work)
        answer = next((r for r in message.answer if r.name == name and r.rdtype == DS), None)
        if answer is None:
            return self._denials(message, zone, work).of_keys(name)
        verify(answer, signatures_of(message.answer, answer), zone, work, self._clock())
        keys = await self._ask(name, DNSKEY, work)
        return with_keys(name, tuple(answer), keys, work, self._clock())

    def _denials(self, message: dns.message.QueryMessage, zone: Zone, work: Work) -> Denial:
        """The NSEC and NSEC3 records of *message* that *zone* has signed; others count for nothing."""
        denial = Denial(zone.name)
        offered = (r for r in message.authority if r.rdtype in (dns.rdatatype.NSEC, dns.rdatatype.NSEC3))
        for rrset in itertools.islice(offered, MAX_RECORDS):
            try:
                signature = verify(rrset, signatures_of(message.authority, rrset), zone, work, self._clock())
            except DnsUnsure:
                if work.signatures < 0:
                    raise
                continue
            # A signature made from a wildcard says nothing of this name.
            if signature.labels == labels_of(rrset.name):
                denial.add(rrset.name, rrset[0])
        return denial

    async def _ask(
        self, name: dns.name.Name, kind: dns.rdatatype.RdataType, work: Work
    ) -> dns.message.QueryMessage:
        work.ask()
        return (await self._resolver.exchange(name, kind)).message

    def _recall(self, name: dns.name.Name) -> Zone | Unsigned | _NotKept | None:
        kept = self._kept.get(name)
        if kept is None or not kept[0] <= self._clock() < kept[1]:
            return _NotKept.NOT_KEPT
        self._kept.move_to_end(name)
        return kept[2]

    def _keep(self, name: dns.name.Name, what: Zone | Unsigned | None, work: Work) -> None:
        life = min(work.ttl, KEPT_SECONDS)
        if what is None:  # nothing was signed for it, so nothing says how long; only work is saved by it
            life = min(life, 60.0)
        now = self._clock()
        self._kept[name] = (now, now + life, what)
        self._kept.move_to_end(name)
        while len(self._kept) > MAX_KEPT:
            self._kept.popitem(last=False)
