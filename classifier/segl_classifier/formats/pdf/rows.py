"""What stands side by side on a page of a PDF: its rows, and where a gap parts one cell of a row from the next.

PDFium tells where each piece of the text stands, and a piece is what was drawn at once: the cell of a table, a word of
a justified line or, in what Chromium and Edge print, a single letter. A box is as high as the letters in it: that of
"o" is half as high as that of "j", that of a comma stands half below the line. So a gap is measured by the letters of
its whole row, not by the two beside it: between "no" and "or" there would be a cell's end.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from segl_classifier.formats.pdf.cover import Box

# Of the height of the letters: a gap of more than this is no blank between words; letters that were drawn one by one,
# in boxes of their own, stand so much further apart.
_CELL_GAP, _BEARINGS = 0.6, 0.15
_THIN = 2.0  # points: what is lower, as a hyphen, says nothing of the line it stands on
_LOW = 0.5  # of the height of its row: a comma or a quotation mark, which stands on the row's edge …
_EDGE = 0.35  # … and reaches so far beyond it
_KERNED = 0.3  # of the height of the row: a letter may reach so far over the one before
_LONG, _CUT = 8.0, 0.8  # the same: of a long name, which is cut off at the edge of its cell, a letter may
_TALL = 1.6  # times the middle one: an initial or a name in a letterhead does not narrow the gaps of its row
# The blanks of a justified line, in heights of its letters, are alike, and no columns. Its words are of any width,
# unlike the figures of a table: the widest of them so many times the narrowest.
_EVEN, _WIDEST, _UNLIKE = 0.35, 2.0, 1.5


class Run(NamedTuple):
    """Pieces from *first* to before *last*, which no gap parts, and where they stand: in points, from the left and from
    the bottom."""

    first: int
    last: int
    box: Box


Row = Sequence[Run]


def rows_of(boxes: Sequence[Box]) -> Iterator[Row]:
    """The rows of a page, as they were drawn: the pieces in *boxes* that follow one another from left to right."""
    start = 0
    low = high = 0.0
    for number, (left, bottom, right, top) in enumerate(boxes):
        if number:
            before = boxes[number - 1]
            height = high - low
            over = _CUT if before[2] - before[0] > _LONG * height else _KERNED
            beside = left > before[0] and right > before[2] and left - before[2] > -over * height
            if beside and _is_level(bottom, top, low, high):
                low, high = min(low, bottom), max(high, top)
                continue
            yield _row(boxes, start, number)
        start, low, high = number, bottom, top
    if boxes:
        yield _row(boxes, start, len(boxes))


def alone(boxes: Sequence[Box]) -> list[Row]:
    """Each piece as a row, where lines do not go from left to right: on a page that is shown turned."""
    return [(Run(number, number + 1, box),) for number, box in enumerate(boxes)]


def _is_level(bottom: float, top: float, low: float, high: float) -> bool:
    """Whether what reaches from *bottom* to *top* stands on the row that reaches from *low* to *high*."""
    height, own = high - low, top - bottom
    least = min(height, own)
    if min(top, high) - max(bottom, low) > least / 2:
        return least > _THIN or height > own  # what begins with a hyphen stands alone
    return own < _LOW * height and bottom > low - _EDGE * height and top < high + _EDGE * height


def _row(boxes: Sequence[Box], first: int, last: int) -> Row:
    if last - first == 1:
        return (Run(first, last, boxes[first]),)
    some = boxes[first:last]
    heights = sorted(box[3] - box[1] for box in some)
    height = min(heights[-1], _TALL * heights[len(heights) // 2])
    widths = sorted(box[2] - box[0] for box in some)
    least = (_CELL_GAP + _BEARINGS * (widths[len(widths) // 2] < height)) * height
    starts = [0, *(n for n, (a, b) in enumerate(pairwise(some), 1) if b[0] - a[2] > least)]
    runs = [around(first + low, first + high, boxes) for low, high in pairwise([*starts, len(some)])]
    if len(runs) > 2 and _is_justified(runs, height):
        return (around(first, last, boxes),)
    return runs


def around(first: int, last: int, boxes: Sequence[Box]) -> Run:
    """The pieces from *first* to before *last*, which stand in *boxes*."""
    lefts, lows, rights, highs = zip(*boxes[first:last], strict=True)
    return Run(first, last, (min(lefts), min(lows), max(rights), max(highs)))


def _is_justified(row: Row, height: float) -> bool:
    """Whether the gaps of *row* are blanks of a line that was made as wide as its column."""
    gaps = [after.box[0] - before.box[2] for before, after in pairwise(row)]
    widths = [run.box[2] - run.box[0] for run in row]
    alike = max(gaps) - min(gaps) < _EVEN * height and max(gaps) < _WIDEST * height
    return alike and max(widths) > _UNLIKE * min(widths)
