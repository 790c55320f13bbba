"""Tables in text: which lines are rows, and what each cell means.

Readers write a row a line with tabs between the cells; people paste tables with ``;`` and ``|`` or line columns up
with blanks, programs write commas. The heading is looked for in the first rows, since a title or a date often stands
above it; then every row is told as ``heading: cell`` pairs, since a lone "KOL" three rows down says nothing to a
reader who has forgotten the column. Empty lines do not end a table whose rows go on as before.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress

_COMMA, _BAR, _GAP = ",", "|", "  "
_SEPARATORS = ("\t", ";", _BAR, _COMMA, _GAP)
_DOUBTFUL = {_COMMA: 3, _GAP: 2}  # those that prose has, too: of a table they make so many columns or more
_FEWEST = 2  # rows
_FEWEST_DOUBTFUL = 3
_LONGEST_DOUBTFUL = 40  # characters of a cell, in the mean
_HEADING_ROWS = 4  # from the top, among which the heading is looked for
_NUMBERS = re.compile(r"\d{2,}")
_YEAR = re.compile(r"\b(?:19|20)\d\d(?:/(?:\d\d)?\d\d)?\b")
_QUOTE_MARK = re.compile(r"[ ]*(?:>[ ]*)+")
_GAPS = re.compile(r"[ \u00a0]{2,}")
_STOPS = (".", "!", "?", ":")
_LETTER = re.compile(r"[^\W\d_]")
_LETTER_OR_DIGIT = re.compile(r"[^\W_]")

Row = tuple[str, int, int]
_Line = tuple[list[str], int, int]  # cells, start, end


def table_lines(block: str) -> list[Row] | None:
    """Each row of the table *block* as a line to read, with its offsets; ``None`` if it is no table.
    Lines around the table (a caption, a total) are kept as they are."""
    lines = list(_lines(block))
    separator = _separator(lines)
    if separator is None:
        return None
    cut = [(_cells(line, separator), start, end) for line, start, end in lines]
    width = _width(cells for cells, _, _ in cut)
    heading = _heading([cells for cells, _, _ in cut], width)
    if separator in _DOUBTFUL and (heading is None or any(cell.endswith(_STOPS) for cell in heading)):
        return None
    return list(_told(cut, block, heading))


def continued(above: str, below: str, *, lined: bool) -> bool:
    """Whether the paragraph *below* goes on with the table whose last paragraph is *above*, or begins one with it: each
    line of both has as many separators as the others. *lined* says that the table has several lines already."""
    for separator in _SEPARATORS:
        if separator not in below or separator == _GAP:
            continue
        counts = {line.count(separator) for line in (*above.split("\n"), *below.split("\n")) if line.strip()}
        if len(counts) == 1:
            # A semicolon, or a comma, in each of two sentences is no table.
            least = 1 if separator == "\t" or (lined and separator not in _DOUBTFUL) else 2
            return counts.pop() >= least
    return False


def _lines(block: str) -> Iterator[Row]:
    position = 0
    for line in block.split("\n"):
        start, position = position, position + len(line) + 1
        if line.strip():
            yield line, start, start + len(line)


def _separator(lines: Sequence[Row]) -> str | None:
    for separator in _SEPARATORS:
        having = [count for line, _, _ in lines if (count := line.count(separator))]
        if len(having) < _FEWEST or len(having) * 3 < len(lines) * 2:
            continue
        if separator not in _DOUBTFUL or _regular(
            [_cells(line, separator) for line, _, _ in lines], _DOUBTFUL[separator]
        ):
            return separator
    return None


def _regular(rows: Sequence[Sequence[str]], narrowest: int) -> bool:
    """Whether nearly all *rows* have the same number of short cells, at least *narrowest*."""
    width = _width(rows)
    fitting = [row for row in rows if len(row) == width]
    letters = sum(len(cell) for row in fitting for cell in row)
    return (
        width >= narrowest
        and len(fitting) >= _FEWEST_DOUBTFUL
        and len(fitting) * 5 >= len(rows) * 4
        and letters <= _LONGEST_DOUBTFUL * width * len(fitting)
    )


def _cells(line: str, separator: str) -> list[str]:
    if quoted := _QUOTE_MARK.match(line):  # a table in a mail that is answered
        line = line[quoted.end() :]
    if separator == _COMMA and '"' in line:
        with suppress(csv.Error):  # a cell without end, or with half a line break
            return [cell.strip() for row in csv.reader([line], skipinitialspace=True) for cell in row]
    if separator == _GAP:
        return _GAPS.split(line.strip())
    if separator == _BAR:  # many begin and end a row with it
        line = line.strip().removeprefix(_BAR).removesuffix(_BAR)
    return [cell.strip() for cell in line.split(separator)]


def _width(rows: Iterable[Sequence[str]]) -> int:
    """How many cells most rows have."""
    counts = Counter(len(cells) for cells in rows if len(cells) > 1)
    return max(counts, key=lambda width: (counts[width], width), default=0)


def _heading(rows: Sequence[list[str]], width: int) -> list[str] | None:
    """The heading among the first of *rows*: as wide as the table, or the very first of them if none is."""
    first = [cells for cells in rows[: 2 * _HEADING_ROWS] if len(cells) > 1][:_HEADING_ROWS]
    wide = next((cells for cells in first if len(cells) >= width and _is_heading(cells)), None)
    if wide is None and first and _is_heading(first[0]):
        return first[0]
    return wide


def _is_heading(cells: list[str]) -> bool:
    return sum(bool(cell) for cell in cells) * 2 > len(cells) and not any(map(_is_number, cells))


def _is_number(cell: str) -> bool:
    """Whether a number stands in *cell* that is not the year of what the column holds ("Fravær 2025")."""
    if _LETTER.search(cell):
        cell = _YEAR.sub("", cell)
    return _NUMBERS.search(cell) is not None


def _told(rows: Sequence[_Line], block: str, heading: list[str] | None) -> Iterator[Row]:
    current: list[str] | None = None
    previous_end = 0
    for number, (cells, start, end) in enumerate(rows):
        if len(cells) < 2 or not any(map(_LETTER_OR_DIGIT.search, cells)):
            yield block[start:end], start, end
        elif cells is heading or (
            current
            and _is_apart(block, previous_end, start)
            and _heads(cells, rows[number + 1 : number + 1 + _HEADING_ROWS])
        ):
            current = cells
            yield _joined(cells), start, end
        else:
            yield _paired(current, cells) if current else _joined(cells), start, end
        previous_end = end


def _is_apart(block: str, end: int, start: int) -> bool:
    return block.count("\n", end, start) > 1


def _heads(cells: list[str], below: Sequence[_Line]) -> bool:
    """Whether *cells*, behind an empty line, are the heading of another table: they have no digits, and some column
    has them in each of the rows *below*."""
    if not _is_heading(cells) or any(map(_has_digit, cells)):
        return False
    next_rows = [row for row, _, _ in below if len(row) == len(cells)]
    return bool(next_rows) and any(
        all(_has_digit(row[column]) for row in next_rows) for column in range(len(cells))
    )


def _has_digit(cell: str) -> bool:
    return any(map(str.isdigit, cell))


def _joined(cells: Sequence[str]) -> str:
    return ", ".join(cell for cell in cells if cell)


def _paired(heading: Sequence[str], cells: Sequence[str]) -> str:
    """``Navn: Jens Holm, Årsag: sygdom``; empty cells are left out."""
    pairs = []
    for number, cell in enumerate(cells):
        if cell:
            name = heading[number] if number < len(heading) else ""
            pairs.append(f"{name}: {cell}" if name else cell)
    return ", ".join(pairs)
