"""The live check of one domain: its mail hosts by DNS, and each of them probed.

A domain is proven for forced TLS only when **every** mail host verifies: Postfix may use any of them, and a
single one without TLS would hold the mail back for hours. One plain no is a no; otherwise one host that could
not be asked leaves the domain undecided. Hosts without an address are left out, as Postfix leaves them out.

A stranger chooses what is looked up here (anyone can be written to), so the work is bounded: hosts of a
domain, probes in all, probes at one address. Hosts shared by many domains are probed once in a while for all.
"""

from __future__ import annotations

import asyncio
import ssl
import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from segl.events import Events
from segl.metrics import PROBES
from segl.vocabulary import Known, Proof
from segl_routing.evidence import Evidence
from segl_routing.facts import Checked
from segl_routing.mx import DnsUnsure, MailDns, NoMail
from segl_routing.policy import ENCRYPT, VERIFY
from segl_routing.probe import ProbeResult, probe

MAX_HOSTS = 20  # of one domain; more are not probed and not proven
MAX_PROBES = 64  # at once, in all
MAX_PER_ADDRESS = 3  # at once, at one address
# How long a host's result serves other domains with the same host.
HOST_SECONDS = {Known.YES: 60.0, Known.NO: 60.0, Known.UNKNOWN: 15.0}
MAX_HOSTS_KEPT = 4096


DaneEvidence = Callable[[str], Coroutine[Any, Any, Evidence]]
StsEvidence = Callable[[str, Sequence[str]], Coroutine[Any, Any, Evidence]]


class LiveCheck:
    """Finds out, now, what can be proven of forced TLS to a domain."""

    def __init__(
        self,
        dns: MailDns,
        hosts: HostProbes,
        dane: DaneEvidence | None = None,
        sts: StsEvidence | None = None,
    ) -> None:
        """*dane* and *sts* give these proofs' evidence; without them nothing is said of these proofs."""
        self._dns = dns
        self._hosts = hosts
        self._dane = dane
        self._sts = sts

    async def __call__(self, domain: str) -> Checked:
        """Check *domain* (normal form). Never raises for what DNS or the hosts do."""
        dane = asyncio.create_task(self._dane(domain)) if self._dane else None
        try:
            checked = await self._by_hosts(domain)
            if dane is None or checked.no_mail is not None:
                return checked
            return replace(checked, evidence=(await dane, *checked.evidence))
        finally:
            if dane is not None:
                dane.cancel()

    async def _by_hosts(self, domain: str) -> Checked:
        try:
            hosts = await self._dns.mail_hosts(domain)
        except DnsUnsure as doubt:
            return Checked(_same_of_hosts(Known.UNKNOWN, doubt.private))
        if isinstance(hosts, NoMail):
            return Checked(no_mail=hosts, reason=_NO_MAIL[hosts])
        if len(hosts) > MAX_HOSTS:
            reason = f"has {len(hosts)} mail hosts; at most {MAX_HOSTS} are checked"
            return Checked(_same_of_hosts(Known.NO, reason))
        sts = asyncio.create_task(self._sts(domain, hosts)) if self._sts else None
        try:
            results = await asyncio.gather(*(self._hosts.result(host, domain) for host in hosts))
            checked = _together(results)
            if sts is None or checked.no_mail is not None:
                return checked
            return replace(checked, evidence=(await sts, *checked.evidence))
        finally:
            if sts is not None:
                sts.cancel()


@dataclass(frozen=True, slots=True)
class HostResult:
    """What is known of one mail host; no ``probe`` when it has no address, or DNS did not tell."""

    host: str
    probe: ProbeResult | None
    doubt: str = ""

    @property
    def known(self) -> Known:
        if self.doubt:
            return Known.UNKNOWN
        return self.probe.known if self.probe else Known.NO

    @property
    def encrypted(self) -> Known:
        """The same, whatever the certificate."""
        return self.probe.encrypted if self.probe and not self.doubt else self.known

    def __str__(self) -> str:
        return self.doubt or f"mail host {self.host} {self.probe.clause if self.probe else 'has no address'}"


