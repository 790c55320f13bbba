"""Stage 1: a linear model over words, read on every window.

The score of a window is the sum of its features' weights over the square root of its number of words. Sums can
be kept: the weights of a word with all its parts are added up once and remembered, so a window costs a look-up
a word. The memory is bounded; when it is full it starts anew. Words of mail are often names, so no word is kept: only
Python's hash of it (SipHash with a secret of this process, 64 bits), by which two words are as good as never confused.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segl_classifier.understanding.linear_features import pair_key, word_keys, words_of
from segl_classifier.understanding.logits import Logits, highest_of_parts

_REMEMBERED = 10_000  # words, 200 bytes each: then it begins anew
_AT_ONCE = 100  # windows
_LEARNT_AT_ONCE = 500  # words
_MOST_WORDS = 200  # of a window that are read at once: one without blanks may hold very many
_MOST_PARTS = 4  # of such a one; the highest of each output counts


class Linear:
    """The weights: sorted feature keys, a row of 8-bit weights for each, a scale for each output."""

    def __init__(
        self,
        keys: NDArray[np.uint32],
        weights: NDArray[np.int8],
        scale: NDArray[np.float32],
        bias: NDArray[np.float32],
    ) -> None:
        self._keys = keys
        self._weights = weights
        self._scale = scale
        self._bias = bias
        self._lock = threading.Lock()
        self._known: dict[int, int] = {}  # the hash of a word → its row
        self._sums = np.zeros((_REMEMBERED, len(bias)), np.float32)

    @classmethod
    def load(cls, file: Path) -> Linear:
        with np.load(file, allow_pickle=False) as stored:
            return cls(stored["keys"], stored["weights"], stored["scale"], stored["bias"])

    def logits(self, texts: Sequence[str]) -> Logits:
        """A row of logits for each of *texts*."""
        made = [self._some(texts[i : i + _AT_ONCE]) for i in range(0, len(texts), _AT_ONCE)]
        return np.concatenate(made) if made else np.zeros((0, len(self._bias)), np.float32)

    def _some(self, texts: Sequence[str]) -> Logits:
        parts = [_parts(words_of(text)) for text in texts]
        return highest_of_parts(
            self._of_words([part for some in parts for part in some]), list(map(len, parts))
        )

    def _of_words(self, words: Sequence[Sequence[str]]) -> Logits:
        if len(words) > 1 and sum(map(len, words)) > _REMEMBERED:  # they might all be new
            half = len(words) // 2
            return np.concatenate((self._of_words(words[:half]), self._of_words(words[half:])))
        counts = np.array([len(some) for some in words])
        # The last word of a window has no neighbour; no feature has the key 0.
        pairs = [key for some in words for key in (*map(pair_key, some, some[1:]), 0)]
        with self._lock:  # the threads of a process share what is remembered
            summed = self._sums[self._rows([word for some in words for word in some])]
        starts = np.concatenate(([0], np.cumsum(counts)[:-1]))
        sums = np.add.reduceat(summed + self._of_keys(pairs), starts, axis=0)
        logits: Logits = (sums * self._scale / np.sqrt(counts)[:, None] + self._bias).astype(np.float32)
        return logits

    def _rows(self, words: Sequence[str]) -> list[int]:
        """The row of each of *words* in what is remembered; new ones are added."""
        hashes = list(map(hash, words))
        new = {key: word for key, word in zip(hashes, words, strict=True) if key not in self._known}
        if len(self._known) + len(new) > _REMEMBERED:
            self._forget()
            new = dict(zip(hashes, words, strict=True))
        unknown = list(new.values())
        for first in range(0, len(unknown), _LEARNT_AT_ONCE):
            self._learn(unknown[first : first + _LEARNT_AT_ONCE])
        return [self._known[key] for key in hashes]

    def _learn(self, words: Sequence[str]) -> None:
        """Remember the sums of *words*, none of them known."""
        keys = [word_keys(word) for word in words]
        starts = np.cumsum([0, *map(len, keys[:-1])])
        sums = np.add.reduceat(self._of_keys([key for some in keys for key in some]), starts, axis=0)
        row = len(self._known)
        self._sums[row : row + len(words)] = sums
        self._known.update(zip(map(hash, words), range(row, row + len(words)), strict=True))

    def _of_keys(self, keys: Sequence[int]) -> Logits:
        wanted = np.array(keys, np.uint32)
        places = np.minimum(np.searchsorted(self._keys, wanted), len(self._keys) - 1)
        found = self._weights[places].astype(np.float32)
        found[self._keys[places] != wanted] = 0
        return found

    def _forget(self) -> None:
        """The table stays: a new one each time would leave the heap in shreds."""
        self._known.clear()


def _parts(words: list[str]) -> list[list[str]]:
    """*words* in parts of as many as are read at once; the end of very many is read by no stage."""
    count = min(max(-(-len(words) // _MOST_WORDS), 1), _MOST_PARTS)
    return [words[_MOST_WORDS * n : _MOST_WORDS * (n + 1)] or [""] for n in range(count)]
