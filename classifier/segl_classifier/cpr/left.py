"""The words before a number: so much of them as the walk (:mod:`.leftwards`) reads, and what it said of the same."""

from __future__ import annotations

from segl_classifier.cpr.about import About
from segl_classifier.cpr.context import NOTHING, Lookup, Said, pieces
from segl_classifier.cpr.leftwards import Walk
from segl_classifier.cpr.window import Above, pieces_between

_READ = 100  # characters


def before(
    text: str, start: int, find: Lookup, about: tuple[bool, bool, bool, bool, bool, bool, bool, bool, bool]
) -> Said:
    """What the words before ``text[start:]`` say. *about* is an :class:`About`, made when it is needed."""
    beside = find.zeros[max(0, start - _READ - 1) : start], about
    said = find.sides.get(beside)
    if said is None:
        said = find.sides[beside] = _walked(text, start, find, About(*about))
    return said


def _walked(text: str, start: int, find: Lookup, about: About) -> Said:
    low = max(0, start - _READ)
    line = text.rfind("\n", low, start)  # most walks end in the line of the number
    if about.row:  # all do
        low = max(low, line + 1)
        if low == start:
            return NOTHING
    elif line > low:
        return Walk(pieces(text[line:start]), find, about, Above(text, low, line)).walk()
    return Walk(pieces_between(text, low, start), find, about).walk()
