"""MTA-STS as a proof of TLS: what a domain's policy says of its mail hosts (RFC 8461).

A policy, once fetched, is in force for its ``max_age``: whatever then happens to DNS and web server, it holds,
because taking them away is what an attacker would do first. It is kept per recipient domain, never per mail
host: hosts are shared, and one customer's policy is nothing to the next.

It is fetched anew when the id in DNS has changed, at half its life and at least once a day: an id that stands
still says nothing about the text, and does not prolong it. A fetch that fails leaves the policy in force as it
is; one that brings ``mode: none`` ends it at once. A clock that is set back, by less than the policy's life, leaves it
in force as well, and it is fetched anew.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from segl.events import Events
from segl.metrics import STS_FETCHES
from segl.vocabulary import Known, Proof
from segl_routing.dns.mx import DnsUnsure
from segl_routing.proofs.defects import BROKEN_DNS, BROKEN_STS, Defect, Repair
from segl_routing.proofs.evidence import Evidence
from segl_routing.proofs.sts_archive import KeptStsPolicy, StsArchive
from segl_routing.proofs.sts_fetch import StsRefusal, StsSource
from segl_routing.proofs.sts_policy import StsFault, StsMode, StsPolicy
from segl_routing.proofs.tls_policy import StsTold, TlsPolicy, sts_secure

MAX_FETCHES = 64  # at once
MAX_DOMAINS = 20_000  # whose policies are kept in memory; the longest unused go first
MAX_PATTERNS = 200_000  # of all policies in memory
RETRY_SECONDS = 300.0  # between tries to renew a policy that still holds
MAX_RENEWED = 1_000  # at one call of renew()
_RENEWED_AT_ONCE = 8
MAX_TOLD = 32_000  # characters of an answer to Postfix, which takes 100,000 (socketmap_table(5))
MAX_TOLD_PATTERNS = 20  # of a list that is too long to tell
_NOT_THEIRS = (StsRefusal.DNS_UNSURE, StsRefusal.BUSY)  # nothing that their postmaster could repair


@dataclass(frozen=True, slots=True)
class _Found:
    """The policy that holds; or none, how certain that is, why, and what the domain's postmaster could repair."""

    kept: KeptStsPolicy | None
    known: Known = Known.NO
    why: str = ""
    defect: Defect | None = None


