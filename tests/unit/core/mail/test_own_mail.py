"""What Segl writes to own people goes in by a port of its own, and by the old one as long as nobody made that."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from dataclasses import replace

import pytest

from segl.errors import SeglError
from segl.mail.handover import Refused, Unreachable
from segl.mail.own_mail import GREETING, OwnMail
from segl.mail.port_owner import Listener, listeners
from segl.mail.return_port import ReturnPort
from world.needs import ROOT
from world.peers import ScriptedPeer, SmtpPeer, says, silent
from world.ports import free_port

ANNA, BO, OUTSIDE = "anna@nordby.example", "bo@nordby.example", "bo@k.example"
MESSAGE = b"Subject: x\r\n\r\nx\r\n"
OURS = f"mail.nordby.example ESMTP {GREETING}"
STRANGER = os.geteuid() + 4711  # a user who is neither root nor we


def is_own(address: str) -> bool:
    return address.endswith("@nordby.example")


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Site:
    """A front with its return port, and, when it is started, a port for Segl's own mail."""

    def __init__(self) -> None:
        self.back = SmtpPeer("127.0.0.1", free_port())
        self.own = SmtpPeer("127.0.0.1", free_port(), hostname=OURS, data_size_limit=1_000)
        self.missing: list[SeglError] = []
        self.clock = Clock()
        own = replace(ReturnPort("127.0.0.1", self.own.port, 5), greeting=GREETING)
        back = ReturnPort("127.0.0.1", self.back.port, 5)
        self.mail = OwnMail(own, back, is_own, self.missing.append, self.clock)

    def send(self, *recipients: str) -> None:
        self.mail.send("", recipients, MESSAGE, smtputf8=False)


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    with site.back:
        yield site


def test_own_people_are_written_to_by_the_own_port_and_others_by_the_return_port(site: Site) -> None:
    with site.own:
        site.send(ANNA, BO)
        site.send(OUTSIDE)
        site.send(ANNA, OUTSIDE)
        assert site.mail.size_limit() == 1_000
    assert [mail.recipients for mail in site.own.received] == [(ANNA, BO)]
    assert [mail.recipients for mail in site.back.received] == [(OUTSIDE,), (ANNA, OUTSIDE)]
    assert not site.missing


def test_where_the_port_is_missing_mail_goes_the_old_way_and_that_is_told_once_a_minute(site: Site) -> None:
    for _ in range(3):
        site.send(ANNA)
    assert len(site.back.received) == 3
    assert len(site.missing) == 1
    with site.own:
        site.clock.now = 59.0
        site.send(ANNA)
        site.clock.now = 61.0
        site.send(ANNA)
        assert len(site.own.received) == 1
    assert len(site.back.received) == 4
    assert len(site.missing) == 1
    assert site.mail.size_limit() == 200_000_000


def test_what_somebody_else_has_at_that_port_gets_nothing(site: Site) -> None:
    with SmtpPeer("127.0.0.1", site.own.port) as other:
        site.send(ANNA)
        assert not other.received
    assert len(site.back.received) == 1
    assert "greets as none of ours" in site.missing[0].private


def taken_by_another(site: Site, monkeypatch: pytest.MonkeyPatch, uid: int) -> None:
    """What listens at the own port looks like *uid*'s; nothing else does."""

    def seen(port: int) -> frozenset[Listener]:
        found = listeners(port)
        return frozenset(replace(one, uid=uid) for one in found) if port == site.own.port else found

    monkeypatch.setattr("segl.mail.return_port.listeners", seen)


@pytest.mark.parametrize(
    ("uid", "told"), [(STRANGER, f"belongs to uid {STRANGER}, not to root"), (65534, "may be anybody's")]
)
def test_a_greeting_alone_does_not_make_a_port_ours(
    site: Site, monkeypatch: pytest.MonkeyPatch, uid: int, told: str
) -> None:
    """Any user of the host may listen there, and greet as Postfix would, before it does."""
    taken_by_another(site, monkeypatch, uid)
    with site.own:
        site.send(ANNA)
        assert not site.own.received
        assert b"MAIL" not in site.own.clear
    assert len(site.back.received) == 1
    assert told in site.missing[0].private


def test_whoever_has_the_port_and_is_silent_keeps_nobody_waiting(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken_by_another(site, monkeypatch, STRANGER)
    with ScriptedPeer("127.0.0.1", site.own.port, silent) as other:
        site.send(ANNA)
        assert other.connections == 0
    assert len(site.back.received) == 1


def test_what_is_told_of_no_socket_goes_the_old_way(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Postfix is on another host, or in another network namespace behind a proxy, or /proc is not there."""
    monkeypatch.setattr("segl.mail.return_port.listeners", lambda _port: frozenset())
    with site.own:
        site.send(ANNA)
        assert not site.own.received
    assert len(site.back.received) == 1
    assert "nobody of this host is seen" in site.missing[0].private
    assert "user namespace" in site.missing[0].hint


@ROOT
def test_a_port_that_another_user_has_gets_nothing(site: Site) -> None:
    """Tried with a socket that the kernel says is his."""
    with socket.create_server(("127.0.0.1", site.own.port)) as his:
        os.fchown(his.fileno(), STRANGER, -1)
        site.send(ANNA)
    assert len(site.back.received) == 1
    assert f"uid {STRANGER}" in site.missing[0].private


def test_without_the_port_only_those_are_written_to_whom_the_old_way_serves_safely(site: Site) -> None:
    """Who was an own one when a link went out, and is none any more, must not be written to in clear."""
    port = replace(ReturnPort("127.0.0.1", site.own.port, 5), greeting=GREETING)
    back = ReturnPort("127.0.0.1", site.back.port, 5)
    mail = OwnMail(port, back, lambda _: True, site.missing.append, site.clock, back_may=is_own)
    for _ in range(2):
        with pytest.raises(Unreachable) as refused:
            mail.send("", [ANNA, OUTSIDE], MESSAGE, smtputf8=False, together=True)
        assert refused.value.reply.code == 451
    mail.send("", [ANNA], MESSAGE, smtputf8=False)
    assert [one.recipients for one in site.back.received] == [(ANNA,)]
    assert mail.size_limit() == 200_000_000
    with site.own:
        site.clock.now = 61.0
        mail.send("", [ANNA, OUTSIDE], MESSAGE, smtputf8=False)
        assert [one.recipients for one in site.own.received] == [(ANNA, OUTSIDE)]


def test_a_front_that_is_down_is_waited_for(site: Site) -> None:
    site.back.stop()
    with pytest.raises(Unreachable):
        site.send(ANNA)
    assert not site.missing
    site.back.start()
    with site.own:
        site.send(ANNA)
        assert len(site.own.received) == 1


def test_an_answer_of_the_own_port_is_an_answer(site: Site) -> None:
    """No mail goes the old way because the own port is busy, or says no."""
    with site.own:
        site.own.data_reply = "451 4.3.0 not now"
        with pytest.raises(Refused):
            site.send(ANNA)
    with ScriptedPeer("127.0.0.1", site.own.port, says("421 4.3.2 busy")), pytest.raises(Unreachable):
        site.send(ANNA)
    assert not site.back.received
    assert not site.missing
