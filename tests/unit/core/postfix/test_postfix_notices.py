"""Whether the address that notices come from takes what comes back. With a real Postfix: tests/e2e/test_install.py."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from segl.postfix import check_notices
from segl.postfix.asking_dns import is_mail_domain
from segl.postfix.check import Check, Setup, State
from segl.postfix.check_notices import notice_checks
from segl.postfix.running import Instance, Service
from segl.settings.file import parse_settings
from segl.settings.routing import Routing
from world.dns import MX, NULL_MX, A, DnsServer, Fault, Zone
from world.peers import SmtpPeer
from world.ports import free_port

ADDRESS = "sikker-besked@nordby.example"
OK, WARN, UNKNOWN = State.OK, State.WARN, State.UNKNOWN


@pytest.fixture(scope="module")
def port() -> Iterator[SmtpPeer]:
    with SmtpPeer("127.0.0.1", free_port(), hostname="mail.nordby.example segl-own") as peer:
        yield peer


def checks(
    port: SmtpPeer, monkeypatch: pytest.MonkeyPatch, dns: bool | None = True, **tables: object
) -> list[Check]:
    monkeypatch.setattr(check_notices, "is_mail_domain", lambda *_: dns)
    where = f"127.0.0.1:{port.port}"
    settings = parse_settings(
        {
            "organisation": {"name": "Nordby", "domains": ["nordby.example"]},
            "postfix": {"own_ports": where},
            **tables,
        }
    )
    smtpd = Service(name=where, type="inet", chroot=False, private=False, command="smtpd")
    front = Instance(directory=Path(), parameters={}, written=frozenset(), services=(smtpd,))
    return list(notice_checks(Setup(settings, front, front)))


@pytest.mark.parametrize(
    ("reply", "state", "told"),
    [
        ("250 2.1.5 Ok", OK, "Postfix takes it"),
        ("550 5.1.1 User unknown in local recipient table", WARN, "User unknown in local recipient table"),
        ("451 4.3.0 Temporary lookup failure", UNKNOWN, "Temporary lookup failure"),
    ],
)
def test_postfix_is_asked_and_nothing_is_sent(
    port: SmtpPeer, monkeypatch: pytest.MonkeyPatch, reply: str, state: State, told: str
) -> None:
    monkeypatch.setitem(port.rcpt_replies, ADDRESS, reply)
    [check] = checks(port, monkeypatch)
    assert (check.id, check.state, told in check.found) == ("portal.notice-from", state, True), check
    assert not port.received


def test_each_organisation_and_look_has_its_own(port: SmtpPeer, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = {
        "look": [{"domains": ["nordby.example"], "name": "N", "notice_from": "post@fremmed.example"}],
        "notice_from": "kontakt@nordby.example",
    }
    tenant = [{"name": "Skolen", "domains": ["skole.example"]}]
    found = {
        check.found.split()[0].rstrip(":"): check.state
        for check in checks(port, monkeypatch, portal=looks, tenant=tenant)
    }
    assert found == {
        "kontakt@nordby.example": OK,
        "sikker-besked@skole.example": OK,
        "post@fremmed.example": WARN,
    }


def test_what_cannot_be_asked_is_unknown(port: SmtpPeer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(port, "hostname", "somebody.example")
    assert [check.state for check in checks(port, monkeypatch)] == [UNKNOWN]
    monkeypatch.undo()
    assert [check.state for check in checks(port, monkeypatch, dns=None)] == [UNKNOWN]
    assert [check.state for check in checks(port, monkeypatch, dns=False)] == [WARN]


def test_dns_says_who_takes_mail_for_a_domain(tmp_path: Path) -> None:
    zone: Zone = {
        "mx.example": [MX(10, "mail.mx.example")],
        "bare.example": [A("127.0.0.9")],
        "nomail.example": [NULL_MX],
        "ill.example": Fault.SERVFAIL,
    }
    with DnsServer(tmp_path, zone, port=free_port()) as server:
        routing = Routing(nameservers=(server.nameserver,))
        said = {name: is_mail_domain(name, routing) for name in (*zone, "gone.example", "..")}
    assert list(said.values()) == [True, True, False, None, False, False]
