"""The heading of the column in which a number stands.

Mail carries tables as plain text: cells divided by tabs, bars or semicolons (what HTML, spreadsheets and CSV
become), by commas, or lined up with spaces (what a PDF becomes). A table is a run of lines with the same
divider, single blank lines between them allowed; its heading is the first of its lines that names the column.
Lines are read once, however many numbers stand in them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import compress, product
from typing import NamedTuple

from segl_classifier.cpr.table.heading_rows import (
    AROUND,
    BLANK,
    HEAD_LINES,
    VALUE,
    WORD,
    heading_of,
    headings,
    is_group,
    is_title,
    may_say_cpr,
    names_number_or_person,
    says_cpr,
)
from segl_classifier.cpr.vocabulary.mentions import NAMES_CPR

_SIGNS = ("\t", "|", ";")
_OF_SIGNS = {has: tuple(compress(_SIGNS, has)) for has in product((False, True), repeat=3)}
_LINED_UP = "  "
_COLUMNS = re.compile(r"\S+(?: \S+)*")  # cells lined up with two spaces or more
_EMPTY_LINES = 2  # between a table and the line above it
# No blank behind the comma.
_TWO_COLUMNS = re.compile(r"\"?[\w.-]+(?: [\w.-]+)?\"?,\"?[\w.-]+(?: [\w.-]+)?\"?\s*")
_QUOTED = re.compile(r'"[^"]*+"')
# Of a cell: another mark may stand for inches.
_OPENS = re.compile(r'(?:(?<=[;,\t|])|^)[ >]*+"[^"]*+\Z')
_CLOSES = re.compile(r'[^"]*+(?:""[^"]*+)*+"[ \r]*+(?=[;,\t|]|\Z)')
_PERSONAL = (9, 10)  # digits, without the zero in front or with it
_DIGIT = re.compile(r"\d")
_ROW = re.compile(r"\d\d")  # is in most rows, and in few headings
_LONGEST = 2_000  # characters of a line that are looked at
_SHOWN = 12  # rows that show what a column holds
_MOST_ASKED = 100  # columns of a table of which that is asked: no honest one has more


class Cell(NamedTuple):
    """Where a number stands in a row. ``label``: what the cell to its left says, empty ones passed over; ``before``:
    what stands before it in its own; ``behind``: whether a name stands behind it. ``loose``: a comma and a blank divide
    it from its neighbour, as in prose. ``of_words``: its column holds words."""

    label: str
    before: str
    loose: bool
    of_words: bool
    behind: bool = False


@dataclass(slots=True)
class _Table:
    """``first`` is its first line, which begins at ``top``; ``heads`` are those of the first that may be its heading,
    ``columns`` what they say. ``above`` is the table that its rows seem to go on, behind a line of one cell;
    ``goes_on``: that is nothing but a heading (``only_heads``), and they are as wide. ``naming`` are those heads that
    say CPR, where blanks line up the columns and there are others, too. ``titles`` stand over it all, once they were
    asked for."""

    divider: str
    top: int
    first: str
    heads: tuple[str, ...]
    above: _Table | None = None
    goes_on: bool = False
    only_heads: bool = False
    naming: tuple[str, ...] = ()
    columns: dict[int, str] = field(default_factory=dict)
    of_words: dict[int, bool] = field(default_factory=dict)  # by the column, once it was asked for
    titles: tuple[str, ...] | None = None

    def cell(self, line: str, offset: int) -> str:
        """The heading over the character *offset* of *line*; ``""`` when there is none."""
        if self.divider == _LINED_UP:
            return self._over(line, offset)
        column = _column(line, offset, self.divider)
        if self.above is not None and (over := self.above.of_cpr(line, column)):
            return over
        return self._over_column(column)

    def _over_column(self, column: int) -> str:
        known = self.columns.get(column)
        if known is None:
            cells = [_cell(head, column, self.divider) for head in self.heads]
            known = self._heading(cells) if any(cells) else ""
            if self.above is not None and self.goes_on and not names_number_or_person(known):
                known = self.above._over_column(column) or known
            self.columns[column] = known
        return known

    def _over(self, line: str, offset: int) -> str:
        """The same where blanks line up the columns. The head of a page may stand over the heading, lined up as well:
        what says CPR counts."""
        for head in self.naming:
            if NAMES_CPR.search(cell := _over(head, line, offset)):
                return cell
        return next(filter(None, (_over(head, line, offset) for head in self.heads)), "")

    def _heading(self, cells: list[str]) -> str:
        """Which of *cells*, one of each of the ``heads``, is the heading of their column."""
        if len(cells) == 1:
            return cells[0]
        titles = next((n for n, head in enumerate(self.heads) if not is_title(head, self.divider)), 0)
        return heading_of(cells, titles)

    def of_cpr(self, line: str, column: int) -> str:
        """The heading of the *column*, if it names the personal number and *line* has no more cells than it."""
        wide = (head for head in self.heads if head.count(self.divider) >= line.count(self.divider))
        return next(
            (cell for head in wide if NAMES_CPR.search(cell := _cell(head, column, self.divider))), ""
        )


class Tables:
    """The tables of one text, found as they are asked for."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._of_line: dict[tuple[int, str], _Table] = {}  # by the start of a line already read
        self._begin, self._end = 0, -1  # of the line at hand
        self._row = ""
        self._dividers: tuple[str, ...] = ()
        self._tables: list[_Table] = []  # one for each divider, as far as they were asked for
        self._first = ""  # the heading over the first cell of their rows, where each row has the same
        self._says: bool | None = None  # whether a word for the personal number may stand anywhere
        self._asked, self._by = -1, 0  # the number asked for last, and by which divider it has a heading

    def heading(self, start: int) -> str | None:
        """The heading over the number at *start*: ``""`` in a table without one, ``None`` outside a table."""
        if not self._begin <= start <= self._end:
            self._enter(start)
        offset = start - self._begin
        self._asked, self._by = start, 0
        if not offset and self._first:  # as in a long list whose rows begin with numbers
            return self._first
        if not self._dividers or offset >= _LONGEST:
            return None
        for number in range(len(self._dividers)):
            table = self._with(number)
            cell = table.cell(self._row, offset)
            if cell:
                self._by = number
                if not (offset or number or table.above or table.divider == _LINED_UP):
                    self._first = cell
                return cell
        return "" if self._dividers[0] in _SIGNS else None

    def cell(self, start: int) -> Cell | None:
        """The cell in which the number at *start* stands, ``None`` outside a table."""
        if self._asked != start or not self._begin <= start <= self._end:
            self.heading(start)
        offset = start - self._begin
        if not self._dividers or offset >= _LONGEST:
            return None
        table = self._with(self._by)
        rest, _, before = self._row[:offset].rpartition(table.divider)
        label = _last_filled(rest, table.divider)
        loose = table.divider == "," and before[:1] == " "
        return Cell(label, before, loose, self._is_of_words(table, offset))

    def row_label(self, start: int) -> str:
        """What the first cell of its row says, which may name the personal number, where nothing but numbers as long as
        that stand between it and the one at *start*; ``""`` where it is no such row."""
        if not self._begin <= start <= self._end:
            self._enter(start)
        offset = start - self._begin
        if not self._dividers or offset >= _LONGEST or self._dividers[0] == ",":
            return ""
        label, divider, between = self._row[:offset].lstrip(AROUND).partition(self._dividers[0])
        if not divider or not may_say_cpr(label) or WORD.search(between) is not None:
            return ""
        cells = between.split(divider)[:-1]
        is_label = all(sum(map(str.isdigit, cell)) in _PERSONAL for cell in cells if cell.strip(AROUND))
        return label.strip(AROUND) if is_label else ""

    def _is_of_words(self, table: _Table, offset: int) -> bool:
        """Whether the column of the character *offset* of the line at hand holds words, by the first rows of its
        *table*: a list of things to do, or fields of a form, each with its name before it."""
        line, divider = self._row, table.divider
        lined_up = divider == _LINED_UP
        column = line.rfind(_LINED_UP, 0, offset) if lined_up else _column(line, offset, divider)
        known = table.of_words.get(column)
        if known is None:
            if len(table.of_words) >= _MOST_ASKED:
                return False
            rows = self._rows_below(table)
            cells = [_over(row, line, offset) if lined_up else _cell(row, column, divider) for row in rows]
            words = sum(WORD.search(cell) is not None and VALUE.search(cell) is None for cell in cells)
            numbers = sum(VALUE.search(cell) is not None for cell in cells)
            known = table.of_words[column] = words > max(1, numbers)
        return known

    def _rows_below(self, table: _Table) -> Iterator[str]:
        """The first rows of *table* below its first line."""
        start = table.top
        for _ in range(_SHOWN):
            start = self._text.find("\n", start, start + _LONGEST) + 1
            row = self._line(start) if start else ""
            if table.divider in row:
                yield row
            elif not start or row.strip(BLANK):
                break

    def titles(self, start: int) -> Iterator[str]:
        """What stands over the table of the number at *start*: its first row, where that has one cell, and the line
        above it."""
        if not self._begin <= start <= self._end:
            self._enter(start)
        for number, divider in enumerate(self._dividers):
            table = self._with(number)
            if table.titles is None:
                cells = [cell for cell in table.first.split(divider) if cell.strip(AROUND)]
                table.titles = (*(cells if len(cells) == 1 else ()), self._above(table.top))
            yield from table.titles

    def _with(self, number: int) -> _Table:
        """The table that the line at hand is of, by the divider of this *number*."""
        if number == len(self._tables):
            self._tables.append(self._table(self._begin, self._row, self._dividers[number]))
        return self._tables[number]

    def _above(self, start: int) -> str:
        """The line above what begins at *start*, few empty ones overlooked."""
        for _ in range(_EMPTY_LINES + 1):
            if start == 0:
                break
            start = self._text.rfind("\n", 0, start - 1) + 1
            line = self._line(start)
            if line.strip(BLANK):
                return line
        return ""

    def _enter(self, start: int) -> None:
        """Go to the line of *start*; the next line of the same table needs no search."""
        text = self._text
        begin = start  # as where a number begins each row
        if start and text[start - 1] != "\n":
            begin = text.rfind("\n", 0, start) + 1
        follows = begin == self._end + 1
        end = text.find("\n", begin, begin + _LONGEST)
        self._begin = begin
        self._row = row = text[begin : end if end >= 0 else begin + _LONGEST]
        self._end = begin + len(row)
        dividers = _dividers(row)
        if not follows or dividers != self._dividers:
            self._tables, self._first = [], ""
        else:
            for divider, table in zip(dividers, self._tables, strict=False):
                self._of_line[begin, divider] = table
        self._dividers = dividers

    def _line(self, start: int) -> str:
        end = self._text.find("\n", start, start + _LONGEST)
        return self._text[start : end if end >= 0 else start + _LONGEST]

    def _lines_headed(self, lines: list[str], divider: str) -> int:
        """How many *lines* there are if the last of them is a heading that says CPR, else 0."""
        if lines and self._says is None:
            self._says = may_say_cpr(self._text)
        return len(lines) if lines and self._says and says_cpr(lines[-1], divider) else 0

    def _table(self, start: int, line: str, divider: str) -> _Table:
        """The table of the line at *start*. Goes up to a line whose table is known, or to the table's top: a heading
        that says CPR is the top of another table than the rows above it."""
        known = self._of_line.get((start, divider))
        passed: list[int] = []
        lines: list[str] = []
        groups: list[tuple[list[int], list[str]]] = []  # below lines of one cell
        headed = 0  # how many lines there are down from such a heading
        blank = other = False
        while known is None:
            if divider in line:
                headed = headed or self._lines_headed(lines, divider)
                other = headed > 0 and (len(lines) - headed >= HEAD_LINES or _ROW.search(line) is not None)
                if other:
                    break
                passed.append(start)
                lines.append(line)
                blank = False
            elif not line.strip(BLANK) and not blank:
                blank = True
            elif divider == "\t" and lines and not blank and is_group(line, lines[-1]):
                groups.append((passed, lines))
                passed, lines = [], []
            else:
                break
            if start == 0:
                break
            start = self._text.rfind("\n", 0, start - 1) + 1
            line = self._line(start)
            known = self._of_line.get((start, divider))
        headed = headed or (self._lines_headed(lines, divider) if known is not None else 0)
        if headed and (other or known is not None):
            passed, lines, known = passed[:headed], lines[:headed], None
        if known is None:
            if not passed:
                passed, lines = groups.pop()
            known = _table_of(divider, passed, lines)
        over = known.above or known
        for seen in passed:
            self._of_line[seen, divider] = known
        for passed, lines in reversed(groups):
            known = _table_of(divider, passed, lines, over)
            for seen in passed:
                self._of_line[seen, divider] = known
        return known


