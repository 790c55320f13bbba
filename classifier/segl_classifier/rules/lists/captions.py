"""What a list is about, said above it: by the line over it, or by the name of its sheet or file, or by the subject.

A caption speaks where it begins with the matter: "Restancer pr. 1. maj", "Oversigt over fravær", "Lejere med restance".
What is only arranged about a matter begins with it, too ("Sygefravær: kursus den 4. maj"), so a caption with a word of
the list ``column_elsewhere`` says nothing, and nor do the names above it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from enum import Enum
from typing import NamedTuple

from segl_classifier.message import Source, Text
from segl_classifier.rules.lexicon import Lexicon
from segl_classifier.rules.lists.persons import ELSEWHERE, WHO, Persons
from segl_classifier.rules.model import Rule
from segl_classifier.rules.words import NormalText

_LONGEST, _MOST_WORDS = 200, 8  # characters, words
_STOPS = (".", "!", "?")
_OVERVIEW = re.compile(
    r"\A(?:(?:over(?:sigt|view)|liste?|opgørelse|status|udtræk) (?:over|of|på|af|med) |"
    r"(?:de|vores|alle|samtlige|nye?|aktuelle|opdateret|opdaterede|seneste|månedens|ugens|dagens) )+",
    re.IGNORECASE,
)
# What a word with a star may go on with: an ending, and what makes a list of it ("restanceoversigt"). With anything
# else it is another word: "allergivenlig", "ordblindedag".
_GOES_ON = re.compile(
    r"(?:e|r|er|en|et|n|t|ne|ene|erne|de|te|ede|s|ens|ers|ere|ker|kere|inger)?"
    r"[se]?-?(?:(?:liste|oversigt|ark|skema|tal|registrering|opgørelse|rapport|udtræk|status|sag|beløb|dato|periode|"
    r"niveau|gebyr|data|procent|trin|fil|journal|kort)\w{0,4})?"
)
_TAIL = re.compile(r"[\w-]*")
_WITH = re.compile(
    r"\w{2,40} (?:med|uden|i|på|under|som har|der har|som er|der er|with|on|in|mit|med) ", re.IGNORECASE
)
# "Opsigelse af aviser", "Underretning om vejarbejde": not of persons, if none are named.
_OF_A_THING = re.compile(r"\w{2,40} (?:af|om|mod) (?:de |den |det |vores )?(?=[^\W\d])", re.IGNORECASE)
_ANSWERED = re.compile(
    r"\A(?:\s*(?:(?:sv|vs|re|fw|fwd|aw|wg|vb|svar|videresendt|fortroligt?|sikker mail)\s*:|\[[^\]]*\]|\([^)]*\)))+\s*",
    re.IGNORECASE,
)
# A name into what may be told first: "Bilag 2 - Sygefravær".
_DIVIDED = re.compile(r"[_\s]+[-–—]+[_\s]+|[–—]|: ")
_BEFORE = re.compile(r"\A(?:[\W\d_]+|(?:bilag|kopi af|uge|afd|afdeling|afsnit)\b[\W\d_]*)+", re.IGNORECASE)
_MOST_PARTS = 6  # of a name

# The place of a text as it is told: "part 2 > Restancer.zip > liste.xlsx, sheet Maj".
_INSIDE = " > "
_OF_SAVED = ", subject"
_SHEET = re.compile(r", (?:hidden )?sheet (.{1,80})\Z")
_FILE = re.compile(r"(.{1,80})\.\w{1,5}(?=, |\Z| \()")


class Said(Enum):
    """Where a caption stands."""

    LINE = "the line above"
    TITLE = "the subject, or the name of the file or of the sheet"


class Matter(NamedTuple):
    """The *rules* on what a caption says. ``of_persons``: who stands below is whom it is about ("Sygemeldte")."""

    rules: Sequence[Rule]
    of_persons: bool
    said: Said = Said.LINE


class Captions:
    """Knows captions by the *words* of rules. Never changed."""

    __slots__ = ("_persons", "_words")

    def __init__(self, words: Lexicon[Rule], persons: Persons) -> None:
        self._words = words
        self._persons = persons

    def of_line(self, line: str) -> Matter | None:
        """What *line* says of the list below it; ``None`` if nothing."""
        if len(line) > _LONGEST or line.rstrip().endswith(_STOPS):
            return None
        return self._of(line, Said.LINE)

    def of_titles(self, titles: Iterable[str]) -> Matter | None:
        """What the first of *titles* that says anything tells of the lists below it."""
        for title in titles:
            title = title[:_LONGEST]
            if next(self._words.hits(NormalText.of(title)), None) is None:
                continue
            if self.is_elsewhere(title):
                return None
            name = _ANSWERED.sub("", title, count=1)
            for part in _DIVIDED.split(name.replace("_", " "))[:_MOST_PARTS]:
                if "?" not in part and (matter := self._of(_BEFORE.sub("", part, count=1), Said.TITLE)):
                    return matter
        return None

    def is_elsewhere(self, line: str) -> bool:
        """Whether *line* tells of something that is only arranged about a matter, or of who does it."""
        return self._persons.has(ELSEWHERE, line[:_LONGEST])

    def _of(self, line: str, said: Said) -> Matter | None:
        bare = _OVERVIEW.sub("", line.strip(" \t\r>*#-•:"))
        if not bare or len(bare.split()) > _MOST_WORDS:
            return None
        of_persons = False
        rules = self._begun(bare)
        if rules:
            thing = _OF_A_THING.match(bare)
            if thing and not self._persons.are_named(bare[thing.end() :]):
                return None
            of_persons = self._persons.begins(WHO, bare)
        elif (whose := _WITH.match(bare)) and self._persons.are_named(bare):
            rules, of_persons = self._begun(bare[whose.end() :]), True
        return Matter(rules, of_persons, said) if rules and not self.is_elsewhere(line) else None

    def _begun(self, line: str) -> Sequence[Rule]:
        """The rules with whose words *line* begins."""
        normal = NormalText.of(line)
        found: dict[Rule, None] = {}
        for start, end, _, rules in self._words.hits(normal):
            tail = _TAIL.match(normal.flat, end) if start == 0 else None
            if tail and _GOES_ON.fullmatch(tail[0]):
                found.update(dict.fromkeys(rules))
        return tuple(found)


class Titles:
    """The names that stand over the texts of one message."""

    __slots__ = ("_subjects",)

    def __init__(self, texts: Iterable[Text]) -> None:
        self._subjects: dict[str, str] = {}  # by what the places of all parts of its message begin with
        for text in texts:
            if text.source is Source.SUBJECT and not text.remark:
                self._subjects.setdefault(text.where.removesuffix("subject"), text.text)
            elif text.where.endswith(_OF_SAVED):  # a message of Outlook's
                self._subjects.setdefault(text.where.removesuffix(_OF_SAVED) + _INSIDE, text.text)

    def over(self, text: Text) -> Iterator[str]:
        """Those over *text*, the nearest first: of its sheet, of the files and messages that it is in."""
        names = text.where.split(_INSIDE)
        if sheet := _SHEET.search(names[-1]):
            yield sheet[1]
        saved = _FILE.match(names[-1])  # perhaps a message, of which this is the body
        if saved and (subject := self._subjects.get(_INSIDE.join((*names[:-1], saved[0], "")))):
            yield subject
        for number in range(len(names) - 1, -1, -1):
            yield from _file(names[number])
            if subject := self._subjects.get(_INSIDE.join((*names[:number], ""))):
                yield subject


def files_of(where: str) -> list[str]:
    """The names of the files that stand in the place *where*, without their endings."""
    return [file for name in where.split(_INSIDE) for file in _file(name)]


def _file(name: str) -> Iterator[str]:
    if file := _FILE.match(name):
        yield file[1]
