"""Numbers that a form in a sheet has in several cells of a row: "CPR-nr. | 7 | 7 | 61 | 4285", "CPR | 70761 | 4285".

Each cell holds a number of its own, which has no zeros in front. The label stands in the cell before them, or it is the
heading that lies over all of them. Such may head any row of figures, so what counts has modulus 11, and is of somebody
who may well be alive.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from itertools import islice

from segl.vocabulary import Adjustment
from segl_classifier.cpr.calendar import read
from segl_classifier.cpr.judging.score import living
from segl_classifier.cpr.spelling.candidates import Candidate
from segl_classifier.cpr.spelling.form import Spelling
from segl_classifier.cpr.table.heading_rows import may_say_cpr

_CALLED = Adjustment("in cells of their own, below or behind a word for CPR numbers", 0.3)
_DIVIDER = r"[ \u00a0]{0,4}[\t;|][ \u00a0]{0,4}"
_EMPTY = rf"(?:{_DIVIDER}){{1,4}}"
_LABEL = re.compile(
    rf"(?<![^\n\t;|])[^\n\t;|]{{0,20}}(?:cpr|personn)[^\n\t;|]{{0,30}}(?=(?P<next>{_EMPTY})|$)",
    re.IGNORECASE | re.MULTILINE,
)
_CELLS = re.compile(
    rf"(?:(?P<six>[0-9]{{5,6}})|(?P<d>[0-9]{{1,2}}){_DIVIDER}(?P<m>[0-9]{{1,2}}){_DIVIDER}(?P<y>(?:19|20)?[0-9]{{1,2}}))"
    rf"{_DIVIDER}(?P<four>[0-9]{{1,4}})(?=[ \u00a0]{{0,4}}(?:[\t;|\r\n]|\Z))"
)
_COUNTS = re.compile(r"\b(?:antal|count|number of|uden)\b", re.IGNORECASE)
_SIGNS = ("\t", ";", "|")
_CELL = re.compile(r"[\t;|]")
_TWO_EMPTY = re.compile(r"[ \u00a0]*[\t;|][ \u00a0]*[\t;|]")
# Rows below one heading, and below all of them; characters of one.
_MOST_ROWS, _MOST_BELOW_ALL, _LONGEST = 1_000, 100_000, 2_000


def in_cells(text: str, today: date) -> Iterator[Candidate]:
    """The numbers of *text* in several cells of a row."""
    if not any(sign in text for sign in _SIGNS) or not may_say_cpr(text):
        return
    left = _MOST_BELOW_ALL
    for label in _LABEL.finditer(text):
        if _COUNTS.search(label[0]):
            continue
        beside = _CELLS.match(text, label.end("next")) if label["next"] else None
        if beside is not None:
            yield from _number(beside, today)
        elif left > 0:
            rows = list(islice(_rows_below(text, label), _MOST_ROWS))
            left -= len(rows) + 1
            for cells in filter(None, rows):
                yield from _number(cells, today)


def _rows_below(text: str, label: re.Match[str]) -> Iterator[re.Match[str] | None]:
    """The rows below a heading that lies over several columns, of which the others have none: their cells there, if
    they are such."""
    low = max(0, label.start() - _LONGEST)
    line, end = text.rfind("\n", low, label.start()) + 1, _end_of_line(text, label.end())
    if end - max(low, line) > _LONGEST or (low and not line):
        return
    if text[label.end() : end].strip("\t;| \u00a0\r") and not _TWO_EMPTY.match(text, label.end()):
        return
    column = len(_CELL.findall(text, line, label.start()))
    while True:
        start, end = end + 1, _end_of_line(text, end + 1)
        if start >= len(text) or end - start > _LONGEST or not text[start:end].strip():
            return
        cell = _start_of_cell(text, start, end, column)
        yield None if cell is None else _CELLS.match(text, cell)


def _start_of_cell(text: str, start: int, end: int, column: int) -> int | None:
    for _ in range(column):
        divider = _CELL.search(text, start, end)
        if divider is None:
            return None
        start = divider.end()
    while text[start : start + 1] in (" ", "\u00a0"):
        start += 1
    return start


def _end_of_line(text: str, start: int) -> int:
    """Where the line ends, or so far on that it is no row any more."""
    end = text.find("\n", start, start + _LONGEST + 1)
    return end if end >= 0 else min(len(text), start + _LONGEST + 1)


def _number(cells: re.Match[str], today: date) -> Iterator[Candidate]:
    year = cells["y"] or ""
    parts = (cells["d"], cells["m"], year[-2:]) if year else ()
    born = "".join(part.zfill(2) for part in parts) or cells["six"].zfill(6)
    digits = born + cells["four"].zfill(4)
    birth = read(digits, today)
    if birth is None or birth.replacement or not living(birth, birth.age(today)):
        return
    if len(year) == 4 and int(year) != birth.born.year:
        return
    yield Candidate(cells.start(), cells.end(), Spelling.WORDS, digits, (_CALLED,), read=True)
