"""An answer on its way to the sender's mail server: what it refuses for now or for good, and what is kept meanwhile."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from segl.store.engine import transaction
from segl.tables.sealed import sealed_answer, sealed_recipient
from segl_portal.answering import AnswerRefused, Taken, Why
from segl_portal.answering.hand_on import HandOver
from world.forms import Form
from world.peers import ACCEPTED
from world.writing import ORIGINAL, Writing, refused, said

# The sender's mail server


def test_an_answer_that_cannot_be_handed_on_is_kept_and_can_be_sent_again(writing: Writing) -> None:
    writing.counter.return_port.data_reply = "451 4.3.0 not now"
    outcome = writing.send(Form(text="Vigtigt").with_file("a.txt", b"x"))
    assert isinstance(outcome, AnswerRefused)
    assert outcome.why is Why.NOT_SENT
    assert [(view.id, view.sent) for view in writing.desk.thread(writing.opened)] == [
        (outcome.answer_id, False)
    ]

    again = asyncio.run(writing.desk.send_again(writing.opened, outcome.answer_id))
    assert refused(again)[0] is Why.NOT_SENT
    writing.counter.return_port.data_reply = "250 2.0.0 Ok: queued as 1"
    writing.counter.return_port.forget()
    assert asyncio.run(writing.desk.send_again(writing.opened, outcome.answer_id)) == Taken(outcome.answer_id)
    assert asyncio.run(writing.desk.send_again(writing.opened, outcome.answer_id)) == Taken(
        outcome.answer_id, again=True
    )
    assert len(writing.raw) == 1
    assert said(next(writing.arrived[0].iter_parts())).startswith("Vigtigt")
    assert writing.desk.thread(writing.opened)[0].sent


def test_an_answer_that_went_is_sent_though_what_it_answers_is_gone_meanwhile(
    writing: Writing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The house removed the message while its own server took the answer to it."""
    send = HandOver._send

    def sends_and_is_gone(self: HandOver, answer: Any, answers: Any) -> Any:
        sent = send(self, answer, answers)
        with transaction(writing.counter.engine) as connection:
            connection.execute(sealed_answer.delete().where(sealed_answer.c.id == answer.id))
            mine = sealed_recipient.c.id == writing.letter.recipient_id
            connection.execute(sealed_recipient.delete().where(mine))
        return sent

    monkeypatch.setattr(HandOver, "_send", sends_and_is_gone)
    assert isinstance(writing.send(Form()), Taken)
    assert len(writing.raw) == 1


def test_the_form_sent_again_sends_what_is_kept(writing: Writing) -> None:
    """She presses the button again instead of "send again"."""
    form = Form()
    writing.counter.return_port.stop()
    first = writing.send(form)
    assert isinstance(first, AnswerRefused)
    writing.counter.return_port.start()
    assert writing.send(form) == Taken(first.answer_id)
    assert len(writing.raw) == 1


def test_another_recipient_cannot_send_it(writing: Writing) -> None:
    writing.counter.return_port.stop()
    kept = writing.send(Form())
    assert isinstance(kept, AnswerRefused)
    writing.counter.return_port.start()
    _, other = writing.counter.open(writing.counter.seal("eva@andet.example"))
    writing.counter.return_port.forget()
    assert refused(asyncio.run(writing.desk.send_again(other, kept.answer_id)))[0] is Why.GONE
    assert writing.raw == []


@pytest.mark.parametrize(
    ("reply", "why"), [("552 5.3.4 message too big", Why.TOO_LARGE), ("554 5.7.1 no", Why.MAILBOX)]
)
def test_what_is_refused_for_good_is_not_kept(writing: Writing, reply: str, why: Why) -> None:
    writing.counter.return_port.data_reply = reply
    outcome = writing.send(Form(text="Hej"))
    assert outcome == AnswerRefused(why, text="Hej")
    assert writing.stored() == []
    assert writing.desk.thread(writing.opened) == []


@pytest.mark.parametrize("again", ["button", "form"])
def test_what_she_was_told_is_kept_stays_when_it_is_refused_for_good_later(
    writing: Writing, again: str
) -> None:
    """It may be our own front that refuses, and pass; and her text and files are nowhere else."""
    port, form = writing.counter.return_port, Form(text="Skrevet i en time").with_file("a.txt", b"x")
    port.data_reply = "451 4.3.0 not now"
    kept = writing.send(form)
    assert isinstance(kept, AnswerRefused)
    port.data_reply = "550 5.7.1 no"
    if again == "button":
        told = asyncio.run(writing.desk.send_again(writing.opened, kept.answer_id))
    else:
        told = writing.send(form)
    assert told == AnswerRefused(Why.MAILBOX, answer_id=kept.answer_id)
    assert [(one.id, one.sent) for one in writing.desk.thread(writing.opened)] == [(kept.answer_id, False)]
    port.data_reply = ACCEPTED
    port.forget()
    assert asyncio.run(writing.desk.send_again(writing.opened, kept.answer_id)) == Taken(kept.answer_id)
    assert said(next(writing.arrived[0].iter_parts())).startswith("Skrevet i en time")


