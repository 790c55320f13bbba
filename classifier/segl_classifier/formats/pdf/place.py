"""The lines of a page of a PDF by their place, where a reader sees them in another order than they were drawn.

A program that fills in a form draws the printed words first and then what was filled in; one that draws a table may do
so column by column. PDFium gives the text as it was drawn: a personal number in two fields then stands in two places,
and far from the words that say what it is. So what stands on one line of the page is put together from the left, and
kept with the lines above it, where it holds digits and was drawn apart. What was drawn together is in the text of
the page already.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from itertools import pairwise, repeat

import pypdfium2 as pdfium
import pypdfium2.raw as api

from segl_classifier.formats.pdf import quick as pdf_quick
from segl_classifier.formats.pdf.cover import Box
from segl_classifier.formats.pdf.rows import Run

MOST_PIECES = 4_000  # of a page; each is of one line and one font
_MOST_LOOKS = 20_000_000  # at a letter: a third of a second
_THIN = 2.0  # points: lower than this is a hyphen or a stop, which says nothing of the height of the line
_ABOVE = 24.0  # points: two lines of a form, where the words for a field may stand
_LINES_ABOVE = 2
_FEWEST_DIGITS = 4
_BLANK = 0.3  # of the height of the letters: letters of one word stand nearer
_APART, _APART_DIGITS = 0.25, 0.42  # the same for letters in boxes of their own: about a 1 there is much room
_CELL = 0.6
_ONE_NUMBER = re.compile(r"(?<=\d{6})(?<!\d{7})[ \t]?-?[ \t]?(?=\d{4}(?!\d))")
_BLANKS = re.compile(r"[ \r\n]+")
_AT_LINE_END = re.compile(r"(?<=\d)[\ufffe\x02]")


class _Line:
    """What stands side by side; *low* and *high* are those of its lowest letters."""

    __slots__ = ("high", "low", "pieces")

    def __init__(self, piece: int, low: float, high: float) -> None:
        self.pieces = [piece]
        self.low, self.high = low, high

    def takes(self, low: float, high: float) -> bool:
        """Whether what reaches from *low* to *high* stands on this line."""
        return self.low <= (low + high) / 2 <= self.high or low <= (self.low + self.high) / 2 <= high

    def add(self, piece: int, low: float, high: float) -> None:
        self.pieces.append(piece)
        height, own = high - low, self.high - self.low
        if own <= _THIN or _THIN < height < own:
            self.low, self.high = low, high


def boxes_of(raw: int, count: int) -> list[Box]:
    """Where each of the *count* pieces of the text at *raw* stands, in points."""
    return [(left, low, right, high) for left, high, right, low in pdf_quick.rectangles(raw, count)]


def turn(boxes: Sequence[Box], quarters: int) -> Sequence[Box]:
    """*boxes* as they stand on a page that is shown turned clockwise, by so many quarters."""
    for _ in range(quarters):
        boxes = [(low, -right, high, -left) for left, low, right, high in boxes]
    return boxes


class Pieces:
    """What each of the *runs* of a page says, which are of the pieces in *boxes*; found when the first is asked for."""

    def __init__(
        self, textpage: pdfium.PdfTextPage, text: str, boxes: Sequence[Box], runs: Sequence[Run]
    ) -> None:
        self._page, self._text, self._boxes, self.runs = textpage, text, boxes, runs
        self._texts: list[str] | None = None
        self._starts: list[int] = []  # of the pieces in the text, and its end; none where that is not known

    def __getitem__(self, run: int) -> str:
        if self._texts is None:
            self._texts = self._by_objects()
        return self._texts[run] if self._texts else ""

    def begin(self, piece: int) -> int:
        """Where *piece* begins in the text, 0 where that is not known."""
        if self._texts is None:
            self._texts = self._by_objects()
        return self._starts[piece] if self._starts else 0

    def part(self, runs: Sequence[Run]) -> None:
        """Have *runs* in place of those that there were."""
        self.runs, self._texts = runs, None

    def parts(self, run: int) -> list[tuple[Box, str]]:
        """Where each piece of *run* stands, and what it says; nothing where that is not known."""
        if not self[run] or not self._starts:
            return []
        first, last, _ = self.runs[run]
        starts = self._starts[first : last + 1]
        said = [self._text[start:end].strip() for start, end in pairwise(starts)]
        return list(zip(self._boxes[first:last], said, strict=True))

    def _by_objects(self) -> list[str]:
        """Each piece is of one object of the page, and PDFium tells of each letter which it is of."""
        starts: list[int] = []
        if api.FPDFText_CountChars(self._page.raw) == len(self._text):
            raw, before = pdf_quick.address(self._page.raw), None
            objects = map(pdf_quick.object_of_letter, repeat(raw), range(len(self._text)))
            for place, (letter, thing) in enumerate(zip(self._text, objects, strict=True)):
                if thing != before and not letter.isspace():
                    starts.append(place)
                    before = thing
        if len(starts) == len(self._boxes):
            starts.append(len(self._text))
            self._starts = starts
            return [self._said(run, starts) for run in self.runs]
        # Letters are left out of the text. To look for those in a box, PDFium goes through all of the page.
        if len(self.runs) * len(self._text) > _MOST_LOOKS:
            return []
        return [self._page.get_text_bounded(*run.box) for run in self.runs]

    def _said(self, run: Run, starts: Sequence[int]) -> str:
        """The text of *run*, whose pieces begin at *starts*. Where PDFium ends a line between two of them, there is a
        blank or nothing."""
        whole = self._text[starts[run.first] : starts[run.last]].strip("\r\n")
        if "\n" not in whole:
            return whole
        height = run.box[3] - run.box[1]
        said = ""
        for piece in range(run.first, run.last):
            letters = self._text[starts[piece] : starts[piece + 1]].strip("\r\n")
            if said and not said.endswith(" "):
                digits = said[-1].isdigit() and letters[:1].isdigit()
                gap = self._boxes[piece][0] - self._boxes[piece - 1][2]
                said += " " * (gap > (_APART_DIGITS if digits else _APART) * height)
            said += letters
        return said


def by_place(boxes: Sequence[Box], pieces: Pieces, rows: Mapping[int, int]) -> str:
    """The lines that were drawn apart and hold digits, each with those above it; but for those that stand within one of
    the *rows* of a table, which the text of the page has together. *rows* gives that of a piece, by its number."""
    if all(high < above for (_, above, _, _), (_, _, _, high) in pairwise(boxes)):
        return ""  # each stands below the one before, as on most pages
    lines = _lines(boxes)
    kept: dict[int, None] = {}
    texts: dict[int, str] = {}

    def text(number: int) -> str:
        if number not in texts:
            texts[number] = _joined([(boxes[p], pieces[p]) for p in lines[number].pieces])
        return texts[number]

    for number, line in enumerate(lines):
        above = lines[number - 1] if number and lines[number - 1].low - line.high < _ABOVE else None
        if _is_in_row(line, rows) or _is_drawn_together(line, above):
            continue
        if sum(map(str.isdigit, text(number))) < _FEWEST_DIGITS:
            continue
        kept |= dict.fromkeys(range(max(0, number - _LINES_ABOVE), number + 1))
    return "\n".join(filter(None, map(text, kept)))


def _lines(boxes: Sequence[Box]) -> list[_Line]:
    """The pieces in lines from the top, each from the left."""
    lines: list[_Line] = []
    for piece in sorted(range(len(boxes)), key=[-box[1] - box[3] for box in boxes].__getitem__):
        _, low, _, high = boxes[piece]
        if lines and lines[-1].takes(low, high):
            lines[-1].add(piece, low, high)
        else:
            lines.append(_Line(piece, low, high))
    for line in lines:
        if len(line.pieces) > 1:
            line.pieces.sort(key=[box[0] for box in boxes].__getitem__)
    return lines


def _is_in_row(line: _Line, rows: Mapping[int, int]) -> bool:
    """Whether all of *line* is of one row of a table."""
    row = rows.get(line.pieces[0])
    return row is not None and all(rows.get(piece) == row for piece in line.pieces)


def _is_drawn_together(line: _Line, above: _Line | None) -> bool:
    """Whether the pieces of *line* were drawn one after another, and right behind the line above."""
    first = line.pieces[0]
    if len(line.pieces) > 1 and line.pieces != list(range(first, first + len(line.pieces))):
        return False
    return above is None or above.pieces[-1] + 1 == first


def _joined(pieces: list[tuple[Box, str]]) -> str:
    """The text of a line: a tab where a gap is wider than a blank, but not inside what may be one personal number."""
    text, before, height = "", -math.inf, 0.0
    for (left, low, right, high), words in pieces:
        least = max(_THIN, min(height, high - low))
        if left - before > _CELL * least:
            text = text.rstrip() + "\t"
        elif left - before > _BLANK * least:
            text += " "
        text += _AT_LINE_END.sub("-", words.strip("\r\n"))
        before, height = max(before, right), high - low
    text = _BLANKS.sub(" ", text.strip())
    return _ONE_NUMBER.sub(lambda found: found[0].replace("\t", " "), text)
