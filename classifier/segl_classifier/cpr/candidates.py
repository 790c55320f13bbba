"""Where in a text ten digits stand that could be a personal number, however they are spelled.

Three steps, each linear. A *chain* is nine digits or more with nothing but a few signs between them; text
without one is passed over at the speed of one regular expression. The chain is folded to plain signs
(:mod:`.fold`). In it every spelling is tried that begins at the beginning of a group of digits and ends at
the end of one, day and month checked in the expression itself, so that little is left to judge.

How a candidate is spelled is its :class:`Layout`. What is plainly a piece of something longer is dropped
here; what is doubtful is kept, with the doubt noted for the score.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import Enum

from segl.vocabulary import Adjustment
from segl_classifier.cpr.borders import of_longer_number
from segl_classifier.cpr.fold import Folded, fold


class Layout(Enum):
    """How the digits are spelled: the score it starts from, and what to call it."""

    HYPHEN = (0.70, "spelled DDMMYY-SSSS")
    PARTED = (0.64, "spelled as a date and four digits")
    BARE = (0.55, "ten digits in a row")
    SPACED = (0.55, "ten digits, each by itself")
    APART = (0.38, "a date, and four digits in the next cell or line")
    FULL_YEAR = (0.60, "a date with a four-digit year, a hyphen and four digits")
    FULL_YEAR_LOOSE = (0.20, "a date with a four-digit year, then four digits")
    ONE_DIGIT = (0.45, "a date without leading zeros, and four digits")
    SERIAL = (0.50, "a date and four digits, these divided too")
    SEVENTH = (0.40, "ten digits, divided after the seventh")
    ODD = (0.15, "ten digits, divided in an unusual way")
    SHORT = (0.10, "nine digits: a leading zero may be lost")
    WORDS = (0.30, "a date, and four digits some words later")

    @property
    def base(self) -> float:
        return self.value[0]

    @property
    def called(self) -> str:
        return self.value[1]

    @property
    def divided(self) -> bool:
        """Divided the way a personal number is and few other numbers are."""
        return self in (Layout.HYPHEN, Layout.PARTED, Layout.FULL_YEAR, Layout.ONE_DIGIT)


@dataclass(frozen=True, slots=True)
class Candidate:
    """Ten digits with a day and a month in them. ``start`` and ``end`` are places in the original text."""

    start: int
    end: int
    layout: Layout
    digits: str = field(repr=False)
    doubts: tuple[Adjustment, ...] = ()
    year: int | None = None  # of birth, where it is written with four digits


_G = r"[\W_]{0,3}+"  # between two digits of a number
_DAY = rf"(?:0{_G}[1-9]|[12]{_G}[0-9]|3{_G}[01]|[678]{_G}[0-9]|9{_G}[01])"  # 61-91: replacement numbers
_MONTH = rf"(?:0{_G}[1-9]|1{_G}[0-2])"
_DAY2, _MONTH2 = r"(?:0[1-9]|[12][0-9]|3[01])", r"(?:0[1-9]|1[0-2])"
_YEAR4 = r"(?:18|19|20)[0-9]{2}"

_CHAIN = re.compile(r"\d(?:(?:%[0-9A-Fa-f]{2}|&#?\w{2,8};|[\W_]){0,9}+\d){8,}+")
_TEN = re.compile(
    rf"(?<![0-9]){_DAY}{_G}{_MONTH}{_G}[0-9]{_G}[0-9][\W_]{{0,6}}+[0-9]{_G}[0-9]{_G}[0-9]{_G}[0-9](?![0-9])"
)
_FULL = re.compile(
    rf"(?<![0-9])(?:(?P<dm>{_DAY2}[./ _-]{{0,2}}{_MONTH2}[./ _-]{{0,2}}){_YEAR4}"
    rf"|{_YEAR4}[./-]?{_MONTH2}[./-]?{_DAY2})(?P<gap>[\W_]{{0,4}}+)[0-9]{{2}} ?[0-9]{{2}}(?![0-9])"
)
_SHORT = re.compile(
    rf"(?<![0-9])(?:[1-9]{_MONTH2}[0-9]{{2}}(?P<gap>[ -]?)[0-9]{{4}}"
    r"|(?P<d>[0-9]{1,2}) ?[./-] ?(?P<m>[0-9]{1,2}) ?[./-] ?(?:18|19|20)?(?P<y>[0-9]{2})"
    r"[\W_]{1,4}+(?P<s>[0-9]{4}))(?![0-9])"
)
_PIECES = re.compile(r"([0-9]+)([^0-9]*)")
_SINGLES = re.compile(r"(?:[0-9][\W_]{1,3}+)+[0-9]?")


def candidates(text: str) -> Iterator[Candidate]:
    """Every candidate in *text*, in order of its place; spellings may overlap."""
    for chain in _CHAIN.finditer(text):
        begin = chain.start()
        if begin and text[begin - 1] in "%#":  # the first digits are those of a percent code or an entity
            begin -= 2 if text[begin - 2 : begin] == "&#" else 1
        folded = fold(text, begin, chain.end())
        yield from sorted(_in_chain(folded), key=lambda c: (c.start, -c.end))


def _in_chain(folded: Folded) -> Iterator[Candidate]:
    plain = folded.plain
    position = 0
    while (match := _TEN.search(plain, position)) is not None:
        position = match.start() + 1
        pieces = _PIECES.findall(match.group())
        if len(pieces) == 10:
            run = _SINGLES.match(plain, match.start())
            position = run.end() if run else position
        layout = _layout(pieces, plain, match)
        if layout is not None:
            digits = "".join(digits for digits, _ in pieces)
            yield from _made(folded, match, layout, digits)
    for match in _FULL.finditer(plain):
        yield from _full_year(folded, match)
    for match in _SHORT.finditer(plain):
        yield from _short(folded, match)


def _layout(pieces: list[tuple[str, str]], plain: str, match: re.Match[str]) -> Layout | None:
    """The layout of ten digits in *pieces* (digits, and what follows them); ``None``: no number."""
    if len(pieces) == 1:
        return Layout.BARE
    gaps: dict[int, str] = {}
    count = 0
    for digits, gap in pieces[:-1]:
        count += len(digits)
        gaps[count] = gap
        if gap.count("\n") > 1:
            return None
    if len(pieces) == 10:
        return _singles(plain, match, gaps)
    if not gaps.keys() <= {2, 4, 6, 8} or 6 not in gaps:
        return _oddly(gaps)
    last = gaps.get(8, "")
    if last.strip() or "\n" in last:
        return None  # DD.MM.YY - DD.MM, DD.MM.YY HH:MM: the last four are a day or an hour
    if any(gap and not re.fullmatch(r" {0,2}[./_-]? {0,2}|-?\n", gap) for at, gap in gaps.items() if at != 6):
        return Layout.ODD
    return _by_gap(gaps[6])


def _oddly(gaps: dict[int, str]) -> Layout:
    """The layout of digits not divided into pairs: "010190 1-234" is clearer than "01019 01234"."""
    if any(gap.strip(" -") or len(gap) > 3 for gap in gaps.values()):
        return Layout.ODD
    serial = gaps.keys() - {2, 4}
    if 6 in serial and 3 not in serial and 5 not in serial and 1 not in serial:
        return Layout.SERIAL
    return Layout.SEVENTH if serial == {7} else Layout.ODD


def _by_gap(gap: str) -> Layout:
    """The layout by what stands between the date and the four digits."""
    bare = gap.replace(" ", "").replace("\n", "")
    if bare == "-":
        return Layout.HYPHEN
    if "\n" in gap or "\t" in gap or gap.count(" ") > 2:
        return Layout.APART
    if not bare or (bare in "./_" and len(bare) == 1):
        return Layout.PARTED
    return Layout.APART


def _singles(plain: str, match: re.Match[str], gaps: dict[int, str]) -> Layout | None:
    """Ten single digits: a number only when no more of them follow or precede in the same row."""
    before = plain[max(0, match.start() - 8) : match.start()]
    after = plain[match.end() : match.end() + 8]
    if any("\n" in gap or len(gap) > 3 for at, gap in gaps.items() if at != 6):
        return None
    usual = gaps[1]
    more = re.match(r"[\W_]{1,3}+[0-9](?![0-9])", after) or re.search(r"(?<![0-9])[0-9][\W_]{1,3}$", before)
    if not more:
        return Layout.SPACED
    return Layout.ODD if any(gap != usual for gap in gaps.values()) else None


def _full_year(folded: Folded, match: re.Match[str]) -> Iterator[Candidate]:
    numbers = "".join(d for d, _ in _PIECES.findall(match.group()))
    if match["dm"] is not None:
        day_month, year, serial = numbers[:4], numbers[4:8], numbers[8:]
    else:
        day_month, year, serial = numbers[6:8] + numbers[4:6], numbers[:4], numbers[8:]
    tight = match["gap"].replace(" ", "") == "-" and match["dm"] is not None
    layout = Layout.FULL_YEAR if tight else Layout.FULL_YEAR_LOOSE
    for made in _made(folded, match, layout, day_month + year[2:] + serial):
        period = serial[:2] in ("19", "20")
        doubts = (*made.doubts, Adjustment("the four digits may be a year", -0.3)) if period else made.doubts
        yield replace(made, doubts=doubts, year=int(year))


def _short(folded: Folded, match: re.Match[str]) -> Iterator[Candidate]:
    if match["d"] is None:
        digits = "0" + "".join(d for d, _ in _PIECES.findall(match.group()))
        yield from _made(folded, match, Layout.SHORT, digits)
        return
    day, month = match["d"], match["m"]
    if len(day) + len(month) < 4 and 1 <= int(day) <= 31 and 1 <= int(month) <= 12:
        digits = day.zfill(2) + month.zfill(2) + match["y"] + match["s"]
        yield from _made(folded, match, Layout.ONE_DIGIT, digits)


def _made(folded: Folded, match: re.Match[str], layout: Layout, digits: str) -> Iterator[Candidate]:
    """The candidate, unless it is plainly a piece of a longer number."""
    doubts = of_longer_number(folded.plain, match.start(), match.end(), layout.divided, layout is Layout.BARE)
    if doubts is not None:
        yield Candidate(folded.at(match.start()), folded.at(match.end() - 1) + 1, layout, digits, doubts)
