"""What every reader shares: the allowance is kept, equal passages are kept once, nothing parts a number."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segl.vocabulary import Unreadable
from segl_classifier.formats.cells import numbers
from segl_classifier.formats.cells.grid import Grid
from segl_classifier.formats.content import Allowance, Lack, Passage
from segl_classifier.formats.harvest import Harvest


def test_equal_passages_are_kept_once_and_empty_ones_never() -> None:
    harvest = Harvest(Allowance(100, 10, 100))
    for text, place in (("a", "x"), ("a", "x"), ("a", "y"), ("", "x"), (" \n", "x")):
        harvest.text(text, place)
    assert harvest.content().passages == (Passage("a", "x"), Passage("a", "y"))


@pytest.mark.parametrize(
    ("text", "kept"), [("0101\u00ad90", "010190"), ("a\r\nb\rc", "a\nb\nc"), ("a\0b\x07c\td", "ab c\td")]
)
def test_signs_nobody_sees_part_no_number(text: str, kept: str) -> None:
    harvest = Harvest(Allowance(100, 10, 100))
    harvest.text(text)
    assert harvest.content().passages == (Passage(kept),)


@given(st.lists(st.text(min_size=1, max_size=30), max_size=20), st.integers(0, 100))
def test_no_more_characters_than_allowed(texts: list[str], chars: int) -> None:
    harvest = Harvest(Allowance(chars, 10, 100))
    for text in texts:
        harvest.text(text)
    content = harvest.content()
    assert sum(len(passage.text) for passage in content.passages) <= chars
    whole = sum(len(text) for text in texts) <= chars
    assert not whole or content.lacks == ()


def test_files_keep_to_their_number_and_their_bytes() -> None:
    harvest = Harvest(Allowance(100, 2, 10))
    harvest.file("a", "", b"12345")
    harvest.file("b", "", b"123456")
    harvest.file("c", "", b"12345")
    harvest.file("d", "", b"1")
    content = harvest.content()
    assert [file.name for file in content.files] == ["a", "c"]
    assert {lack.cause for lack in content.lacks} == {Unreadable.TOO_LARGE, Unreadable.TOO_MANY}


def test_what_is_lacking_is_told_once_and_not_without_end() -> None:
    harvest = Harvest(Allowance(100, 2, 10))
    for number in range(1_000):
        harvest.lack(Unreadable.DAMAGED, "a page")
        harvest.lack(Unreadable.DAMAGED, f"{number}")
    lacks = harvest.content().lacks
    assert lacks.count(Lack(Unreadable.DAMAGED, "a page")) == 1
    assert len(lacks) <= 100


def test_of_a_grid_that_is_full_the_rows_so_far_are_kept() -> None:
    grid = Grid(20)
    assert grid.put(0, 0, "010190-1234")
    assert not grid.put(1, 0, "x" * 20)
    assert not grid.put(2, 0, "y")
    assert grid.text() == "010190-1234"
    assert grid.full


@pytest.mark.parametrize(
    ("lines", "kept"),
    [
        (["Navn", "Bo", "CPR", "0101901234", "Navn", "Ida", "CPR", "0202901235"], None),
        (["Navn", "Bo", "By", "", "Navn", "Bo", "By", ""], ["Navn", "Bo", "By"]),
        (["Bo", "Bo", "Side 1", "Bo", "Side 1"], ["Bo", "Side 1"]),
        (["0101901234", "Bo", "0101901234", "Ida"], ["0101901234", "Bo", "Ida"]),
        (["", "", "Bo"], ["Bo"]),
        ([], []),
    ],
)
def test_equal_lines_are_kept_once_but_for_labels_of_what_is_new(
    lines: list[str], kept: list[str] | None
) -> None:
    harvest = Harvest(Allowance(1_000, 2, 10))
    harvest.lines(lines, "box")
    assert [one.text for one in harvest.content().passages] == ["\n".join(lines if kept is None else kept)][
        : len(lines)
    ]


def told(*rows: tuple[int, Sequence[str]]) -> str:
    """What is told of a sheet with *rows*, each with its number."""
    grid = Grid(10_000)
    for number, cells in rows:
        for column, text in enumerate(cells):
            if text:
                grid.put(number, column, text)
    return grid.text()


OTHERS = [(0, ("Hold", "Sagsnr.")), (1, ("A", "26/1234"))]
LABELS, PERSON = ("Navn", "CPR", "By"), ("Bo", "0101901234", "")


@pytest.mark.parametrize("first", [2, 3, 9])
def test_a_table_below_another_is_parted_from_it(first: int) -> None:
    assert told(*OTHERS, (first, LABELS), (first + 1, PERSON)).split("\n")[2:5] == ["", "", "\t".join(LABELS)]


@pytest.mark.parametrize(
    "rows",
    [
        [(0, LABELS), (1, PERSON), (3, PERSON)],  # an empty row within it
        [(0, LABELS), (1, PERSON), (2, ("Ida", "", "Hals")), (3, PERSON)],
        [(0, LABELS), (1, PERSON), (3, ("Ida", "", "Hals")), (4, PERSON)],  # one cell less
        [(0, ("Navn", "Hold")), (1, ("Bo", "A")), (2, ("Ida", "B")), (3, ("Per", "0101901234"))],
        [(0, ("Udtræk",)), (2, LABELS), (3, PERSON)],  # a title
    ],
)
def test_rows_of_one_table_are_not_parted(rows: list[tuple[int, Sequence[str]]]) -> None:
    assert "\n\n" not in told(*rows)


def test_a_row_with_a_number_alone_is_one_of_the_table() -> None:
    assert told((0, ("CPR", "Navn")), (1, ("0101901234",)), (2, ("Nord",))) == "CPR\tNavn\n0101901234\t\nNord"


@given(
    st.dictionaries(
        st.tuples(st.integers(0, 10**8), st.integers(0, 20_000)), st.text("abc1 ", min_size=1), max_size=30
    )
)
def test_a_grid_has_a_line_for_each_row_and_a_place_for_each_column(
    cells: dict[tuple[int, int], str],
) -> None:
    grid = Grid(1_000_000)
    for (row, column), text in cells.items():
        grid.put(row, column, text)
    lines = [line for line in grid.text().split("\n") if line]  # empty ones part tables
    rows, columns = sorted({row for row, _ in cells}), sorted({column for _, column in cells})
    assert len(lines) == len(rows)
    for row, line in zip(rows, lines, strict=True):
        shown = line.split("\t") + [""] * len(columns)
        assert [shown[at] for at in range(len(columns))] == [
            cells.get((row, column), "") for column in columns
        ]


@pytest.mark.parametrize(
    ("code", "is_date", "pattern"),
    [
        ("dd-mm-yyyy", True, ""),
        ("[$-406]d. mmmm yyyy;@", True, ""),
        ('"dag "0', False, ""),
        ("General", False, ""),
        ("0.00", False, ""),
        ('000000"-"0000', False, "000000-0000"),
        ("######-####", False, "######-####"),
        ("000000\\-0000", False, "000000-0000"),
        ("#,##0", False, ""),
        ("åååå-MM-DD", True, ""),
    ],
)
def test_what_a_number_format_says(code: str, is_date: bool, pattern: str) -> None:
    assert numbers.is_date(code) is is_date
    assert numbers.pattern(code) == pattern


@pytest.mark.parametrize(
    ("serial", "from_1904", "day"),
    [(1, False, "01-01-1900"), (59, False, "28-02-1900"), (61, False, "01-03-1900"), (36526, False, "01-01-2000"),
     (35064, True, "01-01-2000"), (0, False, ""), (-5, False, ""), (1e9, False, ""), (float("nan"), False, "")],
)  # fmt: skip
def test_the_day_of_a_serial_number(serial: float, from_1904: bool, day: str) -> None:
    assert numbers.day(serial, from_1904=from_1904) == day


@given(st.floats(), st.booleans())
def test_every_number_has_a_text(value: float, from_1904: bool) -> None:
    assert numbers.plain(value)
    numbers.day(value, from_1904=from_1904)
