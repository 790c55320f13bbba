"""Values that stand coded in a text are read as the programs that write such texts show them."""

from __future__ import annotations

import time
from base64 import b64encode

import pytest

from corpus.extracted import extract
from segl.settings.detection import Limits
from segl_classifier.parse import parse
from segl_classifier.records.coded_lines import coded_lines

VALUE = b64encode("Søren har cpr-nummer 010190-1234 og bor på Elmevej".encode()).decode()
LDIF = f"dn: cn=soeren\ndescription:: {VALUE[:40]}\n {VALUE[40:]}\nsn: Holm\n"


def texts(raw: str) -> str:
    return "\n".join(text.text for text in extract(parse(raw.encode(), Limits()), Limits())[0])


@pytest.mark.parametrize("kind", ["text/x-ldif", "text/plain", "application/octet-stream"])
def test_values_of_an_export_are_decoded(kind: str) -> None:
    assert "Søren har cpr-nummer 010190-1234" in texts(f"Content-Type: {kind}; name=a.ldif\n\n{LDIF}")


@pytest.mark.parametrize("mark", ["", "> ", "> > "])
def test_encoded_words_in_quoted_fields_are_decoded(mark: str) -> None:
    quoted = f"Hej\n\n{mark}From: a\n{mark}Subject: Vedr. =?utf-8?B?{VALUE}?=\n"
    assert "Vedr. Søren har cpr-nummer 010190-1234" in texts(f"Content-Type: text/plain\n\n{quoted}")
    assert "010190-1234" in coded_lines("Subject: =?utf-8?Q?cpr_0101=390?=\n =?utf-8?Q?-1234?=")


@pytest.mark.parametrize(
    "text",
    [
        "std::vector",
        "Emne::Referat",
        "a:: b",
        f"jpegPhoto:: {b64encode(bytes(range(90))).decode()}",
        "Spørgsmål: =? er det en fejl?",
        "Se afsnit 3:: AAAA",
    ],
)
def test_what_only_looks_so_gives_nothing(text: str) -> None:
    assert coded_lines(text) == ""


@pytest.mark.parametrize(
    ("charsets", "content"),
    [
        ("charset=utf-8; charset=ibm037", "cpr 010190-1234".encode("cp037")),
        ("charset=us-ascii; charset=utf-7", b"cpr +ADAAMQAwADEAOQAw--1234"),
        ("charset=iso-8859-1; charset=UTF-16le", "cpr 010190-1234".encode("utf-16-le")),
    ],
)
def test_of_two_charsets_both_are_tried(charsets: str, content: bytes) -> None:
    head = f"Content-Type: text/plain; {charsets}\nContent-Transfer-Encoding: base64\n\n"
    assert "010190-1234" in texts(head + b64encode(content).decode())


def test_one_charset_named_twice_is_one() -> None:
    message = parse(b"Content-Type: text/plain; charset=utf-8; charset=UTF-8\n\nhej", Limits())
    assert len(message.parts) == 1


@pytest.mark.parametrize(
    "hostile",
    [
        "::" * 500_000,
        "a:: AAAA\n" * 120_000,
        "\n " * 500_000 + "::=?",
        "a: =?u?q?" + "x" * 1_000_000,
        "a:=?x?q?" * 120_000,
    ],
)
def test_hostile_text_takes_little_time(hostile: str) -> None:
    started = time.process_time()
    coded_lines(hostile)
    assert time.process_time() - started < 2


@pytest.mark.parametrize("kind", ["text/plain", "text/vcard"])
def test_a_card_in_quoted_printable_is_decoded_whatever_it_is_called(kind: str) -> None:
    head = (
        f"Content-Type: {kind}\nContent-Disposition: attachment; filename=kort.txt\n"
        "Content-Transfer-Encoding: base64\n\n"
    )
    card = b"BEGIN:VCARD\r\nVERSION:2.1\r\nNOTE;ENCODING=QUOTED-PRINTABLE:CPR 0101=\r\n90=2D1234\r\nEND:VCARD\r\n"
    assert "CPR 010190-1234" in texts(head + b64encode(card).decode())
    assert "CPR 010190-1234" not in texts(head + b64encode(card.replace(b"QUOTED-", b"")).decode())
