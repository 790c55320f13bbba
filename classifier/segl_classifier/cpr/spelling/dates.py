"""Dates as people and systems write them: "070761", "7/7-61", "7. juli 1961", "July 7, 1961", "1961-07-07"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import re2

from segl_classifier.latin import LOWER, in_latin, latin_options

_MONTHS = (
    *(("jan",), ("feb",), ("mar", "mär", "mær"), ("apr",), ("maj", "may", "mai"), ("jun",), ("jul",)),
    *(("aug",), ("sep",), ("okt", "oct"), ("nov",), ("dec", "des", "dez")),
)
_MONTH = {name: f"{number:02}" for number, names in enumerate(_MONTHS, 1) for name in names}
_ALIKE = str.maketrans("ſı", "si")  # letters that an expression takes for these when case does not count
_NAMED = "|".join(_MONTH)
_DAY, _NTH = "0[1-9]|[12][0-9]|3[01]", r"(?:\.|st|nd|rd|th)?"
_YEAR = r"(?:18|19|20)?[0-9]{2}"
# Forms, each with a day, a month and a year whose names end in its number.
_FORMS = (
    rf"(?P<d0>{_DAY})[ ./-]{{0,2}}(?P<m0>0[1-9]|1[0-2])[ ./-]{{0,2}}(?P<y0>{_YEAR})",  # 070761, 07.07.1961
    rf"(?P<d1>{_DAY}|[1-9])[./-] ?(?P<m1>0?[1-9]|1[0-2])[ ./-]{{1,2}}(?P<y1>{_YEAR})",  # 7/7-61
    rf"(?P<d2>[0-3]?[0-9]){_NTH}(?:\ (?:i|of))?[\ -]?(?P<m2>{_NAMED})[a-zæ]{{0,6}}\.?,?"
    rf"(?:\ {{0,2}}'?|-)(?P<y2>{_YEAR})",
    rf"\b(?P<m3>{_NAMED})[a-z]{{0,6}}\.? (?P<d3>[0-3]?[0-9]){_NTH},? {{1,2}}(?P<y3>(?:18|19|20)[0-9]{{2}})",
    rf"(?P<y4>(?:18|19|20)[0-9]{{2}})(?P<sign>[./-]?)(?P<m4>0[1-9]|1[0-2])(?P=sign)(?P<d4>{_DAY})",  # 1961-07-07
)
_DATE = rf"(?<![\d,/-])(?<!\d\.)(?:{'|'.join(_FORMS)})"
_AT_END = re.compile(_DATE + r"\Z", re.IGNORECASE)
_ANYWHERE = re.compile(_DATE + r"(?![0-9])", re.IGNORECASE)
_ANY_MONTH = re2.compile(_NAMED.encode("latin-1"), latin_options())
LONGEST = 28  # characters


class Day(NamedTuple):
    """A day as it stands in a text. ``digits`` are DDMMYY; ``year`` where it is written with four digits."""

    start: int
    end: int
    digits: str
    year: int | None
    in_figures: bool

    def __repr__(self) -> str:
        return f"Day({self.start}, {self.end})"  # without the digits


def day_before(text: str, low: int, end: int) -> Day | None:
    """The date that ends at *end* and begins at *low* or later."""
    found = _AT_END.search(text, max(low, end - LONGEST), end)
    return None if found is None else _read(found)


def days_in(text: str, low: int, high: int) -> Iterator[Day]:
    """The dates in ``text[low:high]``."""
    return map(_read, _ANYWHERE.finditer(text, low, high))


def day_alone(cell: str) -> Day | None:
    """The date that is all of *cell*."""
    found = _AT_END.match(cell)
    return None if found is None else _read(found)


def month_named(word: str) -> bool:
    """Whether *word* begins like the name of a month."""
    return _number(word[:3]) is not None


def may_name_month(text: str) -> bool:
    """Whether the name of a month may begin anywhere in *text*, as fast as that can be told."""
    latin = in_latin(text)
    return latin is None or _ANY_MONTH.search(latin.translate(LOWER)) is not None


def _number(month: str) -> str | None:
    return _MONTH.get(month.lower().translate(_ALIKE))


def _read(found: re.Match[str]) -> Day:
    form = (found.lastgroup or "")[-1]
    day, month, year = (found[part + form] for part in "dmy")
    named = _number(month)
    digits = day.zfill(2) + (named or month.zfill(2)) + year[-2:]
    return Day(*found.span(), digits, int(year) if len(year) == 4 else None, named is None)
