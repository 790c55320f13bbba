"""A recipient writes back: from the form to a mail in the sender's thread, and what she sees of it again."""

from __future__ import annotations

import asyncio
import errno
import os
import threading
import tracemalloc
from collections.abc import Iterator
from typing import Any

import pytest

from segl.audit import Act, entries
from segl.events import Events, configure_log
from segl.sealed import life
from segl.store.engine import transaction
from segl.tables.sealed import sealed_recipient
from segl_portal.answering import AnswerRefused, AnswerService, Taken, Why
from world.forms import Form, flowing
from world.writing import Writing, refused, said


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
    configure_log()  # an earlier test of this process may have turned the log elsewhere
    writing.desk.close()
    counter = writing.counter
    writing.desk = AnswerService(counter.settings, counter.engine, Events("segl-portal"), lambda: counter.now)
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
