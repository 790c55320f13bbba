"""The numbers of a spreadsheet as text: dates from serial numbers, number formats, personal numbers typed as numbers.

A cell that shows ``01-02-1990`` holds 32905, the days since the turn of 1900. Where the cell shows two figures of the
year, or a day without signs in it (``010290``), so do we: beside four digits that is how a personal number begins.
A cell that shows ``010190-1234`` may hold the number 101901234 and the format ``000000-0000``; when it has no format
it shows 101901234, nine digits: the zero in front is lost.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from datetime import date, timedelta

Shown = Callable[[str], str]

_LONGEST_FORMAT = 255  # letters; Excel takes no longer one
# In a format: conditions, blanks to fill up, what marks a literal.
_UNSHOWN = re.compile(r"\[[^\]]*\]|_.|\*.|[\\\"]")
_SHORT_DAY = re.compile(
    r"d{1,2}(?P<sign>[^a-zæøå]{0,3})m{1,2}[^a-zæøå]{0,3}(?P<year>[yå]{2}(?:[yå]{2})?)(?![yå])"
)
_ASIDE = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|_.|\*.')
_PIECE = re.compile(r'"([^"]*)"|\\(.)|\[[^\]]*\]|_.|\*.|([0#?])|(.)', re.DOTALL)
_SAID = re.compile(r'"([^"]*)"|\\(.)|\[\$([^\]-]*)[^\]]*\]|(\[[^\]]*\]|_.|\*.|.)', re.DOTALL)
_SAYS = re.compile(r"[^\W\d_]{4}|(?:\d\D?){6}")
_DATE_SIGNS = re.compile(r"[dmyåDMYÅ]")
BUILT_IN_DATES = frozenset((*range(14, 18), 22, *range(27, 37), *range(50, 59)))  # ECMA-376 part 1 §18.8.30
_DATELIKE = re.compile(r"(?:0[1-9]|[126-8]\d|[39][01])(?:0[1-9]|1[0-2])\d{6}")
_PERSONAL = re.compile(r"[0#]{6}[^0#]{0,3}[0#]{4}")
_DAY = "%d-%m-%Y"
_SHORTEST, _LAST_SERIAL = 1, 2_958_465  # 31 December 9999


def plain(value: float) -> str:
    """A number in full: whole ones without a decimal point, no powers of ten as far as digits mean anything."""
    if value == value and abs(value) < 1e15 and value == int(value):
        return str(int(value))
    return repr(value)


def is_date(code: str) -> bool:
    """Whether the number format *code* shows a date."""
    shown = _ASIDE.sub("", code.partition(";")[0])
    return "0" not in shown and "#" not in shown and bool(_DATE_SIGNS.search(shown))


def pattern(code: str) -> str:
    """The format *code* as a picture of digits, ``000000-0000``, when it is one; else ``""``."""
    picture: list[str] = []
    for quoted, escaped, digit, other in _PIECE.findall(code.partition(";")[0]):
        if other and other not in "-/ ():+":
            return ""
        picture.append("0" if digit == "0" else "#" if digit else quoted or escaped or other)
    text = "".join(picture)
    return text if text.count("0") + text.count("#") >= 4 and text.strip("0#") + text.strip("#") != "" else ""


def words(code: str) -> list[str]:
    """What the format *code* says by itself, whatever the number: ``[=1]"Skizofreni"`` shows a word for 1. Short pieces
    as ``kr.`` are left out."""
    found: list[str] = []
    for section in code[:_LONGEST_FORMAT].split(";"):
        piece = ""
        for quoted, escaped, currency, other in _SAID.findall(section):
            piece += " " if other else quoted or escaped or currency
        if says_something(piece):
            found.append(" ".join(piece.split()))
    return found


def says_something(text: str) -> bool:
    """Whether a piece of layout holds a word or six digits."""
    return _SAYS.search(text) is not None


def filled(picture: str, digits: str) -> str:
    """*digits* written into a *picture* from the right; what does not fit goes in front."""
    shown: list[str] = []
    left = list(digits)
    for sign in reversed(picture):
        if sign not in "0#":
            shown.append(sign)
        elif left:
            shown.append(left.pop())
        elif sign == "0":
            shown.append("0")
    return "".join(left) + "".join(reversed(shown))


def form_of_day(code: str) -> str:
    """How the format *code* writes a day, day and month first, as :meth:`date.strftime` takes it."""
    shown = _SHORT_DAY.match(_UNSHOWN.sub("", code.partition(";")[0]).strip().lower())
    if shown is None:
        return _DAY
    sign = "-" if shown["sign"] else ""
    return f"%d{sign}%m{sign}{'%Y' if len(shown['year']) == 4 else '%y'}"


def day(serial: float, *, from_1904: bool = False, form: str = _DAY) -> str:
    """The date that *serial* stands for, ``DD-MM-YYYY`` or in another *form*; ``""`` when it is none."""
    if not _SHORTEST <= serial <= _LAST_SERIAL:
        return ""
    days = int(serial)
    first = date(1904, 1, 1) if from_1904 else date(1899, 12, 30)
    if days <= 60 and not from_1904:  # Excel has a 29 February 1900, as Lotus 1-2-3 had
        first += timedelta(days=1)
    if days > _LAST_SERIAL - 1_500:  # room for the later count from 1904
        return ""
    found = first + timedelta(days=days)
    return found.strftime(form)


def could_be_personal(digits: str) -> bool:
    """Whether nine or ten digits, a zero put in front of nine, begin with a day and a month."""
    return len(digits) in (9, 10) and bool(_DATELIKE.fullmatch(digits.zfill(10)))


def way_to_show(number: str, code: str, from_1904: bool) -> Shown | None:
    """How the number format with this *number* and *code* shows a value; ``None`` when as it is."""
    code = code[:_LONGEST_FORMAT]
    built_in = number.isdecimal() and len(number) < 9 and int(number) in BUILT_IN_DATES
    built_in = built_in and (not code or is_date(code))  # Gnumeric gives its own the numbers from 50 on
    if built_in or (code and is_date(code)):
        form = _DAY if built_in else form_of_day(code)
        return lambda value: _date(value, from_1904, form)
    if picture := pattern(code):
        return lambda value: _pictured(value, picture)
    return None


def full(value: str) -> str:
    """A number as XML writes it, in full; what is none stays as it is."""
    if value.isdecimal():
        return value
    try:
        return plain(float(value))
    except ValueError:
        return value.strip()


def _date(value: str, from_1904: bool, form: str) -> str:
    try:
        return day(float(value), from_1904=from_1904, form=form) or full(value)
    except ValueError:
        return value


def _pictured(value: str, picture: str) -> str:
    shown = full(value)
    if not shown.isdecimal():
        return shown
    if _PERSONAL.fullmatch(picture) and could_be_personal(shown):
        shown = shown.zfill(10)  # "######-####" shows 101901234 as 10190-1234
    return filled(picture, shown)


def unpacked(packed: int) -> float:
    """``RK``: thirty bits of a double or of a whole number, and whether to divide by a hundred."""
    if packed & 2:
        value = float((packed - (1 << 32) if packed & 0x80000000 else packed) >> 2)
    else:
        value = float(struct.unpack("<d", struct.pack("<Q", (packed & 0xFFFFFFFC) << 32))[0])
    return value / 100 if packed & 1 else value
