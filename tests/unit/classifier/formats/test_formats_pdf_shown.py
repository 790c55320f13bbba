"""PDF: what a page shows to a reader without saying it in letters."""

from __future__ import annotations

import io
import random

import pikepdf
import pytest
from PIL import Image
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from corpus import pdf_by_hand, pdf_files
from corpus.reading import ALLOWANCE, WITH_OCR, causes, stands_in, text_of
from segl.vocabulary import Unreadable
from segl_classifier.formats.pdf.reader import read

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


SCAN = pdf_by_hand.stream(
    "\0" * 100_000,
    "/Type/XObject/Subtype/Image/Width 400/Height 250/BitsPerComponent 8/ColorSpace/DeviceGray",
)
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
@pytest.mark.slow
def test_what_all_pictures_cover_counts(
    boxes: list[tuple[float, float, float, float]], text: str, *, told: bool, form: bool
) -> None:
    data = pdf_files.pictured(boxes, text, form=form)
    assert causes(read(data, "", ALLOWANCE)) == ({Unreadable.UNKNOWN_TYPE} if told else set())
    assert [file.name for file in read(data, "", WITH_OCR).files] == ["page 1.png"]


@pytest.mark.parametrize("form", [False, True])
@pytest.mark.parametrize("one_path", [False, True])
@pytest.mark.parametrize("text", ["", "Side 1"])
@pytest.mark.parametrize("count", [3, pytest.param(20, marks=pytest.mark.slow)])
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


def photographed(
    share: float, length: int, *, pixels: tuple[int, int] = (1200, 800), noise: int = 60
) -> bytes:
    """A page with a photograph of so many pixels on *share* of it, and *length* letters of text above."""
    out = io.BytesIO()
    width, height = A4
    page = Canvas(out, pagesize=A4)
    photo = io.BytesIO()
    picture = Image.effect_noise((pixels[0] // 8, pixels[1] // 8), noise).resize(pixels)
    picture.save(photo, "JPEG" if noise else "PNG")
    side = share**0.5
    page.drawImage(ImageReader(photo), 0.1 * width, 0.02 * height, side * width, side * height)
    text = page.beginText(30, height - 30)
    text.setFont("Helvetica", 8)
    for start in range(0, length, 100):
        text.textLine((LETTER * 4)[start : min(start + 100, length)])
    page.drawText(text)
    page.save()
    return out.getvalue()


@pytest.mark.parametrize("length", [51, 740])
@pytest.mark.parametrize("share", [0.08, 0.24, 0.36, 0.48])
def test_a_card_photographed_under_a_letter_is_told_of(share: float, length: int) -> None:
    data = photographed(share, length)
    assert causes(read(data, "", ALLOWANCE)) == {Unreadable.UNKNOWN_TYPE}
    assert [file.name for file in read(data, "", WITH_OCR).files] == ["page 1.png"]


@pytest.mark.parametrize(
    ("share", "length", "pixels", "noise"),
    [
        (0.03, 51, (2400, 900), 60),  # a logo made for print
        (0.3, 51, (900, 600), 60),
        (0.1, 740, (2480, 354), 60),  # a banner over the breadth of a letter
        (0.24, 1100, (1200, 800), 60),  # an illustrated page of a report
        (0.16, 200, (990, 990), 0),  # a square code, drawn large
    ],
)
def test_logos_and_illustrations_are_not(
    share: float, length: int, pixels: tuple[int, int], noise: int
) -> None:
    assert read(photographed(share, length, pixels=pixels, noise=noise), "", ALLOWANCE).lacks == ()


def scanned_with_text(unseen: int, seen: int) -> bytes:
    """A scan with a text that was read off it laid over it unseen, and a stamp that is seen."""
    out = io.BytesIO()
    page = Canvas(out, pagesize=A4)
    page.drawImage(ImageReader(io.BytesIO(pdf_files.letter_picture())), 0, 0, *A4)
    for mode, length, top in ((3, unseen, 800), (0, seen, 400)):
        page.saveState()
        text = page.beginText(30, top)
        text.setTextRenderMode(mode)
        text.setFont("Helvetica", 8)
        for start in range(0, length, 100):
            text.textLine((LETTER * 4)[start : min(start + 100, length)])
        page.drawText(text)
        page.restoreState()
    page.save()
    return out.getvalue()


@pytest.mark.parametrize("seen", [0, 120])
def test_a_scan_with_a_text_of_somebodys_ocr_is_a_scan(seen: int) -> None:
    data = scanned_with_text(1_700, seen)
    content = read(data, "", ALLOWANCE)
    assert "vandet var godt" in text_of(content)
    assert causes(content) == {Unreadable.UNKNOWN_TYPE}
    assert [file.name for file in read(data, "", WITH_OCR).files] == ["page 1.png"]


def test_a_letter_on_paper_with_a_picture_is_not() -> None:
    assert read(scanned_with_text(0, 1_700), "", ALLOWANCE).lacks == ()


@pytest.mark.parametrize("one_path", [False, True])
def test_a_number_alone_on_a_page_as_outlines_is_a_scan(*, one_path: bool) -> None:
    data = pdf_files.outlined(["010190-1234"], one_path=one_path)
    assert causes(read(data, "", ALLOWANCE)) == {Unreadable.UNKNOWN_TYPE}


@pytest.mark.parametrize("one_path", [False, True])
def test_lines_of_outlines_beside_a_letter_are_told_of(*, one_path: bool) -> None:
    data = pdf_files.outlined([LINE] * 5, LETTER, one_path=one_path, widths=True)
    assert causes(read(data, "", ALLOWANCE)) == {Unreadable.UNKNOWN_TYPE}
    assert [file.name for file in read(data, "", WITH_OCR).files] == ["page 1.png"]


@pytest.mark.parametrize("shape", ["name", "dots", "chart"])
def test_drawings_beside_a_letter_are_not(shape: str) -> None:
    out = io.BytesIO()
    page = Canvas(out, pagesize=A4)
    for row in range(0, len(LETTER), 100):
        page.drawString(30, 800 - 0.12 * row, LETTER[row : row + 100])
    chance = random.Random(1)
    for number in range(900):
        if shape == "dots":  # a code of round points
            page.circle(100 + 5 * (number % 30), 100 + 5 * (number // 30), 2, stroke=0, fill=1)
        elif shape == "chart":
            page.circle(100 + number / 3, 100 + 200 * chance.random(), 2, stroke=0, fill=1)
        elif number < 80:  # a logo with its words
            left, base = 100 + 9 * (number % 40), 400 + 20 * (number // 40)
            page.ellipse(left, base, left + chance.randint(3, 8), base + 8, stroke=0, fill=1)
    page.save()
    assert read(out.getvalue(), "", ALLOWANCE).lacks == ()


@pytest.mark.slow
@pytest.mark.parametrize("lines", [10_001, 30_000])
def test_a_scan_behind_thousands_of_lines_is_a_scan(lines: int) -> None:
    rules = "1 1 m 9 9 l S\n" * lines
    data = pdf_by_hand.page(f"{rules} q 595 0 0 842 0 0 cm /X Do Q {pdf_by_hand.written('Hej')}", {10: SCAN})
    assert causes(read(data, "", ALLOWANCE)) == {Unreadable.UNKNOWN_TYPE}


@pytest.mark.slow
def test_more_on_a_page_than_is_looked_at_is_told_of() -> None:
    data = pdf_by_hand.page("1 1 m 9 9 l S\n" * 200_001)
    assert Unreadable.TOO_MANY in causes(read(data, "", ALLOWANCE))
