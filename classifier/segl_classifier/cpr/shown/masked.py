"""Excerpts in which neither the number found nor any other number found in the same text can be read."""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Sequence

from segl import masking
from segl.masking import MASK
from segl_classifier.cpr.judging.judge import ScoredNumber

_KEPT = 4  # leading digits: the day and the month
_AROUND = 100  # characters on either side that an excerpt is cut from
_FIRST_FOUR = re.compile(rf"(?:[^0-9]*[0-9]){{0,{_KEPT}}}")
_MASKED = dict.fromkeys(b"0123456789", MASK)


def excerpts(text: str, numbers: Sequence[ScoredNumber], shown: Sequence[ScoredNumber]) -> list[str]:
    """The masked neighbourhood of each of *shown*. *numbers* are all numbers found, in order of place."""
    starts = [number.start for number in numbers]
    told: dict[int, str] = {}  # by where the number begins
    for near in _neighbours(shown):
        low, high = max(0, near[0].start - _AROUND), near[-1].end + _AROUND
        masked = _masked(text, numbers, starts, low, high)
        of_each = masking.excerpts(masked, [(one.start - low, one.end - low) for one in near])
        told.update(zip((one.start for one in near), of_each, strict=True))
    return [told[one.start] for one in shown]


def _neighbours(numbers: Iterable[ScoredNumber]) -> list[list[ScoredNumber]]:
    """*numbers* in order of place, those together whose neighbourhoods meet."""
    groups: list[list[ScoredNumber]] = []
    for one in sorted(numbers, key=lambda number: number.start):
        if groups and one.start - _AROUND <= groups[-1][-1].end + _AROUND:
            groups[-1].append(one)
        else:
            groups.append([one])
    return groups


def _masked(text: str, numbers: Sequence[ScoredNumber], starts: Sequence[int], low: int, high: int) -> str:
    """``text[low:high]`` with every number in it masked."""
    parts: list[str] = []
    done = low
    for number in numbers[max(0, bisect_left(starts, low) - 1) : bisect_left(starts, high)]:
        if number.end > low:
            mask = _mask(text[number.start : number.end], number.digits)
            parts += (text[done : max(done, number.start)], mask[max(0, low - number.start) :])
            done = number.end
    parts.append(text[done:high])
    return "".join(parts)


def _mask(number: str, digits: str) -> str:
    """The number, whose ten *digits* these are, with its digits masked but for the first; with all of them masked
    where the last four stand first."""
    if last_four_first(number, digits):
        return "".join(MASK if char.isdigit() else char for char in number)
    if number.isascii():
        kept = _FIRST_FOUR.match(number).end()  # type: ignore[union-attr]  # it matches nothing at all, too
        return number[:kept] + number[kept:].translate(_MASKED)
    seen, out = 0, []
    for char in number:
        seen += char.isdigit()
        out.append(MASK if char.isdigit() and seen > _KEPT else char)
    return "".join(out)


def last_four_first(number: str, digits: str) -> bool:
    """Whether *number*, whose ten *digits* these are, begins with the last four of them."""
    first = number[:_KEPT]
    if not first.isascii():
        first = "".join(str(unicodedata.digit(char, char)) for char in first)
    return first == digits[6:] != digits[:_KEPT]
