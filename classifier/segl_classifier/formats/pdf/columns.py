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
from collections.abc import Callable, Sequence
from typing import NamedTuple

from segl_classifier.formats.pdf.cover import Box
from segl_classifier.formats.pdf.rows import Row

_MOST_COLUMNS = 60  # of a table; no page has room for more
_MOST_ROWS = 2_000  # of a page, as they were drawn
_MOST_PIECES = 4  # of the first heading, before the second: what goes on is prose
_MOST_PARTS = 12  # of a run that is looked at: letters that were drawn one by one are more
_VALUE = re.compile(r"\d{5}|\d[.,]\d\d\b")  # is in no heading
_FULL = re.compile(r"\d(?:[ .-]?\d){7}")  # eight digits or more: what stands below is another value
_BROKEN = re.compile(r"\d+(?:-\d*)?\Z"), re.compile(r"\d*-?\d+")
_DIGITS = 10  # of a personal number
_SOME_DIGITS = 6  # of a table worth the work: fewer are no half of such a number
# A heading of one long word that had no room on its line, and what may stand below one that had.
_WORD, _REST = re.compile(r"[A-ZÆØÅ][^\W\d_]{5,30}"), re.compile(r"[a-zæøå]{1,5}")
_SHORT_WORDS = frozenset(
    "af antal by dag dato del for fra hos i id køn kode kr med navn nr og om pr på rest sidst til ved".split()
)
_HYPHENS = ("\ufffe", "\x02", "-", "\u2010")
# Of the height of the letters of a line, which may be small ones alone: the lines of a cell are no wider apart; a line
# by itself, so far below, belongs to no table above; so far a heading of several lines reaches above the others; no
# nearer stands another word; so far a line may reach into the one above.
_SPACING, _FAR, _ABOVE, _BLANK, _LEVEL = 1.25, 2.5, 2.0, 0.2, 0.35
_ACROSS = 0.6  # of a table: as wide is a line of prose, or a title

Part = tuple[Box, str]  # what was drawn at once, and where


class Said(NamedTuple):
    """What is asked of the rows of a page as they were drawn: what each run of a row says, nothing where that is not
    known; and the parts of a run, by its row and its place in that."""

    texts: Callable[[int], Sequence[str]]
    parts: Callable[[int, int], Sequence[Part]]


class Table(NamedTuple):
    """Drawn rows from *first* to before *last*; its *lines*; and the number of the line for each run of them."""

    first: int
    last: int
    lines: list[str]
    line_of: list[int]


class _Column:
    """How far the cells of a column reach."""

    __slots__ = ("left", "right")

    def __init__(self, left: float, right: float) -> None:
        self.left, self.right = left, right

    def __lt__(self, other: _Column) -> bool:
        return self.left < other.left

    def meets(self, cell: _Cell) -> bool:
        """Whether *cell* stands in this column, or reaches into it."""
        return self.left < cell.right and cell.left < self.right

    def take(self, cell: _Cell) -> None:
        self.left, self.right = min(self.left, cell.left), max(self.right, cell.right)


class _Cell:
    """What was drawn of one cell so far, *end* of its last line; and which run of which row that is, if one."""

    __slots__ = ("column", "end", "high", "left", "low", "right", "run", "text")

    def __init__(self, box: Box, text: str, run: tuple[int, int] | None = None) -> None:
        self.left, self.low, self.right, self.high = box
        self.end, self.text, self.run = box, text, run
        self.column: _Column | None = None

    def stands_over(self, other: _Cell) -> bool:
        """Whether both stand at the same place from the left."""
        return self.left < other.right and other.left < self.right

    def goes_on(self, box: Box, text: str) -> bool:
        """Whether what stands in *box* is the next line of this cell."""
        left, low, right, high = box
        height = max(self.end[3] - self.end[1], high - low)
        below = self.end[1] - high
        beneath = left < self.right and self.left < right and -_LEVEL * height < below < _SPACING * height
        return beneath and not (_FULL.search(text) and _FULL.search(self.text))

    def add(self, box: Box, text: str) -> None:
        left, low, right, _ = box
        self.left, self.low, self.right = min(self.left, left), min(self.low, low), max(self.right, right)
        self.end, self.text, self.run = box, _joined(self.text, text), None


