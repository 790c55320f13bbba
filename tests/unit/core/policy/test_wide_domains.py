"""Own domains and pins that hold for strangers as well: what is refused, what is told of, and what is in order."""

from __future__ import annotations

from typing import Any

import pytest

from segl.errors import SettingsError
from segl.postfix.check import State
from segl.postfix.check_domains import domain_checks
from segl.public_suffixes import Suffixes
from segl.settings.cautions import cautions, domain_cautions, pin_cautions
from segl.settings.document import Settings
from segl.settings.file import parse_settings
from segl.vocabulary import Proof

SUFFIXES = Suffixes(frozenset({"dk", "co.uk", "biz.dk"}))


def settings(*domains: str, subdomains: bool = False, **tables: Any) -> Settings:
    own = {"name": "Nordby", "domains": list(domains or ["nordby.dk"]), "subdomains": subdomains}
    return parse_settings({"organisation": own, **tables})


@pytest.mark.parametrize(
    ("domains", "subdomains", "told"),
    [
        (["nordby.dk"], True, ""),
        (["vand.nordby.dk", "nordby.dk"], True, ""),
        (["biz.dk"], False, ""),  # whoever keeps such a suffix has mail at it as well
        (["biz.dk"], True, "anybody gets a domain below biz.dk"),
        (["nordby.dk", "co.uk"], True, "anybody gets a domain below co.uk"),
        (["gmail.com"], False, "anybody gets a mailbox at gmail.com"),
        (["nordby.dk", "hotmail.com"], True, "anybody gets a mailbox at hotmail.com"),
        (["dk"], False, ""),  # nobody has an address there
    ],
)
def test_own_domains_that_others_are_under(domains: list[str], subdomains: bool, told: str) -> None:
    found = [one.problem for one in domain_cautions(settings(*domains, subdomains=subdomains), SUFFIXES)]
    assert [told in problem for problem in found] == ([True] if told else [])


@pytest.mark.parametrize("table", ["organisation", "tenant"])
def test_a_whole_country_is_nobodys_own(table: str) -> None:
    wide = {"name": "Landet", "domains": ["dk"], "subdomains": True}
    others = {"organisation": {"name": "Nordby", "domains": ["nordby.dk"]}}
    raw = {"organisation": wide} if table == "organisation" else {**others, "tenant": [wide]}
    with pytest.raises(
        SettingsError, match=rf"{table}\.subdomains: would make whatever is below dk your own"
    ):
        parse_settings(raw)


@pytest.mark.parametrize(
    ("pin", "proof"),
    [
        ({"match": ["mx.kunde.dk"]}, Proof.PINNED),
        ({"match": [".kunde.dk", "mx.hoster.dk"]}, Proof.PINNED),
        ({"match": ["nexthop", "dot-nexthop"]}, Proof.PINNED),  # the recipient's domain is no word of DNS
        ({"match": ["hostname"]}, Proof.PKIX),
        ({"match": ["HostName"]}, Proof.PKIX),
        ({"match": ["mx.kunde.dk", "hostname"]}, Proof.PKIX),  # one of them is enough
        ({"match": ["hostname"], "next_hop": "kunde.dk"}, Proof.PKIX),
        ({"match": ["hostname"], "next_hop": "[mx.kunde.dk]"}, Proof.PINNED),  # this very host
        ({}, Proof.PKIX),
    ],
)
def test_a_name_out_of_dns_pins_nothing(pin: dict[str, Any], proof: Proof) -> None:
    entry = {"name": "kunde.dk", "way": "tls", **pin}
    assert settings(domain=[entry]).domain[0].proof is proof
    asked = {**entry, "least": "pinned"}
    if proof is Proof.PINNED:
        assert settings(domain=[asked]).domain[0].least is Proof.PINNED
    else:
        with pytest.raises(SettingsError, match='way = "tls" proves pkix, which is less than'):
            settings(domain=[asked])


