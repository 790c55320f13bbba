"""Rows at the top of a table, and across it: headings, titles, groups, by what stands in their cells."""

from __future__ import annotations

import re
from collections.abc import Sequence

from segl_classifier.cpr.vocabulary.mentions import NAMES_CPR
from segl_classifier.cpr.vocabulary.number_of import NumberOf
from segl_classifier.cpr.vocabulary.words import IN_LABELS, OF_SOMEBODY, Kind, also_name, key, look_up
from segl_classifier.latin import small_letters

VALUE = re.compile(r"\d{5}|\d[.,]\d\d\b")  # what a heading does not hold
WORD = re.compile(r"[^\W\d_]+")
BLANK = " >\t\r\u00a0"
AROUND = BLANK + "\"'"  # a cell
HEAD_LINES = 3  # among the first lines of a table is its heading
_TOP_LINES = 12  # of these; the others have one cell, and are titles
_MARKS = str.maketrans("\"'>", "   ")  # that show no cell to be filled
_LONGEST_GROUP, _STOPS = 40, (".", "!", "?", ":", ",")  # characters of the name of a group; no group ends so
_NAMES_NUMBERS = frozenset((Kind.CPR, Kind.REPLACEMENT, Kind.OTHER, Kind.MATTER))
_NAMES = OF_SOMEBODY | _NAMES_NUMBERS


def headings(lines: Sequence[str], divider: str) -> tuple[str, ...]:
    """Those of *lines*, the lowest first, that may be the heading of the table, the uppermost first."""
    if len(lines) <= HEAD_LINES:
        return tuple(line for line in reversed(lines) if not VALUE.search(line))
    heads: list[str] = []
    wide = 0
    for line in reversed(lines[-_TOP_LINES:]):
        wide += not is_title(line, divider)
        if wide > HEAD_LINES:
            break
        if not VALUE.search(line):
            heads.append(line)
    return tuple(heads)


def is_title(line: str, divider: str) -> bool:
    """Whether only one cell of *line* is filled."""
    return sum(not cell.isspace() for cell in line.translate(_MARKS).split(divider) if cell) < 2


def heading_of(cells: Sequence[str], titles: int) -> str:
    """Which of *cells*, one above the other, is the heading of their column; the first *titles* are alone in their
    rows. What names a number or somebody is one, whatever stands over the whole table."""
    said = next(filter(NAMES_CPR.search, cells), "")
    if said or not any(cells[:titles]):
        return said or next(filter(None, cells), "")
    return next(filter(names_number_or_person, cells[titles:]), "") or next(filter(None, cells), "")


def names_number_or_person(cell: str) -> bool:
    """Whether *cell* says what numbers are, or what somebody is called by."""
    return not _NAMES.isdisjoint(_kinds(cell))


def may_say_cpr(text: str) -> bool:
    """Whether a word for the personal number may stand in *text*, as fast as that can be told."""
    small = small_letters(text)
    return b"cpr" in small or b"personn" in small


def says_cpr(line: str, divider: str) -> bool:
    """Whether *line* is a heading of several columns, one of which is called by the personal number and no more."""
    if not may_say_cpr(line) or VALUE.search(line) or is_title(line, divider):
        return False
    called = (_kinds(cell) for cell in line.split(divider) if NAMES_CPR.search(cell))
    return any(Kind.CPR in kinds and kinds <= IN_LABELS for kinds in called)


def is_group(line: str, below: str) -> bool:
    """Whether *line* is a row of one cell across a whole table, as Word and Excel merge it: a group, over a row with
    values, and nothing like the caption of another table."""
    name = line.strip(AROUND)
    if len(name) > _LONGEST_GROUP or name.endswith(_STOPS) or VALUE.search(name) or not VALUE.search(below):
        return False
    return not any(map(_names_numbers, WORD.findall(name) + WORD.findall(below)))


def _names_numbers(word: str) -> bool:
    """Whether *word* may say what numbers below it are: no thing ("Gruppe") does, and no name ("Ring")."""
    this = key(word)
    found = look_up(this)
    is_thing = found.other is NumberOf.THING and not found.numbers
    return found.kind in _NAMES_NUMBERS and not is_thing and not also_name(this)


def _kinds(cell: str) -> set[Kind]:
    return {look_up(key(word)).kind for word in WORD.findall(cell)}
