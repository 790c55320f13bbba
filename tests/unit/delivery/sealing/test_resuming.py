"""A mail that is handed over again is the same sealed message, by the same link, whatever ended the try before."""

from __future__ import annotations

import asyncio
import re
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from segl.errors import SmtpReply
from segl.mail.handover import Handover, OutcomeUnknown
from segl.mail.return_port import ReturnPort
from segl.sealed.directory import SealedDirectory
from segl.sealed.keys import Secret
from segl.sealed.life import UNNOTIFIED_SECONDS, mark_opened, revoke, shred_expired
from segl.sealed.opening import open_sealed
from segl.sealed.records import begin_notice
from segl.store.engine import open_store, transaction
from segl.tables.sealed import sealed_message, sealed_recipient
from segl.vocabulary import Envelope
from segl_delivery.agent import Delivery
from segl_delivery.sealing import portal
from world.peers import ReceivedMail, SmtpPeer
from world.sealing import BO, EVA, SENDER, portal_agent

SEED = b"X-Segl-Link: " + Secret(bytes(range(32))).text().encode() + b"\r\n"
TEXT = b"From: anna@nordby.example\r\nSubject: x\r\n\r\nHej\r\n"
LETTER = b"X-Segl-Id: abc.1\r\n" + SEED + TEXT


class Killed(BaseException):
    """What ends a process asks nobody."""


class Office:
    """The portal's agent, its store, and the return port that takes its notices."""

    def __init__(self, engine: Engine, folder: Path, peer: SmtpPeer) -> None:
        self.engine, self.peer = engine, peer
        self.directory = SealedDirectory(folder / "sealed")
        self.agent = portal_agent(engine, folder, peer.port)

    def hand_over(self, *recipients: str, content: bytes = LETTER) -> dict[str, SmtpReply]:
        delivery = Delivery(Envelope(SENDER, recipients or (BO,), "Q1"), content)
        return asyncio.run(self.agent.deliver(delivery))

    def codes(self, *recipients: str, content: bytes = LETTER) -> list[int]:
        replies = self.hand_over(*recipients, content=content)
        return [replies[one].code for one in recipients or (BO,)]

    @property
    def told(self) -> list[str]:
        return [recipient for mail in self.peer.received for recipient in mail.recipients]

    @property
    def messages(self) -> list[str]:
        """The ids of what is sealed."""
        with transaction(self.engine) as connection:
            return list(connection.scalars(sa.select(sealed_message.c.id)))

    def opened_by(self, notice: ReceivedMail) -> bytes:
        return b"".join(open_sealed(self.engine, self.directory, *link_in(notice)))


def link_in(notice: ReceivedMail) -> tuple[str, str]:
    found = re.search(rb"/m/([0-9a-f]{32})#([-\w]{43})", notice.content.replace(b"=\r\n", b""))
    assert found
    return found[1].decode(), found[2].decode()


def name_of(notice: ReceivedMail) -> bytes:
    [name] = re.findall(rb"^Message-ID: (.*)\r$", notice.content, re.MULTILINE)
    return bytes(name)


@pytest.fixture
def office(tmp_path: Path, store_url: str, peer: SmtpPeer) -> Iterator[Office]:
    engine = open_store(store_url)
    yield Office(engine, tmp_path, peer)
    engine.dispose()


def killed_at(step: str, office: Office, monkeypatch: pytest.MonkeyPatch, *recipients: str) -> None:
    def dies(*_: Any, **__: Any) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(portal, step, dies)
        with suppress(Killed):
            office.hand_over(*recipients)


