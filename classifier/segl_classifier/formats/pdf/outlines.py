"""Letters drawn as outlines on a page of a PDF: how many curves there are, and whether they stand in lines of letters.

A letter is drawn with some ten curves. Rules and boxes of a table have none, whether it is one path or many; the arms
of a town have two thousand, on less of the page than two lines of letters take up.
"""

from __future__ import annotations

import ctypes

import pypdfium2 as pdfium
import pypdfium2.raw as api

from segl_classifier.formats.pdf.cover import Box, Cover, Matrix, box_of

CURVES_OF_A_LETTER = 10
_CURVES = 1_000
_WRITTEN = 0.01  # of the page
_BOX = 6  # parts of a path: a rectangle has five
_MOST_OF_PATH = 200  # parts that are looked at
_MOST_PARTS = 20_000

# Beside text there may be charts, maps and logos of as many curves. A line of letters is filled, not drawn with a pen,
# is as high as letters are, and its letters differ; the name and the address in a letterhead are fewer.
_LETTER_HEIGHT = 3.0, 24.0  # points
_FEWEST_IN_LINE = 10
_FEWEST_SIZES = 4  # of the letters of a line: dots of a pattern have one
_LINE = 2.0  # points: how far apart letters of one line may stand
_LINES_OF_LETTERS = 200  # letters in such lines


class Outlines:
    """The paths of one page."""

    def __init__(self, page: pdfium.PdfPage) -> None:
        self.drawn = 0  # paths: lines, boxes, curves
        self.curves = 0.0
        self._page = page
        self._curved: Cover | None = None
        self._asked = 0
        self._lines: dict[int, list[tuple[float, float]]] = {}  # letters and width of each path on it

    @property
    def written(self) -> bool:
        """Whether lines of letters may be drawn: many curves, and over more than a logo takes up."""
        return self._curved is not None and self.curves >= _CURVES and self._curved.share >= _WRITTEN

    @property
    def stand_in_lines(self) -> bool:
        """Whether they look like lines of letters, whatever else stands on the page."""
        letters = 0.0
        for line in self._lines.values():
            count = sum(number for number, _ in line)
            sizes = {round(width) for _, width in line}
            if count >= _FEWEST_IN_LINE and (len(sizes) >= _FEWEST_SIZES or len(line) < _FEWEST_SIZES):
                letters += count
        return letters >= _LINES_OF_LETTERS

    def trace(self, path: api.FPDF_PAGEOBJECT, moved: Matrix) -> None:
        """Count what of a path is neither level nor upright; of a long one the beginning stands for all."""
        count = api.FPDFPath_CountSegments(path)
        if count < _BOX or self._asked >= _MOST_PARTS:
            return
        across, up = ctypes.c_float(), ctypes.c_float()
        asked = min(count, _MOST_OF_PATH)
        self._asked += asked
        curved, slanted, before = 0.0, 0, (0.0, 0.0)
        for number in range(asked):
            part = api.FPDFPath_GetPathSegment(path, number)
            kind = api.FPDFPathSegment_GetType(part)
            api.FPDFPathSegment_GetPoint(part, across, up)
            here = across.value, up.value
            if kind == api.FPDF_SEGMENT_BEZIERTO:
                curved += 1 / 3  # each curve is three points
            elif kind == api.FPDF_SEGMENT_LINETO and here[0] != before[0] and here[1] != before[1]:
                slanted += 1
            before = here
        box = box_of(path, moved) if curved or slanted else None
        if box is None:
            return
        self.curves += (curved + slanted) * count / asked
        self._curved = self._curved or Cover(self._page)
        self._curved.add(*box)
        if curved and _is_filled(path):
            self._line_up(box, curved * count / asked)

    def _line_up(self, box: Box, curves: float) -> None:
        """Put a path into the line it stands on, if it is as high as letters are."""
        left, bottom, right, top = box
        low, high = _LETTER_HEIGHT
        if low <= top - bottom <= high:
            width = right - left
            letters = 1.0 if width <= 2 * (top - bottom) else max(1.0, curves / CURVES_OF_A_LETTER)
            self._lines.setdefault(int(bottom // _LINE), []).append((letters, width))


def _is_filled(path: api.FPDF_PAGEOBJECT) -> bool:
    fill, stroke = ctypes.c_int(), ctypes.c_int()
    api.FPDFPath_GetDrawMode(path, fill, stroke)
    return bool(fill.value != api.FPDF_FILLMODE_NONE)
