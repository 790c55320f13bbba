"""The words before a number: so much of them as the walk (:mod:`.leftwards`) reads, and what it said of the same."""

from __future__ import annotations

from segl_classifier.cpr.context.about import About
from segl_classifier.cpr.context.leftwards import Walk
from segl_classifier.cpr.context.said import NOTHING, Lookup, Said, pieces
from segl_classifier.cpr.context.values import Values, beyond_values
from segl_classifier.cpr.context.window import Above, pieces_between
from segl_classifier.cpr.vocabulary.words import Kind

_READ = 100  # characters


def before(text: str, start: int, find: Lookup, about: About) -> Said:
    """What the words before ``text[start:]`` say of a number, *about* which so much is known."""
    beside = find.zeros[max(0, start - _READ - 1) : start], about
    said = find.sides.get(beside)
    if said is None:
        said = find.sides[beside] = _walked(text, start, find, about)
    return said


def _walked(text: str, start: int, find: Lookup, about: About) -> Said:
    low = max(0, start - _READ)
    line = text.rfind("\n", low, start)  # most walks end in the line of the number
    if about.row:  # all do
        row = max(low, line + 1)
        if row == start:
            return NOTHING
        beside, value = _said(pieces_between(text, row, start), find, about)
        if not value or beside.kind is Kind.CPR or line <= low:
            return beside
        # "value: " alone, and indented like a column: what it is the value of stands above
        above = _walked(text, start, find, about._replace(row=False))
        return above if above.kind is Kind.CPR else beside
    if line > low:
        return _said(pieces(text[line:start]), find, about, Above(text, low, line))[0]
    return _said(pieces_between(text, low, start), find, about)[0]


def _said(words: list[str], find: Lookup, about: About, above: Above | None = None) -> tuple[Said, bool]:
    """What *words* say, and whether one for any value is among those that were read."""
    walk = Walk(words, find, about, above)
    said = walk.walk()
    if walk.values and said.kind is not Kind.CPR:
        said = beyond_values(said, Values(words, find, about, above), by_value=walk.at_value)
    return said, walk.values
