"""What is known of mail hosts, each probed once in a while for all domains that have it.

A stranger chooses what is looked up here (anyone can be written to), so the work is bounded: talks in all, talks
at one address and how many of them begin within a minute (:mod:`segl_routing.proofs.pace`). Hosts of one provider
share a probe that went well; one that did not may be about a single customer, and is not passed on.
"""

from __future__ import annotations

import asyncio
import random
import ssl
import time
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, replace
from typing import Any

from segl.events import Events
from segl.metrics import PROBES
from segl.vocabulary import Known
from segl_routing.dns.mx import DnsUnsure, MailDns
from segl_routing.proofs.defects import BROKEN_DNS, Defect
from segl_routing.proofs.pace import Pace
from segl_routing.proofs.probe import Greeting, Probed, ProbeResult, probe, unchecked
from segl_routing.proofs.providers import Providers

# How long a host's result serves other domains with the same host.
HOST_SECONDS = {Known.YES: 300.0, Known.NO: 60.0, Known.UNKNOWN: 15.0}
MAX_HOSTS_KEPT = 4096
MAX_BYTES_KEPT = 32 * 1024 * 1024  # of certificates: OpenSSL takes 100 KB of them from one host
TURN_SECONDS = 10.0  # waited for a turn beyond the time of a probe; who waits longer is in doubt meanwhile

_AWAY = frozenset({ProbeResult.UNREACHABLE, ProbeResult.TIMED_OUT})


@dataclass(frozen=True, slots=True)
class HostResult:
    """What is known of one mail host; no ``probed`` when it has no address, or DNS did not tell.

    ``of`` is the host that was talked to: another one of the same provider may stand for this one. ``dns_unsure``:
    the doubt is one of DNS.
    """

    host: str
    probed: Probed | None
    doubt: str = ""
    of: str = ""
    dns_unsure: bool = False

    @property
    def known(self) -> Known:
        if self.doubt:
            return Known.UNKNOWN
        return self.probed.result.known if self.probed else Known.NO

    @property
    def encrypted(self) -> Known:
        """The same, whatever the certificate."""
        return self.probed.result.encrypted if self.probed and not self.doubt else self.known

    @property
    def away(self) -> bool:
        """Whether nobody answers there: Postfix would pass over it, too."""
        return not self.doubt and self.probed is not None and self.probed.result in _AWAY

    @property
    def ourselves(self) -> bool:
        """Whether it is this host: Postfix would not hand mail to itself."""
        return not self.doubt and self.probed is not None and self.probed.result is ProbeResult.OURSELVES

    @property
    def defect(self) -> Defect | None:
        """What its postmaster could repair."""
        if self.doubt:
            return BROKEN_DNS if self.dns_unsure else None
        repair = self.probed.result.repair if self.probed else None
        return None if repair is None else Defect(repair, self.host)

    @property
    def clause(self) -> str:
        return self.probed.result.clause if self.probed else "has no address"

    def __str__(self) -> str:
        return self.doubt or f"mail host {self.host} {self.clause}"


