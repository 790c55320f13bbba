"""PDF: what stands on one line of the page and was drawn apart, as in a form that was filled in and flattened."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import pytest

from corpus import pdf_by_hand
from corpus.reading import ALLOWANCE, text_of
from segl_classifier.formats.content import Content
from segl_classifier.formats.pdf.reader import read

Word = tuple[float, float, str]  # from the left, from below, what it says

PRINTED: list[Word] = [
    (60, 720, "Navn:"), (60, 700, "CPR-nr.:"), (176, 700, "-"), (60, 680, "Adresse:"), (60, 660, "By:"),
]  # fmt: skip
NAME, BIRTHDAY, LAST = (130.0, 720.0, "Bo Hansen"), (130.0, 700.0, "010190"), (184.0, 700.0, "1234")
STREET, TOWN = (130.0, 680.0, "Byvej 3"), (130.0, 660.0, "Ribe")


def drawn(words: Sequence[Word], *, matrix: str = "1 0 0 1", turned: int = 0) -> Content:
    shown = " ".join(f"{matrix} {left} {up} Tm ({word}) Tj" for left, up, word in words)
    return read(
        pdf_by_hand.page(f"BT /F1 11 Tf {shown} ET", names=f"/Rotate {turned}" if turned else ""),
        "",
        ALLOWANCE,
    )


def by_place(content: Content) -> list[str]:
    return [
        line
        for passage in content.passages
        if passage.place == "page 1, line by line"
        for line in passage.text.split("\n")
    ]


@pytest.mark.parametrize(
    "filled_in",
    [
        [NAME, BIRTHDAY, LAST, STREET, TOWN],
        [NAME, BIRTHDAY, STREET, TOWN, LAST],
        [LAST, NAME, BIRTHDAY, STREET, TOWN],
        [TOWN, LAST, STREET, BIRTHDAY, NAME],
    ],
)
def test_a_flattened_form_is_read_by_its_lines_in_whatever_order_it_was_drawn(filled_in: list[Word]) -> None:
    assert by_place(drawn([*PRINTED, *filled_in])) == ["Navn:\tBo Hansen", "CPR-nr.:\t010190 - 1234"]


def test_a_table_drawn_column_by_column_is_read_by_its_rows() -> None:
    columns = [["Navn", "Bo", "Eva"], ["Fodselsdag", "010190", "020280"], ["Sidste fire", "1234", "1235"]]
    words = [
        (60.0 + 90 * c, 720.0 - 20 * r, cell)
        for c, cells in enumerate(columns)
        for r, cell in enumerate(cells)
    ]
    assert by_place(drawn(words)) == [
        "Navn\tFodselsdag\tSidste fire",
        "Bo\t010190 1234",
        "Eva\t020280 1235",
    ]


def test_halves_of_a_number_drawn_apart_stand_side_by_side() -> None:
    words = [(72.0, 720.0, "010190-"), (72.0, 600.0, "Venlig hilsen"), (112.5, 720.0, "1234")]
    assert by_place(drawn(words)) == ["010190-1234"]


def test_words_above_a_field_stand_above_what_was_filled_in() -> None:
    printed = [(60.0, 720.0, "Navn"), (60.0, 690.0, "Personnummer"), (60.0, 660.0, "By")]
    filled_in = [(60.0, 705.0, "Bo Hansen"), (60.0, 675.0, "0101901234"), (60.0, 645.0, "Ribe")]
    assert by_place(drawn([*printed, *filled_in]))[-2:] == ["Personnummer", "0101901234"]


def test_words_in_different_sizes_stand_on_one_line() -> None:
    words = [(22, 60, 700, "CPR"), (8, 60, 650, "Brev"), (8, 120, 703, "0101901234"), (8, 120, 714, "Bo")]
    shown = (f"BT /F1 {size} Tf {left} {up} Td ({word}) Tj ET" for size, left, up, word in words)
    assert "CPR\t0101901234" in by_place(read(pdf_by_hand.page(" ".join(shown)), "", ALLOWANCE))


def test_words_in_two_fonts_stand_where_they_stand() -> None:
    bold = {10: "<</Type/Font/Subtype/Type1/BaseFont/Helvetica-Bold/Encoding/WinAnsiEncoding>>"}
    shown = (
        "BT /F1 11 Tf 60 700 Td (Deres ) Tj /F2 11 Tf (CPR-nr.: ) Tj ET BT /F1 11 Tf 60 650 Td (Brev) Tj ET "
        "BT /F1 11 Tf 170 700 Td (0101901234) Tj ET"
    )
    content = read(pdf_by_hand.page(shown, bold, fonts="/F2 10 0 R"), "", ALLOWANCE)
    assert by_place(content) == ["Deres CPR-nr.:\t0101901234"]


@pytest.mark.parametrize(
    ("turned", "matrix", "places"),
    [
        (90, "0 1 -1 0", lambda left, up: (842 - up - 300, left)),
        (180, "-1 0 0 -1", lambda left, up: (595 - left, 842 - up)),
        (270, "0 -1 1 0", lambda left, up: (up - 300, 842 - left)),
    ],
)
def test_a_page_that_is_shown_turned_is_read_as_it_is_shown(
    turned: int, matrix: str, places: Callable[[float, float], tuple[float, float]]
) -> None:
    words = [*PRINTED, NAME, BIRTHDAY, STREET, TOWN, LAST]
    moved = [(*places(left, up), word) for left, up, word in words]
    content = drawn(moved, matrix=matrix, turned=turned)
    assert by_place(content) == ["Navn:\tBo Hansen", "CPR-nr.:\t010190 - 1234"]


@pytest.mark.parametrize(
    "words",
    [
        [(60.0, 800.0 - 14 * row, f"Konto {row} 010190 1234") for row in range(40)],
        # Row by row.
        [(60.0 + 90 * c, 800.0 - 14 * r, f"{r}{c}0101901234") for r in range(40) for c in range(3)],
        [
            (60.0 + 250 * c, 800.0 - 14 * r, "Vandet var godt i november.")
            for c in range(2)
            for r in range(40)
        ],
    ],
)
def test_what_was_drawn_as_it_is_read_and_columns_without_digits_are_not_said_twice(
    words: list[Word],
) -> None:
    assert by_place(drawn(words)) == []


def test_a_page_of_scattered_words_ends_in_time() -> None:
    words = [(float(7 * n % 500), float(11 * n % 800), f"{n % 97:02}{n % 89:02}") for n in range(3_900)]
    begin = time.process_time()
    content = drawn(words)
    assert time.process_time() - begin < 2
    assert text_of(content)


# PDFium leaves out a hyphen at the end of a line.
@pytest.mark.parametrize("word", ["0101 abcdefghij", "0101 010190-"])
def test_scattered_words_in_two_fonts_end_in_time(word: str) -> None:
    bold = {10: "<</Type/Font/Subtype/Type1/BaseFont/Helvetica-Bold/Encoding/WinAnsiEncoding>>"}
    words = " ".join(
        f"/F1 8 Tf 1 0 0 1 {37 * n % 500} {11 * n % 800} Tm ({word}) Tj /F2 8 Tf (abc) Tj 0 -3 Td (010190-) Tj"
        for n in range(1_300)
    )
    begin = time.process_time()
    read(pdf_by_hand.page(f"BT {words} ET", bold, fonts="/F2 10 0 R"), "", ALLOWANCE)
    assert time.process_time() - begin < 2
