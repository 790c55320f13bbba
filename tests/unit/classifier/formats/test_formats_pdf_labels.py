"""PDF: fields of forms whose names say nothing are called by the printed words beside or above them."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pytest
from reportlab.pdfgen.canvas import Canvas

from corpus import growth
from corpus.reading import ALLOWANCE
from corpus.unfolded import Read
from segl_classifier.formats.pdf.labels import says_nothing
from segl_classifier.formats.pdf.reader import read

Field = tuple[float, float, str, str]  # from the left, from below, its name and value
NUMBER, ORDER = "0101901234", "0711660012"


def form(fields: Sequence[Field], printed: Sequence[tuple[float, float, str]]) -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out)
    for left, up, text in printed:
        canvas.drawString(left, up, text)
    for left, up, name, value in fields:
        canvas.acroForm.textfield(name=name, value=value, x=left, y=up - 4, width=90, height=16, maxlen=99)
    canvas.save()
    return out.getvalue()


def fields_of(data: bytes) -> list[str]:
    passages = read(data, "", ALLOWANCE).passages
    lines = [line for one in passages if one.place.startswith("form field") for line in one.text.split("\n")]
    return [line for line in lines if ": " in line]


def test_they_stand_to_the_left_of_it_behind_the_field_before() -> None:
    data = form(
        [(110, 700, "f1", ORDER), (290, 700, "f2", NUMBER)],
        [(40, 700, "Ordrenr.:"), (220, 700, "CPR-nr.:"), (40, 672, "Andet")],
    )
    assert fields_of(data) == [f"Ordrenr.: {ORDER}", f"CPR-nr.: {NUMBER}"]
    assert Read("blanket.pdf", data).numbers


def test_or_above_it() -> None:
    data = form([(40, 700, "felt7", ORDER)], [(40, 716, "Ordrenr."), (300, 700, "CPR")])
    assert fields_of(data) == [f"Ordrenr.: {ORDER}"]


@pytest.mark.parametrize("order", [NUMBER, ORDER])
def test_a_name_that_says_something_stays(order: str) -> None:
    assert fields_of(form([(110, 700, "CPR", order)], [(40, 700, "Ordrenr.:")])) == [f"CPR: {order}"]


def test_without_words_the_name_stays() -> None:
    data = form([(110, 700, "f1", NUMBER)], [(40, 100, "Side")])
    assert fields_of(data) == [f"f1: {NUMBER}"]
    assert Read("blanket.pdf", data).numbers


def test_the_fields_of_a_row_are_told_with_what_is_printed_beside_them_alone() -> None:
    data = form([(110, 700, "f1", ORDER), (290, 700, "f2", "12 stk.")], [(40, 700, "Ordrenr.:")])
    assert Read("blanket.pdf", data).numbers == 0


@pytest.mark.parametrize(
    ("name", "nothing"),
    [
        *(("felt7", True), ("f1_3", True), ("topmostSubform[0].Page1[0].f1_1[0]", True), ("", True)),
        *(("Text Field 12", True), ("CPR", False), ("form1[0].cprnr[0]", False), ("Kundenr_2", False)),
    ],
)
def test_which_names_say_nothing(name: str, *, nothing: bool) -> None:
    assert says_nothing(name) is nothing


@pytest.mark.slow
def test_the_time_grows_with_the_fields() -> None:
    def page(size: int) -> bytes:
        return form([(60, 700 - n / 9, f"f{n}", ORDER) for n in range(size)], [(9, 700, "Nr.")] * size)

    growth.in_proportion(page, lambda data: read(data, "", ALLOWANCE), 20)
    growth.of_many("textform", says_nothing)