@pytest.mark.parametrize("table", ["domain", "relay"])
def test_a_certificate_of_the_whole_country_is_no_match(table: str) -> None:
    if table == "domain":
        raw: dict[str, Any] = {"domain": [{"name": "kunde.dk", "way": "tls", "match": [".dk"]}]}
    else:
        raw = {"portal": {"relay": {"next_hop": "[mx.kunde.dk]:25", "match": [".DK"]}}}
    with pytest.raises(SettingsError, match="takes the certificate of whoever has a domain below"):
        settings(**raw)


TLS = {"way": "tls"}


@pytest.mark.parametrize(
    ("pin", "routing", "told"),
    [
        (
            {"name": "dk", "subdomains": True, "least": "encrypt"},
            {},
            "below dk need prove no more than encrypt",
        ),
        ({"name": "dk", "subdomains": True, "least": "encrypt", **TLS}, {}, "no more than encrypt"),
        ({"name": "co.uk", "subdomains": True, "least": "pkix"}, {"least": "dane"}, "no more than pkix"),
        ({"name": "co.uk", "subdomains": True, **TLS}, {"least": "mta-sts"}, "no more than pkix"),
        ({"name": "dk", "subdomains": True, **TLS}, {}, ""),  # what all must prove
        ({"name": "dk", "subdomains": True, "least": "dane"}, {}, ""),  # more than others
        ({"name": "dk", "subdomains": True, "way": "portal"}, {}, ""),
        ({"name": "dk", "subdomains": True, "sign": "always"}, {}, ""),  # nothing about TLS
        ({"name": "dk", "least": "encrypt"}, {}, ""),  # its subdomains are not meant
        ({"name": "kunde.dk", "subdomains": True, "least": "encrypt"}, {}, ""),
        ({"name": "gmail.com", "least": "encrypt"}, {}, ""),  # one domain, by name
        ({"name": "kunde.dk", **TLS, "match": [".biz.dk"]}, {}, "whoever has a domain below .biz.dk"),
        ({"name": "kunde.dk", **TLS, "match": [".mail.protection.outlook.com"]}, {}, ""),
        ({"name": "kunde.dk", **TLS, "match": ["mx.kunde.dk", "hostname"]}, {}, "name of any MX host"),
    ],
)
def test_pins_that_hold_for_strangers(pin: dict[str, Any], routing: dict[str, Any], told: str) -> None:
    found = [one.problem for one in pin_cautions(settings(domain=[pin], routing=routing), SUFFIXES)]
    assert [told in problem for problem in found] == ([True] if told else [])


def test_the_relays_match_is_looked_at_as_well() -> None:
    relay = {"next_hop": "[mx.kunde.biz.dk]:25", "match": [".biz.dk"]}
    [found] = pin_cautions(settings(portal={"relay": relay}), SUFFIXES)
    assert (found.where, "below .biz.dk" in found.problem) == ("portal.relay", True)


def test_all_are_told_when_settings_are_checked_and_by_the_doctor() -> None:
    wide = {"name": "dk", "subdomains": True, "least": "encrypt"}
    loaded = settings("gmail.com", domain=[wide])
    assert {one.where for one in cautions(loaded)} == {"organisation.domains", "domain dk"}
    states = {check.id: check.state for check in domain_checks(loaded)}
    assert states == {"domains.own": State.WARN, "domains.weak": State.WARN}


def test_the_doctor_lists_for_whom_any_certificate_will_do() -> None:
    [own] = domain_checks(settings())
    assert (own.id, own.state) == ("domains.own", State.OK)
    pins = [{"name": "kunde.dk", "least": "encrypt"}, {"name": "by.dk", "way": "portal"}]
    _, listed = domain_checks(settings(domain=pins))
    assert (listed.state, listed.found) == (State.OK, "any certificate will do for kunde.dk")
    _, none = domain_checks(settings(domain=pins[1:]))
    assert (none.state, none.found) == (State.OK, "each [[domain]] asks for a certificate, or for no TLS")
