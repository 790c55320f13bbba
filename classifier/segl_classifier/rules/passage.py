"""The surroundings of a hit, and what marks stand in them.

A passage is about 45 words around a hit. The marks (words of the named lists) are looked up only when a
condition asks, once for each passage: nothing is done for the parts of a text where nothing was found.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Generic, NamedTuple, TypeVar

from ahocorasick_rs import AhoCorasick, Implementation, MatchKind

from segl_classifier.rules.model import Condition, Scope, WordList
from segl_classifier.rules.words import NormalText, Word

_LEFT, _RIGHT = 22, 30  # words
_CHARS = 300  # and no more characters than this to a side
_SHARE = 60  # a hit so close after the one a passage was made for belongs to the same passage

# A sentence ends where a capital follows, at a blank line, and at the end of a short line (a list, a table).
_SENTENCE_END = re.compile(r"[.!?][\"')»”]*\s+(?=[A-ZÆØÅÄÖ\"'«»“(])|\n\n|(?:(?<=\n)|\A)[^\n]{0,60}\n")


Key = TypeVar("Key")


class Mark(NamedTuple):
    """A word of a list, where it stands, and how the list writes it."""

    start: int
    end: int
    shown: str


class Lexicon(Generic[Key]):
    """Many words looked for in one pass (Aho–Corasick), each with the keys it belongs to."""

    __slots__ = ("_automaton", "_entries")

    def __init__(self, words: Iterable[tuple[Word, Key]]) -> None:
        needles: dict[str, dict[Word, dict[Key, None]]] = {}
        for word, key in words:
            for spelling in word.spellings:
                needles.setdefault(spelling, {}).setdefault(word, {})[key] = None
        self._entries = [
            tuple((word, tuple(keys)) for word, keys in by_word.items()) for by_word in needles.values()
        ]
        self._automaton = (
            AhoCorasick(list(needles), matchkind=MatchKind.Standard, implementation=Implementation.DFA)
            if needles
            else None
        )

    def hits(self, text: NormalText) -> Iterator[tuple[int, int, Word, tuple[Key, ...]]]:
        """``(start, end, word, keys)`` of every word that stands in *text*, by its end."""
        if self._automaton is None:
            return
        for needle, start, end in self._automaton.find_matches_as_indexes(text.flat, overlapping=True):
            for word, keys in self._entries[needle]:
                if word.stands_at(text, start, end):
                    yield start, end, word, keys


class Marker:
    """Finds the marks of the named lists that conditions ask for."""

    __slots__ = ("_lexicon", "_lists")

    def __init__(self, lists: Iterable[WordList]) -> None:
        self._lists = {each.name: each for each in lists}
        self._lexicon = Lexicon((word, each.name) for each in self._lists.values() for word in each.words)

    def words(self, text: NormalText) -> dict[str, list[Mark]]:
        """The marks of all lists' words in *text*, by list."""
        marks: dict[str, list[Mark]] = {}
        for start, end, word, names in self._lexicon.hits(text):
            for name in names:
                marks.setdefault(name, []).append(Mark(start, end, str(word)))
        return marks

    def patterns(self, name: str, text: NormalText) -> list[Mark]:
        """The marks of the patterns of the list *name*."""
        return [
            Mark(start, end, f"pattern of {name}")
            for pattern in self._lists[name].patterns
            for start, end in pattern.spans(text.shown)
        ]


class Passage:
    """A piece of a text; positions given and taken are those of the whole text."""

    __slots__ = ("_complete", "_marker", "_marks", "_offset", "_sentences", "_text", "share_until")

    def __init__(self, marker: Marker, text: NormalText, start: int, end: int, share_until: int = 0) -> None:
        self._marker = marker
        self._offset = start
        self._text = NormalText(text.shown[start:end], text.flat[start:end])
        self._marks: dict[str, list[Mark]] | None = None
        self._complete: set[str] = set()
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

    def marks(self, name: str) -> list[Mark]:
        """The marks of the list *name* here; positions count from the beginning of the passage."""
        if self._marks is None:
            self._marks = self._marker.words(self._text)
        found = self._marks.get(name)
        if name not in self._complete:
            self._complete.add(name)
            if more := self._marker.patterns(name, self._text):
                found = self._marks[name] = [*(found or ()), *more]
        return found or []

    def find(self, condition: Condition, start: int, end: int) -> str | None:
        """The word by which *condition* holds for the hit at *start* to *end*.

        A mark may stand within the hit ("din" in "din ansøgning"), but the hit itself is no mark.
        """
        start, end = start - self._offset, end - self._offset
        low, high = self._reach(condition, start, end)
        for name in condition.lists:
            for mark in self.marks(name):
                covers = mark.start <= start and mark.end >= end
                if low <= mark.start and mark.end <= high and not covers:
                    return f"{name} “{mark.shown}”"
        return None

    def any(self, condition: Condition) -> str | None:
        """The word by which *condition* holds anywhere in the passage."""
        for name in condition.lists:
            for mark in self.marks(name):
                return f"{name} “{mark.shown}”"
        return None

    def _reach(self, condition: Condition, start: int, end: int) -> tuple[int, int]:
        """From where to where a mark may stand."""
        flat, within = self._text.flat, condition.within
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
            self._sentences = [m.end() for m in _SENTENCE_END.finditer(self._text.shown)]
        low = max((s for s in self._sentences if s <= start), default=0)
        return low, min((s for s in self._sentences if s >= end), default=len(self._text.flat))
