"""Parsing: the parts, names and surroundings of a message, in every form that reaches a reader."""

from __future__ import annotations

import base64
import time

import pytest

from corpus.extracted import extract
from corpus.messages import hidden
from segl.mime.transfer import Encoding
from segl.settings.detection import Limits
from segl_classifier.message import Message, Source
from segl_classifier.parse import parse

LIMITS = Limits()
CPR = "010190-1234"
HIDDEN = hidden()


def crlf(text: str) -> bytes:
    return text.lstrip("\n").replace("\n", "\r\n").encode()


def parsed(text: str, limits: Limits = LIMITS) -> Message:
    return parse(crlf(text), limits)


def subject(message: Message) -> str:
    [found] = [text.text for text in message.texts if text.where == "subject"]
    return found


def all_text(raw: bytes, limits: Limits = LIMITS) -> str:
    texts, _ = extract(parse(raw, limits), limits)
    return "\n".join(text.text for text in texts)


ORDINARY = """
From: Bente Sørensen <bente@vand.example>
To: Bo <bo@kunde.example>
Subject: =?utf-8?q?Vedr=C3=B8rende_m=C3=A5ler?=
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="ydre"

This is a multi-part message in MIME format.
--ydre
Content-Type: multipart/alternative; boundary="indre"

--indre
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

Hej Bo, m=C3=A5leren
--indre
Content-Type: text/html; charset=utf-8

<p>Hej Bo</p>
--indre--
--ydre
Content-Type: application/pdf; name="afregning 010190-1234.pdf"
Content-Disposition: attachment; filename="afregning 010190-1234.pdf"
Content-Transfer-Encoding: base64

JVBERi0xLjcK
--ydre
Content-Type: message/rfc822
Content-Disposition: attachment; filename=gammel.eml

Subject: Den gamle
Content-Type: text/plain

Hej igen
--ydre--
"""


def test_an_ordinary_message() -> None:
    message = parsed(ORDINARY)
    assert subject(message) == "Vedrørende måler"
    assert [(p.where, p.content_type, p.attached) for p in message.parts] == [
        ("part 1.1", "text/plain", False),
        ("part 1.2", "text/html", False),
        ("part 2 > afregning 0101xx-xxxx.pdf", "application/pdf", True),
        ("part 3 > gammel.eml > body", "text/plain", True),
    ]
    assert message.parts[0].payload.decode().strip() == "Hej Bo, måleren"
    assert message.parts[2].encoding is Encoding.BASE64
    assert message.parts[2].payload == b"%PDF-1.7\n"
    assert message.unread == ()
    told = [(text.where, text.text, text.source) for text in message.texts]
    assert told == [
        ("from", "Bente Sørensen", Source.NAME),
        ("to", "Bo", Source.NAME),
        ("subject", "Vedrørende måler", Source.SUBJECT),
        ("body preamble", "This is a multi-part message in MIME format.\r\n", Source.SURROUND),
        ("part 2 file name", f"afregning {CPR}.pdf", Source.FILENAME),
        ("part 3 file name", "gammel.eml", Source.FILENAME),
        ("part 3 > gammel.eml > subject", "Den gamle", Source.SUBJECT),
    ]


def test_a_place_shows_no_whole_number() -> None:
    """``where`` is printed and logged; the file name in it is masked, cut and made printable."""
    name = "x\x07y" + "z" * 200 + f"{CPR}.pdf"
    (part,) = parsed(f'Content-Type: a/b; name="{CPR}\x07.pdf"\n\nx').parts
    assert part.where == "body > 0101xx-xxxx .pdf"
    (part,) = parsed(f'Content-Type: a/b; name="{name}"\n\nx').parts
    assert len(part.where) < 100
    assert part.where.isprintable()


@pytest.mark.parametrize("newline", ["\r\n", "\n", "\r"], ids=["CRLF", "LF", "CR"])
@pytest.mark.parametrize("case", HIDDEN)
def test_the_number_is_found(case: str, newline: str) -> None:
    """tests/corpus/mime/hidden.txt: one message for each trap."""
    assert CPR in all_text(HIDDEN[case].replace("\n", newline).encode())


def test_zero_bytes_hide_nothing() -> None:
    assert CPR in all_text(b"Subject: a\r\n\r\nCpr 0101\0" + b"90-1234")


@pytest.mark.parametrize("kind", ["text/plain", "message/rfc822"])
@pytest.mark.parametrize("encoding", ["=?utf-8?q?base64?=", "x-qp"])
def test_an_encoding_that_nobody_knows_is_told_of(kind: str, encoding: str) -> None:
    head = f"Content-Type: {kind}\nContent-Transfer-Encoding: {encoding}\n\n"
    _, unread = extract(parsed(f"{head}Q3By IDAxMDE5MC0xMjM0"), LIMITS)
    assert [finding.rule for finding in unread] == ["unreadable.unknown-type"]


