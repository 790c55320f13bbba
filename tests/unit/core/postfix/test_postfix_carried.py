"""What the front's postmaster wrote for his network holds for mail that must go securely as well."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from segl.postfix.carried import carried_over
from segl.postfix.check import State
from segl.postfix.check_greeting import greeting_checks
from segl.postfix.running import read_instance
from world.dns import AAAA, A, DnsServer, Fault, Zone
from world.installation import Installation
from world.needs import POSTFIX
from world.ports import free_port

pytestmark = POSTFIX
OUTSIDE = ("segl-tls", *(f"segl-tls-{least}" for least in ("dane", "mta-sts", "pinned", "pkix")))


@pytest.fixture
def site(tmp_path: Path) -> Installation:
    return Installation(tmp_path)


def of_transport(site: Installation, name: str, transport: str) -> str:
    secure = site.setup.secure
    return secure.value(name, secure.service(transport, "unix"))


def greetings(site: Installation) -> dict[str, str]:
    """By which name each way outside greets."""
    secure = site.setup.secure
    return {way: secure.value("smtp_helo_name", secure.service(way, "unix")) for way in OUTSIDE}


@pytest.mark.slow
def test_servers_outside_are_greeted_by_the_fronts_name(site: Installation) -> None:
    site.install()
    assert greetings(site) == dict.fromkeys(OUTSIDE, "mail.nordby.example")


@pytest.mark.slow
def test_by_the_one_that_it_greets_with_itself(site: Installation) -> None:
    site.front("-e", "smtp_helo_name=out.nordby.example")
    site.install()
    assert greetings(site) == dict.fromkeys(OUTSIDE, "out.nordby.example")
    site.front("-P", "smtp/unix/smtp_helo_name=mta1.nordby.example")
    site.install()
    assert greetings(site) == dict.fromkeys(OUTSIDE, "mta1.nordby.example")


def test_another_service_is_greeted_so_too(tmp_path: Path) -> None:
    relay = {"next_hop": "[seal.example]:25", "header": "X-Seal: yes"}
    site = Installation(tmp_path, {"portal": {"relay": relay}})
    site.install()
    assert of_transport(site, "smtp_helo_name", "segl-relay") == "mail.nordby.example"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("front", "secure"),
    [
        ({"inet_protocols": "ipv4"}, {"inet_protocols": "ipv4"}),
        ({"smtp_address_preference": "ipv4"}, {"smtp_address_preference": "ipv4"}),
        (
            {"smtp_bind_address": "192.0.2.7", "smtp_bind_address6": "2001:db8::7"},
            {"smtp_bind_address": "192.0.2.7", "smtp_bind_address6": "2001:db8::7"},
        ),
        (
            {"smtp_tls_cert_file": "/etc/ssl/c.pem", "smtp_tls_key_file": "/etc/ssl/k.pem"},
            {"smtp_tls_cert_file": "/etc/ssl/c.pem", "smtp_tls_key_file": "/etc/ssl/k.pem"},
        ),
        (
            {"smtp_dns_reply_filter": "regexp:{{/ AAAA / IGNORE}}"},
            {"smtp_dns_reply_filter": "regexp:{{/ AAAA / IGNORE}}"},
        ),
        ({"smtp_tls_chain_files": "/etc/ssl/both.pem"}, {"smtp_tls_chain_files": "/etc/ssl/both.pem"}),
        # what nobody wrote stays Postfix's own
        ({}, {"inet_protocols": "all", "smtp_bind_address": "", "smtp_tls_cert_file": ""}),
    ],
)
def test_mail_leaves_both_instances_alike(
    site: Installation, front: dict[str, str], secure: dict[str, str]
) -> None:
    for name, value in front.items():
        site.front("-e", f"{name}={value}")
    site.install()
    assert {name: of_transport(site, name, "segl-tls") for name in secure} == secure
    assert site.plan.empty
    assert of_transport(site, "smtp_bind_address", "segl-internal") == "127.0.0.1", "it stays on this host"
    assert of_transport(site, "smtp_bind_address6", "segl-internal") == "::1"


@pytest.mark.parametrize(
    ("front", "addresses"),
    [
        (("inet_interfaces=192.0.2.7",), ("192.0.2.7", None)),
        (("inet_interfaces=192.0.2.7, [2001:db8::7]",), ("192.0.2.7", "2001:db8::7")),
        (("inet_interfaces=192.0.2.7", "smtp_bind_address=192.0.2.8"), ("192.0.2.8", None)),
        (("inet_interfaces=192.0.2.7, 192.0.2.9",), (None, None)),
        (("inet_interfaces=192.0.2.7, 127.0.0.1",), (None, None)),
        (("inet_interfaces=192.0.2.7, localhost",), (None, None)),
        (("inet_interfaces=127.0.0.1",), (None, None)),
        (("inet_interfaces=all",), (None, None)),
        (("inet_interfaces=loopback-only",), (None, None)),
    ],
)
def test_the_only_address_of_the_front_is_where_mail_leaves(
    site: Installation, front: tuple[str, ...], addresses: tuple[str | None, str | None]
) -> None:
    """As Postfix does it unasked, where there is no choice."""
    site.front("-e", *front)
    site.settle()
    carried = carried_over(read_instance(site.front_directory))
    assert (carried.get("smtp_bind_address"), carried.get("smtp_bind_address6")) == addresses


def test_what_the_transport_of_the_front_says_counts_before_main_cf(site: Installation) -> None:
    site.front("-e", "smtp_bind_address=192.0.2.1")
    site.front("-P", "smtp/unix/smtp_bind_address=192.0.2.9")
    site.install()
    assert of_transport(site, "smtp_bind_address", "segl-tls") == "192.0.2.9"


def test_a_transport_that_knows_ipv4_alone_is_no_reason_to_go_out_by_ipv6(site: Installation) -> None:
    """Large providers refuse for good what comes from an IPv6 address without a name in DNS."""
    site.front("-P", "smtp/unix/inet_protocols=ipv4")
    site.install()
    assert of_transport(site, "smtp_address_preference", "segl-tls") == "ipv4"


def test_a_line_of_the_postmasters_in_the_secure_instance_is_kept(site: Installation) -> None:
    site.front("-e", "smtp_bind_address=192.0.2.1")
    site.install()
    main = site.secure_directory / "main.cf"
    main.write_text(main.read_text("utf-8") + "smtp_bind_address = 192.0.2.2\n", "utf-8")
    site.install()
    assert of_transport(site, "smtp_bind_address", "segl-tls") == "192.0.2.2"
    assert not read_instance(site.secure_directory).warnings


@pytest.fixture(scope="module")
def dns(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DnsServer]:
    zone: Zone = {
        "mail.nordby.example": [A("192.0.2.7")],
        "six.nordby.example": [AAAA("2001:db8::7")],
        "ill.nordby.example": Fault.SERVFAIL,
    }
    with DnsServer(tmp_path_factory.mktemp("dns"), zone, address="127.0.0.1", port=free_port()) as server:
        yield server


@pytest.fixture(scope="module")
def resolving(tmp_path_factory: pytest.TempPathFactory, dns: DnsServer) -> Installation:
    tables: dict[str, dict[str, object]] = {"routing": {"nameservers": [dns.nameserver]}}
    site = Installation(tmp_path_factory.mktemp("resolving"), tables)
    site.install()
    return site


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "state"),
    [
        ("mail.nordby.example", State.OK),
        ("six.nordby.example", State.OK),
        ("[192.0.2.7]", State.OK),
        ("segl-secure.mail.nordby.example", State.WARN),
        ("localhost..", State.WARN),
        ("ill.nordby.example", State.UNKNOWN),
    ],
)
def test_the_doctor_asks_whether_dns_knows_the_name(resolving: Installation, name: str, state: State) -> None:
    resolving.secure("-P", f"segl-tls/unix/smtp_helo_name={name}")
    [check] = greeting_checks(resolving.setup)
    assert (check.id, check.state) == ("secure.greeting", state)
    assert name in check.found
