"""What a recipient sees of a message: its body as its sender meant it, and everything else as files."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.letters import PNG, file, message, multipart, text
from corpus.markup import Seen
from corpus.messages import MONSTERS, outside_corpus, outside_messages
from segl_portal.reading.files import open_file, open_picture
from segl_portal.reading.frame import POLICY, frame_document
from segl_portal.reading.kinds import FileKind
from segl_portal.reading.sanitise import Clean, sanitise
from segl_portal.reading.source import BytesSource
from segl_portal.reading.view import MessageView, Note, read_message
from world.needs import OUTSIDE_CORPUS

OUTSIDE = outside_corpus()


def bounded(html: str, pictures: Mapping[str, str]) -> Clean | None:
    """As the workshop does it, without a process: what is too much is not tried."""
    return None if html.count("<") > 20_000 else sanitise(html, pictures)


def view(raw: bytes) -> MessageView:
    return read_message(BytesSource(raw), bounded, folded="Vis tidligere besked")


def test_the_header_is_told() -> None:
    seen = view(message(text("Hej")))
    assert seen.subject == "Svar på sagen"
    assert seen.date == datetime(2026, 11, 25, 2, 0, tzinfo=UTC)
    assert [(box.name, box.address) for box in seen.sender] == [("Søren Holm", "soeren@vand.example")]
    assert [(box.name, box.address) for box in seen.to] == [
        ("Anna Hansen", "anna@x.example"),
        ("", "bo@x.example"),
    ]
    assert [box.address for box in seen.cc] == ["eva@x.example"]


HTML = text("<p>Kære <b>Anna</b></p>", "html")
PLAIN = text("Kære Anna")
CALENDAR = "Content-Type: text/calendar; method=REQUEST\r\n\r\nBEGIN:VCALENDAR\r\nEND:VCALENDAR"
LOGO = file(PNG, "image/png", more="Content-ID: <logo@x>\r\n")
WITH_LOGO = text('<p>Kære Anna</p><img src="cid:logo@x">', "html")
P7S = file(b"0", "application/pkcs7-signature", "brev.pdf.p7s")
EMPTY = text("<html><head><title>x</title></head><body>&nbsp;<p></p></body></html>", "html")
DRAWN = text("<svg><text>Kære Anna, tegnet</text></svg>", "html")
PDF = file(b"%PDF-1.7\n%", "application/pdf", "brev.pdf")


@pytest.mark.parametrize(
    ("case", "body", "html", "files"),
    [
        ("plain text", PLAIN, "Kære Anna", []),
        ("HTML", HTML, "<p>Kære <b>Anna</b></p>", []),
        ("the last alternative", multipart("alternative", PLAIN, HTML), "<p>Kære <b>Anna</b></p>", []),
        ("text liked better than HTML", multipart("alternative", HTML, PLAIN), '<div class="text">Kære Anna', []),
        ("an alternative nobody shows", multipart("alternative", PLAIN, file(b"x", "text/x-amp")), "Kære Anna", ["2"]),
        ("an invitation", multipart("alternative", PLAIN, HTML, CALENDAR), "<b>Anna</b>", ["3.ics"]),
        ("a picture in the text", multipart("related", WITH_LOGO, LOGO), '<img src="picture/2">', []),
        ("a picture nobody shows", multipart("related", HTML, LOGO), "<b>Anna</b>", ["2.png"]),
        (
            "the root named by start",
            multipart("related", LOGO, WITH_LOGO.replace("\r\n", "\r\nContent-ID: <root>\r\n", 1),
                      more="; start=\"<root>\""),
            '<img src="picture/1">', [],
        ),
        (
            "alternatives, one of them with pictures, and a file",
            multipart("mixed", multipart("alternative", PLAIN, multipart("related", WITH_LOGO, LOGO, boundary="r"),
                                         boundary="a"), PDF),
            '<img src="picture/5">', ["brev.pdf"],
        ),
        ("two texts", multipart("mixed", PLAIN, text("Hilsen")), "Hilsen", []),
        ("a text sent as a file", multipart("mixed", PLAIN, file(b"hej", "text/plain", "a.txt")), "Anna", ["a.txt"]),
        ("a text file with a name only", multipart("mixed", PLAIN, "Content-Type: text/plain; name=a.txt\r\n\r\nx"),
         "Anna", ["a.txt"]),
        ("a message as a file", multipart("mixed", PLAIN, "Content-Type: message/rfc822\r\n\r\nSubject: Om\r\n\r\nx"),
         "Anna", ["Om.eml"]),
        ("a signature of a file", multipart("mixed", PLAIN, PDF, P7S), "Anna", ["brev.pdf", "brev.pdf.p7s"]),
        ("signed", multipart("signed", PLAIN, file(b"0", "application/pkcs7-signature", "smime.p7s")), "Anna", []),
        ("a report", multipart("report", PLAIN, "Content-Type: message/delivery-status\r\n\r\nAction: failed"),
         "Anna", ["2.txt"]),
        ("an unknown multipart", multipart("x-odd", PLAIN, PDF), "Anna", ["brev.pdf"]),
        ("only a file", PDF, "", ["brev.pdf"]),
        ("nothing", "", "", []),
        ("Outlook's own", multipart("mixed", PLAIN, file(b"\x78\x9f\x3e\x22", "application/ms-tnef", "winmail.dat")),
         "Anna", ["winmail.dat"]),
        ("flowed", text("en lang \r\nlinje", more="").replace("utf-8", "utf-8; format=flowed"), "en lang linje", []),
    ],
)  # fmt: skip
def test_the_body_is_what_the_sender_meant_and_the_rest_are_files(
    case: str, body: str, html: str, files: list[str]
) -> None:
    seen = view(message(body))
    assert html in seen.html
    assert [part.name for part in seen.files] == files


@pytest.mark.parametrize(
    ("body", "notes"),
    [
        (multipart("encrypted", "Content-Type: application/pgp-encrypted\r\n\r\nVersion: 1",
                   "Content-Type: application/octet-stream\r\n\r\n-----BEGIN PGP MESSAGE-----"), {Note.ENCRYPTED}),
        ("Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m\r\n\r\nx", {Note.ENCRYPTED}),
        ("Content-Type: application/pkcs7-mime; smime-type=signed-data; name=smime.p7m\r\n\r\nx", {Note.SIGNED}),
        (text("-----BEGIN PGP MESSAGE-----\r\n\r\nhQ=="), {Note.ENCRYPTED}),
        (multipart("signed", PLAIN, file(b"0", "application/pgp-signature", "signature.asc")), {Note.SIGNED}),
        (text("x" * 1_000_001), {Note.SHORTENED}),
        (text("<p>" * 20_001 + "hej", "html"), {Note.SIMPLIFIED}),
        (multipart("mixed", *[PLAIN] * 1_100), {Note.TRUNCATED}),
        (multipart("mixed", PLAIN, PDF, P7S), set()),  # that file is signed, not this message
        (DRAWN, {Note.SIMPLIFIED}),
        (PLAIN, set()),
    ],
)  # fmt: skip
def test_what_the_page_should_say_beside_it(body: str, notes: set[Note]) -> None:
    assert view(message(body)).notes == notes


def test_html_that_cannot_be_made_harmless_is_shown_as_words() -> None:
    seen = view(message(text("<p>" * 20_001 + "Kære <b>Anna</b><script>x</script>", "html")))
    assert "Kære Anna" in seen.html
    assert set(Seen(seen.html).tags) == {"div"}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (multipart("alternative", PLAIN, EMPTY), "Kære Anna"),
        (multipart("alternative", PLAIN, DRAWN), "Kære Anna</div>"),
        (multipart("alternative", PLAIN, multipart("related", EMPTY, LOGO, boundary="r")), "Kære Anna"),
        (multipart("alternative", text(" "), DRAWN), "Kære Anna, tegnet"),
        (multipart("alternative", text(" "), EMPTY), ""),
        (multipart("alternative", PLAIN, text('<img src="https://x.example/a">', "html")), "Kære Anna"),
        (
            multipart("alternative", PLAIN, multipart("related", WITH_LOGO, LOGO, boundary="r")),
            "<p>Kære Anna",
        ),
        (DRAWN, "Kære Anna, tegnet"),
        (text("<p>Svar: <textarea>Nej &lt;b&gt;tak</textarea></p>", "html"), "Nej &lt;b&gt;tak"),
        (text("<select><option>Ja</option></select>", "html"), "Ja"),
        (text("<noscript>Slå script til</noscript>", "html"), "Slå script til"),
        (text("<title>Kære<p>Anna", "html"), "Kære Anna"),
        (text("<object data=x><p>Kære Anna</p></object>", "html"), "<p>Kære Anna</p>"),
        (EMPTY, ""),
        (text('<img src="https://x.example/a" width="1">', "html"), ""),
        (text("\u200b \u00a0"), ""),
    ],
)
def test_what_was_written_is_seen_or_it_is_said_that_there_is_nothing(body: str, words: str) -> None:
    """A frame without a word would be taken for the message: its sender is told that she has opened it."""
    seen = view(message(body))
    assert words in seen.html
    assert bool(seen.html) is bool(words), "the page says that there is no text"
    assert bool(seen.text) is bool(words)


@pytest.mark.parametrize(
    ("data", "kind", "name", "shown"),
    [
        (b"%PDF-1.7", "application/octet-stream", "brev.pdf", FileKind.PDF),
        (
            b"MZ\x90\0\3\0\0\0\4\0\0\0\xff\xff\0\0\xb8\0\0\0",
            "application/pdf",
            "faktura.pdf",
            FileKind.PROGRAM,
        ),
        (b"hej", "text/plain", "faktura.pdf.js", FileKind.PROGRAM),
        (b"PK\3\4", "application/zip", "brev.docx", FileKind.DOCUMENT),
        (b"PK\3\4", "application/zip", "x.zip", FileKind.ARCHIVE),
        (PNG, "application/octet-stream", "x", FileKind.PICTURE),
        (b"hej", "image/png", "x.png", FileKind.PICTURE),
        (b"0\x80", "application/pkcs7-mime", "smime.p7m", FileKind.ENCRYPTED),
        (b"\0\1\2", "application/x-odd", "x.odd", FileKind.OTHER),
    ],
)
def test_files_are_told_by_their_bytes_first(data: bytes, kind: str, name: str, shown: FileKind) -> None:
    (listed,) = view(message(multipart("mixed", PLAIN, file(data, kind, name)))).files
    assert (listed.kind, listed.size, listed.name) == (shown, len(data), name)
    assert listed.preview == (data[:4] in (b"%PDF", PNG[:4]))


def test_a_file_goes_out_as_its_bytes_were() -> None:
    data = bytes(range(256)) * 1000
    source = BytesSource(message(multipart("mixed", PLAIN, file(data, "application/x", "../x.bin"))))
    opened = open_file(source, 2)
    assert opened is not None
    assert opened.file.name == "x.bin"
    assert b"".join(opened.chunks()) == data
    for number in (-1, 0, 3, 10**9):
        assert open_file(source, number) is None


def test_only_pictures_are_shown_as_pictures() -> None:
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
    html = text('<img src="cid:a"><img src="cid:b"><img src="cid:c">', "html")
    parts = [
        file(PNG, "image/svg+xml", more="Content-ID: <a>\r\n"),
        file(svg, "image/png", more="Content-ID: <b>\r\n"),
        file(b"<html>", "image/jpeg", more="Content-ID: <c>\r\n"),
    ]
    source = BytesSource(message(multipart("related", html, *parts)))
    seen = view(message(multipart("related", html, *parts)))
    assert seen.pictures == {2}
    assert seen.blocked == 2
    picture = open_picture(source, 2)
    assert picture is not None
    assert (picture.content_type, picture.size, b"".join(picture.chunks())) == ("image/png", len(PNG), PNG)
    for number in (0, 1, 3, 4, 99):
        assert open_picture(source, number) is None


def test_the_document_of_the_frame_lets_nothing_out() -> None:
    document = frame_document(view(message(HTML)).html, title="<Svar>", language="da")
    assert "<title>&lt;Svar&gt;</title>" in document
    assert "<script" not in document
    directives = dict(part.strip().partition(" ")[::2] for part in POLICY.split(";"))
    assert directives["default-src"] == "'none'"
    assert directives["form-action"] == "'none'"
    assert "allow-scripts" not in directives["sandbox"]
    assert "script-src" not in directives
    import base64
    import hashlib

    style = document.split("<style>")[1].split("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"'sha256-{digest}'" in directives["style-src-elem"]


# Any message


def check(raw: bytes) -> MessageView:
    source = BytesSource(raw)
    seen = view(raw)
    tags = set(Seen(seen.html).tags)
    assert not tags & {"script", "style", "form", "iframe", "object", "svg", "link", "meta", "base"}
    for part in seen.files[:3]:
        opened = open_file(source, part.number)
        assert opened is not None
        assert opened.file == part
        assert sum(map(len, opened.chunks())) == part.size
    for number in seen.pictures:
        assert open_picture(source, number) is not None
    return seen


@given(st.binary(max_size=300))
@settings(max_examples=200, deadline=None)
def test_any_bytes(raw: bytes) -> None:
    check(raw)


@pytest.mark.parametrize("name", MONSTERS)
def test_monsters_are_shown_in_bounded_time(name: str) -> None:
    raw = MONSTERS[name]()
    start = time.process_time()
    check(raw)
    assert time.process_time() - start < 6.0


@OUTSIDE_CORPUS
def test_the_outside_corpus_is_shown() -> None:
    assert OUTSIDE is not None
    empty = []
    for name, raw in outside_messages(OUTSIDE).items():
        start = time.process_time()
        seen = check(raw)
        assert time.process_time() - start < 2.0, name
        if not (seen.html or seen.files):
            empty.append(name)
    assert len(empty) < 80, empty