@pytest.mark.parametrize(("step", "notices"), [("begin_notice", 1), ("mark_notified", 2)])
def test_killed_at_any_step_the_next_try_is_of_the_same_sealed_message(
    step: str, notices: int, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed_at(step, office, monkeypatch)
    before = office.messages
    [reply] = office.hand_over().values()
    assert office.messages == before
    assert reply == SmtpReply(250, "2.0.0", f"portal: sealed as {before[0]}")
    assert len(office.told) == notices
    assert len({link_in(one) for one in office.peer.received}) == 1
    assert len({name_of(one) for one in office.peer.received}) == 1, "a server that has it knows it again"
    assert office.opened_by(office.peer.received[0]) == TEXT


def test_a_notice_of_which_nothing_was_heard_is_sent_again_the_same(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = ReturnPort.send

    def unheard(*given: Any, **named: Any) -> Handover:
        send(*given, **named)
        raise OutcomeUnknown("no answer from the return port")

    with monkeypatch.context() as patched:
        patched.setattr(ReturnPort, "send", unheard)
        assert office.codes() == [451]
    assert office.codes() == [250]
    assert office.codes() == [250], "known to have it now"
    first, second = office.peer.received
    assert (link_in(first), name_of(first)) == (link_in(second), name_of(second))
    assert len(office.messages) == 1


def test_whom_nothing_was_sealed_for_has_a_message_of_her_own(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed_at("begin_notice", office, monkeypatch)
    assert office.codes(EVA, BO) == [250, 250]
    assert sorted(office.told) == [BO, EVA]
    assert len(office.messages) == 2
    assert [office.opened_by(one) for one in office.peer.received] == [TEXT, TEXT]


def test_a_recipient_who_has_opened_it_is_not_told_again(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed_at("mark_notified", office, monkeypatch)
    row, _ = link_in(office.peer.received[0])
    with transaction(office.engine) as connection:
        mark_opened(connection, row, 1.0, actor=BO)
    assert office.codes() == [250]
    assert office.told == [BO]


@pytest.mark.parametrize(
    "content",
    [
        TEXT,
        b"X-Segl-Id: abc.1\r\n" + TEXT,
        SEED + TEXT,
        LETTER.replace(b"abc.1", b"abc.2"),
        LETTER.replace(b"X-Segl-Link: A", b"X-Segl-Link: B"),
        LETTER.replace(b"Hej", b"Nej"),
    ],
)
def test_another_mail_is_sealed_for_itself(
    content: bytes, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed_at("begin_notice", office, monkeypatch)
    assert office.codes(content=content) == [250]
    assert len(office.messages) == 2
    assert office.opened_by(office.peer.received[0]).endswith(content[-5:])


@pytest.mark.parametrize("harm", ["gone", "cut", "another's"])
def test_a_file_that_is_not_whole_is_not_relied_on(
    harm: str, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed_at("begin_notice", office, monkeypatch)
    file = office.directory.path(office.messages[0])
    match harm:
        case "gone":
            file.unlink()
        case "cut":
            file.write_bytes(file.read_bytes()[:-1])
        case _:
            file.write_bytes(file.read_bytes()[:-1] + b"x")
    assert office.codes() == [250]
    assert office.opened_by(office.peer.received[0]) == TEXT


def test_what_is_a_day_old_is_not_taken_up(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is about to be shredded, and its notice would promise a day too few."""
    killed_at("begin_notice", office, monkeypatch)
    with transaction(office.engine) as connection:
        older = sealed_message.c.created_at - UNNOTIFIED_SECONDS
        connection.execute(sealed_message.update().values(created_at=older))
    assert office.codes() == [250]
    assert len(office.messages) == 2


def test_what_was_revoked_meanwhile_is_refused(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    killed_at("mark_notified", office, monkeypatch)
    assert revoke(office.engine, office.directory, office.messages[0], 1.0, actor=SENDER)
    assert office.codes() == [550]
    assert office.told == [BO]


def test_what_ends_between_being_found_and_its_notice_waits_and_is_never_refused(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed_at("begin_notice", office, monkeypatch)

    def shredded(engine: Engine, *given: Any) -> None:
        with transaction(engine) as connection:
            connection.execute(sealed_recipient.update().values(server_secret=None))
        begin_notice(engine, *given)

    with monkeypatch.context() as patched:
        patched.setattr(portal, "begin_notice", shredded)
        assert office.codes() == [451]
    assert office.codes() == [250]
    assert office.opened_by(office.peer.received[0]) == TEXT
    shred_expired(office.engine, office.directory, 1.0)
    assert len(list(office.directory.root.glob("??/*.sealed"))) == 1


def test_two_tries_at_once_do_not_undo_each_other(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Postfix was restarted while the first still speaks to the return port, which refuses in the end."""
    going, on = threading.Event(), threading.Event()

    def refused(*_: Any, **__: Any) -> Handover:
        going.set()
        assert on.wait(30)
        raise ConnectionRefusedError

    codes: list[int] = []
    with monkeypatch.context() as patched:
        patched.setattr(ReturnPort, "send", refused)
        first = threading.Thread(target=lambda: codes.extend(office.codes()))
        first.start()
        assert going.wait(30)
    assert office.codes() == [451], "whether the first is refused is not known yet"
    on.set()
    first.join(30)
    assert codes == [451]
    assert office.codes() == [250]
    assert office.told == [BO]
    assert office.opened_by(office.peer.received[0]) == TEXT
