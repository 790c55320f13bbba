"""A house with pins, what is known of some domains, and the way of a recipient by both."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from segl.settings.document import Settings
from segl.settings.file import parse_settings
from segl.vocabulary import Known, Proof
from segl_routing.dns.no_mail import NoMail
from segl_routing.lookups import Lookups
from segl_routing.outcome import Outcome
from segl_routing.proofs.facts import DomainFacts
from segl_routing.proofs.tls_policy import TlsPolicy
from segl_routing.routes import RouteTable
from segl_routing.tunnels import TunnelState
from world.lookups import facts_of, hold, says

NOW = 1_000_000.0


def settings(**tables: Any) -> Settings:
    return parse_settings(
        {
            "organisation": {"name": "Nordby Vandværk", "domains": ["nordby-vand.example"]},
            "delivery": {"tunnel_socket": "/run/segl/tunnel.sock", "portal_socket": "/run/segl/portal.sock"},
            "domain": [
                {"name": "pin-portal.example", "way": "portal"},
                {"name": "pin-tunnel.example", "way": "tunnel", "subdomains": True},
                {"name": "pin-tls.example", "way": "tls"},
                {"name": "hosted.example", "way": "tls", "match": [".protection.example", "mx.x.example"]},
                {
                    "name": "hop.example",
                    "way": "tls",
                    "next_hop": "[mail.hop.example]:587",
                    "match": ["mail.hop.example"],
                },
                {"name": "plainhop.example", "way": "tls", "next_hop": "[mail.plainhop.example]"},
                {
                    "name": "numeric.example",
                    "way": "tls",
                    "next_hop": "[192.0.2.7]:25",
                    "match": ["mail.numeric.example"],
                },
                {"name": "open.pin-tunnel.example", "way": "portal"},
            ],
            **tables,
        }
    )


def known(domain: str, tls: Known, reason: str = "", **more: Any) -> DomainFacts:
    return facts_of(domain, NOW, hold(says(Proof.PKIX, tls, reason), NOW, **more))


NOTHING: dict[str, DomainFacts] = {}


def no_mail(domain: str, why: NoMail, reason: str = "") -> DomainFacts:
    return DomainFacts(domain, (), NOW - 10, NOW + 100, why, reason)


FACTS = {
    facts.domain: facts
    for facts in (
        known("good.example", Known.YES, "verifies"),
        known("xn--r-3fa9c.example", Known.YES),
        known("bare.example", Known.NO, "does not offer STARTTLS"),
        known("mute.example", Known.UNKNOWN, "did not answer", unknown_since=NOW - 899),
        known("longmute.example", Known.UNKNOWN, "did not answer", unknown_since=NOW - 901),
        no_mail("gone.example", NoMail.NO_SUCH_DOMAIN, "the domain does not exist"),
        no_mail("null.example", NoMail.NULL_MX),
        no_mail("web.example", NoMail.NO_HOST),
        known("partner.example", Known.YES),
        known("oldpartner.example", Known.YES),
    )
}
TUNNELS = {
    "partner.example": TunnelState(True, "a certificate is known"),
    "unseenpartner.example": TunnelState(True, "a certificate is known"),
    "oldpartner.example": TunnelState(False, "the certificate expired on 2026-01-01"),
}
NO_TUNNEL = TunnelState(False, "no certificate is known")


def decide(recipient: str, table: RouteTable | None = None) -> Outcome:
    return (table or RouteTable(settings())).decide(
        recipient,
        Lookups(tunnel=lambda domain: TUNNELS.get(domain, NO_TUNNEL), facts=FACTS.get),
        now=NOW,
    )


def policy_of(
    table: RouteTable,
    next_hop: str,
    last: Callable[[str], DomainFacts | None],
    least: Proof = Proof.ENCRYPT,
) -> TlsPolicy | None:
    proven = table.proven(next_hop, last, least)
    return None if proven is None else proven.policy


INTERNAL = "segl-internal:[127.0.0.1]:10027"
TUNNEL = "segl-tunnel:unix:/run/segl/tunnel.sock"
PORTAL = "segl-portal:unix:/run/segl/portal.sock"
RELAY = {"next_hop": "[x.tjeneste.example]:25", "match": ["x.tjeneste.example"]}
PIN = ":".join(["AB"] * 32)
