"""What `segl doctor` says of mail for own domains: whether Postfix takes it, and how safe its way on is.

How Postfix itself resolves each of these: tests/e2e/test_own_ways.py.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from segl.postfix import check_relayed
from segl.postfix.check import Check, State
from segl.postfix.check_own_domains import own_domain_checks
from segl.postfix.check_relayed import relayed_checks
from segl.postfix.hops import Hop, Place, places, tls_level
from segl.postfix.own_ways import BY_SENDER
from segl.settings.file import parse_settings
from world.installation import Installation
from world.needs import POSTFIX

pytestmark = POSTFIX
OK, WARN, FAIL, UNKNOWN = State.OK, State.WARN, State.FAIL, State.UNKNOWN
ELSEWHERE = "[x-dk.mail.protection.outlook.example]:25"
OWN = "nordby.example"


def own(site: Installation, *options: str, subdomains: bool = False) -> list[Check]:
    """With *options* of the front's main.cf, and no domain in mydestination."""
    site.front("-e", "mydestination=localhost", *options)
    raw = {**site.raw, "organisation": {**site.raw["organisation"], "subdomains": subdomains}}
    return list(own_domain_checks(replace(site.setup, settings=parse_settings(raw))))


@pytest.mark.parametrize(
    ("options", "state", "words"),
    [
        ([], FAIL, "nordby.example (where DNS says)"),
        (["relayhost=[smart.example]:587"], FAIL, "nordby.example (to [smart.example]:587)"),
        (["transport_maps=inline:{*=smtp:[smart.example]}"], FAIL, "(to [smart.example])"),
        (["mydestination=$myhostname, nordby.example"], OK, ""),
        (["mydestination=Nordby.Example"], OK, ""),
        (["mydestination=!nordby.example, nordby.example"], FAIL, "nordby.example"),
        (["relay_domains=nordby.example"], OK, ""),
        (["relay_domains=example"], OK, ""),  # of which all below is meant
        (["virtual_mailbox_domains=inline:{nordby.example=x}"], OK, ""),
        (["virtual_alias_domains=regexp:{{/^nordby/ x}}"], OK, ""),
        # a relay for what goes out alone: mail for the house has a way of its own
        (["transport_maps=inline:{nordby.example=smtp:[10.0.0.5]}"], OK, ""),
        (["relay_domains=ldap:/nowhere/ldap.cf"], UNKNOWN, ""),
        (["relay_domains=/nowhere/domains"], UNKNOWN, "/nowhere/domains cannot be read"),
    ],
)
def test_a_domain_that_only_segl_takes_for_own(
    site: Installation, options: list[str], state: State, words: str
) -> None:
    [found] = own(site, *options)
    assert (found.state, words in found.found) == (state, True), found


def test_a_list_of_domains_may_be_a_file(site: Installation, tmp_path: Path) -> None:
    file = tmp_path / "domains"
    file.write_text("# ours\nother.example\n  nordby.example\n", "utf-8")
    assert [check.state for check in own(site, f"mydestination={file}")] == [OK]


@pytest.mark.parametrize(
    ("options", "states"),
    [
        (["mydestination=nordby.example"], [OK, WARN]),
        (["relay_domains=nordby.example"], [OK, WARN]),  # Postfix takes it, and sends it by MX
        (["relay_domains=nordby.example", "relay_transport=relay:[10.0.0.5]"], [OK]),
        (["relay_domains=nordby.example", f"transport_maps=inline:{{{OWN}=smtp:[10.0.0.5]}}"], [OK, WARN]),
        (["mydestination=nordby.example", f"transport_maps=inline:{{.{OWN}=smtp:[10.0.0.5]}}"], [OK]),
        (["virtual_mailbox_domains=regexp:{{/(^|\\.)nordby\\.example/ x}}"], [OK]),
        ([], [FAIL, WARN]),
    ],
)
def test_names_below_that_are_own_and_may_lie_elsewhere(
    site: Installation, options: list[str], states: list[State]
) -> None:
    found = own(site, *options, subdomains=True)
    assert [check.state for check in found] == states, found
    if WARN in states:
        assert "*.nordby.example (where DNS says)" in found[-1].found
    assert [check.state for check in own(site, *options)] == states[:1]


RELAY, TRANSPORT = "relay_domains=nordby.example", "transport_maps=inline:{{nordby.example = %s}}"
LOCAL = "mydestination=nordby.example"
SURE = "smtp_tls_policy_maps=inline:{[203.0.113.5]=secure}"
# Of the two, Postfix asks the old table where there is no table of policies.
FORCED, OF_OLD = "smtp_tls_security_level=secure", "smtp_tls_per_site=inline:{{203.0.113.5=%s}}"


