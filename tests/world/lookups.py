"""What live checks find, in few words, and a knowledge whose clock and world a test can set."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

from segl.events import Events
from segl.settings.routing import Routing
from segl.vocabulary import Known, Proof
from segl_routing.dns.mx import MailDns
from segl_routing.dns.no_mail import NoMail
from segl_routing.proofs.archive import Archive, NoArchive
from segl_routing.proofs.evidence import Evidence
from segl_routing.proofs.facts import Checked, DomainFacts, KeptEvidence, strongest_first
from segl_routing.proofs.knowledge import Knowledge
from segl_routing.proofs.tls_policy import DANE_ONLY, ENCRYPT, VERIFY, StsTold, sts_secure
from segl_routing.proofs.weigh import weigh

T = TypeVar("T")


async def hosts_of(mail_dns: MailDns, domain: str) -> tuple[str, ...] | NoMail:
    """Who takes mail for *domain*, with no word on signatures."""
    return (await mail_dns.exchangers(domain, prove=False)).hosts


POLICIES = {
    Proof.DANE: DANE_ONLY,
    Proof.MTA_STS: sts_secure(
        StsTold("kommune.example", ("mx.sts.example", "*.sts.example"), ("version: STSv1",))
    ),
    Proof.PKIX: VERIFY,
    Proof.ENCRYPT: ENCRYPT,
}


def says(proof: Proof, known: Known, reason: str = "", **more: Any) -> Evidence:
    """One proof's evidence; a yes comes with the policy that belongs to it."""
    policy = POLICIES[proof] if known is Known.YES else None
    return Evidence(proof, known, reason or f"{proof}: {known.value}", policy=policy, **more)


def pkix(known: Known, reason: str = "") -> Checked:
    """A check that found out nothing but what the mail hosts' certificates are worth."""
    return Checked((says(Proof.PKIX, known, reason),))


def hold(evidence: Evidence, now: float, **more: Any) -> KeptEvidence:
    held = {"checked_at": now - 10, "ends": now + 1000} | more
    return KeptEvidence(
        evidence.proof, evidence.known, evidence.reason, bars=evidence.bars, policy=evidence.policy, **held
    )


def facts_of(domain: str, now: float, *held: KeptEvidence) -> DomainFacts:
    return DomainFacts(domain, strongest_first(held), now - 10, now + 1000)


def tls(facts: DomainFacts | None, least: Proof = Proof.PKIX) -> Known | None:
    """What *facts* say of forced TLS; ``None`` when there are none."""
    return None if facts is None else weigh(facts.evidence, least).known


YES = pkix(Known.YES, "verifies")
NO = pkix(Known.NO, "no STARTTLS")
DOUBT = pkix(Known.UNKNOWN, "did not answer in time")
GONE = Checked(no_mail=NoMail.NO_SUCH_DOMAIN, reason="does not exist")

ROUTING = Routing(known_seconds=3600, undecided_seconds=900)
DOMAIN = "kommune.example"


@dataclass
class LookUps:
    """A knowledge with a clock and a world one can set."""

    routing: Routing = ROUTING
    archive: Archive = field(default_factory=NoArchive)
    now: float = 1_000_000.0
    world: Checked | Exception = YES
    takes: float = 0.0
    checked_with: str = ""
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.knowledge = Knowledge(
            self.check,
            self.archive,
            self.routing,
            Events("test"),
            self.checked_with,
            clock=lambda: self.now,
            jitter=lambda low, high: (low + high) / 2,
        )

    async def check(self, domain: str) -> Checked:
        self.asked.append(domain)
        await asyncio.sleep(self.takes)
        if isinstance(self.world, Exception):
            raise self.world
        return self.world

    async def find(self, domain: str = DOMAIN, within: float = 30.0) -> DomainFacts:
        return await self.knowledge.find(domain, within)

    def recall(self) -> DomainFacts | None:
        return self.knowledge.recall(DOMAIN)


def run(story: Callable[[LookUps], Awaitable[T]], desk: LookUps | None = None) -> T:
    """Tell *story* in a loop of its own; what still runs at its end is broken off."""
    desk = desk or LookUps()

    async def told() -> T:
        try:
            return await story(desk)
        finally:
            await desk.knowledge.stop()

    return asyncio.run(told())
