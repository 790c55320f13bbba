"""Words of a rule file: how they are written, and where in a text they stand.

A word is written as it is read, in any case, with a star for "and anything joined to it here"::

    skilsmisse      the word alone
    skilsmisse*     at the beginning of a word: skilsmissen, skilsmissesag
    *sygdom         at the end of a word: lungesygdom
    *sygdom*        anywhere in a word: lungesygdommen
    meldt ud af*    several words; any white space, also a line break, may stand between them

Danish joins words without a hyphen, so an edge is a matter of the single word: some may be grown together
with others on the left, some on the right, and only the writer of the rule knows which.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import NamedTuple

from segl_classifier.latin import LOWER, in_latin
from segl_classifier.layout.tidy import closed_up

MAX_WORD = 80
_MIN_STEM = 3  # letters of a word with a star: "*a*" would stand in every message
_ASCII_DANISH = str.maketrans({"æ": "ae", "ø": "oe", "å": "aa"})
# What programs that know no Danish make of them (iconv's //TRANSLIT, Unidecode): MALERNR, GRUNDLON.
_WITHOUT_MARKS = str.maketrans({"æ": "ae", "ø": "o", "å": "a"})
_SHORTEST_WITHOUT = 6  # letters: "løn" would be "lon", and "får" "far"


class Word(NamedTuple):
    """One word of a list. ``text`` is folded; ``left`` and ``right`` say whether the word must end there: no
    letter or digit may stand beside it.

    ``capital`` asks for a capital first letter in the message: for names that are words, too (Bo, Else).
    ``capitals`` asks for nothing but capitals: for abbreviations that are names, too (IDA).
    """

    text: str
    left: bool = True
    right: bool = True
    capital: bool = False
    capitals: bool = False

    def __str__(self) -> str:
        return f"{'' if self.left else '*'}{self.text}{'' if self.right else '*'}"

    @property
    def is_token(self) -> bool:
        """Whether it is one whole word of letters and digits alone."""
        return self.left and self.right and self.text.isalnum()

    def is_written_so(self, shown: str, start: int) -> bool:
        """Whether the message, which is *shown* so, has the capitals at *start* that the word asks for."""
        if self.capitals:
            return shown[start : start + len(self.text)].isupper()
        return not self.capital or shown[start].isupper()

    @property
    def as_exported(self) -> tuple[Word, ...]:
        """The word, and as programs write the headings of what they export: without the marks of its letters."""
        bare = self.text.translate(_WITHOUT_MARKS)
        if bare == self.text or len(bare) < _SHORTEST_WITHOUT:
            return (self,)
        return (self, self._replace(text=bare))


class Spelling(NamedTuple):
    """A word as it may be written. ``needle`` is what :func:`bare` makes of it where it stands, with a blank where the
    word must end; ``None`` of one with letters that Latin-1 lacks."""

    text: str
    needle: bytes | None


@cache
def spellings(word: Word) -> tuple[Spelling, ...]:
    """*word* as it is, and as it is written on a keyboard without æ, ø and å; a name also with its -s. Kept: a set of
    rules asks thirty thousand times, and so does each set with a rule of one's own on top."""
    forms: tuple[str, ...] = (word.text, f"{word.text}s") if word.capital and word.right else (word.text,)
    if not word.text.isascii():
        forms = tuple(dict.fromkeys(f for form in forms for f in (form, form.translate(_ASCII_DANISH))))
    left, right = " " * word.left, " " * word.right
    return tuple(
        Spelling(form, None if in_latin(form) is None else bare(f"{left}{form}{right}")) for form in forms
    )


