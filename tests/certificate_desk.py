"""A place to search for certificates at: sources, clock and the word on revocation are the test's; chains, store and
memory are the real ones."""

from __future__ import annotations

import asyncio
import datetime
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from segl.certificates.chain import Authorities
from segl.certificates.judgement import fingerprint
from segl.certificates.records import CertificateRecords, Revocation
from segl.events import Events
from segl.settings.certificates import Certificates
from segl.store.engine import open_store
from segl.vocabulary import Known
from segl_routing.certificates.finder import CertificateFinder
from segl_routing.certificates.knowledge import CertificateKnowledge
from segl_routing.certificates.revocation import RevocationChecks
from segl_routing.certificates.sources import Answer, Offer
from segl_routing.certificates.standing import RevocationStanding
from segl_routing.states import CertificateState
from world.authority import Authority, Issued
from world.stores import store_in

T = TypeVar("T")
ROOT = Authority("Rod-CA")
BO = ROOT.issue("bo@x.example")
NEWER = ROOT.issue("bo@x.example", begins=-1)
OTHER = ROOT.issue("bo@x.example", begins=-20)
ADDRESS = "bo@x.example"
DOWN = Answer.unknown("no answer in 5 seconds")
NONE = Answer(Known.NO, "has none")


def offers(*issued: Issued, **how: bool) -> Answer:
    return Answer.of([Offer(one.certificate, **how) for one in issued], "has none")  # type: ignore[arg-type]


@dataclass
class FakeSource:
    """Answers what it is told to."""

    name: str
    answer: Answer | Exception = NONE
    takes: float = 0.0
    asked: int = 0

    async def ask(self, _address: str) -> Answer:
        self.asked += 1
        await asyncio.sleep(self.takes)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    async def close(self) -> None:
        return


class Word(RevocationChecks):
    """An authority whose word on revocation is the test's."""

    def __init__(self) -> None:
        self.said = RevocationStanding(Revocation.GOOD, "good")
        self.said_of: dict[str, RevocationStanding] = {}
        self.asked: list[Any] = []

    async def standing(self, chain: Any) -> RevocationStanding:
        self.asked.append(chain)
        return self.said_of.get(fingerprint(chain[0]), self.said)


@dataclass
class Desk:
    directory: Path
    settings: Certificates = field(default_factory=Certificates)
    first: FakeSource = field(default_factory=lambda: FakeSource("first", offers(BO)))
    second: FakeSource = field(default_factory=lambda: FakeSource("second"))
    now: float = field(default_factory=lambda: datetime.datetime.now().timestamp())

    def __post_init__(self) -> None:
        self.word = Word()
        self.engine = open_store(store_in(self.directory))
        self.records = CertificateRecords(self.engine)
        self.finder = CertificateFinder(
            self.settings,
            [self.first, self.second],
            Authorities([ROOT.certificate]),
            self.word,
            clock=lambda: self.now,
        )
        self.knowledge = self.fresh()

    def fresh(self) -> CertificateKnowledge:
        """As after a restart: the store is the same."""
        return CertificateKnowledge(
            self.finder, self.records, self.settings, Events("test"), clock=lambda: self.now
        )

    async def find(self, within: float = 5.0) -> CertificateState:
        return await self.knowledge.find(ADDRESS, within)


def run(desk: Desk, story: Callable[[Desk], Awaitable[T]]) -> T:
    async def told() -> T:
        try:
            return await story(desk)
        finally:
            await desk.knowledge.stop()
            desk.engine.dispose()

    return asyncio.run(told())


async def until(holds: Callable[[], bool]) -> None:
    for _ in range(1000):
        if holds():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("waited in vain")
