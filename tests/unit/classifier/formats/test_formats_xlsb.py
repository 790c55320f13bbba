"""Binary workbooks (MS-XLSB), put together record by record. Those that SheetJS writes were read besides."""

from __future__ import annotations

import io
import struct
import zipfile
from dataclasses import replace
from itertools import count

import pytest

from corpus.reading import ALLOWANCE, causes, stands_in, text_of
from segl.vocabulary import Unreadable
from segl_classifier.formats.kind import kind_of
from segl_classifier.formats.ooxml import reader
from segl_classifier.formats.registry import reader_for

NUMBER = "070761-4285"
RELATIONS = """<Relationships><Relationship Id="rId1" Type="x/worksheet" Target="worksheets/sheet1.bin"/>
<Relationship Id="rId2" Type="x/worksheet" Target="/xl/worksheets/sheet2.bin"/></Relationships>"""
TYPES = (
    '<Types><Override PartName="/xl/workbook.bin" ContentType='
    '"application/vnd.ms-excel.sheet.binary.macroEnabled.main"/></Types>'
)


def record(kind: int, data: bytes = b"") -> bytes:
    head = bytes([kind]) if kind < 0x80 else bytes([kind & 0x7F | 0x80, kind >> 7])
    size = len(data)
    return head + (bytes([size]) if size < 0x80 else bytes([size & 0x7F | 0x80, size >> 7])) + data


def text(letters: str) -> bytes:
    return struct.pack("<I", len(letters)) + letters.encode("utf-16-le")


def cell(kind: int, value: bytes, column: int = 1, style: int = 0) -> bytes:
    return record(kind, struct.pack("<II", column, style) + value)


def short(kind: int, value: bytes, style: int = 0) -> bytes:
    """A cell in the column behind the last one."""
    return record(kind, struct.pack("<I", style) + value)


def sheet(*rows: bytes, behind: bytes = b"") -> bytes:
    table = b"".join(record(0, struct.pack("<I", at)) + row for at, row in zip(count(), rows))
    return record(145) + table + record(146) + behind


def named(title: str, relation: str, hidden: int = 0) -> bytes:
    return record(156, struct.pack("<II", hidden, 1) + text(relation) + text(title))


