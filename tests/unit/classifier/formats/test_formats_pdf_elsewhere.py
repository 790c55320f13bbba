"""PDF: tables whose headings stand elsewhere: on the page before, or on their side."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pytest
from reportlab.pdfgen.canvas import Canvas

from corpus import growth
from corpus.reading import ALLOWANCE
from corpus.unfolded import Read
from segl_classifier.formats.pdf.reader import read

Cell = tuple[float, float, str]  # from the left, from below, what it says
LEFTS = (60, 160, 300, 420)
HEADINGS = ("Navn", "Ordrenr.", "CPR", "Afdeling")
HEAD: list[Cell] = [(60, 810, "Hovedby Kommune"), (60, 20, "Tlf. 12345678")]


def row(up: float, *cells: str) -> list[Cell]:
    return [(left, up, text) for left, text in zip(LEFTS, cells, strict=False) if text]


def rows(count: int, top: float = 700) -> list[Cell]:
    """Rows with a number of an order, which looks like a personal one, and with such a one; some cells are empty."""
    return [
        cell
        for n in range(count)
        for cell in row(
            top - 20 * n,
            "" if n % 3 == 2 else "Bo Holm",
            f"07116600{n:02}",
            f"{n + 10}0190-12{n + 10}" if n % 4 else "",
            "" if n % 2 else "4A",
        )
    ]


def pages(*every: Sequence[Cell], turned: Sequence[Cell] = (), last: bool = False) -> bytes:
    """Pages on which cells are drawn one after another; on the first also what is *turned*, last of all or first."""
    out = io.BytesIO()
    canvas = Canvas(out)
    for number, cells in enumerate(every):
        for step in range(2):
            for left, up, text in turned if not number and step == last else ():
                canvas.saveState()
                canvas.translate(left, up)
                canvas.rotate(90)
                canvas.drawString(0, 0, text)
                canvas.restoreState()
            for left, up, text in () if step else cells:
                canvas.drawString(left, up, text)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def lines(data: bytes, place: str) -> list[str]:
    passages = read(data, "", ALLOWANCE).passages
    return [line for one in passages if one.place == place for line in one.text.split("\n")]


@pytest.mark.parametrize("head", [[], HEAD], ids=["", "with head and foot"])
def test_a_table_goes_on_over_the_page_below_the_headings_of_the_first(head: list[Cell]) -> None:
    data = pages([*head, *row(720, *HEADINGS), *rows(20)], [*head, *rows(20)], [*head, *rows(2)])
    told = lines(data, "page 2")
    assert "\t".join(HEADINGS) in told
    assert told[-20:][:3] == [
        "Bo Holm\t0711660000\t\t4A",
        "Bo Holm\t0711660001\t110190-1211",
        "\t0711660002\t120190-1212\t4A",
    ]
    assert "\t".join(HEADINGS) in lines(data, "page 3")
    assert Read("liste.pdf", data).numbers == 31


def test_what_stands_right_above_the_table_is_no_head_of_the_page() -> None:
    first = [*HEAD, (60, 755, "Oversigt"), *row(720, *HEADINGS), *rows(20)]
    told = lines(pages(first, [*HEAD, *rows(6, 755)]), "page 2")
    assert told[told.index("\t".join(HEADINGS)) + 1] == "Bo Holm\t0711660000\t\t4A"


@pytest.mark.parametrize(
    "below",
    [
        [*row(700, "Navn", "Kundenr.", "CPR", "Hold"), *rows(3, 680)],  # headings of its own
        [*row(700, *HEADINGS), *rows(3, 680)],  # the same ones again
        [(60, 700, "Vi har talt om sagen i dag, og om 0711660000, som blev sendt.")],
        [(90 + 120 * n, 700 - 20 * m, "0711660000") for m in range(3) for n in range(4)],  # other columns
    ],
)
def test_what_is_no_row_of_that_table_is_not_put_below_its_headings(below: list[Cell]) -> None:
    told = lines(pages([*row(720, *HEADINGS), *rows(20)], below), "page 2")
    assert told.count("\t".join(HEADINGS)) == (below[1][2] == "Ordrenr." if len(below) > 1 else 0)


def test_a_table_that_ended_goes_on_nowhere() -> None:
    prose: list[Cell] = [(60, 260 - 14 * n, f"Vi har talt om sagen i dag, for {n}. gang.") for n in range(6)]
    told = lines(pages([*row(720, *HEADINGS), *rows(20), *prose], rows(3)), "page 2")
    assert "\t".join(HEADINGS) not in told


@pytest.mark.parametrize(("above", "below"), [("1101901", "234"), ("110190-", "1234")])
def test_a_number_in_a_row_that_is_torn_between_two_pages_is_whole(above: str, below: str) -> None:
    first = [*row(720, *HEADINGS), *rows(4), *row(40, "Ida Marie", "0711660099", above)]
    data = pages(first, [*row(800, "Lund", "", below), *rows(3, 780)])
    assert lines(data, "pages 1 and 2") == [
        "\t".join(HEADINGS),
        f"Ida Marie Lund\t0711660099\t{above}{below}",
    ]


@pytest.mark.parametrize("last", [False, True], ids=["drawn first", "drawn last"])
def test_headings_on_their_side_stand_over_their_columns(*, last: bool) -> None:
    turned = [(left + 10, 720, text) for left, text in zip(LEFTS, HEADINGS, strict=True)]
    data = pages(rows(12), turned=turned, last=last)
    assert "\t".join(HEADINGS) in lines(data, "page 1")
    assert Read("liste.pdf", data).numbers == 9


def test_so_do_those_beside_some_that_stand_upright() -> None:
    turned = [(left + 10, 720, text) for left, text in zip(LEFTS[1:], HEADINGS[1:], strict=True)]
    data = pages([(60, 725, "Navn"), *rows(12)], turned=turned)
    assert "\t".join(HEADINGS) in lines(data, "page 1")
    assert Read("liste.pdf", data).numbers == 9


def test_a_heading_on_its_side_has_several_lines() -> None:
    turned: list[Cell] = [(70, 720, "Navn"), (165, 720, "Ordre-"), (178, 720, "nummer"), (310, 720, "CPR")]
    assert "Navn\tOrdrenummer\tCPR" in lines(pages(rows(8), turned=turned), "page 1")


def test_what_stands_in_the_margin_is_no_heading() -> None:
    told = lines(pages([*row(720, *HEADINGS), *rows(5)], turned=[(20, 300, "Blanket 17")]), "page 1")
    assert told[1] == "\t".join(HEADINGS)


@pytest.mark.slow
def test_the_time_grows_with_the_pages() -> None:
    def table(size: int) -> bytes:
        return pages([*row(720, *HEADINGS), *rows(30)], *([rows(12)] * size))

    growth.in_proportion(table, lambda data: read(data, "", ALLOWANCE), 20)


@pytest.mark.slow
def test_the_time_grows_with_the_cells_of_a_row() -> None:
    def table(size: int) -> bytes:
        wide = [(2 * n, 700 - 14 * m, "1") for m in range(4) for n in range(size)]
        return pages([*row(720, *HEADINGS), *rows(30)], wide, wide)

    growth.in_proportion(table, lambda data: read(data, "", ALLOWANCE), 45)


@pytest.mark.slow
def test_the_time_grows_with_the_headings() -> None:
    def table(size: int) -> bytes:
        return pages(rows(size), turned=[(60 + 5 * n, 720, f"Uge {n}") for n in range(size)])

    growth.in_proportion(table, lambda data: read(data, "", ALLOWANCE), 60)
