"""Pictures of letters that lie aslant, are small, grainy or blurred: read, or told of."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image, ImageDraw, ImageFilter

from corpus.reading import WITH_OCR, causes, stands_in, text_of
from segl.vocabulary import Unreadable
from segl_classifier.formats.pictures import ocr
from segl_classifier.formats.pictures.straight import lie_of, pages_of
from segl_classifier.formats.pictures.tesseract import Page, Word
from segl_classifier.formats.pictures.tries import clearer
from world.needs import TESSERACT

CPR = "010190-1234"
LINES = (
    "Dear Jens Hansen",
    "We have received your application for",
    f"help. Your number is {CPR}",
    "Please call us.",
)


def letter(size: int = 24, ink: int = 0, paper: int = 255) -> Image.Image:
    page = Image.new("L", (size * 24, size * 9), paper)
    for row, line in enumerate(LINES):
        ImageDraw.Draw(page).text((size, size + row * size * 7 // 4), line, fill=ink, font_size=size)
    return page


def stored(page: Image.Image, form: str = "PNG", **options: Any) -> bytes:
    out = io.BytesIO()
    page.save(out, form, **options)
    return out.getvalue()


def turned(page: Image.Image, degrees: float) -> Image.Image:
    return page.rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=255)


def by_exif(page: Image.Image) -> bytes:
    told = page.getexif()
    told[0x0112] = 6
    return stored(page.rotate(90, expand=True), "JPEG", exif=told)


@TESSERACT
@pytest.mark.slow
@pytest.mark.parametrize(
    "taken",
    [
        lambda: stored(turned(letter(), 194), "JPEG", quality=60),
        lambda: stored(letter(9)),
        lambda: stored(letter(ink=200, paper=225), "JPEG", quality=70),
        lambda: stored(letter(30, 90, 230).convert("1")),
        lambda: stored(letter(48).filter(ImageFilter.GaussianBlur(5))),
    ],
    ids=["aslant and on its head", "small", "pale", "grainy", "blurred"],
)
def test_a_letter_is_read_however_it_was_taken(taken: Callable[[], bytes]) -> None:
    content = ocr.read(taken(), "", WITH_OCR)
    assert stands_in(content, CPR) == ["read by OCR"], text_of(content)
    assert "received" in text_of(content)
    assert content.lacks == ()


@pytest.mark.slow
@TESSERACT
def test_a_level_line_is_read_though_others_on_the_page_slant() -> None:
    page = Image.new("L", (900, 600), 255)
    for top in (-100, 380):
        ImageDraw.Draw(page).line((0, top + 420, 900, top), fill=0, width=3)
    ImageDraw.Draw(page).text((300, 270), f"Number {CPR}", fill=0, font_size=28)
    assert abs(lie_of(page).angle) > 20
    assert stands_in(ocr.read(stored(page), "", WITH_OCR), CPR) == ["read by OCR"]


@TESSERACT
@pytest.mark.slow
def test_what_nobody_can_read_is_told_of() -> None:
    content = ocr.read(stored(letter(30).filter(ImageFilter.GaussianBlur(5))), "", WITH_OCR)
    assert causes(content) == {Unreadable.UNKNOWN_TYPE}


@TESSERACT
@pytest.mark.slow
def test_a_chart_and_a_logo_raise_no_alarm() -> None:
    chart = Image.new("RGB", (500, 300), "white")
    for bar in range(10):
        ImageDraw.Draw(chart).rectangle((20 + 48 * bar, 60 + 17 * bar, 50 + 48 * bar, 290), fill="steelblue")
    logo = Image.new("RGB", (300, 90), "white")
    ImageDraw.Draw(logo).ellipse((10, 10, 80, 80), fill="navy")
    ImageDraw.Draw(logo).text((95, 30), "Nordlys Energi", fill="navy", font_size=28)
    for picture in (chart, logo):
        assert ocr.read(stored(picture), "", WITH_OCR).lacks == ()


def words(*said: tuple[str, float]) -> Page:
    return Page(tuple(Word(("1", "1", "1", "1"), 20, sure, text) for text, sure in said))


SURE = [("enogtyve", 93.0)] * 40


@pytest.mark.parametrize(
    ("page", "doubt"),
    [
        (words(*SURE), ""),
        (words(*SURE, ("010190-1Z34", 41.0)), "an unsure number"),
        (words(*SURE, ("010190-1234", 88.0)), ""),
        (words(*SURE, *[("krusedul", 35.0)] * 6), "many unsure words"),
        (words(*SURE, *[("krusedul", 35.0)] * 3), ""),
        (words(*[("krusedul", 40.0)] * 6), "no sure words"),
        (words(*[("krusedul", 20.0)] * 6), ""),
        (words(("Mosen", 30.0), ("Engvej", 40.0)), ""),
    ],
)
def test_when_writing_was_not_read(page: Page, doubt: str) -> None:
    assert ocr.unread(page, lines=False) == doubt


def test_what_is_in_lines_is_no_pattern() -> None:
    assert ocr.unread(words(*[("krusedul", 20.0)] * 6), lines=True) == "no sure words"


@pytest.mark.parametrize("degrees", [0, 1, -3, 7, -15, 30])
def test_how_lines_lie(degrees: int) -> None:
    lie = lie_of(turned(letter(), degrees))
    assert lie.angle == pytest.approx(-degrees, abs=1)
    assert not lie.sideways
    assert lie.clear > 5


def test_a_page_on_its_side() -> None:
    assert lie_of(turned(letter(), 96)).sideways


def test_where_there_are_no_lines() -> None:
    assert lie_of(Image.new("L", (300, 200), 90)).clear == 0
    assert lie_of(Image.effect_noise((900, 700), 60)).clear < 5


def test_a_page_is_turned_as_its_file_says() -> None:
    [page] = pages_of(by_exif(letter()))
    assert page.size == letter().size


def test_pages_are_grey_on_white_however_they_are_kept() -> None:
    ink = Image.new("RGBA", (40, 40), (0, 0, 0, 0))
    ink.paste((0, 0, 0, 255), (10, 10, 20, 20))
    tones = [500 if 10 <= x < 20 > y >= 10 else 60_000 for y in range(40) for x in range(40)]
    deep = Image.frombytes("I;16", (40, 40), struct.pack("<1600H", *tones))
    for picture in (ink, ink.quantize(4), deep, letter().convert("CMYK").resize((40, 40))):
        form = "JPEG" if picture.mode == "CMYK" else "PNG"
        [grey] = pages_of(stored(picture, form))
        assert (grey.mode, grey.size) == ("L", (40, 40))
        assert grey.tobytes()[2 * 40 + 2] >= 250
        if form == "PNG":
            assert grey.tobytes()[15 * 40 + 15] <= 5


def test_a_huge_picture_is_read_at_half_its_size() -> None:
    [grey] = pages_of(stored(Image.new("1", (6_000, 5_000), 1)))
    assert grey.size == (3_000, 2_500)


def test_how_letters_are_made_clearer() -> None:
    small, usual = words(*[("word", 50.0)] * 6), letter()
    flat = Page(tuple(Word(word.line, 9, word.sure, word.text) for word in small.words))
    assert clearer(usual, flat).width == usual.width * 3
    assert clearer(usual, small).size == usual.size
    assert clearer(usual.filter(ImageFilter.GaussianBlur(5)), small).width == usual.width // 2
