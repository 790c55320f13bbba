"""How ten digits are spelled, and how much that alone says."""

from __future__ import annotations

import re
from enum import Enum

from segl.vocabulary import Adjustment


class Spelling(Enum):
    """A spelling: the score it starts from, what to call it, and whether it is divided the way a personal
    number is and few other numbers are."""

    HYPHEN = (0.70, "spelled DDMMYY-SSSS", True)
    DATED = (0.70, "a date with signs in it, a hyphen with blanks and four digits", True)
    PARTED = (0.64, "spelled as a date and four digits", True)
    BARE = (0.55, "ten digits in a row", False)
    SPACED = (0.55, "ten digits, each by itself", False)
    COLUMN = (0.40, "ten digits, each in its own cell or line", False)
    PAIRS = (0.45, "five pairs of digits", False)
    APART = (0.38, "a date, and four digits in the next cell or line", False)
    FULL_YEAR = (0.60, "a date with a four-digit year, a hyphen and four digits", True)
    FULL_YEAR_LOOSE = (0.20, "a date with a four-digit year, then four digits", False)
    ONE_DIGIT = (0.45, "a date without leading zeros, and four digits", True)
    SERIAL = (0.50, "a date and four digits, these divided too", False)
    SEVENTH = (0.40, "ten digits, divided after the seventh", False)
    ODD = (0.15, "ten digits, divided in an unusual way", False)
    SHORT = (0.10, "nine digits: a leading zero may be lost", False)
    LETTERED = (0.10, "six digits, and four digits and letters", True)
    NAMED_MONTH = (0.45, "a date with the name of its month, a hyphen and four digits", True)
    WORDS = (0.30, "a date, and four digits some words later", False)

    __hash__ = object.__hash__  # that of an enum is a call in Python

    def __init__(self, base: float, called: str, divided: bool) -> None:
        self.base = base
        self.divided = divided
        self.step = Adjustment(called, base)

    @property
    def needs_word(self) -> bool:
        """So unusual that only a word for the personal number makes it one."""
        return self.base < 0.25


_DATE_GAP = re.compile(r" {0,2}[./_-]? {0,2}|-?\n")
_COLUMN_GAP = 6  # characters; more have only columns that blanks or tabs set apart
_CELL_GAPS = frozenset("\n\t|;")


def spelling_of(pieces: list[tuple[str, str]], plain: str, start: int, end: int) -> Spelling | None:
    """The spelling of the ten digits ``plain[start:end]`` in *pieces* (digits, and what follows them)."""
    gaps: dict[int, str] = {}
    count = 0
    for digits, gap in pieces[:-1]:
        count += len(digits)
        gaps[count] = gap.replace("\r", "")
    if len(gaps) == 9:
        return _singles(plain, start, end, gaps)
    if any(gap.count("\n") > 1 for gap in gaps.values()):
        return None
    if not gaps.keys() <= {2, 4, 6, 8} or 6 not in gaps:
        return _oddly(gaps)
    last = gaps.get(8, "")
    if last == "\n":
        return Spelling.ODD
    if last.strip():
        return None  # DD.MM.YY - DD.MM, DD.MM.YY HH:MM: the last four are a day or an hour
    if len(gaps) == 4 and len(set(gaps.values())) == 1:
        return None if _goes_on(plain, start, end, last, 2) else Spelling.PAIRS
    if {4, 6} <= gaps.keys() and gaps[6] == last and _followed(plain, end, last, 2):
        return Spelling.ODD  # "Lokal  Mobil" above "2202  86 12 34 67": a phone number behind four digits
    if any(at != 6 and not _DATE_GAP.fullmatch(gap) for at, gap in gaps.items()):
        return Spelling.ODD
    spelling = _by_gap(gaps[6])
    dated = (
        spelling is Spelling.HYPHEN and len(gaps) > 1 and gaps[6].startswith(" ") and gaps[6].endswith(" ")
    )
    return Spelling.DATED if dated else spelling


def _by_gap(gap: str) -> Spelling:
    """The spelling by what stands between the date and the four digits."""
    signs = gap.replace(" ", "").replace("\n", "")
    if len(gap) > _COLUMN_GAP:
        return Spelling.APART  # a day and an amount, which may be negative, stand so far apart as well
    if signs == "-":
        return Spelling.HYPHEN
    if "\n" in gap or gap.count(" ") > 2:
        return Spelling.APART
    return Spelling.PARTED if signs in ("", ".", "/", "_") else Spelling.APART


def _oddly(gaps: dict[int, str]) -> Spelling:
    """The spelling of digits not divided into pairs: "010190 1-234" is clearer than "01019 01234"."""
    if any(gap.strip(" -") or len(gap) > 3 for gap in gaps.values()):
        return Spelling.ODD
    serial = gaps.keys() - {2, 4}
    if 6 in serial and not serial & {1, 3, 5}:
        return Spelling.SERIAL
    return Spelling.SEVENTH if serial == {7} else Spelling.ODD


def _goes_on(plain: str, start: int, end: int, gap: str, width: int) -> bool:
    """Whether more groups of *width* digits follow or precede after the same *gap*: "01 05 12 19 23 31"."""
    if _followed(plain, end, gap, width):
        return True
    if not plain.endswith(gap, 0, start):
        return False
    precedes = plain[max(0, start - len(gap) - width - 1) : start - len(gap)]
    return len(precedes) >= width and precedes[-width:].isdigit() and not precedes[:-width].isdigit()


def _followed(plain: str, end: int, gap: str, width: int) -> bool:
    """Whether a group of *width* digits follows behind *gap*."""
    follows = plain[end + len(gap) : end + len(gap) + width + 1]
    group = follows[:width]
    return (
        plain.startswith(gap, end)
        and len(group) == width
        and group.isdigit()
        and not follows[width:].isdigit()
    )


def _singles(plain: str, start: int, end: int, gaps: dict[int, str]) -> Spelling | None:
    """Ten single digits: a number only when no more of them follow or precede in the same row."""
    if gaps[1].strip(" ") in _CELL_GAPS and all(gap == gaps[1] for at, gap in gaps.items() if at != 6):
        return _column(plain, start, end, gaps)
    if any("\n" in gap or len(gap) > 3 for at, gap in gaps.items() if at != 6):
        return None
    if not set(plain[start:end]) - set("01 "):
        return None  # a row of zeros and ones
    if any(set(gap) - set(" ._-") for at, gap in gaps.items() if at != 6):
        return Spelling.ODD  # cells
    if not _goes_on(plain, start, end, gaps[1], 1):
        return Spelling.SPACED
    return Spelling.ODD if any(gap != gaps[1] for gap in gaps.values()) else None


def _column(plain: str, start: int, end: int, gaps: dict[int, str]) -> Spelling | None:
    """Ten cells or lines of one digit each, and between the sixth and the seventh at most a hyphen, in its own or in
    none. They must be all there is: a longer row is one of figures."""
    gap = gaps[1]
    between = gaps[6].replace("-", "", 1).replace(" ", "")
    printed = not between and "-" in gaps[6]  # a hyphen of the form, between the cells
    if not printed and between not in (gap.strip(" "), gap.strip(" ") * 2):
        return None
    before = plain[max(0, start - len(gap) - 1) : start].replace("\r", "")
    after = plain[end : end + len(gap) + 2].replace("\r", "")
    alone = not (before.endswith(gap) and before[: -len(gap)][-1:].isdigit())
    return (
        Spelling.COLUMN if alone and not (after.startswith(gap) and after[len(gap) :][:1].isdigit()) else None
    )
