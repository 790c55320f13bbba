"""The tables of a page of a PDF, by the columns in which their cells stand.

A page knows no tables: it has pieces of text with their places, drawn cell by cell. Where a cell is empty nothing is
drawn, and what stands behind it would come under the heading before its own; a cell of several lines is drawn line
after line, and the next cell of its row begins on the line of its first again. So below a row of headings the pieces
are put into columns by their place from the left, those of one cell together, and each row becomes a line with a
tab for each column, an empty one too.

What is drawn in another order than cell by cell is left to :mod:`.place`.
"""

from __future__ import annotations

import re
from bisect import bisect_left, insort
from collections.abc import Callable, Container, Mapping, Sequence
from typing import NamedTuple

from segl_classifier.formats.pdf.cell import HYPHENS, LEVEL, Cell, Column, Part, parted
from segl_classifier.formats.pdf.cover import Box
from segl_classifier.formats.pdf.rows import Row

_MOST_COLUMNS = 60  # of a table; no page has room for more
_MOST_ROWS = 2_000  # of a page, as they were drawn
_MOST_PIECES = 4  # of the first heading, before the second: what goes on is prose
VALUE = re.compile(r"\d{5}|\d[.,]\d\d\b")  # is in no heading
_SOME_DIGITS = 6  # of a table worth the work: fewer are no half of such a number
# Of the height of the letters of a line, which may be small ones alone: a line by itself, so far below, belongs to no
# table above; so far a heading of several lines reaches above the others.
_FAR, _ABOVE = 2.5, 2.0
_EMPTY, _BARE = 3, re.compile(r"[\d .-]{6,20}")  # such lines that are empty; a value by itself
_OVER = 0.8  # of the height of a letter: so far it may reach over the edge of its cell, where it is cut off
_ACROSS = 0.6  # of a table: as wide is a line of prose, or a title


class Said(NamedTuple):
    """What is asked of the rows of a page as they were drawn: what each run of a row says, nothing where that is not
    known; and the parts of a run, by its row and its place in that."""

    texts: Callable[[int], Sequence[str]]
    parts: Callable[[int, int], Sequence[Part]]


class Table(NamedTuple):
    """Drawn rows from *first* to before *last*; its *lines*; the number of the line for each run of them; what those
    lines are made of, its *rows*, the headings first, and how far each column of a heading reaches; and whether it
    *goes on* from the page before."""

    first: int
    last: int
    lines: list[str]
    line_of: list[int]
    rows: Sequence[Line]
    columns: Sequence[Column]
    goes_on: bool


class Elsewhere(NamedTuple):
    """Headings that do not stand in a row over their table, by the drawn row with which that begins; and the drawn rows
    that hold such."""

    headings: Mapping[int, Sequence[Part]]
    passed: frozenset[int]


class Line:
    """A row of a table, which begins in the drawn row *first*: its cells from the left."""

    __slots__ = ("cells", "first", "high", "low")

    def __init__(self, cell: Cell, first: int) -> None:
        self.cells, self.first = [cell], first
        self.low, self.high = cell.low, cell.high

    @property
    def has_value(self) -> bool:
        return any(VALUE.search(cell.text) for cell in self.cells)

    def takes(self, box: Box, text: str, run: tuple[int, int]) -> bool:
        """Take what stands in *box*, if it is of this row."""
        last = self.cells[-1]
        if last.goes_on(box, text):
            last.add(box, text)
        elif box[0] >= last.right - _OVER * (box[3] - box[1]) and box[3] > self.low and box[0] > last.left:
            last.right = min(last.right, box[0])
            self.cells.append(Cell(box, text, run))
        else:
            return False
        self.low, self.high = min(self.low, box[1]), max(self.high, box[3])
        return True


class _Drawn:
    """The table whose headings begin in the drawn row *first*, as far as it is known: its *lines*, which line each run
    of it is of, the columns, and the drawn row behind it. No columns: there is no table."""

    def __init__(self, first: int) -> None:
        self.first = self.last = first
        self.lines: list[Line] = []
        self.columns: list[Column] = []
        self.line_of: list[int] = []

    def head(self, headings: Sequence[Part], below: Box) -> None:
        """Begin with *headings* that stand elsewhere, over what stands *below*."""
        over = below[3] + 1.0
        cells = [Cell((left, over, right, over + 1.0), text) for (left, _, right, _), text in headings]
        line = Line(cells[0], self.first)
        line.cells = cells
        self.lines, self.columns = [line], _columns(line)

    def begin(self, box: Box, text: str, run: tuple[int, int]) -> None:
        """A line with what stands in *box*, which is that *run*."""
        self.line_of.append(len(self.lines))
        self.lines.append(Line(Cell(box, text, run), run[0]))

    def takes(self, box: Box, text: str, run: tuple[int, int]) -> bool:
        """Take what stands in *box* into the last line, if it is of that."""
        taken = self.lines[-1].takes(box, text, run)
        if taken:
            self.line_of.append(len(self.lines) - 1)
        return taken

    def drop(self) -> None:
        """Leave out the last line, which is of another thing."""
        self.last = self.lines.pop().first
        while self.line_of and self.line_of[-1] == len(self.lines):
            self.line_of.pop()

    def none(self, last: int) -> _Drawn:
        """That there is no table before the drawn row *last*."""
        self.columns, self.last = [], last
        return self

    @property
    def edges(self) -> set[int]:
        """Where its cells begin."""
        return _edges(self.lines)

    @property
    def is_table(self) -> bool:
        body = self.lines[1:] if self.columns else ()
        return any(sum(map(str.isdigit, cell.text)) >= _SOME_DIGITS for line in body for cell in line.cells)


