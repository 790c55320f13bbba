"""PDF: tables, whose cells stand below their headings where others are empty, have several lines or touch."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence

import pytest
from reportlab.lib import colors
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.platypus import SimpleDocTemplate, Table, TableStyle

from corpus import growth, pdf_by_hand
from corpus.reading import ALLOWANCE
from corpus.unfolded import Read
from segl_classifier.formats.content import Content
from segl_classifier.formats.pdf.reader import read

Cell = tuple[float, float, str]  # from the left, from below, what it says
HEADINGS: list[Cell] = [(60, 720, "Navn"), (160, 720, "Kundenr."), (260, 720, "CPR"), (360, 720, "Dato")]


def page(cells: Sequence[Cell]) -> bytes:
    """A page on which *cells* are drawn one after another."""
    drawn = (f"BT /F1 10 Tf {left} {up} Td ({text}) Tj ET" for left, up, text in cells)
    return pdf_by_hand.page("\n".join(drawn))


def content(cells: Sequence[Cell]) -> Content:
    return read(page(cells), "", ALLOWANCE)


def lines(cells: Sequence[Cell]) -> list[str]:
    return content(cells).passages[0].text.split("\n")


def test_what_stands_behind_an_empty_cell_stays_below_its_heading() -> None:
    cells = [
        *(
            (60, 700, "Bo Hansen"),
            (160, 700, "0711260012"),
            (260, 700, "010190-1234"),
            (360, 700, "01-02-2026"),
        ),
        *((60, 680, "Ida Holm"), (260, 680, "020280-1235"), (360, 680, "02-02-2026")),
        *((260, 660, "030370-1236"), (360, 660, "03-02-2026")),
        (260, 640, "040460-1237"),
    ]
    assert lines([*HEADINGS, *cells]) == [
        "Navn\tKundenr.\tCPR\tDato",
        "Bo Hansen\t0711260012\t010190-1234\t01-02-2026",
        "Ida Holm\t\t020280-1235\t02-02-2026",
        "\t\t030370-1236\t03-02-2026",
        "\t\t040460-1237",
    ]


def test_headings_in_the_middle_of_their_columns_and_numbers_at_the_right_edge() -> None:
    headings: list[Cell] = [(90, 720, "Navn"), (190, 720, "Pris"), (300, 720, "CPR")]
    whole: list[Cell] = [(60, 700, "Bo"), (225, 700, "12,50"), (270, 700, "010190")]
    assert lines([*headings, *whole, (220, 680, "112,50"), (270, 680, "020280")])[-1] == "\t112,50\t020280"


def test_the_lines_of_a_cell_are_one_cell() -> None:
    cells = [
        *(
            (60, 700, "Anna Marie "),
            (60, 688, "Louise Holm"),
            (160, 700, "0711260012"),
            (260, 700, "010190-1234"),
        ),
        *((60, 664, "Bo"), (260, 664, "020280-1235")),
    ]
    assert lines([*HEADINGS, *cells])[1:] == [
        "Anna Marie Louise Holm\t0711260012\t010190-1234",
        "Bo\t\t020280-1235",
    ]


@pytest.mark.parametrize(("first", "rest"), [("0101901", "234"), ("010190-", "1234"), ("010190-12", "34")])
def test_a_number_that_had_no_room_on_a_line_goes_on(first: str, rest: str) -> None:
    cells: list[Cell] = [(60, 700, "Bo"), (260, 700, first), (260, 688, rest), (360, 700, "01-02-2026")]
    assert lines([*HEADINGS, *cells])[1] == f"Bo\t\t{first}{rest}\t01-02-2026"


def test_two_numbers_one_below_the_other_are_two() -> None:
    cells: list[Cell] = [(60, 700, "Bo"), (260, 700, "0101901234"), (260, 688, "0202801235")]
    assert lines([*HEADINGS, *cells])[1:] == ["Bo\t\t0101901234", "\t\t0202801235"]


def test_a_heading_that_had_no_room_goes_on() -> None:
    headings: list[Cell] = [
        (60, 720, "Personnu"),
        (60, 708, "mmer"),
        (160, 720, "Kundenr."),
        (260, 720, "Navn"),
    ]
    assert lines([*headings, (60, 690, "0101901234"), (260, 690, "Bo")]) == [
        "Personnummer\tKundenr.\tNavn",
        "0101901234\t\tBo",
    ]


def test_cells_that_touch_are_parted_where_others_begin() -> None:
    name = "Ida Marie Louise Holm"
    edge = 63 + stringWidth(name, "Helvetica", 10)
    headings: list[Cell] = [(60, 720, "Navn"), (edge, 720, "Kundenr."), (260, 720, "CPR"), (360, 720, "Dato")]
    whole: list[Cell] = [
        (60, 700, "Bo"),
        (edge, 700, "0711260012"),
        (260, 700, "010190"),
        (360, 700, "01-02-2026"),
    ]
    touching: list[Cell] = [(60, 680, name), (edge, 680, "0802270013"), (260, 680, "020280")]
    assert lines([*headings, *whole, *touching])[-1] == f"{name}\t0802270013\t020280"


def test_columns_without_room_between_them_are_parted() -> None:
    """As a spreadsheet prints columns that are just as wide as what stands in them, a long name cut off at the edge."""
    number = stringWidth("0711260012", "Helvetica", 10)
    lefts = (60.0, 62 + number, 63 + 2 * number)
    cells = [
        (left, 720.0, text) for left, text in zip(lefts, ("Kundenr.", "CPR-nummer", "Navn"), strict=True)
    ]
    for n in range(6):
        row = (f"07112600{n:02}", f"{n + 10}0190{n + 1234}", "Ida Holm")
        cells += [(left, 700.0 - 14 * n, text) for left, text in zip(lefts, row, strict=True)]
    told = lines(cells)
    assert told[0] == "Kundenr.\tCPR-nummer\tNavn"
    assert told[2] == "0711260001\t1101901235\tIda Holm"


def test_a_number_in_two_pieces_is_not_parted() -> None:
    cells = [*HEADINGS[1:3]]
    for n in range(6):
        cells += [(160, 700 - 14 * n, f"07112600{n:02}"), (260, 700 - 14 * n, "010190")]
        cells.append((261 + stringWidth("010190", "Helvetica", 10), 700 - 14 * n, f"-12{n}4"))
    assert lines(cells)[1] == "0711260000\t010190-1204"


def test_a_value_by_itself_behind_an_empty_row_is_one_of_the_table() -> None:
    cells: list[Cell] = [(60, 700, "Bo"), (260, 700, "010190-1234"), (260, 660, "020280-1235")]
    assert lines([*HEADINGS, *cells])[1:] == ["Bo\t\t010190-1234", "\t\t020280-1235"]
    far = [*HEADINGS, *cells[:2], (260, 500, "020280-1235")]
    assert lines(far)[-1] == "020280-1235"


def test_a_row_with_its_first_cell_alone_is_one() -> None:
    cells: list[Cell] = [(60, 700, "Bo"), (60, 680, "Ida"), (260, 680, "020280-1235")]
    assert lines([*HEADINGS, *cells])[1:] == ["Bo\t", "Ida\t\t020280-1235"]


def test_cells_of_several_lines_that_were_drawn_last_stand_in_their_rows() -> None:
    simple = [
        *((60, 700, "Bo"), (260, 700, "010190-1234"), (360, 700, "01-02-2026")),
        *((60, 670, "Ida"), (260, 670, "020280-1235"), (360, 670, "02-02-2026")),
    ]
    late = [
        (160, 726, "Kunde og "),
        (160, 714, "sag"),
        (160, 706, "0711 "),
        (160, 694, "0012"),
        (160, 670, "0013"),
    ]
    headings = [HEADINGS[0], *HEADINGS[2:]]
    assert lines([*headings, *simple, *late]) == [
        "Navn\tKunde og sag\tCPR\tDato",
        "Bo\t0711 0012\t010190-1234\t01-02-2026",
        "Ida\t0013\t020280-1235\t02-02-2026",
    ]


def test_what_stands_above_and_below_a_table_stays_as_it_is() -> None:
    prose = "Vi har gennemgaaet sagen, og her er de tal, som vi talte om i sidste uge, da vi modtes."
    cells: list[Cell] = [(60, 700, "Bo"), (260, 700, "010190-1234")]
    below: list[Cell] = [
        (60, 670, prose),
        (60, 656, prose),
        (60, 620, "Venlig hilsen"),
        (60, 606, "Kontoret"),
    ]
    text = lines([(60, 760, "Side et"), (300, 760, "Hals"), (60, 740, prose), *HEADINGS, *cells, *below])
    assert text[:2] == ["Side et\tHals", prose]
    assert text[3:] == ["Bo\t\t010190-1234", prose, prose, "Venlig hilsen", "Kontoret"]


def test_a_table_is_not_told_twice() -> None:
    cells: list[Cell] = [
        (60, 700, "Anna "),
        (60, 688, "Holm"),
        (160, 700, "0711260012"),
        (260, 700, "010190-1234"),
    ]
    assert [passage.place for passage in content([*HEADINGS, *cells]).passages] == ["page 1"]


def document(rows: Sequence[Sequence[str]]) -> bytes:
    """A table as programs make it that write reports."""
    out = io.BytesIO()
    grid = TableStyle([("GRID", (0, 0), (-1, -1), 0.5, colors.grey)])
    SimpleDocTemplate(out).build([Table(rows, style=grid)])
    return out.getvalue()


@pytest.mark.parametrize("empty", range(3))
def test_numbers_of_orders_below_their_heading_are_none_and_personal_ones_are(empty: int) -> None:
    rows = [["Afdeling", "Navn", "Ordrenr.", "CPR"]]
    for number in range(12):
        row = ["4A", "Ida Holm", f"07112600{number:02}", f"{number + 10}0190-12{number + 10}"]
        row[empty] = "" if number % 2 else row[empty]
        rows.append(row)
    assert Read("liste.pdf", document(rows)).numbers == 12


@pytest.mark.slow
@pytest.mark.parametrize(
    "cells",
    [
        lambda n: [(60 + 100 * (i % 2), 800 - i // 2, f"Ord{i}") for i in range(n)],
        lambda n: [(60 + 100 * (i % 3), 800 - i // 3, "0101" if i > 2 else "Navn") for i in range(n)],
        lambda n: [*HEADINGS, (60, 700, "0101901234"), *((500, 700 - i / 9, "7") for i in range(n))],
        lambda n: [(60 + i / 99, 800 - i / 99, "A") for i in range(n)],
        lambda n: [*HEADINGS, *((60, 700 - 11 * (i % 2), "0101901 ") for i in range(n))],
    ],
    ids=["words", "cells", "late", "stairs", "one cell"],
)
def test_the_time_grows_with_the_page(cells: Callable[[int], list[Cell]]) -> None:
    growth.in_proportion(lambda size: page(cells(size)), lambda data: read(data, "", ALLOWANCE), 190)
