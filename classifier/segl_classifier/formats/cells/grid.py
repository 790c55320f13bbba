"""A sheet as lines of text: a row is a line, a tab stands between the cells, empty rows and columns are left out.

Columns nobody uses vanish so that a cell far to the right costs nothing; those that are used keep their order,
so that a heading stays over its column.

Numbers of nine digits get back the zero they lost when they could be personal numbers *and* the other long
numbers of the column could be too: one in nine random numbers begins with a day and a month, so a third of a
column is no chance. Others stay as they are (the detector takes nine digits under a heading that says CPR).
"""

from __future__ import annotations

import re

from segl_classifier.formats.cells.numbers import could_be_personal

_FLAT = str.maketrans(dict.fromkeys("\t\n\r\v\f\u0085\u2028\u2029", " "))
_EMPTY = ("", "")  # lines, between two tables
_FEWEST = 2  # cells of a row of headings
_DIGIT, _NUMBER = re.compile("[0-9]"), re.compile("[0-9]{6}")
_SHARE = 3  # at least one in so many long numbers of a column must look like a personal number


class Grid:
    """The cells of one sheet, put in any order. ``full`` when the cells came to more than *most* characters."""

    def __init__(self, most: int) -> None:
        self._rows: dict[int, dict[int, str]] = {}
        self._long: dict[int, list[int]] = {}  # by column: rows of whole numbers with nine or ten digits
        self._left = most
        self.full = False

    def put(self, row: int, column: int, text: str, *, number: bool = False) -> bool:
        """Write *text* into a cell; *number*: it was typed as one. False when there is no room for it."""
        if self.full or len(text) >= self._left:
            self.full = True  # and the rows so far are kept
            return False
        self._left -= len(text) + 1
        cells = self._rows.get(row)
        if cells is None:
            cells = self._rows[row] = {}
        cells[column] = text
        if number and 9 <= len(text) <= 10 and text.isdecimal():
            self._long.setdefault(column, []).append(row)
        return True

    def cell(self, row: int, column: int) -> str:
        """What stands in a cell so far."""
        return self._rows.get(row, {}).get(column, "")

    def text(self) -> str:
        """The rows that hold anything, in order."""
        self._restore_zeros()
        used = sorted(set().union(*self._rows.values()))
        place = {column: at for at, column in enumerate(used)}
        lines: list[str] = []
        rows = sorted(self._rows)
        for before, row, after in zip([None, *rows], rows, [*rows[1:], None], strict=False):
            line: list[str] = []
            if before is not None and after is not None and self._begins_table(before, row, after):
                lines += _EMPTY
            at = 0
            for column, cell in sorted(self._rows[row].items()):
                if place[column] > at:
                    line.append("\t" * (place[column] - at))
                    self._left -= place[column] - at
                    at = place[column]
                line.append(cell.translate(_FLAT) if not cell.isprintable() else cell)
            if self._left < 0:
                self.full = True
                break
            if not at and len(used) > 1 and _NUMBER.search(line[0]):
                line.append("\t")  # a row as the others, and no title
            lines.append("".join(line))
        return "\n".join(lines)

    def _begins_table(self, before: int, row: int, after: int) -> bool:
        """Whether *row* holds the headings of another table than the row *before* is of: labels over a row with numbers
        that has no more cells, apart from what stands above, or other in its cells."""
        cells = self._rows[row]
        if len(cells) < _FEWEST or (row == before + 1 and cells.keys() == self._rows[before].keys()):
            return False
        below = self._rows[after]
        if after != row + 1 or not below.keys() <= cells.keys() or len(self._rows[before]) < _FEWEST:
            return False
        return not any(map(_DIGIT.search, cells.values())) and any(map(_NUMBER.search, below.values()))

    def _restore_zeros(self) -> None:
        for column, rows in self._long.items():
            likely = [row for row in rows if could_be_personal(self._rows[row][column])]
            if len(likely) * _SHARE >= len(rows):
                for row in likely:
                    self._rows[row][column] = self._rows[row][column].zfill(10)
