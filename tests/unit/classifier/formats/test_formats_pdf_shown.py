"""PDF: what a page shows to a reader without saying it in letters."""

from __future__ import annotations

import pikepdf
import pytest

from corpus import pdf_files
from corpus.reading import ALLOWANCE, WITH_OCR, causes, stands_in, text_of
from segl.vocabulary import Unreadable
from segl_classifier.formats.pdf import read

LINE = "Jens Hansen, CPR 010190-1234, er visiteret til behandling for misbrug."
PLAIN = "Driften i november: vandet var godt, og alle pumper gik som de skulle."


@pytest.mark.parametrize(
    ("unmapped", "plain"),
    [
        ([LINE] * 10, []),
        ([LINE], []),
        (["010190-1234"], []),
        ([LINE], [PLAIN] * 20),
        ([LINE] * 4, [PLAIN] * 36),
    ],
)
def test_glyphs_whose_letters_no_font_tells_are_unreadable(unmapped: list[str], plain: list[str]) -> None:
    data = pdf_files.without_letters(unmapped, plain)
    content = read(data, "", ALLOWANCE)
    assert "010190" not in text_of(content)
    assert causes(content) == {Unreadable.UNKNOWN_TYPE}
    assert [file.name for file in read(data, "", WITH_OCR).files] == ["page 1.png"]


@pytest.mark.parametrize(("unmapped", "plain"), [(["o"] * 9, [PLAIN] * 9), (["o"], ["Side 1"])])
def test_signs_before_the_points_of_a_list_are_not(unmapped: list[str], plain: list[str]) -> None:
    assert causes(read(pdf_files.without_letters(unmapped, plain), "", ALLOWANCE)) == set()


STRIPS = [(0.0, part / 24, 1.0, 1 / 24) for part in range(24)]
LETTER = "Driften i november: " + "vandet var godt, og pumperne gik. " * 30


@pytest.mark.parametrize("form", [False, True])
@pytest.mark.parametrize(
    ("boxes", "text", "told"),
    [
        (STRIPS, "", True),  # as scanners store a page
        ([(0, 0, 1, 0.25), (0, 0.3, 1, 0.25)], "To breve.", True),
        ([(0, 0, 1, 0.6)], LETTER, True),  # a picture of a screen below a letter
        ([(0, 0, 0.5, 0.6), (0.5, 0, 0.5, 0.6)], LETTER, True),
        ([(0, 0, 1, 0.3)], LETTER, False),
        ([(0, 0, 1, 1)], LETTER, False),  # paper with a picture
        ([(0.6, 0.9, 0.3, 0.1), (0, 0, 1, 0.08)], "Kære Bo. Tak for sidst.", False),  # a letterhead
        ([(0, 0, 1, 0.25)] * 3, "Tre gange det samme.", False),
    ],
)
def test_what_all_pictures_cover_counts(
    boxes: list[tuple[float, float, float, float]], text: str, *, told: bool, form: bool
) -> None:
    data = pdf_files.pictured(boxes, text, form=form)
    assert causes(read(data, "", ALLOWANCE)) == ({Unreadable.UNKNOWN_TYPE} if told else set())
    assert [file.name for file in read(data, "", WITH_OCR).files] == ["page 1.png"]


@pytest.mark.parametrize("form", [False, True])
@pytest.mark.parametrize("one_path", [False, True])
@pytest.mark.parametrize("text", ["", "Side 1"])
@pytest.mark.parametrize("count", [3, 20])
def test_letters_drawn_as_outlines_are_a_scan(count: int, text: str, *, one_path: bool, form: bool) -> None:
    data = pdf_files.outlined([LINE] * count, text, one_path=one_path, form=form)
    assert causes(read(data, "", ALLOWANCE)) == {Unreadable.UNKNOWN_TYPE}
    assert [file.name for file in read(data, "", WITH_OCR).files] == ["page 1.png"]


@pytest.mark.parametrize("one_path", [False, True])
def test_boxes_to_write_in_and_a_logo_are_none(*, one_path: bool) -> None:
    assert read(pdf_files.ruled(50, one_path=one_path), "", ALLOWANCE).lacks == ()


def test_a_small_drawing_under_a_short_letter_is_none() -> None:
    assert (
        read(pdf_files.outlined([LINE] * 3, "Kære Bo. Tak for sidst.", scale=0.005), "", ALLOWANCE).lacks
        == ()
    )


@pytest.mark.parametrize(
    ("subtype", "more"),
    [
        ("Stamp", {}),
        ("FreeText", {"RC": "<body/>"}),
        ("Widget", {"FT": pikepdf.Name.Sig, "T": "Underskrift"}),
        ("Widget", {"FT": pikepdf.Name.Tx, "T": "cpr"}),
    ],
)
def test_what_a_note_shows_is_read(subtype: str, more: dict[str, object]) -> None:
    content = read(pdf_files.annotated(subtype, "Underskrevet af 010190-1234", more), "", ALLOWANCE)
    assert stands_in(content, "010190-1234") == ["note on page 1"]
    assert stands_in(content, "Hej") == ["page 1"]
    assert content.lacks == ()


def test_what_a_field_shows_is_not_read_twice() -> None:
    field = {"FT": pikepdf.Name.Tx, "T": "cpr", "V": "010190-1234"}
    content = read(pdf_files.annotated("Widget", "010190-1234", field), "", ALLOWANCE)
    assert stands_in(content, "010190-1234") == ["form field on page 1"]


def test_a_scan_that_is_a_note_is_a_scan() -> None:
    data = pdf_files.annotated("Stamp", "", scan=True)
    assert causes(read(data, "", ALLOWANCE)) == {Unreadable.UNKNOWN_TYPE}
    assert [file.name for file in read(data, "", WITH_OCR).files] == ["page 1.png"]


def test_a_hidden_note_is_not_shown() -> None:
    data = pdf_files.annotated("Stamp", "Underskrevet", {"F": 2})
    assert "Underskrevet" not in text_of(read(data, "", ALLOWANCE))
