"""The words after a number.

They count where they speak of it ("… er vores ordrenummer", "… (cpr)") and are not the label of the next
value ("0101901234 Kundenr.: 4711"). They are asked only when the words before the number do not name it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from segl_classifier.cpr.context.about import About
from segl_classifier.cpr.context.said import (
    CPR_AFTER,
    DENIED,
    NOT,
    NOTHING,
    PERSON_NEARBY,
    SEEMS,
    Lookup,
    Said,
    look,
    pieces,
    say,
)
from segl_classifier.cpr.vocabulary.number_of import HAPPENS, NumberOf
from segl_classifier.cpr.vocabulary.words import Kind, Word

_READ = 80  # characters
_MOST_WORDS = 6
_AS = frozenset(("som", "as", "als"))
_NAME = re.compile(
    r"[ ,:;(–-]{1,3}[A-ZÆØÅ][a-zæøåé]+(?:[ -][A-ZÆØÅ][\w.]{0,20}){0,3} [A-ZÆØÅ][a-zæøåé]+(?![\w-])"
)
_LABEL_GOES_ON = frozenset(("nr", "no", "nummer", "number", "er", "is"))


@dataclass(slots=True)
class _Passed:
    """What was passed on the way."""

    words: int = 0
    copula: bool = False  # "er", "is" as the first word
    unknown: int = 0  # words that may be of another sentence
    inside: bool = False  # a parenthesis or the next cell
    cell: bool = False
    comma: bool = False


def after(text: str, end: int, find: Lookup, about: About) -> Said:
    """What the words after ``text[:end]`` say of a number *about* which so much is known. A personal one is none of a
    company; to somebody who is living things happen, with which her number has nothing to do: "0707614285 har fået
    tid"."""
    line_end = text.find("\n", end, end + _READ)
    side = find.zeros[end : line_end if line_end >= 0 else end + _READ]
    known = side, (about.divided, about.personal, about.living)
    said = find.sides.get(known)
    if said is None:
        said = find.sides[known] = _walked(pieces(side), find, about.divided, about.personal, about.living)
    return said


def name_behind(text: str, end: int) -> bool:
    """Whether a name stands behind the number that ends at *end*: "0707614285 Anna Holm"."""
    return _NAME.match(text, end) is not None


def _walked(found: list[str], find: Lookup, divided: bool, personal: bool, living: bool) -> Said:
    passed = _Passed()
    for at, piece in enumerate(found):
        if not piece[0].isalpha():
            if piece[0].isdigit() or piece in "\n.!?" or (piece in "\t|;" and passed.words):
                break
            passed.cell = passed.cell or piece in "\t|;"
            passed.inside = passed.inside or piece in "(\t|;"
            passed.comma = passed.comma or piece == ","
            continue
        passed.words += 1
        if passed.words > _MOST_WORDS:
            break
        this = find.key(piece)
        word = look(piece, this, find)
        if (personal and word.other is NumberOf.REGISTERED_COMPANY) or (
            divided and word.other is NumberOf.SERIAL
        ):
            return NOTHING
        if word.kind in (Kind.CPR, Kind.OTHER, Kind.MATTER):
            if _labels_next(found, at, find):
                return NOTHING
            said = _named(found, at, word, passed, find, divided)
            happens = word.kind is Kind.MATTER or word.other in HAPPENS
            happens = living and happens and not (word.numbers or passed.inside)
            return NOTHING if happens and said.kind is Kind.OTHER else said
        if word.kind is Kind.PERSON and not passed.inside:
            return say(Kind.UNKNOWN, "a person is named after it", PERSON_NEARBY)
        predicate = word.kind is Kind.COPULA or this in _AS
        passed.copula = passed.copula or (predicate and passed.words == 1)
        passed.unknown += word.kind in (Kind.UNKNOWN, Kind.PREPOSITION, Kind.PERSON)
    return NOTHING


def _labels_next(found: list[str], at: int, find: Lookup) -> bool:
    """Whether ``found[at]`` is the label of a value that follows it."""
    for piece in found[at + 1 : at + 4]:
        if piece == "\n":
            return False
        if piece[0].isdigit() or piece == ":":
            return True
        if piece[0].isalpha() and find.key(piece) not in _LABEL_GOES_ON:
            return False
    return False


def _named(found: list[str], at: int, word: Word, passed: _Passed, find: Lookup, divided: bool) -> Said:
    """What the first naming word to the right of the number says of it."""
    if word.kind is Kind.CPR:
        near = [find.key(piece) for piece in found[max(0, at - 4) : at]]
        if any(piece in NOT or piece in SEEMS for piece in near):
            return say(Kind.UNKNOWN, "the text says that it is not a CPR number", DENIED)
        return say(Kind.CPR, "called a CPR number after it", CPR_AFTER)
    if passed.comma or (passed.cell and not word.numbers) or (word.kind is Kind.MATTER and not passed.copula):
        return NOTHING
    beside = passed.words == 1 and (passed.inside or not divided)
    predicate = passed.copula and passed.unknown <= (1 if word.numbers else 0)
    if beside or (predicate and (word.numbers or not divided)):
        by = -0.45 if word.numbers or passed.inside else -0.3
        return say(Kind.OTHER, f"called {word.other} after it", by)
    return NOTHING
