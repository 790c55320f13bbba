"""What Postfix is told to ask of TLS for a next-hop: a table of what is known and what follows."""

from __future__ import annotations

from dataclasses import replace

import pytest

from segl.vocabulary import Known, Proof
from segl_routing.proofs.tls_policy import DANE_ONLY, ENCRYPT
from segl_routing.routes import RouteTable
from world.lookups import facts_of, hold, says
from world.route_table import (
    FACTS,
    NOTHING,
    NOW,
    PIN,
    known,
    policy_of,
    settings,
)

VERIFY = "verify servername=hostname protocols=>=TLSv1.2"


@pytest.mark.parametrize(
    ("next_hop", "policy"),
    [
        ("good.example", VERIFY),
        ("GOOD.example", VERIFY),
        ("good.example:2525", VERIFY),
        ("pin-tls.example", VERIFY),
        ("[mail.plainhop.example]", VERIFY),
        (
            "hosted.example",
            "secure match=.protection.example:mx.x.example servername=hostname protocols=>=TLSv1.2",
        ),
        ("[mail.hop.example]:587", "secure match=mail.hop.example servername=hostname protocols=>=TLSv1.2"),
        ("[192.0.2.7]:25", "secure match=mail.numeric.example protocols=>=TLSv1.2"),
        # never proven: the level of master.cf holds
        ("bare.example", None),
        ("mute.example", None),
        ("new.example", None),
        ("pin-portal.example", None),
        ("[mail.hop.example]", None),
        ("[mx.good.example]", None),
        (".good.example", None),
        ("", None),
        ("*", None),
        ("good.example]", None),
        ("bo@good.example", None),
    ],
)
def test_policies(next_hop: str, policy: str | None) -> None:
    found = policy_of(RouteTable(settings()), next_hop, FACTS.get)
    assert (None if found is None else str(found)) == policy


def test_a_domain_that_takes_anothers_mail_keeps_its_own_stronger_proof() -> None:
    """``next_hop = "hub.example"`` of a pin asks for less than what mail to hub.example itself was promised."""
    table = RouteTable(settings(domain=[{"name": "a.example", "way": "tls", "next_hop": "hub.example"}]))
    by_dane = hold(says(Proof.DANE, Known.YES), NOW)
    facts = {"hub.example": facts_of("hub.example", NOW, by_dane)}
    assert str(policy_of(table, "hub.example", NOTHING.get)) == VERIFY
    assert policy_of(table, "hub.example", facts.get) == DANE_ONLY
    assert policy_of(table, "hub.example", facts.get, Proof.DANE) == DANE_ONLY
    assert policy_of(table, "hub.example", NOTHING.get, Proof.DANE) is None


def test_any_certificate_at_a_named_host_meets_no_demand() -> None:
    pin = {"name": "a.example", "way": "tls", "least": "encrypt", "next_hop": "[mx.a.example]"}
    table = RouteTable(settings(domain=[pin]))
    assert policy_of(table, "[mx.a.example]", NOTHING.get) == ENCRYPT
    assert policy_of(table, "[mx.a.example]", NOTHING.get, Proof.PINNED) is None


@pytest.mark.parametrize(
    ("domain", "since"),
    [
        ("good.example", NOW - 10),
        ("pin-tls.example", float("inf")),
        ("pin-portal.example", None),
        ("bare.example", None),
        ("new.example", None),
    ],
)
def test_since_when_tls_may_be_taken(domain: str, since: float | None) -> None:
    """A pin of the postmaster's holds at any time."""
    assert RouteTable(settings()).proven_at(domain, FACTS.get) == since


@pytest.mark.parametrize(
    ("pin", "least"),
    [
        ({"least": "dane"}, Proof.DANE),
        ({"way": "tls", "least": "pkix"}, Proof.PKIX),
        ({"way": "tls"}, Proof.PKIX),
        ({"way": "portal"}, Proof.MTA_STS),
        ({"sign": "never"}, Proof.MTA_STS),
    ],
)
def test_what_is_demanded_of_a_domain_is_its_own_word_before_that_for_all(
    pin: dict[str, object], least: Proof
) -> None:
    table = RouteTable(settings(routing={"least": "mta-sts"}, domain=[{"name": "a.example", **pin}]))
    assert table.least("a.example") is least


def test_what_is_demanded_of_all_domains_is_demanded_of_a_policy_but_for_pins() -> None:
    """The postmaster's word for TLS at one domain stands in for what he demands of those he knows nothing about."""
    table = RouteTable(settings(routing={"least": "dane"}))
    assert policy_of(table, "good.example", FACTS.get) is None
    assert str(policy_of(table, "pin-tls.example", FACTS.get)) == VERIFY
    assert (table.least("good.example"), table.least("pin-tls.example")) == (Proof.DANE, Proof.PKIX)


def test_a_proof_that_ran_out_still_forces_tls() -> None:
    """Between the route's answer and the policy's the proof may end; the certificate is checked anyway."""
    old = known("good.example", Known.YES)
    expired = replace(old, checked_at=NOW - 9000, expires_at=NOW - 5000)
    assert str(policy_of(RouteTable(settings()), "good.example", {"good.example": expired}.get)) == VERIFY


def test_the_canaries_tls_server_must_show_its_key_and_nobody_elses_hop_is_asked_for_one() -> None:
    table = RouteTable(settings(), PIN)
    assert (
        str(policy_of(table, "[127.0.0.1]:10036", FACTS.get))
        == f"fingerprint match={PIN} protocols=>=TLSv1.2"
    )
    assert policy_of(table, "[127.0.0.1]:10037", FACTS.get) is None
    assert policy_of(RouteTable(settings()), "[127.0.0.1]:10036", FACTS.get) is None, (
        "master.cf's level: none goes"
    )
    assert RouteTable(settings()).proven("[127.0.0.1]:10036", FACTS.get) is None
