"""What stands in the rows of a list, each the cells of one line."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import takewhile

Cells = Sequence[str]

_SHOWN = 500  # rows by which it is told whether a column has persons
# The last line: what a template has for entries. Not "(4.500)", nor "[x]", nor "nej", which is an answer.
_NOTHING = re.compile(
    r"(?:(?:dkk|kr\.?|eur|€)? ?0+(?:[.,]0+)*(?: ?(?:kr\.?|dkk|%|,-|eur|€|dage?))?|0,-|[-–—.]*"
    r"|<[^\W\d][^<>]*>|\[[^\[\]\d]{3,}\]|\{[^{}]*\}|[_…]+|x{3,})",
    re.IGNORECASE,
)


def says(row: Cells, number: int) -> bool:
    """Whether *row* has an entry in the column *number*: "", "-", "0 kr." and "<antal>" are none."""
    return number < len(row) and not _NOTHING.fullmatch(row[number].strip())


def has_more(row: Cells, number: int) -> bool:
    """Whether *row* has an entry besides that in the column *number*."""
    return any(says(row, other) for other in range(len(row)) if other != number)


def within(columns: Iterable[int], row: Cells) -> list[int]:
    """Those of *columns*, which are in order, that *row* reaches to."""
    return list(takewhile(lambda number: number < len(row), columns))


def entries(rows: Iterable[Cells]) -> Mapping[int, Sequence[str]]:
    """The first entries of each column that has any."""
    found: dict[int, list[str]] = {}
    for row in rows:
        for number, cell in enumerate(row):
            if len(found.get(number, ())) < _SHOWN and says(row, number):
                found.setdefault(number, []).append(cell)
    return found