def tables_of(drawn: Sequence[Row], said: Said, elsewhere: Elsewhere) -> list[Table]:
    """The tables among the rows of a page as they were *drawn*. The time is that of the rows times the columns of one
    of them."""
    tables: list[Table] = []
    start = 0
    while start < len(drawn) - (start not in elsewhere.headings) and len(drawn) <= _MOST_ROWS:
        headings = elsewhere.headings.get(start, ())
        table = _drawn(drawn, start, said, elsewhere, headings)
        if headings and not (table.columns and len(table.lines) > 1):
            headings = ()
            table = _drawn(drawn, start, said, elsewhere, headings)
        if table.columns and len(table.lines) > 1:
            _take_late(table, drawn, said.texts, elsewhere.passed)
        if table.is_table:
            lines, columns = _written(table.lines, said.parts)
            on = bool(headings) and not elsewhere.passed
            tables.append(Table(start, table.last, lines, table.line_of, table.lines, columns, on))
        start = max(start + 1, table.last)
    return tables


def _drawn(
    drawn: Sequence[Row], first: int, asked: Said, elsewhere: Elsewhere, headings: Sequence[Part]
) -> _Drawn:
    """The table whose headings begin in the drawn row *first*, or that has *headings* elsewhere."""
    table = _Drawn(first)
    if headings:
        table.head(headings, drawn[first][0].box)
    for number in range(first, len(drawn)):
        said = asked.texts(number)
        if len(said) != len(drawn[number]) or number in elsewhere.passed:
            break
        for at, (run, text) in enumerate(zip(drawn[number], said, strict=True)):
            if not table.lines or (headings and len(table.lines) == 1):
                table.begin(run.box, text, (number, at))
                continue
            line = table.lines[-1]
            if table.takes(run.box, text, (number, at)):
                if len(table.line_of) > _MOST_PIECES and len(line.cells) == len(table.lines) == 1:
                    return table.none(first)
                continue
            table.columns = table.columns or _columns(line)
            if not table.columns:
                return table.none(first)
            if len(line.cells) > len(table.columns) and not any(line.has_value for line in table.lines):
                return table.none(line.first)  # these are the headings: what stands above is none of it
            if _is_above(run.box, line) or (
                len(drawn[number]) == 1
                and _is_apart(run.box, line, table.columns)
                and not _goes_on_behind_empty(run.box, text, table)
                and len(parted(Cell(run.box, text, (number, at)), table.edges, asked.parts)) == 1
            ):
                if at:  # in the middle of a row
                    table.drop()
                return table
            table.begin(run.box, text, (number, at))
        table.last = number + 1
    return table


def _take_late(
    table: _Drawn, drawn: Sequence[Row], texts: Callable[[int], Sequence[str]], passed: Container[int]
) -> None:
    """Put into *table* what was drawn behind it and stands in it: LibreOffice draws cells of several lines last."""
    low, high = min(line.low for line in table.lines), max(line.high for line in table.lines)
    middles = sorted((line.low + line.high, at) for at, line in enumerate(table.lines))
    cell, at = None, 0
    for number in range(table.last, len(drawn)):
        said = texts(number)
        if len(said) != len(drawn[number]) or number in passed:
            break
        for place, (run, text) in enumerate(zip(drawn[number], said, strict=True)):
            beside = _line_beside(middles, run.box)
            wrapped = cell is not None and (beside == at or cell.text.endswith((" ", *HYPHENS)))
            if cell is not None and wrapped and cell.goes_on(run.box, text):
                cell.add(run.box, text)
            else:
                cell, at = Cell(run.box, text, (number, place)), beside
                within = cell.high > low and cell.low < high + _ABOVE * (cell.high - cell.low)
                others = table.lines[at].cells
                if not within or len(others) >= _MOST_COLUMNS or any(map(cell.stands_over, others)):
                    break
                others.append(cell)
            table.line_of.append(at)
        else:
            table.last = number + 1
            continue
        del table.line_of[len(table.line_of) - place :]
        break
    for line in table.lines:
        line.cells.sort(key=lambda cell: cell.left)


