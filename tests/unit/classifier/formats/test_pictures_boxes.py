"""Forms with a box for each digit: the boxes are found, and read by themselves."""

from __future__ import annotations

import io
import time

import pytest
from PIL import Image, ImageDraw

from corpus.box_forms import STYLES, form, table
from corpus.reading import WITH_OCR, stands_in, text_of
from segl_classifier.formats.pictures import ocr
from segl_classifier.formats.pictures.boxes import boxes_in
from world.needs import TESSERACT

CPR = "0101901234"


def png(page: Image.Image) -> bytes:
    out = io.BytesIO()
    page.save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(("dots", "line"), [(150, 0), (200, 190), (300, 120)])
def test_boxes_are_found_however_they_are_drawn(style: str, dots: int, line: int) -> None:
    [field] = boxes_in(form(CPR, style=style, dots=dots, line=line))
    assert (field.count, field.filled) == (10, 10)


@pytest.mark.parametrize(
    "page",
    [
        form(" " * 10),
        form(" " * 10, style="comb"),
        form("12345678"),
        table(12, 8, 60, 60),
        table(10, 6, 140, 50),
        table(10, 1, 140, 50),
        Image.new("L", (800, 20), 0),
        Image.new("L", (1, 1), 255),
        Image.effect_noise((400, 300), 90),
    ],
    ids=["empty", "empty comb", "eight", "square cells", "cells", "a heading", "a bar", "nothing", "grain"],
)
def test_what_is_no_number_in_ten_boxes_is_left_alone(page: Image.Image) -> None:
    assert boxes_in(page) == []


@pytest.mark.parametrize(("wide", "step"), [(22, 30), (4, 8), (9, 11)])
def test_a_page_of_endless_boxes_is_looked_at_in_bounded_time(wide: int, step: int) -> None:
    page = Image.new("L", (2400, 2400), 255)
    pen = ImageDraw.Draw(page)
    for y in range(0, 2400, 40):
        for x in range(0, 2400, step):
            pen.rectangle((x + y % 7, y, x + y % 7 + wide, y + 30), outline=0, width=1)
    begun = time.process_time()
    assert len(boxes_in(page)) <= 20
    assert time.process_time() - begun < 10


@TESSERACT
@pytest.mark.parametrize(("style", "angle"), [("side by side", 0.0), ("comb", -0.8)])
def test_the_number_in_the_boxes_is_read_with_what_stands_before_them(style: str, angle: float) -> None:
    content = ocr.read(png(form(CPR, style=style, angle=angle)), "", WITH_OCR)
    assert stands_in(content, f"CPR-nr. {CPR}") == ["read in boxes by OCR"], text_of(content)
    assert content.lacks == ()


@TESSERACT
def test_what_is_written_into_boxes_by_hand_is_told_of() -> None:
    page = form(" " * 10)
    pen = ImageDraw.Draw(page)
    for number in range(10):
        x = round((63 + 6 * number + 4 * (number >= 6)) * 200 / 25.4)
        pen.arc((x - 12, 640, x + 9, 662), 20 * number, 290 + 5 * number, 40, 3)
        pen.line((x + 6, 648 + number, x - 10 + number, 682), 40, 3)
    content = ocr.read(png(page), "", WITH_OCR)
    assert [lack.detail.partition(": ")[2] for lack in content.lacks] == ["digits in boxes"], text_of(content)
