"""The features of the linear stage (``linear.npz``, :mod:`.linear`), from which it says whether a passage tells a
person's matter: its words, the pairs of neighbours, and the parts of each word.

A feature is the CRC-32 of its spelling (IEEE 802.3: cheap, and the same everywhere). Parts of words matter in
a language that writes "sygedagpengeopfølgning" as one: three to five letters, with the word's borders marked.
"""

from __future__ import annotations

import re
from zlib import crc32

_WORD = re.compile(r"[^\W\d_]+|\d+|[?!%§|:]")
_LONGEST = 40  # letters of a word that are looked at
PARTS = range(3, 6)


def words_of(text: str) -> list[str]:
    """The words of *text* in small letters; digits are zeros, at most four of them."""
    return [w if w.isalpha() else "0000"[: len(w)] if w.isdigit() else w for w in _WORD.findall(text.lower())]


def pair_key(first: str, second: str) -> int:
    return crc32(f"{first} {second}".encode())


def word_keys(word: str) -> list[int]:
    """The features of one word: itself and its parts."""
    keys = [crc32(f"={word}".encode())]
    if word.isalpha() and len(word) > 2:
        bordered = f"<{word[:_LONGEST]}>".encode()
        keys += [crc32(bordered[i : i + size]) for size in PARTS for i in range(len(bordered) - size + 1)]
    return keys
