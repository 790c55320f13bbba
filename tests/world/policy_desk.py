"""An :class:`MtaSts` with a clock one can set, and with DNS and web as a test wants them at the moment."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeVar

from segl.events import Events
from segl_routing.dns.mx import DnsUnsure
from segl_routing.proofs.evidence import Evidence
from segl_routing.proofs.mta_sts import MtaSts
from segl_routing.proofs.sts_archive import NoStsArchive, StsArchive
from segl_routing.proofs.sts_fetch import StsRefusal, StsSource
from segl_routing.proofs.sts_policy import StsFault, StsMode, StsPolicy

T = TypeVar("T")

DAY = 86400
WEEK = 7 * DAY
DOMAIN = "kommune.example"
MX = "mx.kommune.example"
DOUBT = DnsUnsure("the domain's DNS does not answer", "DNS TXT _mta-sts.kommune.example: no answer in time")


def enforce(*mx: str, max_age: int = WEEK) -> StsPolicy:
    return StsPolicy(StsMode.ENFORCE, max_age, mx or (MX,))


TESTING = StsPolicy(StsMode.TESTING, WEEK, (MX,))
NONE = StsPolicy(StsMode.NONE, WEEK)


@dataclass
class Outside(StsSource):
    """DNS and the web, as the test wants them at the moment. One domain's record and policy serve all."""

    record_now: str | StsFault | DnsUnsure = "1"
    policy_now: StsPolicy | StsFault | StsRefusal = field(default_factory=enforce)
    takes: float = 0.0
    fetched: list[str] = field(default_factory=list)

    async def record(self, domain: str) -> str | StsFault:
        if isinstance(self.record_now, DnsUnsure):
            raise self.record_now
        return self.record_now

    async def policy(self, domain: str) -> StsPolicy | StsFault | StsRefusal:
        self.fetched.append(domain)
        answer = self.policy_now
        await asyncio.sleep(self.takes)
        return answer


@dataclass
class Desk:
    """An MtaSts with a clock one can set."""

    archive: StsArchive = field(default_factory=NoStsArchive)
    outside: Outside = field(default_factory=Outside)
    now: float = 1_000_000.0
    authorities: str = ""

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        self.sts = MtaSts(
            self.outside, self.archive, Events("test"), self.authorities, clock=lambda: self.now
        )

    def ask(self, *hosts: str, domain: str = DOMAIN) -> Evidence:
        return run(self.sts.evidence(domain, hosts or (MX,)))

    @property
    def fetches(self) -> int:
        return len(self.outside.fetched)


def run(work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(work)