def _together(results: list[HostResult]) -> Checked:
    """The domain's evidence from its hosts' results (see the module's text)."""
    asked = [result for result in results if result.probe or result.doubt]
    if not asked:
        return Checked(no_mail=NoMail.NO_HOST, reason=_NO_MAIL[NoMail.NO_HOST])
    pkix = _of_all(asked, [result.known for result in asked])
    encrypt = _of_all(asked, [result.encrypted for result in asked])
    if pkix is None:
        reason = (
            str(asked[0])
            if len(asked) == 1
            else f"all {len(asked)} mail hosts offer STARTTLS with a certificate that verifies"
        )
        pkix = (Known.YES, reason)
    if encrypt is None:
        encrypt = (Known.YES, "every mail host offers STARTTLS; nobody checks its certificate")
    return Checked(
        (
            Evidence(Proof.PKIX, *pkix, policy=VERIFY if pkix[0] is Known.YES else None),
            Evidence(Proof.ENCRYPT, *encrypt, policy=ENCRYPT if encrypt[0] is Known.YES else None),
        )
    )


def _of_all(asked: list[HostResult], known: list[Known]) -> tuple[Known, str] | None:
    """One plain no is a no, otherwise one doubt is a doubt; ``None`` when all say yes."""
    for answer in (Known.NO, Known.UNKNOWN):
        if answer in known:
            return answer, str(asked[known.index(answer)])
    return None


def _same_of_hosts(known: Known, reason: str) -> tuple[Evidence, ...]:
    return Evidence(Proof.PKIX, known, reason), Evidence(Proof.ENCRYPT, known, reason)


_NO_MAIL = {
    NoMail.NO_SUCH_DOMAIN: "the domain does not exist",
    NoMail.NULL_MX: "the domain takes no mail (null MX)",
    NoMail.NO_HOST: "the domain has no mail host with an address",
}


class HostProbes:
    """Probes mail hosts, each once at a time, and remembers the results for a minute."""

    def __init__(
        self,
        dns: MailDns,
        context: ssl.SSLContext,
        *,
        port: int,
        name: str,
        seconds: float,
        events: Events,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """*name* is said in EHLO; *seconds* is the limit for one host; *clock* is monotonic."""
        self._dns = dns
        self._context = context
        self._port = port
        self._name = name
        self._seconds = seconds
        self._events = events
        self._clock = clock
        self._places = _Places()
        self._running: dict[str, asyncio.Task[HostResult]] = {}
        self._kept: OrderedDict[str, tuple[float, HostResult]] = OrderedDict()

    async def result(self, host: str, domain: str) -> HostResult:
        """What *host* can do; *domain* is whose mail host it is, for the log."""
        kept = self._kept.get(host)
        if kept is not None and self._clock() < kept[0]:
            return kept[1]
        task = self._running.get(host)
        if task is None:
            task = asyncio.create_task(self._probe(host, domain))
            self._running[host] = task
            task.add_done_callback(lambda _: self._running.pop(host, None))
        return await asyncio.shield(task)

    async def _probe(self, host: str, domain: str) -> HostResult:
        begun = self._clock()
        try:
            addresses = await self._dns.addresses(host)
        except DnsUnsure as doubt:
            return HostResult(host, None, doubt.private)
        if not addresses:
            return HostResult(host, None)
        async with self._places.at(addresses[0]):
            found = await probe(
                host,
                addresses,
                port=self._port,
                name=self._name,
                context=self._context,
                seconds=self._seconds,
            )
        PROBES.labels(found.word).inc()
        self._events.probed(domain, host, found.word, ms=(self._clock() - begun) * 1000)
        result = HostResult(host, found)
        self._keep(host, result)
        return result

    def _keep(self, host: str, result: HostResult) -> None:
        self._kept[host] = (self._clock() + HOST_SECONDS[result.known], result)
        self._kept.move_to_end(host)
        while len(self._kept) > MAX_HOSTS_KEPT:
            self._kept.popitem(last=False)


class _Places:
    """How many probes may run at once: in all, and at one address (many hosts share one)."""

    def __init__(self) -> None:
        self._all = asyncio.Semaphore(MAX_PROBES)
        self._by_address: dict[str, tuple[asyncio.Semaphore, int]] = {}

    @asynccontextmanager
    async def at(self, address: str) -> AsyncIterator[None]:
        own, users = self._by_address.get(address, (asyncio.Semaphore(MAX_PER_ADDRESS), 0))
        self._by_address[address] = (own, users + 1)
        try:
            async with own, self._all:
                yield
        finally:
            own, users = self._by_address.pop(address)
            if users > 1:
                self._by_address[address] = (own, users - 1)
