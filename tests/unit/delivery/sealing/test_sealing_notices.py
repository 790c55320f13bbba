"""What a sealed message's notice promises is kept, whatever becomes of the process or the store while it goes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from segl.errors import DeliveryError, SeglError, SmtpReply, StoreError
from segl.mail.handover import Handover, OutcomeUnknown
from segl.mail.return_port import ReturnPort
from segl.sealed.directory import SealedDirectory
from segl.sealed.keys import Secret
from segl.sealed.life import revoke, shred_expired
from segl.sealed.records import begin_notice, mark_notified
from segl.settings.portal import Sms
from segl.store.engine import open_store, transaction
from segl.tables.sealed import sealed_message, sealed_recipient
from segl.vocabulary import Envelope
from segl_delivery import agent
from segl_delivery.agent import Delivery
from segl_delivery.sealing import portal
from segl_delivery.sealing.portal import PortalAgent
from segl_delivery.sealing.seal import Sealed, Sealer
from world.peers import ReceivedMail, SmtpPeer
from world.sealing import BO, EVA, SENDER, letter, portal_agent

DAYS = 86_400
LETTER = b"X-Segl-Id: abc.1\r\nFrom: anna@nordby.example\r\nSubject: x\r\n\r\nHej\r\n"


class Killed(BaseException):
    """What ends a process asks nobody."""


@dataclass(frozen=True, slots=True)
class Office:
    """The portal's agent, its store, and the return port that takes its notices."""

    engine: Engine
    peer: SmtpPeer
    directory: SealedDirectory
    agent: PortalAgent

    def deliver(self) -> int:
        """Hand it a message; the code of its answer."""
        [reply] = self.hand_over(BO).values()
        return reply.code

    def hand_over(
        self, *recipients: str, content: bytes = LETTER, sender: str = SENDER
    ) -> dict[str, SmtpReply]:
        delivery = Delivery(Envelope(sender, recipients, "Q1"), content)
        return asyncio.run(self.agent.deliver(delivery))

    @property
    def told(self) -> list[str]:
        """Whose notices went."""
        return [recipient for mail in self.peer.received for recipient in mail.recipients]

    def links_that_open(self, days: int) -> int:
        """So many *days* from now."""
        shred_expired(self.engine, self.directory, time.time() + days * DAYS)
        live = sa.select(sa.func.count()).where(sealed_recipient.c.server_secret.is_not(None))
        with transaction(self.engine) as connection:
            return connection.scalar(live) or 0

    @property
    def notified(self) -> int:
        """How many recipients the trail says were told."""
        with transaction(self.engine) as connection:
            return len(connection.execute(sa.text("SELECT 1 FROM audit_entry WHERE act = 'notified'")).all())


@pytest.fixture
def office(tmp_path: Path, store_url: str, peer: SmtpPeer) -> Iterator[Office]:
    engine = open_store(store_url)
    directory = SealedDirectory(tmp_path / "sealed")
    yield Office(engine, peer, directory, portal_agent(engine, tmp_path, peer.port))
    engine.dispose()


