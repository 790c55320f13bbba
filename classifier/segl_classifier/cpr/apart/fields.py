"""Numbers that a form has in four fields: "Dag: 12  Måned: 03  År: 1985  Sidste 4: 1002".

The words for the last four digits say what they are; before them stand, in any order, a day, a month and a year, each
behind a word of its own. As columns of a table they are found by :mod:`.columns`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from segl_classifier.cpr.apart.halves import (
    NAMED,
    PERSONAL,
    SAID_TO_BE_LAST_FOUR,
    fit,
    of_something_else,
    plain_digits,
)
from segl_classifier.cpr.spelling.candidates import Candidate
from segl_classifier.cpr.spelling.dates import Day, day_alone
from segl_classifier.cpr.spelling.form import Spelling
from segl_classifier.cpr.vocabulary.last_four import heads, numbers_only, plainly_said

# The last word of a label or a heading. "Dag" alone may be one of the week: it is the value that tells.
_DAY, _MONTH = r"dag|day|dd|tag", r"måned|maaned|month|mm|md|mdr|monat"
_YEAR = r"år|aar|årstal|year|åååå|åå|yyyy|yy|jahr"
_BORN = r"(?:fødsels|født|birth)?"
_ENDS_HEADING = r"(?:\W*\([^()]{1,12}\))?[\W_]*\Z"
_HEADINGS = tuple(
    re.compile(rf"(?<![^\W_]){_BORN}(?:{words}){_ENDS_HEADING}", re.IGNORECASE)
    for words in (_DAY, _MONTH, _YEAR)
)
_VALUE = r"(?:[^\w\n]{0,3}\([^()\n]{1,12}\))?[\W_]{1,12}"  # "(DD)" may stand behind a label
_FIELD = re.compile(
    rf"(?<![^\W_]){_BORN}(?:(?:{_DAY}){_VALUE}(?P<d>[0-3]?[0-9])|(?:{_MONTH}){_VALUE}(?P<m>[01]?[0-9]|[^\W\d_]{{3,9}})"
    rf"|(?:{_YEAR}){_VALUE}(?P<y>(?:18|19|20)?[0-9]{{2}}))(?![^\W_])",
    re.IGNORECASE,
)
_FOUR = re.compile(r"\D{0,12}4?\D{1,40}(?<![0-9])(?P<four>[0-9]{4})(?![0-9])")
# Four labels in a row, and their values below: a page tells it so.
_BELOW = re.compile(rf"(?:{_DAY}){_VALUE}(?:{_MONTH}){_VALUE}(?:{_YEAR})[\W_]{{1,12}}\Z", re.IGNORECASE)
_VALUES = re.compile(
    r"[^\n]{0,30}\n[\W_]{0,12}(?P<d>[0-3]?[0-9])[\W_]{1,12}(?P<m>[01]?[0-9])[\W_]{1,12}(?P<y>(?:18|19|20)?[0-9]{2})"
    r"[\W_]{1,12}(?P<four>[0-9]{4})(?![0-9])"
)
_FURTHEST = 250  # characters between the first of the fields and the words for the last four
_LABEL = 20
_NEAR = 80  # characters before the fields in which a word for the whole may stand


def in_fields(text: str, places: Iterable[int]) -> Iterator[Candidate]:
    """The numbers in forms of *text*. Words for the last four digits stand at *places*."""
    done = 0
    for place in places:
        found = _form(text, max(done, place - _FURTHEST), place) if place >= done else None
        if found is None or plainly_said(text, place, found.end) != place:
            continue
        if of_something_else(text, place, found.end):
            continue
        day, serial = date_of(*found.date), plain_digits(found.four)
        named = PERSONAL.search(text, max(0, found.start - _NEAR), found.end) is not None
        if day is None or not fit(day, serial) or (not named and numbers_only(text[place : place + _LABEL])):
            continue
        done = found.end
        steps = (SAID_TO_BE_LAST_FOUR, NAMED) if named else (SAID_TO_BE_LAST_FOUR,)
        yield Candidate(found.start, done, Spelling.WORDS, day.digits + serial, steps, day.year, read=True)


class _Form(NamedTuple):
    """The values of four fields as they are written: day, month and year, and the last four."""

    start: int
    end: int
    date: tuple[str, str, str]
    four: str


def _form(text: str, low: int, place: int) -> _Form | None:
    """The form with words for the last four digits at *place*, which begins at *low* or later."""
    if _BELOW.search(text, low, place) and (values := _VALUES.match(text, place)):
        return _Form(values.start("d"), values.end(), (values["d"], values["m"], values["y"]), values["four"])
    four = _FOUR.match(text, place)
    last = list(_FIELD.finditer(text, low, place))[-3:] if four else []
    by_kind = {field.lastgroup: field for field in last}
    if four is None or by_kind.keys() != {"d", "m", "y"}:
        return None
    day, month, year = by_kind["d"], by_kind["m"], by_kind["y"]
    return _Form(last[0].start(), four.end(), (day["d"], month["m"], year["y"]), four["four"])


def date_of(day: str, month: str, year: str) -> Day | None:
    """The date of three values as they are written."""
    day, month, year = (value.strip(" .") for value in (day, month, year))
    if month.isdecimal():
        return day_alone(f"{day.zfill(2)}{month.zfill(2)}{year}")
    return day_alone(f"{day}. {month} {year}")


def columns_of_date(cells: list[str], last: int) -> tuple[int, int, int] | None:
    """In which columns day, month and year stand, by the headings *cells*, of which that at *last* is one of last four
    digits. Running numbers have a date, too: then something must say that it is a birthday."""
    found = [[at for at, cell in enumerate(cells) if heading.search(cell)] for heading in _HEADINGS]
    if any(len(columns) != 1 or columns[0] == last for columns in found) or not heads(cells[last]):
        return None
    if numbers_only(cells[last]) and not any(map(PERSONAL.search, cells)):
        return None
    return found[0][0], found[1][0], found[2][0]