def _line_beside(middles: Sequence[tuple[float, int]], box: Box) -> int:
    """Which line stands beside *box*, by the sorted *middles* of all, twice as high."""
    middle = box[1] + box[3]
    at = bisect_left(middles, (middle, 0))
    return min(middles[max(0, at - 1) : at + 1], key=lambda found: abs(found[0] - middle))[1]


def _columns(headings: Line) -> list[Column]:
    """Those over which *headings* stand; none where that is no row of headings."""
    cells = headings.cells
    if not 1 < len(cells) <= _MOST_COLUMNS or headings.has_value:
        return []
    return [Column(cell.left, cell.right) for cell in cells]


def _is_above(box: Box, line: Line) -> bool:
    """Whether what stands in *box* is above the end of *line*: beside the table, or drawn in another order."""
    return box[3] > line.low + LEVEL * (box[3] - box[1])


def _is_apart(box: Box, line: Line, columns: Sequence[Column]) -> bool:
    """Whether what stands alone in *box* is no row below *line*: a paragraph, or far below."""
    left, low, right, high = box
    width = columns[-1].right - columns[0].left
    met = sum(column.left < right and left < column.right for column in columns)
    return line.low - high >= _FAR * (high - low) or (met > 1 and right - left > _ACROSS * width)


def _goes_on_behind_empty(box: Box, text: str, table: _Drawn) -> bool:
    """Whether a value by itself, where cells of *table* begin, is a row of it behind one that is empty."""
    if _BARE.fullmatch(text) is None or table.lines[-1].low - box[3] >= _EMPTY * _FAR * (box[3] - box[1]):
        return False
    return round(box[0]) in table.edges


def _written(
    lines: Sequence[Line], parts: Callable[[int, int], Sequence[Part]]
) -> tuple[list[str], list[Column]]:
    """*lines* with each cell in its column, and the columns of the headings."""
    body = lines[1:]
    edges = _edges(lines)
    columns = [Column(cell.left, cell.right) for cell in lines[0].cells]
    for cell, column in zip(lines[0].cells, columns, strict=True):
        cell.column = column
    for line in body:
        if len(line.cells) < len(columns):
            line.cells = [one for cell in line.cells for one in parted(cell, edges, parts)]
        _in_order(line.cells, columns)
    for line in body:
        for cell in line.cells:
            met = [column for column in columns if column.meets(cell)] if cell.column is None else []
            if len(met) == 1:
                met[0].take(cell)
                cell.column = met[0]
    for line in body:
        _placed(line.cells, columns)
    columns.sort()
    number = {id(column): at for at, column in enumerate(columns)}
    said: list[str] = []
    for line in lines:
        written, at = "", 0
        for cell in line.cells:
            place = max(number[id(cell.column)], at)
            written += "\t" * (place - at)
            at = place + 1
            written += cell.text + "\t"
        told = written.rstrip("\t")
        # A row as the others, not a title.
        said.append(told if "\t" in told or len(columns) < 2 else f"{told}\t")
    return said, [cell.column for cell in lines[0].cells if cell.column is not None]


def _edges(lines: Sequence[Line]) -> set[int]:
    """Where the cells of *lines* begin, in whole points, and beside that."""
    found = {round(cell.left) for line in lines for cell in line.cells}
    return {edge + by for edge in found for by in (-1, 0, 1)}


def _in_order(cells: Sequence[Cell], columns: Sequence[Column]) -> None:
    """Put the *cells* of a row in which none is empty below one heading each, wherever in its column that stands."""
    if len(cells) != len(columns):
        return
    for at, (cell, column) in enumerate(zip(cells, columns, strict=True)):
        if any(other.meets(cell) for other in (*columns[:at], *columns[at + 1 :])) and not column.meets(cell):
            return
    for cell, column in zip(cells, columns, strict=True):
        cell.column = column
        column.take(cell)


def _placed(cells: Sequence[Cell], columns: list[Column]) -> None:
    """Find the columns of those *cells* of a row that stand below none, or below several."""
    taken: set[int] = set()
    for cell in cells:
        if cell.column is None:
            met = [column for column in columns if column.meets(cell)]
            free = [column for column in met if id(column) not in taken]
            before = [column for column in columns if column.right <= cell.left]
            left = max(before, key=lambda column: column.right, default=None)
            if free:
                cell.column = free[0]
            elif not met and left is None and id(columns[0]) not in taken:
                cell.column = columns[0]
            elif not met and left is not None and id(left) not in taken:
                cell.column = left  # numbers stand at the right edge of their column, headings at the left
                left.take(cell)
            elif len(columns) < _MOST_COLUMNS:
                cell.column = Column(cell.left, cell.right)
                insort(columns, cell.column)
            else:
                cell.column = met[-1] if met else columns[-1]
        taken.add(id(cell.column))
