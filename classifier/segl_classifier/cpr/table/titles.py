"""What stands over a whole table: the line above it, or a first row with one cell.

A date in one cell and four digits in the next look like much else: a delivery and its amount. Where no column says
what it holds, what stands over the table does ("CPR-numre på nye medarbejdere"), or a heading over the four digits
alone. Running text says nothing of the table below it: what counts is a label, or a sentence that announces a table.
"""

from __future__ import annotations

import re
from itertools import pairwise

from segl_classifier.cpr.context.said import (
    CALLED_REPLACEMENT,
    CPR_NEARBY,
    NOT,
    NOTHING,
    Lookup,
    Said,
    heading,
    look,
    pieces,
    say,
)
from segl_classifier.cpr.spelling.borders import counted
from segl_classifier.cpr.spelling.candidates import Candidate
from segl_classifier.cpr.spelling.form import Spelling
from segl_classifier.cpr.table.tables import Tables
from segl_classifier.cpr.vocabulary.last_four import heads
from segl_classifier.cpr.vocabulary.mentions import mentions_cpr
from segl_classifier.cpr.vocabulary.words import Kind, pair

# Which need a word to count.
_SPELLINGS = frozenset((Spelling.APART, Spelling.FULL_YEAR_LOOSE, Spelling.SHORT))

_LONGEST, _MOST_WORDS = 120, 8  # characters of a title; words of one that does not end with a colon
_AROUND = " \t>\"'*#|;,\r\u00a0"
_NO_TITLE = re.compile(r"\d{5}|_{3}|\.{4}|://")  # a value stands in it, or is to be filled in
_SENTENCE = re.compile(r"(?<!\bnr)(?<!\bno)(?<!\bcpr)(?<!\bpers)(?<!\bca)[.!?](?=\s|\Z)", re.IGNORECASE)
_ANNOUNCES = re.compile(
    r"\b(?:her(?:med|under)?|følgende|nedenfor|nedenstående|here|following|below|hier|folgende)\b",
    re.IGNORECASE,
)
_LACKS = NOT | {"uden", "mangler", "aldrig", "husk", "antal", "without", "never", "remember", "ohne", "utan"}
_NUMBERS = (
    *("nr", "nrs", "no", "num", "id", "nummer", "nummeret", "numret", "numre", "numrene", "nummern"),
    *("number", "numbers"),
)

_BEGINS = re.compile(r"(?:\A|[\n\t|;>]|  )[\"'> ]*\Z")  # before a cell
_ENDS = re.compile(r"[\"' ]*(?:[\t|;\r\n]|\Z)|  ")  # behind one
_DIVIDED = re.compile(r"[\t|;]| {3}")  # between two
_BEGINS_AT_COMMA = re.compile(r"(?:\A|[\n,>])[\"'> ]*\Z")
_ENDS_AT_COMMA = re.compile(r"[\"' ]*(?:,(?!\d\d?(?:\D|\Z))|[\r\n]|\Z)")
_HALF = re.compile(
    r"(?:cpr|person)?[- ]?(?:nr|no|nummer|number|rest(?:en)?|suffiks|del ?[12])?\.?"
    r"|(?:de )?(?:(?:6|seks) første|første (?:6|seks))(?: cifre| tal)?|ddmm(?:åå|yy)|[\W\d_]*",
    re.IGNORECASE,
)


class Titles:
    """What stands over the tables of one text."""

    def __init__(self, text: str, tables: Tables, find: Lookup) -> None:
        self._text, self._tables, self._find = text, tables, find
        self._mentions: bool | None = None  # whether the text has a word for the personal number at all
        self._known: dict[str, Said] = {}

    def said(self, candidate: Candidate) -> Said:
        """What stands over the table of *candidate*, or over its last four digits, says of it."""
        if (
            candidate.spelling not in _SPELLINGS
            or not self._may_say()
            or not _in_cells(self._text, candidate)
        ):
            return NOTHING
        first, last = (self._tables.heading(at) or "" for at in (candidate.start, candidate.end - 1))
        if not _HALF.fullmatch(first):
            return NOTHING
        over_last = heading(last, self._find, bare=False, personal=False)
        if over_last.kind is Kind.CPR:
            return over_last
        if not _HALF.fullmatch(last) and not heads(last):
            return NOTHING
        for title in self._tables.titles(candidate.start):
            known = self._known.get(title)
            if known is None:
                known = self._known[title] = _says(title.strip(_AROUND), self._find)
            if known is not NOTHING:
                return known
        return NOTHING

    def _may_say(self) -> bool:
        if self._mentions is None:
            self._mentions = mentions_cpr(self._text)
        return self._mentions


def _in_cells(text: str, candidate: Candidate) -> bool:
    """Whether nothing else stands in the cells of the number, and no unit in the next."""
    start, end, spelling, *_ = candidate
    between = text[start:end]
    divided = _DIVIDED.search(between) is not None
    by_comma = not divided and "," in between
    if "\n" in between or (spelling is Spelling.APART and not divided and not by_comma):
        return False
    begins, ends = (_BEGINS_AT_COMMA, _ENDS_AT_COMMA) if by_comma else (_BEGINS, _ENDS)
    alone = begins.search(text, max(0, start - 4), start) and ends.match(text, end)
    return alone is not None and counted(text, end, tight=False) is None


def _says(title: str, find: Lookup) -> Said:
    """What *title* says the numbers below it are."""
    if not title or len(title) > _LONGEST or _NO_TITLE.search(title):
        return NOTHING
    named = [piece for piece in pieces(title) if piece[0].isalpha()]
    keys = [find.key(piece) for piece in named]
    words = zip(named, keys, strict=True)
    kinds = {look(piece, this, find).kind for piece, this in words if _of_numbers(this)}
    if not kinds & {Kind.CPR, Kind.REPLACEMENT} and not any(pair(a, b) for a, b in pairwise(keys)):
        return NOTHING
    if any(word in _LACKS for word in keys):
        return NOTHING
    running = _SENTENCE.search(title) or (len(named) > _MOST_WORDS and not title.endswith(":"))
    if running and not _ANNOUNCES.search(title):
        return NOTHING
    if Kind.REPLACEMENT in kinds:
        return say(Kind.REPLACEMENT, "the table is called one of replacement numbers", CALLED_REPLACEMENT)
    return say(Kind.CPR, "what stands over the table names CPR numbers", CPR_NEARBY)


def _of_numbers(word: str) -> bool:
    """Whether *word*, a key, is that for numbers, not for the office that gives them or the card they stand on."""
    return word in ("cpr", "cprs", "cprer", "ecpr", "ssn") or word.endswith(_NUMBERS)
