"""Asks for routes outside the daemon: the same decision, on the same knowledge, for ``segl route``.

What the daemon found out is read from the store, and nothing is written there. The rest is looked up.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from segl.addresses import domain_of
from segl.demand_tag import UnknownDemand, untagged
from segl.errors import RoutingError, StoreError
from segl.events import Events
from segl.settings.document import Settings
from segl.store.engine import open_existing
from segl.store.status import StoreMissing
from segl.vocabulary import Proof, Way
from segl_routing.certificates.knowledge import NOT_LOOKED_FOR
from segl_routing.certificates.told import ToldCertificates
from segl_routing.fallback.marking import Fallback
from segl_routing.fallback.marks import stored_marks
from segl_routing.lookups import Lookups
from segl_routing.outcome import Outcome, Refused, Routed, Undecided
from segl_routing.own_postfix import own_postfix
from segl_routing.proofs.archive import Archive, NoArchive, StoreArchive
from segl_routing.proofs.checking import CheckedWith, live_check
from segl_routing.proofs.facts import DomainFacts, KeptEvidence
from segl_routing.proofs.knowledge import Knowledge
from segl_routing.proofs.sts_archive import NoStsArchive, StoreStsArchive, StsArchive
from segl_routing.routes import RouteTable
from segl_routing.states import CertificateState, Mark
from segl_routing.tunnels import Tunnels

LOOK_UP_SECONDS = 60.0
NO_ADDRESS = "this is no mail address; of a domain ask for any address at it, postmaster@… for one"


@dataclass(frozen=True, slots=True)
class Told:
    """One address's outcome, the live check it rests on, if any, and the TLS policy Postfix would be told; and the
    mark of its domain, while forced TLS is left aside after a failed delivery."""

    outcome: Outcome
    facts: DomainFacts | None = None
    policy: str = ""
    mark: Mark | None = None
    holder: str = ""  # of the recipient's certificate, as far as its subject says so

    def as_dict(self) -> dict[str, Any]:
        checked = self.facts and {
            "checked_at": round(self.facts.checked_at, 1),
            "expires_at": round(self.facts.expires_at, 1),
            "proofs": [_proof_as_dict(kept) for kept in self.facts.evidence],
        }
        marked = self.mark and {"reason": self.mark.reason, "until": round(self.mark.until, 1)}
        return {
            **self.outcome.as_dict(),
            "policy": self.policy or None,
            "holder": self.holder or None,
            "checked": checked,
            "marked": marked,
        }


def _proof_as_dict(kept: KeptEvidence) -> dict[str, Any]:
    return {
        "proof": kept.proof.value,
        "known": kept.known.value,
        "reason": kept.reason,
        "bars": kept.bars,
        "policy": kept.policy and str(kept.policy),
        "checked_at": round(kept.checked_at, 1),
        "ends": round(kept.ends, 1),
        "unknown_since": kept.unknown_since,
    }


async def routes_of(
    addresses: Sequence[str],
    settings: Settings,
    file: Path,
    events: Events,
    *,
    least: Proof | None = None,
    refresh: bool = False,
) -> list[Told]:
    """The routes of *addresses*, in that order; domains are looked up side by side.

    *least* is what a message would demand. With *refresh* what the daemon found out is left aside; marks are not,
    since no look-up ends them. Raises :class:`~segl.errors.SettingsError`.
    """
    demanded = least or Proof.ENCRYPT
    with ExitStack() as opened:
        archive, policies, fallback = _kept(settings, events, opened)
        if refresh:
            archive, policies = NoArchive(), NoStsArchive()
        own = own_postfix(settings)
        checked_with = CheckedWith.of(settings)
        check = live_check(settings, checked_with, events, file, policies, own)
        certificates = ToldCertificates(settings, file, events, refresh=refresh)
        knowledge = Knowledge(check, archive, settings.routing, events, checked_with.digest)
        table = RouteTable(settings, here=own.here)
        tunnels = Tunnels(settings, events.certificate_refused, events.tunnel_list_unreadable)
        asking = _Asking(table, tunnels, knowledge, certificates, fallback, demanded, own.knows_sts)
        try:
            return list(await asyncio.gather(*map(asking.told, addresses)))
        finally:
            await knowledge.stop()
            await certificates.close()


@dataclass(frozen=True, slots=True)
class _Asking:
    """Asks for single addresses, of a message that demands *least*."""

    table: RouteTable
    tunnels: Tunnels
    knowledge: Knowledge
    certificates: ToldCertificates
    fallback: Fallback
    least: Proof
    knows_sts: bool

    async def told(self, given: str) -> Told:
        try:
            address, tag = untagged(given)  # as the secure instance's queue shows it
        except UnknownDemand as error:
            return Told(Undecided(given, str(error)))
        if "@" not in address:  # what is meant is mostly a domain, of which the map says nothing either
            return Told(Refused(given, "5.1.3", NO_ADDRESS))
        least = Proof.strictest((self.least, tag or self.least))
        outcome, found, holder = self._decide(address, least), NOT_LOOKED_FOR, ""
        if isinstance(outcome, Undecided) and outcome.unfound:
            found, holder = await self.certificates.state(address)
            outcome = self._decide(address, least, None, found)
        if isinstance(outcome, Undecided) and outcome.unchecked:
            try:
                facts = await self.knowledge.find(outcome.unchecked, LOOK_UP_SECONDS)
            except RoutingError as error:
                return Told(Undecided(address, error.private, outcome.steps))
            return self._with_policy(self._decide(address, least, facts, found), least, facts)
        if (mark := self.fallback.mark(domain_of(address))) is None:
            return self._with_policy(outcome, least, holder=holder)
        known: DomainFacts | None = None
        # It decides nothing while the mark stands, but tells how the domain is now.
        with suppress(RoutingError):
            known = await self.knowledge.find(domain_of(address), LOOK_UP_SECONDS)
        return replace(self._with_policy(outcome, least, known, holder), mark=mark)

    def _decide(
        self,
        address: str,
        least: Proof,
        facts: DomainFacts | None = None,
        certificate: CertificateState = NOT_LOOKED_FOR,
    ) -> Outcome:
        now = time.time()
        known = Lookups(
            lambda domain: self.tunnels.state(domain, now),
            lambda _: facts,
            lambda _: certificate,
            self.fallback.mark,
        )
        return self.table.decide(address, known, now=now, least=least)

    def _with_policy(
        self, outcome: Outcome, least: Proof, facts: DomainFacts | None = None, holder: str = ""
    ) -> Told:
        if not isinstance(outcome, Routed) or outcome.route.way is not Way.TLS:
            return Told(outcome, facts, holder=holder)
        proven = self.table.proven(outcome.transport.partition(":")[2], lambda _: facts, least)
        return Told(outcome, facts, "" if proven is None else proven.policy.told(knows_sts=self.knows_sts))


def _kept(settings: Settings, events: Events, opened: ExitStack) -> tuple[Archive, StsArchive, Fallback]:
    """What the daemon keeps, to read from; without it everything is looked up anew."""
    nothing = NoArchive(), NoStsArchive(), Fallback(settings.routing)
    try:
        engine = open_existing(settings.store.url)
        opened.callback(engine.dispose)
        fallback = Fallback(settings.routing, stored_marks(engine))
    except StoreMissing:
        return nothing
    except StoreError as error:
        events.failed("archive", error)
        return nothing
    archive = StoreArchive(engine, events, writable=False)
    opened.callback(archive.close)
    policies = StoreStsArchive(engine, events, writable=False)
    opened.callback(policies.close)
    return archive, policies, fallback
