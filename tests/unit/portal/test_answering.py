"""A recipient writes back: from the form to the sender's mail server, whatever comes in between."""

from __future__ import annotations

import asyncio
import email
import errno
import os
import threading
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from email import policy
from email.message import EmailMessage, MIMEPart
from typing import Any

import pytest

from segl.audit import Act, entries
from segl.sealed import life
from segl.store import transaction
from segl.tables.sealed import sealed_answer, sealed_recipient
from segl_portal.answering import AnswerDesk, AnswerRefused, Taken, Why
from world.counter import Counter
from world.desk import SENDER
from world.forms import Form, flowing, sent
from world.peers import ACCEPTED

ORIGINAL = (
    b"From: =?utf-8?q?Anna_S=C3=B8rensen?= <anna@nordby-vand.example>\r\n"
    b"To: Bo Hansen <bo@vestby.example>, Carl <carl@nordby-vand.example>\r\n"
    b"Cc: dora@NORDBY-VAND.example, eva@andet.example\r\n"
    b"Subject: =?utf-8?q?Din_m=C3=A5ler?=\r\n"
    b"Message-ID: <2@nordby-vand.example>\r\nReferences: <1@nordby-vand.example>\r\n\r\nHej Bo\r\n"
)


class Writing:
    """An open message and the desk that takes answers to it."""

    def __init__(self, counter: Counter, content: bytes = ORIGINAL, sender: str = SENDER) -> None:
        self.counter = counter
        self.before = set(self._files())
        self.letter = counter.seal(content=content, sender=sender)
        _, self.opened = counter.open(self.letter)
        counter.return_port.forget()
        self.desk = AnswerDesk(counter.settings, counter.engine, counter.events, lambda: counter.now)

    async def take(self, form: Form) -> Taken | AnswerRefused:
        return await self.desk.take_answer(
            self.opened, form.stream(), form.content_type, lambda t: t == "right"
        )

    def send(self, form: Form) -> Taken | AnswerRefused:
        return asyncio.run(self.take(form))

    @property
    def arrived(self) -> list[EmailMessage]:
        return [email.message_from_bytes(mail.content, policy=policy.default) for mail in self.raw]

    @property
    def raw(self) -> list[Any]:
        return self.counter.return_port.received

    def stored(self) -> list[str]:
        """The files of answers that were put on disk since, whole or begun."""
        return sorted(set(self._files()) - self.before - {self.letter.message_id})

    def _files(self) -> Iterator[str]:
        for path in self.counter.directory.root.glob("*/*"):
            yield path.name.removesuffix(".sealed")


@pytest.fixture(scope="module")
def counters(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[dict[str, Any]], Counter]]:
    """A counter for each set of terms, made once."""
    with ExitStack() as stack:
        made: dict[str, Counter] = {}

        def counter(answers: dict[str, Any]) -> Counter:
            key = repr(answers)
            if key not in made:
                folder = tmp_path_factory.mktemp("counter")
                made[key] = stack.enter_context(Counter(folder, answers=answers))
            made[key].now += 7200  # so that no test meets the counts of another
            return made[key]

        yield counter


@pytest.fixture
def writing(
    counters: Callable[[dict[str, Any]], Counter], request: pytest.FixtureRequest
) -> Iterator[Writing]:
    counter = counters(getattr(request, "param", {}))
    made = Writing(counter)
    yield made
    made.desk.close()
    port = counter.return_port
    port.data_reply, port.rcpt_replies, port.data_size_limit = ACCEPTED, {}, 200_000_000


def refused(outcome: Taken | AnswerRefused) -> tuple[Why, str]:
    assert isinstance(outcome, AnswerRefused), outcome
    return outcome.why, outcome.file


def said(part: MIMEPart) -> str:
    return str(part.get_content()).replace("\r\n", "\n")


