"""Birthdays in a column of a table, with four figures of the year, and the last four digits in the next column.

So sheets write birthdays, whatever stands beside them. The next column is believed to hold the rest of the numbers when
its heading does not say what else it is, and the rows bear it out: in nearly all of them there are up to four digits,
and the first of these names the century in which she was born, as the seventh digit of a personal number does. Of
numbers drawn by chance six in ten do.

Where the heading says CPR and the next column has none, or says it too, the two are halves of one number, though a
sheet has robbed them of the zeros in front: 70761 and 237.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from segl_classifier.cpr.calendar import century
from segl_classifier.cpr.spelling.candidates import Candidate
from segl_classifier.cpr.spelling.form import Spelling
from segl_classifier.cpr.table.tables import Tables
from segl_classifier.cpr.vocabulary.mentions import NAMES_CPR

_IN_SHAPE = re.compile(rb"00 00 0000 {1,3}0{2,4} ")  # of the text; it ends with a blank put behind
_PAIR = re.compile(
    r"(?<![\d.,/-])(?P<day>[0-3]\d)(?P<sign>[./-])(?P<month>[01]\d)(?P=sign)(?P<year>(?:19|20)\d\d)"
    r" ?\"?[\t;|]\"? ?(?P<four>\d{2,4})(?=\"? ?(?:[\t;|\r\n]|\Z))"
)
_BIRTH = re.compile(
    r"\b(?:fødsels|fødedato|født|f\.\s?dato|foedsels|foedt|birth|born|dob\b|födelse|född|geb)", re.IGNORECASE
)
# One of which each of these words holds.
_PIECES = ("fød", "foed", "f.dato", "f. dato", "birth", "born", "dob", "föd", "geb")
_SAYS_NOTHING_ELSE = re.compile(
    r"(?:cpr|person)?[- ]?(?:nr|no|nummer|number|suffiks|suffix|endelse|kontrol|ciffer|cifre|rest(?:en)?|del 2)?\.?"
    r"|\d{2,4}",  # no heading: the first row stands for it
    re.IGNORECASE,
)
_SHORT_IN_SHAPE = re.compile(rb"00000 {1,3}(?P<four>0{2,4}) ")  # or the end of six digits
_SHORT_PAIR = re.compile(
    r"(?:^|(?<=[\t;|,\"]))(?P<day>[0-3]?\d(?:0[1-9]|1[0-2])\d\d)\"? ?[\t;|,] ?\"?"
    r"(?P<four>\d{2,4})(?=\"?(?:[\t;|,\r\n]|\Z))",
    re.MULTILINE,
)
_FEWEST, _MOST_ROWS = 3, 10_000
# The share of rows whose century fits; whose four digits are four: a zero may be lost.
_BORNE_OUT, _WHOLE = 0.9, 0.6


def beside_birthdays(text: str, shape: bytes) -> Iterator[Candidate]:
    """The numbers whose birthday stands in one column and the rest in the next."""
    shape += b" "
    lower = ""
    if _IN_SHAPE.search(shape) is not None:
        lower = text.lower()
        if any(piece in lower for piece in _PIECES):
            yield from _in_full(text)
    places = [place for place in map(_short, _SHORT_IN_SHAPE.finditer(shape)) if place >= 0]
    if places and NAMES_CPR.search(lower or text):
        yield from _without_zeros(text, places[:_MOST_ROWS])


def _short(found: re.Match[bytes]) -> int:
    """Where the two groups of digits begin whose end was *found*; -1 when both are whole, or more than halves."""
    shape, start = found.string, found.start()
    if shape[start - 1 : start] != b"0":
        return start
    return start - 1 if shape[start - 2 : start - 1] != b"0" and len(found["four"]) < 4 else -1


def _without_zeros(text: str, places: Iterable[int]) -> Iterator[Candidate]:
    """The halves at *places* below a heading that says CPR."""
    tables = Tables(text)
    for place in places:
        if (pair := _SHORT_PAIR.match(text, place)) is None:
            continue
        said, beside = tables.heading(place), tables.heading(pair.start("four"))
        if said and NAMES_CPR.search(said) and (not beside or NAMES_CPR.search(beside)):
            digits = pair["day"].zfill(6) + pair["four"].zfill(4)
            yield Candidate(place, pair.end(), Spelling.APART, digits)


def _in_full(text: str) -> Iterator[Candidate]:
    """The birthdays with four figures of the year."""
    tables = Tables(text)
    found = []
    for pair in _PAIR.finditer(text):
        born, four = tables.heading(pair.start()), tables.heading(pair.start("four"))
        if born and _BIRTH.search(born) and four is not None and _SAYS_NOTHING_ELSE.fullmatch(four):
            found.append(pair)
            if len(found) >= _MOST_ROWS:
                break
    whole = sum(len(pair["four"]) == 4 for pair in found)
    fitting = [pair for pair in found if _fits(pair)]
    if len(found) >= _FEWEST and len(fitting) >= _BORNE_OUT * len(found) and whole >= _WHOLE * len(found):
        yield from map(_candidate, fitting)


def _fits(pair: re.Match[str]) -> bool:
    year = int(pair["year"])
    return century(year % 100, int(pair["four"].zfill(4)[0])) == year // 100 * 100


def _candidate(pair: re.Match[str]) -> Candidate:
    digits = pair["day"] + pair["month"] + pair["year"][2:] + pair["four"].zfill(4)
    return Candidate(pair.start(), pair.end(), Spelling.APART, digits, (), int(pair["year"]))
