"""Pictures of strangers' files, made in processes that are shut in: nothing but pixels, in bounded time."""

from __future__ import annotations

import io
import os
import struct
import time
import zlib

import pytest
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

from corpus.letters import PNG
from corpus.papers import LETTER, pdf, picture
from segl_portal.reading.making import preview, preview_pages
from segl_portal.reading.renderer import Renderer
from segl_portal.reading.source import BytesSource
from segl_portal.reading.view import read_message

# Previews


def test_a_page_of_a_pdf_becomes_a_picture(workshop: Renderer) -> None:
    data = pdf("Kaere Anna", "Side to")
    assert workshop.count_pages(data) == 2
    one, two = (workshop.preview(data, page) for page in (1, 2))
    assert one is not None
    assert two is not None
    assert one != two
    assert min(Image.open(io.BytesIO(one)).size) > 1000
    for page in (0, -1, 3, 10**6):
        assert workshop.preview(data, page) is None


@pytest.mark.parametrize("form", ["PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF"])
def test_a_picture_is_drawn_anew_at_a_size_for_the_page(workshop: Renderer, form: str) -> None:
    drawn = workshop.preview(picture((3000, 1500), form), 1)
    assert drawn is not None
    image = Image.open(io.BytesIO(drawn))
    assert (image.format, image.size) == ("PNG", (1200, 600))
    red, green, blue = image.convert("RGB").getpixel((600, 300))  # type: ignore[misc]
    assert red > 200 > 50 > max(green, blue)


def test_nothing_but_pixels_comes_out(workshop: Renderer) -> None:
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "Hemmelig beskrivelse"
    exif[0x0112] = 6  # turned by a quarter
    Image.new("RGB", (100, 50)).save(out, "JPEG", exif=exif, comment=b"Hemmelig")
    drawn = workshop.preview(out.getvalue(), 1)
    assert drawn is not None
    assert b"Hemmelig" not in drawn
    assert Image.open(io.BytesIO(drawn)).size == (50, 100)


def png_of_size(width: int, height: int) -> bytes:
    """A PNG that says it is so large, and holds nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
        + chunk(b"IEND", b"")
    )


def looping_pdf() -> bytes:
    """Pages that are their own parents."""
    return (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n"
        b"2 0 obj<</Type/Pages/Kids[2 0 R 2 0 R]/Count 99999>>endobj\ntrailer<</Root 1 0 R>>\n"
    )


@pytest.mark.parametrize(
    "data",
    [b"", b"%PDF-1.7", b"%PDF-1.7\n" + b"1 0 obj<<" * 100_000, pdf("x")[:-200], looping_pdf(), PNG[:30],
     png_of_size(1_000_000, 1_000_000), png_of_size(60_000, 60_000), b"GIF89a" + b"\xff" * 1000, b"<svg onload=x>",
     b"<html>", b"MZ" + b"\0" * 100, os.urandom(10_000), b"\xff\xd8\xff" + b"\0" * 100_000, b"II*\0" + b"\xff" * 100],
)  # fmt: skip
def test_what_is_no_picture_gives_none_or_a_picture_in_bounded_time(workshop: Renderer, data: bytes) -> None:
    start = time.monotonic()
    drawn = workshop.preview(data, 1)
    assert drawn is None or drawn.startswith(b"\x89PNG")
    workshop.count_pages(data)
    assert time.monotonic() - start < 30
    assert workshop.count_pages(pdf("x")) == 1, "the next file is read as ever"


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        ((20_000.0, 10.0), False),
        ((1.0, 14_000.0), False),
        ((6_000.0, 500.0), True),
        ((200.0, 9_000.0), True),
        ((14_000.0, 14_000.0), True),
    ],
)
def test_a_page_of_odd_size_is_bounded(workshop: Renderer, size: tuple[float, float], shown: bool) -> None:
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=size)
    canvas.showPage()
    canvas.save()
    drawn = workshop.preview(out.getvalue(), 1)
    assert (drawn is not None) is shown
    if drawn is not None:
        width, height = Image.open(io.BytesIO(drawn)).size
        assert width <= 1201
        assert height <= 1701


def test_files_of_a_message_are_previewed_by_their_numbers(workshop: Renderer) -> None:
    source = BytesSource(LETTER)
    seen = read_message(source, workshop.sanitise)
    assert [(part.number, part.name) for part in seen.files] == [
        (4, "brev.pdf"),
        (5, "foto.png"),
        (6, "x.zip"),
    ]
    assert preview_pages(source, seen.files, workshop) == {4: 3, 5: 1}
    assert preview(source, 4, 3, workshop) is not None
    assert preview(source, 5, 1, workshop) is not None
    for number, page in ((4, 4), (6, 1), (1, 1), (0, 1), (99, 1)):
        assert preview(source, number, page, workshop) is None
