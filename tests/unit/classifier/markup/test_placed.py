"""Pages whose pieces have a place of their own are read as they are seen."""

from __future__ import annotations

import time

import pytest

from segl_classifier.cpr.find import find_cpr
from segl_classifier.cpr.judging.score import THRESHOLD
from segl_classifier.markup.html import read_html
from segl_classifier.message import Source, Text

SAID = "Patienten er indlagt på psykiatrisk afdeling"


def at(left: float, top: float, text: str, tag: str = "div") -> str:
    return f'<{tag} style="position:absolute;left:{left}px;top:{top}px">{text}</{tag}>'


NUMBERS = {
    "drawn from right to left": at(60, 10, "1002") + at(10, 10, "120385-"),
    "by classes": "<style>.a{position:absolute} .x{left:10pt;top:4pt} .y{left:45pt;top:4pt}</style>"
    '<div class="a y">1002</div><div class="a x">120385-</div>',
    "from below": '<p style="position:absolute;left:60px;bottom:10px">1002</p>'
    '<p style="position:absolute;left:10px;bottom:10px">120385-</p>',
    "each letter": "".join(at(10 + 8 * place, 5, sign) for place, sign in enumerate("120385-1002")),
    "label and value by columns": at(72, 100, "Navn") + at(72, 120, "CPR") + at(172, 100, "Bo Holm")
    + at(172, 120, "12038") + at(203, 120, "51002"),
    "within an element with a place": at(0, 300, at(60, 10, "1002") + at(10, 10, "120385-")) + at(10, 10, "Kære Bo"),
}  # fmt: skip


@pytest.mark.parametrize("name", NUMBERS)
def test_a_number_in_pieces_is_found(name: str) -> None:
    shown = read_html(f"<html><body>{NUMBERS[name]}</body></html>").otherwise
    assert any(f.score >= THRESHOLD for f in find_cpr(Text(shown, "body", Source.BODY)))


def test_words_and_letters_are_put_together() -> None:
    letters = "".join(at(8 * place, 4, sign) for place, sign in enumerate(SAID))
    assert SAID in read_html(letters).otherwise
    words = "".join(at(70 * place, 4, word) for place, word in enumerate(SAID.split()))
    assert SAID in read_html(words).otherwise.replace("\t", " ")


def test_lines_are_in_the_order_of_the_page() -> None:
    page = (
        at(10, 30, "tredje linje")
        + at(10, 10, "første linje")
        + at(10, 20, "anden linje")
        + at(90, 20, "mere")
    )
    assert "første linje\nanden linje mere" in read_html(page).otherwise


@pytest.mark.parametrize(
    "markup",
    [
        "<p>Hej</p><p>Tak for i går</p>",
        at(10, 10, "Hej") + "<p>Tak for i går</p>",
        "<style>td { position: relative; left: 3px }</style><table><tr><td>a<td>b</table>",
        '<table style="table-layout:fixed"><tr><td>a<td>b</table>',
        at(10, 10, "Hej Bo") + at(10, 40, "Tak for i går"),
    ],
)
def test_other_pages_are_read_once(markup: str) -> None:
    assert read_html(markup).otherwise == ""


@pytest.mark.slow
@pytest.mark.parametrize(
    "piece", ["<b>", "</b>", at(1, 1, ""), at(1, 1, "a"), "<b style='left:", "position:absolute;"]
)
def test_hostile_pages_cost_linear_time(piece: str) -> None:
    many = at(1, 1, "x") * 3 + piece * (400_000 // len(piece))
    for markup in (many, f"<style>{many}</style>{at(1, 1, 'x') * 3}"):
        start = time.process_time()
        read_html(markup)
        assert time.process_time() - start < 3


@pytest.mark.slow
def test_a_sheet_costs_no_more_for_each_element_it_is_for() -> None:
    rule, places = ".a{left:1px}", "position:absolute;left:1px;top:1px;" + "x" * 900
    for markup in (
        f"<style>{rule * 80_000}</style>{at(1, 1, 'x') * 3}",
        f"<style>.a{{{places}}}</style>" + f"<p class='{'a ' * 20}'>1</p>" * 10_000,
    ):
        start = time.process_time()
        read_html(markup)
        assert time.process_time() - start < 3