def relayed(site: Installation, *options: str, **tables: Any) -> list[Check]:
    site.front("-e", "mydestination=localhost", *options)
    return list(relayed_checks(replace(site.setup, settings=parse_settings({**site.raw, **tables}))))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["mydestination=nordby.example"], ""),
        (["virtual_mailbox_domains=nordby.example", "virtual_transport=lmtp:unix:private/dovecot"], ""),
        (["virtual_mailbox_domains=nordby.example", "virtual_transport=dovecot"], ""),
        ([RELAY, TRANSPORT % "smtp:[10.0.0.5]"], ""),
        ([RELAY, TRANSPORT % "smtp:[fd00::5]:2525"], ""),
        ([RELAY, TRANSPORT % "smtp:[127.0.0.1]:2525"], ""),
        ([RELAY, TRANSPORT % "smtp:[localhost]"], ""),
        ([RELAY, TRANSPORT % "error:nobody here"], ""),
        ([RELAY, TRANSPORT % f"smtp:{ELSEWHERE}"], f"nordby.example → {ELSEWHERE} by smtp, TLS level may"),
        ([RELAY, TRANSPORT % f"smtp:{ELSEWHERE}", "smtp_tls_security_level=dane"], "TLS level dane"),
        ([RELAY, TRANSPORT % f"smtp:{ELSEWHERE}", "smtp_tls_security_level="], "TLS level none"),
        ([RELAY, TRANSPORT % f"smtp:{ELSEWHERE}", "smtp_tls_security_level=secure"], ""),
        ([RELAY, TRANSPORT % f"smtp:{ELSEWHERE}", "smtp_tls_security_level=", "smtp_enforce_tls=yes"], ""),
        ([RELAY, TRANSPORT % f"smtp:{ELSEWHERE}", f"smtp_tls_policy_maps=inline:{{{ELSEWHERE}=secure}}"], ""),
        (
            [RELAY, TRANSPORT % f"smtp:{ELSEWHERE}", "smtp_tls_policy_maps=inline:{outlook.example=secure}"],
            "may",
        ),
        ([RELAY, TRANSPORT % "smtp:[203.0.113.5]", FORCED, OF_OLD % "NONE"], "TLS level none"),
        ([RELAY, TRANSPORT % "smtp:[203.0.113.5]", FORCED, OF_OLD % "MAY"], ""),
        ([RELAY, TRANSPORT % "smtp:[203.0.113.5]", OF_OLD % "MUST"], ""),
        ([RELAY, TRANSPORT % "smtp:[203.0.113.5]", FORCED, OF_OLD % "NONE", SURE], ""),
        ([RELAY, TRANSPORT % "smtp:[10.0.0.5], [203.0.113.5]"], "[203.0.113.5]"),
        ([RELAY, "relay_transport=relay:[203.0.113.5]"], "by relay"),
        ([RELAY, "relayhost=[203.0.113.5]"], "[203.0.113.5] by relay"),
        (["virtual_mailbox_domains=nordby.example", "virtual_transport=lmtp:inet:203.0.113.5:24"], "by lmtp"),
        (["mydestination=nordby.example", "local_transport=smtp:[203.0.113.5]"], "by smtp"),
        (["mydestination=nordby.example", "mailbox_transport=lmtp:[203.0.113.5]"], "by lmtp"),
        (["mydestination=nordby.example", "fallback_transport=smtp:[203.0.113.5]"], "by smtp"),
        (["mydestination=nordby.example", "fallback_transport=smtp:[10.0.0.5]"], ""),
        (
            ["mydestination=nordby.example", "mailbox_transport_maps=inline:{bo=lmtp:[203.0.113.5]}"],
            "by lmtp",
        ),
        (["mydestination=nordby.example", "fallback_transport_maps=inline:{bo=smtp:[10.0.0.5]}"], ""),
        (
            ["mydestination=nordby.example", "transport_maps=inline:{bo@nordby.example=smtp:[203.0.113.5]}"],
            "bo@nordby.example → [203.0.113.5]",
        ),
        (["mydestination=nordby.example", "transport_maps=inline:{bo@andre.example=smtp:[203.0.113.5]}"], ""),
        (["mydestination=nordby.example", "transport_maps=inline:{liste@nordby.example=mailman:}"], ""),
        # what its server does not take just then
        (
            [RELAY, TRANSPORT % "smtp:[10.0.0.5]", "smtp_fallback_relay=[203.0.113.5]:587"],
            "nordby.example → [203.0.113.5]:587 by smtp (smtp_fallback_relay), TLS level may",
        ),
        (
            [RELAY, TRANSPORT % "smtp:[127.0.0.1]:2525", "fallback_relay=[203.0.113.5]"],
            "(smtp_fallback_relay)",
        ),
        ([RELAY, TRANSPORT % "smtp:[10.0.0.5]", "smtp_fallback_relay=[10.0.0.6]"], ""),
        (
            [RELAY, TRANSPORT % "smtp:[10.0.0.5]", "smtp_fallback_relay=[203.0.113.5]", SURE],
            "",
        ),
        (
            [
                "virtual_mailbox_domains=nordby.example",
                "virtual_transport=lmtp:inet:127.0.0.1:24",
                "lmtp_fallback_relay=[203.0.113.5]",
            ],
            "(lmtp_fallback_relay)",
        ),
        (
            [
                "virtual_mailbox_domains=nordby.example",
                "virtual_transport=lmtp:unix:private/dovecot",
                "lmtp_fallback_relay=[203.0.113.5]",
            ],
            "",
        ),
        # which relay, the sender decides
        (
            [RELAY, "relayhost=[10.0.0.5]", f"{BY_SENDER}=inline:{{bo@nordby.example=[203.0.113.5]}}"],
            "[203.0.113.5] by relay (sender_dependent_relayhost_maps)",
        ),
        ([RELAY, "relayhost=[10.0.0.5]", f"{BY_SENDER}=inline:{{bo@nordby.example=DUNNO}}"], ""),
        ([RELAY, "relay_transport=relay:[10.0.0.5]", f"{BY_SENDER}=static:[203.0.113.5]"], ""),
        ([RELAY, TRANSPORT % "smtp:[10.0.0.5]", f"{BY_SENDER}=static:[203.0.113.5]"], ""),
        (["mydestination=nordby.example", f"{BY_SENDER}=static:[203.0.113.5]"], ""),
        # a pattern for some of an own domain's addresses
        (
            [LOCAL, "transport_maps=regexp:{{/^(salg|post)@nordby\\.example$$/ smtp:[203.0.113.5]}}"],
            "/^(salg|post)@nordby\\.example$/ → [203.0.113.5]",
        ),
        ([LOCAL, "transport_maps=regexp:{{/^salg@(nordby|soender)\\.example/ smtp:[203.0.113.5]}}"], "salg"),
        ([LOCAL, "transport_maps=regexp:{{/^salg@/ smtp:[203.0.113.5]}}"], "salg"),
        ([LOCAL, "transport_maps=regexp:{{/^salg@/ smtp:[10.0.0.5]}}"], ""),
        ([LOCAL, "transport_maps=regexp:{{/^salg@andre\\.example/ smtp:[203.0.113.5]}}"], ""),
        ([LOCAL, "transport_maps=regexp:{{/@(hot|g)mail\\.com$$/ smtp:[203.0.113.5]}}"], ""),
        ([LOCAL, "transport_maps=regexp:{{/@nordby-energi\\.example$$/ smtp:[203.0.113.5]}}"], ""),
        ([LOCAL, "transport_maps=regexp:{{/@gl-nordby\\.example$$/ smtp:[203.0.113.5]}}"], ""),
        ([LOCAL, "transport_maps=regexp:{{/^salg@\\bnordby\\b\\.example$$/ smtp:[203.0.113.5]}}"], "salg"),
    ],
)
def test_mail_of_colleagues_to_each_other(site: Installation, options: list[str], words: str) -> None:
    [found] = relayed(site, *options)
    assert (found.id, found.state) == ("front.relayed", WARN if words else OK), found.found
    assert words in found.found


