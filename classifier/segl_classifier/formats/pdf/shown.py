"""What a page of a PDF shows besides its text: pictures, letters drawn as outlines, and how it looks to OCR.

Forms (pages in the page, ISO 32000-1 §8.10) are looked into, for they hold what programs wrap: a page of a scan, a
stamp, a letterhead.
"""

from __future__ import annotations

import ctypes
import re
from dataclasses import dataclass

import pypdfium2 as pdfium
import pypdfium2.raw as api
from PIL import Image

from segl_classifier.formats.pdf.cover import UNMOVED, Cover, Matrix, box_of, within
from segl_classifier.formats.pdf.outlines import Outlines
from segl_classifier.formats.pictures.picture import UNMEASURED_DECORATION_BYTES, has_pixels_of_a_page
from segl_classifier.formats.pictures.raster import grey_png

_MOST_OBJECTS = 10_000  # that are looked at; of those behind them pictures alone, which is quick
_MOST_COUNTED = 200_000
_DEEPEST_FORM = 4
_MOST_RECTANGLES = 1_000
_OCR_DPI = 200
_MOST_PIXELS = 12_000_000

# A picture is a stream, whose dictionary stands readable in any file; /ImageB and its like stand in each page's.
_PICTURE = b"/Image"
_PIXELS = re.compile(rb"/(?:Width|Height)\s+(\d{1,9})(?!\s+\d+\s+R)\b")
_DICTIONARY = 1_000  # bytes on each side
_MOST_PICTURES = 1_000  # tiny ones whose sides are looked at
_FEWEST_PIXELS = 100_000  # of all pictures; half a page of letters, barely readable, has more

_UNPAINTED = (api.FPDF_TEXTRENDERMODE_INVISIBLE, api.FPDF_TEXTRENDERMODE_CLIP)
_MOST_LETTERS = 300  # of a page that are asked


@dataclass(slots=True)
class Shown:
    """What was seen on a page."""

    pictures: Cover
    paged: Cover  # by pictures with the pixels of a page or a screen
    outlines: Outlines
    seen: int = 0

    @classmethod
    def on(cls, page: pdfium.PdfPage) -> Shown:
        """Nothing as yet."""
        return cls(Cover(page), Cover(page), Outlines(page))

    @property
    def overflowed(self) -> bool:
        """Whether there is more on the page than was looked at."""
        return self.seen >= _MOST_COUNTED


def may_show_letters(data: bytes) -> bool:
    """Whether a PDF has pictures enough to show half a page of letters: so cheap that pages of text can be spared."""
    pixels = 0
    before = len(data)
    while (
        start := data.rfind(_PICTURE, 0, before)
    ) >= 0:  # from the end: Python searches so three times as fast
        before, end = start, start + len(_PICTURE)
        if data[end : end + 1].isalpha():
            continue
        head = data[max(0, start - _DICTIONARY) : start].rpartition(b"obj")[2]
        rest = data[end : end + _DICTIONARY].partition(b"stream")[0]
        sides = [int(side) for side in _PIXELS.findall(head + b" " + rest)]
        # Sides that stand elsewhere in the file may be of any length.
        pixels += sides[0] * sides[1] if len(sides) == 2 else _FEWEST_PIXELS
        pixels += _FEWEST_PIXELS // _MOST_PICTURES
        if pixels >= _FEWEST_PIXELS:
            return True
    return False


def look(page: pdfium.PdfPage) -> Shown:
    """What the page shows besides its text."""
    shown = Shown.on(page)
    for index in range(api.FPDFPage_CountObjects(page.raw)):
        if shown.overflowed:
            break
        _see(api.FPDFPage_GetObject(page.raw, index), shown, UNMOVED, 0)
    return shown


def trace_note(note: api.FPDF_ANNOTATION, shown: Shown) -> None:
    """Add what *note* draws. It is at its true size, wherever on the page it may stand."""
    for index in range(min(api.FPDFAnnot_GetObjectCount(note), _MOST_OBJECTS)):
        _see(api.FPDFAnnot_GetObject(note, index), shown, UNMOVED, 0)