def test_the_answer_is_a_normal_mail_in_the_senders_thread(writing: Writing) -> None:
    form = Form(text="Hej Anna\n\nDet er rigtigt. Æblegrød?\n.\n").with_file("brev.txt", b"Hej\r\n" * 20)
    taken = writing.send(form)
    assert isinstance(taken, Taken)
    [mail] = writing.arrived
    assert mail["To"] == "anna@nordby-vand.example"
    assert mail["Cc"] is None
    assert mail["Reply-To"] == "bo@vestby.example"
    assert (
        str(mail["From"].addresses[0])
        == '"Bo Hansen (bo at vestby.example)" <sikker-besked@nordby-vand.example>'
    )
    assert mail["Subject"] == "Re: Din måler"
    assert mail["In-Reply-To"] == "<2@nordby-vand.example>"
    assert mail["References"].split() == ["<1@nordby-vand.example>", "<2@nordby-vand.example>"]
    assert mail["Message-ID"] == f"<segl-answer.{taken.answer_id}@nordby-vand.example>"
    assert mail["Auto-Submitted"] is None
    assert mail["Segl-Answer"] == writing.letter.message_id
    text, file = mail.iter_parts()
    body = said(text)
    assert body.startswith(
        "Hej Anna\n\nDet er rigtigt. Æblegrød?\n.\n\n-- \nSkrevet af Bo Hansen (bo@vestby.example)"
    )
    assert (file.get_filename(), file.get_content_type()) == ("brev.txt", "text/plain")
    assert file.get_payload(decode=True) == b"Hej\r\n" * 20


def test_a_failure_inside_the_house_is_not_told_to_the_recipient(writing: Writing) -> None:
    writing.send(Form())
    assert writing.raw[0].sender == "postmaster@nordby-vand.example"
    assert writing.raw[0].recipients == ("anna@nordby-vand.example",)


def test_without_files_it_is_plain_text(writing: Writing) -> None:
    writing.send(Form(text="Ja tak").with_file(""))  # the file control as it comes when nothing was chosen
    assert writing.arrived[0].get_content_type() == "text/plain"
    assert said(writing.arrived[0]).startswith("Ja tak\n")


def test_a_file_alone_is_an_answer(writing: Writing) -> None:
    assert isinstance(writing.send(Form(text="  \n").with_file("a.txt", b"x")), Taken)
    assert "Svaret har ingen tekst" in said(next(writing.arrived[0].iter_parts()))


def test_the_others_inside_the_house_get_it_when_she_says_so(writing: Writing) -> None:
    form = writing.desk.form(writing.opened)
    assert form.to == ("anna@nordby-vand.example",)
    assert form.others == ("carl@nordby-vand.example", "dora@NORDBY-VAND.example")
    writing.send(Form(everyone=True))
    assert writing.arrived[0]["Cc"] == "carl@nordby-vand.example, dora@NORDBY-VAND.example"
    assert set(writing.raw[0].recipients) == {*form.to, *form.others}


def test_what_she_wrote_is_shown_to_her_again(writing: Writing) -> None:
    form = Form(text="Første").with_file("billede.jpg", b"\xff\xd8" + bytes(300_000))
    first = writing.send(form)
    writing.counter.now += 60
    second = writing.send(Form(text="Andet"))
    assert isinstance(first, Taken)
    assert isinstance(second, Taken)
    views = writing.desk.thread(writing.opened)
    assert [(view.id, view.sent) for view in views] == [(first.answer_id, True), (second.answer_id, True)]
    content = writing.desk.content(writing.opened, first.answer_id)
    assert content is not None
    with content:
        assert b"".join(content.chunks()) == writing.raw[0].content


def test_nobody_else_sees_it(writing: Writing) -> None:
    taken = writing.send(Form())
    assert isinstance(taken, Taken)
    _, other = writing.counter.open(writing.counter.seal("eva@andet.example"))
    assert writing.desk.thread(other) == []
    assert writing.desk.content(other, taken.answer_id) is None
    for wrong in ("", "../../etc/passwd", "0" * 32, "é" * 32):
        assert writing.desk.content(writing.opened, wrong) is None


