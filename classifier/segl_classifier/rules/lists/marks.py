"""Marks: what stands in the columns of a list of pupils, by the Danish scale of seven steps (bekendtgørelse om
karakterskala): -3, 00, 02, 4, 7, 10 and 12.

"Navn;Biologi;Dansk" heads the marks of a class as often as who teaches what, how many lessons, and who has chosen what.
Below the first stand no other numbers than these seven, and some of them as nobody writes a number else. A sheet may
have lost the zeros: then it takes more of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

PUPILS = "column_pupil"  # the list of words by which rules ask for pupils
_TEACHERS = re.compile(
    r"(?:klasse|fag)?(?:lærer|underviser|vikar|censor|eksaminator)|teacher|instructor", re.IGNORECASE
)
_MARK = re.compile(r"-3|0?[024]|7|1[02]")
_OF_THE_SCALE = frozenset(("-3", "02"))
_FEWEST, _MANY, _STEPS = 3, 8, 4
_SHARE = 0.9  # the others were ill, or are exempt


def are_marks(columns: Iterable[Sequence[str]]) -> bool:
    """Whether the entries of *columns* are marks."""
    entries = [entry.strip() for column in columns for entry in column]
    marks = [entry for entry in entries if _MARK.fullmatch(entry)]
    if len(marks) < max(_FEWEST, _SHARE * len(entries)):
        return False
    return not _OF_THE_SCALE.isdisjoint(marks) or (len(marks) >= _MANY and len({*marks}) >= _STEPS)


def is_of_teachers(heading: str) -> bool:
    """Whether *heading* stands over those who teach: beside them stand lessons, and marks that others got."""
    return _TEACHERS.match(heading) is not None
