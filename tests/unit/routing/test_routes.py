"""The way of one recipient: a table of what is known and what follows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segl.settings.routing import DomainPin
from segl.vocabulary import Proof, Way
from segl_routing.lookups import Lookups
from segl_routing.outcome import Refused, Routed, Undecided
from segl_routing.routes import RouteTable
from segl_routing.states import Mark
from segl_routing.tunnels import TunnelState
from world.route_table import (
    FACTS,
    INTERNAL,
    NO_TUNNEL,
    NOW,
    PIN,
    PORTAL,
    RELAY,
    TUNNEL,
    decide,
    policy_of,
    settings,
)


@pytest.mark.parametrize(
    ("recipient", "way", "transport"),
    [
        # own domains, however they are written
        ("anna@nordby-vand.example", Way.INTERNAL, INTERNAL),
        ("Anna+kopi@NORDBY-VAND.Example.", Way.INTERNAL, INTERNAL),
        ('"anna berg"@nordby-vand.example', Way.INTERNAL, INTERNAL),
        # pins beat everything that is known
        ("bo@pin-portal.example", Way.PORTAL, PORTAL),
        ("bo@pin-tunnel.example", Way.TUNNEL, TUNNEL),
        ("bo@skole.pin-tunnel.example", Way.TUNNEL, TUNNEL),
        ("bo@open.pin-tunnel.example", Way.PORTAL, PORTAL),  # the nearest pin
        ("bo@pin-tls.example", Way.TLS, "segl-tls:pin-tls.example"),
        ("bo@hosted.example", Way.TLS, "segl-tls:hosted.example"),
        ("bo@hop.example", Way.TLS, "segl-tls:[mail.hop.example]:587"),
        # then tunnel, tls, portal
        ("bo@partner.example", Way.TUNNEL, TUNNEL),
        ("bo@unseenpartner.example", Way.TUNNEL, TUNNEL),  # needs no live check
        ("bo@good.example", Way.TLS, "segl-tls:good.example"),
        ("BO@Good.Example", Way.TLS, "segl-tls:good.example"),
        ("bo@ærø.example", Way.TLS, "segl-tls:xn--r-3fa9c.example"),
        ("bo@xn--r-3fa9c.example", Way.TLS, "segl-tls:xn--r-3fa9c.example"),
        ('"bo@nordby-vand.example"@good.example', Way.TLS, "segl-tls:good.example"),
        ("bo@oldpartner.example", Way.TLS, "segl-tls:oldpartner.example"),
        ("bo@bare.example", Way.PORTAL, PORTAL),
        ("bo@longmute.example", Way.PORTAL, PORTAL),
    ],
)
def test_ways(recipient: str, way: Way, transport: str) -> None:
    outcome = decide(recipient)
    assert isinstance(outcome, Routed)
    assert (outcome.route.way, outcome.transport) == (way, transport)
    assert outcome.route.recipient == recipient
    assert outcome.route.reason
    assert any(step.startswith(f"{way}: ") for step in outcome.route.steps)


@pytest.mark.parametrize(
    ("recipient", "status"),
    [
        ("bo@gone.example", "5.1.2"),
        ("bo@null.example", "5.1.10"),
        ("bo@web.example", "5.4.4"),
        ("bo", "5.1.3"),
        ("", "5.1.3"),
        ("bo@", "5.1.3"),
        ("@", "5.1.3"),
        ("bo@[192.0.2.1]", "5.1.3"),
        ("bo@[IPv6:2001:db8::1]", "5.1.3"),
        ("bo@not a domain", "5.1.3"),
        ("bo@..example", "5.1.3"),
        ("bo@" + "a" * 300 + ".example", "5.1.3"),
        ("bo@kommune.example\nX-Header: 1", "5.1.3"),
        ("bo@straße.example", "5.1.3"),  # another name to Postfix than to Python
        # an own address by which Postfix would send the mail out again
        ("bo%evil.example@nordby-vand.example", "5.1.3"),
        ("evil.example!bo@nordby-vand.example", "5.1.3"),
        ('"bo@evil.example"@nordby-vand.example', "5.1.3"),
    ],
)
def test_refused(recipient: str, status: str) -> None:
    outcome = decide(recipient)
    assert isinstance(outcome, Refused)
    assert outcome.status == status
    assert outcome.transport.startswith(f"error:{status} ")
    assert outcome.transport.isascii(), "it becomes an SMTP reply"
    assert outcome.transport.isprintable()


@pytest.mark.parametrize(
    ("recipient", "unchecked"), [("bo@new.example", "new.example"), ("bo@mute.example", "")]
)
def test_undecided(recipient: str, unchecked: str) -> None:
    outcome = decide(recipient)
    assert isinstance(outcome, Undecided)
    assert outcome.unchecked == unchecked


def test_each_way_tells_why() -> None:
    assert decide("bo@bare.example").as_dict() == {
        "recipient": "bo@bare.example",
        "way": "portal",
        "reason": "does not offer STARTTLS",
        "steps": [
            "tunnel: no certificate is known",
            "certificate: certificates are not looked for",
            "tls: does not offer STARTTLS",
            "portal: takes anyone",
        ],
        "transport": PORTAL,
        "proof": None,
    }
    outcome = decide("bo@partner.example")
    assert isinstance(outcome, Routed)
    assert outcome.route.steps == (
        "tunnel: a certificate is known",
        "certificate: not needed",
        "tls: not needed",
        "portal: not needed",
    )
    outcome = decide("bo@longmute.example")
    assert isinstance(outcome, Routed)
    assert "did not answer; nothing could be found out for 15 minutes" in outcome.route.reason


@pytest.mark.parametrize(
    ("order", "recipient", "way"),
    [
        (["tls", "tunnel", "portal"], "bo@partner.example", Way.TLS),
        (["tls", "portal"], "bo@partner.example", Way.TLS),
        (["tunnel", "portal"], "bo@good.example", Way.PORTAL),
        (["portal"], "bo@good.example", Way.PORTAL),
        (["portal"], "bo@new.example", Way.PORTAL),  # nothing to check
        (["portal"], "anna@nordby-vand.example", Way.INTERNAL),
        (["portal"], "bo@pin-tls.example", Way.TLS),
    ],
)
def test_the_order_is_a_setting(order: list[str], recipient: str, way: Way) -> None:
    outcome = decide(recipient, RouteTable(settings(routing={"order": order})))
    assert isinstance(outcome, Routed)
    assert outcome.route.way is way


def test_where_postfix_is_told_to_go() -> None:
    table = RouteTable(settings(routing={"smtp_port": 2525}, postfix={"return_port": "[::1]:10127"}))
    internal, tls = decide("anna@nordby-vand.example", table), decide("bo@good.example", table)
    assert isinstance(internal, Routed)
    assert isinstance(tls, Routed)
    assert internal.transport == "segl-internal:[::1]:10127"
    assert tls.transport == "segl-tls:good.example:2525"


@given(st.text(max_size=80))
def test_any_text_gets_an_outcome_postfix_can_read(recipient: str) -> None:
    outcome = decide(recipient)
    if not isinstance(outcome, Undecided):
        assert outcome.transport.isprintable()
        assert outcome.transport.partition(":")[0] in {
            "segl-internal", "segl-tunnel", "segl-tls", "segl-portal", "error",
        }  # fmt: skip


def test_a_user_of_this_host_is_reached_here() -> None:
    """By its own name, which the settings do not name: an alias may stand for him."""
    table = RouteTable(settings(), here=frozenset({"mail.nordby-vand.example"}))
    found = decide("ole@mail.nordby-vand.example", table)
    assert isinstance(found, Routed)
    assert found.transport == INTERNAL
    assert isinstance(decide("bo%kunde.example@mail.nordby-vand.example", table), Refused)
    assert not isinstance(decide("ole@mail.nordby-vand.example.evil.example", table), Routed)


def test_a_pin_of_a_name_of_this_host_goes_before() -> None:
    pin = {"name": "mail.nordby-vand.example", "way": "portal"}
    table = RouteTable(settings(domain=[pin]), here=frozenset({"mail.nordby-vand.example"}))
    found = decide("ole@mail.nordby-vand.example", table)
    assert isinstance(found, Routed)
    assert found.transport == PORTAL


FAILED = Mark("forced TLS failed at delivery: host mx.x.example", NOW + 600)


@pytest.mark.parametrize("recipient", ["bo@good.example", "bo@pin-tls.example", "bo@new.example"])
def test_where_forced_tls_failed_the_next_way_is_taken(recipient: str) -> None:
    """Whatever is proven or pinned, and where nothing is known yet."""
    known = Lookups(tunnel=lambda _: NO_TUNNEL, facts=FACTS.get, mark=lambda _: FAILED)
    outcome = RouteTable(settings()).decide(recipient, known, now=NOW)
    assert isinstance(outcome, Routed)
    assert outcome.route.way is Way.PORTAL
    assert FAILED.reason in outcome.route.reason


@pytest.mark.parametrize("recipient", ["bo@good.example", "bo@pin-tls.example", "bo@new.example"])
def test_what_must_be_sealed_waits_for_nothing_that_tls_might_prove(recipient: str) -> None:
    known = Lookups(tunnel=lambda _: NO_TUNNEL, facts=FACTS.get)
    outcome = RouteTable(settings()).decide(recipient, known, now=NOW, least=Proof.SEALED)
    assert isinstance(outcome, Routed)
    assert outcome.route.way is Way.PORTAL


@pytest.mark.parametrize(
    ("recipient", "domains", "transport"),
    [
        ("a@bare.example", [], "segl-relay:[x.tjeneste.example]:25"),
        ("a@pin-portal.example", [], "segl-relay:[x.tjeneste.example]:25"),
        ("a@bare.example", ["bare.example"], "segl-relay:[x.tjeneste.example]:25"),
        ("a@BARE.example.", ["bare.example"], "segl-relay:[x.tjeneste.example]:25"),
        ("a@bare.example", ["andet.example"], "segl-portal:unix:/run/segl/portal.sock"),
        ("a@good.example", [], "segl-tls:good.example"),
        ("a@pin-tunnel.example", [], "segl-tunnel:unix:/run/segl/tunnel.sock"),
        ("a@nordby-vand.example", [], "segl-internal:[127.0.0.1]:10027"),
    ],
)
def test_another_service_takes_what_would_be_sealed_and_nothing_else(
    recipient: str, domains: list[str], transport: str
) -> None:
    table = RouteTable(settings(portal={"relay": {**RELAY, "domains": domains}}))
    outcome = table.decide(
        recipient,
        Lookups(tunnel=lambda domain: TunnelState(domain == "pin-tunnel.example", "x"), facts=FACTS.get),
        now=NOW,
    )
    assert isinstance(outcome, Routed)
    assert outcome.transport == transport
    assert policy_of(table, "[x.tjeneste.example]:25", FACTS.get) is None, "its TLS is that of master.cf"


@pytest.mark.parametrize(
    ("recipient", "way", "transport"),
    [
        ("canary@canary.segl.invalid", Way.INTERNAL, "segl-canary:unix:/run/segl/canary.sock"),
        ("tunnel@canary.segl.invalid", Way.TUNNEL, TUNNEL),
        (
            "Certificate@CANARY.segl.invalid",
            Way.CERTIFICATE,
            "segl-certificate:unix:/run/segl/certificate.sock",
        ),
        ("tls@canary.segl.invalid", Way.TLS, "segl-tls:[127.0.0.1]:10036"),
        ("portal@canary.segl.invalid", Way.PORTAL, PORTAL),
    ],
)
@pytest.mark.parametrize("least", [Proof.ENCRYPT, Proof.SEALED])
def test_a_canary_goes_its_way_whatever_is_demanded_or_pinned(
    recipient: str, way: Way, transport: str, least: Proof
) -> None:
    pins = [{"name": "canary.segl.invalid", "way": "portal"}]
    table = RouteTable(settings(domain=pins, portal={"relay": RELAY}, routing={"order": ["portal"]}), PIN)
    outcome = table.decide(
        recipient, Lookups(tunnel=lambda _: NO_TUNNEL, facts=FACTS.get), now=NOW, least=least
    )
    assert isinstance(outcome, Routed)
    assert (outcome.route.way, outcome.transport) == (way, transport)


@pytest.mark.parametrize("way", [Way.PLAIN, Way.INTERNAL])
def test_a_way_that_leads_nobody_outside_is_never_sealed_by_accident(way: Any) -> None:
    """The settings let no such way be written; here it gets past them."""
    plain, pin = settings(), DomainPin(name="good.example", way=way)
    ordered = replace(plain, routing=replace(plain.routing, order=(way, Way.PORTAL)))
    for wrong in (ordered, replace(plain, domain=(pin,))):
        with pytest.raises(ValueError, match=way):
            decide("bo@good.example", RouteTable(wrong))


def test_an_own_address_that_leads_outside_gets_what_is_secure_by_the_portal() -> None:
    """At an own domain, and at a name of this host."""
    named = ["formand@nordby-vand.example", "bo@mail.nordby-vand.example"]
    own = {"name": "Nordby", "domains": ["nordby-vand.example"], "forwarded": named}
    table = RouteTable(settings(organisation=own), here=frozenset({"mail.nordby-vand.example"}))
    for recipient in (
        "Formand@nordby-vand.example",
        "formand+x@nordby-vand.example",
        "bo@mail.nordby-vand.example",
    ):
        outcome = decide(recipient, table)
        assert isinstance(outcome, Routed)
        assert (outcome.route.way, outcome.transport) == (
            Way.PORTAL,
            "segl-portal:unix:/run/segl/portal.sock",
        )
    for recipient in ("eva@nordby-vand.example", "eva@mail.nordby-vand.example"):
        outcome = decide(recipient, table)
        assert isinstance(outcome, Routed)
        assert outcome.route.way is Way.INTERNAL
    assert isinstance(decide("formand%x.example@nordby-vand.example", table), Refused)
