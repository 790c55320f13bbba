"""What the other numbers of the same text say of one: the same number elsewhere, a list, a series.

This does not break the rule that only words beside a number count. "Ordrenr. 0101901234" says what 0101901234 is where
it stands again, further down and without a word; and in "ordrenr. 0101901234 og 0201901235" the word speaks of both.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import date
from itertools import pairwise

from segl.vocabulary import Adjustment
from segl_classifier.cpr.judging import score
from segl_classifier.cpr.judging.assessment import Assessment
from segl_classifier.cpr.spelling.candidates import Candidate
from segl_classifier.cpr.spelling.form import Spelling
from segl_classifier.cpr.vocabulary.words import Kind
from segl_classifier.latin import in_latin

_LISTED = re.compile(r"(?:[\s,;/&+>–-]|og|and|und|och|eller|or|oder|samt|til|to|bis|till|nr|no|\.){1,12}")
_RANGE = re.compile(r"\s{0,3}(?:til|to|bis|till|-|–)\s{0,3}")
_RUN = re.compile(r"[0-9]{10}(?<![0-9.,-][0-9]{10})(?![0-9.,-])")
# The same of Latin-1, with a nought for each digit and a point for what no such number touches: so the search leaps.
_KINDS = bytes(48 if chr(code) in "0123456789" else 46 if chr(code) in ".,-" else 32 for code in range(256))
_RUN_IN_LATIN = re.compile(rb"0000000000(?<![0.]0000000000)(?![0.])")
_SERIES = 200  # two numbers this near each other in value follow one another
_AROUND = 400  # characters in which other ten-digit numbers are counted

_SAME = Adjustment("called something else in the same text", -0.5)
_FOLLOWS = Adjustment("follows a number that is called something else", -0.5)
_ENDS_RANGE = Adjustment("an end of a range of numbers", -0.3)
_IN_SERIES = Adjustment("one of a series of numbers that follow one another", -0.15)
_AMONG_IDS = Adjustment("most ten-digit numbers beside it are no dates", -0.15)


def listed_with(earlier: Assessment, candidate: Candidate, text: str) -> bool:
    """Whether the *candidate* is what *earlier* is: only the signs and words of a list stand between the two. Numbers
    of something else are spelled alike in a list."""
    if earlier.said.kind is Kind.OTHER and earlier.candidate.spelling is not candidate.spelling:
        return False
    end, start = earlier.candidate.end, candidate.start
    return 0 < start - end <= 12 and _LISTED.fullmatch(text, end, start) is not None


class Neighbours:
    """The numbers of one text. *others* are those that the text plainly calls something else."""

    def __init__(self, text: str, candidates: Sequence[Candidate], others: Iterable[str]) -> None:
        self._text = text
        self._others = sorted(map(int, others))
        self._values = sorted({int(candidate.digits) for candidate in candidates})
        self._dates = sorted(c.start for c in candidates if c.spelling is Spelling.BARE)
        self._runs: list[int] | None = None  # where ten digits stand, looked for when first asked

    def doubt(self, candidate: Candidate) -> list[Adjustment]:
        """What its neighbours say of a number that its own words do not name."""
        value = int(candidate.digits)
        if _near(self._others, value, value):
            return [_SAME]
        if _near(self._others, value - _SERIES, value + _SERIES):
            return [_FOLLOWS]
        if candidate.spelling is not Spelling.BARE:
            return []
        doubts = [_IN_SERIES] if _near(self._values, value - _SERIES, value + _SERIES) >= 3 else []
        return [*doubts, _AMONG_IDS] if self._among_ids(candidate.start, candidate.end) else doubts

    def ends_range(self, first: Candidate, last: Candidate) -> Adjustment | None:
        """Two neighbours that are the ends of a range: "serial numbers 0101901234 to 0101901240"."""
        if last.start - first.end > 8 or abs(int(first.digits) - int(last.digits)) > _SERIES:
            return None
        return _ENDS_RANGE if _RANGE.fullmatch(self._text, first.end, last.start) else None

    def _among_ids(self, start: int, end: int) -> bool:
        """Most of the ten-digit numbers around it are no dates, so this one may be a date by chance."""
        if self._runs is None:
            self._runs = _ten_in_a_row(self._text)
        low, high = start - _AROUND, end + _AROUND
        runs, dates = _near(self._runs, low, high), _near(self._dates, low, high)
        return runs - dates >= 3 and dates * 3 < runs


def _ten_in_a_row(text: str) -> list[int]:
    """Where ten digits in a row stand in *text*."""
    if (latin := in_latin(text)) is None:
        return [run.start() for run in _RUN.finditer(text)]
    return [run.start() for run in _RUN_IN_LATIN.finditer(latin.translate(_KINDS))]


def _near(values: list[int], low: int, high: int) -> int:
    """How many of the sorted *values* lie from *low* to *high*."""
    return bisect_left(values, high + 1) - bisect_left(values, low)


def weigh_neighbours(text: str, assessments: list[Assessment], others: set[str], today: date) -> None:
    """Adds what the other numbers of the text say to what its own words do not settle."""
    neighbours = Neighbours(text, [assessment.candidate for assessment in assessments], others)
    for first, last in pairwise(assessments):
        if first.candidate.spelling.divided and not score.recent(first.birth, today):
            continue  # nothing is numbered DDMMYY-SSSS but by the day on which it was
        if (doubt := neighbours.ends_range(first.candidate, last.candidate)) is not None:
            first.steps.append(doubt)
            last.steps.append(doubt)
    for assessment in assessments:
        if assessment.said.kind is Kind.UNKNOWN:
            assessment.steps += neighbours.doubt(assessment.candidate)
