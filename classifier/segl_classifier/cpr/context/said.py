"""What the words beside a number say it is: what the two walks (:mod:`.before`, :mod:`.after`) share, and
headings.

The nearest word that names the number decides; a word further off in the text says nothing. Words are
looked up in :mod:`.vocabulary.words`.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from segl.vocabulary import Adjustment
from segl_classifier.cpr.vocabulary.mentions import mentions_cpr
from segl_classifier.cpr.vocabulary.number_of import OF_PEOPLE, NumberOf
from segl_classifier.cpr.vocabulary.words import SOME_ID, Kind, Word, key, look_up, pair
from segl_classifier.latin import in_latin
from segl_classifier.message import UNSEEN

# Weights. What names the number outweighs any spelling; hints tip the scales only.
CALLED_CPR = 0.45
CPR_NEARBY = 0.4
CPR_AFTER = 0.35
CALLED_REPLACEMENT = 0.55
CALLED_OTHER = -0.65
CALLED_A_PERSONS = -0.3  # what is made like hardly anything else, and called what concerns a person
BIRTHDAY = 0.25
PERSON = 0.1
PERSON_NEARBY = 0.05
DENIED = -0.15

NOT = frozenset(("ikke", "intet", "not", "inte", "ikkje", "kein", "keine", "ej"))
SEEMS = frozenset(
    ("ligner", "afvist", "forveksles", "forvekslet", "liknar", "looks", "resembles", "mistaken")
)

_PIECE = re.compile(r"[SPsp]/[Nn]\b|[^\W\d_]+(?:[-'’.][^\W\d_]+)*|\d+(?:[.,:/-]?\d+)*|\n|\t|[^\w\s]|_")
_PNR = re.compile(r"p\.?nr", re.IGNORECASE)
# The same for texts of Latin-1, of which one bitmap tells what a character is.
_LETTERS = "".join(re.escape(chr(code)) for code in range(256) if re.match(r"[^\W\d_]", chr(code)))
_SIGNS = "".join(re.escape(chr(code)) for code in range(256) if re.match(r"[^\w\s]", chr(code)))
_LATIN_PIECE = re.compile(
    rf"[SPsp]/[Nn]\b|[{_LETTERS}]+(?:[-'.][{_LETTERS}]+)*|[0-9]+(?:[.,:/-]?[0-9]+)*|[\n\t_{_SIGNS}]"
)
# What anything may have, a person, too: below "Varekode" it is that of an article.
_OF_ANYTHING = frozenset(("kode", "koden", "koder", "code", "noegle", "noeglen", "key"))
_ZEROS = bytes.maketrans(b"123456789", b"000000000")
_UNSEEN = re.compile(f"[{''.join(UNSEEN)}]")  # in a text that the message's walk has not tidied


@dataclass(frozen=True, slots=True)
class Said:
    """``kind`` says what the number is by its surroundings: CPR, REPLACEMENT, OTHER; UNKNOWN: mere hints. ``heading``:
    what else the heading of its column says it is; ``numbers``: that heading names a number ("Ordrenr."), not a thing
    that may have one ("Ordre"); ``yields``: so loosely that a name behind the number says more."""

    kind: Kind = Kind.UNKNOWN
    adjustments: tuple[Adjustment, ...] = ()
    heading: NumberOf | None = None
    numbers: bool = False
    yields: bool = False


NOTHING = Said()


@lru_cache(maxsize=256)  # the reasons are few, and none of them holds a word of the text
def say(kind: Kind, reason: str, by: float) -> Said:
    """A saying with one reason."""
    return Said(kind, (Adjustment(reason, by),))


@lru_cache(maxsize=256)
def called(other: NumberOf | None, by: float) -> Said:
    """A saying that the number is one of *other*. To put the reason together takes longer than to find it."""
    return say(Kind.OTHER, f"called {other}", by)


class _Keys(dict[str, str]):
    def __missing__(self, word: str) -> str:
        made = self[word] = key(word)
        return made


class _Words(dict[str, Word]):
    def __missing__(self, word: str) -> Word:
        found = self[word] = look_up(word)
        return found


class Lookup:
    """A look-up that remembers, for one *text* only: no word of a message stays in memory after it. ``key`` gives
    the key of a word, ``word`` what the word with this key says.

    In a list the same words stand beside each number. So what was said by a side is kept in ``sides`` by how the side
    reads in ``zeros``, the text with zeros for its digits: which they are says nothing to the walks, how many may.
    """

    __slots__ = ("_mentions", "key", "sides", "word", "zeros")

    def __init__(self, text: str) -> None:
        self.key = _Keys().__getitem__
        self.word = _Words().__getitem__
        self.zeros = _zeros(text)
        self.sides: dict[tuple[str, object], Said] = {}
        self._mentions: bool | None = None

    @property
    def mentions(self) -> bool:
        """Whether the text has a word for the personal number anywhere."""
        if self._mentions is None:
            self._mentions = mentions_cpr(self.zeros)
        return self._mentions


def _zeros(text: str) -> str:
    if (latin := in_latin(text)) is not None:  # in a tenth of the time
        return latin.translate(_ZEROS).decode("latin-1")
    for digit in "123456789":
        text = text.replace(digit, "0")
    return text


def look(piece: str, this: str, find: Lookup) -> Word:
    """What one *piece* of text says, if it is a word: *this* is its key."""
    word = find.word(this)
    if word.kind is not Kind.UNKNOWN:
        return word
    # "ordre-ID", and the name of a property in a calendar or a header: "X-GWSHOW-ID", "X-CALENDARSERVERUID"
    return SOME_ID if piece[-3:].lower() == "-id" or (piece[:2] == "X-" and piece[-2:] == "ID") else word


def pieces(side: str) -> list[str]:
    """Words, numbers and single signs of *side*; spaces are left out, line ends and tabs are not."""
    if not side.isascii():
        if _UNSEEN.search(side):
            side = _UNSEEN.sub("", side)
        side = unicodedata.normalize("NFC", side)
        if in_latin(side) is None:
            return _PIECE.findall(side)
    return _LATIN_PIECE.findall(side)


def of_a_unit(piece: str, *, unit: bool) -> bool:
    """Whether *piece*, a word for the number of a production unit, calls that one so which may be a *unit*'s or not:
    registers of persons write "PNR" and "p.nr." for personnummer, and all write "P-nr." and "P-nummer" for units."""
    return unit or _PNR.fullmatch(piece) is None


def of_a_person(word: Word) -> bool:
    """Whether the word is for what offices often number by the person whom it concerns: a customer's number, and a case
    or a paper that is not said to have one of its own; so they write it below "Telefon" and "Dato"."""
    own = word.other in (NumberOf.BOOKING, NumberOf.CASE, NumberOf.MARK, NumberOf.PAPER) and not word.numbers
    return own or word.other in OF_PEOPLE or word.other is NumberOf.PHONE


def heading(
    cell: str, find: Lookup, *, bare: bool, likely: bool = False, personal: bool = False, unit: bool = False
) -> Said:
    """What the heading of its column says the number is. A *likely* one may be that of a customer, of whom a case or a
    paper is; a *personal* one is none of a company; one of no production *unit* may be a person's below "PNR"."""
    named = [piece for piece in pieces(cell) if piece[0].isalpha()]
    keys = [find.key(piece) for piece in named]
    words = [look(piece, this, find) for piece, this in zip(named, keys, strict=True)]
    kinds = {word.kind for word in words}
    if Kind.REPLACEMENT in kinds:
        return say(Kind.REPLACEMENT, "in a column of replacement numbers", CALLED_REPLACEMENT)
    if Kind.CPR in kinds or any(pair(a, b) for a, b in pairwise(keys)):
        return say(Kind.CPR, "in a column of CPR numbers", CALLED_CPR)
    if Kind.BIRTH in kinds:
        return say(Kind.UNKNOWN, "in a column of birthdays", BIRTHDAY)
    for piece, word in zip(named, words, strict=True):
        other = word.kind in (Kind.OTHER, Kind.MATTER) and (word.other is not NumberOf.THING or word.numbers)
        if personal and word.other is NumberOf.REGISTERED_COMPANY:
            continue
        if word.other is NumberOf.PRODUCTION_UNIT and not (bare and of_a_unit(piece, unit=unit)):
            continue
        if other:
            vague = word.other is NumberOf.SERIAL or (len(keys) == 1 and keys[0] in _OF_ANYTHING)
            by = CALLED_A_PERSONS if likely and (vague or of_a_person(word)) else CALLED_OTHER
            step = Adjustment(f"in a column headed as {word.other}", by)
            return Said(Kind.OTHER, (step,), word.other, word.numbers or Kind.NUMBER in kinds)
    if Kind.NUMBER in kinds and bare:
        return say(Kind.UNKNOWN, "in a column of numbers", -0.1)
    return NOTHING
