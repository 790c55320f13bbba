"""The heading of the column in which a number stands.

Mail carries tables as plain text: cells divided by tabs, bars or semicolons (what HTML, spreadsheets and
CSV become), by commas, or lined up with spaces (what a PDF becomes). A table is a run of lines with the
same divider, single blank lines between them allowed; its heading is its first line that names columns.
Lines are read once, however many numbers stand in them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_DIVIDERS = ("\t", "|", ";")
_COLUMNS = re.compile(r"\S+(?: \S+)*")  # cells lined up with two spaces or more
_VALUE = re.compile(r"\d{5}|\d[.,]\d\d\b")  # what a heading does not hold
_HEAD_LINES = 3  # among the first lines of a table is its heading
_LONGEST = 2_000  # characters of a line that are looked at


@dataclass(frozen=True, slots=True)
class _Table:
    """``heads`` are the first lines of the table, from the top."""

    divider: str
    heads: tuple[str, ...]


class Tables:
    """The tables of one text, found as they are asked for."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._of_line: dict[tuple[int, str], _Table] = {}  # by the start of a line already read

    def heading(self, start: int) -> str | None:
        """The heading over the number at *start*: ``""`` in a table without one, ``None`` outside a table."""
        line_start = self._text.rfind("\n", 0, start) + 1
        line = self._line(line_start)
        offset = start - line_start
        if offset >= _LONGEST:
            return None
        for divider in self._dividers(line, offset):
            table = self._table(line_start, line, divider)
            for head in table.heads:
                if head is not line and head != line and not _VALUE.search(head):
                    cell = _cell(head, line, offset, divider)
                    if cell:
                        return cell
            if divider in _DIVIDERS:
                return ""
        return None

    @staticmethod
    def _dividers(line: str, offset: int) -> list[str]:
        found = [divider for divider in _DIVIDERS if divider in line]
        if not found and "," in line:
            found.append(",")
        if not found and "  " in line:
            found.append("  ")
        return found

    def _line(self, start: int) -> str:
        end = self._text.find("\n", start, start + _LONGEST)
        return self._text[start : end if end >= 0 else start + _LONGEST].rstrip("\r")

    def _table(self, start: int, line: str, divider: str) -> _Table:
        """The table of the line at *start*. Goes up to a line whose table is known, or to the table's top."""
        passed: list[int] = []
        lines: list[str] = []
        known: _Table | None = None
        blank = False
        while True:
            known = self._of_line.get((start, divider))
            if known is not None:
                break
            if divider in line:
                passed.append(start)
                lines.append(line)
                blank = False
            elif line.strip(" >\t") or blank or not passed:
                break
            else:
                blank = True
            if start == 0:
                break
            start = self._text.rfind("\n", 0, start - 1) + 1
            line = self._line(start)
        if known is None:
            known = _Table(divider, tuple(reversed(lines[-_HEAD_LINES:])))
        for seen in passed:
            self._of_line[seen, divider] = known
        return known


def _cell(head: str, line: str, offset: int, divider: str) -> str:
    """The cell of *head* over the character *offset* of *line*."""
    if divider == "  ":
        return _over(head, line, offset)
    cells = head.split(divider)
    if divider == "," and (len(cells) < 3 or any(len(cell.split()) > 3 for cell in cells)):
        return ""  # a sentence, not a heading
    column = _column(line, offset, divider)
    return cells[column].strip(" \"'") if column < len(cells) else ""


def _column(line: str, offset: int, divider: str) -> int:
    """How many dividers stand before *offset*, those inside quotation marks left out."""
    before = line[:offset]
    if '"' in before:
        before = re.sub(r'"[^"]*"', "", before)
    return before.count(divider)


def _over(head: str, line: str, offset: int) -> str:
    """The heading that stands over *offset*, where columns are lined up with spaces."""
    here = next((m for m in _COLUMNS.finditer(line) if m.start() <= offset < m.end()), None)
    if here is None:
        return ""
    for cell in _COLUMNS.finditer(head):
        if cell.start() < here.end() and here.start() < cell.end():
            return cell.group()
    return ""
