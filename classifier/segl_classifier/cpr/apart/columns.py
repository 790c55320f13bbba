"""Numbers whose birthday stands in one column of a table, and whose last four digits in another.

Columns that stand beside each other are found as they are spelled; here they may stand anywhere in the row. Both may
hold numbers that a sheet has robbed of the zeros in front: 70761 and 237 are 070761 and 0237.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import NamedTuple

from segl_classifier.cpr.apart.fields import columns_of_date, date_of
from segl_classifier.cpr.apart.halves import NAMED, PERSONAL, SAID_TO_BE_LAST_FOUR, of_something_else
from segl_classifier.cpr.spelling.candidates import Candidate
from segl_classifier.cpr.spelling.dates import LONGEST as _LONGEST_DATE
from segl_classifier.cpr.spelling.dates import Day, day_alone
from segl_classifier.cpr.spelling.form import Spelling
from segl_classifier.cpr.vocabulary.last_four import heads, numbers_only
from segl_classifier.cpr.vocabulary.mentions import NAMES_CPR

_LINED_UP = "  "
_DIVIDERS = ("\t", "|", ";", ",", _LINED_UP)
_QUOTED = re.compile(r'"[^"]*"')
_AROUND = " \"'>\r"
_FOUR = re.compile(r"[0-9]{1,4}")
_LOST_ITS_ZERO = re.compile(r"[1-9](?:0[1-9]|1[0-2])[0-9]{2}")
_MIDNIGHT = re.compile(r"[ T]00:00(?::00)?(?:\.0+)?\Z")  # how systems export a day
_LONGEST_LINE, _LONGEST_HEADING, _MOST_ROWS = 2_000, 40, 10_000


class _Columns(NamedTuple):
    """In which columns, of how many, the two halves stand; the birthday may take three. *numbers*: the last four may be
    running numbers by the words of their heading, and the other column one of birthdays."""

    divider: str
    cells: int
    birth: tuple[int, ...]
    last: int
    numbers: bool


class _Row(NamedTuple):
    """A row with both halves. *four* as they are written; *likely* to be the last four by how both are written."""

    number: Candidate
    four: str
    likely: bool


def in_columns(text: str, places: Iterable[int]) -> Iterator[Candidate]:
    """The numbers in tables of *text* whose heading names both halves. Words for the last four digits stand at
    *places*, if anywhere."""
    done = 0
    for place in places:
        if place < done:
            continue
        start = text.rfind("\n", 0, place) + 1
        done = _end_of_line(text, place)
        columns = _columns(text[start:done]) if done - start <= _LONGEST_LINE else None
        if columns is not None:
            rows, done = _rows(text, done + 1, columns)
            yield from _theirs(rows, columns)


def _rows(text: str, start: int, columns: _Columns) -> tuple[list[_Row], int]:
    """The rows from *start* on with both halves, and where their table ends."""
    rows: list[_Row] = []
    while start < len(text):
        end = _end_of_line(text, start)
        row = text[start:end] if end - start <= _LONGEST_LINE else ""
        if columns.divider in row:
            found = _in_row(row, start, columns)
            if found is not None and len(rows) < _MOST_ROWS:
                rows.append(found)
            if found is None and heads(row):
                break
        elif row.strip(_AROUND):
            break
        start = end + 1
    return rows, start


def _end_of_line(text: str, start: int) -> int:
    end = text.find("\n", start)
    return end if end >= 0 else len(text)


def _theirs(rows: list[_Row], columns: _Columns) -> list[Candidate]:
    """The numbers of *rows*, unless what stands in the column counts them. One in ten last fours loses a zero: where
    many are short they may be running numbers."""
    fours = [int(row.four) for row in rows]
    if len(rows) > 1 and all(second - first == 1 for first, second in pairwise(fours)):
        return []
    short = not columns.numbers or 2 * sum(row.likely for row in rows) >= len(rows)
    return [row.number for row in rows if short or len(row.four) == 4]


def _columns(row: str) -> _Columns | None:
    """The columns that *row* names, if it is the heading of a table with both."""
    for divider in _DIVIDERS:
        cells = [cell for _, cell in _cells(row, divider)] if divider in row else []
        if any(len(cell) > _LONGEST_HEADING for cell in cells):
            continue  # a sentence
        last = [
            at for at, cell in enumerate(cells) if heads(cell) and not of_something_else(cell, 0, len(cell))
        ]
        if last and (three := columns_of_date(cells, last[0])):
            return _Columns(divider, len(cells), three, last[0], numbers=False)
        birth = [at for at, cell in enumerate(cells) if PERSONAL.search(cell) and at not in last]
        if last and birth:
            numbers = numbers_only(cells[last[0]]) and not NAMES_CPR.search(cells[birth[0]])
            return _Columns(divider, len(cells), (birth[0],), last[0], numbers)
    return None


def _cells(row: str, divider: str) -> list[tuple[int, str]]:
    """The cells of *row*, each with its place, and without quotation marks."""
    if '"' in row and divider in ",;":
        row = _QUOTED.sub(lambda found: found.group().replace(divider, " "), row)
    cells, start = [], 0
    for cell in row.split(divider):
        if cell or divider != _LINED_UP:
            cells.append((start + len(cell) - len(cell.lstrip(_AROUND)), cell.strip(_AROUND)))
        start += len(cell) + len(divider)
    return cells


def _in_row(row: str, start: int, columns: _Columns) -> _Row | None:
    cells = _cells(row, columns.divider)
    if len(cells) <= max(*columns.birth, columns.last):
        return None
    if columns.divider == _LINED_UP and len(cells) != columns.cells:  # one is empty
        return None
    born = [cells[column] for column in columns.birth]
    four_at, four = cells[columns.last]
    day = _day([cell for _, cell in born])
    if day is None or not _FOUR.fullmatch(four):
        return None
    places = [*born, (four_at, four)]
    first, end = min(at for at, _ in places), max(at + min(len(cell), _LONGEST_DATE) for at, cell in places)
    digits, steps = day.digits + four.zfill(4), (SAID_TO_BE_LAST_FOUR, NAMED)
    number = Candidate(start + first, start + end, Spelling.WORDS, digits, steps, day.year, read=True)
    lost = len(four) == 3 and day.year is None and all(cell.isdecimal() for _, cell in born)
    return _Row(number, four, len(four) == 4 or lost)


def _day(born: list[str]) -> Day | None:
    """The date in one cell, or in three."""
    if len(born) > 1:
        return date_of(*born)
    return day_alone(born[0].zfill(6) if _LOST_ITS_ZERO.fullmatch(born[0]) else _MIDNIGHT.sub("", born[0]))
