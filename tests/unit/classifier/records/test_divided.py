"""Tables in files of plain text: divided by signs that divide nothing elsewhere, or in columns of so many letters."""

from __future__ import annotations

import pytest

from corpus import growth
from corpus.unfolded import Read
from segl_classifier.records.divided import divided

ROWS = [
    ("Navn", "Ordrenr.", "CPR", "Tlf."),
    ("Bo Holm", "0711660012", "110190-1234", "86 12 34 56"),
    ("", "0711660013", "120190-1235", "86 12 34 57"),
    ("Ida", "0711660014", "130190-1236", "86 12 34 58"),
    ("Anna Marie Lund", "", "140190-1237", "86 12 34 59"),
    ("Per", "0711660016", "150190-1238", ""),
]
WIDTHS = (16, 11, 12, 12)  # one more than the widest cell


def table(sign: str) -> str:
    return "\r\n".join(map(sign.join, ROWS)) + "\r\n"


def fixed(*, right: bool = False) -> str:
    pad = str.rjust if right else str.ljust
    return "\r\n".join("".join(map(pad, row, WIDTHS)) for row in ROWS)


TABS = table("\t")


@pytest.mark.parametrize("sign", [*"^~§¤#!¦", "\x1f"])
def test_a_sign_that_every_line_has_as_often_divides_cells(sign: str) -> None:
    assert divided(table(sign)) == TABS


@pytest.mark.parametrize("sign", [":", "/", "::", "--", " - ", "=", "_", "@", "<>"])
def test_so_does_any_between_the_words_of_a_heading(sign: str) -> None:
    assert divided(f"Udtræk\n{table(sign)}") == f"Udtræk\n{TABS}"


def test_so_it_does_where_lines_end_within_cells() -> None:
    broken = table("^").replace("Bo Holm", '"Bo\nHolm"').replace("Anna Marie Lund", '"Anna\nMarie\nLund"')
    assert divided(broken) == broken.replace("^", "\t")


@pytest.mark.parametrize("sign", [";", ",", "|", "\t", "^", ":"])
@pytest.mark.parametrize("mark", ["", '"'])
def test_the_line_that_tells_a_program_of_the_sign_is_no_heading(sign: str, mark: str) -> None:
    told = divided(f"{mark}sep={sign}{mark}\r\n{table(sign)}").split("\n", 1)
    assert not told[0].strip()
    assert told[1] == (table(sign) if sign in ";,|\t" else TABS)


def test_commas_divide_the_cells_of_a_sheet() -> None:
    quoted = table(",").replace("Anna Marie Lund", '"Lund, Anna"')
    assert divided(quoted, sheet=True) == TABS.replace("Anna Marie Lund", '"Lund, Anna"')
    prose = (
        "Kære Ida, vi har 0101901234,\nsom er, hvad vi har,\nog det er, tror jeg, alt, hvad vi har, Bo\nHej"
    )
    assert divided(prose, sheet=True) == prose


@pytest.mark.parametrize("right", [False, True])
def test_columns_of_so_many_letters_are_parted(*, right: bool) -> None:
    lines = divided(fixed(right=right)).split("\r\n")
    assert lines[0] == "\t".join(ROWS[0])
    assert lines[1:3] == ["\t".join(row) for row in ROWS[1:3]]


@pytest.mark.parametrize(
    "text",
    [
        table(";"),
        table("|"),
        table(","),
        "Ring til 0101901234!\nHej!",  # no table has two lines
        "Kære Ida\nVi har talt om 010190-1234 i dag,\nog det er alt.\nHilsen\nBo\nHolm",
        "\n".join(f"{'Bo' * (n % 3)}id=07116600{n} a=1 b=2" for n in range(10, 20)),  # no heading: a log
        "Kære Bo: vi ses: kom\nHer er 0101901234: nummeret\nHilsen: Ida: her\nog: tak\nfor: i dag",
        "\n".join(f"{'Vi ' * (n % 3)}har {n}0190-1234, som er født i dag." for n in range(10, 20)),
    ],
)
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert divided(text) == text


@pytest.mark.parametrize(
    "write", [lambda: table("^"), lambda: table("~"), fixed, lambda: f"sep=;\n{table(';')}"]
)
def test_numbers_below_their_headings_are_told_apart(write) -> None:  # type: ignore[no-untyped-def]
    assert Read("udtræk.txt", write().encode()).numbers == 5


@pytest.mark.slow
@pytest.mark.parametrize(
    "line", ["a^0101901234^b\n", "Bo   0101901234 x\n", "~^!#§\n", "0101901234 " * 150 + "\n"]
)
def test_the_time_grows_with_the_text(line: str) -> None:
    growth.in_proportion(lambda size: line * size, divided, 2_500)