def test_readings_are_told_apart_from_ordinary_messages() -> None:
    """An ordinary message has one reading: nothing in it is found twice."""
    assert len(parsed(ORDINARY).parts) == 4


# Limits


def nested(levels: int) -> bytes:
    return b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (level, level)
        for level in range(levels)
    )


def rules(raw: bytes, limits: Limits = LIMITS) -> list[str]:
    return [finding.rule for finding in parse(raw, limits).unread]


def test_depth_is_limited() -> None:
    limits = Limits(depth=5)
    assert rules(nested(5) + b"\r\nhej", limits) == []
    assert rules(nested(6) + b"\r\nhej", limits) == ["unreadable.too-deep"]
    messages = b"Content-Type: message/rfc822\r\n\r\n" * 6 + b"hej"
    assert rules(messages, limits) == ["unreadable.too-deep"]


def test_three_thousand_levels_are_refused_at_once() -> None:
    start = time.process_time()
    assert rules(nested(3000) + b"\r\nhej") == ["unreadable.too-deep"]
    assert time.process_time() - start < 0.5


def test_the_number_of_parts_is_limited() -> None:
    raw = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nhej\r\n" * 10_000 + b"--b--"
    message = parse(raw, LIMITS)
    assert [finding.rule for finding in message.unread] == ["unreadable.too-many"]
    assert len(message.parts) == LIMITS.parts - 1  # the multipart counts too
    assert rules(raw, Limits(parts=10_001)) == []


@pytest.mark.parametrize("stretch", [b"--b--a\r\n", b"--b--\r\na\r\n", b"--b; a\r\n\r\n", b"--b a\r\n"])
def test_the_stretches_that_belong_to_no_part_are_limited(stretch: bytes) -> None:
    head = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nhej\r\n--b--\r\n"
    message = parse(head + stretch * 50_000, LIMITS)
    assert [finding.rule for finding in message.unread][:1] == ["unreadable.too-many"]
    assert len(message.texts) <= LIMITS.parts
    assert message.parts[0].payload.strip() == b"hej"
    few = parse(head + stretch * 400, LIMITS)  # as many as no sender makes
    assert few.unread == ()
    assert len([text for text in few.texts if text.source is Source.SURROUND]) >= 400


def test_a_part_behind_too_many_stretches_is_read() -> None:
    head = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    message = parse(head + b"--b--a\r\n" * 3_000 + b"--b\r\n\r\nhej\r\n--b--\r\n", LIMITS)
    assert [finding.rule for finding in message.unread] == ["unreadable.too-many"]
    assert {part.payload.strip() for part in message.parts} == {b"hej"}


@pytest.mark.parametrize("kind", ["multipart/mixed", "text/plain", "application/pdf"])
def test_the_boundaries_of_one_part_are_limited(kind: str) -> None:
    """Each of them is looked for in the whole body."""
    told = "".join(f"; boundary=b{number}" for number in range(1_000))
    head = f"Content-Type: {kind}{told}\r\n\r\n--b0\r\n\r\nhej\r\n--b0--\r\n".encode()
    start = time.process_time()
    message = parse(head + b"x" * 4_000_000, LIMITS)
    assert time.process_time() - start < 0.5
    assert [finding.rule for finding in message.unread] == ["unreadable.damaged"]
    assert b"hej" in [part.payload.strip() for part in message.parts]


def test_the_names_of_one_part_are_limited() -> None:
    names = "".join(f"; filename=a{number}" for number in range(21))
    message = parsed(f"Content-Disposition: attachment{names}\n\nhej")
    assert [finding.rule for finding in message.unread] == ["unreadable.too-many"]
    assert len(message.texts) == 20
    assert rules(crlf(f"Content-Disposition: attachment{names.removesuffix('; filename=a20')}\n\nhej")) == []


def test_a_huge_header_is_read_to_its_limit() -> None:
    raw = b"Subject: Emne\r\nX-A: " + b"hej " * 250_000 + b"\r\nX-B: " + CPR.encode() + b"\r\n\r\nkrop"
    message = parse(raw, LIMITS)
    assert subject(message) == "Emne"
    assert [(f.rule, f.where) for f in message.unread] == [("unreadable.too-large", "header")]
    assert [part.payload for part in message.parts] == [b"krop"]


