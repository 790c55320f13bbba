"""Calendars and cards: lines unfolded, escapes undone, files in them opened under their names, by any type."""

from __future__ import annotations

import base64
import time

import pytest

from corpus.extracted import extract
from segl.settings.detection import Limits
from segl_classifier.message import Message, Part, Source, Text
from segl_classifier.rules import shipped_rules

CPR = "010190-1234"
TABLE = base64.b64encode(b"Navn;Dage\nAnna Lund;3\nBo Hansen;14\nCarl Toft;1").decode()
CARD = "BEGIN:VCARD\r\nVERSION:3.0\r\nN:Lund;Anna\r\nNOTE:CPR 0101\r\n 90-1234\\, af Anna\r\nEND:VCARD\r\n"
CALENDAR = "BEGIN:VCALENDAR\r\nDESCRIPTION:Hej\\, cpr 0101\r\n\t90-1234\\nmvh\r\nEND:VCALENDAR\r\n"


def read(data: bytes, content_type: str = "text/calendar", name: str = "aftale.ics") -> list[Text]:
    part = Part("part 2", content_type, "", name, bool(name), data)
    texts, gaps = extract(Message((part,), ()), Limits())
    assert gaps == []
    return texts


def said(texts: list[Text]) -> str:
    return "\n".join(text.text for text in texts)


@pytest.mark.parametrize(
    ("content_type", "name"),
    [
        *(("text/plain", name) for name in ("kontakt.vcf", "")),
        *(
            (f"application/{kind}", "kontakt.vcf")
            for kind in ("x-vcard", "vcard", "vcard+text", "octet-stream")
        ),
        *((f"text/{kind}", "a") for kind in ("x-vcal", "ics", "vcal", "x-card", "directory")),
    ],
)
@pytest.mark.parametrize("card", [CARD, CALENDAR], ids=["card", "calendar"])
def test_lines_are_unfolded_whatever_the_type_says(card: str, content_type: str, name: str) -> None:
    texts = read(card.encode(), content_type, name)
    assert CPR in said(texts)
    assert "\\," not in said(texts)
    assert len([text for text in texts if text.source is not Source.FILENAME]) == 1


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_card_in_another_form_of_unicode_is_one(encoding: str) -> None:
    assert CPR in said(read(CARD.encode(encoding), "text/plain", "kontakt.vcf"))


def test_a_card_called_text_whose_values_are_encoded_is_read() -> None:
    note = b"NOTE;ENCODING=QUOTED-PRINTABLE:cpr 0101=\r\n90-1234"
    assert CPR in said(read(b"BEGIN:VCARD\r\n" + note + b"\r\nEND:VCARD\r\n", "text/plain", "k.vcf"))


def test_what_stands_behind_a_card_keeps_its_lines() -> None:
    texts = read(f"{CARD}\r\nHej Ib\r\n  020290-1234 er Bos\r\n".encode(), "text/plain", "k.txt")
    assert CPR in said(texts)
    assert "Ib\n  020290-1234" in said(texts).replace("\r", "")


@pytest.mark.parametrize(
    "parameters",
    [
        'X-FILENAME="Sygefravær uge 12.csv";ENCODING=BASE64',
        "ENCODING=BASE64;VALUE=BINARY;X-FILENAME=Sygefravær uge 12.csv",
        'FMTTYPE=text/csv;FILENAME="Sygefravær uge 12.csv";ENCODING=BASE64',
        'VALUE=BINARY;ENCODING="BASE64";X-ORACLE-FILENAME="Sygefravær uge 12.csv"',
        'X-TITLE="Møde: listen";FILENAME="Sygefravær uge 12.csv";ENCODING=BASE64',
        'BASE64;FILENAME="Sygefravær uge 12.csv"',
    ],
)
@pytest.mark.parametrize("content_type", ["text/calendar", "text/plain"])
def test_a_file_in_it_is_read_under_its_name(parameters: str, content_type: str) -> None:
    folded = "\r\n ".join((TABLE[:20], TABLE[20:]))
    calendar = f"BEGIN:VCALENDAR\r\nATTACH;{parameters}:{folded}\r\nEND:VCALENDAR\r\n"
    texts = read(calendar.encode(), content_type)
    assert "Sygefravær uge 12.csv" in [text.text for text in texts if text.source is Source.FILENAME]
    assert {finding.rule for finding in shipped_rules().find(texts)} >= {"column.work"}
    assert TABLE[:20] not in said([text for text in texts if text.where == "part 2"])


def test_the_name_itself_is_read() -> None:
    calendar = f'BEGIN:VCALENDAR\r\nATTACH;X-FILENAME="{CPR}: brev.txt";ENCODING=BASE64:{TABLE}\r\n'
    assert any(
        text.text == f"{CPR}: brev.txt" and text.source is Source.FILENAME for text in read(calendar.encode())
    )


@pytest.mark.parametrize("value", ["a;b", 'a"b', '"a', "a:b;ENCODING=BASE64"])
def test_a_value_that_only_looks_encoded_stays(value: str) -> None:
    assert "Sygefravaer1234567890" in said(
        read(f"BEGIN:VCARD\r\nNOTE;X={value}:Sygefravaer1234567890\r\n".encode())
    )


@pytest.mark.parametrize("length", [0, 3_000, 5_000, 50_000])
def test_a_description_in_html_is_read_as_html_wherever_it_stands(length: int) -> None:
    words = "\r\n ".join(["Dagsorden for mødet "] * (length // 20))
    html = "X-ALT-DESC;FMTTYPE=text/html:<html><body>cpr 0101<b>90-\r\n 1234</b></body></html>"
    calendar = f"BEGIN:VCALENDAR\r\nDESCRIPTION:{words}\r\n{html}\r\nEND:VCALENDAR\r\n"
    assert CPR in said(read(calendar.encode()))


@pytest.mark.parametrize(
    "unit", ['A;X="b";', 'A;X="', "A;" + "x" * 90 + "\r\n", "A;ENCODING=B:" + "A" * 40 + "\r\n"]
)
def test_a_megabyte_of_anything_ends_in_time(unit: str) -> None:
    data = ("BEGIN:VCALENDAR\r\n" + unit * (1_000_000 // len(unit))).encode()
    part = Part("part 2", "text/calendar", "", "a.ics", True, data)
    begin = time.process_time()
    extract(Message((part,), ()), Limits())
    assert time.process_time() - begin < 5
