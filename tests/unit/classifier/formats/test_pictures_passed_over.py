"""Writing in pictures that Tesseract passes over without a doubt: it is seen that some is left, and then read."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from PIL import Image, ImageDraw

from corpus.reading import WITH_OCR, stands_in, text_of
from segl_classifier.formats.pictures import ocr
from segl_classifier.formats.pictures.evened import evened, left_out
from segl_classifier.formats.pictures.tesseract import Page, Word
from world.needs import TESSERACT

CPR = "010190-1234"
PAPER, TABLE, RED = (255, 255, 255), (107, 74, 47), (214, 92, 92)


def sheet(*lines: str, size: int = 28, colour: tuple[int, int, int] = PAPER) -> Image.Image:
    page = Image.new("RGB", (size * 26, size * (2 * len(lines) + 2)), colour)
    for row, line in enumerate(lines):
        ImageDraw.Draw(page).text((size, size * (2 * row + 1)), line, fill=(0, 0, 0), font_size=size)
    return page


LETTER = (
    "Dear Jens Hansen",
    "We have received your application for help.",
    f"Your number is {CPR}",
    "Please call us in the afternoon.",
)


def in_shadow() -> Image.Image:
    """A letter on a dark table, with the lamp on one side."""
    letter = sheet(*LETTER)
    shade = (
        Image.linear_gradient("L")
        .rotate(90)
        .resize(letter.size)
        .point([140 + t * 115 // 255 for t in range(256)])
    )
    lit = Image.composite(letter, Image.new("RGB", letter.size), shade)
    table = Image.new("RGB", (letter.width * 3 // 2, letter.height * 2), TABLE)
    table.paste(lit.rotate(4, Image.Resampling.BICUBIC, expand=True, fillcolor=TABLE), (100, 100))
    return table


def chat() -> Image.Image:
    """Two bubbles in a dark window, each of its own colour."""
    window = Image.new("RGB", (720, 700), (11, 20, 26))
    draw = ImageDraw.Draw(window)
    for left, top, colour, words in (
        (30, 200, (32, 44, 51), "What is your number?"),
        (260, 320, (0, 92, 75), CPR),
    ):
        draw.rounded_rectangle((left, top, left + 430, top + 80), 20, fill=colour)
        draw.text((left + 30, top + 22), words, font_size=28, fill=(233, 237, 239))
    return window


def stamped() -> Image.Image:
    """A letter with a stamp of reception over the number."""
    letter = sheet(*LETTER)
    stamp = Image.new("L", (330, 100), 0)
    draw = ImageDraw.Draw(stamp)
    draw.rectangle((2, 2, 327, 97), outline=255, width=5)
    draw.text((24, 22), "MODTAGET", font_size=50, fill=255)
    stamp = stamp.rotate(12, Image.Resampling.BICUBIC, expand=True)
    letter.paste(
        Image.composite(
            Image.new("RGB", stamp.size, RED),
            letter.crop((150, 90, 150 + stamp.width, 90 + stamp.height)),
            stamp,
        ),
        (150, 90),
    )
    words = sheet(*LETTER).convert("L").point([255 * (tone < 128) for tone in range(256)])
    letter.paste((0, 0, 0), mask=words)
    return letter


@TESSERACT
@pytest.mark.slow
@pytest.mark.parametrize("taken", [in_shadow, chat, stamped])
def test_what_is_passed_over_is_read(taken: Callable[[], Image.Image]) -> None:
    out = io.BytesIO()
    taken().save(out, "PNG")
    content = ocr.read(out.getvalue(), "", WITH_OCR)
    assert stands_in(content, CPR) == ["read by OCR"], text_of(content)
    assert content.lacks == ()


def test_what_is_in_no_word_is_left_out() -> None:
    page = sheet(*LETTER).convert("L")
    words = [
        Word(("1",), 28, 96.0, line, (28, 28 * (2 * row + 1), 26 * 24, 36)) for row, line in enumerate(LETTER)
    ]
    assert left_out(page, Page(tuple(words))) < 0.02
    assert 0.2 < left_out(page, Page((*words[:2], words[3]))) < 0.4
    assert left_out(page, Page()) == 1.0


def test_rules_and_frames_are_no_writing() -> None:
    page = Image.new("L", (600, 400), 255)
    for row in range(40, 400, 40):
        ImageDraw.Draw(page).line((20, row, 580, row), fill=0, width=3)
    ImageDraw.Draw(page).rectangle((10, 10, 590, 390), outline=0, width=3)
    assert left_out(page, Page()) == 0.0
    assert left_out(Image.new("L", (5, 5), 0), Page()) == 0.0


def test_light_and_dark_strokes_are_both_ink() -> None:
    made = evened(chat().convert("L"))
    assert made.getpixel((5, 5)) == 255
    assert any(made.histogram()[:100])