class _Line:
    """A row of the table, which begins in the drawn row *first*: its cells from the left."""

    __slots__ = ("cells", "first", "high", "low")

    def __init__(self, cell: _Cell, first: int) -> None:
        self.cells, self.first = [cell], first
        self.low, self.high = cell.low, cell.high

    @property
    def has_value(self) -> bool:
        return any(_VALUE.search(cell.text) for cell in self.cells)

    def takes(self, box: Box, text: str, run: tuple[int, int]) -> bool:
        """Take what stands in *box*, if it is of this row."""
        last = self.cells[-1]
        if last.goes_on(box, text):
            last.add(box, text)
        elif box[0] >= last.right and box[3] > self.low:
            self.cells.append(_Cell(box, text, run))
        else:
            return False
        self.low, self.high = min(self.low, box[1]), max(self.high, box[3])
        return True


class _Drawn:
    """The table whose headings begin in the drawn row *first*, as far as it is known: its *lines*, which line each run
    of it is of, the columns, and the drawn row behind it. No columns: there is no table."""

    def __init__(self, first: int) -> None:
        self.first = self.last = first
        self.lines: list[_Line] = []
        self.columns: list[_Column] = []
        self.line_of: list[int] = []

    def begin(self, box: Box, text: str, run: tuple[int, int]) -> None:
        """A line with what stands in *box*, which is that *run*."""
        self.line_of.append(len(self.lines))
        self.lines.append(_Line(_Cell(box, text, run), run[0]))

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


def tables_of(drawn: Sequence[Row], said: Said) -> list[Table]:
    """The tables among the rows of a page as they were *drawn*. The time is that of the rows times the columns of one
    of them."""
    tables: list[Table] = []
    start = 0
    while start < len(drawn) - 1 and len(drawn) <= _MOST_ROWS:
        table = _drawn(drawn, start, said)
        if table.columns and len(table.lines) > 1:
            _take_late(table, drawn, said.texts)
        if table.is_table:
            tables.append(Table(start, table.last, _written(table.lines, said.parts), table.line_of))
        start = max(start + 1, table.last)
    return tables


def _drawn(drawn: Sequence[Row], first: int, asked: Said) -> _Drawn:
    """The table whose headings begin in the drawn row *first*."""
    table = _Drawn(first)
    for number in range(first, len(drawn)):
        said = asked.texts(number)
        if len(said) != len(drawn[number]):
            break
        for at, (run, text) in enumerate(zip(drawn[number], said, strict=True)):
            if not table.lines:
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
                and len(_parted(_Cell(run.box, text, (number, at)), table.edges, asked.parts)) == 1
            ):
                if at:  # in the middle of a row
                    table.drop()
                return table
            table.begin(run.box, text, (number, at))
        table.last = number + 1
    return table


def _take_late(table: _Drawn, drawn: Sequence[Row], texts: Callable[[int], Sequence[str]]) -> None:
    """Put into *table* what was drawn behind it and stands in it: LibreOffice draws cells of several lines last."""
    low, high = min(line.low for line in table.lines), max(line.high for line in table.lines)
    middles = sorted((line.low + line.high, at) for at, line in enumerate(table.lines))
    cell, at = None, 0
    for number in range(table.last, len(drawn)):
        said = texts(number)
        if len(said) != len(drawn[number]):
            break
        for place, (run, text) in enumerate(zip(drawn[number], said, strict=True)):
            beside = _line_beside(middles, run.box)
            wrapped = cell is not None and (beside == at or cell.text.endswith((" ", *_HYPHENS)))
            if cell is not None and wrapped and cell.goes_on(run.box, text):
                cell.add(run.box, text)
            else:
                cell, at = _Cell(run.box, text, (number, place)), beside
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


