"""Records without dividers, as mainframes write and read them: each field has its columns, and touches the next.

``HANSEN0101901234ANNA`` by itself is an identifier. Where every line of a file has ten digits at the same place, all
with a day and a month, of people of all ages, and most with modulus 11, they are CPR numbers: chance does not do that,
nor does a counter or a date of these years with more behind it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from segl_classifier.cpr import calendar

_LETTER = r"[^\W\d_]"
_BESIDE_LETTERS = re.compile(rf"(?<!\d)(?:(?<={_LETTER})\d{{10}}(?!\d)|\d{{10}}(?={_LETTER}))")
# A nought for each digit, so that one search for ten noughts tells of ten digits.
_NOUGHTS, _TEN = bytes(48 if 48 <= code <= 57 else 32 for code in range(256)), b"0" * 10
_LONG_RUN = re.compile(r"\d{11,}")
_DAY = re.compile(r"(?=(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])\d{6})")
_WORD = re.compile(rf"{_LETTER}{{2,}}")
_FEWEST = 3  # rows with numbers between letters
_FEWEST_AMONG_DIGITS = 6  # rows with numbers in longer rows of digits, where every column is tried
_SHARE_DATED, _SHARE_MODULUS = 0.9, 0.6
_YEARS = 8  # between the first and the last birth
_MOST_ROWS, _LONGEST_ROW, _LOOKED_AT, _WORDS = 20_000, 4_000, 200, 6
# With a date in nearly every row: a record has a dozen, a row of ones has them everywhere.
_MOST_COLUMNS = 100


class _Found(NamedTuple):
    """Ten digits in a row, and the row."""

    digits: str
    row: str


def parted(text: str) -> str:
    """The numbers of the records of *text*, one a line, each with words of its record; ``""`` if there are none."""
    if _TEN not in text.encode("latin-1", "replace").translate(_NOUGHTS):
        return ""
    rows = [row for row in text.split("\n")[:_MOST_ROWS] if len(row) <= _LONGEST_ROW]
    found = dict.fromkeys([*_beside_letters(rows), *_among_digits(rows)])
    return "\n".join(f"{one.digits}\t{' '.join(_WORD.findall(one.row)[:_WORDS])}" for one in found)


def _beside_letters(rows: list[str]) -> Iterator[_Found]:
    """Those that stand alone but for letters: the first of each row are a column, the second another."""
    columns: defaultdict[int, list[_Found]] = defaultdict(list)
    for row in rows:
        for number, digits in enumerate(_BESIDE_LETTERS.findall(row)):
            columns[number].append(_Found(digits, row))
    for column in columns.values():
        if _are_numbers(one.digits for one in column):
            yield from column


def _among_digits(rows: list[str]) -> Iterator[_Found]:
    """Those that are a piece of a longer row of digits, at the same place in each row."""
    longer = [row for row in rows if _LONG_RUN.search(row)]
    if len(longer) < _FEWEST_AMONG_DIGITS:
        return
    sample = longer[:: max(1, len(longer) // _LOOKED_AT)]
    dated: defaultdict[int, int] = defaultdict(int)
    for row in sample:
        for day in _DAY.finditer(row):
            dated[day.start()] += 1
    done = 0
    likely = sorted(place for place, rows_with in dated.items() if rows_with >= _SHARE_DATED * len(sample))
    for start in likely[:_MOST_COLUMNS]:
        if start < done:
            continue
        column = [_Found(row[start : start + 10], row) for row in longer]
        column = [one for one in column if one.digits.isdecimal() and len(one.digits) == 10]
        if _are_numbers(one.digits for one in column):
            done = start + 10
            yield from column


def _are_numbers(column: Iterable[str]) -> bool:
    """Whether ten digits of so many rows are CPR numbers."""
    today = calendar.this_day()
    births = [calendar.read(digits, today) for digits in dict.fromkeys(column)]
    dated = [birth for birth in births if birth is not None and not birth.replacement]
    if len(births) < _FEWEST or len(dated) < _SHARE_DATED * len(births):
        return False
    years = [birth.born.year for birth in dated]
    alive = sum(0 <= birth.age(today) < 110 for birth in dated)
    usual = sum(birth.modulus11 or birth.ran_out or birth.born.year >= 2007 for birth in dated)
    return (
        max(years) - min(years) >= _YEARS
        and alive >= _SHARE_DATED * len(dated)
        and usual >= _SHARE_MODULUS * len(dated)
    )
