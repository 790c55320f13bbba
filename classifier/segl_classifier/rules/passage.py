"""The surroundings of a hit, and what marks stand in them.

A passage is about 45 words around a hit. The marks (words of the named lists) are looked up only when a
condition asks, once for each passage: nothing is done for the parts of a text where nothing was found.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice

from segl_classifier.rules.lexicon import Lexicon
from segl_classifier.rules.model import Condition, Scope, Within, WordList
from segl_classifier.rules.pattern import PatternSet
from segl_classifier.rules.words import NormalText, Word

_LEFT, _RIGHT = 22, 30  # words
_CHARS = 300  # and no more characters than this to a side
_SHARE = 60  # a hit so close after the one a passage was made for belongs to the same passage

_PLACES = 16  # marks of one pattern that are looked at in one passage
_SHORT = 60  # characters: a line no longer is not a line of running text

# Where a sentence may end: before a capital, and at the end of a line.
_STOP = re.compile(r"[.!?][\"')»”]*\s+(?=[A-ZÆØÅÄÖ\"'«»“(])|\n")
_TOKEN = re.compile(r"[^\W_]+")

Mark = tuple[int, int, str]  # start, end, the word as the list writes it


class Marker:
    """Finds the marks of the named lists that conditions ask for."""

    __slots__ = ("_lexicon", "_set", "_single", "parts")

    def __init__(self, wanted: Iterable[str], lists: Mapping[str, WordList]) -> None:
        # A wanted list: itself and all it includes. Marks are kept by these parts.
        self.parts = {name: lists[name].parts for name in sorted(wanted)}
        carriers = dict.fromkeys(part for parts in self.parts.values() for part in parts)
        joined_words: list[tuple[Word, str]] = []
        single: dict[str, list[tuple[Word, str]]] = {}
        for part in carriers:
            for word in lists[part].words:
                if word.is_token:
                    for spelling in word.spellings:
                        single.setdefault(spelling, []).append((word, part))
                else:
                    joined_words.append((word, part))
        self._single = {spelling: tuple(found) for spelling, found in single.items()}
        self._lexicon = Lexicon(joined_words)
        self._set = PatternSet([(p, part) for part in carriers for p in lists[part].patterns])

    def words(self, text: NormalText) -> dict[str, list[Mark]]:
        """The marks of the lists' words in *text*, by list."""
        marks: dict[str, list[Mark]] = {}
        flat = text.flat
        for token in self._single.keys() & _TOKEN.findall(flat):
            for start in _places(token, flat):
                for word, part in self._single[token]:
                    if not word.capital or text.shown[start].isupper():
                        marks.setdefault(part, []).append((start, start + len(token), word.text))
        for start, end, word, parts in self._lexicon.hits(text):
            for part in parts:
                marks.setdefault(part, []).append((start, end, word.text))
        return marks

    def patterned(self, text: NormalText) -> Sequence[str]:
        """The lists of which a pattern matches in *text*."""
        return self._set.matching(text.shown.encode())

    def patterns(self, part: str, text: NormalText) -> list[Mark]:
        """The marks of the patterns of the list *part* in *text*."""
        spans = islice(self._set.spans(part, text.shown.encode()), _PLACES)
        return [(start, end, f"pattern of {part}") for start, end in spans]


def _places(token: str, flat: str) -> Iterator[int]:
    """Where *token* stands in *flat* as a whole word."""
    end = 0
    while (start := flat.find(token, end)) >= 0:
        end = start + len(token)
        if not (start and flat[start - 1].isalnum()) and not (end < len(flat) and flat[end].isalnum()):
            yield start


class Passage:
    """A piece of a text; positions given and taken are those of the whole text."""

    __slots__ = ("_marker", "_marks", "_offset", "_patterned", "_sentences", "_text", "share_until")

    def __init__(self, marker: Marker, text: NormalText, start: int, end: int, share_until: int = 0) -> None:
        self._marker = marker
        self._offset = start
        self._text = NormalText(text.shown[start:end], text.flat[start:end])
        self._marks: dict[str, list[Mark]] | None = None
        self._patterned: dict[str, list[Mark] | None] | None = None
        self._sentences: list[int] | None = None
        self.share_until = share_until

    @classmethod
    def around(cls, marker: Marker, text: NormalText, start: int, end: int) -> Passage:
        """The passage of the hit at *start* to *end*."""
        before = text.flat[max(0, start - _CHARS) : start].split(" ")
        after = text.flat[end : end + _CHARS].split(" ")
        left = len(" ".join(before[-_LEFT:]))
        right = len(" ".join(after[:_RIGHT]))
        return cls(marker, text, start - left, end + right, end + _SHARE)

    def marks(self, condition: Condition) -> Iterator[tuple[str, Mark]]:
        """The marks of the lists of *condition* here, words before patterns, which are dearer to find;
        positions count from the beginning of the passage."""
        if self._marks is None:
            self._marks = self._marker.words(self._text)
        for name in condition.lists:
            for part in self._marker.parts[name]:
                for mark in self._marks.get(part, ()):
                    yield name, mark
        if self._patterned is None:
            self._patterned = dict.fromkeys(self._marker.patterned(self._text))
        if not self._patterned:
            return
        for name in condition.lists:
            for part in self._marker.parts[name]:
                if part in self._patterned:
                    found = self._patterned[part]
                    if found is None:
                        found = self._patterned[part] = self._marker.patterns(part, self._text)
                    for mark in found:
                        yield name, mark

    def find(self, condition: Condition, start: int, end: int) -> str | None:
        """The word by which *condition* holds for the hit at *start* to *end*.

        A mark may stand within the hit ("din" in "din ansøgning"), but the hit itself is no mark.
        """
        start, end = start - self._offset, end - self._offset
        low, high = self._reach(condition.within, start, end)
        for name, (begin, stop, shown) in self.marks(condition):
            if low <= begin and stop <= high and not (begin <= start and stop >= end):
                return f"{name} “{shown}”"
        return None

    def any(self, condition: Condition) -> str | None:
        """The word by which *condition* holds anywhere in the passage."""
        return next((f"{name} “{mark[2]}”" for name, mark in self.marks(condition)), None)

    def _reach(self, within: Within, start: int, end: int) -> tuple[int, int]:
        """From where to where a mark may stand."""
        flat = self._text.flat
        if isinstance(within, int):
            before = flat[:start].split(" ")
            after = flat[end:].split(" ")
            return start - len(" ".join(before[-within - 1 :])), end + len(" ".join(after[: within + 1]))
        if within is Scope.SENTENCE:
            return self._sentence(start, end)
        return 0, len(flat)

    def sentence(self, start: int, end: int) -> tuple[int, int]:
        """From where to where the sentence goes in which the hit at *start* to *end* stands."""
        low, high = self._sentence(start - self._offset, end - self._offset)
        return low + self._offset, high + self._offset

    def _sentence(self, start: int, end: int) -> tuple[int, int]:
        if self._sentences is None:
            self._sentences = list(_sentence_ends(self._text.shown))
        low = max((s for s in self._sentences if s <= start), default=0)
        return low, min((s for s in self._sentences if s >= end), default=len(self._text.flat))


def _sentence_ends(text: str) -> Iterator[int]:
    """Where sentences end: before a capital, at a blank line, at the end of a short line (list, table)."""
    line = 0
    for match in _STOP.finditer(text):
        end = match.end()
        if text[end - 1] != "\n":
            yield end
            continue
        if match[0] != "\n" or end - line <= _SHORT or text[end : end + 1] == "\n":
            yield end
        line = end
