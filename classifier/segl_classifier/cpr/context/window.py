"""Words, numbers and signs to the left of a number, cut out of the text as far as they are read.

In "Kære Bo. Barnets CPR-nr. er 010190-1234" the walk (:mod:`.leftwards`) goes from "er" to "CPR-nr." and ends. So only
the line of the number is cut into pieces at once; of what stands above it (:class:`Above`) it is known where it is.
"""

from __future__ import annotations

from typing import NamedTuple

from segl_classifier.cpr.context.named import wrapped
from segl_classifier.cpr.context.said import pieces

_BEGINS_LINE = frozenset(("\n", ">"))


class Above(NamedTuple):
    """The text above the line of a number, as far as it is read: ``text[begin:end]``."""

    text: str
    begin: int
    end: int


def pieces_between(text: str, begin: int, end: int) -> list[str]:
    """The pieces of ``text[begin:end]`` without a word that *begin* cuts in two."""
    found = pieces(text[begin:end])
    if begin and found and found[0][0].isalnum() and text[begin - 1].isalnum():
        del found[0]
    return found


def with_above(line: list[str], at: int, above: Above | None) -> tuple[list[str], int]:
    """*line* and *at* with the pieces of *above*, where ``line[at]`` is the first word of the line: what that is of may
    hang on the word before ("nummeret sitt til", in the next line "skattekortet")."""
    if above is None or not _BEGINS_LINE.issuperset(line[:at]):
        return line, at
    text, begin, end = above
    last = pieces_between(text, text.rfind("\n", begin, end) + 1 or begin, end)
    if not wrapped(last[::-1]):  # as most: the sentence begins here
        return line, at
    before = pieces_between(*above)
    return before + line, at + len(before)