def _columns(headings: _Line) -> list[_Column]:
    """Those over which *headings* stand; none where that is no row of headings."""
    cells = headings.cells
    if not 1 < len(cells) <= _MOST_COLUMNS or headings.has_value:
        return []
    return [_Column(cell.left, cell.right) for cell in cells]


def _is_above(box: Box, line: _Line) -> bool:
    """Whether what stands in *box* is above the end of *line*: beside the table, or drawn in another order."""
    return box[3] > line.low + _LEVEL * (box[3] - box[1])


def _is_apart(box: Box, line: _Line, columns: Sequence[_Column]) -> bool:
    """Whether what stands alone in *box* is no row below *line*: a paragraph, or far below."""
    left, low, right, high = box
    width = columns[-1].right - columns[0].left
    met = sum(column.left < right and left < column.right for column in columns)
    return line.low - high >= _FAR * (high - low) or (met > 1 and right - left > _ACROSS * width)


def _written(lines: Sequence[_Line], parts: Callable[[int, int], Sequence[Part]]) -> list[str]:
    """*lines* with each cell in its column."""
    body = lines[1:]
    edges = _edges(lines)
    columns = [_Column(cell.left, cell.right) for cell in lines[0].cells]
    for cell, column in zip(lines[0].cells, columns, strict=True):
        cell.column = column
    for line in body:
        if len(line.cells) < len(columns):
            line.cells = [one for cell in line.cells for one in _parted(cell, edges, parts)]
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
        said.append(written.rstrip("\t"))
    return said


def _edges(lines: Sequence[_Line]) -> set[int]:
    """Where the cells of *lines* begin, in whole points, and beside that."""
    found = {round(cell.left) for line in lines for cell in line.cells}
    return {edge + by for edge in found for by in (-1, 0, 1)}


def _parted(cell: _Cell, edges: set[int], parts: Callable[[int, int], Sequence[Part]]) -> list[_Cell]:
    """*cell* as the cells that it is, where one touches the next: such begin at the *edges* of others."""
    drawn = parts(*cell.run) if cell.run is not None else ()
    if not 1 < len(drawn) <= _MOST_PARTS:
        return [cell]
    cells = [_Cell(*drawn[0])]
    for box, text in drawn[1:]:
        last = cells[-1]
        if box[0] - last.right > _BLANK * (box[3] - box[1]) and round(box[0]) in edges:
            cells.append(_Cell(box, text))
        else:
            last.right, last.text = max(last.right, box[2]), f"{last.text} {text}"
    return cells if len(cells) > 1 else [cell]


def _in_order(cells: Sequence[_Cell], columns: Sequence[_Column]) -> None:
    """Put the *cells* of a row in which none is empty below one heading each, wherever in its column that stands."""
    if len(cells) != len(columns):
        return
    for at, (cell, column) in enumerate(zip(cells, columns, strict=True)):
        if any(other.meets(cell) for other in (*columns[:at], *columns[at + 1 :])) and not column.meets(cell):
            return
    for cell, column in zip(cells, columns, strict=True):
        cell.column = column
        column.take(cell)


def _placed(cells: Sequence[_Cell], columns: list[_Column]) -> None:
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
                cell.column = _Column(cell.left, cell.right)
                insort(columns, cell.column)
            else:
                cell.column = met[-1] if met else columns[-1]
        taken.add(id(cell.column))


def _joined(text: str, more: str) -> str:
    """The lines of a cell as one. A number that had no room on a line goes on."""
    if _WORD.fullmatch(text) and _REST.fullmatch(more.strip()) and more.strip() not in _SHORT_WORDS:
        return text + more
    text, more = text.rstrip(), more.lstrip()
    end, begin = _BROKEN[0].search(text[-2 * _DIGITS :]), _BROKEN[1].match(more)
    if text.endswith(_HYPHENS[:2]):
        return text[:-1] + ("-" if text[-2:-1].isdigit() and more[:1].isdigit() else "") + more
    if end and begin and sum(map(str.isdigit, end[0] + begin[0])) == _DIGITS:
        return text + more
    if text.endswith(_HYPHENS) and more[:1].islower():
        return text[:-1] + more
    return f"{text} {more}"
