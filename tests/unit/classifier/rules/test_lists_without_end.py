"""However a list is written, to look through it takes time in proportion to its length."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from corpus import growth
from corpus.lists import found, letter
from segl_classifier.cpr.find import find_cpr
from segl_classifier.markup.html import read_html
from segl_classifier.rules.words import NormalText

LIST = "Navn;Restance\nAnna Lund;4500\n\n"
PROSE = "Dette er en linje af et brev, som er længere end en celle.\n"
MATTERS = "Restance;Diagnose;Månedsløn;Sygedage;Fagforening;Religion;Klage;Navn\n"


def wide(cell: str) -> Callable[[int], str]:
    """A list with *cell* over many columns, and behind them several that rules know."""
    return lambda n: cell * n + MATTERS + ";" * n + "x;x;x;x;x;x;x;Anna Lund\n" + ";" * n + ";;;;;;;Bo Bro"


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        pytest.param(wide('"a""b";'), id="a wide heading with quotation marks"),
        pytest.param(wide('"a\u00a0b";'), id="a wide heading with blanks that do not break"),
        pytest.param(
            lambda n: LIST + ("a  b  " * n + "\n") * 3 + (PROSE + "c  d\n") * n,
            id="rows below a wide heading",
        ),
        pytest.param(lambda n: LIST + "a\tb\nc\td\n.\na;b;c\nd;e;f\n.\n" * n, id="many tables in turn"),
        pytest.param(lambda n: LIST + "x" * 9 * n + "\ty" + "\n\na\tb" * n, id="a long first line"),
        pytest.param(lambda n: LIST + "> " * n, id="a line answered without end"),
        pytest.param(
            lambda n: "Er du syg mon?;" * n + "\n" + "x;" * n + "\n" + "a;b\n" * n, id="questions without end"
        ),
        pytest.param(
            lambda n: "a," * n + "Er du syg mon?\n" + ("x," * (n // 50) + "y\n") * 50,
            id="a wide heading with commas",
        ),
        pytest.param(lambda n: LIST + 'a;"' * n, id="cells that are quoted without end"),
        pytest.param(lambda n: LIST + ';""' * n + '"\n' * n, id="quotation marks in quotation marks"),
        pytest.param(lambda n: LIST + 'a;"b\nc"\n' * n, id="cells of two lines"),
        pytest.param(
            lambda n: LIST + 'a;"' + "b\nc\n" * n + '"\nd;e\n' * n, id="a cell of lines without end"
        ),
        pytest.param(lambda n: "Navn;Restance\r" + "\r" * n + "a;b\r" * n + "\r\n", id="CR without end"),
        pytest.param(lambda n: "Navn;Restance" + "\v\r\u2028a;b" * n, id="line ends of all kinds"),
        pytest.param(
            lambda n: "Navn  Restance\n" + "a     b\nc     d\n\n" * n, id="columns behind empty lines"
        ),
        pytest.param(
            lambda n: ("a  b  " * n + "\n") * 3 + "\na  b\n" * n, id="a wide heading above empty lines"
        ),
        pytest.param(lambda n: LIST + "x\ny;z\n\n" * n, id="headings that touch a line"),
        pytest.param(lambda n: LIST + "> > >" * n + "a;b\n" + "> x;y\n>z;w\n" * n, id="answers of all kinds"),
    ],
)
def test_to_look_through_a_list_takes_no_time_without_end(text: Callable[[int], str]) -> None:
    growth.in_proportion(text, found)


@pytest.mark.slow
@pytest.mark.parametrize(
    "markup",
    [
        pytest.param(lambda n: "<table>" + "<tr><td>a<br>b</td><td>c</td></tr>" * n, id="rows"),
        pytest.param(lambda n: "<table><tr><td>a</td><td>b" + "<br>c" * n + "</td></tr>" * n, id="breaks"),
        pytest.param(lambda n: "<table><tr>" + "<td>a<br>" * n + "</td>" * n, id="cells in cells"),
        pytest.param(
            lambda n: "<table><tr><td>" * n + "a<br>b" + "</td></tr></table>" * n, id="tables in tables"
        ),
        pytest.param(
            lambda n: "<table><tr>" + "<td>a<br>b</td>" * n + "</tr><tr>" + "<td>c</td>" * n, id="columns"
        ),
        pytest.param(
            lambda n: "<table><tr>" + "<td rowspan=65535>a" * n + "<tr><td>b" * n,
            id="rows below merged cells",
        ),
        pytest.param(
            lambda n: "<table><tr><td>a<td>b<td rowspan=0 colspan=99>" * n + "c",
            id="merged cells in one another",
        ),
        pytest.param(lambda n: "<table><tr>" + "<td rowspan=2>a<table>" * n, id="merged cells without end"),
        pytest.param(lambda n: "<pre>" + " \n  " * n + "<b>  " * n, id="blanks"),
    ],
)
def test_to_read_a_page_of_cells_takes_no_time_without_end(markup: Callable[[int], str]) -> None:
    def read(page: str) -> None:
        text = letter(read_html(page).text)
        found(text)
        find_cpr(text)

    growth.in_proportion(markup, read)


def test_marks_of_answers_are_nothing_in_whatever_order_they_stand() -> None:
    assert NormalText.of("syg\n> >> > > af\n>>  > det").flat == "syg af > det"
