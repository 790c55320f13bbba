"""What an answer's mail takes over from the sealed message: enough for the thread, and nothing that could do harm."""

from __future__ import annotations

import email
import time
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segl.addresses import domain_of
from segl.mail.fields import read_header
from segl_portal.answering.letter import Base64Lines, Letter, end, file_start, new_boundary
from segl_portal.answering.original import Original, read_original

NOW = datetime(2026, 11, 25, 10, tzinfo=UTC)
FIELDS = {
    *("date", "from", "to", "cc", "reply-to", "subject", "message-id", "in-reply-to", "references"),
    *("segl-answer", "mime-version", "content-type", "content-transfer-encoding"),
}


def is_own(address: str) -> bool:
    return domain_of(address) == "nordby.example" and "%" not in address


def original(head: bytes, recipient: str = "bo@vestby.example") -> Original:
    return read_original(head, "anna@nordby.example", recipient, is_own)


def letter(of: Original, recipient: str = "bo@vestby.example") -> Letter:
    return Letter(
        "0a" * 16,
        "0b" * 16,
        of,
        recipient,
        "Nordby Vand",
        "sikker@nordby.example",
        "nordby.example",
        "da",
        NOW,
    )


def parsed(raw: bytes) -> EmailMessage:
    message = email.message_from_bytes(raw, policy=policy.default)
    assert isinstance(message, EmailMessage)
    return message


