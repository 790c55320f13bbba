"""Looks words up in :mod:`.wordlists`.

A word is looked up by its :func:`key`: lower case, ``ø`` as ``oe`` and so on, without hyphens and dots, so
that ``Cpr.-nr.``, ``CPRNR`` and ``cprnr`` meet. Nouns bend and are heads of compounds: since Danish,
Norwegian, Swedish and German put the head last, "måler" also knows "vandmåleren" and "bimålere". What ends in
*nummer*, *nr*, *id* or *kode* is some other number unless its first part is a person's.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from itertools import groupby

from segl_classifier.cpr.vocabulary.number_of import NumberOf
from segl_classifier.cpr.vocabulary.wordlists import (
    ALSO_NAMES,
    BIRTH,
    COPULA,
    CPR_PAIRS,
    FILLER,
    MATTER,
    MATTER_OF_A_PERSON,
    NAMES_OF_CPR,
    NUMBER,
    NUMBERED,
    OTHER,
    OWN,
    PERSON,
    PREPOSITION,
    REPLACEMENT,
    REPLACEMENT_BEFORE_CPR,
    UNITS,
    VALUE,
)

# The first part of a compound that makes its "nummer" a person's.
_PERSONAL_FIRST = (
    "cpr",
    "person",
    "persnr",
    "foedsels",
    "sygesikring",
    "sundhedskort",
    "borger",
    "patient",
    "ident",
)
_NUMBER_LAST = (
    "nummer",
    "nummeret",
    "numret",
    "numre",
    "numrene",
    "nummern",
    "nr",
    "number",
    "numbers",
    "kode",
    "nyckel",
    "id",
)
_NOT_NUMBERS = frozenset(
    ("david", "sigrid", "astrid", "ingrid", "jonrid", "sunrid", "turid", "altid", "samtid", "fritid")
)
_ENDINGS = (
    "",
    "s",
    "n",
    "en",
    "et",
    "t",
    "r",
    "er",
    "e",
    "ne",
    "erne",
    "ene",
    "ens",
    "ets",
    "ernes",
    "a",
    "an",
    "ar",
)
# Short nouns that are heads all the same, since no name ends in them.
_SHORT_HEADS = frozenset(("sag", "sagen", "skab", "skabet", "kort", "kortet", "kode", "koden", "boks"))
# Ends of nouns for things and doings: "varmecentral", "frakobling"; and names that end so too.
_THINGS = ("else", "ation", "ationen", "itet", "ering", "eringen", "skab", "tion")
_NO_THINGS = frozenset(("bering", "duering"))
_SHORTEST = 3
_SHORTEST_HEAD = 5  # a shorter noun is known by itself only: "sag-a" and "tag-e" are names
_LETTERS: dict[int, str | None] = {ord(c): None for c in "-.'’_/ \u00ad\u2010\u2011"}
_LETTERS |= {
    ord(a): b
    for a, b in (("æ", "ae"), ("ø", "oe"), ("å", "aa"), ("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("é", "e"))
}


class Kind(Enum):
    """What a word says about the number beside it."""

    CPR = "cpr"
    REPLACEMENT = "replacement"
    BIRTH = "birth"
    PERSON = "person"
    OTHER = "other"
    MATTER = "matter"
    NUMBER = "number"
    COPULA = "copula"
    FILLER = "filler"
    PREPOSITION = "preposition"
    UNKNOWN = "unknown"

    __hash__ = object.__hash__  # that of an enum is a call in Python


@dataclass(frozen=True, slots=True)
class Word:
    """``other`` says what else the number is; ``numbers`` that the word names a number ("ordrenr"), not a
    thing that has one ("ordre")."""

    kind: Kind
    other: NumberOf | None = None
    numbers: bool = False


UNKNOWN = Word(Kind.UNKNOWN)
SOME_ID = Word(Kind.OTHER, NumberOf.SOME_ID, numbers=True)
CUSTOMER_NUMBER = Word(Kind.OTHER, NumberOf.CUSTOMER, numbers=True)
OF_SOMEBODY = frozenset((Kind.PERSON, Kind.BIRTH))
# In the heading of a column of personal numbers, and in the label before one: "Barnets CPR-nr."
IN_LABELS = OF_SOMEBODY | {Kind.CPR, Kind.NUMBER, Kind.PREPOSITION, Kind.FILLER}


def key(word: str) -> str:
    """The form in which a word is looked up."""
    if word.isascii() and word.isalnum():
        return word.lower()
    return word.casefold().translate(_LETTERS)


_NO_BENDS = frozenset(("kontor", "seks"))  # of "konto" and "SEK"
_HEADS: dict[str, Word] = {}
_LONG_NAME = 8  # letters of a name that is known with a letter too few, one twice, or two that changed places
_MISTYPED = ("person", "foedsel", "sygesikring", "identitet")  # how those begin: "patentnr." is no patient's


def _misspelled(name: str) -> Iterator[str]:
    """*name* as it is mistyped."""
    for at in range(1, len(name)):
        yield name[:at] + name[at + 1 :]
        yield name[:at] + name[at - 1 :]
        yield name[: at - 1] + name[at] + name[at - 1] + name[at + 1 :]


def _tail(word: str) -> str:
    return word[-_SHORTEST:]


def _table() -> dict[str, Word]:
    table: dict[str, Word] = {}
    groups = [(Kind.OTHER, what, nouns) for what, nouns in OTHER.items()]
    groups[:0] = [
        (Kind.MATTER, NumberOf.MATTER, MATTER),
        (Kind.MATTER, NumberOf.PERSONS_MATTER, MATTER_OF_A_PERSON),
    ]
    for kind, what, group in groups:
        for noun in group.split():
            short = len(key(noun)) < _SHORTEST_HEAD
            endings = _ENDINGS if noun[0] != "=" and not short else ("", "s")
            for ending in endings:
                bent = key(noun.lstrip("=")) + ending
                if bent in _NO_BENDS:
                    continue
                word = Word(kind, what, numbers=bent.endswith(_NUMBER_LAST[:8]))
                table.setdefault(bent, word)
                if len(endings) > 2 or noun in _SHORT_HEADS:
                    _HEADS.setdefault(bent, word)
    small = (
        (Kind.FILLER, FILLER),
        (Kind.PREPOSITION, PREPOSITION),
        (Kind.PERSON, PERSON),
        (Kind.COPULA, COPULA),
        (Kind.NUMBER, NUMBER),
        (Kind.BIRTH, BIRTH),
        (Kind.CPR, NAMES_OF_CPR),
        (Kind.REPLACEMENT, REPLACEMENT),
    )
    for kind, words in small:  # a later group outranks an earlier one
        table.update({key(word): Word(kind) for word in words.split()})
    for name in map(key, NAMES_OF_CPR.split()):
        if len(name) >= _LONG_NAME and name.startswith(_MISTYPED):
            for mistyped in _misspelled(name):
                table.setdefault(mistyped, Word(Kind.CPR))
    return table


_TABLE = _table()
# By their last letters how long heads are, the longest first; most words end in none of them.
_LENGTHS = {
    tail: sorted({len(head) for head in heads}, reverse=True)
    for tail, heads in groupby(sorted(_HEADS, key=_tail), key=_tail)
}
_UNITS = frozenset(map(key, UNITS.split()))
_ALSO_NAMES = frozenset(map(key, ALSO_NAMES.split()))
_NUMBERED = frozenset(map(key, NUMBERED.split()))
# Of the words for the personal number those that are no register and no card.
_KEPT_IN = ("register", "registret", "registeret", "opslag", "bevis", "beviset", "kort", "kortet")
_OF_ANYTHING = ("idnummer", "idnr")  # of a machine too, where another word says so
_NUMBERS_OF_PEOPLE = frozenset(word for word in map(key, NAMES_OF_CPR.split()) if not word.endswith(_KEPT_IN))
_OWN = frozenset(map(key, OWN.split()))
_PAIRS = {key(first): frozenset(map(key, seconds)) for first, seconds in CPR_PAIRS.items()}
_SECONDS = frozenset(second for seconds in _PAIRS.values() for second in seconds)
_VALUES = frozenset(map(key, VALUE.split()))
_VALUES |= {first + last for first in _VALUES for last in _VALUES}  # "feltværdi", "data-value"
_REPLACEMENT_BEFORE = frozenset(map(key, REPLACEMENT_BEFORE_CPR.split()))
_SHORTEST_OF_FIELD = 6  # letters of a field such as "EjerCPR", "brugercpr"; "eCPR" is a replacement number


def look_up(word: str) -> Word:
    """What *word* (as :func:`key` makes it) says."""
    found = _TABLE.get(word)
    if found is not None:
        return found
    if word.startswith(("cpr", "personnummer", "personnr")) or (
        word.endswith("cpr") and len(word) >= _SHORTEST_OF_FIELD
    ):
        return Word(Kind.CPR)
    for last in _NUMBER_LAST if word.endswith(_NUMBER_LAST) else ():
        if word.endswith(last) and len(word) > len(last) and word not in _NOT_NUMBERS:
            first = word[: -len(last)]
            if first.startswith(_PERSONAL_FIRST) or first.endswith("cpr"):
                return Word(Kind.CPR)
            if last != "id" or first in _HEADS or _TABLE.get(first, UNKNOWN).kind is Kind.OTHER:
                return Word(Kind.OTHER, _other(first), numbers=True)
    for length in _LENGTHS.get(_tail(word), ()):
        if length < len(word) and (found := _HEADS.get(word[-length:])) is not None:
            return found
    genitive = _TABLE.get(word[:-1]) if word.endswith("s") else None
    return genitive if genitive is not None and genitive.kind is Kind.PERSON else UNKNOWN


def thing(word: str) -> bool:
    """Whether an unknown word looks like one for a thing or a doing, not like a name."""
    return len(word) > 5 and word.endswith(_THINGS) and word not in _NO_THINGS


def _other(first: str) -> NumberOf:
    """What a number is whose name begins with *first*: "ordre", "kunde"."""
    for bare in (first, first.removesuffix("s")):
        found = _TABLE.get(bare)
        if bare in _NUMBERED or (found is not None and found.kind is Kind.PERSON):
            return NumberOf.CUSTOMER
        if found is not None and found.other is not None:
            return found.other
    return NumberOf.ANOTHER_KIND


def pair(first: str, second: str) -> bool:
    """Whether two words, each a :func:`key`, together name the personal number: "dansk nummer"."""
    return second in _PAIRS.get(first, ())


def ends_pair(word: str) -> bool:
    """Whether the word is the second of any :func:`pair`."""
    return word in _SECONDS


def own(word: str) -> bool:
    """Whether the word makes a plain "nummer" somebody's: "mit nummer", "hendes nr."."""
    return word in _OWN


def also_name(word: str) -> bool:
    """Whether the word is somebody's name too."""
    return word in _ALSO_NAMES


def numbered(word: str) -> bool:
    """Whether the word makes a plain "nr." the number of a customer or a member."""
    return word in _NUMBERED


def replaces(word: str) -> bool:
    """Whether the word before "cpr" makes it a replacement number: "fiktivt cpr"."""
    return word in _REPLACEMENT_BEFORE


def value(word: str) -> bool:
    """Whether the word says no more than that here stands a value, as in "værdi: ", "value=": what comes before it
    says of what."""
    return word in _VALUES


def names_person(word: str) -> bool:
    """Whether a word of ``Kind.CPR`` is the number itself, not the register or the card that it stands in, and of
    a person only."""
    return (word in _NUMBERS_OF_PEOPLE or word.endswith(_NUMBER_LAST)) and word not in _OF_ANYTHING


def unit(word: str) -> bool:
    """Whether the word is a unit, or a thing that is counted."""
    return word in _UNITS
