"""Cells of a page that lie over several rows or columns: what they cover is an empty cell, so that each of the others
stands below its heading.

Excel and Word merge cells so: a group beside its rows (``rowspan``), a heading over two rows of them. Where pages are
laid out in cells, a picture or a name stands beside lines of a letter in the same way, and these stay lines: see
:meth:`_Table.covers`. Rows of a page are few beside what can be asked for, ``rowspan=65534`` in each cell: what is
covered is counted, and no more of it is put in than any list has.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from segl_classifier.layout.tidy import COVERED
from segl_classifier.markup.attributes import columns_spanned, rows_spanned

OF_TABLES = frozenset(
    f"{end}{name}" for end in ("", "/") for name in ("table", "thead", "tbody", "tfoot", "tr")
)
_CELL = "\t"
_COVERS_ROWS = re.compile("rowspan", re.IGNORECASE)
_SAYS = re.compile(r"[^\W_]")
_ENDS_ROW = frozenset(("tr", "/tr", "table", "/table"))
_OF_LIST = 3  # columns: a letter is laid out in two
_MOST_COVERED = 200_000  # cells of a page


@dataclass(frozen=True, slots=True)
class _Cell:
    """One over several rows: its columns, and whether it is filled."""

    first: int
    last: int
    rows: int
    begins: int  # which piece of the text
    filled: bool = False


@dataclass(slots=True)
class _Table:
    """A table as far as it is read. ``until`` is, for each column, the row up to which a cell covers it, and whether it
    is filled; ``above`` how many columns the widest row before had."""

    row: int = -1
    in_row: bool = False
    column: int = 0  # of the next cell
    own: int = 0  # cells of the row
    above: int = 0
    until: dict[int, tuple[int, bool]] = field(default_factory=dict)
    cell: _Cell | None = None  # that is being read
    cells: list[_Cell] = field(default_factory=list)  # of the row
    covered: list[tuple[int, int]] = field(default_factory=list)  # before which piece how many are
    by_filled: bool = False

    def covers(self) -> bool:
        """Whether the cells of the row cover some of those below: those of a list do. In two columns it is one where a
        row stands above, its heading."""
        return self.column >= _OF_LIST or (self.column > 1 and self.above > 1)

    def end_group(self) -> None:
        """Cells end with the rows that they are grouped with (WHATWG HTML §4.9.12)."""
        self.until.clear()
        self.cells.clear()


class Spans:
    """What of the tables of a page is covered. The pieces of its *text* are those read so far."""

    __slots__ = ("_left", "_over", "_read", "_said", "_tables", "_text")

    def __init__(self, text: list[str], markup: str) -> None:
        self._text = text
        self._over = ""  # the cells beside it that the cell before covers
        self._left = _MOST_COVERED
        # Those that are open; none where none matters.
        self._tables = [_Table()] if _COVERS_ROWS.search(markup) else []
        self._read, self._said = 0, -1  # pieces that were looked at, and the last of them with words

    def begin_cell(self, attributes: str) -> None:
        """A cell begins: part it from the one before."""
        over, columns = self._over, columns_spanned(attributes) if attributes else 1
        self._over = COVERED * (columns - 1)
        if self._tables:
            self._place(self._tables[-1], columns, rows_spanned(attributes) if attributes else 1)
        self._text.append(over + _CELL)

    def tag(self, name: str) -> None:
        """A tag of a table, one of ``OF_TABLES``."""
        if name in _ENDS_ROW:
            self._over = ""
        if not self._tables:
            return
        table = self._tables[-1]
        if name == "table":
            self._tables.append(_Table())
            return
        self._end_row(table)
        if name == "tr":
            self._begin_row(table)
        elif name == "/table":
            self._tables.pop()
            self._tables = self._tables or [_Table()]
        elif name != "/tr":
            table.end_group()

    def end(self) -> None:
        """The page ends, and the rows with it that were not ended."""
        for table in self._tables:
            self._end_row(table)

    def _place(self, table: _Table, columns: int, rows: int) -> None:
        """Where the cell stands that begins, over so many *columns* and *rows*."""
        if table.in_row:
            self._end_cell(table)
        else:
            self._begin_row(table)
        first = table.column
        while self._left > 0 and (cover := table.until.get(table.column)) and cover[0] > table.row:
            table.by_filled |= cover[1]
            table.column += 1
            self._left -= 1
        if table.column > first:
            table.covered.append((len(self._text), table.column - first))
        if rows > 1:
            table.cell = _Cell(table.column, table.column + columns, rows, len(self._text))
        table.column += columns
        table.own += 1

    def _begin_row(self, table: _Table) -> None:
        table.row += 1
        table.in_row = True
        table.column = table.own = 0

    def _end_cell(self, table: _Table) -> None:
        cell, table.cell = table.cell, None
        if cell:
            filled = self._has_words(cell.begins)
            table.cells.append(_Cell(cell.first, cell.last, cell.rows, cell.begins, filled))

    def _end_row(self, table: _Table) -> None:
        """Put in what is covered. Where only empty cells cover it, they may be there for the looks: a row of one cell
        is then a line."""
        if not table.in_row:
            return
        self._end_cell(table)
        if table.by_filled or table.own > 1:
            for piece, count in table.covered:
                self._text[piece] = COVERED * count + self._text[piece]
        if table.covers():
            for cell in table.cells:
                self._cover(table, cell)
        table.above = max(table.above, table.column)
        table.in_row = table.by_filled = False
        table.cells.clear()
        table.covered.clear()

    def _cover(self, table: _Table, cell: _Cell) -> None:
        columns = range(cell.first, min(cell.last, cell.first + self._left))
        self._left -= len(columns)
        table.until |= dict.fromkeys(columns, (table.row + cell.rows, cell.filled))

    def _has_words(self, begins: int) -> bool:
        """Whether there are words in the text from the piece where it *begins*. Each piece is looked at once, however
        many cells it stands in."""
        for number in range(self._read, len(self._text)):
            if _SAYS.search(self._text[number]):
                self._said = number
        self._read = len(self._text)
        return self._said >= begins
