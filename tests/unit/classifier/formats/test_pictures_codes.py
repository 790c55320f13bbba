"""Codes for machines in pictures."""

from __future__ import annotations

import io
import time
from dataclasses import replace
from random import Random

import pytest
import zxingcpp
from PIL import Image
from reportlab.lib.pagesizes import A4
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas
from zxingcpp import BarcodeFormat

from corpus.reading import ALLOWANCE, WITH_OCR, causes, stands_in
from segl.vocabulary import Unreadable
from segl_classifier.formats.pdf.reader import read as read_pdf
from segl_classifier.formats.pictures import ocr
from segl_classifier.formats.pictures.codes import codes_in
from world.needs import TESSERACT

CPR = "010190-1234"


def sheet(content: str | bytes, kind: BarcodeFormat, scale: int = 3) -> Image.Image:
    """A code on paper."""
    drawn = memoryview(zxingcpp.create_barcode(content, kind).to_image(scale=scale))
    height, width = drawn.shape or (0, 0)
    page = Image.new("L", (max(700, width + 100), height + 300), 255)
    page.paste(Image.frombytes("L", (width, height), bytes(drawn)), (60, 100))
    return page


def stored(page: Image.Image) -> bytes:
    out = io.BytesIO()
    page.save(out, "PNG")
    return out.getvalue()


def test_a_check_digit_of_code_39_is_no_part_of_the_number() -> None:
    assert codes_in(sheet("0101901234L", BarcodeFormat.Code39)).texts == ("0101901234L", "0101901234")
    assert codes_in(sheet("0101901234Q", BarcodeFormat.Code39)).texts == ("0101901234Q",)


@pytest.mark.parametrize(
    "kind",
    [
        BarcodeFormat.QRCode,
        BarcodeFormat.Aztec,
        BarcodeFormat.DataMatrix,
        BarcodeFormat.PDF417,
        BarcodeFormat.Code128,
    ],
    ids=str,
)
@pytest.mark.parametrize("turn", [0, 8, 180])
def test_what_a_code_says(kind: BarcodeFormat, turn: int) -> None:
    page = sheet(f"CPR {CPR}", kind).rotate(turn, Image.Resampling.BICUBIC, expand=True, fillcolor=255)
    assert codes_in(page).texts == (f"CPR {CPR}",)
    assert codes_in(page).unread == ()


@pytest.mark.slow
@TESSERACT
def test_a_number_in_a_code_is_read() -> None:
    page = sheet(f"Patient {CPR}", BarcodeFormat.Code128).rotate(
        25, Image.Resampling.BICUBIC, expand=True, fillcolor=255
    )
    content = ocr.read(stored(page), "", WITH_OCR)
    assert stands_in(content, CPR) == ["read from a code"]
    assert content.lacks == ()


def test_a_code_of_bytes_and_a_code_that_is_spoilt_are_told_of() -> None:
    assert codes_in(sheet(bytes(range(128, 228)), BarcodeFormat.QRCode)).unread == ("QR Code",)
    spoilt = sheet(f"CPR {CPR}", BarcodeFormat.QRCode)
    spoilt.paste(0, (100, 140, 135, 175))
    assert codes_in(spoilt).unread == ("QR Code",)


@pytest.mark.slow
@TESSERACT
def test_a_code_that_is_not_read_is_a_gap() -> None:
    page = sheet(bytes(range(128, 228)), BarcodeFormat.QRCode)
    assert causes(ocr.read(stored(page), "", WITH_OCR)) == {Unreadable.UNKNOWN_TYPE}


def printed_page(lines: int) -> bytes:
    """A page of a PDF with text and a small code."""
    out = io.BytesIO()
    page = Canvas(out, pagesize=A4)
    for row in range(lines):
        page.drawString(72, 780 - 14 * row, "Your bill is enclosed, please pay it within a month.")
    page.drawImage(
        ImageReader(sheet(f"CPR {CPR}", BarcodeFormat.QRCode).crop((40, 80, 200, 220))), 72, 72, 80, 70
    )
    page.save()
    return out.getvalue()


@pytest.mark.parametrize("lines", [3, 20])
def test_a_small_code_on_a_printed_page_is_read(lines: int) -> None:
    page = printed_page(lines)
    assert stands_in(read_pdf(page, "", WITH_OCR), CPR) == ["code on page 1"]
    assert stands_in(read_pdf(page, "", ALLOWANCE), CPR) == []


@pytest.mark.parametrize("lines", [3, 20])
def test_a_page_with_a_picture_for_whose_codes_it_is_too_late_is_told_of(lines: int) -> None:
    late = replace(WITH_OCR, ocr_until=time.monotonic() - 1)
    assert causes(read_pdf(printed_page(lines), "", late)) == {Unreadable.TIMED_OUT}


def test_where_there_is_none() -> None:
    for picture in (Image.new("L", (300, 200), 255), Image.effect_noise((900, 700), 90)):
        assert codes_in(picture).texts == codes_in(picture).unread == ()


@pytest.mark.parametrize("seed", [36, 42, 329])
def test_bars_in_grain_are_none(seed: int) -> None:
    dice = Random(seed)
    grain = Image.frombytes("L", (60, 60), bytes(dice.choice((0, 255)) for _ in range(3600))).resize(
        (300, 300), 0
    )
    assert zxingcpp.read_barcodes(grain, return_errors=True), "it takes them for some"
    assert codes_in(grain).texts == codes_in(grain).unread == ()


def test_without_leave_no_code_is_looked_for() -> None:
    content = ocr.read(stored(sheet(CPR, BarcodeFormat.QRCode)), "", ALLOWANCE)
    assert content.passages == ()