class HostProbes:
    """Probes mail hosts, each once at a time, and remembers the results for a few minutes."""

    def __init__(
        self,
        dns: MailDns,
        context: ssl.SSLContext,
        *,
        port: int,
        greeting: Greeting,
        seconds: float,
        events: Events,
        providers: Providers | None = None,
        clock: Callable[[], float] = time.monotonic,
        jitter: Callable[[float, float], float] = random.uniform,
    ) -> None:
        """*seconds* is the limit for one host; *clock* is monotonic."""
        self._dns = dns
        self._context = context
        self._unchecked = unchecked()
        self._port = port
        self._greeting = greeting
        self._seconds = seconds
        self._events = events
        self._providers = providers or Providers(())
        self._clock = clock
        self._jitter = jitter
        self._pace = Pace(lambda: self._clock())
        self._running: dict[str, asyncio.Task[HostResult]] = {}
        self._kept: OrderedDict[str, tuple[float, HostResult]] = OrderedDict()
        self._bytes_kept = 0

    def greet(self, greeting: Greeting) -> None:
        """Greet so from now on. What was found out under another greeting counts no more: a host may be this one."""
        if greeting != self._greeting:
            self._greeting = greeting
            self._kept.clear()
            self._bytes_kept = 0

    async def result(self, host: str, domain: str) -> HostResult:
        """What *host* can do; *domain* is whose mail host it is, for the log."""
        return await self._once(host, lambda: self._look(host, domain))

    async def chain(self, host: str, domain: str, found: HostResult) -> tuple[bytes, ...]:
        """The certificates that *host* itself sends, in DER, its own first; none when it sends none now.

        *found* is its result: where that shows a certificate that does not verify, the host is asked once more,
        by somebody who does not mind.
        """
        if found.of == host and found.probed is not None and found.probed.chain:
            return found.probed.chain
        if found.probed is None or found.encrypted is not Known.YES:
            return ()
        shown = await self._once(
            f"{host} unchecked", lambda: self._talk(host, f"{host} unchecked", domain, self._unchecked)
        )
        return shown.probed.chain if shown.probed else ()

    async def _once(self, key: str, look: Callable[[], Coroutine[Any, Any, HostResult]]) -> HostResult:
        kept = self._recall(key)
        if kept is not None:
            return kept
        task = self._running.get(key)
        if task is None:
            task = asyncio.create_task(look())
            self._running[key] = task
            task.add_done_callback(lambda _: self._running.pop(key, None))
        try:
            async with asyncio.timeout(self._seconds + TURN_SECONDS):
                return await asyncio.shield(task)
        except TimeoutError:
            host = key.partition(" ")[0]
            return HostResult(host, None, f"mail host {host} waits for its turn to be asked")

    async def _look(self, host: str, domain: str) -> HostResult:
        """By the provider's word if it has one, else by a talk of its own."""
        found = self._providers.pattern(host)
        if found is None:
            return await self._talk(host, host, domain, self._context)
        pattern, _ = found
        try:
            if not await self._dns.addresses(host):
                return HostResult(host, None)
        except DnsUnsure as doubt:
            return HostResult(host, None, doubt.private, dns_unsure=True)
        first = await self._once(pattern, lambda: self._talk(host, pattern, domain, self._context))
        if first.known is Known.YES or first.host == host:
            return replace(first, host=host)
        return await self._talk(host, host, domain, self._context)

    async def _talk(self, host: str, key: str, domain: str, context: ssl.SSLContext) -> HostResult:
        begun = self._clock()
        try:
            addresses = await self._dns.addresses(host)
        except DnsUnsure as doubt:
            return HostResult(host, None, doubt.private, dns_unsure=True)
        if not addresses:
            return HostResult(host, None)
        async with self._pace.turn(addresses[0]):
            greeting = self._greeting
            found = await probe(
                host,
                addresses,
                port=self._port,
                greeting=greeting,
                context=context,
                seconds=self._seconds,
            )
        if found.result in _AWAY and greeting.is_ours(host.encode("ascii")):
            # DNS gives it our name: many a network does not let us reach ourselves from within.
            found = Probed(ProbeResult.OURSELVES)
        PROBES.labels(found.result.word).inc()
        self._events.probed(domain, host, found.result.word, ms=(self._clock() - begun) * 1000)
        result = HostResult(host, found, of=host)
        if greeting == self._greeting:
            self._keep(key, result)
        return result

    def _recall(self, key: str) -> HostResult | None:
        kept = self._kept.get(key)
        return kept[1] if kept is not None and self._clock() < kept[0] else None

    def _keep(self, key: str, result: HostResult) -> None:
        life = HOST_SECONDS[result.known] * self._jitter(0.8, 1.0)
        before = self._kept.pop(key, None)
        self._kept[key] = (self._clock() + life, result)
        self._bytes_kept += _bytes(result) - (_bytes(before[1]) if before else 0)
        while len(self._kept) > MAX_HOSTS_KEPT or self._bytes_kept > MAX_BYTES_KEPT:
            _, (_, gone) = self._kept.popitem(last=False)
            self._bytes_kept -= _bytes(gone)


def _bytes(result: HostResult) -> int:
    """Of the certificates that *result* holds."""
    return sum(map(len, result.probed.chain)) if result.probed else 0