def test_a_mailbox_that_does_not_exist_is_told(writing: Writing) -> None:
    writing.counter.return_port.rcpt_replies = {"anna@nordby-vand.example": "550 5.1.1 no such user"}
    assert refused(writing.send(Form()))[0] is Why.MAILBOX
    assert isinstance(writing.send(Form(everyone=True)), Taken), "the others took it"


def test_an_addressee_who_is_refused_for_now_gets_it_when_it_is_sent_again_and_nobody_twice(
    writing: Writing,
) -> None:
    port = writing.counter.return_port
    port.rcpt_replies = {"carl@nordby-vand.example": "450 4.2.0 not now"}
    form = Form(everyone=True)
    kept = writing.send(form)
    assert refused(kept)[0] is Why.NOT_SENT
    assert writing.raw == []
    port.rcpt_replies = {}
    assert isinstance(writing.send(form), Taken)
    [mail] = writing.raw
    assert len(mail.recipients) == 3


def test_one_refused_for_now_beside_one_refused_for_good_keeps_the_answer(writing: Writing) -> None:
    writing.counter.return_port.rcpt_replies = {
        "anna@nordby-vand.example": "550 5.1.1 no such user",
        "carl@nordby-vand.example": "450 4.2.0 not now",
        "dora@NORDBY-VAND.example": "550 5.1.1 no such user",
    }
    assert refused(writing.send(Form(everyone=True)))[0] is Why.NOT_SENT


def test_that_an_addressee_is_refused_for_good_is_told(writing: Writing) -> None:
    writing.counter.return_port.rcpt_replies = {"carl@nordby-vand.example": "550 5.1.1 no such user"}
    outcome = writing.send(Form(everyone=True))
    assert isinstance(outcome, Taken)
    assert outcome.not_to == ("carl@nordby-vand.example",)


def test_the_form_names_no_more_than_the_mail_server_takes(writing: Writing) -> None:
    """Else she would hear it after the upload."""
    writing.counter.return_port.data_size_limit = 10_240_000  # Postfix's own default
    form = writing.desk.form(writing.opened)
    assert form.all_bytes == form.file_bytes
    assert 6_500_000 < form.all_bytes < 7_500_000
    exactly = Form(text="x" * form.text_bytes).with_file("a.bin", b"x" * form.all_bytes)
    assert isinstance(writing.send(exactly), Taken)
    assert refused(writing.send(Form().with_file("a.bin", b"x" * (form.all_bytes + 1)))) == (
        Why.FILE_TOO_LARGE,
        "a.bin",
    )


def test_a_recipient_with_a_utf_8_address_can_answer(writing: Writing) -> None:
    letter = writing.counter.seal("b\u00e5@vestby.example", ORIGINAL)
    _, opened = writing.counter.open(letter)
    writing.counter.return_port.forget()
    form = Form()
    outcome = asyncio.run(
        writing.desk.take_answer(opened, form.stream(), form.content_type, lambda text: text == "right")
    )
    assert isinstance(outcome, Taken)
    assert "SMTPUTF8" in writing.raw[0].mail_options
    assert "Reply-To: <b\u00e5@vestby.example>".encode() in writing.raw[0].content


@pytest.mark.parametrize(("at", "later"), [(300.0, 301.0), (31 * 86_400.0, 0.0), (3600.0, 0.0)])
def test_one_that_dies_while_handing_on_holds_nobody_back_for_ever(
    writing: Writing, at: float, later: float
) -> None:
    """Neither by its time, nor by that of a clock which was an hour, or a month, ahead: nobody but she can send it."""
    writing.counter.return_port.stop()
    kept = writing.send(Form())
    assert isinstance(kept, AnswerRefused)
    writing.counter.return_port.start()
    with transaction(writing.counter.engine) as connection:  # as if killed in the middle
        connection.execute(sealed_answer.update().values(sending_until=writing.counter.now + at))
    writing.counter.now += later
    assert asyncio.run(writing.desk.send_again(writing.opened, kept.answer_id)) == Taken(kept.answer_id)
