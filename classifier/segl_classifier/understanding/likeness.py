"""How much a word is like a first name or a last name, by its letters alone.

A logistic regression over parts of words, taught on lists of names and on ordinary words of news text
(:mod:`segl_training.persons`). The parts are hashed into a table of 32,768 rows: the lists cannot be read out
of it, and a name that stood in none ("Solvejsen") is known by its like.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

ROWS = 1 << 15
_LONGEST = 24  # letters of a word that are looked at
_MOST = 3


def rows_of(word: str) -> list[int]:
    """The rows of the table that say something of *word*: its parts of two to five letters and itself."""
    bordered = f"<{word.lower()[:_LONGEST]}>"
    parts = {bordered[i : i + size] for size in range(2, 6) for i in range(len(bordered) - size + 1)}
    return sorted({crc32(part.encode()) % ROWS for part in (*parts, f"={bordered}")})


class Likeness:
    """The table: two columns of log-odds against "an ordinary word", for first names and for last names."""

    def __init__(self, weights: NDArray[np.float32], offset: NDArray[np.float32]) -> None:
        self._weights = weights
        self._offset = offset
        self._cached = lru_cache(maxsize=4_000)(self._of)

    @classmethod
    def load(cls, file: Path) -> Likeness:
        with np.load(file, allow_pickle=False) as stored:
            return cls(stored["weights"].astype(np.float32) * stored["scale"], stored["offset"])

    def of(self, word: str) -> tuple[int, int] | None:
        """Log-odds that *word* is a first name and a last name, rounded, at most 3 either way; ``None`` for
        what does not begin with a letter."""
        return self._cached(word.lower()[:_LONGEST]) if word[:1].isalpha() else None

    def forget(self) -> None:
        """Keep none of the words asked about."""
        self._cached.cache_clear()

    def _of(self, word: str) -> tuple[int, int]:
        rows = rows_of(word)
        sums = self._weights[rows].sum(axis=0) / np.sqrt(len(rows)) + self._offset
        first, last = np.clip(np.round(sums), -_MOST, _MOST)
        return int(first), int(last)
