"""Texts know where they were found, and files inside files are walked, to a limit."""

from __future__ import annotations

import base64

from corpus.extracted import extract
from corpus.parts import CPR, LIMITS, PNG, causes, part, read, texts
from segl.settings.detection import Limits
from segl_classifier.extract import REGISTRY
from segl_classifier.extracted import Extracted
from segl_classifier.message import Message, Part, Source
from segl_classifier.parse import parse


def test_a_text_written_into_the_page_is_read() -> None:
    assert CPR in texts(part(b'<a href="data:text/plain,cpr%20010190-1234">x</a>', "text/html"))
    assert CPR in texts(
        part(
            b'<a href="data:text/html;base64,' + base64.b64encode(b"0101<b>90-1234") + b'">x</a>', "text/html"
        )
    )


def test_files_written_into_a_calendar_or_card_are_opened() -> None:
    value = base64.b64encode(b"Cpr 010190-1234 og mere")
    attached = (
        b"BEGIN:VCALENDAR\r\nATTACH;ENCODING=BASE64;VALUE=BINARY:"
        + value[:20]
        + b"\r\n "
        + value[20:]
        + b"\r\nEND"
    )
    assert CPR in texts(part(attached, "text/calendar"))
    photo = b"PHOTO;ENCODING=b;TYPE=PNG:" + base64.b64encode(PNG) + b"\r\n"
    assert causes(part(photo, "text/vcard")) == []  # a small picture shown in place


# Sources and places


def test_texts_know_their_place_and_source() -> None:
    found, _ = read(
        part(b"hej", "text/plain"),
        part(b"hej", "text/plain", "a.txt", attached=True),
        part(b"<p title=t>hej</p>", "text/html"),
    )
    assert [(t.text, t.where, t.source) for t in found] == [
        ("hej", "part 1", Source.BODY),
        ("hej", "part 1", Source.ATTACHMENT),
        ("hej", "part 1", Source.BODY),
        ("t", "part 1 (not shown)", Source.SURROUND),
    ]


def test_a_uuencoded_file_has_its_name_and_place() -> None:
    block = b'Se her\nbegin 644 010190-1234.txt\n/0W!R(#`Q,#$Y,"TQ,C,T\n`\nend\n'
    found, unread = read(part(block, "text/plain"))
    assert [(t.text, t.where, t.source) for t in found[1:]] == [
        ("010190-1234.txt", "part 1 > 0101xx-xxxx.txt file name", Source.FILENAME),
        ("Cpr 010190-1234", "part 1 > 0101xx-xxxx.txt", Source.ATTACHMENT),
    ]
    assert unread == []
    assert causes(part(b"begin 644 a.zip\n$4$L#!```\n`\nend\n", "text/plain")) == ["damaged BadZipFile"]


def test_a_uuencoded_file_that_breaks_off_is_told_of() -> None:
    """What stands behind a line that is none, some programs decode."""
    block = b'begin 644 a.txt\n#:&5J\n~~~ \n/0W!R(#`Q,#$Y,"TQ,C,T\n`\nend\n'
    assert causes(part(block, "text/plain")) == ["damaged a uuencoded file that does not end"]
    assert causes(part(b"begin 644 a.txt\n#:&5J\n", "text/plain")) == []
    assert causes(part(b"begin 644 a.txt\nat the beginning\n", "text/plain")) == []


def test_a_message_found_inside_a_file_is_walked() -> None:
    """As an archive would give it: the walk has not seen it."""
    message = b"Subject: a\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.b64encode(
        b"Cpr 010190-1234"
    )
    for kind, name in (("message/rfc822", ""), ("", "a.eml"), ("text/plain", "a.eml")):
        found, unread = read(part(message, kind, name, attached=True))
        assert [(t.text, t.where, t.source) for t in found] == [
            ("a", "part 1 > subject", Source.SUBJECT),
            ("Cpr 010190-1234", "part 1 > body", Source.ATTACHMENT),
        ]
        assert unread == []


def test_both_alternatives_are_read() -> None:
    raw = (
        b"Content-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n\r\nplain\r\n"
        b"--b\r\nContent-Type: text/html\r\n\r\n<p>markup</p>\r\n--b--"
    )
    found = [text.text.strip() for text in extract(parse(raw, LIMITS), LIMITS)[0]]
    assert found == ["plain", "markup"]


def archive_of(levels: int) -> dict[str, object]:
    """A registry with a reader that finds one more file inside each, as archives do."""

    def unpack(part: Part, limits: Limits) -> Extracted:
        inner = Part(
            f"{part.where} > x", part.content_type, "", "x", True, part.encoded, depth=part.depth + levels
        )
        return Extracted(parts=(inner,))

    return {"application/x-nest": unpack}


def test_files_inside_files_end_at_the_depth_limit() -> None:
    message = Message((part(b"\x01x", "application/x-nest"),), ())
    _, unread = extract(message, LIMITS, {**REGISTRY, **archive_of(1)})  # type: ignore[dict-item]
    assert [finding.rule for finding in unread] == ["unreadable.too-deep"]


def test_files_inside_files_end_at_the_limit_of_parts() -> None:
    message = Message((part(b"\x01x", "application/x-nest"),), ())
    _, unread = extract(message, LIMITS, {**REGISTRY, **archive_of(0)})  # type: ignore[dict-item]
    assert [finding.rule for finding in unread] == ["unreadable.too-many"]
