"""What was inside an envelope may be bytes that no mail can carry."""

from __future__ import annotations

from email import message_from_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segl_delivery.inbound.carried import carried
from segl_delivery.inbound.restoring import restored
from segl_delivery.smime.unwrapping import Unwrapped

PDF = b"%PDF-1.4\n\x00\xff\r\n\x80 stream\nA\rB\n" + b"x" * 2_000 + b"\n"
LEAF = b"Content-Type: application/pdf; name=a.pdf\r\nContent-Transfer-Encoding: binary\r\n\r\n"
TEXT = b"Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\nK\xc3\xa6re Bo"


def mixed(*parts: bytes, kind: str = "mixed", encoding: str = "binary") -> bytes:
    head = f'Content-Type: multipart/{kind}; boundary="b-{kind}"\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n'
    mark = f"--b-{kind}".encode()
    return head.encode() + b"".join(mark + b"\r\n" + part + b"\r\n" for part in parts) + mark + b"--\r\n"


def can_be_carried(entity: bytes) -> bool:
    lines = entity.split(b"\n")
    return (
        b"\0" not in entity
        and all(len(line) <= 999 for line in lines)
        and entity.count(b"\n") == entity.count(b"\r\n")
    )


@pytest.mark.parametrize(
    "entity",
    [
        LEAF + PDF,
        LEAF.replace(b"Transfer-Encoding: binary", b"Transfer-Encoding: Binary ") + PDF,
        LEAF.replace(b"Content-Transfer-Encoding: binary\r\n", b"") + PDF,  # says nothing, and is binary
        mixed(TEXT, LEAF + PDF),
        mixed(TEXT, mixed(TEXT, LEAF + PDF, kind="related")),
    ],
    ids=["leaf", "in capitals", "undeclared", "mixed", "nested"],
)
def test_a_file_in_binary_arrives_whole(entity: bytes) -> None:
    made = carried(entity)
    assert can_be_carried(made)
    files = [part for part in message_from_bytes(made).walk() if part.get_content_type() == "application/pdf"]
    assert [file.get_payload(decode=True) for file in files] == [PDF]
    assert b"K\xc3\xa6re Bo" in made or TEXT not in entity


def test_a_message_in_a_message_is_carried_as_well() -> None:
    inner = b"From: a@b.example\r\nMIME-Version: 1.0\r\n" + mixed(TEXT, LEAF + PDF)
    made = carried(b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: binary\r\n\r\n" + inner)
    assert can_be_carried(made)
    assert b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: 8bit\r\n" in made
    [file] = [
        part for part in message_from_bytes(made).walk() if part.get_content_type() == "application/pdf"
    ]
    assert file.get_payload(decode=True) == PDF


@pytest.mark.parametrize(
    "entity",
    [
        TEXT,
        mixed(TEXT, TEXT, encoding="8bit"),
        b"Content-Type: text/plain\r\n\r\nDer st\xc3\xa5r: Content-Transfer-Encoding: binary",
        mixed(LEAF + PDF, b"Content-Type: application/pkcs7-signature\r\n\r\nx", kind="signed"),
        b"Content-Type: application/pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n" + b"QUJD" * 400,
        b"",
    ],
)
def test_what_can_be_carried_or_is_signed_stays_to_the_byte(entity: bytes) -> None:
    assert carried(entity) == entity


@given(st.binary(max_size=300))
def test_nothing_raises_and_no_file_is_changed(noise: bytes) -> None:
    carried(noise)
    carried(b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" + noise)
    made = carried(LEAF + noise)
    assert message_from_bytes(made).get_payload(decode=True) == noise


def test_it_is_delivered_so() -> None:
    outer = b"From: bo@x.example\r\nSubject: s\r\nContent-Type: application/pkcs7-mime\r\n\r\nxx"
    fields, body = restored(outer, Unwrapped(LEAF + PDF, (), LEAF + PDF), "")
    whole = b"".join(field.raw for field in fields) + b"\r\n" + bytes(body)
    assert message_from_bytes(whole).get_payload(decode=True) == PDF
