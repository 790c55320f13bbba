"""Pages of a PDF that stand side by side, as a sheet is printed that is wider than paper."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator, Sequence

import pytest
from reportlab.pdfgen.canvas import Canvas

from corpus.reading import ALLOWANCE
from segl_classifier.formats.pdf.beside_pages import Level, SideBySide
from segl_classifier.formats.pdf.reader import read

Page = Sequence[Sequence[str]]
FIRST = (
    ("Nr.", "Navn", "Depot"),
    ("3011", "Bo Holm", "Hobro"),
    ("3024", "Ida Lund", "Vejle"),
    ("3030", "Per Friis", "Ribe"),
)
LAST = (("Advarsel",), ("",), ("mundtlig 04-06",), ("skriftlig",))
TWO = (("Advarsel", "Dato"), ("nej", ""), ("mundtlig", "4/6"), ("skriftlig", "9/9"))
NEXT = (("3041", "Ole Riis", "Hobro"), ("3044", "Eva Koch", "Vejle"), ("3050", "Jan Bach", "Ribe"))


def printed(*pages: Page, down: float = 0) -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out)
    for number, page in enumerate(pages):
        for row, cells in enumerate(page):
            for column, cell in enumerate(cells):
                if cell:
                    canvas.drawString(60 + 120 * column, 720 - 15 * row - down * number, cell)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def joined(*pages: Page, down: float = 0) -> Iterator[tuple[str, list[str]]]:
    for passage in read(printed(*pages, down=down), "", ALLOWANCE).passages:
        if "side by side" in passage.place:
            yield passage.place, passage.text.split("\n")


def test_rows_of_both_are_one() -> None:
    ((place, lines),) = joined(FIRST, LAST)
    assert place == "pages 1 and 2, side by side"
    assert [line.split("\t")[1:] for line in lines] == [
        ["Navn", "Depot", "Advarsel"], ["Bo Holm", "Hobro", ""], ["Ida Lund", "Vejle", "mundtlig 04-06"],
        ["Per Friis", "Ribe", "skriftlig"],
    ]  # fmt: skip


def test_pages_go_down_before_they_go_over() -> None:
    more = (("",), *LAST[1:])
    found = dict(joined(FIRST, (FIRST[0], *NEXT), LAST, TWO))
    assert [*found] == ["pages 1 and 3, side by side", "pages 2 and 4, side by side"]
    assert "3044\tEva Koch\tVejle\tmundtlig\t4/6" in found["pages 2 and 4, side by side"]
    assert not list(joined(FIRST, more))  # whose headings nobody knows


@pytest.mark.parametrize(
    ("pages", "down"),
    [
        ((FIRST, FIRST), 0),
        ((FIRST, NEXT), 0),
        ((FIRST, (("Ole", "Riis", "Hobro"), *NEXT)), 0),
        ((FIRST, LAST), 7),
        ((LAST, LAST), 0),
        (
            (
                FIRST,
                [("Kære Bo",), ("Vi har set på sagen",), ("Hilsen",), ("Lis",), ("Vandværket",), ("Hobro",)],
            ),
            0,
        ),
    ],
)
def test_other_pages_are_not(pages: Sequence[Page], down: float) -> None:
    assert not list(joined(*pages, down=down))


def test_many_pages_that_fit_none_take_no_time() -> None:
    pages = SideBySide()
    start = time.process_time()
    for number in range(500):
        rows = [Level(820.0 - 6 * row, (60.0, 90.0), f"Hoved {'x' * (number % 7)}") for row in range(120)]
        rows[-1] = Level(4_000.0, (60.0,), "")
        assert not pages.add(
            number + 1, [*rows[:1], *(row._replace(middle=row.middle + 4) for row in rows[1:])]
        )[0]
    assert time.process_time() - start < 2
