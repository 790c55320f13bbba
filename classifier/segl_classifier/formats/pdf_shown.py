"""What a page of a PDF shows besides its text: pictures, letters drawn as outlines, and how it looks to OCR.

Forms (pages in the page, ISO 32000-1 §8.10) are looked into, for they hold what programs wrap: a page of a scan, a
stamp, a letterhead. A scan may be one picture or a hundred strips, so what counts is the part of the page that all
pictures cover together, and what two cover counts once.
"""

from __future__ import annotations

import ctypes
import re
from dataclasses import dataclass

import pypdfium2 as pdfium
import pypdfium2.raw as api

from segl_classifier.formats.raster import grey_png

_MOST_OBJECTS = 10_000
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

# A letter is drawn with some ten curves. Rules and boxes of a table have none, whether it is one path or many; the arms
# of a town have two thousand, on less of the page than two lines of letters take up.
_CURVES = 1_000
_WRITTEN = 0.01  # of the page
_BOX = 6  # parts of a path: a rectangle has five
_MOST_OF_PATH = 200  # parts that are looked at
_MOST_PARTS = 20_000

_SIDE = 100  # squares on each side of the page
_Matrix = tuple[float, float, float, float, float, float]
_UNMOVED: _Matrix = (1, 0, 0, 1, 0, 0)


class Cover:
    """A page in a hundred by a hundred squares, and which of them are covered."""

    def __init__(self, page: pdfium.PdfPage) -> None:
        box = api.FS_RECTF()
        api.FPDF_GetPageBoundingBox(page.raw, box)
        self._left, self._bottom = float(box.left), float(box.bottom)
        self._across = _SIDE / max(float(box.right) - self._left, 1.0)
        self._up = _SIDE / max(float(box.top) - self._bottom, 1.0)
        self._rows = [0] * _SIDE

    def add(self, left: float, bottom: float, right: float, top: float) -> None:
        """Cover a rectangle, as far as it lies on the page."""
        first, last = self._column(left), self._column(right)
        bits = (1 << last) - (1 << first)
        for row in range(self._row(bottom), self._row(top)):
            self._rows[row] |= bits

    def holds(self, across: float, up: float) -> bool:
        """Whether a place on the page is covered."""
        row = self._rows[min(self._row(up), _SIDE - 1)]
        return bool(row >> min(self._column(across), _SIDE - 1) & 1)

    @property
    def share(self) -> float:
        """How much of the page is covered, from 0 to 1."""
        return sum(row.bit_count() for row in self._rows) / (_SIDE * _SIDE)

    def _column(self, across: float) -> int:
        return int(min(max((across - self._left) * self._across + 0.5, 0), _SIDE))

    def _row(self, up: float) -> int:
        return int(min(max((up - self._bottom) * self._up + 0.5, 0), _SIDE))


@dataclass(slots=True)
class Shown:
    """What was seen on a page."""

    pictures: Cover
    curved: Cover
    drawn: int = 0  # paths: lines, boxes, curves
    curves: float = 0.0
    seen: int = 0
    asked: int = 0

    @property
    def written(self) -> bool:
        """Whether lines of letters may be drawn: many curves, and over more than a logo takes up."""
        return self.curves >= _CURVES and self.curved.share >= _WRITTEN


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
    shown = Shown(Cover(page), Cover(page))
    for index in range(api.FPDFPage_CountObjects(page.raw)):
        if shown.seen >= _MOST_OBJECTS:
            break
        _see(api.FPDFPage_GetObject(page.raw, index), shown, _UNMOVED, 0)
    return shown


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


def picture_of(page: pdfium.PdfPage) -> bytes:
    """The page as a grey PNG, sharp enough for OCR."""
    width, height = page.get_size()
    scale = _OCR_DPI / 72
    pixels = width * height * scale * scale
    if pixels > _MOST_PIXELS:
        scale *= (_MOST_PIXELS / pixels) ** 0.5
    bitmap = page.render(scale=scale, grayscale=True)
    try:
        return grey_png(bytes(bitmap.buffer), bitmap.width, bitmap.height, bitmap.stride)
    finally:
        bitmap.close()


def _see(thing: api.FPDF_PAGEOBJECT, shown: Shown, moved: _Matrix, depth: int) -> None:
    """Take in one object; *moved* says where the form it is in stands on the page."""
    shown.seen += 1
    kind = api.FPDFPageObj_GetType(thing)
    if kind == api.FPDF_PAGEOBJ_PATH:
        shown.drawn += 1
        _trace(thing, shown, moved)
    elif kind == api.FPDF_PAGEOBJ_IMAGE:
        _cover(thing, shown.pictures, moved)
    elif kind == api.FPDF_PAGEOBJ_FORM and depth < _DEEPEST_FORM:
        inner = api.FS_MATRIX()
        api.FPDFPageObj_GetMatrix(thing, inner)
        inside = _within((inner.a, inner.b, inner.c, inner.d, inner.e, inner.f), moved)
        for index in range(api.FPDFFormObj_CountObjects(thing)):
            if shown.seen >= _MOST_OBJECTS:
                break
            _see(api.FPDFFormObj_GetObject(thing, index), shown, inside, depth + 1)


def _trace(path: api.FPDF_PAGEOBJECT, shown: Shown, moved: _Matrix) -> None:
    """Count what of a path is neither level nor upright; of a long one the beginning stands for all."""
    count = api.FPDFPath_CountSegments(path)
    if count < _BOX or shown.asked >= _MOST_PARTS:
        return
    across, up = ctypes.c_float(), ctypes.c_float()
    asked = min(count, _MOST_OF_PATH)
    shown.asked += asked
    bent, before = 0.0, (0.0, 0.0)
    for number in range(asked):
        part = api.FPDFPath_GetPathSegment(path, number)
        kind = api.FPDFPathSegment_GetType(part)
        api.FPDFPathSegment_GetPoint(part, across, up)
        here = across.value, up.value
        if kind == api.FPDF_SEGMENT_BEZIERTO:
            bent += 1 / 3  # each curve is three points
        elif kind == api.FPDF_SEGMENT_LINETO and here[0] != before[0] and here[1] != before[1]:
            bent += 1
        before = here
    if bent:
        shown.curves += bent * count / asked
        _cover(path, shown.curved, moved)


def _cover(thing: api.FPDF_PAGEOBJECT, cover: Cover, moved: _Matrix) -> None:
    """Cover what *thing* takes up on the page."""
    left, bottom, right, top = (ctypes.c_float() for _ in range(4))
    if not api.FPDFPageObj_GetBounds(thing, left, bottom, right, top):
        return
    a, b, c, d, e, f = moved
    corners = [(x, y) for x in (left.value, right.value) for y in (bottom.value, top.value)]
    across = [a * x + c * y + e for x, y in corners]
    up = [b * x + d * y + f for x, y in corners]
    cover.add(min(across), min(up), max(across), max(up))


def _within(inner: _Matrix, outer: _Matrix) -> _Matrix:
    """The matrix that does first *inner*, then *outer* (ISO 32000-1 §8.3.4)."""
    a, b, c, d, e, f = inner
    p, q, r, s, t, u = outer
    return a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, e * p + f * r + t, e * q + f * s + u
