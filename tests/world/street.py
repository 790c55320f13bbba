"""The neighbours of the house: the mail servers its users write to, and the DNS that names them.

==========================  ============  ==============================================================
domain                      address       what kind of server
==========================  ============  ==============================================================
nordby-vand.example         127.0.0.10    the house's own mail store (no TLS: it is inside)
boligforening.example       127.0.0.21    STARTTLS with a good certificate
gammelserver.example        127.0.0.22    STARTTLS with a self-signed certificate
klartekst.example           127.0.0.23    no STARTTLS at all
kommune.example             127.0.0.24    a tunnel partner: its domain certificate is known
udloebet.example            127.0.0.25    STARTTLS with an expired certificate
forkertnavn.example         127.0.0.26    STARTTLS with another host's certificate
signeret.example            127.0.0.27    a self-signed certificate, which its signed DNS vouches for (DANE)
falsk.example               127.0.0.28    its signed DNS vouches for another certificate than it shows
findes-ikke.example         -             does not exist (NXDOMAIN)
stille.example              -             its name servers never answer
==========================  ============  ==============================================================

``signeret`` and ``falsk`` are signed with DNSSEC, up to a root of the street's own; the others are not.
"""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from world.ca import Certificate, TestCA
from world.dns import MX, TLSA, A, Record
from world.house import DOMAIN, MAIL_STORE
from world.peers import ReceivedMail, SmtpPeer
from world.signed import Flaw, SignedDns, SignedTree, SignedZone


@dataclass(frozen=True, slots=True)
class Partner:
    """The tunnel partner: its domain, and the certificate with the key that opens what is sent to it."""

    domain: str
    certificate: Certificate


class Street:
    """All neighbours. Use as a context manager inside a namespace of its own."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.ca = TestCA(directory / "ca")
        self.partner = Partner("kommune.example", self.ca.issue(["tunnel@kommune.example"], key="rsa"))
        self.store = SmtpPeer(MAIL_STORE)
        self.good = self._with_tls("127.0.0.21", self.ca.issue(["mx.boligforening.example"]))
        self.self_signed = self._with_tls(
            "127.0.0.22", self.ca.issue(["mx.gammelserver.example"], self_signed=True)
        )
        self.bare = SmtpPeer("127.0.0.23")
        self.tunnel = self._with_tls("127.0.0.24", self.ca.issue(["mx.kommune.example"]))
        self.expired = self._with_tls("127.0.0.25", self.ca.issue(["mx.udloebet.example"], expired=True))
        self.misnamed = self._with_tls("127.0.0.26", self.ca.issue(["www.forkertnavn.example"]))
        vouched = self.ca.issue(["mx.signeret.example"], self_signed=True)
        self.signed = self._with_tls("127.0.0.27", vouched)
        self.false = self._with_tls("127.0.0.28", self.ca.issue(["mx.falsk.example"], self_signed=True))
        self.vouched_for = TLSA(3, 0, 1, vouched.sha256)
        self.peers: dict[str, SmtpPeer] = {
            DOMAIN: self.store,
            "boligforening.example": self.good,
            "gammelserver.example": self.self_signed,
            "klartekst.example": self.bare,
            self.partner.domain: self.tunnel,
            "udloebet.example": self.expired,
            "forkertnavn.example": self.misnamed,
            "signeret.example": self.signed,
            "falsk.example": self.false,
        }
        self.dns = SignedDns(
            directory / "dns",
            SignedTree(
                directory / "zones",
                [*map(self._zone, self.peers), SignedZone("stille.example", flaw=Flaw.SILENT)],
            ),
        )
        self._running = ExitStack()

    @staticmethod
    def _with_tls(address: str, certificate: Certificate) -> SmtpPeer:
        return SmtpPeer(address, tls=certificate.server_context())

    def _zone(self, domain: str) -> SignedZone:
        peer = self.peers[domain]
        records: dict[str, list[Record]] = {
            domain: [MX(10, f"mx.{domain}")],
            f"mx.{domain}": [A(peer.address)],
        }
        if peer not in (self.signed, self.false):
            return SignedZone(domain, records, flaw=Flaw.UNSIGNED)
        return SignedZone(domain, records | {f"_25._tcp.mx.{domain}": [self.vouched_for]})

    def __enter__(self) -> Self:
        self._running.enter_context(self.dns.become_the_hosts(self.directory))
        self._running.enter_context(self.dns)
        for peer in self.peers.values():
            self._running.enter_context(peer)
        return self

    def __exit__(self, *_reason: object) -> None:
        self._running.close()

    def forget(self) -> None:
        """Every peer starts a new record."""
        for peer in self.peers.values():
            peer.forget()

    def peer_of(self, address: str) -> SmtpPeer:
        return self.peers[address.rpartition("@")[2]]

    def mail_for(self, address: str) -> list[ReceivedMail]:
        """What the recipient's own server has taken for *address*."""
        return [mail for mail in self.peer_of(address).received if address in mail.recipients]

    def seen_in_clear(self) -> bytes:
        """Every byte that any outside server received without TLS."""
        return b"\n".join(bytes(peer.clear) for domain, peer in self.peers.items() if domain != DOMAIN)
