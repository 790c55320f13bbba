"""Letters that stand on their side on a page of a PDF: in the margin, in the headings of narrow columns, or on a page
that was printed across and is not said to be turned.

PDFium takes most of them for lines of one letter. So the letters that it says are turned by a quarter (ISO 32000-1
§8.3.3) are put together in the order in which they were drawn, by how far apart they stand on their line.
"""

from __future__ import annotations

import ctypes
import math
import re
from itertools import repeat

import pypdfium2.raw as api

from segl_classifier.formats.pdf import quick as pdf_quick
from segl_classifier.formats.pdf.cell import Part

_MOST_LETTERS = 100_000  # of a page that are looked at
_MOST_LINES = 2_000  # of a page whose first letters are asked
_START = re.compile(r"(?<![^\n])\S")
_QUARTER, _NEAR = math.pi / 2, 0.05  # of a circle; how much more or less a letter may be turned
# Of the breadth of a letter of the line, which lies on its side: letters of a word stand nearer to one another, and so
# do digits, about a 1 of which there is much room; and so far back from the end of the last begins another line.
_BLANK, _DIGITS_BLANK, _BACK = 0.3, 0.47, 0.5
_OF_NUMBERS = frozenset("0123456789-")
_CELL = 1.0  # the same: a gap between cells


def sideways(raw: api.FPDF_TEXTPAGE, text: str) -> list[Part]:
    """The lines of the letters that stand on their side on the page *raw*, whose text is *text*, and where each stands;
    none where it is not known which letter is which."""
    if len(text) > _MOST_LETTERS or api.FPDFText_CountChars(raw) != len(text):
        return []
    at = pdf_quick.address(raw)
    starts = [start.start() for start in _START.finditer(text)][:_MOST_LINES]
    starts.append(len(text.rstrip()) - 1)  # a browser draws what is turned last, and it may begin no line
    if not any(map(_turned, map(pdf_quick.angle_of_letter, repeat(at), starts))):
        return []
    angles = map(pdf_quick.angle_of_letter, repeat(at), range(len(text)))
    turns = [(place, turn) for place, angle in enumerate(angles) if (turn := _turned(angle))]
    box = [ctypes.c_double() for _ in range(4)]
    lines: list[Part] = []
    line = ""
    end = low = high = bottom_of = top_of = 0.0
    before = 0
    for place, turn in turns:
        if text[place].isspace() or not api.FPDFText_GetCharBox(raw, place, *box):
            continue
        left, right, bottom, top = (side.value for side in box)
        first, last = (-top, -bottom) if turn > 0 else (bottom, top)
        breadth = max(right - left, high - low, 1.0)
        gap = first - end
        same = turn == before and min(right, high) - max(left, low) > 0 and gap > -_BACK * breadth
        if line and same:
            blank = _DIGITS_BLANK if _OF_NUMBERS.issuperset((line[-1], text[place])) else _BLANK
            line += "\t" if gap > _CELL * breadth else " " if gap > blank * breadth else ""
            low, high, bottom_of, top_of = (
                min(low, left),
                max(high, right),
                min(bottom_of, bottom),
                max(top_of, top),
            )
        else:
            lines.append(((low, bottom_of, high, top_of), line))
            line, low, high, bottom_of, top_of = "", left, right, bottom, top
        line += text[place]
        end, before = last, turn
    lines.append(((low, bottom_of, high, top_of), line))
    return [part for part in lines if part[1]]


def _turned(angle: float) -> int:
    """1 for a letter that is turned by a quarter to the right, -1 for one to the left, 0 for others."""
    if abs(angle - _QUARTER) < _NEAR:
        return 1
    return -1 if abs(angle - 3 * _QUARTER) < _NEAR else 0
