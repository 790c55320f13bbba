"""Words in the cell of a number, and in the one beside it: whether the heading over it tells of the number.

"Opgave" over "Ring til Anna Holm 070761-4285" says what is to be done, and nothing of the number. In a form that stands
in two columns, "Emne: Møde" over "Født: 070761-4285", the first row is no heading at all. A heading that names a number
("Ordrenr.") is believed whatever stands in the cell.
"""

from __future__ import annotations

import re

from segl_classifier.cpr.context.said import Lookup, Said, pieces
from segl_classifier.cpr.spelling.form import Spelling
from segl_classifier.cpr.table.tables import Cell
from segl_classifier.cpr.vocabulary.number_of import HAPPENS, MAY_BE_A_PERSONS, NumberOf
from segl_classifier.cpr.vocabulary.words import IN_LABELS, OF_SOMEBODY, Kind

_LONGEST_LABEL = 40  # characters
_LETTER = re.compile(r"[^\W\d_]")
_MAY_BE_SOMEBODYS = HAPPENS | MAY_BE_A_PERSONS


def heading_is_of_cell(cell: Cell, spelling: Spelling, top: Said, find: Lookup) -> bool:
    """Whether *top*, what a heading says that names no number, is said of something else in *cell* than of the number
    in it, which is that of somebody who may live: other numbers, with hyphens, too, begin with their date."""
    if cell.behind and (spelling is Spelling.HYPHEN or top.heading in _MAY_BE_SOMEBODYS):
        return True
    if _LETTER.search(cell.before) is not None:
        return spelling.divided or top.heading is not NumberOf.PHONE  # "Privat 86123456"
    return cell.loose or cell.of_words or is_of_somebody(cell.label, find)


def is_among_words(cell: Cell, top: Said) -> bool:
    """Whether words stand before the number in *cell*, whose heading, *top*, says what was done or is to be done, or
    what may be somebody's: "Sag" over "Ida Holm 070761-4286"."""
    return top.heading in _MAY_BE_SOMEBODYS and _LETTER.search(cell.before) is not None


def label_says_cpr(label: str, find: Lookup) -> bool:
    """Whether *label*, before the cell of a number, calls it a personal number and is nothing else: "CPR-nr."."""
    kinds = _kinds(label, find)
    return Kind.CPR in kinds and kinds <= IN_LABELS


def is_of_somebody(label: str, find: Lookup) -> bool:
    """Whether *label*, before the cell of a number, is one for what somebody is called by: "Født", "Barnets navn"."""
    kinds = _kinds(label, find)
    return not kinds.isdisjoint(OF_SOMEBODY) and kinds <= IN_LABELS


def _kinds(label: str, find: Lookup) -> set[Kind]:
    if len(label) > _LONGEST_LABEL:
        return {Kind.UNKNOWN}
    return {find.word(find.key(piece)).kind for piece in pieces(label) if piece[0].isalpha()}