def test_a_transports_own_level_counts(site: Installation) -> None:
    site.front("-M", "up/unix=up unix - - n - - smtp -o smtp_tls_security_level=secure")
    [found] = relayed(site, RELAY, TRANSPORT % f"up:{ELSEWHERE}")
    assert found.state is OK


def test_what_front_own_domains_names_is_not_told_twice(site: Installation) -> None:
    [found] = relayed(site)
    assert found.state is OK


@pytest.mark.slow
def test_tables_that_cannot_be_looked_into_are_unknown(site: Installation) -> None:
    policies = "smtp_tls_policy_maps=ldap:/nowhere/ldap.cf"
    [found] = relayed(site, RELAY, TRANSPORT % f"smtp:{ELSEWHERE}", policies)
    assert found.state is UNKNOWN
    [found] = relayed(site, RELAY, "transport_maps=ldap:/nowhere/ldap.cf", "smtp_tls_policy_maps=")
    assert found.state is UNKNOWN
    users = "mailbox_transport_maps=ldap:/nowhere/ldap.cf"
    [found] = relayed(site, "mydestination=nordby.example", "transport_maps=", users)
    assert found.state is UNKNOWN
    [found] = relayed(site, RELAY, "mailbox_transport_maps=", f"{BY_SENDER}=ldap:/nowhere/ldap.cf")
    assert (found.state, BY_SENDER in found.found) == (UNKNOWN, True)


