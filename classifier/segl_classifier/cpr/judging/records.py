"""Numbers in records of fixed width, where no sign parts a field from the next: "0010707614285Ida Holm      Elmevej 4".

Such files are what payroll, pension and case systems hand on. Ten digits among others are a piece of a longer number,
and nothing in a file without headings says what they are, but all its rows together do: at the same place of most (of
the row, or of the run of digits) stand ten digits with a day, a month and modulus 11, of people who may well be alive,
born on three different days or more. One in three hundred of any numbers is so made, and one in eleven of those that
begin with a date: by chance three in three rows of one file in a thousand that have dates there.

:mod:`segl_classifier.records.glued` parts the columns of whole files of many rows, also of numbers without modulus 11;
here three rows do, in any text, and rows of other types may stand between.

Of a file about one person the rows tell, too, that begin with different record types and then the same ten digits, as
those of the CPR office do.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from datetime import date
from typing import NamedTuple

from segl.vocabulary import Adjustment
from segl_classifier.cpr.calendar import read
from segl_classifier.cpr.judging.score import living
from segl_classifier.cpr.spelling.candidates import Candidate
from segl_classifier.cpr.spelling.form import Spelling

_TEN, _FEWEST_DAYS = 10, 3
_TYPE = 3  # digits of a record type
_WIDEST, _MOST_DIGITS = 400, 500_000  # columns of a row; digits that are read of all rows
_MOST_PLACES, _MOST_TOLD = 200, 1_000
# Of the shape: more than ten digits in a row, or ten that touch a letter. It begins with ten certain bytes, for which
# the search leaps; with what stands before them first it took a third of all the time of a table.
_RUN = re.compile(rb"0000000000(?:0+|(?<=a0000000000)(?!\xad)|(?<!\xad0000000000)(?=a))")
_DAY_AND_MONTH = re.compile(r"(?=(?:0[1-9]|[12][0-9]|3[01])(?:0[1-9]|1[0-2])[0-9]{6})")

_IN_ROWS = Adjustment("ten digits with modulus 11 stand at this place of all rows", 0.3)
_OF_ONE = Adjustment("rows of different types begin with the same ten digits with modulus 11", 0.3)


class _Kind(NamedTuple):
    """What rows have in common whose fields stand at the same places: where their run of digits begins and how long it
    is; *begins* with which letters, if that is asked. Of a place in the run the column is -1."""

    column: int
    length: int
    begins: str = ""


class _Place(NamedTuple):
    offset: int
    length: int  # of the run, if *offset* is one in the run
    begins: str = ""

    def is_in(self, kind: _Kind) -> bool:
        if self.begins != kind.begins or (self.length > 0) != (kind.column < 0):
            return False
        if self.length:
            return self.length == kind.length
        return kind.column <= self.offset and self.offset + _TEN <= kind.column + kind.length


def in_records(text: str, shape: bytes, today: date) -> Iterator[Candidate]:
    """The numbers that stand among other digits or letters at the same place of most rows of *text*, whose shape is
    *shape*."""
    if _RUN.search(shape) is None:
        return
    kinds: Counter[_Kind] = Counter()
    people: dict[_Place, dict[int, str]] = defaultdict(dict)  # where they begin in the text, and their digits
    first: dict[str, dict[str, int]] = defaultdict(dict)  # of rows that begin with a type and ten digits
    left = _MOST_DIGITS
    for found in _RUN.finditer(shape):
        start, length = found.start(), found.end() - found.start()
        row = text.rfind("\n", max(0, start - _WIDEST), start) + 1
        column = start - row
        digits = text[start : start + length]
        if column + length > _WIDEST or not digits.isascii():  # or of another script
            continue
        left -= length
        if left < 0:
            break
        begins = text[row : row + _TYPE]
        kinds.update((_Kind(column, length), _Kind(column, length, begins), _Kind(-1, length)))
        for at in (day.start() for day in _DAY_AND_MONTH.finditer(digits)):
            ten = digits[at : at + _TEN]
            if not _is_living(ten, today):
                continue
            for place in (_Place(column + at, 0), _Place(column + at, 0, begins), _Place(at, length)):
                people[place][start + at] = ten
            if column == 0 and at == _TYPE:
                first[ten].setdefault(begins, start + at)
    told: dict[int, Candidate] = {}
    likely = sorted(people.items(), key=lambda item: -len(item[1]))[:_MOST_PLACES]
    for place, numbers in likely:
        rows = sum(count for kind, count in kinds.items() if place.is_in(kind))
        if 3 * len(numbers) >= 2 * rows and len({ten[:6] for ten in numbers.values()}) >= _FEWEST_DAYS:
            told |= {at: _candidate(at, ten, _IN_ROWS) for at, ten in numbers.items()}
    for ten, types in first.items():
        if len(types) > 1:
            told |= {at: _candidate(at, ten, _OF_ONE) for at in types.values()}
    yield from (told[at] for at in sorted(told)[:_MOST_TOLD])


def _is_living(digits: str, today: date) -> bool:
    birth = read(digits, today)
    return birth is not None and living(birth, birth.age(today))


def _candidate(start: int, digits: str, step: Adjustment) -> Candidate:
    return Candidate(start, start + _TEN, Spelling.BARE, digits, (step,), read=True)