def _table_of(divider: str, passed: list[int], lines: list[str], above: _Table | None = None) -> _Table:
    """The table of *lines*, the lowest first, which begin where they were *passed*."""
    heads = headings(lines, divider)
    naming = tuple(filter(may_say_cpr, heads)) if divider == _LINED_UP and len(heads) > 1 else ()
    goes_on = above is not None and above.only_heads and _is_as_wide(lines, above.heads, divider)
    only_heads = len(heads) == len(lines) and not any(map(_DIGIT.search, lines))
    return _Table(divider, passed[-1], lines[-1], heads, above, goes_on, only_heads, naming)


def _is_as_wide(lines: Sequence[str], heads: Sequence[str], divider: str) -> bool:
    """Whether *lines* are no wider than the widest of *heads*, and one as wide."""
    width = max((head.count(divider) for head in heads), default=0)
    return width > 0 and max(line.count(divider) for line in lines) == width


def _last_filled(cells: str, divider: str) -> str:
    """The last of *cells* in which anything stands but signs."""
    return cells.rstrip(f"{AROUND}:{divider}").rpartition(divider)[2].strip(AROUND)


def _dividers(line: str) -> tuple[str, ...]:
    """What divides the cells of *line*, if anything does."""
    signs = _OF_SIGNS["\t" in line, "|" in line, ";" in line]
    if signs:
        return signs
    if "," in line:
        return (",", _LINED_UP) if _LINED_UP in line else (",",)
    return (_LINED_UP,) if _LINED_UP in line else ()


def _cell(head: str, column: int, divider: str) -> str:
    cells = head.split(divider)
    cell = cells[column].strip(" \"'>\r") if column < len(cells) else ""
    if divider == "," and (len(cells) < 3 or any(len(cell.split()) > 3 for cell in cells)):
        return cell if _TWO_COLUMNS.fullmatch(head) and NAMES_CPR.search(cell) else ""  # else a sentence
    return cell


def _column(line: str, offset: int, divider: str) -> int:
    """How many dividers stand before *offset*, those inside quotation marks left out: those of the cell, too, in which
    it stands."""
    if not offset:
        return 0
    before = line[:offset]
    if '"' in before:
        before = _QUOTED.sub("", before)
        opens = _OPENS.search(before)
        if opens and _CLOSES.match(line, offset):
            before = before[: opens.start()]
    return before.count(divider)


def _over(head: str, line: str, offset: int) -> str:
    """The heading that stands over *offset*, where columns are lined up with spaces."""
    begin = line.rfind(_LINED_UP, 0, offset) + 1
    end = line.find(_LINED_UP, offset)
    if end < 0:
        end = len(line)
    for cell in _COLUMNS.finditer(head):
        if cell.start() < end and begin < cell.end():
            return cell.group()
    return ""