def book(first: bytes, *, workbook: bytes = b"", **parts: bytes) -> bytes:
    """A workbook with one sheet, with *parts* ("comments1" of the folder ``xl``), and more about the *workbook*."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        package.writestr("[Content_Types].xml", TYPES)
        package.writestr("xl/workbook.bin", named("Ark1", "rId1") + workbook)
        package.writestr("xl/_rels/workbook.bin.rels", RELATIONS)
        package.writestr("xl/worksheets/sheet1.bin", first)
        for name, data in parts.items():
            package.writestr(f"xl/{name.replace('__', '/')}.bin", data)
    return out.getvalue()


SHARED = record(19, b"\0" + text("Navn")) + record(19, b"\0" + text(NUMBER))
DAY = record(44, struct.pack("<H", 170) + text("ddmmyy")) + record(617) + record(47, bytes(4))
DAY += record(47, struct.pack("<HH", 0, 170) + bytes(12)) + record(618)
HEAD = cell(6, text("Navn"), 0) + cell(6, text("CPR-nr."), 1)
DOUBLE, PACKED = struct.pack("<d", 707614285.0), struct.pack("<I", 70076142 << 2 | 2)
LINK = record(494, bytes(16) + text("rId2") + text("") + text(f"Anna {NUMBER}") + text(""))
FOOT = record(479, bytes(2) + text("&LHus") + text(f"&C&P {NUMBER}"))
FORMULA = cell(8, text(NUMBER) + bytes(2) + struct.pack("<I", 5) + b"\x44\0\0\0\0" + bytes(4))
LITERAL = b"\x17" + struct.pack("<H", 7) + "070761-".encode("utf-16-le")


@pytest.mark.parametrize(
    ("rows", "behind", "number"),
    [
        ([cell(6, text(NUMBER))], b"", NUMBER),
        ([cell(62, b"\0" + text(NUMBER))], b"", NUMBER),
        ([cell(7, struct.pack("<I", 1))], b"", NUMBER),
        ([HEAD, cell(6, text("Anna"), 0) + short(17, text(NUMBER))], b"", f"Anna\t{NUMBER}"),
        ([HEAD, cell(6, text("Anna"), 0) + short(18, struct.pack("<I", 1))], b"", f"Anna\t{NUMBER}"),
        ([HEAD, cell(5, DOUBLE)], b"", "0707614285"),
        ([HEAD, cell(6, text("Anna"), 0) + short(16, DOUBLE)], b"", "Anna\t0707614285"),
        ([cell(2, PACKED)], b"", "70076142"),
        ([cell(6, text("Anna"), 0) + short(12, b"") + short(13, PACKED)], b"", "Anna\t70076142"),
        ([cell(9, DOUBLE + bytes(10))], b"", "0707614285"),
        ([FORMULA], b"", NUMBER),
        ([cell(5, struct.pack("<d", 22469.0), style=1) + cell(6, text("4285"), 2)], b"", "070761\t4285"),
        ([HEAD], LINK, NUMBER),
        ([HEAD], FOOT, NUMBER),
        ([HEAD], record(426, bytes(9) + b"\x17\x0b\0" + NUMBER.encode("utf-16-le")), NUMBER),
    ],
)
def test_a_number_is_read_whatever_cell_or_record_it_stands_in(
    rows: list[bytes], behind: bytes, number: str
) -> None:
    data = book(sheet(*rows, behind=behind), sharedStrings=SHARED, styles=DAY)
    content = reader.read(data, "", ALLOWANCE)
    assert stands_in(content, number)
    assert "&L" not in text_of(content)
    assert not content.lacks
    assert "names of sheets" in [passage.place for passage in content.passages]


def test_comments_and_words_of_tables_are_read() -> None:
    said = record(637, b"\0" + text(f"Anna {NUMBER}"))
    for name in ("comments1", "tables__table1"):
        content = reader.read(book(sheet(HEAD), **{name: said}), "", ALLOWANCE)
        assert stands_in(content, NUMBER) == ["comment"]
        assert not content.lacks


@pytest.mark.parametrize(
    ("data", "cause"),
    [
        (book(sheet(HEAD), pivotCache__pivotCacheRecords1=record(1)), Unreadable.UNKNOWN_TYPE),
        (book(sheet(HEAD), externalLinks__externalLink1=record(1)), Unreadable.UNKNOWN_TYPE),
        (book(sheet(HEAD + record(99, DOUBLE))), Unreadable.UNKNOWN_TYPE),
        (book(sheet(cell(8, text("") + bytes(6) + LITERAL))), Unreadable.UNKNOWN_TYPE),
        (book(sheet(HEAD)[:-20]), Unreadable.DAMAGED),
        (book(sheet(HEAD)[: -len(record(146))]), Unreadable.DAMAGED),
        (book(sheet(cell(7, struct.pack("<I", 9)))), Unreadable.DAMAGED),
        (book(sheet(record(5, b"\0"))), Unreadable.DAMAGED),
        (book(sheet(cell(6, text(NUMBER)[:-2]))), Unreadable.DAMAGED),
        (book(sheet(HEAD), comments1=record(637, b"\0\7")), Unreadable.DAMAGED),
        (book(sheet(HEAD), styles=record(44, b"\0")), Unreadable.DAMAGED),
    ],
)
def test_what_is_not_read_is_told_of(data: bytes, cause: Unreadable) -> None:
    assert causes(reader.read(data, "", ALLOWANCE)) == {cause}


def test_what_the_workbook_says_of_its_sheets_and_days_holds() -> None:
    rows = sheet(cell(5, struct.pack("<d", 22469.0), style=1))
    since_1904 = record(153, b"\1\0\0\0") + named("Skjult", "rId2", hidden=1)
    data = book(rows, workbook=since_1904, styles=DAY, worksheets__sheet2=sheet(cell(6, text(NUMBER))))
    content = reader.read(data, "", ALLOWANCE)
    assert stands_in(content, "080765") == ["sheet Ark1"]
    assert stands_in(content, NUMBER) == ["hidden sheet Skjult"]


def test_texts_of_no_cell_and_of_formats_are_read() -> None:
    said = record(44, struct.pack("<H", 171) + text('[=1]"Skizofreni"'))
    content = reader.read(book(sheet(cell(7, bytes(4))), sharedStrings=SHARED, styles=said), "", ALLOWANCE)
    assert stands_in(content, NUMBER) == ["texts of no cell"]
    assert stands_in(content, "Navn") == ["sheet Ark1"]
    assert stands_in(content, "Skizofreni") == ["formats of cells"]


def test_empty_strings_take_room_too_and_one_may_not_be_there() -> None:
    data = book(sheet(HEAD), sharedStrings=200 * record(19, b"\0" + text("")))
    assert causes(reader.read(data, "", replace(ALLOWANCE, chars=1_000))) == {Unreadable.TOO_LARGE}
    content = reader.read(book(sheet(HEAD), comments1=record(637, b"\0\xff\xff\xff\xff")), "", ALLOWANCE)
    assert not content.lacks


def test_what_stands_beside_something_broken_is_read() -> None:
    broken = record(19, b"\0" + text("Bo, født 070761")[:-4])
    rows = sheet(cell(7, struct.pack("<I", 1)), record(5, b"\0") + cell(6, text("Holm")))
    content = reader.read(book(rows, sharedStrings=broken + SHARED), "", ALLOWANCE)
    assert causes(content) == {Unreadable.DAMAGED}
    assert {"Bo, født 0707", "Navn\nHolm"} <= {passage.text for passage in content.passages}


def test_a_comment_may_be_in_any_script() -> None:
    said = "Пацієнтка, żona Łukasza"
    content = reader.read(book(sheet(HEAD), comments1=record(637, b"\0" + text(said))), "", ALLOWANCE)
    assert stands_in(content, said) == ["comment"]


@pytest.mark.parametrize("name", ["calcChain", "worksheets__binaryIndex1", "tables__table1", "sharedStrings"])
def test_another_file_under_the_name_of_a_part_is_read_as_what_it_is(name: str) -> None:
    letter = f"Personnummer {NUMBER}".encode()
    for data in (letter, book(sheet(HEAD))):
        content = reader.read(book(sheet(HEAD), **{name: data}), "", ALLOWANCE)
        assert [file.data for file in content.files] == [data]


def test_a_harmless_one_is_plain_and_known_for_what_it_is() -> None:
    rows = sheet(HEAD, cell(6, text("Pumpe"), 0) + short(13, struct.pack("<I", 12 << 2 | 2)))
    data = book(rows, worksheets__binaryIndex1=b"\x2a\x04", calcChain=record(1), metadata=record(2))
    content = reader.read(data, "", ALLOWANCE)
    assert not content.lacks
    assert not content.files
    assert "Navn\tCPR-nr.\nPumpe\t12" in text_of(content)
    assert reader_for(kind_of(data, "application/octet-stream")) is reader.read
