"""The mark of a note right behind a number, small and raised: to PDFium "010190-1234³" is a number of eleven digits."""

from __future__ import annotations

import ctypes
import re

import pypdfium2.raw as api

_NUMBER_AND_MARK = re.compile(r"(?<!\d)\d{6}[ -]?\d{4}(?=(?P<mark>\d{1,2})(?!\d))")
_SMALL = 0.8  # of the height of the digit before: word processors take .58 to .7
_MOST = 1_000  # of a page


def without_marks(text: str, raw: api.FPDF_TEXTPAGE) -> str:
    """*text*, that of the page *raw*, with blanks in the place of such marks; all else stays in its place."""
    found = [match.span("mark") for match in _NUMBER_AND_MARK.finditer(text)][:_MOST]
    # Where glyphs are left out of the text it is not known which of them a letter is.
    if not found or api.FPDFText_CountChars(raw) != len(text):
        return text
    for start, end in found:
        if _height(raw, start) < _SMALL * _height(raw, start - 1):
            text = f"{text[:start]}{' ' * (end - start)}{text[end:]}"
    return text


def _height(raw: api.FPDF_TEXTPAGE, glyph: int) -> float:
    """How high *glyph* is, in points; 0 where that is not known."""
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    if not api.FPDFText_GetCharBox(raw, glyph, left, right, bottom, top):
        return 0.0
    return top.value - bottom.value
