"""What is joined to a number in the name of a file.

In a text more digits behind a hyphen are more of a longer number. The name of a file has its pieces joined because
blanks are awkward in one: "20241128-010190-1234.pdf", "cpr_0101901234_2.pdf". There a date, a year or a counter is a
piece of its own, and takes nothing from the number beside it.
"""

from __future__ import annotations

import re

from segl.vocabulary import Adjustment
from segl_classifier.cpr.spelling.borders import GOES_ON, GOES_ON_BEFORE, SLASH_BEFORE

_BEFORE = re.compile(r"(?<![^\W_])(?P<digits>[0-9]{1,14})(?P<sign>[-._/])\Z")
_AFTER = re.compile(r"(?P<sign>[-._])(?P<digits>[0-9]{1,14})(?![^\W_])")
_COUNTED = re.compile(r"[^\W\d_][0-9]{1,3}[-_]\Z")  # "bilag1_010190-1234"
_YEAR = re.compile(r"(?:19|20)[0-9]{2}")
_OF_ITS_OWN = re.compile(
    r"[0-9]{1,3}|(?:19|20)[0-9]{2}(?:[01][0-9][0-3][0-9](?:[0-2][0-9][0-5][0-9](?:[0-5][0-9])?)?)?|[0-3][0-9][01][0-9](?:19|20)[0-9]{2}"
)
_REACH = 16  # characters

_YEAR_FIRST = Adjustment("a year and a hyphen stand before it: a case or an order", -0.4)
_APART = Adjustment("another number stands beside it in the name of a file", -0.2)


def doubts_in_name(
    name: str, start: int, end: int, divided: bool, doubts: tuple[Adjustment, ...], *, file: bool = True
) -> tuple[Adjustment, ...]:
    """*doubts* about the number ``name[start:end]`` with those from digits joined to it weighed anew. *name* may be a
    text that names a file, *file* being false: a dot then says that the number goes on."""
    kept = tuple(doubt for doubt in doubts if doubt not in (GOES_ON, GOES_ON_BEFORE, SLASH_BEFORE))
    if len(kept) == len(doubts):
        return doubts
    if SLASH_BEFORE in doubts or GOES_ON_BEFORE in doubts:
        before = _BEFORE.search(name, max(0, start - _REACH), start)
        case = before is not None and before["sign"] == "-" and _YEAR.fullmatch(before["digits"])
        counted = before is None and _COUNTED.search(name, max(0, start - _REACH), start)
        if case and (not divided or GOES_ON in doubts):  # "2024-010190-1234-7", but "2024-010190-1234.pdf"
            kept += (_YEAR_FIRST,)
        elif not counted:  # what else stands before that is for borders.letters to weigh
            slash = SLASH_BEFORE in doubts and not file
            kept += _beside(before, divided, SLASH_BEFORE if slash else GOES_ON_BEFORE, file)
    if GOES_ON in doubts:
        kept += _beside(_AFTER.match(name, end), divided, GOES_ON, file)
    return kept


def _beside(
    found: re.Match[str] | None, divided: bool, doubt: Adjustment, file: bool
) -> tuple[Adjustment, ...]:
    """The doubt from one group of digits beside the number; *doubt* is what there would be in a text."""
    if found is None or (not file and found["sign"] not in "-_"):
        return (doubt,)
    if found["sign"] == "/" or _OF_ITS_OWN.fullmatch(found["digits"]):
        return ()
    # The number has a hyphen of its own, so that another sign divides it from its neighbours.
    return (_APART,) if divided and found["sign"] == "_" else (doubt,)
