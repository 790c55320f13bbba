"""Asks for routes outside the daemon: the same decision, on the same knowledge, for ``segl route``.

What the daemon found out is read from the store, and nothing is written there. The rest is looked up.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from segl.errors import RoutingError, StoreError
from segl.events import Events
from segl.settings import Settings
from segl.store import open_store
from segl.vocabulary import Proof, Way
from segl_routing.archive import Archive, NoArchive, StoreArchive
from segl_routing.certificates.knowledge import NOT_LOOKED_FOR
from segl_routing.certificates.told import ToldCertificates
from segl_routing.checking import live_check
from segl_routing.facts import DomainFacts, Held
from segl_routing.knowledge import Knowledge
from segl_routing.routes import Outcome, Routed, RouteTable, Undecided
from segl_routing.states import CertificateState
from segl_routing.sts_archive import NoPolicyArchive, PolicyArchive, StorePolicyArchive
from segl_routing.tunnels import Tunnels

LOOK_UP_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Told:
    """One address's outcome, the live check it rests on, if any, and the TLS policy Postfix would be told."""

    outcome: Outcome
    facts: DomainFacts | None = None
    policy: str = ""
    holder: str = ""  # of the recipient's certificate, as far as its subject says so

    def as_dict(self) -> dict[str, Any]:
        checked = self.facts and {
            "checked_at": round(self.facts.checked_at, 1),
            "expires_at": round(self.facts.expires_at, 1),
            "proofs": [_proof_as_dict(held) for held in self.facts.held],
        }
        return {
            **self.outcome.as_dict(),
            "policy": self.policy or None,
            "holder": self.holder or None,
            "checked": checked,
        }


def _proof_as_dict(held: Held) -> dict[str, Any]:
    return {
        "proof": held.proof.value,
        "known": held.known.value,
        "reason": held.reason,
        "bars": held.bars,
        "policy": held.policy and str(held.policy),
        "checked_at": round(held.checked_at, 1),
        "ends": round(held.ends, 1),
        "unknown_since": held.unknown_since,
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

    *least* is what a message would demand. With *refresh* what the daemon knows is left aside. Raises
    :class:`~segl.errors.SettingsError`.
    """
    demanded = least or Proof.ENCRYPT
    with ExitStack() as opened:
        archive, policies = (
            (NoArchive(), NoPolicyArchive()) if refresh else _archives(settings, events, opened)
        )
        check = live_check(settings, events, file, policies)
        certificates = ToldCertificates(settings, file, events, refresh=refresh)
        knowledge = Knowledge(check, archive, settings.routing, events)
        return await _routes(addresses, settings, events, knowledge, certificates, demanded)


async def _routes(
    addresses: Sequence[str],
    settings: Settings,
    events: Events,
    knowledge: Knowledge,
    certificates: ToldCertificates,
    least: Proof,
) -> list[Told]:
    table = RouteTable(settings)
    tunnels = Tunnels(settings, events.certificate_refused, events.tunnel_list_unreadable)

    def decide(
        address: str, facts: DomainFacts | None, certificate: CertificateState = NOT_LOOKED_FOR
    ) -> Outcome:
        now = time.time()
        return table.decide(
            address,
            tunnel=lambda domain: tunnels.state(domain, now),
            facts=lambda _: facts,
            now=now,
            certificate=lambda _: certificate,
            least=least,
        )

    def told(outcome: Outcome, facts: DomainFacts | None = None, holder: str = "") -> Told:
        if not isinstance(outcome, Routed) or outcome.route.way is not Way.TLS:
            return Told(outcome, facts, holder=holder)
        policy = table.policy(outcome.transport.partition(":")[2], lambda _: facts, least)
        return Told(outcome, facts, "" if policy is None else str(policy))

    async def one(address: str) -> Told:
        outcome, found, holder = decide(address, None), NOT_LOOKED_FOR, ""
        if isinstance(outcome, Undecided) and outcome.unfound:
            found, holder = await certificates.state(address)
            outcome = decide(address, None, found)
        if not isinstance(outcome, Undecided) or not outcome.unchecked:
            return told(outcome, holder=holder)
        try:
            facts = await knowledge.find(outcome.unchecked, LOOK_UP_SECONDS)
        except RoutingError as error:
            return Told(Undecided(address, error.private, outcome.steps))
        return told(decide(address, facts, found), facts)

    try:
        return list(await asyncio.gather(*(one(address) for address in addresses)))
    finally:
        await knowledge.stop()
        await certificates.close()


def _archives(settings: Settings, events: Events, opened: ExitStack) -> tuple[Archive, PolicyArchive]:
    """The daemon's knowledge to read from; without it everything is looked up anew. A SQLite file that is not
    there is not made: it would belong to whoever ran the command."""
    url = sa.engine.make_url(settings.store.url)
    if url.get_backend_name() == "sqlite" and not (url.database and Path(url.database).exists()):
        return NoArchive(), NoPolicyArchive()
    try:
        engine = open_store(settings.store.url)
    except StoreError as error:
        events.failed("archive", error)
        return NoArchive(), NoPolicyArchive()
    archive = StoreArchive(engine, events, writable=False)
    opened.callback(archive.close)
    policies = StorePolicyArchive(engine, events, writable=False)
    opened.callback(policies.close)
    return archive, policies
