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
from dataclasses import dataclass

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
_LINED_UP = re.compile(r"[^ \u00a0]++(?:[ \u00a0][^ \u00a0]++)*+")  # a cell: its words stand one blank apart
_STOPS = (".", "!", "?", ":")
_ABBREVIATED = 2  # words: "Tlf.", "Lejl. nr."
_BRIDGED = 2  # lines within a table that have no cells
_LETTER = re.compile(r"[^\W\d_]")
_LETTER_OR_DIGIT = re.compile(r"[^\W_]")

Line = tuple[str, int, int]  # what is read, start, end
_Cut = tuple[list[str], int, int]  # cells, start, end


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a table, or one around it (a caption, a total), which has no ``cells``. ``heading`` are the names of
    the columns, none in a table without. ``heads`` tells the heading itself. *start* and *end* are offsets."""

    cells: Sequence[str]
    heading: Sequence[str]
    start: int
    end: int
    heads: bool = False


def table_lines(block: str) -> list[Line] | None:
    """Each row of the table *block* as a line to read, with its offsets; ``None`` if it is no table.
    Lines around the table are kept as they are."""
    rows = table_rows(block)
    if rows is None:
        return None
    return [(_said(row) if row.cells else block[row.start : row.end], row.start, row.end) for row in rows]


def table_rows(block: str) -> list[Row] | None:
    """The rows of the tables in *block*, and the lines around them; ``None`` if there is none."""
    lines = list(_lines(block))
    if len(lines) < _FEWEST:
        return None
    for separator in _SEPARATORS:
        if separator in block and (tables := list(_tables(lines, separator))):
            return list(_rows(lines, tables, block))
    return None


@dataclass(frozen=True, slots=True)
class _Table:
    """The lines from *first* to before *last*, cut into cells."""

    first: int
    last: int
    cut: Sequence[_Cut]
    heading: list[str] | None


def _tables(lines: Sequence[Line], separator: str) -> Iterator[_Table]:
    """The tables among *lines*. Letters in HTML have no empty lines, so prose may stand right above and below one."""
    before: _Table | None = None
    for first, last in _runs(lines, separator):
        table = _table(lines, first, last, separator, before)
        if table:
            yield table
            before = table


def _runs(lines: Sequence[Line], separator: str) -> Iterator[tuple[int, int]]:
    """From where to where *lines* have the *separator*; a line or two without it, as short as a cell, end no table."""
    having = [separator in _unquoted(line).strip() for line, _, _ in lines]
    if separator == _COMMA or sum(having) == len(having):
        yield 0, len(lines)
        return
    first = last = -1
    for number, has in enumerate(having):
        if has:
            first, last = (number if first < 0 else first), number
        elif first >= 0 and (number - last > _BRIDGED or not _is_short(lines[number][0])):
            yield first, last + 1
            first = -1
    if first >= 0:
        yield first, last + 1


def _is_short(line: str) -> bool:
    return len(line.strip()) <= _LONGEST_DOUBTFUL and not line.rstrip().endswith(_STOPS)


def _table(
    lines: Sequence[Line], first: int, last: int, separator: str, before: _Table | None
) -> _Table | None:
    some = lines[first:last]
    if not _is_table(some, separator, len(lines)):
        return None
    cut = [(_cells(line, separator), start, end) for line, start, end in some]
    rows = [cells for cells, _, _ in cut]
    width = _width(rows)
    heading = _heading(rows, width)
    if separator in _DOUBTFUL and (heading is None or _is_prose(heading, separator)):
        return None
    if before and before.heading and len(before.heading) == width and not _is_new(heading, before, cut):
        heading = before.heading  # prose stood between its rows
    elif separator == _GAP and heading is not None:
        top = next(line for (line, _, _), cells in zip(some, rows, strict=True) if cells is heading)
        edges = _edges(_unquoted(top))
        cut = [
            (_aligned(line, cells, edges), start, end)
            for (line, _, _), (cells, start, end) in zip(some, cut, strict=True)
        ]
    return _Table(first, last, cut, heading)


def _is_new(heading: list[str] | None, before: _Table, cut: Sequence[_Cut]) -> bool:
    """Whether *heading*, below prose, is one of its own and no row of the table *before*."""
    if heading is None or before.heading is None:
        return False
    below = [row for row in cut if row[0] is not heading]
    return bool(set(heading) & set(before.heading)) or _heads(heading, below[:_HEADING_ROWS])


def _is_table(lines: Sequence[Line], separator: str, among: int) -> bool:
    """Whether *lines*, out of *among*, are rows of cells and not sentences with the *separator* in them."""
    having = [count for line, _, _ in lines if (count := line.count(separator))]
    if len(having) < _FEWEST:
        return False
    if separator in _DOUBTFUL:
        rows = [_cells(line, separator) for line, _, _ in lines]
        return _regular(rows, _DOUBTFUL[separator]) or (separator == _GAP and _lined_up(lines))
    return (
        separator == "\t"
        or len(having) * 3 >= among * 2
        or min(having) > 1
        or len(having) >= _FEWEST_DOUBTFUL
    )


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


def _lines(block: str) -> Iterator[Line]:
    position = 0
    for line in block.split("\n"):
        start, position = position, position + len(line) + 1
        if line.strip():
            yield line, start, start + len(line)


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
    line = _unquoted(line)
    if separator == _COMMA and '"' in line:
        with suppress(csv.Error):  # a cell without end, or with half a line break
            return [cell.strip() for row in csv.reader([line], skipinitialspace=True) for cell in row]
    if separator == _GAP:
        return _GAPS.split(line.strip())
    if separator == _BAR:  # many begin and end a row with it
        line = line.strip().removeprefix(_BAR).removesuffix(_BAR)
    return [cell.strip() for cell in line.split(separator)]


def _unquoted(line: str) -> str:
    """*line* as it stood before its mail was answered."""
    quoted = _QUOTE_MARK.match(line)
    return line[quoted.end() :] if quoted else line


def _edges(line: str) -> list[int]:
    """Where the columns of a heading lined up by blanks begin."""
    return [cell.start() for cell in _LINED_UP.finditer(line)]


def _lined_up(lines: Sequence[Line]) -> bool:
    """Whether the cells of *lines* stand below those of a heading, though some are empty."""
    rows = [found for line, _, _ in lines if len(found := list(_LINED_UP.finditer(_unquoted(line)))) > 1]
    top = next((row for row in rows[:_HEADING_ROWS] if _is_heading([cell[0] for cell in row])), None)
    if top is None or len(rows) < _FEWEST_DOUBTFUL:
        return False
    below = [cell for row in rows if row is not top for cell in row]
    starts, ends = {cell.start() for cell in top}, {cell.end() for cell in top}
    fitting = sum(cell.start() in starts or cell.end() in ends for cell in below)
    return fitting * 5 >= len(below) * 4 and sum(len(cell[0]) for cell in below) <= _LONGEST_DOUBTFUL * len(
        below
    )


def _aligned(line: str, cells: list[str], edges: Sequence[int]) -> list[str]:
    """*cells* of *line* with the empty ones among them, which blanks do not show: each stands below its column. As
    they are where a column would get two, or there are enough."""
    if not 1 < len(cells) < len(edges):
        return cells
    placed = [""] * len(edges)
    for found in _LINED_UP.finditer(_unquoted(line)):
        column = _column_of(found.start(), found.end(), edges)
        if placed[column]:
            return cells
        placed[column] = found[0]
    return placed


def _column_of(start: int, end: int, edges: Sequence[int]) -> int:
    """The column that most of a cell from *start* to *end* stands in: figures are set right, and begin before it."""
    ends = (*edges[1:], max(end, edges[-1] + 1))
    return max(range(len(edges)), key=lambda n: min(end, ends[n]) - max(start, edges[n]))


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


def _is_prose(heading: Iterable[str], separator: str) -> bool:
    """Whether a cell of *heading* ends a sentence. Between blanks "Tlf." and "Lejl. nr." are short for a name."""
    return any(
        cell.endswith(_STOPS)
        and not (separator == _GAP and cell.endswith(".") and len(cell.split()) <= _ABBREVIATED)
        for cell in heading
    )


def _is_number(cell: str) -> bool:
    """Whether a number stands in *cell* that is not the year of what the column holds ("Fravær 2025")."""
    if _LETTER.search(cell):
        cell = _YEAR.sub("", cell)
    return _NUMBERS.search(cell) is not None


def _rows(lines: Sequence[Line], tables: Iterable[_Table], block: str) -> Iterator[Row]:
    done = 0
    for table in tables:
        yield from _around(lines[done : table.first])
        yield from _of_table(table, block)
        done = table.last
    yield from _around(lines[done:])


def _around(lines: Sequence[Line]) -> Iterator[Row]:
    return (Row((), (), start, end) for _, start, end in lines)


def _of_table(table: _Table, block: str) -> Iterator[Row]:
    heading, cut = table.heading, table.cut
    given = heading is not None and all(cells is not heading for cells, _, _ in cut)
    current: list[str] = heading if given and heading else []
    previous_end = 0
    for number, (cells, start, end) in enumerate(cut):
        if len(cells) < 2 or not any(map(_LETTER_OR_DIGIT.search, cells)):
            yield Row((), (), start, end)
        elif cells is heading or (
            current
            and _is_apart(block, previous_end, start)
            and _heads(cells, cut[number + 1 : number + 1 + _HEADING_ROWS])
        ):
            current = cells
            yield Row(cells, cells, start, end, heads=True)
        else:
            yield Row(cells, current, start, end)
        previous_end = end


def _is_apart(block: str, end: int, start: int) -> bool:
    return block.count("\n", end, start) > 1


def _heads(cells: list[str], below: Sequence[_Cut]) -> bool:
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


def _said(row: Row) -> str:
    return _paired(row.heading, row.cells) if row.heading and not row.heads else _joined(row.cells)


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
