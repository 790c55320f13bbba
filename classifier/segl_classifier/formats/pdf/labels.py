"""The printed words for a field of a form in a PDF, where its name, which a program gave it, says nothing ("felt7").

They stand to the left of it, behind the field before, or right above it. Without them the number of an order in a field
is ten digits beside nothing.
"""

from __future__ import annotations

import re

import pypdfium2 as pdfium
import pypdfium2.raw as api

# What programs call fields by: kinds of things and numbers.
_SAYS_NOTHING = re.compile(
    r"(?:[\W\d_]|(?<![^\W\d_])(?:[a-z]|(?:topmost|sub|form|page|side|text|tekst|txt|fields?|felt|box|boks|edit|input|fill"
    r"|undefined|row|col|column|cell|table|body|root)++)(?![^\W\d_]))*+",
    re.IGNORECASE,
)
_LONGEST_NAME = 200
_MOST = 300  # fields of a page whose words are looked for
_FAR, _HIGH = 250.0, 16.0  # points: words for a field are no further to the left of it, and no higher above
_EDGE = 1.0
_LONGEST = 60  # characters of such words


def says_nothing(name: str) -> bool:
    """Whether *name* tells nobody what a field is for."""
    return len(name) <= _LONGEST_NAME and _SAYS_NOTHING.fullmatch(name) is not None


class Labels:
    """The printed words of *page*, as they are asked for; fields are asked for in their order."""

    def __init__(self, page: pdfium.PdfPage) -> None:
        self._page = page
        self._text: pdfium.PdfTextPage | None = None
        self._asked = 0
        self._before = (0.0, 0.0, 0.0)  # right edge, bottom and top of the field before

    def beside(self, note: api.FPDF_ANNOTATION) -> str:
        """The words for the field *note*; ``""`` if there are none."""
        self._asked += 1
        box = api.FS_RECTF()
        if self._asked > _MOST or not api.FPDFAnnot_GetRect(note, box):
            return ""
        left, right = sorted((box.left, box.right))
        low, high = sorted((box.bottom, box.top))
        edge, bottom, top = self._before
        self._before = right, low, high
        start = max(left - _FAR, edge if bottom < high and low < top and edge <= left + _EDGE else 0.0)
        return self._words(start, low, left, high) or self._words(left - _EDGE, high, right, high + _HIGH)

    def close(self) -> None:
        if self._text is not None:
            self._text.close()

    def _words(self, left: float, low: float, right: float, high: float) -> str:
        if right - left <= 2 * _EDGE:
            return ""
        if self._text is None:
            self._text = self._page.get_textpage()
        words = self._text.get_text_bounded(left=left, bottom=low + _EDGE, right=right, top=high - _EDGE)
        said = " ".join(words.split()).rstrip(":")
        return said if len(said) <= _LONGEST else ""
