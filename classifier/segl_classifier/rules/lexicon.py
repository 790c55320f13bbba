"""Many words looked for in one pass: the Aho–Corasick automaton, and what each word found stands for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Generic, TypeVar

from ahocorasick_rs import AhoCorasick, MatchKind

from segl_classifier.rules.words import MAX_WORD, NormalText, Word

_CHUNK = 1 << 18  # characters looked at at once: the list of what was found stays small
_OVERLAP = 2 * MAX_WORD  # a word written without æ, ø and å is longer than its list says

Key = TypeVar("Key")


class Lexicon(Generic[Key]):
    """Words, each with the keys it belongs to."""

    __slots__ = ("_automaton", "_entries")

    def __init__(self, words: Iterable[tuple[Word, Key]]) -> None:
        needles: dict[str, dict[Word, dict[Key, None]]] = {}
        for word, key in words:
            for spelling in word.spellings:
                needles.setdefault(spelling, {}).setdefault(word, {})[key] = None
        self._entries = [
            tuple((word, tuple(keys)) for word, keys in by_word.items()) for by_word in needles.values()
        ]
        self._automaton = AhoCorasick(list(needles), matchkind=MatchKind.Standard) if needles else None

    def hits(self, text: NormalText) -> Iterator[tuple[int, int, Word, tuple[Key, ...]]]:
        """``(start, end, word, keys)`` of every word that stands in *text*, by its end."""
        if self._automaton is None:
            return
        flat = text.flat
        for chunk in range(0, len(flat), _CHUNK):
            low = max(0, chunk - _OVERLAP)
            piece = flat if len(flat) <= _CHUNK else flat[low : chunk + _CHUNK]
            for needle, start, end in self._automaton.find_matches_as_indexes(piece, overlapping=True):
                if low + end <= chunk:
                    continue  # the chunk before had it
                for word, keys in self._entries[needle]:
                    if word.stands_at(text, low + start, low + end):
                        yield low + start, low + end, word, keys
