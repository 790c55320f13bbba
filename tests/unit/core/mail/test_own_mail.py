"""What Segl writes to own people goes in by a port of its own, and by the old one as long as nobody made that."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from segl.errors import SeglError
from segl.mail.own_mail import GREETING, OwnMail
from segl.mail.return_port import Refused, ReturnPort, Unreachable
from world.desk import free_port
from world.peers import ScriptedPeer, SmtpPeer, says

ANNA, BO, OUTSIDE = "anna@nordby.example", "bo@nordby.example", "bo@k.example"
MESSAGE = b"Subject: x\r\n\r\nx\r\n"
OURS = f"mail.nordby.example ESMTP {GREETING}"


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
        self.mail = OwnMail(
            own, back, lambda to: to.endswith("@nordby.example"), self.missing.append, self.clock
        )

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
