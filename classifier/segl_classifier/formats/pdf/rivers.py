"""Cells of a page of a PDF that stand so near to the next that no gap parts them: columns without room between them, a
long name beside a number, a row whose gaps are all alike as those of a justified line.

Each cell was drawn by itself, and those of one column begin, or end, at the same place in row after row, where hardly
any row goes on. Words of prose do not.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise

from segl_classifier.formats.pdf.cover import Box
from segl_classifier.formats.pdf.rows import Row, around

# Rows that have a cell at the place: so many at least, one in so many, and of fewer half of them or so many.
_FEWEST_ROWS, _PART, _ENOUGH = 4, 4, 6
_MOST_PIECES = 40  # of a row: letters that were drawn one by one are more
_MOST_ALONE = 2  # rows of one piece in the middle of others
_CROSSED = 0.2  # of the rows with a cell there: in so many others something goes on over the place
_WIDEST = 2_000  # points of a page that are told apart: it is as wide as four
_OVER = 1.5  # points that a letter may reach over the edge of its cell


def with_rivers(
    rows: Sequence[Row], boxes: Sequence[Box], lefts: frozenset[int]
) -> tuple[list[Row], set[int]]:
    """*rows* with each run parted where cells of other rows begin or end, and the pieces in *boxes* that begin a run
    now. *lefts* is where cells begin in a table that may go on from the page before, in whole points."""
    parted, new = list(rows), set[int]()
    for first, last in _blocks(rows, boxes):
        if all(run.last - run.first == 1 for row in rows[first:last] for run in row):
            continue
        places = _places(rows[first:last], boxes)
        for number in range(first, last):
            here = places | lefts if lefts and _begins_at(lefts, rows[number], boxes) else places
            row = [one for run in rows[number] for one in _parted(run.first, run.last, boxes, here)]
            if len(row) > len(rows[number]):
                known = {run.first for run in rows[number]}
                new |= {low for low, _ in row} - known
                parted[number] = [around(low, high, boxes) for low, high in row]
    return parted, new


def _blocks(rows: Sequence[Row], boxes: Sequence[Box]) -> Iterator[tuple[int, int]]:
    """From where to where rows of several pieces follow one another, with few others between them."""
    first, end, alone = 0, 0, _MOST_ALONE + 1
    for number, row in enumerate(rows):
        if _is_of_cells(row, boxes):
            if alone > _MOST_ALONE:
                first = number
            end, alone = number + 1, 0
            continue
        alone = alone + 1 if row[-1].last - row[0].first == 1 else _MOST_ALONE + 1
        if alone > _MOST_ALONE and end > first:
            yield first, end
            first = end
    if end > first:
        yield first, end


def _begins_at(lefts: frozenset[int], row: Row, boxes: Sequence[Box]) -> bool:
    """Whether *row* begins where cells do, and half of its pieces do."""
    some = [round(box[0]) in lefts for box in boxes[row[0].first : row[-1].last]]
    return some[0] and 2 * sum(some) >= len(some)


def _is_of_cells(row: Row, boxes: Sequence[Box]) -> bool:
    """Whether *row* was drawn in several pieces, which are wider than letters."""
    some = boxes[row[0].first : row[-1].last]
    if not 1 < len(some) <= _MOST_PIECES:
        return False
    height = max(high - low for _, low, _, high in some)
    return sum(right - left for left, _, right, _ in some) > height * len(some)


def _places(rows: Sequence[Row], boxes: Sequence[Box]) -> frozenset[int]:
    """Where cells of *rows* end and others begin, from the left, in whole points."""
    starts, ends = Counter[int](), Counter[int]()
    lines = [boxes[row[0].first : row[-1].last] for row in rows]
    for line in lines:
        lefts, _, rights, _ = zip(*line, strict=True)
        starts.update({*map(round, lefts[1:])})
        ends.update({*map(round, rights[:-1])})
    fewest = max(_FEWEST_ROWS, len(lines) // _PART, min(len(lines) // 2, _ENOUGH))
    found: set[int] = set()
    over: list[int] | None = None
    for counted in (starts, ends):
        for place in [place for place, count in counted.items() if 3 * count >= fewest]:
            count = counted[place]
            before, after = counted[place - 1], counted[place + 1]
            if count < before or count < after or before + count + after < fewest:
                continue
            over = over or _crossing(lines)
            if over[_within(place)] <= _CROSSED * (before + count + after):
                found |= {place - 1, place, place + 1}
    return frozenset(found)


def _crossing(lines: Sequence[Sequence[Box]]) -> list[int]:
    """How many pieces of *lines* go on over each place from the left."""
    change = [0] * (_WIDEST + 1)
    for line in lines:
        for left, _, right, _ in line:
            begin, end = _within(left + _OVER) + 1, _within(right - _OVER) + 1
            if begin < end:
                change[begin] += 1
                change[end] -= 1
    return list(accumulate(change))


def _within(place: float) -> int:
    """*place* in whole points, on a page that is not wider than pages are."""
    return min(max(0, int(place)), _WIDEST - 1)


def _parted(first: int, last: int, boxes: Sequence[Box], places: frozenset[int]) -> Iterator[tuple[int, int]]:
    """The run from piece *first* to before *last*, parted at *places*."""
    start = first
    for piece, (before, box) in enumerate(pairwise(boxes[first:last]), first + 1):
        if round(box[0]) in places or round(before[2]) in places:
            yield start, piece
            start = piece
    yield start, last