def test_it_is_kept_sealed_and_goes_when_the_message_is_revoked(writing: Writing) -> None:
    taken = writing.send(Form(text="hemmeligt-ord").with_file("a.txt", b"hemmeligt-ord" * 10_000))
    assert isinstance(taken, Taken)
    assert writing.stored() == [taken.answer_id]
    sealed = writing.counter.directory.path(taken.answer_id).read_bytes()
    assert b"hemmeligt" not in sealed
    database = b"".join(path.read_bytes() for path in writing.counter.directory.root.parent.glob("segl.db*"))
    assert b"hemmeligt" not in database
    life.revoke(
        writing.counter.engine,
        writing.counter.directory,
        writing.letter.message_id,
        writing.counter.now,
        actor="x",
    )
    assert writing.stored() == []


def test_it_stands_in_the_audit_trail_and_on_the_recipients_row(writing: Writing) -> None:
    taken = writing.send(Form())
    assert isinstance(taken, Taken)
    answered = [
        entry
        for entry in entries(writing.counter.engine)
        if entry.act == Act.ANSWERED and entry.subject == writing.letter.recipient_id
    ]
    with transaction(writing.counter.engine) as connection:
        mine = sealed_recipient.c.id == writing.letter.recipient_id
        row = connection.execute(sealed_recipient.select().where(mine)).one()
    assert [(entry.subject, entry.actor, entry.facts["answer"]) for entry in answered] == [
        (writing.letter.recipient_id, "bo@vestby.example", taken.answer_id)
    ]
    assert row.answered_at == writing.counter.now


def test_the_log_tells_neither_text_nor_names_of_files(
    writing: Writing, capfd: pytest.CaptureFixture[str]
) -> None:
    form = Form(text="hemmelig-tekst").with_file("hemmelig-fil.txt", b"hemmeligt-indhold")
    writing.send(form)
    writing.send(form.with_file("hemmelig-fil.exe", b"MZ"))
    writing.counter.return_port.data_reply = "554 5.7.1 hemmelig-tekst is refused"
    writing.send(Form(text="hemmelig-tekst", everyone=True))
    writing.counter.return_port.stop()
    writing.send(Form(text="hemmelig-tekst"))
    writing.counter.return_port.start()
    told = "".join(capfd.readouterr())
    assert "answered" in told
    assert "answer_refused" in told
    assert "answer_waits" in told
    assert "hemmelig-fil" not in told
    assert "hemmeligt-indhold" not in told
    assert told.count("hemmelig-tekst") <= 1, "but for what the mail server itself said"


# The same form twice


def test_the_same_form_sent_twice_is_one_answer(writing: Writing) -> None:
    form = Form(text="Kun én gang").with_file("a.txt", b"x" * 1000)
    first, second = writing.send(form), writing.send(form)
    assert isinstance(first, Taken)
    assert second == Taken(first.answer_id, again=True)
    assert len(writing.raw) == 1
    assert writing.stored() == [first.answer_id]


def test_the_same_form_sent_twice_at_once_is_one_answer(writing: Writing) -> None:
    form = Form(text="Kun én gang").with_file("a.txt", b"x" * 200_000)

    async def twice() -> tuple[Taken | AnswerRefused, Taken | AnswerRefused]:
        return await asyncio.gather(writing.take(form), writing.take(form))

    first, second = asyncio.run(twice())
    assert isinstance(first, Taken)
    assert isinstance(second, Taken)
    assert first.answer_id == second.answer_id
    assert {first.again, second.again} == {True, False}
    assert len(writing.raw) == 1


