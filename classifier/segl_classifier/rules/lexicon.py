"""Many words looked for in one pass: the Aho–Corasick automaton, and what each word found stands for.

Most words must end where the list says they do. An automaton of their letters alone finds "og" in each "bog", ten times
as often as by itself. So it has the edges, too: it reads a text in which whatever is no letter and no digit is a blank
(:func:`.words.bare`), and looks for "og" between two of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import count
from typing import Generic, NamedTuple, TypeVar

from ahocorasick_rs import AhoCorasick, BytesAhoCorasick

from segl_classifier.latin import in_latin
from segl_classifier.rules.words import MAX_WORD, NormalText, Word, bare, spellings

_CHUNK = 1 << 18  # characters looked at at once: the list of what was found stays small
_OVERLAP = 2 * MAX_WORD  # a word written without æ, ø and å is longer than its list says

Key = TypeVar("Key")


class _Entry(NamedTuple, Generic[Key]):
    """A word as it may be spelled; *number* is its place in the lexicon."""

    spelling: str
    number: int
    word: Word
    keys: tuple[Key, ...]


class Lexicon(Generic[Key]):
    """Words, each with the keys it belongs to."""

    __slots__ = ("_beyond", "_latin", "_of_beyond", "_of_latin")

    def __init__(self, words: Iterable[tuple[Word, Key]]) -> None:
        keys: dict[Word, dict[Key, None]] = {}
        for word, key in words:
            keys.setdefault(word, {})[key] = None
        latin: dict[bytes, list[_Entry[Key]]] = {}
        beyond: dict[str, list[_Entry[Key]]] = {}
        numbers = count()
        for word, of_word in keys.items():
            its_keys = tuple(of_word)
            for spelling, needle in spellings(word):
                entry = _Entry(spelling, next(numbers), word, its_keys)
                if needle is None:
                    beyond.setdefault(spelling, []).append(entry)
                else:
                    latin.setdefault(needle, []).append(entry)
        self._of_latin, self._of_beyond = [*latin.values()], [*beyond.values()]
        self._latin = BytesAhoCorasick([*latin]) if latin else None
        self._beyond = AhoCorasick([*beyond]) if beyond else None

    def hits(
        self, text: NormalText, low: int = 0, high: int | None = None
    ) -> Iterator[tuple[int, int, Word, tuple[Key, ...]]]:
        """``(start, end, word, keys)`` of every word that stands in *text* from *low* to *high*, by its end."""
        last = len(text.flat) if high is None else high
        for chunk in range(low, last, _CHUNK):
            begin, until = max(low, chunk - _OVERLAP), min(chunk + _CHUNK, last)
            for end, start, entry in sorted(self._in_piece(text, begin, until)):
                if end > chunk:  # else the chunk before had it
                    yield start, end, entry.word, entry.keys

    def _in_piece(self, text: NormalText, low: int, high: int) -> Iterator[tuple[int, int, _Entry[Key]]]:
        """``(end, start, entry)`` of every word in *text* from *low* to *high*, in no order."""
        flat, shown = text.flat, text.shown
        piece = f"{flat[low - 1 : low] or ' '}{flat[low:high]}{flat[high : high + 1] or ' '}"
        is_latin = in_latin(piece) is not None
        for at, entry in self._found(piece, is_latin=is_latin):
            start = low - 1 + at
            end = start + len(entry.spelling)
            if (
                low <= start
                and end <= high
                and flat.startswith(entry.spelling, start)
                and entry.word.is_written_so(shown, start)
                and (is_latin or _ends_there(entry.word, flat, start, end))
            ):
                yield end, start, entry

    def _found(self, piece: str, *, is_latin: bool) -> Iterator[tuple[int, _Entry[Key]]]:
        """What may stand in *piece*, and where it begins."""
        if self._latin is not None:
            for needle, at, _ in self._latin.find_matches_as_indexes(bare(piece), overlapping=True):
                for entry in self._of_latin[needle]:
                    yield at + entry.word.left, entry
        if self._beyond is not None and not is_latin:
            for needle, at, _ in self._beyond.find_matches_as_indexes(piece, overlapping=True):
                for entry in self._of_beyond[needle]:
                    yield at, entry


def _ends_there(word: Word, flat: str, start: int, end: int) -> bool:
    """Whether *word*, from *start* to *end* of *flat*, has no letter beside it where it must end."""
    joined_before = start > 0 and flat[start - 1].isalnum()
    joined_after = end < len(flat) and flat[end].isalnum()
    return not (word.left and joined_before) and not (word.right and joined_after)