def busy(monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    """The store is held by others when the notice has gone."""
    left = [times]

    def mark(*given: Any, **named: Any) -> bool:
        left[0] -= 1
        if left[0] >= 0:
            raise StoreError("the store cannot be reached", "store: database is locked")
        return mark_notified(*given, **named)

    monkeypatch.setattr(portal, "mark_notified", mark)


def test_a_notice_that_went_is_marked_though_the_store_is_held_for_a_while(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy(monkeypatch, 2)
    assert office.deliver() == 250
    assert (len(office.peer.received), office.notified) == (1, 1)


def test_a_store_that_stays_held_makes_no_second_notice_and_no_dead_link(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy(monkeypatch, 1_000)
    assert office.deliver() == 250, "to be tried again would tell her twice"
    assert len(office.peer.received) == 1
    assert office.links_that_open(2) == 1, "her notice promises thirty days"


def text_of(mail: ReceivedMail) -> str:
    body = message_from_bytes(mail.content, policy=default).get_body(("plain",))
    assert body is not None
    return " ".join(body.get_content().split())


def test_a_notice_tells_what_its_recipient_needs_to_know(office: Office) -> None:
    usual = office.agent.sealer
    shown = replace(usual.settings.portal, subject_shown=True, sms=Sms(url="https://sms.example/"))
    sealer = replace(usual, settings=replace(usual.settings, portal=shown), numbers={BO: "+4512345678"})
    office.peer.announces_dsn = True
    office.deliver()
    asked = Delivery(Envelope(SENDER, (BO,), "Q2"), letter("[kodeord: den gule stol] Svar"))
    asyncio.run(replace(office.agent, sealer=sealer).deliver(asked))
    plain, full = map(text_of, office.peer.received)
    for words in ("Emne: Svar", "der ender på 78", "Afsenderen har givet dig et kodeord"):
        assert (words in plain, words in full) == (False, True)
    assert "ENVID=ABC.1" in office.peer.received[0].mail_options, "so what becomes of it is in the receipt"


def killed_at(step: str, office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def dies(*_: Any, **__: Any) -> bool:
        raise Killed

    monkeypatch.setattr(portal, step, dies)
    with suppress(Killed):
        office.deliver()


def test_the_link_of_a_notice_that_went_before_a_kill_lives_as_long_as_it_promises(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed_at("mark_notified", office, monkeypatch)
    assert len(office.peer.received) == 1
    assert office.links_that_open(2) == 1
    assert office.links_that_open(40) == 0, "and no longer"


def test_a_copy_whose_notice_was_never_begun_goes_after_a_day(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed_at("begin_notice", office, monkeypatch)
    assert office.peer.received == []
    assert office.links_that_open(0) == 1
    assert office.links_that_open(2) == 0


def test_a_notice_that_is_refused_leaves_nothing_though_it_was_begun(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: Any, **__: Any) -> Handover:
        raise StoreError("any fault before the handover")

    monkeypatch.setattr(ReturnPort, "send", refused)
    assert office.deliver() == 451
    assert office.links_that_open(0) == 0


@pytest.mark.parametrize(
    ("fault", "late", "tries"),
    [
        (DeliveryError("refused"), False, 3),
        (StoreError("held by another"), False, 1),  # sixteen such in a row had their replies after 90 s
        (DeliveryError("not enough time"), True, 1),
    ],
)
def test_no_reply_waits_long_for_a_copy_to_be_taken_back(
    office: Office, monkeypatch: pytest.MonkeyPatch, fault: SeglError, late: bool, tries: int
) -> None:
    asked: list[None] = []

    def held(*_: Any) -> bool:
        asked.append(None)
        raise StoreError("held by another")

    def fails(*_: Any) -> bool:
        raise fault

    monkeypatch.setattr(portal, "begin_notice", fails)
    monkeypatch.setattr(portal, "drop_recipients", held)
    if late:
        monkeypatch.setattr(agent, "LATEST_START", -1.0)
    assert office.deliver() == 451
    assert len(asked) == tries


def test_no_notice_is_begun_when_the_reply_may_come_too_late(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Postfix would hand the message over again, and she would have two."""
    monkeypatch.setattr(agent, "LATEST_START", -1.0)
    assert office.deliver() == 451
    assert office.peer.received == []
    assert office.links_that_open(0) == 0


def test_a_message_that_was_revoked_before_its_notice_went_is_not_told_of(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def revoked(engine: Engine, message_id: str, *given: Any) -> None:
        assert revoke(engine, office.directory, message_id, time.time(), actor=SENDER)
        begin_notice(engine, message_id, *given)

    monkeypatch.setattr(portal, "begin_notice", revoked)
    assert office.deliver() == 550
    assert office.peer.received == []


def test_a_mail_that_was_revoked_while_its_notice_was_refused_is_not_sealed_at_the_next_try(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: Any, **__: Any) -> Handover:
        with transaction(office.engine) as connection:
            [message_id] = connection.scalars(sa.select(sealed_message.c.id))
        assert revoke(office.engine, office.directory, message_id, time.time(), actor=SENDER)
        raise DeliveryError("the return port takes nothing now")

    with monkeypatch.context() as patched:
        patched.setattr(ReturnPort, "send", refused)
        assert office.deliver() == 451
    assert office.deliver() == 550
    assert office.peer.received == []


def to_fail_for(recipient: str, error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    """Her notice reaches the port, and then: *error*."""
    send = ReturnPort.send

    def fails(port: ReturnPort, sender: str, recipients: list[str], *given: Any, **named: Any) -> Handover:
        if recipients == [recipient]:
            raise error
        return send(port, sender, recipients, *given, **named)

    monkeypatch.setattr(ReturnPort, "send", fails)
    monkeypatch.setattr(portal, "NOTICES_AT_ONCE", 1)


def test_who_had_her_notice_before_the_process_was_killed_is_not_told_again(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        to_fail_for(EVA, Killed(), patched)
        with suppress(Killed):
            office.hand_over(BO, EVA)
    assert office.told == [BO]
    replies = office.hand_over(BO, EVA)
    assert office.told == [BO, EVA]
    assert {reply.code for reply in replies.values()} == {250}
    assert office.hand_over(EVA, BO) == replies, "the receipt hears of what each has a link to"
    assert office.told == [BO, EVA]
    assert office.links_that_open(0) == 3, "one of a notice that may have gone"


def test_of_whose_notice_nobody_knows_whether_it_went_is_told_again(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        to_fail_for(EVA, OutcomeUnknown("no answer from the return port"), patched)
        replies = office.hand_over(BO, EVA)
    assert {one: reply.code for one, reply in replies.items()} == {BO: 250, EVA: 451}
    assert office.notified == 2, "she may have it"
    assert office.hand_over(EVA)[EVA].code == 250
    assert office.told == [BO, EVA]


def test_a_store_that_fails_for_one_of_whom_nobody_knows_takes_no_reply_from_the_other(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All would come again, and Bo be told twice."""

    def fails(*given: Any, **named: Any) -> bool:
        if named:
            return mark_notified(*given, **named)
        raise StoreError("the store cannot be reached", "store: database is locked")

    to_fail_for(EVA, OutcomeUnknown("no answer from the return port"), monkeypatch)
    monkeypatch.setattr(portal, "mark_notified", fails)
    replies = office.hand_over(BO, EVA)
    assert {one: reply.code for one, reply in replies.items()} == {BO: 250, EVA: 451}


def linked() -> bytes:
    """A letter as the milter marks it: the links of what is sealed of it are the same at each try."""
    return b"X-Segl-Link: " + Secret.new().text().encode("ascii") + b"\r\n" + LETTER


def test_a_notice_that_may_have_gone_keeps_its_link_though_the_next_is_refused(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    letter = linked()
    for error in (OutcomeUnknown("no answer from the return port"), DeliveryError("it takes nothing now")):
        with monkeypatch.context() as patched:
            to_fail_for(BO, error, patched)
            assert office.hand_over(BO, content=letter)[BO].code == 451
        assert office.links_that_open(2) == 1, "he may have it"
    assert office.hand_over(BO, content=letter)[BO].code == 250
    assert office.links_that_open(0) == 1, "and has the same once more"


def test_a_fault_of_ours_for_one_recipient_leaves_the_other_in_nobodys_hand(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bo's sealed message of an earlier try is taken up; then sealing for Eva fails in a way that nobody foresaw."""

    def fails(*_: Any) -> Sealed:
        raise RuntimeError("unforeseen")

    letter = linked()
    with monkeypatch.context() as patched:
        to_fail_for(BO, OutcomeUnknown("no answer from the return port"), patched)
        assert office.hand_over(BO, content=letter)[BO].code == 451
    with monkeypatch.context() as patched:
        patched.setattr(Sealer, "seal", fails)
        replies = office.hand_over(BO, EVA, content=letter)
        assert {one: reply.code for one, reply in replies.items()} == {BO: 250, EVA: 451}
    assert {reply.code for reply in office.hand_over(BO, EVA, content=letter).values()} == {250}
    assert office.told == [BO, EVA]


def test_another_mail_and_what_can_be_opened_no_more_is_told_of(office: Office) -> None:
    another, nobodys = LETTER.replace(b"abc.1", b"abc.2"), LETTER.partition(b"\r\n")[2]
    forged = LETTER + b"Another text\r\n"
    for content in (LETTER, another, forged, nobodys, nobodys):
        assert office.hand_over(BO, content=content)[BO].code == 250
    assert office.hand_over(BO, sender="kim@nordby.example")[BO].code == 250, "of another sender"
    assert office.told == [BO] * 6
    assert office.links_that_open(40) == 0
    assert office.deliver() == 250
    assert office.told == [BO] * 7