@pytest.mark.parametrize(
    "other",
    [
        lambda form: Form(once=form.once, text="Et andet svar").with_file("a.txt", b"x"),
        lambda form: Form(once=form.once, text=form.text).with_file("a.txt", b"y"),
        lambda form: Form(once=form.once, text=form.text).with_file("b.txt", b"x"),
        lambda form: Form(once=form.once, text=form.text, everyone=True).with_file("a.txt", b"x"),
        lambda form: Form(text=form.text).with_file("a.txt", b"x"),  # a fresh form, filled in alike
    ],
    ids=["text", "file", "name", "everyone", "fresh"],
)
def test_another_answer_in_a_form_that_was_used_is_not_lost(writing: Writing, other: Any) -> None:
    """The back button shows the old form, with its old one-time word."""
    form = Form(text="Svar").with_file("a.txt", b"x")
    writing.send(form)
    writing.send(other(form))
    assert len(writing.raw) == 2


# What is not taken

HUGE = b"x" * 70_000


@pytest.mark.parametrize(
    ("form", "why"),
    [
        (Form(text=""), (Why.EMPTY, "")),
        (Form(text=None), (Why.EMPTY, "")),
        (Form(text=" \n\t\r\n").with_file(""), (Why.EMPTY, "")),
        (Form(text="x" * 3000), (Why.TEXT_TOO_LONG, "")),
        (Form().with_file("stor.bin", HUGE), (Why.FILE_TOO_LARGE, "stor.bin")),
        (Form().with_file("a.bin", HUGE[:40_000]).with_file("b.bin", HUGE[:40_000]), (Why.TOO_LARGE, "")),
        (Form().with_file("tom.txt"), (Why.FILE_EMPTY, "tom.txt")),
        (Form().with_file("program.exe", b"x"), (Why.FILE_REFUSED, "program.exe")),
        (Form().with_file("faktura.pdf.ExE", b"x"), (Why.FILE_REFUSED, "faktura.pdf.ExE")),
        (Form().with_file("faktura.exe. .", b"x"), (Why.FILE_REFUSED, "faktura.exe")),
        (Form().with_file("faktura\u202efdp.exe", b"x"), (Why.FILE_REFUSED, "fakturafdp.exe")),
        (Form().with_file("ferie.jpg", b"MZ\x90\x00" + bytes(200)), (Why.FILE_REFUSED, "ferie.jpg")),
        (Form().with_file("ferie.jpg", b"\x7f", b"ELF"), (Why.FILE_REFUSED, "ferie.jpg")),
        (Form().with_file("noter.txt", b"#!/bin/sh\nrm -rf /\n"), (Why.FILE_REFUSED, "noter.txt")),
        (Form(csrf="wrong"), (Why.FOREIGN_FORM, "")),
        (Form(csrf="wrong").with_file("a.txt", b"x"), (Why.FOREIGN_FORM, "")),
        (Form(csrf="x" * 500), (Why.BAD_FORM, "")),
        (Form(once="0" * 31), (Why.BAD_FORM, "")),
        (Form(once="A" * 32), (Why.BAD_FORM, "")),
    ],
)
@pytest.mark.parametrize(
    "writing", [{"text_bytes": 2000, "file_bytes": 65_000, "bytes": 70_000, "files": 5}], indirect=True
)
def test_what_is_not_taken_says_why_and_leaves_nothing(
    writing: Writing, form: Form, why: tuple[Why, str]
) -> None:
    assert refused(writing.send(form)) == why
    assert writing.stored() == []
    assert writing.raw == []
    assert writing.desk.thread(writing.opened) == []


def test_a_refusal_gives_the_text_back(writing: Writing) -> None:
    outcome = writing.send(Form(text="Lang tekst\nskrevet på telefon").with_file("a.exe", b"x"))
    assert isinstance(outcome, AnswerRefused)
    assert outcome.text == "Lang tekst\nskrevet på telefon"