def test_a_huge_part_header_is_told_of_too() -> None:
    raw = (
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nX-A: "
        + b"y" * 2000
        + b"\r\n\r\nhej\r\n--b--"
    )
    (finding,) = parse(raw, Limits(header_bytes=1000)).unread
    assert (finding.rule, finding.where) == ("unreadable.too-large", "part 1 header")


def test_a_message_over_the_limit_is_not_read_but_for_its_header() -> None:
    message = parse(b"Subject: sikker: hej\r\n\r\n" + b"x" * 5000, Limits(message_bytes=1000))
    assert subject(message) == "sikker: hej"
    assert message.parts == ()
    assert [finding.rule for finding in message.unread] == ["unreadable.too-large"]


_FOUR_TYPES = "".join(f"Content-Type: multipart/mixed; boundary=b@; x={n}\n" for n in range(4))
_TWO_ENDS = "no field\nContent-Type: multipart/mixed; boundary=b@\n"
_TWO_BOUNDARIES = "Content-Type: multipart/mixed; boundary=b@; boundary=c@\n\n--c@\n"


@pytest.mark.parametrize("head", [_FOUR_TYPES, _TWO_ENDS, _TWO_BOUNDARIES])
def test_many_ways_to_read_a_message_are_not_followed_for_ever(head: str) -> None:
    """Each level can be read in two ways or more: followed blindly, 25 levels are millions of readings."""
    levels = (f"{head}\n--b@\n".replace("@", str(level)) for level in range(25))
    raw = crlf("".join(levels) + "\n" + "hej " * 40_000)
    start = time.process_time()
    message = parse(raw, LIMITS)
    assert "unreadable.damaged" in [finding.rule for finding in message.unread]
    assert sum(len(part.encoded) for part in message.parts) < 8 * len(raw)
    assert time.process_time() - start < 3


@pytest.mark.parametrize(
    ("raw", "rule"),
    [
        ("".join(f"Content-Type: text/plain; x={n}\n" for n in range(5)) + "\nhej", "unreadable.damaged"),
        (
            f"Content-Type: multipart/mixed{''.join(f'; boundary=b{n}' for n in range(5))}\n\n"
            + "".join(f"--b{n}\n\nhej\n" for n in range(5)),
            "unreadable.damaged",
        ),
        ("A: b\n\n" + "Content-Transfer-Encoding: base64\n\nQQ==\n--x\n" * 51, "unreadable.too-many"),
        (f"Content-Type: text/plain; x={'y' * 30_000}\n\nhej", "unreadable.too-large"),
    ],
    ids=["five types", "five boundaries", "51 quoted parts", "a field of 30,000 characters"],
)
def test_ways_beyond_the_limit_are_told_of(raw: str, rule: str) -> None:
    assert rules(crlf(raw)) == [rule]


@pytest.mark.parametrize("start", ["", "Hej Bo\n\n"])
def test_a_header_quoted_behind_a_line_of_text_is_opened_once(start: str) -> None:
    """As a supporter sends it. The line is no header field, so the mail itself is all there is to open."""
    letters = base64.b64encode(CPR.encode()).decode()
    quoted = f"Her er headeren:\nReceived: from x\nContent-Transfer-Encoding: base64\n\n{letters}\n"
    message = parsed(f"From: a@b.example\nContent-Type: text/plain\n\n{start}{quoted}")
    assert message.unread == ()
    assert len(message.parts) < 5
    assert CPR in all_text(crlf(f"From: a@b.example\nContent-Type: text/plain\n\n{start}{quoted}"))


def test_an_encrypted_multipart_is_told_of() -> None:
    raw = b"Content-Type: multipart/encrypted; boundary=b\r\n\r\n--b\r\nContent-Type: a/b\r\n\r\nx\r\n--b--"
    assert rules(raw) == ["unreadable.encrypted"]


def test_one_piece_of_a_message_is_damaged() -> None:
    assert rules(b"Content-Type: message/partial; id=a; number=2\r\n\r\nxyz") == ["unreadable.damaged"]


@pytest.mark.parametrize("sign", "\u200b\u200e\u034f\u2066", ids=["space", "mark", "joiner", "isolate"])
def test_signs_that_show_nothing_are_in_no_name(sign: str) -> None:
    written = sign.join("Karen")
    raw = f"""
Cc: {written} <bo@kunde.example>
Content-Type: multipart/mixed; boundary=b

{written} forrest
--b
Content-Type: application/octet-stream; name="{written} fil"; x="{written} x"

x
--b--
"""
    told = {text.text for text in parsed(raw).texts}
    assert {"Karen", "Karen forrest", "Karen fil", "x=Karen x"} <= {text.strip() for text in told}
