"""The front as gateway before another mail server: what `segl install` sets, what it refuses, what it tells."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segl.cli.installing import must_be
from segl.errors import PostfixError, SettingsError
from segl.postfix.check import State
from segl.postfix.gateway import advice, role_of
from segl.postfix.role import Role
from segl.postfix.running import read_instance
from segl.settings.file import parse_settings
from segl.settings.gateway import Gateway
from world.installation import Installation
from world.needs import POSTFIX

pytestmark = POSTFIX
TENANT = "0f9e8d7c-6b5a-4938-a271-605f4e3d2c1b"
LAN = {"deliver_to": "[mail.bag.example]:25", "clients": ["192.0.2.10", "2001:db8::/48"]}


@pytest.fixture
def site(tmp_path: Path) -> Installation:
    site = Installation(tmp_path)
    site.front("-e", "mydestination=localhost")
    return site


def gateway(site: Installation, **keys: object) -> Installation:
    site.tables["postfix"] = {"gateway": {**LAN, **keys}}
    return site


def value(site: Installation, name: str) -> str:
    site.settle()
    return read_instance(site.front_directory).value(name)


def test_own_mail_goes_to_the_server_behind_and_that_server_may_send(site: Installation) -> None:
    site.front(
        "-e", "relay_domains=anden.example", "mynetworks=10.0.0.0/24", "transport_maps=hash:/etc/postfix/t"
    )
    gateway(site, relayhost="[smart.example]:587").install()
    assert value(site, "relay_domains") == "anden.example, nordby.example"
    assert value(site, "mynetworks") == "10.0.0.0/24, 127.0.0.0/8, [::1]/128, 192.0.2.10/32, [2001:db8::]/48"
    assert value(site, "relayhost") == "[smart.example]:587"
    maps = value(site, "transport_maps")
    assert "nordby.example=segl-upstream:[mail.bag.example]:25" in maps
    assert maps.endswith(", hash:/etc/postfix/t")
    upstream = read_instance(site.front_directory).service("segl-upstream", "unix")
    assert upstream is not None
    assert upstream.overrides["smtp_tls_security_level"] == "secure"
    assert site.plan.empty
    assert [check for check in site.checks() if check.state is State.FAIL] == []


@pytest.mark.parametrize(
    ("parents", "relayed"),
    [
        ("relay_domains", "nordby.example"),  # which is all below it as well
        ("", "nordby.example, .nordby.example"),
    ],
)
def test_what_is_own_below_a_domain_goes_to_the_server_behind_too(
    site: Installation, parents: str, relayed: str
) -> None:
    """Of transport_maps a bare name is no name below it: mail to one would go where DNS says, unread."""
    site.front("-e", f"parent_domain_matches_subdomains={parents}")
    site.tables["organisation"] = {"subdomains": True}
    gateway(site).install()
    assert value(site, "relay_domains") == relayed
    assert ".nordby.example=segl-upstream:[mail.bag.example]:25" in value(site, "transport_maps")
    states = {check.id: check.state for check in site.checks("front")}
    assert states["front.own-domains"] is State.OK
    assert "take mail for nordby.example, *.nordby.example" in "\n".join(advice(site.settings, "mx"))
    assert site.plan.empty


def test_taken_back_it_leaves_no_service_behind(site: Installation) -> None:
    gateway(site).install()
    site.tables.pop("postfix")
    site.install()
    assert "segl-upstream" not in site.read("master.cf") + value(site, "transport_maps")


@pytest.mark.parametrize("name", ["mydestination", "virtual_mailbox_domains", "virtual_alias_domains"])
def test_a_domain_that_this_postfix_delivers_itself_is_refused(site: Installation, name: str) -> None:
    site.front("-e", f"{name}=nordby.example")
    plan = gateway(site).plan
    assert [refusal.what for refusal in plan.refusals] == [f"{name} has nordby.example"]
    assert not plan.changes


@pytest.mark.parametrize(
    ("parameter", "keys", "role"),
    [
        ("mydestination=nordby.example", None, Role.BESIDE),
        ("relay_domains=nordby.example", None, Role.BESIDE),
        ("mydestination=localhost", None, Role.UNKNOWN),
        ("mydestination=localhost", LAN, Role.GATEWAY),
    ],
)
def test_what_this_postfix_is_shows_in_settings_and_configuration(
    site: Installation, parameter: str, keys: dict[str, object] | None, role: Role
) -> None:
    site.front("-e", parameter)
    if keys is not None:
        gateway(site, **keys)
    site.settle()
    assert role_of(site.settings, read_instance(site.front_directory)) is role


def test_of_a_domain_that_came_later_postfix_is_asked_to_take_its_mail(site: Installation) -> None:
    """Not whether the mail server of years is a gateway, nor is it told that it takes no mail at all."""
    site.front("-e", "mydestination=nordby.example")
    site.tables["organisation"] = {"domains": ["nordby.example", "nyby.example"]}
    site.settle()
    with pytest.raises(
        PostfixError, match=r"takes mail for organisation.domains, but for nyby.example$"
    ) as told:
        must_be(None, site.settings)
    assert "--as beside" in told.value.hint
    must_be(Role.BESIDE, site.settings)


def test_the_server_behind_is_told_what_to_set(site: Installation) -> None:
    gateway(site, clients=[], microsoft=["40.92.0.0/15"], tenant=TENANT)
    told = "\n".join(advice(site.settings, "mx.nordby.example"))
    for words in ("mail.bag.example", "mx.nordby.example", TENANT, "nordby.example", "Connectors"):
        assert words in told


@pytest.mark.parametrize("network", ["0.0.0.0/0", "192.0.2.10/24", "intet", "::/0", "10.0.0.0/7"])
def test_no_network_that_lets_everybody_send(network: str) -> None:
    with pytest.raises(SettingsError):
        parse_settings(
            {
                "organisation": {"name": "x", "domains": ["nordby.example"]},
                "postfix": {"gateway": {**LAN, "clients": [network]}},
            }
        )


@pytest.mark.parametrize(
    ("client", "shared"),
    [
        ("40.93.1.2", True),
        ("IPv6:2a01:111:f400::1", True),
        ("2a01:111:f400::1", True),
        ("192.0.2.10", False),
        ("127.0.0.1", False),
        ("", False),
        ("unknown", False),
    ],
)
def test_servers_that_others_share(client: str, shared: bool) -> None:
    here = Gateway(
        deliver_to="[x]",
        microsoft=("40.92.0.0/15", "2a01:111:f400::/48"),
        tenant=TENANT,
        clients=("192.0.2.10/32",),
    )
    assert here.is_shared(client) is shared
    assert Gateway().is_shared(client) is False


@given(st.text())
def test_no_word_of_a_client_breaks_it(client: str) -> None:
    Gateway(deliver_to="[x]", microsoft=("40.92.0.0/15",), tenant=TENANT).is_shared(client)