def test_a_hundred_files_are_taken_and_one_more_is_not(writing: Writing) -> None:
    form = Form()
    for _ in range(100):
        form = form.with_file("samme navn.txt", b"x")
    assert isinstance(writing.send(form), Taken)
    names = [part.get_filename() for part in writing.arrived[0].iter_attachments()]
    assert len(set(names)) == 100
    assert names[:2] == ["samme navn.txt", "samme navn (2).txt"]
    assert refused(writing.send(form.with_file("for meget.txt", b"x"))) == (
        Why.TOO_MANY_FILES,
        "for meget.txt",
    )
    many = Form()
    for _ in range(2000):
        many = many.with_file("", b"")
    assert refused(writing.send(many)) == (Why.TOO_MANY_FILES, "")


def test_an_archive_is_not_unpacked(writing: Writing) -> None:
    """A bomb is as large as it is: nothing of ours looks inside."""
    bomb = b"PK\x03\x04" + bytes(1000)
    assert isinstance(writing.send(Form().with_file("bombe.zip", bomb)), Taken)
    [part] = writing.arrived[0].iter_attachments()
    assert part.get_payload(decode=True) == bomb


@pytest.mark.parametrize("size", [1, 2, 7, 64, 1000])
def test_however_the_bytes_come_the_answer_is_the_same(writing: Writing, size: int) -> None:
    file = bytes(range(256)) * 5 + b"\r\n------WebKitFormBoundary7MA4YWxkTrZu0g\r\n--\r\n"
    form = Form(text="Æ" * 50).with_file("a.bin", file).with_file("b.bin", b"y")
    stream = sent(form.whole(), size)
    outcome = asyncio.run(
        writing.desk.take_answer(writing.opened, stream, form.content_type, lambda text: text == "right")
    )
    assert isinstance(outcome, Taken)
    first, second = writing.arrived[0].iter_attachments()
    assert first.get_payload(decode=True) == file
    assert second.get_payload(decode=True) == b"y"


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_browser_that_goes_away_leaves_nothing(writing: Writing, share: float) -> None:
    whole = Form().with_file("a.bin", b"x" * 300_000).whole()
    for stream in (sent(whole[: int(len(whole) * share)], cut=True), sent(whole[: int(len(whole) * share)])):
        outcome = asyncio.run(
            writing.desk.take_answer(writing.opened, stream, Form().content_type, lambda _: True)
        )
        assert refused(outcome)[0] is Why.CUT
    assert writing.stored() == []
    assert writing.raw == []


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("application/x-www-form-urlencoded", b"text=Hej"),
        ("multipart/form-data", b""),
        ("multipart/form-data; boundary=", b""),
        ("multipart/form-data; boundary=" + "x" * 71, b""),
        ("multipart/mixed; boundary=x", b"--x--\r\n"),
        ("", b""),
        ("multipart/form-data; boundary=x", b"--y\r\n\r\nHej\r\n--y--\r\n"),
        ("multipart/form-data; boundary=x", b"--x\r\n\r\nHej\r\n--x--\r\n"),
        ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data\r\n\r\nHej\r\n--x--\r\n"),
        (
            "multipart/form-data; boundary=x",
            b"--x\r\nContent-Disposition: attachment; name=a\r\n\r\nHej\r\n--x--\r\n",
        ),
        ("multipart/form-data; boundary=x", b"--x\r\nX-A: " + b"a" * 100_000),
        ("multipart/form-data; boundary=x", b"--x\r\n" + b"X-A: a\r\n" * 100),
        (
            "multipart/form-data; boundary=x",
            b'--x\r\nContent-Disposition: form-data; name="z"\r\n\r\nHej\r\n--x--\r\n',
        ),
        ("multipart/form-data; boundary=x", b"\x00" * 100),
    ],
)
def test_what_is_no_form_is_refused(writing: Writing, content_type: str, body: bytes) -> None:
    outcome = asyncio.run(writing.desk.take_answer(writing.opened, sent(body), content_type, lambda _: True))
    assert refused(outcome)[0] in (Why.BAD_FORM, Why.CUT)
    assert writing.stored() == []


