"""What policies about recipients change of their ways."""

from __future__ import annotations

from typing import Any

from segl.settings.file import parse_settings
from segl.vocabulary import Known, Proof, Way
from segl_routing.lookups import Lookups
from segl_routing.outcome import Routed, Undecided
from segl_routing.proofs.facts import DomainFacts
from segl_routing.routes import RouteTable
from segl_routing.states import CertificateState
from segl_routing.tunnels import TunnelState
from world.lookups import facts_of, hold, says

NOW = 1_000_000.0
FOUND = CertificateState(Known.YES, "a certificate is known")
NONE = CertificateState(Known.NO, "none is known")


def table(*policies: dict[str, Any], **tables: Any) -> RouteTable:
    named = [{"name": f"p{number}", **one} for number, one in enumerate(policies, 1)]
    organisation = {"name": "Nordby", "domains": ["nordby.example"]}
    return RouteTable(parse_settings({"organisation": organisation, "policy": named, **tables}))


def routed(table: RouteTable, recipient: str, proof: Proof = Proof.PKIX, **more: Any) -> Routed:
    def facts(domain: str) -> DomainFacts:
        return facts_of(domain, NOW, hold(says(proof, Known.YES, "verifies"), NOW))

    outcome = table.decide(
        recipient,
        Lookups(
            tunnel=lambda _: TunnelState(True, "a certificate is known"),
            facts=facts,
            certificate=lambda _: more.get("certificate", NONE),
        ),
        now=NOW,
        least=more.get("least", Proof.ENCRYPT),
    )
    assert isinstance(outcome, Routed), outcome
    return outcome


def test_the_order_of_ways_of_one_recipient() -> None:
    known = table({"recipient": ["kommune.example"], "order": ["tls", "portal"]})
    there = routed(known, "bo@kommune.example")
    assert there.route.way is Way.TLS, "though there is a tunnel"
    assert there.route.steps[0] == "policy: p1 counts for this recipient"
    assert routed(known, "bo@andre.example").route.way is Way.TUNNEL
    portal = routed(table({"recipient": ["kommune.example"], "order": ["portal"]}), "bo@kommune.example")
    assert (portal.route.way, portal.route.reason) == (Way.PORTAL, "first in the order of policy p1")


def test_one_address_of_a_domain_may_have_another_order_than_the_rest() -> None:
    known = table(
        {"recipient": ["bo@kommune.example"], "order": ["certificate", "portal"]},
        {"recipient": ["kommune.example"], "order": ["tls", "portal"]},
    )
    assert routed(known, "BO@kommune.example", certificate=FOUND).route.way is Way.CERTIFICATE
    assert routed(known, "bo@kommune.example").route.way is Way.PORTAL
    assert routed(known, "ida@kommune.example").route.way is Way.TLS


def test_a_least_of_one_recipient_has_its_own_transport_and_policy_map() -> None:
    """As a message's demand has: a proof lost on the way means waiting, never a weaker policy."""
    known = table({"recipient": ["bo@kommune.example"], "least": "dane", "order": ["tls", "portal"]})
    assert routed(known, "bo@kommune.example").route.way is Way.PORTAL
    proven = routed(known, "bo@kommune.example", Proof.DANE)
    assert proven.transport == "segl-tls-dane:kommune.example"
    other = table({"recipient": ["kommune.example"], "order": ["tls", "portal"]})
    assert routed(other, "ida@kommune.example").transport == "segl-tls:kommune.example"


def test_of_message_and_recipient_the_stricter_demand_counts() -> None:
    known = table({"recipient": ["kommune.example"], "least": "mta-sts", "order": ["tls", "portal"]})
    for message, transport in ((Proof.PINNED, "segl-tls-mta-sts"), (Proof.DANE, "segl-tls-dane")):
        found = routed(known, "bo@kommune.example", Proof.DANE, least=message)
        assert found.transport == f"{transport}:kommune.example"
    sealed = routed(known, "bo@kommune.example", Proof.DANE, least=Proof.SEALED)
    assert sealed.route.way is Way.PORTAL


def test_a_pin_goes_before_an_order_but_not_before_a_least() -> None:
    pinned = [{"name": "kommune.example", "way": "tls"}]
    ordered = table({"recipient": ["kommune.example"], "order": ["portal"]}, domain=pinned)
    assert routed(ordered, "bo@kommune.example").route.way is Way.TLS
    demanded = table({"recipient": ["kommune.example"], "least": "dane"}, domain=pinned)
    assert routed(demanded, "bo@kommune.example").route.way is Way.TUNNEL


def test_entries_about_senders_or_content_are_none_of_the_maps_business() -> None:
    known = table(
        {"sender": ["nordby.example"], "recipient": ["kommune.example"], "least": "sealed"},
        {"labels": ["cpr"], "least": "sealed"},
        {"min_bytes": 1, "least": "sealed"},
    )
    assert routed(known, "bo@kommune.example").route.steps[0].startswith("tunnel")


def test_an_unknown_certificate_is_waited_for_only_where_the_order_asks_for_it() -> None:
    unknown = CertificateState(Known.UNKNOWN, "not looked for yet")
    known = table({"recipient": ["kommune.example"], "order": ["certificate", "portal"]})
    outcome = known.decide(
        "bo@kommune.example",
        Lookups(
            tunnel=lambda _: TunnelState(False, "none"),
            facts=lambda _: None,
            certificate=lambda _: unknown,
        ),
        now=NOW,
    )
    assert isinstance(outcome, Undecided)
    assert outcome.unfound == "bo@kommune.example"
    without = table({"recipient": ["kommune.example"], "order": ["portal"]})
    assert routed(without, "bo@kommune.example", certificate=unknown).route.way is Way.PORTAL