def head_of(**fields: str) -> bytes:
    lines = [f"{name.replace('_', '-')}: {value}" for name, value in fields.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\nHej\r\n"


@pytest.mark.parametrize(
    ("subject", "shown"),
    [
        ("Din sag", "Re: Din sag"),
        ("Re: Din sag", "Re: Din sag"),
        ("SV: Din sag", "SV: Din sag"),
        ("sikker: Din sag", "Re: sikker: Din sag"),
        ("=?utf-8?b?w4ZibGU=?=", "Re: Æble"),
        ("=?utf-8?q?a=0D=0ABcc=3A_evil=40evil.example?=", "Re: a Bcc: evil@evil.example"),
        ("", "Re: (uden emne)"),
        ("x" * 5000, "Re: " + "x" * 400),
        ("=?utf-8?q?=E2=80=AE?=evil", "Re: evil"),
    ],
)
def test_the_subject(subject: str, shown: str) -> None:
    made = letter(original(head_of(Subject=subject))).start("Hej", everyone=False, boundary="")
    assert parsed(made)["Subject"] == shown


@pytest.mark.parametrize(
    ("head", "message_id", "references"),
    [
        (head_of(Message_ID="<a@x>"), "<a@x>", ("<a@x>",)),
        (head_of(Message_ID="<a@x>", In_Reply_To="<0@x>"), "<a@x>", ("<0@x>", "<a@x>")),
        (
            head_of(Message_ID="<a@x>", In_Reply_To="<9@x>", References="<1@x> <2@x>"),
            "<a@x>",
            ("<1@x>", "<2@x>", "<a@x>"),
        ),
        (head_of(Message_ID="a@x"), "", ()),
        (head_of(Message_ID="<a b@x>"), "", ()),
        (head_of(Message_ID="<" + "a" * 300 + ">"), "", ()),
        (head_of(Subject="x"), "", ()),
    ],
)
def test_the_thread(head: bytes, message_id: str, references: tuple[str, ...]) -> None:
    found = original(head)
    assert (found.message_id, found.references) == (message_id, references)


def test_of_a_long_thread_the_beginning_and_the_latest() -> None:
    before = " ".join(f"<{number}@x>" for number in range(1000))
    found = original(head_of(Message_ID="<a@x>", References=before)).references
    assert len(found) == 20
    assert (found[0], found[-2], found[-1]) == ("<0@x>", "<999@x>", "<a@x>")


@pytest.mark.parametrize(
    ("to", "shown"),
    [
        ("Bo Hansen <bo@vestby.example>", "Bo Hansen (bo at vestby.example)"),
        ("bo@vestby.example", "bo at vestby.example"),
        ("BO@VESTBY.example", "bo at vestby.example"),
        ('"Bo, Hansen" <bo@vestby.example>', "Bo, Hansen (bo at vestby.example)"),
        ("chef@bank.example <bo@vestby.example>", "chef bank.example (bo at vestby.example)"),
        ('"chef@bank.example" <bo@vestby.example>', "chef bank.example (bo at vestby.example)"),
        ('"x\\" <evil@evil.example>" <bo@vestby.example>', 'x" <evil evil.example> (bo at vestby.example)'),
        ("=?utf-8?q?Bo_=C3=86_Hansen?= <bo@vestby.example>", "Bo Æ Hansen (bo at vestby.example)"),
        ("andre@vestby.example", "bo at vestby.example"),
    ],
)
def test_who_wrote_stands_in_the_display_name_and_the_address_is_ours(to: str, shown: str) -> None:
    made = parsed(letter(original(head_of(To=to))).start("Hej", everyone=False, boundary=""))
    [author] = made["From"].addresses
    assert (author.display_name, author.addr_spec) == (shown, "sikker@nordby.example")
    assert made["Reply-To"] == "bo@vestby.example"


@pytest.mark.parametrize(
    "recipient", ['"odd name"@vestby.example', "bo@[192.0.2.1]", "b\u00e5@vestby.example"]
)
def test_an_odd_address_of_the_recipient(recipient: str) -> None:
    made = letter(original(head_of(To="x@vestby.example"), recipient), recipient)
    raw = made.start("Hej", everyone=False, boundary="")
    fields, _ = read_header(raw)
    assert {field.name for field in fields} <= FIELDS
    assert raw.isascii() == recipient.isascii()


@given(st.binary(max_size=600), st.text(max_size=200), st.booleans())
def test_no_header_of_the_sealed_message_gets_a_field_of_its_own_into_the_mail(
    noise: bytes, text: str, everyone: bool
) -> None:
    for head in (
        noise,
        b"Subject: " + noise,
        b"To: " + noise,
        b"From: " + noise,
        b"Message-ID: <" + noise + b">",
    ):
        of = original(head)
        assert of.to, "the envelope's sender is own"
        assert all(map(is_own, (*of.to, *of.others)))
        raw = letter(of).start(text, everyone=everyone, boundary="")
        fields, at = read_header(raw)
        names = [field.name for field in fields]
        assert set(names) <= FIELDS
        assert len(set(names)) == len(names)
        assert max(map(len, raw.split(b"\r\n"))) <= 998
        assert b"\n" not in raw.replace(b"\r\n", b"")
        assert raw[at:].isascii()


def test_a_hostile_header_costs_no_time() -> None:
    began = time.perf_counter()
    for piece in (b"<", b'"', b"(", b"\\", b",", b"=?utf-8?q?", b"a@b,", b"<a@b>", b" ", b"=?", b"((((<"):
        for name in (b"To", b"From", b"Reply-To", b"Subject", b"References", b"Message-ID"):
            original(name + b": " + piece * (200_000 // len(piece)) + b"\r\n\r\n")
    assert time.perf_counter() - began < 20


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_base64_in_lines_is_what_went_in(pieces: list[bytes]) -> None:
    lines, boundary = Base64Lines(), new_boundary()
    body = b"".join(map(lines.add, pieces)) + lines.end()
    assert all(len(line) <= 76 for line in body.split(b"\r\n"))
    start = letter(original(b"")).start("Hej", everyone=False, boundary=boundary)
    made = parsed(start + file_start("å b.bin", boundary) + body + end(boundary))
    [part] = made.iter_attachments()
    assert part.get_payload(decode=True) == b"".join(pieces)
    assert part.get_filename() == "å b.bin"
    assert not made.defects


@pytest.mark.parametrize(
    "cc",
    [
        "'carl@nordby.example' <carl@nordby.example>, dora@nordby.example",
        "carl@nordby.example <carl@nordby.example>, Dora <dora@nordby.example>",
        "=?utf-8?Q?S=C3=B8rensen=2C_Carl?= <carl@nordby.example>, dora@nordby.example",
        "carl@nordby.example, Hele huset, dora@nordby.example, <>",
    ],
)
def test_colleagues_can_be_answered_however_their_names_are_written(cc: str) -> None:
    of = original(head_of(To="Bo <bo@vestby.example>", Cc=cc))
    assert of.others == ("carl@nordby.example", "dora@nordby.example")