def test_a_field_after_a_file_is_refused(writing: Writing) -> None:
    """What the fields say must be known before a file is taken."""
    whole = Form().with_file("a.txt", b"x").whole()
    start = whole.index(b"--", whole.index(b'name="file"') - 90)
    fields, file = whole[:start], whole[start:]
    ending = file.rindex(b"------WebKit")
    turned = file[:ending] + fields + file[ending:]
    outcome = asyncio.run(
        writing.desk.take_answer(writing.opened, sent(turned), Form().content_type, lambda _: True)
    )
    assert refused(outcome)[0] in (Why.BAD_FORM, Why.FOREIGN_FORM)


def test_a_body_that_is_announced_too_large_is_not_begun(writing: Writing) -> None:
    taken = asyncio.run(
        writing.desk.take_answer(
            writing.opened, sent(b""), Form().content_type, lambda _: True, content_length=10**12
        )
    )
    assert refused(taken)[0] is Why.TOO_LARGE


@pytest.mark.parametrize("writing", [{"answers": 3}, {"answers_an_hour": 3}], indirect=True)
def test_so_many_answers_and_no_more(writing: Writing) -> None:
    for number in range(3):
        assert isinstance(writing.send(Form(text=f"{number}")), Taken)
    limited_by_hour = writing.counter.settings.portal.answers.answers_an_hour == 3
    why = Why.TOO_SOON if limited_by_hour else Why.TOO_MANY_ANSWERS
    assert writing.desk.form(writing.opened).closed is why
    assert refused(writing.send(Form()))[0] is why
    writing.counter.now += 3700
    assert isinstance(writing.send(Form()), Taken) == limited_by_hour


@pytest.mark.parametrize("writing", [{"answers": 1}], indirect=True)
def test_the_last_answer_sent_twice_is_no_answer_too_many(writing: Writing) -> None:
    form = Form()
    first = writing.send(form)
    assert isinstance(first, Taken)
    assert writing.send(form) == Taken(first.answer_id, again=True)


@pytest.mark.parametrize("writing", [{"answers": 3}], indirect=True)
def test_so_many_answers_and_no_more_at_once(writing: Writing) -> None:
    writing.send(Form(text="første"))
    writing.send(Form(text="andet"))

    async def both() -> tuple[Taken | AnswerRefused, Taken | AnswerRefused]:
        return await asyncio.gather(writing.take(Form(text="a")), writing.take(Form(text="b")))

    outcomes = asyncio.run(both())
    assert sorted(isinstance(one, Taken) for one in outcomes) == [False, True]
    assert len(writing.raw) == 3


def test_a_message_that_is_revoked_while_she_writes_takes_no_answer(writing: Writing) -> None:
    life.revoke(
        writing.counter.engine,
        writing.counter.directory,
        writing.letter.message_id,
        writing.counter.now,
        actor="x",
    )
    assert refused(writing.send(Form()))[0] is Why.GONE


@pytest.mark.parametrize("writing", [{"on": False}], indirect=True)
def test_answers_can_be_turned_off(writing: Writing) -> None:
    assert writing.desk.form(writing.opened).closed is Why.CLOSED
    assert refused(writing.send(Form()))[0] is Why.CLOSED


@pytest.mark.parametrize(
    ("head", "to"),
    [
        (
            b"From: anna@nordby-vand.example\r\nReply-To: post@nordby-vand.example",
            ("post@nordby-vand.example",),
        ),
        (b"From: anna@nordby-vand.example\r\nReply-To: tyv@evil.example", ("anna@nordby-vand.example",)),
        (b"From: tyv@evil.example", ("anna@nordby-vand.example",)),  # the envelope's
        (b"From: anna%evil.example@nordby-vand.example", ("anna@nordby-vand.example",)),
        (b'From: "x@evil.example" <anna@nordby-vand.example>', ("anna@nordby-vand.example",)),
        (b"From: anna@nordby-vand.example\r\nBcc: evil@evil.example", ("anna@nordby-vand.example",)),
        (b"From: \xff\xfe<>\r\nReply-To: ,,,(((", ("anna@nordby-vand.example",)),
        (b"Subject: x", ("anna@nordby-vand.example",)),
        (b"", ("anna@nordby-vand.example",)),
    ],
)
def test_an_answer_goes_to_own_addresses_alone(
    counters: Callable[[dict[str, Any]], Counter], head: bytes, to: tuple[str, ...]
) -> None:
    writing = Writing(counters({}), head + b"\r\n\r\nHej\r\n")
    assert isinstance(writing.send(Form(everyone=True)), Taken)
    assert writing.raw[0].recipients == to
    writing.desk.close()


