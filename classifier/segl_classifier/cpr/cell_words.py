"""Words in the cell of a number, and in the one beside it: whether the heading over it tells of the number.

"Opgave" over "Ring til Anna Holm 070761-4285" says what is to be done, and nothing of the number. In a form that stands
in two columns, "Emne: Møde" over "Født: 070761-4285", the first row is no heading at all. A heading that names a number
("Ordrenr.") is believed whatever stands in the cell.
"""

from __future__ import annotations

import re

from segl_classifier.cpr.context import Lookup, Said, pieces
from segl_classifier.cpr.layout import Layout
from segl_classifier.cpr.tables import Cell
from segl_classifier.cpr.words import A_PHONE, HAPPENS, MAY_BE_A_PERSONS, Kind

_LONGEST_LABEL, _LONGEST_NAME = 40, 80  # characters
_LETTER = re.compile(r"[^\W\d_]")
_NAME = re.compile(r"\b[A-ZÆØÅ][\w'-]+ [A-ZÆØÅ][\w'-]+\W*\Z")
_OF_SOMEBODY = frozenset((Kind.PERSON, Kind.BIRTH))
_MAY_BE_SOMEBODYS = HAPPENS | MAY_BE_A_PERSONS
_IN_LABELS = _OF_SOMEBODY | {Kind.CPR, Kind.NUMBER, Kind.PREPOSITION, Kind.FILLER}


def heading_is_of_cell(cell: Cell, layout: Layout, top: Said, find: Lookup, *, living: bool) -> bool:
    """Whether *top*, what a heading says, is said of something else in *cell* than of the number in it: of one spelled
    as hardly any other, or *living*, or behind a name."""
    likely = layout is Layout.HYPHEN or living
    if top.numbers:
        return likely and _is_of_somebody(cell.label, find)
    worded = bool(cell.before) and _LETTER.search(cell.before) is not None
    if worded and top.heading in _MAY_BE_SOMEBODYS and _ends_with_name(cell.before):
        return True
    if not likely:
        return False
    if cell.behind and (layout is Layout.HYPHEN or top.heading in _MAY_BE_SOMEBODYS):
        return True
    if worded:
        return layout.divided or top.heading != A_PHONE  # "Privat 86123456"
    return cell.loose or cell.of_words or _is_of_somebody(cell.label, find)


def _ends_with_name(before: str) -> bool:
    return _NAME.search(before, max(0, len(before) - _LONGEST_NAME)) is not None


def label_says_cpr(label: str, find: Lookup) -> bool:
    """Whether *label*, before the cell of a number, calls it a personal number and is nothing else: "CPR-nr."."""
    kinds = _kinds(label, find)
    return Kind.CPR in kinds and kinds <= _IN_LABELS


def _is_of_somebody(label: str, find: Lookup) -> bool:
    """Whether *label*, before the cell of a number, is one for what somebody is called by: "Født", "Barnets navn"."""
    kinds = _kinds(label, find)
    return not kinds.isdisjoint(_OF_SOMEBODY) and kinds <= _IN_LABELS


def _kinds(label: str, find: Lookup) -> set[Kind]:
    if len(label) > _LONGEST_LABEL:
        return {Kind.UNKNOWN}
    return {find.word(find.key(piece)).kind for piece in pieces(label) if piece[0].isalpha()}
