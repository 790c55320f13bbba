"""Workbooks of before 2007: charts in sheets, and what is kept beside the cells."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable, Iterator

import pytest
import xlwt
from hypothesis import given
from hypothesis import strategies as st

from corpus.compound import compound
from corpus.reading import ALLOWANCE, causes, stands_in, text_of
from segl.vocabulary import Unreadable
from segl_classifier.formats.compound import read
from segl_classifier.formats.content import Content
from segl_classifier.formats.office97 import xls_formulas

NUMBER = "010190-1234"
WORKBOOK, SHEET, CHART = 5, 0x10, 0x20


def record(kind: int, data: bytes = b"") -> bytes:
    return struct.pack("<HH", kind, len(data)) + data


def substream(of: int, *records: bytes) -> bytes:
    begin = record(0x809, struct.pack("<HHHHII", 0x600, of, 0x0DBB, 0x07CC, 0, 6))
    return begin + b"".join(records) + record(0x0A)


def text(letters: str) -> bytes:
    """A string with its length in two bytes."""
    return struct.pack("<HB", len(letters), 0) + letters.encode("latin-1")


def value(row: int, column: int, number: float) -> bytes:
    return record(0x203, struct.pack("<HHHd", row, column, 0, number))


def label(row: int, column: int, letters: str) -> bytes:
    return record(0x204, struct.pack("<HHH", row, column, 0) + text(letters))


def records(stream: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, at)
        yield kind, stream[at : at + 4 + size]
        at += 4 + size


def book(fill: Callable[[xlwt.Worksheet], None], *more: bytes) -> bytes:
    """The stream of a workbook of one sheet, with *more* records behind its cells."""
    workbook = xlwt.Workbook()
    fill(workbook.add_sheet("Ark"))
    stream: bytes = workbook.get_biff_data()
    return stream[:-4] + b"".join(more) + stream[-4:]


def read_stream(stream: bytes, **others: bytes) -> Content:
    return read(compound({"Workbook": stream, **others}), "", ALLOWANCE)


def people(sheet: xlwt.Worksheet) -> None:
    for row in range(3):
        sheet.write(row, 0, f"0{row + 1}0190-1234")
        sheet.write(row, 1, 10 + row)


def test_a_chart_in_a_sheet_leaves_the_cells_of_the_sheet_alone() -> None:
    """It keeps its values as cells, too, from the first row and column on."""
    values = (record(0x1065, b"\1\0"), *(value(row, 0, 10.5 + row) for row in range(3)))
    names = (record(0x1065, b"\2\0"), *(label(row, 0, f"0{row + 1}0290-1234") for row in range(3)))
    content = read_stream(book(people, substream(CHART, *values, *names), label(3, 0, "efter")))
    shown = {passage.place: passage.text for passage in content.passages}
    assert shown["sheet Ark"] == "010190-1234\t10\n020190-1234\t11\n030190-1234\t12\nefter"
    assert shown["chart in sheet Ark"].split() == [
        *("10.5", "010290-1234", "11.5", "020290-1234", "12.5", "030290-1234")
    ]
    assert content.lacks == ()


def test_cells_of_a_sheet_that_is_not_listed_are_read() -> None:
    """As in the data of a chart that was made in Word."""
    stream = substream(WORKBOOK) + substream(SHEET, label(1, 0, NUMBER))
    assert stands_in(read_stream(stream), NUMBER) == ["a sheet without a name"]


def test_a_text_that_no_cell_names_is_read() -> None:
    stream = book(people)
    cell = next(whole for kind, whole in records(stream) if kind == 0xFD)
    assert stands_in(read_stream(stream.replace(cell, b"")), NUMBER) == ["texts of no cell"]
    assert stands_in(read_stream(stream), NUMBER) == ["sheet Ark"]


def test_charts_in_charts_without_end_are_told_of() -> None:
    stream = book(people, *[record(0x809, struct.pack("<HHII", 0x600, CHART, 0, 0))] * 1_000)
    assert Unreadable.TOO_DEEP in causes(read_stream(stream))


def test_a_long_text_that_a_formula_came_to_is_read_to_its_end() -> None:
    formula = record(6, struct.pack("<HHH", 5, 0, 0) + bytes(6) + b"\xff\xff" + bytes(6) + bytes(2))
    first = struct.pack("<HB", 8_240, 0) + b"x" * 8_200
    behind = b"\0 Vedr. borger CPR 010190-1234 og mere ..."
    content = read_stream(book(people, formula, record(0x207, first), record(0x3C, behind)))
    assert "x Vedr. borger CPR 010190-1234 og mere" in text_of(content)
    assert content.lacks == ()


def of_shape(number: int, words: str) -> bytes:
    """A drawing with one property that holds words."""
    letters = (words + "\0").encode("utf-16-le")
    body = struct.pack("<HI", 0x8000 | number, len(letters)) + letters
    return record(0xEC, bytes(40) + struct.pack("<HHI", 1 << 4 | 3, 0xF00B, len(body)) + body)


def bare(letters: str) -> bytes:
    """A string whose length stands elsewhere."""
    return b"\0" + letters.encode("latin-1")


def wide(letters: str) -> bytes:
    return struct.pack("<HB", len(letters), 1) + letters.encode("utf-16-le")


def compared(kind: int, value: bytes) -> bytes:
    return bytes([kind, 2]) + value.ljust(8, b"\0")


AS_TEXT, NOTHING = compared(6, bytes(4) + bytes([11])), compared(0, b"")
HEADS = record(0x89C, struct.pack("<H26xH4H", 0x89C, 3, 0, 2, 0, 14) + text("&C") + wide(f"&L{NUMBER}&"))
SCENARIOS = {
    place: record(0xAF, struct.pack("<HBBBBB", 2, 1, 0, len(name), len(said), 2) + bare(name) + text("Bo")
                  + (text(said) if said else b"") + bytes(8) + text(values[0]) + wide(values[1]) + bytes(4))
    for place, name, said, values in (
        ("name", NUMBER, "", "12"), ("comment", "a", NUMBER, "12"), ("value", "a", "b", ("1", NUMBER)))
}  # fmt: skip


CELLS_ELSEWHERE = record(0x59, bytes(4)) + record(0x5A, struct.pack("<BBH", 0, 0, 0) + b"\2" + text(NUMBER))
CHOICE = bytes([0x17, 17, 0]) + b"Rask\0" + NUMBER.encode() + b"\0"
LIST = struct.pack("<I", 3) + text("\0") * 4 + struct.pack("<HH", len(CHOICE), 0) + CHOICE
FORMULA = struct.pack("<HHHdHIH", 5, 0, 0, 1.0, 0, 0, 14) + bytes([0x17, 11, 0]) + NUMBER.encode()


@pytest.mark.parametrize(
    ("more", "place"),
    [
        (of_shape(0x0C0, f"Vedr. {NUMBER}"), "sheet Ark, beside the cells"),  # WordArt
        (of_shape(0x381, f"Billede af {NUMBER}"), "sheet Ark, beside the cells"),  # for the blind
        (CELLS_ELSEWHERE, "cells of another workbook"),
        (record(0x1BE, LIST), "sheet Ark, beside the cells"),
        (record(6, FORMULA), "sheet Ark, beside the cells"),
        (record(0x1B1, bytes(30) + CHOICE), "sheet Ark, beside the cells"),
        (record(0x87A, bytes(30) + CHOICE), "sheet Ark, beside the cells"),
        (HEADS, "sheet Ark, beside the cells"),
        *((scenario, "sheet Ark, beside the cells") for scenario in SCENARIOS.values()),
        (record(0x9E, bytes(4) + AS_TEXT + NOTHING + bare(NUMBER)), "sheet Ark, beside the cells"),
        (record(0x9E, bytes(4) + NOTHING + AS_TEXT + bare(NUMBER)), "sheet Ark, beside the cells"),
        (record(0x87E, bytes(60)) + record(0x87F, bytes(12) + AS_TEXT + bare(NUMBER)), "sheet Ark, beside the cells"),
        (record(0x800, bytes(10) + f"Om {NUMBER}\0".encode("utf-16-le")), "sheet Ark, beside the cells"),
        (record(0x1AE, struct.pack("<HH", 1, 18) + bare(f"\1\1C{NUMBER}.xls") + text("Ark1")),
         "sheet Ark, beside the cells"),
        (record(0x1AE, struct.pack("<HH", 1, 6) + bare("\1a.xls") + text(NUMBER)), "sheet Ark, beside the cells"),
    ],
    ids=["WordArt", "description", "other workbook", "list", "formula", "condition", "condition of 2007",
         "foot of the first page",
         *(f"{place} of a scenario" for place in SCENARIOS), "filter", "filter between two values",
         "filter of many values", "hint of a link", "name of another workbook", "sheet of another workbook"],
)  # fmt: skip
def test_what_stands_beside_the_cells_is_read(more: bytes, place: str) -> None:
    content = read_stream(book(lambda sheet: sheet.write(0, 0, "Hej"), more))
    assert stands_in(content, NUMBER) == [place]
    assert content.lacks == ()


def test_a_number_that_rows_are_filtered_by_is_read() -> None:
    packed = (101_901_234 << 2 | 2).to_bytes(4, "little")
    row = bytes(4) + compared(4, struct.pack("<d", 2_911_901_234)) + compared(2, packed)
    said = text_of(read_stream(book(people, record(0x9E, row))))
    assert {"2911901234", "101901234"} < set(said.split("\n"))


@pytest.mark.parametrize(
    "more",
    [
        record(0x1AE, b"\1\0\1\4"),
        record(0x1AE, b"\1\0\1\x3a"),
        record(0x87F, bytes(40)),
        record(0x9E, bytes(24)),
        record(0x89C, bytes(38)),
    ],
    ids=["this workbook", "an add-in", "the rest of another record", "an empty filter", "no heads"],
)
def test_records_without_words_are_no_gap(more: bytes) -> None:
    content = read_stream(book(people, more))
    assert content.lacks == ()
    assert not [passage for passage in content.passages if "beside" in passage.place]


@pytest.mark.parametrize("kind", [0x9E, 0xAF])
def test_words_of_a_workbook_of_excel_95_are_read(kind: int) -> None:
    begin = record(0x809, struct.pack("<HHHH", 0x500, SHEET, 0, 0))
    stream = begin + record(kind, bytes(24) + f"Sag {NUMBER}\0".encode()) + record(0x0A)
    assert stands_in(read_stream(stream), NUMBER) == ["a sheet without a name, beside the cells"]


def test_words_that_the_format_of_a_number_says_are_read() -> None:
    def fill(sheet: xlwt.Worksheet) -> None:
        sheet.write(0, 0, 1, xlwt.easyxf(num_format_str='[=1]"Skizofreni";General'))

    assert "Skizofreni" in text_of(read_stream(book(fill)))


def test_names_that_a_program_gave_to_shapes_are_no_words() -> None:
    content = read_stream(book(people, of_shape(0x380, "Billede 12")))
    assert "Billede" not in text_of(content)


def field(name: str, flags: int) -> bytes:
    return record(0xC7, struct.pack("<7H", flags, 0, 0, 0, 0, 0, 0) + text(name))


def day(year: int, month: int, of_month: int) -> bytes:
    return record(0xCE, struct.pack("<HHBBBB", year, month, of_month, 0, 0, 0))


def test_the_rows_behind_a_pivot_table_are_read_below_the_names_of_their_fields() -> None:
    """Items of the first field stand once, with it; those of the others row by row behind all fields."""
    cache = field("Navn", 1) + record(0xCD, text("Bo")) + record(0xCD, text("Ida"))
    cache += field("CPR-nummer", 2) + field("Dage", 2) + field("Ansat", 2)
    for row in range(2):
        cache += record(0xC8, bytes([row])) + record(0xC9, struct.pack("<d", 101_901_234 + row))
        cache += record(0xCC, struct.pack("<h", row)) + day(2024, 5, 1 + row)
    content = read_stream(book(people), **{"_SX_DB_CUR/0001": cache + record(0x0A)})
    kept = next(passage.text for passage in content.passages if passage.place == "data of a pivot table")
    assert kept == (
        "Navn\tCPR-nummer\tDage\tAnsat\nBo\t0101901234\t0\t01-05-2024\nIda\t0101901235\t1\t02-05-2024"
    )


def test_a_workbook_of_one_stream_has_one_end() -> None:
    out = io.BytesIO()
    workbook = xlwt.Workbook()
    people(workbook.add_sheet("Ark"))
    workbook.save(out)
    assert read(out.getvalue(), "", ALLOWANCE).lacks == ()


@pytest.mark.parametrize(
    ("formula", "shown"),
    [
        *(('A1&"-"&B1', NUMBER), ('CONCATENATE(A1,"-",B1)', NUMBER), ('(A1)&("-"&B1)', NUMBER)),
        *(('LEFT(C1,6)&"-"&RIGHT(C1,4)', NUMBER), ('MID(C1,1,6)&"-"&MID(C1,7,4)', NUMBER)),
        *(
            ('TEXT(D1,"000000")&"-"&B1', NUMBER),
            ('TEXT(C1,"000000-0000")', NUMBER),
            ('A1&IF(B1="","","-"&B1)', NUMBER),
        ),
        *(("SUM(A1:D1)", "10190"), ("A1*B1", "10190"), ('COUNTIF(A1:D1,">"&B1)', "10190")),
        *(('SUM(A1:B1)&" timer"', "… timer"), ("B1&12", "123412")),
    ],
)
def test_what_a_formula_without_value_joins_stands_in_its_cell(formula: str, shown: str) -> None:
    """As xlwt writes it: an empty text for a value, whatever the formula says."""

    def fill(sheet: xlwt.Worksheet) -> None:
        for column, value in enumerate(("010190", "1234", "0101901234", 10190)):
            sheet.write(0, column, value)
        sheet.write(0, 4, xlwt.Formula(formula))

    content = read_stream(book(fill))
    cells = next(passage.text for passage in content.passages if passage.place == "sheet Ark").split("\t")
    assert cells[-1].endswith(shown)
    assert content.lacks == ()


@pytest.mark.parametrize(
    "formula", ['FIND(A1,1)&"-"&B1', "A1&VLOOKUP(B1,A1:D1,2)", 'SUBSTITUTE(A1,"0","1")&B1']
)
def test_what_cannot_be_worked_out_is_told(formula: str) -> None:
    content = read_stream(book(lambda sheet: sheet.write(0, 4, xlwt.Formula(formula))))
    assert causes(content) == {Unreadable.UNKNOWN_TYPE}


def test_an_empty_text_is_believed_of_a_program_that_calculates() -> None:
    def fill(sheet: xlwt.Worksheet) -> None:
        sheet.write(0, 4, xlwt.Formula('FIND(A1,1)&"-"&B1'))

    calculated = record(6, struct.pack("<HHHdHIH", 5, 0, 0, 12.0, 0, 0, 3) + b"\x1e\x0c\0")
    assert read_stream(book(fill, calculated)).lacks == ()


@given(st.binary(max_size=80))
def test_every_row_of_bytes_is_read_as_a_formula(tokens: bytes) -> None:
    xls_formulas.joined(tokens + b"\x08", lambda row, column: f"{row}")


@pytest.mark.parametrize(
    ("number", "code", "shown"),
    [
        (51, "000000\\-0000", "010190-1234"),  # Gnumeric's own formats begin at 50
        (164, "000000\\-0000", "010190-1234"),
        (51, "dd\\-mm\\-yyyy", "0101901234"),  # there is no such day
        (51, None, "0101901234"),
    ],
)
def test_a_format_is_what_the_file_says_whatever_its_number(
    number: int, code: str | None, shown: str
) -> None:
    own = [] if code is None else [record(0x41E, struct.pack("<H", number) + text(code))]
    style = record(0xE0, struct.pack("<HHH14x", 0, number, 0))
    book = substream(WORKBOOK, *own, style) + substream(SHEET, value(0, 0, 101901234))
    content = read(compound({"Workbook": book}), "", ALLOWANCE)
    assert shown in text_of(content).split()
