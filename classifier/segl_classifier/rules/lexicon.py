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

    def hits(
        self, text: NormalText, low: int = 0, high: int | None = None
    ) -> Iterator[tuple[int, int, Word, tuple[Key, ...]]]:
        """``(start, end, word, keys)`` of every word that stands in *text* from *low* to *high*, by its end."""
        if self._automaton is None:
            return
        flat = text.flat
        last = len(flat) if high is None else high
        for chunk in range(low, last, _CHUNK):
            begin = max(low, chunk - _OVERLAP)
            piece = flat[begin : min(chunk + _CHUNK, last)]  # no copy when it is all of the text
            for needle, at, until in self._automaton.find_matches_as_indexes(piece, overlapping=True):
                start, end = begin + at, begin + until
                if end <= chunk:
                    continue  # the chunk before had it
                joined_before = start > 0 and flat[start - 1].isalnum()
                joined_after = end < len(flat) and flat[end].isalnum()
                for word, keys in self._entries[needle]:
                    if (word.left and joined_before) or (word.right and joined_after):
                        continue
                    if word.is_written_so(text.shown, start):
                        yield start, end, word, keys