class MtaSts:
    """Finds, keeps and renews policies. Not for use by several threads."""

    def __init__(
        self,
        source: StsSource,
        archive: StsArchive,
        events: Events,
        authorities: str = "",
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """*authorities* is a digest of those by which *source* proves web servers; a policy that others proved is not
        in force. *clock* gives Unix seconds."""
        self._source = source
        self._archive = archive
        self._events = events
        self._authorities = authorities
        self._clock = clock
        self._kept: OrderedDict[str, KeptStsPolicy] = OrderedDict()
        self._patterns = 0
        self._failed_at: OrderedDict[str, float] = OrderedDict()
        self._running: dict[str, asyncio.Task[_Found]] = {}
        self._places = asyncio.Semaphore(MAX_FETCHES)

    async def evidence(self, domain: str, mail_hosts: Sequence[str]) -> Evidence:
        """What MTA-STS says of *domain* with these *mail_hosts* (both in normal form). Never raises for what
        strangers do; several who ask at once share one look-up."""
        found = await self._shared(domain)
        if found.kept is None:
            return Evidence(Proof.MTA_STS, found.known, found.why, defect=found.defect)
        return _judge(found.kept, mail_hosts, self._clock())

    async def renew(self) -> None:
        """Fetch anew what is due, so that a policy does not run out between two messages to its domain, which is
        when an attacker could put in his own mail hosts (RFC 8461 §10.2). To be called now and then."""
        due = await self._archive.due(self._clock(), MAX_RENEWED)
        for first in range(0, len(due), _RENEWED_AT_ONCE):
            some = map(self._shared, due[first : first + _RENEWED_AT_ONCE])
            for outcome in await asyncio.gather(*some, return_exceptions=True):
                if isinstance(outcome, Exception):
                    self._events.failed("renew", outcome)

    async def _shared(self, domain: str) -> _Found:
        task = self._running.get(domain)
        if task is None:
            task = asyncio.create_task(self._find(domain))
            self._running[domain] = task
            task.add_done_callback(lambda _: self._running.pop(domain, None))
        return await asyncio.shield(task)

    async def _find(self, domain: str) -> _Found:
        kept = await self._recall(domain)
        record: str | StsFault | DnsUnsure
        try:
            record = await self._source.record(domain)
        except DnsUnsure as doubt:
            record = doubt
        if kept is not None and not kept.holds(self._clock()):
            kept = None  # it ran out while DNS was asked
        if not self._wants_fetch(kept, record):
            if kept is not None:
                return _Found(kept)
            if isinstance(record, DnsUnsure):
                return _Found(None, Known.UNKNOWN, record.private, BROKEN_DNS)
            defect = None if record is StsFault.NO_RECORD else BROKEN_STS
            return _Found(None, Known.NO, f"{domain} {record}", defect)
        async with self._places:
            begun = self._clock()
            policy = await self._source.policy(domain)
        STS_FETCHES.labels(_word(policy)).inc()
        if isinstance(policy, StsPolicy):
            new = KeptStsPolicy(domain, _id_now(record, kept), begun, policy, self._authorities)
            return self._take(new, kept)
        return self._do_without(domain, policy, kept)

    def _wants_fetch(self, kept: KeptStsPolicy | None, record: str | StsFault | DnsUnsure) -> bool:
        announced = not isinstance(record, StsFault | DnsUnsure)
        if kept is None:
            return announced
        now = self._clock()
        failed_at = self._failed_at.get(kept.domain)
        if failed_at is not None and failed_at <= now < failed_at + RETRY_SECONDS:
            return False
        return kept.due(now) or (announced and record != kept.id)

    def _take(self, new: KeptStsPolicy, before: KeptStsPolicy | None) -> _Found:
        self._failed_at.pop(new.domain, None)
        if before is None or before.policy != new.policy:
            self._events.sts_policy_changed(
                new.domain,
                before=before.policy.mode.value if before else "",
                mode=new.policy.mode.value,
                max_age=new.policy.max_age,
                hosts=len(new.policy.mx),
            )
        self._remember(new)
        self._archive.write(new)
        return _Found(new)

    def _do_without(self, domain: str, refusal: StsFault | StsRefusal, kept: KeptStsPolicy | None) -> _Found:
        clause = refusal.clause if isinstance(refusal, StsRefusal) else f"has a policy that {refusal}"
        why = f"mta-sts.{domain} {clause}"
        if kept is not None and kept.holds(self._clock()):
            self._failed_at[domain] = self._clock()
            self._failed_at.move_to_end(domain)
            while len(self._failed_at) > MAX_DOMAINS:
                self._failed_at.popitem(last=False)
            if kept.policy.mode is not StsMode.NONE:
                self._events.sts_not_renewed(
                    domain, _word(refusal), seconds_left=kept.ends_at - self._clock()
                )
            return _Found(kept)
        known = refusal.known if isinstance(refusal, StsRefusal) else Known.NO
        return _Found(None, known, why, None if refusal in _NOT_THEIRS else BROKEN_STS)

    async def _recall(self, domain: str) -> KeptStsPolicy | None:
        """The policy in force, from memory or from before a restart."""
        kept = self._kept.get(domain)
        if kept is not None and kept.holds(self._clock()):
            self._kept.move_to_end(domain)
            return kept
        kept = await self._archive.read(domain)
        if kept is None or kept.authorities != self._authorities or not kept.holds(self._clock()):
            return None
        self._remember(kept)
        return kept

    def _remember(self, kept: KeptStsPolicy) -> None:
        before = self._kept.pop(kept.domain, None)
        self._patterns += len(kept.policy.mx) - (len(before.policy.mx) if before else 0)
        self._kept[kept.domain] = kept
        while len(self._kept) > 1 and (len(self._kept) > MAX_DOMAINS or self._patterns > MAX_PATTERNS):
            _, gone = self._kept.popitem(last=False)
            self._patterns -= len(gone.policy.mx)


def _id_now(record: str | StsFault | DnsUnsure, kept: KeptStsPolicy | None) -> str:
    if isinstance(record, StsFault | DnsUnsure):
        return kept.id if kept else ""
    return record


def _word(outcome: StsPolicy | StsFault | StsRefusal) -> str:
    """The outcome of a fetch for log and metric."""
    if isinstance(outcome, StsPolicy):
        return outcome.mode.value
    return (outcome if isinstance(outcome, StsRefusal) else StsRefusal.BAD_POLICY).word


def _judge(kept: KeptStsPolicy, mail_hosts: Sequence[str], now: float) -> Evidence:
    """What the policy in force says of the mail hosts.

    One host on the list is enough: Postfix passes over the others. None is what forged MX records look like, so
    nothing weaker may be taken for it.
    """
    left = min(max(0.0, kept.ends_at - now), kept.life)
    policy = kept.policy
    if policy.mode is not StsMode.ENFORCE:
        reason = f"the MTA-STS policy is in mode {policy.mode}, which demands nothing"
        defect = Defect(Repair.STS_TESTING) if policy.mode is StsMode.TESTING else None
        return Evidence(Proof.MTA_STS, Known.NO, reason, holds_for=left, defect=defect)
    on_list = [host for host in mail_hosts if policy.pattern_for(host)]
    if not on_list:
        reason = f"no mail host of {kept.domain} is on the list of its MTA-STS policy"
        defect = Defect(Repair.STS_NOT_LISTED)
        return Evidence(Proof.MTA_STS, Known.NO, reason, bars=True, holds_for=left, defect=defect)
    whose = (
        "the mail host is" if len(mail_hosts) == 1 else f"{len(on_list)} of {len(mail_hosts)} mail hosts are"
    )
    told = _told(kept, on_list)
    return Evidence(
        Proof.MTA_STS,
        Known.YES,
        f"{whose} on the list of an MTA-STS policy in mode enforce",
        policy=told,
        holds_for=left,
    )


def _told(kept: KeptStsPolicy, on_list: Sequence[str]) -> TlsPolicy:
    """The policy for Postfix: all of it, or of a list longer than Postfix could take what the mail hosts need."""
    policy = kept.policy
    whole = sts_secure(StsTold(kept.domain, policy.mx, policy.lines))
    if len(str(whole)) <= MAX_TOLD:
        return whole
    needed = dict.fromkeys(pattern for host in on_list if (pattern := policy.pattern_for(host)))
    return sts_secure(StsTold(kept.domain, tuple(needed)[:MAX_TOLD_PATTERNS]))
