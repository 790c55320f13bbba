"""Passages nobody has labelled, for the small stages to hear the encoder's opinion of.

A stage that only ever saw the windows of the corpus learns them by heart. What the encoder would say can be asked of
any passage; these are made of the corpus and of plain text: sentences of different mails together, halves of two,
parts of one, mail beside news, spelling as it also arrives, and words with others like them in their place.
"""

from __future__ import annotations

import csv
import random
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segl_classifier.understanding.windows import masked
from segl_training.augment import augmented

_SENTENCE = re.compile(r"(?<=[.!?|])\s+")
_ALIKE = 12  # the nearest pieces, one of which may stand for a piece
_AT_ONCE = 1024
_SPECIAL = 4  # pieces
_NEWS_WORDS = 22

Maker = Callable[[Sequence[str], int, int], list[str]]


def plain_windows(file: Path, count: int, seed: int) -> list[str]:
    """*count* passages of one to three sentences of the plain text in *file* (Leipzig's CSV form, or a
    sentence a line)."""
    with file.open(encoding="utf-8", newline="") as lines:
        if file.suffix == ".csv":
            sentences = [row[-1].strip() for row in csv.reader(lines)]
        else:
            sentences = [line.strip() for line in lines]
    chance = random.Random(seed)
    return [masked(" ".join(chance.sample(sentences, chance.randint(1, 3)))) for _ in range(count)]


def mingled(texts: Sequence[str], count: int, seed: int) -> list[str]:
    """Halves of windows put together: words of one matter beside persons of another."""
    chance = random.Random(seed)
    made = []
    for _ in range(count):
        a, b = (chance.choice(texts).split() for _ in range(2))
        made.append(" ".join(a[: len(a) // 2] + b[len(b) // 2 :]))
    return made


def scattered(texts: Sequence[str], count: int, seed: int) -> list[str]:
    """Sentences of different windows, two to four together, as in a mail with many matters."""
    chance = random.Random(seed + 1)
    sentences = [part for text in texts for part in _SENTENCE.split(text) if len(part.split()) > 2]
    return [" ".join(chance.sample(sentences, chance.randint(2, 4))) for _ in range(count)]


def beside(texts: Sequence[str], news: Sequence[str], count: int, seed: int) -> list[str]:
    """The beginning of a window before news, or its end behind."""
    chance = random.Random(seed)
    made = []
    for _ in range(count):
        own, other = chance.choice(texts).split(), chance.choice(news).split()[:_NEWS_WORDS]
        size = max(4, len(own) // 2)
        made.append(" ".join(own[:size] + other if chance.random() < 0.5 else other + own[-size:]))
    return made


def shortened(texts: Sequence[str], count: int, seed: int) -> list[str]:
    """Windows without their beginning, their end, or both."""
    chance = random.Random(seed)
    made = []
    for _ in range(count):
        words = chance.choice(texts).split()
        if len(words) >= 10:
            begin = chance.randrange(len(words) // 2)
            words = words[begin : chance.randint(begin + 6, len(words))]
        made.append(" ".join(words))
    return made


def misspelt(texts: Sequence[str], count: int, seed: int) -> list[str]:
    """As they also arrive (:mod:`.augment`)."""
    chance = random.Random(seed)

    def all_of_them() -> Iterator[str]:
        while True:
            text = chance.choice(texts)
            changed = augmented(text, chance)
            if changed != text:
                yield changed

    return [made for made, _ in zip(all_of_them(), range(count), strict=False)]


def reworded(
    pieces: Sequence[list[int]], alike: Callable[[int], Sequence[int]], count: int, seed: int
) -> list[list[int]]:
    """A tenth to three tenths of the pieces of a window exchanged for others like them."""
    chance = random.Random(seed)
    made = []
    for _ in range(count):
        share = chance.choice((0.1, 0.2, 0.3))
        made.append(
            [
                chance.choice(alike(piece)) if piece >= _SPECIAL and chance.random() < share else piece
                for piece in chance.choice(pieces)
            ]
        )
    return made


def nearest(rows: NDArray[np.float32], begins: NDArray[np.bool_]) -> NDArray[np.int32]:
    """Of each piece those whose embedding (*rows*) points most nearly the same way, of the same kind: those that
    begin a word, or those that go on with one."""
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    found = np.zeros((len(rows), _ALIKE), np.int32)
    for first in range(0, len(rows), _AT_ONCE):
        some = slice(first, first + _AT_ONCE)
        likeness = unit[some] @ unit.T
        likeness[begins[some, None] != begins[None, :]] = -1
        likeness[:, :_SPECIAL] = -1
        likeness[np.arange(len(likeness)), np.arange(first, first + len(likeness))] = -1
        found[some] = np.argpartition(-likeness, _ALIKE, axis=1)[:, :_ALIKE]
    return found
