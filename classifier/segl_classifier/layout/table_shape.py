"""Whether lines with a separator are the rows of a table, or sentences: commas and blanks are in prose, too.

What only tables have (tabs, semicolons, bars) is believed of two rows. Of commas and blanks a table has more columns,
the same number in nearly every row, and cells that are short, written as programs write them, or lined up below a
heading.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from segl_classifier.layout.cells import (
    COMMA,
    GAP,
    LONGEST,
    Cut,
    Line,
    has_other_commas,
    is_lined_up,
    is_tight,
    places,
)
from segl_classifier.layout.headings import HEADING_ROWS, heads, is_heading
from segl_classifier.layout.row_widths import most_cells

DOUBTFUL = {COMMA: 3, GAP: 2}  # those that prose has, too: of a table they make so many columns or more
FEWEST = 2  # rows, or columns
_FEWEST_DOUBTFUL = 3
_LONGEST_WRITTEN = 1_000  # characters of a cell that a program wrote: remarks
LETTER_OR_DIGIT = re.compile(r"[^\W_]")


def is_table(rows: Sequence[Cut], separator: str, among: int) -> bool:
    widths = [len(row.cells) for row in rows if len(row.cells) > 1]
    if len(widths) < FEWEST:
        return False
    if separator in DOUBTFUL:
        if len(rows) == among == FEWEST:
            return _is_pair(rows, separator)
        rows = [row for row in rows if not is_ruler(row.line)]  # with which reports draw their tables
        cells = [row.cells for row in rows]
        if separator == COMMA:
            regular = _regular(cells, FEWEST, _LONGEST_WRITTEN) and not _are_decimal(rows)
            return regular and (are_tight(rows) or _regular(cells, DOUBTFUL[COMMA]))
        return _regular(cells, DOUBTFUL[separator]) or _lined_up(rows)
    return (
        separator == "\t"
        or len(widths) * 3 >= among * 2
        or min(widths) > 2
        or len(widths) >= _FEWEST_DOUBTFUL
    )


def _is_pair(rows: Sequence[Cut], separator: str) -> bool:
    """Whether two lines that stand alone are a heading and its row. Commas are written as programs write them, and
    there are several, or figures below words; blanks line figures up below words in several columns."""
    top, row = rows
    several = len(top.cells) >= _FEWEST_DOUBTFUL
    if len(top.cells) != len(row.cells) or not is_heading(top.cells):
        return False
    if separator == COMMA:
        return (
            (several or heads(top.cells, [row])) and are_tight(rows) and max(map(len, top.cells)) <= LONGEST
        )
    fitting = zip(places(top.line), places(row.line), strict=True)
    return several and heads(top.cells, [row]) and all(a[0] == b[0] or a[1] == b[1] for a, b in fitting)


def are_tight(rows: Sequence[Cut]) -> bool:
    """Whether commas divide *rows* as programs write them, and blanks do not: "Lund,Anna     KOL" is lined up."""
    lined_up = sum(is_lined_up(row.line) for row in rows)
    return lined_up * 2 < len(rows) and all(is_tight(row.line) for row in rows)


def _are_decimal(rows: Sequence[Cut]) -> bool:
    """Whether the commas of *rows* stand within figures, and blanks divide them: "Kvote     3,8   4,1"."""
    decimal = sum(is_lined_up(row.line) and not has_other_commas(row.line) for row in rows)
    return decimal * 2 > len(rows)


def _regular(rows: Sequence[Sequence[str]], narrowest: int, longest: int = LONGEST) -> bool:
    """Whether nearly all *rows* have the same number of short cells, at least *narrowest*."""
    width = most_cells(rows)
    fitting = [row for row in rows if len(row) == width]
    letters = sum(len(cell) for row in fitting for cell in row)
    return (
        width >= narrowest
        and len(fitting) >= _FEWEST_DOUBTFUL
        and len(fitting) * 5 >= len(rows) * 4
        and letters <= longest * width * len(fitting)
    )


def _lined_up(rows: Sequence[Cut]) -> bool:
    """Whether the cells of *rows* stand below those of a heading, though some are empty."""
    wide = [row for row in rows if len(row.cells) > 1]
    top = next((row for row in wide[:HEADING_ROWS] if is_heading(row.cells)), None)
    if top is None or len(wide) < _FEWEST_DOUBTFUL:
        return False
    columns = places(top.line)
    starts, ends = {start for start, _ in columns}, {end for _, end in columns}
    cells = [place for row in wide if row is not top for place in places(row.line)]
    fitting = sum(start in starts or end in ends for start, end in cells)
    return fitting * 5 >= len(cells) * 4 and sum(end - start for start, end in cells) <= LONGEST * len(cells)


def is_ruler(line: Line) -> bool:
    return LETTER_OR_DIGIT.search(line.text) is None
