"""HTML: cells that were copied from a spreadsheet say their value twice, once where nobody sees it."""

from __future__ import annotations

from html import escape

import pytest

from corpus import growth
from corpus.unfolded import Read
from segl_classifier.markup.html import read_html

ORDERS = [f"{day:02}0471{serial}" for day in range(10, 28) for serial in ("0123", "1453", "2347", "3031")]


def cell(value: str, shown: str, *, blank: str = "", number: bool = False) -> str:
    held = f'{{{blank}"1":{blank}{3 if number else 2},{blank}"{3 if number else 2}":{blank}'
    held += value if number else f'"{value}"'
    return f'<td data-sheets-value="{escape(held + blank + "}")}">{escape(shown)}</td>'


def table(heading: str, cells: list[str]) -> str:
    rows = "".join(f"<tr><td>Ida</td>{one}</tr>" for one in cells)
    return f"<table><tr><td>Navn</td><td>{heading}</td></tr>{rows}</table>"


@pytest.mark.parametrize("blank", ["", " "])
@pytest.mark.parametrize("number", [False, True])
def test_what_the_cell_shows_is_said_once(blank: str, number: bool) -> None:
    cells = [cell(order, order, blank=blank, number=number) for order in ORDERS]
    page = table("Ordrenr.", cells)
    assert read_html(page).aside == ""
    assert Read("tabel.html", page.encode()).numbers == 0


@pytest.mark.parametrize(
    ("value", "shown"), [("0101901234", "se her"), ("0101901234", ""), ("010190-1234", "010190-xxxx")]
)
def test_what_it_does_not_show_is_read(value: str, shown: str) -> None:
    assert value in read_html(table("Note", [cell(value, shown)])).aside


@pytest.mark.parametrize(
    "value",
    ['{"1":2,"2":"010190\\u002d1234"}', '{"2":"010190-1234"', "010190-1234", '{"1":2,"2":""} 010190-1234'],
)
def test_another_form_of_it_is_read_as_it_stands(value: str) -> None:
    page = f'<table><tr><td data-sheets-value="{escape(value)}">010190-1234</td></tr></table>'
    assert value in read_html(page).aside


def test_many_take_no_longer_than_their_number() -> None:
    growth.of_many(cell("0101901234", "1") + cell("2", "2"), read_html)
