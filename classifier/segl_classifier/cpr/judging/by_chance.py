"""Whether chance can have made so many numbers like personal numbers.

A word beside a number may call it an order's or a case's. Of such numbers that begin with a day and a month one in
eleven has the right last digit. Where nearly all of several have it, they are personal numbers, whatever the heading of
their column says: offices number cases, customers and agreements by the person whom they concern.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from segl_classifier.cpr.spelling.form import Spelling

FEWEST = 3  # by chance one in 1,300 tables of three such numbers
_MANY = 5
_STRAYS = 1.5**2  # standard deviations, squared: of a column so made by chance one in fifteen has more
RUN = re.compile(r"(?<![0-9])[0-9]{10}(?![0-9])")
_SPELLINGS = (Spelling.HYPHEN, Spelling.PARTED, Spelling.BARE)


class Called(NamedTuple):
    """A number that the text calls something else. *living*: modulus 11 holds, and she may well be alive."""

    digits: str
    spelling: Spelling
    living: bool


def beyond_chance(called: Iterable[Called], text: str) -> set[str]:
    """The digits of those of *called* that chance did not make: most of all that are spelled alike are so made. Of ten
    digits in a row those of *text* count that are no days as well: accounts end in a check digit of the same kind."""
    beyond: set[str] = set()
    called = list(called)
    for spelling in _SPELLINGS:
        alike = {number.digits for number in called if number.spelling is spelling}
        living = {number.digits for number in called if number.spelling is spelling and number.living}
        if len(living) < FEWEST or not _are_most(living, alike):
            continue
        if spelling is not Spelling.BARE or _are_most(living, alike.union(RUN.findall(text))):
            beyond |= living
    return beyond


def is_by_chance(called: Iterable[Called]) -> bool:
    """Whether so few of many are made like personal numbers as chance makes, of the *called* of one column, whose days
    are those of people who live: one in eleven, and what that strays by one and a half times."""
    alike = {number.digits: number.living for number in called}
    count, beyond = len(alike), 11 * sum(alike.values()) - len(alike)
    return count >= _MANY and (beyond <= 0 or beyond * beyond <= _STRAYS * 10 * count)


def _are_most(some: set[str], of: set[str]) -> bool:
    return 3 * len(some) >= 2 * len(of)