GATEWAY = {"deliver_to": ELSEWHERE, "clients": ["192.0.2.1"]}


@pytest.mark.parametrize(("more", "state"), [({}, OK), ({"deliver_tls": "may"}, WARN)])
def test_the_way_to_the_server_behind_a_gateway(tmp_path: Path, more: dict[str, str], state: State) -> None:
    site = Installation(tmp_path, {"postfix": {"gateway": {**GATEWAY, **more}}})
    site.front("-e", "mydestination=localhost")
    site.install()
    [found] = relayed_checks(site.setup)
    assert (found.id, found.state) == ("front.relayed", state), found.found


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "state"),
    [
        (["mydestination=nordby.example, skole.example"], OK),  # the mailboxes are here
        (["relay_domains=skole.example"], WARN),
        (["relay_domains=skole.example", "smtp_tls_security_level="], WARN),
        (["relay_domains=skole.example", "smtp_tls_security_level=dane"], WARN),  # which falls back to clear
        (["relay_domains=skole.example", "smtp_tls_security_level=secure"], OK),
        (["transport_maps=inline:{skole.example=smtp:[10.0.0.5]}"], WARN),  # a network that both are in
        (["transport_maps=inline:{skole.example=smtp:[127.0.0.1]:2525}"], OK),
    ],
)
def test_between_organisations_tls_is_forced_or_not_needed(
    site: Installation, monkeypatch: pytest.MonkeyPatch, options: list[str], state: State
) -> None:
    known = dict.fromkeys([Hop("relay", "smtp", "skole.example")], Place.ELSEWHERE)
    monkeypatch.setattr(
        check_relayed, "places", lambda hops: {hop: known.get(hop) or places([hop])[hop] for hop in hops}
    )
    [check] = relayed(site, *options, tenant=[{"name": "Skolen", "domains": ["skole.example"]}])
    assert (check.id, check.state) == ("organisations.between", state), check.found


@pytest.mark.parametrize(
    ("next_hop", "program", "place"),
    [
        ("unix:private/dovecot-lmtp", "lmtp", Place.HERE),
        ("inet:127.0.0.1:24", "lmtp", Place.HERE),
        ("[::1]:24", "smtp", Place.HERE),
        ("[IPv6:::1]", "smtp", Place.HERE),
        ("[172.20.1.1]", "smtp", Place.NEAR),
        ("[192.168.1.5]:587", "smtp", Place.NEAR),
        ("[fd12::1]", "smtp", Place.NEAR),
        ("[203.0.113.5]", "smtp", Place.ELSEWHERE),
        ("[2001:db8::5]", "smtp", Place.ELSEWHERE),
        ("[127.0.0.1], [203.0.113.5]", "smtp", Place.ELSEWHERE),
        ("[mail.invalid]", "smtp", Place.ELSEWHERE),  # nobody knows where
        ("[not a host", "smtp", Place.ELSEWHERE),
        ("", "smtp", Place.ELSEWHERE),
    ],
)
def test_where_a_next_hop_is(next_hop: str, program: str, place: Place) -> None:
    hop = Hop("x", program, next_hop)
    assert places([hop]) == {hop: place}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("next_hop", "level"),
    [
        ("mail.skole.example", "secure"),  # by its parent
        ("skole.example", "may"),
        ("by.example", "verify"),
        ("BY.example", "verify"),
        ("by.example:587", "may"),  # with a port as it is written alone
        ("[by.example]", "may"),
        ("[by.example]:587", "encrypt"),
        ("by.example, skole.example", "may"),  # the weakest of them
    ],
)
def test_what_the_policy_table_says_of_a_next_hop(site: Installation, next_hop: str, level: str) -> None:
    table = {".skole.example": "secure match=x", "by.example": "verify", "[by.example]:587": "ENCRYPT"}
    text = ", ".join(f"{{{key} = {value}}}" for key, value in table.items())
    site.front("-e", f"smtp_tls_policy_maps=inline:{{ {text} }}")
    assert tls_level(site.setup.front, Hop("smtp", "smtp", next_hop)) == level