def letters_shown(page: pdfium.PdfPage) -> float:
    """How many of the letters are painted, from 0 to 1. Those that lie unseen over a scan were read by somebody's OCR,
    which leaves out what it does not know: what was written by hand, a stamp."""
    textpage = page.get_textpage()
    try:
        count = api.FPDFText_CountChars(textpage.raw)
        things = [
            thing
            for place in range(0, count, count // _MOST_LETTERS + 1)
            if (thing := api.FPDFText_GetTextObject(textpage.raw, place))
        ]
        painted = sum(api.FPDFTextObj_GetTextRenderMode(thing) not in _UNPAINTED for thing in things)
    finally:
        textpage.close()
    return painted / len(things) if things else 1.0


def text_lies_beside(page: pdfium.PdfPage, cover: Cover) -> bool:
    """Whether most text stands beside what is covered: paper with a picture, and a scan with its text, lie below it."""
    left, top, right, bottom = (ctypes.c_double() for _ in range(4))
    textpage = page.get_textpage()
    try:
        count = min(api.FPDFText_CountRects(textpage.raw, 0, -1), _MOST_RECTANGLES)
        inside = 0
        for number in range(count):
            api.FPDFText_GetRect(textpage.raw, number, left, top, right, bottom)
            inside += cover.holds((left.value + right.value) / 2, (top.value + bottom.value) / 2)
    finally:
        textpage.close()
    return bool(inside * 2 < count)


def has_picture(page: pdfium.PdfPage) -> bool:
    """Whether a picture lies on the page, or in one of the first forms on it."""
    things = (
        api.FPDFPage_GetObject(page.raw, index)
        for index in range(_first(api.FPDFPage_CountObjects(page.raw)))
    )
    return any(_is_picture(thing) for thing in things)


def _is_picture(thing: api.FPDF_PAGEOBJECT, depth: int = 0) -> bool:
    kind = api.FPDFPageObj_GetType(thing)
    if kind != api.FPDF_PAGEOBJ_FORM or depth >= _DEEPEST_FORM:
        return bool(kind == api.FPDF_PAGEOBJ_IMAGE)
    inside = range(_first(api.FPDFFormObj_CountObjects(thing)))
    return any(_is_picture(api.FPDFFormObj_GetObject(thing, index), depth + 1) for index in inside)


def _first(count: int) -> int:
    return min(count, _MOST_OBJECTS)


def grey_picture_of(page: pdfium.PdfPage) -> Image.Image:
    """The page in grey, sharp enough for OCR."""
    bitmap = _drawn(page)
    try:
        size, data = (bitmap.width, bitmap.height), bytes(bitmap.buffer)
        return Image.frombytes("L", size, data, "raw", "L", bitmap.stride, 1)
    finally:
        bitmap.close()


def picture_of(page: pdfium.PdfPage) -> bytes:
    """The page as a grey PNG, sharp enough for OCR."""
    bitmap = _drawn(page)
    try:
        return grey_png(bytes(bitmap.buffer), bitmap.width, bitmap.height, bitmap.stride)
    finally:
        bitmap.close()


def _drawn(page: pdfium.PdfPage) -> pdfium.PdfBitmap:
    width, height = page.get_size()
    scale = _OCR_DPI / 72
    pixels = width * height * scale * scale
    if pixels > _MOST_PIXELS:
        scale *= (_MOST_PIXELS / pixels) ** 0.5
    return page.render(scale=scale, grayscale=True)


def _see(thing: api.FPDF_PAGEOBJECT, shown: Shown, moved: Matrix, depth: int) -> None:
    """Take in one object; *moved* says where the form it is in stands on the page."""
    shown.seen += 1
    kind = api.FPDFPageObj_GetType(thing)
    if kind == api.FPDF_PAGEOBJ_PATH:
        shown.outlines.drawn += 1
        if shown.seen <= _MOST_OBJECTS:
            shown.outlines.trace(thing, moved)
    elif kind == api.FPDF_PAGEOBJ_IMAGE:
        _see_picture(thing, shown, moved)
    elif kind == api.FPDF_PAGEOBJ_FORM and depth < _DEEPEST_FORM:
        inner = api.FS_MATRIX()
        api.FPDFPageObj_GetMatrix(thing, inner)
        inside = within((inner.a, inner.b, inner.c, inner.d, inner.e, inner.f), moved)
        for index in range(api.FPDFFormObj_CountObjects(thing)):
            if shown.overflowed:
                break
            _see(api.FPDFFormObj_GetObject(thing, index), shown, inside, depth + 1)


def _see_picture(thing: api.FPDF_PAGEOBJECT, shown: Shown, moved: Matrix) -> None:
    box = box_of(thing, moved)
    if box is None:
        return
    shown.pictures.add(*box)
    width, height = ctypes.c_uint(), ctypes.c_uint()
    api.FPDFImageObj_GetImagePixelSize(thing, width, height)
    if has_pixels_of_a_page(width.value, height.value) and (
        api.FPDFImageObj_GetImageDataRaw(thing, None, 0)
        > UNMEASURED_DECORATION_BYTES  # not a square code, drawn large
    ):
        shown.paged.add(*box)
