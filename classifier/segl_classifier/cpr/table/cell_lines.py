"""Lines that end within a cell of a table: where a number stands among them.

A row is read in one line, so that each cell stands below its heading. Its cells may have lines of their own, each of
which says something else: a phone number, and a personal number below it. So such a text is also read as it is written,
line by line, with the headings of its rows. ``rows`` is the text with each row in one line, ``lines`` the same with the
lines of its cells apart; each character has the same place in both.
"""

from __future__ import annotations

import re
from enum import Enum, auto

_LONGEST = 4_000  # characters of a line that are looked at
_CELL_ENDS = re.compile(r'\t|"[;,|]')
_CELL_BEGINS = re.compile(r'.*(?:\t|"[;,|]|[;,|]")')
_VALUE = re.compile(r"\d(?:[ .-]?\d){3}")
_TEN_DIGITS = re.compile(r"(?<![\d+])\d{10}(?!\d)")


class Place(Enum):
    """Where a number stands: in a line that begins with its row, in a further line of its cell, or behind a cell with
    several lines, in the last of them."""

    ROW = auto()
    FURTHER = auto()
    BEHIND = auto()


def place(rows: str, lines: str, start: int) -> Place:
    """Where the number at *start* stands."""
    begins = _begins(lines, start)
    if begins < 0 or rows[begins] == "\n":
        return Place.ROW
    return Place.BEHIND if _CELL_ENDS.search(lines, begins, start) else Place.FURTHER


def follows_another(lines: str, start: int) -> bool:
    """Whether the line above that of the number at *start*, in the same cell, holds a value of another kind."""
    ends = _begins(lines, start)
    above = _CELL_BEGINS.sub("", lines[_begins(lines, ends) + 1 : ends], count=1)
    return _VALUE.search(above) is not None and _TEN_DIGITS.search(above) is None


def _begins(lines: str, at: int) -> int:
    return lines.rfind("\n", max(0, at - _LONGEST), at)
