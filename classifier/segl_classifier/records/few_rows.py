"""Records of fixed width about one person or two, in files: ``HOLM                0707614285Elmevej 4``.

In many rows chance puts no personal number at the same place of each (:mod:`.glued`, and
:mod:`segl_classifier.cpr.judging.records` from three on). One row says nothing so, but it has fields: blanks fill them
up, and a number begins or ends where letters touch it. Ten digits at such an end are one of somebody who may well be
alive, with modulus 11, three times in a thousand by chance. Rows of payments (Betalingsservice, whose customers often
bear their CPR numbers) tell by their own form where the customer's number stands.

A heading tells it, too: a sheet saved as "formatted text" (.prn) has columns as wide as what is in them, so a number
touches the amount behind it. What stands below "CPR-nr." is its column from the first letter of the heading to that of
the next; or it ends with the heading, where both stand on the right.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from segl_classifier.cpr import calendar

_MOST_ROWS, _LONGEST_ROW, _WORDS = 20_000, 4_000, 6
_FILLED = re.compile(r"[^\s ] {3,}(?=[^ ]|$)")
_LETTER = r"[^\W\d_]"
_WORD = re.compile(rf"{_LETTER}{{2,}}")
# Behind letters, or before such: a field that touches one with words. Other digits may stand on its far side.
_BEGINS = re.compile(rf"(?<={_LETTER})\d{{6}}-?\d{{4}}(?=\d|{_LETTER}| {{2}}|$)")
_ENDS = re.compile(rf"(?<![\d,.-])\d{{0,20}}(\d{{6}}-?\d{{4}})(?={_LETTER})")
_BEHIND_BLANKS = re.compile(rf"(?<= {{2}})\d{{6}}-?\d{{4}}(?={_LETTER})")
# "BS", the type of the record, and fifteen digits for the customer, filled up with zeros.
_PAYMENT, _CUSTOMERS = re.compile(r"BS0[2-6]2\d{8}0\d{3}"), (25, 27)
_CUSTOMER = re.compile(r"0{5}(\d{10})")
_HEADING = re.compile(
    r"(?:^|(?<= ))[^\s\d]*(?:cpr|personn)[^\s\d]*(?: (?:nr|nummer)\b\.?)?(?= |$)", re.IGNORECASE
)
_CELL = re.compile(r" {0,3}(\d{6})-?(\d{4})| {1,4}(\d{9})")
_SIZES = (10, 11)  # letters of a number
_MOST_HEADINGS = 20
_YOUNG, _OLD = 5, 96  # years: of other ages seem dates of these years, which are written with two digits


def told_of_few(text: str) -> str:
    """The numbers in the records of *text*, one a line, each with words of its record; ``""`` if there are none."""
    rows = [row for row in text.split("\n")[:_MOST_ROWS] if len(row) <= _LONGEST_ROW]
    columns: defaultdict[tuple[str, int], dict[str, str]] = defaultdict(dict)
    for row in rows:
        for kind, place, digits in (*_of_payment(row), *_at_ends(row)):
            columns[kind, place][digits] = row
    told = {digits: _words(row) for digits, row in _below_headings(rows)}
    for numbers in columns.values():
        if all(map(_is_number, numbers)):
            told |= {digits: _words(row) for digits, row in numbers.items()}
    return "\n".join(f"{digits}\t{words}" for digits, words in told.items())


def _of_payment(row: str) -> Iterator[tuple[str, int, str]]:
    if _PAYMENT.match(row):
        for place in _CUSTOMERS:
            if (found := _CUSTOMER.match(row, place)) and _is_number(found[1]):
                yield "payment", -1, found[1]


def _at_ends(row: str) -> Iterator[tuple[str, int, str]]:
    """What may be a number in *row*, by the kind of its place and where that is."""
    if not _FILLED.search(row) or not _WORD.search(row):
        return
    for found in _BEGINS.finditer(row):
        yield "begins", found.start(), found[0].replace("-", "")
    for found in _ENDS.finditer(row):
        yield "ends", found.end(), found[1].replace("-", "")
    for found in _BEHIND_BLANKS.finditer(row):
        yield "ends", found.end(), found[0].replace("-", "")


def _words(row: str) -> str:
    return " ".join(_WORD.findall(row)[:_WORDS])


def _below_headings(rows: list[str]) -> Iterator[tuple[str, str]]:
    """The numbers in columns that a heading names, each with its row; but for those with a hyphen that stand alone:
    the row itself tells them."""
    headings = [(at, found) for at, row in enumerate(rows) if (found := _HEADING.search(row)) is not None]
    for at, heading in headings[:_MOST_HEADINGS]:
        behind = rows[at][heading.end() :]
        next_one = heading.end() + len(behind) - len(behind.lstrip()) if behind.strip() else _LONGEST_ROW
        last = heading.end()
        places = {(heading.start(), next_one), *((max(0, last - size), last) for size in _SIZES)}
        for row in rows[at + 1 :]:
            if not row.strip():
                break
            for begin, end in places:
                cell = _CELL.fullmatch(row[begin:end].rstrip())
                if cell is None or ("-" in cell[0] and f" {cell[0].strip()} " in f" {row} "):
                    continue
                digits = "".join(filter(None, cell.groups())).zfill(10)
                if _is_number(digits):
                    yield digits, row


def _is_number(digits: str) -> bool:
    """Whether *digits* have modulus 11 and are of somebody who may well be alive, and no day of these years."""
    today = calendar.this_day()
    birth = calendar.read(digits, today) if digits.isascii() else None
    return (
        birth is not None and not birth.replacement and birth.modulus11 and _YOUNG <= birth.age(today) < _OLD
    )
