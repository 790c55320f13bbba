"""Pictures of files, so that they can be looked at without being opened: a page of a PDF (PDFium), or a
picture (Pillow), drawn anew as PNG. Runs in a worker only: these libraries read what strangers wrote.

What comes out is pixels, whatever went in: no script of a PDF runs (this PDFium has none), no metadata of a
photo stays, and nothing in either is fetched."""

from __future__ import annotations

import io
from typing import Final

import pypdfium2 as pdfium
from PIL import Image, ImageOps

from segl_portal.reading.kinds import type_of

WIDTH: Final = 1_200  # pixels; a phone shows 400 points of three pixels
HEIGHT: Final = 1_700
MOST_PAGES: Final = 200
_FORMATS: Final = ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF")
_MOST_PIXELS: Final = 100_000_000  # of a picture that is decoded; a photo has 50 million at most


class NoPicture(Exception):
    """It is none, or larger than is drawn."""


def count_pages(data: bytes) -> int:
    """How many pages can be looked at. Raises whatever the libraries do."""
    if type_of(data[:1024]) != "application/pdf":
        _opened(data)
        return 1
    with pdfium.PdfDocument(data) as document:
        return min(len(document), MOST_PAGES)


def page_as_png(data: bytes, number: int) -> bytes:
    """Page *number*, from 1, as PNG. Raises whatever the libraries do."""
    image = _page(data, number) if type_of(data[:1024]) == "application/pdf" else _picture(data, number)
    out = io.BytesIO()
    image.save(out, "PNG", compress_level=3)
    return out.getvalue()


def _page(data: bytes, number: int) -> Image.Image:
    with pdfium.PdfDocument(data) as document:
        if not 1 <= number <= min(len(document), MOST_PAGES):
            raise NoPicture("no such page")
        document.init_forms()  # what was filled in is part of what is seen
        page = document[number - 1]
        width, height = max(page.get_width(), 1.0), max(page.get_height(), 1.0)
        scale = min(WIDTH / width, HEIGHT / height)
        if min(width, height) * scale < 1:
            raise NoPicture("a page without width")
        image: Image.Image = page.render(scale=scale, may_draw_forms=True).to_pil()
        return image.convert("RGB")


def _picture(data: bytes, number: int) -> Image.Image:
    if number != 1:
        raise NoPicture("a picture has one page")
    image = _opened(data)
    image.draft("RGB", (WIDTH, HEIGHT))  # a JPEG is decoded at about the size that is needed
    image.load()
    turned = ImageOps.exif_transpose(image)
    shown = turned.convert("RGBA") if turned.mode in ("P", "LA", "PA", "RGBA") else turned.convert("RGB")
    shown.thumbnail((WIDTH, HEIGHT))
    if shown.mode == "RGBA":
        ground = Image.new("RGB", shown.size, "white")
        ground.paste(shown, mask=shown.getchannel("A"))
        return ground
    return shown


def _opened(data: bytes) -> Image.Image:
    """The picture, its size known and its pixels not yet decoded."""
    Image.MAX_IMAGE_PIXELS = None  # ours is asked below, and memory has its bound
    image = Image.open(io.BytesIO(data), formats=_FORMATS)
    if not 0 < image.width * image.height <= _MOST_PIXELS:
        raise NoPicture("larger than is drawn")
    return image
