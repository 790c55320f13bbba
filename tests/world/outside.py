"""An outside world on high ports, without a namespace: for tests that need no Postfix.

    good = outside.good("mx.kommune.example")
    dns = outside.dns({"kommune.example": [MX(10, "mx.kommune.example")], "mx.kommune.example": host(good)})

All mail servers listen on one port, as in the world, each on an address of its own.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from segl.events import Events
from segl_routing.dns.mx import MailDns
from segl_routing.proofs.hosts import HostProbes
from segl_routing.proofs.probe import Greeting, trust
from segl_routing.proofs.providers import Providers
from world.ca import Certificate, TestCA
from world.dns import A, DnsServer, Zone
from world.peers import Script, ScriptedPeer, SmtpPeer
from world.policies import PolicyServer
from world.ports import free_port


@dataclass
class Outside:
    """Puts up servers, each on an address of its own, all on one port."""

    directory: Path
    ca: TestCA
    port: int
    running: ExitStack
    taken: int = 100

    def address(self) -> str:
        self.taken += 1
        return f"127.0.0.{self.taken}"

    def peer(self, tls: ssl.SSLContext | None = None) -> SmtpPeer:
        return self.running.enter_context(SmtpPeer(self.address(), self.port, tls=tls))

    def good(self, host: str) -> SmtpPeer:
        """A server whose certificate is good for *host*."""
        return self.peer(self.ca.issue([host]).server_context())

    def web(self, certificate: Certificate, *, only: ssl.TLSVersion | None = None) -> PolicyServer:
        """A web server for MTA-STS policies, on the same port as the mail servers."""
        context = certificate.server_context(only=only)
        return self.running.enter_context(PolicyServer(self.address(), self.port, context))

    def scripted(self, script: Script) -> ScriptedPeer:
        return self.running.enter_context(ScriptedPeer(self.address(), self.port, script))

    @contextmanager
    def alone(self, tls: ssl.SSLContext | None = None) -> Iterator[SmtpPeer]:
        """A server for one test."""
        with SmtpPeer(self.address(), self.port, tls=tls) as peer:
            yield peer

    @contextmanager
    def alone_scripted(self, script: Script) -> Iterator[ScriptedPeer]:
        with ScriptedPeer(self.address(), self.port, script) as peer:
            yield peer

    def dns(self, zone: Zone) -> DnsServer:
        server = DnsServer(self.directory / "dns", zone, address="127.0.0.1", port=free_port())
        return self.running.enter_context(server)

    def hosts(self, dns: DnsServer, seconds: float = 2.0, providers: Providers | None = None) -> HostProbes:
        return HostProbes(
            MailDns([dns.nameserver], query_seconds=1.0),
            trust(self.ca.file),
            port=self.port,
            greeting=Greeting("nordby-vand.example", "mail.nordby-vand.example"),
            seconds=seconds,
            events=Events("test"),
            providers=providers,
            jitter=lambda _low, high: high,
        )


def host(peer: SmtpPeer | ScriptedPeer) -> list[A]:
    """The address record of *peer*, for a zone."""
    return [A(peer.address)]
