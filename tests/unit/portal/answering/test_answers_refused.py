"""What is not taken as an answer: why it is told, and that nothing of it stays."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from segl.sealed import life
from segl.settings.document import Settings
from segl.settings.file import parse_settings
from segl_portal.answering import AnswerRefused, AnswerService, Taken, Why, service
from world.counter import Counter
from world.forms import Form, sent
from world.peers import ACCEPTED
from world.writing import Writing, refused

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
        (Form().with_file("konsol.msc", b"<MMC_ConsoleFile>"), (Why.FILE_REFUSED, "konsol.msc")),
        (Form().with_file("x.settingcontent-ms", b"<xml>"), (Why.FILE_REFUSED, "x.settingcontent-ms")),
        (Form().with_file("ark.iqy", b"WEB"), (Why.FILE_REFUSED, "ark.iqy")),
        (Form().with_file("faktura.html", b"<script>"), (Why.FILE_REFUSED, "faktura.html")),
        (Form().with_file("logo.svg", b"<svg/>"), (Why.FILE_REFUSED, "logo.svg")),
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


@pytest.mark.parametrize("form", [Form(), Form().with_file("a.txt", b"x")], ids=["alone", "with a file"])
@pytest.mark.parametrize("writing", [{"text_bytes": 2000}], indirect=True)
def test_a_text_that_is_too_long_comes_back_whole(writing: Writing, form: Form) -> None:
    form = replace(form, text="€" * 2000, everyone=True)
    too_long = AnswerRefused(Why.TEXT_TOO_LONG, text=form.text or "", everyone=True)
    assert writing.send(form) == too_long
    given_back = writing.desk.refuse(Why.GONE, form.stream(), form.content_type)
    assert asyncio.run(given_back) == replace(too_long, why=Why.GONE)
    assert writing.stored() == []


def test_what_is_refused_before_it_is_read_gives_the_text_back_too(
    writing: Writing, monkeypatch: pytest.MonkeyPatch
) -> None:
    form = Form(text="Lang tekst\nskrevet på telefon").with_file("a.bin", b"x" * 200_000)
    too_large = writing.desk.take_answer(
        writing.opened, form.stream(), form.content_type, lambda _: True, content_length=10**12
    )
    assert asyncio.run(too_large) == AnswerRefused(Why.TOO_LARGE, text=form.text or "")
    monkeypatch.setattr(service, "_FOR_ONE", 0)
    assert writing.send(form) == AnswerRefused(Why.BUSY, text=form.text or "")
    everyone = replace(form, everyone=True)
    given_back = writing.desk.refuse(Why.GONE, everyone.stream(7), form.content_type)
    assert asyncio.run(given_back) == AnswerRefused(Why.GONE, text=form.text or "", everyone=True)
    for content_type in ("", "multipart/form-data; boundary=x"):
        given_back = writing.desk.refuse(Why.GONE, form.stream(), content_type)
        assert asyncio.run(given_back) == AnswerRefused(Why.GONE)
    assert writing.stored() == []


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


@pytest.mark.parametrize("later", [3700, -7200], ids=["an hour later", "by a clock that is set back"])
@pytest.mark.parametrize("writing", [{"answers": 3}, {"answers_an_hour": 3}], indirect=True)
def test_so_many_answers_and_no_more(writing: Writing, later: int) -> None:
    for number in range(3):
        assert isinstance(writing.send(Form(text=f"{number}")), Taken)
    limited_by_hour = writing.counter.settings.portal.answers.answers_an_hour == 3
    why = Why.TOO_SOON if limited_by_hour else Why.TOO_MANY_ANSWERS
    assert writing.desk.form(writing.opened).closed is why
    assert refused(writing.send(Form()))[0] is why
    writing.counter.now += later
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
        (b"From: 'anna@nordby-vand.example' <anna@nordby-vand.example>", ("anna@nordby-vand.example",)),
        (
            b"From: anna@nordby-vand.example\r\nReply-To: 'post' <post@nordby-vand.example>, x <",
            ("post@nordby-vand.example",),
        ),
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


def test_a_kept_answer_to_one_who_is_no_own_address_any_more_does_not_leave_in_clear(
    writing: Writing,
) -> None:
    """The domain was taken out of the settings meanwhile, and the port for Segl's own mail is not there yet."""
    counter = writing.counter
    counter.return_port.data_reply = "451 4.3.0 not now"
    kept = writing.send(Form(text="Vigtigt"))
    assert isinstance(kept, AnswerRefused)
    counter.return_port.data_reply = ACCEPTED
    moved = AnswerService(
        without_the_domain(counter.settings), counter.engine, counter.events, lambda: counter.now
    )
    assert refused(asyncio.run(moved.send_again(writing.opened, kept.answer_id)))[0] is Why.NOT_SENT
    moved.close()
    assert writing.raw == []
    assert [view.sent for view in writing.desk.thread(writing.opened)] == [False]
    assert asyncio.run(writing.desk.send_again(writing.opened, kept.answer_id)) == Taken(kept.answer_id)


def without_the_domain(settings: Settings) -> Settings:
    """*settings* of a house that has another domain."""
    return parse_settings(
        {
            "organisation": {"name": "Nordby Vandværk", "domains": ["nordby.example"]},
            "portal": {"url": settings.portal.url, "sealed": str(settings.portal.sealed)},
            "delivery": {"reinject": settings.reinject},
            "store": {"url": settings.store.url},
        }
    )