@cache
def parse_word(written: str, *, capital: bool = False) -> Word:
    """The word that *written* stands for. Raises :class:`ValueError` with what is wrong and what would do."""
    text = " ".join(fold(unicodedata.normalize("NFC", written)).split())
    bare = text.strip("*")
    if not any(c.isalnum() for c in bare):
        raise ValueError("is an empty word")
    if len(text) > MAX_WORD:
        raise ValueError(f"has more than {MAX_WORD} characters")
    if "*" in bare or text.startswith("**") or text.endswith("**"):
        raise ValueError("has a star in a place other than the first or the last (use patterns for that)")
    if bare != bare.strip():
        raise ValueError("has a star beside a space: a star belongs to a word")
    if "*" in text and len(bare) < _MIN_STEM:
        raise ValueError(f"is too short for a star: it needs {_MIN_STEM} letters or more")
    capitals = capital and len(bare) > 1 and written.isupper()
    return Word(bare, not text.startswith("*"), not text.endswith("*"), capital, capitals)


def fold(text: str) -> str:
    """*text* in lower case, each character still in its place (``"İ".lower()`` would be two)."""
    if (latin := in_latin(text)) is not None:  # a table does it in a third of the time
        return latin.translate(LOWER).decode("latin-1")
    lower = text.lower()
    if len(lower) == len(text):
        return lower
    return "".join(c.lower()[0] for c in text)


_LETTERS_ONLY = bytes(code if chr(code).isalnum() else 0x20 for code in range(256))


def bare(flat: str) -> bytes:
    """*flat* in Latin-1, each character in its place, with a blank for whatever is no letter or digit of it."""
    return flat.encode("latin-1", "replace").translate(_LETTERS_ONLY)


def tokens(flat: str) -> set[bytes]:
    """The words of letters and digits in *flat*, in Latin-1; a letter that it lacks ends a word."""
    return set(bare(flat).split())


class NormalText(NamedTuple):
    """A text with its white space put in order, in two forms of the same length.

    ``shown`` keeps case and line breaks (patterns and excerpts); ``flat`` is folded and on one line
    (words). A position in one is the same position in the other.
    """

    shown: str
    flat: str

    @classmethod
    def of(cls, text: str) -> NormalText:
        shown = _in_order(text)
        return cls(shown, fold(shown).replace("\n", " "))


# Characters that show as nothing and could stand inside a word, and white space other than " " and line ends;
# of Latin-1 and beyond.
_SOFT_HYPHEN, _NO_BREAK = "\u00ad", "\u00a0"
_INVISIBLE = ("\u200b", "\u200c", "\u200d", "\u2060", "\ufeff")
_SPACES = ("\u2007", "\u2009", "\u202f", "\u3000")
_COMBINING = ("\u030a", "\u0308", "\u0301", "\u0300", "\u0302", "\u0327")
_LINE_BEGINS = re.compile("\n[ >]")  # begins with one certain character, so that the search leaps
_QUOTED = re.compile("\n(?: ?>)++")  # however often the mail was answered


def _in_order(text: str) -> str:
    """*text* composed (å as one character), without invisible characters, quote marks and double spaces.

    Each step is a search that costs next to nothing when there is nothing to do: a megabyte takes a
    few milliseconds.
    """
    text = closed_up(text)
    if not text.isascii():
        if in_latin(text) is None:
            text = _beyond_latin(text)
        text = text.replace(_SOFT_HYPHEN, "").replace(_NO_BREAK, " ")
    for char in "\t\v\f":
        text = text.replace(char, " ")
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if _LINE_BEGINS.search(text):
        text = _QUOTED.sub("\n", text)  # the mark stands in the middle of sentences
    while "  " in text:
        text = text.replace("    ", " ").replace("  ", " ")
    text = text.replace(" \n", "\n")
    return text.replace("\n ", "\n") if _LINE_BEGINS.search(text) else text


def _beyond_latin(text: str) -> str:
    """What there is to do to characters that Latin-1 lacks."""
    try:
        text.encode()
    except UnicodeEncodeError:  # half a surrogate pair, from a broken charset: neither engine takes it
        text = text.encode("utf-8", "replace").decode()
    if any(mark in text for mark in _COMBINING):
        text = unicodedata.normalize("NFC", text)
    for char in _INVISIBLE:
        text = text.replace(char, "")
    for char in _SPACES:
        text = text.replace(char, " ")
    return text.replace("\u2019", "'").replace("\u2028", "\n").replace("\u2029", "\n\n")
