"""What the other numbers of the same text say of one: the same number elsewhere, a list, a series.

This is no exception to the rule that only the words beside a number count: a number that is plainly called
an order number once is that order number on its second appearance, and the second of a list is what the
first is.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence

from segl.vocabulary import Adjustment
from segl_classifier.cpr.candidates import Candidate

_LISTED = re.compile(r"(?:[\s,;/&+>–-]|og|and|und|och|eller|or|oder|samt|til|to|bis|till|nr|no|\.){1,12}")
_RANGE = re.compile(r"\s{0,3}(?:til|to|bis|till|-|–)\s{0,3}")
_RUN = re.compile(r"(?<![\d.,-])\d{10}(?![\d.,-])")
_SERIES = 200  # two numbers this near each other in value follow one another
_AROUND = 400  # characters in which other ten-digit numbers are counted


def listed_with(text: str, earlier_end: int, start: int) -> bool:
    """Whether only the signs and words of a list stand between two numbers."""
    return 0 < start - earlier_end <= 12 and _LISTED.fullmatch(text, earlier_end, start) is not None


class Company:
    """The ten-digit numbers of one text."""

    def __init__(self, text: str, candidates: Sequence[Candidate], others: Iterable[str]) -> None:
        """*others* are the digits of those that the text plainly calls something else."""
        self._text = text
        self._others = sorted(map(int, others))
        self._values = sorted({int(c.digits) for c in candidates})
        self._days = {c.digits for c in candidates}

    def follows_other(self, digits: str) -> Adjustment | None:
        """Near in value to one that is called something else: "partinr. 2706240007 ..., 2706240015 ..."."""
        if _near(self._others, int(digits)):
            return Adjustment("follows a number that is called something else", -0.5)
        return None

    def series(self, digits: str) -> Adjustment | None:
        """Three numbers or more that follow one another: a series of articles or meters, not of people."""
        if _near(self._values, int(digits)) >= 3:
            return Adjustment("one of a series of numbers that follow one another", -0.15)
        return None

    def range_of(self, end: int, digits: str, other_start: int, other: str) -> Adjustment | None:
        """The first or the last of a range: "serial numbers from 0101901234 to 0101901240"."""
        if abs(int(digits) - int(other)) > _SERIES or other_start - end > 8:
            return None
        if _RANGE.fullmatch(self._text, end, other_start) is None:
            return None
        return Adjustment("an end of a range of numbers", -0.3)

    def among_ids(self, start: int, end: int) -> Adjustment | None:
        """Most of the ten-digit numbers around it are no dates, so this one may be a date by chance."""
        around = self._text[max(0, start - _AROUND) : end + _AROUND]
        runs = _RUN.findall(around)
        dates = sum(run in self._days for run in runs)
        if len(runs) - dates >= 3 and dates * 3 < len(runs):
            return Adjustment("most ten-digit numbers beside it are no dates", -0.15)
        return None


def _near(values: list[int], value: int) -> int:
    """How many of the sorted *values* lie within a series of *value*."""
    return bisect_left(values, value + _SERIES + 1) - bisect_left(values, value - _SERIES)