def test_a_sender_outside_the_house_gets_no_answer(
    counters: Callable[[dict[str, Any]], Counter],
) -> None:
    writing = Writing(counters({}), b"From: x@andet.example\r\n\r\nHej\r\n", sender="x@andet.example")
    assert writing.desk.form(writing.opened).closed is Why.CLOSED
    assert refused(writing.send(Form()))[0] is Why.CLOSED
    assert writing.raw == []
    writing.desk.close()


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


def test_a_mailbox_that_does_not_exist_is_told(writing: Writing) -> None:
    writing.counter.return_port.rcpt_replies = {"anna@nordby-vand.example": "550 5.1.1 no such user"}
    assert refused(writing.send(Form()))[0] is Why.MAILBOX
    assert isinstance(writing.send(Form(everyone=True)), Taken), "the others took it"


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


def test_one_that_dies_while_handing_on_holds_nobody_back_for_ever(writing: Writing) -> None:
    writing.counter.return_port.stop()
    kept = writing.send(Form())
    assert isinstance(kept, AnswerRefused)
    writing.counter.return_port.start()
    with transaction(writing.counter.engine) as connection:  # as if killed in the middle
        connection.execute(sealed_answer.update().values(sending_until=writing.counter.now + 300))
    writing.counter.now += 301
    assert asyncio.run(writing.desk.send_again(writing.opened, kept.answer_id)) == Taken(kept.answer_id)


def test_a_full_disk_is_told(writing: Writing, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "fsync", full)
    assert refused(writing.send(Form()))[0] is Why.NO_SPACE
    monkeypatch.undo()
    assert writing.stored() == []


@pytest.mark.parametrize("writing", [{"uploads": 3}], indirect=True)
def test_so_many_uploads_at_once_and_two_for_one_recipient(writing: Writing) -> None:
    release = threading.Event()

    async def slow() -> Any:
        whole = Form().whole()
        yield whole[:100]
        await asyncio.to_thread(release.wait, 10)
        yield whole[100:]

    async def crowd() -> tuple[list[Any], AnswerRefused | Taken]:
        first = [
            asyncio.create_task(
                writing.desk.take_answer(writing.opened, slow(), Form().content_type, lambda _: True)
            )
            for _ in range(2)
        ]
        await asyncio.sleep(0.1)
        third = await writing.take(Form())
        release.set()
        return await asyncio.gather(*first), third

    others, third = asyncio.run(crowd())
    assert refused(third)[0] is Why.BUSY
    assert all(isinstance(one, Taken) for one in others)
    assert isinstance(writing.send(Form()), Taken)


def test_a_large_answer_needs_no_memory(writing: Writing) -> None:
    """Ten megabytes in and sealed, and never more than a few of them here."""

    def pieces() -> Iterator[bytes]:
        block = bytes(range(256)) * 256
        for _ in range(160):
            yield block

    form = Form(files=(("film.mp4", pieces()),))
    writing.counter.return_port.stop()  # whose own copy would be counted, too
    tracemalloc.start()
    try:
        outcome = asyncio.run(
            writing.desk.take_answer(
                writing.opened, flowing(form.pieces()), form.content_type, lambda _: True
            )
        )
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        writing.counter.return_port.start()
    assert refused(outcome)[0] is Why.NOT_SENT
    assert peak < 5_000_000, peak
