"""A recipient writes back on the secure page, through real Postfixes: the answer in the sender's mailbox, and the
conversation that stays secure by itself."""

from __future__ import annotations

import asyncio
import email
from collections.abc import Iterator
from email import policy
from email.message import EmailMessage

import pytest

from segl_portal.answering import AnswerRefused, Taken, Why
from segl_portal.visits.service import Opened
from world.forms import Form
from world.house import House
from world.letters import BARE, COLLEAGUE, CPR, GOOD, SENDER, letter
from world.page import LINK, Page, page_of
from world.peers import ReceivedMail
from world.postfix import wait_for_port, wait_until
from world.street import Street

pytestmark = pytest.mark.world

TEXT = f"Hej Ole\n\nDit CPR-nummer er {CPR}.\n"
HARMLESS = "Tak, vi ses i morgen.\n"
FILE = bytes(range(256)) * 4000


@pytest.fixture(scope="module")
def page(steady_house: House, street: Street) -> Iterator[Page]:
    with page_of(steady_house, street) as page:
        yield page


@pytest.fixture(scope="module")
def opened(page: Page, street: Street) -> Iterator[Opened]:
    """A message that was sealed for Ole, and that he has open."""
    house = page.house
    street.forget()
    house.submit(letter("", (BARE, COLLEAGUE), "Din sag", TEXT).content, SENDER, [BARE, COLLEAGUE])
    wait_until(lambda: bool(street.mail_for(BARE)) and not house.queued, 60, lambda: house.log[-6000:])
    made = page.open(street.mail_for(BARE)[0].content, BARE)
    yield made
    made.content.close()


@pytest.fixture(scope="module")
def answer(page: Page, opened: Opened, street: Street) -> ReceivedMail:
    """Ole's answer, with a file, as it lies in the senders' mail store."""
    street.forget()
    form = Form(text="Hej Mette\n\nDet er rigtigt.\n", everyone=True).with_file(
        "måler.jpg", b"\xff\xd8" + FILE
    )
    taken = page.send(opened, form)
    assert isinstance(taken, Taken), taken
    wait_until(lambda: bool(_answers(street)), 60, lambda: page.house.log[-6000:])
    [mail] = _answers(street)
    return mail


def _answers(street: Street) -> list[ReceivedMail]:
    return [mail for mail in street.store.received if b"\r\nSegl-Answer:" in mail.content]


def _parsed(mail: ReceivedMail) -> EmailMessage:
    message = email.message_from_bytes(mail.content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def test_the_answer_lies_in_the_senders_mailbox_as_a_normal_mail(
    answer: ReceivedMail, opened: Opened, street: Street
) -> None:
    assert set(answer.recipients) == {SENDER, COLLEAGUE}
    message = _parsed(answer)
    assert message["To"] == SENDER
    assert message["Cc"] == COLLEAGUE
    assert message["Reply-To"] == BARE
    assert message["Subject"] == "Re: Din sag"
    assert message["From"].addresses[0].addr_spec == "sikker-besked@nordby-vand.example"
    assert message["Segl-Answer"] == opened.message_id
    assert message["Auto-Submitted"] is None
    text, file = message.iter_parts()
    assert str(text.get_content()).startswith("Hej Mette")
    assert file.get_filename() == "måler.jpg"
    assert file.get_payload(decode=True) == b"\xff\xd8" + FILE
    assert b"x-segl-" not in answer.content.lower()


def test_nothing_of_it_left_the_house(answer: ReceivedMail, street: Street) -> None:
    assert b"Det er rigtigt" not in street.seen_in_clear()
    assert [mail for mail in street.mail_for(BARE) if b"Re: Din sag" in mail.content] == []


def test_the_senders_next_answer_takes_the_secure_way_by_itself(
    answer: ReceivedMail, page: Page, street: Street
) -> None:
    """Nothing in it is personal: without the thread it would go in clear."""
    house, id_ = page.house, str(_parsed(answer)["Message-ID"])
    street.forget()
    thread = (("In-Reply-To", id_), ("References", f"<1@nordby-vand.example> {id_}"))
    house.submit(
        letter("", (BARE, GOOD), "Re: Din sag", HARMLESS, headers=thread).content, SENDER, [BARE, GOOD]
    )
    wait_until(
        lambda: bool(street.mail_for(BARE) and street.mail_for(GOOD)) and not house.queued,
        60,
        lambda: house.log[-6000:],
    )
    [notice] = street.mail_for(BARE)
    assert LINK.search(notice.content.replace(b"=\r\n", b"").replace(b"=3D", b"="))
    assert b"vi ses i morgen" not in street.seen_in_clear()
    [direct] = street.mail_for(GOOD)  # by the ordinary order: its server proves who it is
    assert direct.tls is not None
    verdicts = [event for event in house.milter.events if event["event"] == "classified"]
    assert verdicts[-1]["decision"] == "secure"
    assert "answers_sealed" in verdicts[-1]["reasons"]


def test_the_same_text_outside_the_thread_goes_as_ever(page: Page, street: Street) -> None:
    street.forget()
    page.house.submit(letter("", (BARE,), "Hej", HARMLESS).content, SENDER, [BARE])
    wait_until(lambda: bool(street.mail_for(BARE)), 60, lambda: page.house.log[-6000:])
    assert b"vi ses i morgen" in street.mail_for(BARE)[0].content


def test_while_the_front_is_down_she_is_told_and_it_goes_later(
    page: Page, opened: Opened, street: Street
) -> None:
    street.forget()
    page.house.front.stop()
    try:
        outcome = page.send(opened, Form(text="Et svar til").with_file("a.txt", b"x"))
        assert isinstance(outcome, AnswerRefused)
        assert outcome.why is Why.NOT_SENT
        assert _sent(page, opened, outcome.answer_id) == [False]
    finally:
        page.house.front.start()
        wait_for_port("127.0.0.1", 10027)
    assert asyncio.run(page.answers.send_again(opened, outcome.answer_id)) == Taken(outcome.answer_id)
    wait_until(lambda: bool(_answers(street)), 60, lambda: page.house.log[-6000:])
    [mail] = _answers(street)
    assert b"Et svar til" in mail.content
    assert _sent(page, opened, outcome.answer_id) == [True]


def _sent(page: Page, opened: Opened, answer_id: str | None) -> list[bool]:
    """What the page says of this answer, whatever else was written before."""
    return [view.sent for view in page.answers.thread(opened) if view.id == answer_id]
