"""What the encoder says of passages, for the two small stages to learn from.

Of the corpus, and of many more passages that nobody has labelled (:mod:`.passages`). Asking takes
longest, so both stages share the answers; they are kept in the folder and used again as long as the encoder and what is
asked are the same. The passages themselves are made anew each time, which takes half a minute.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segl_classifier.understanding.network import Network, Vocabulary
from segl_training import passages
from segl_training.corpus import Labelled
from segl_training.diluted import windows_taught

_SCATTERED, _MINGLED, _NEWS, _BESIDE, _SHORT, _MISSPELT = 5_200, 4_800, 3_600, 2_000, 3_600, 2_000
_REWORDED = 7_600
_KEPT = "lesson.npz"
_AT_ONCE = 2_000  # passages to the teacher

Answers = NDArray[np.float32]
Teacher = Callable[[Sequence[list[int]]], Iterable[Answers]]


@dataclass(frozen=True)
class Lesson:
    """Passages in pieces, and what the encoder says of each. The first are the corpus' own, with the truth and its
    weight; the last, whose pieces were exchanged one by one, have no text."""

    texts: list[str]
    pieces: list[list[int]]
    taught: Answers
    truth: Answers
    weight: Answers


def prepared(
    folder: Path, embedding: Answers, plain: Path | None, seed: int, teacher: Teacher | None = None
) -> Lesson:
    """The lesson of the encoder in *folder*, its answers from there if it has given them already. *embedding* has a row
    for each piece; *plain* is a file of sentences nobody has labelled."""
    vocabulary = Vocabulary(folder / "tokenizer.json")
    labelled = windows_taught(seed)
    own = [one.window.text for one in labelled]
    texts = own + _made(own, plain, seed)
    pieces = [vocabulary.pieces(text) for text in texts]
    pieces += passages.reworded(pieces[: len(own)], _alike(embedding, vocabulary), _REWORDED, seed)
    taught = _answers(folder, pieces, teacher or partial(_asked, folder))
    return Lesson(texts, pieces, taught, *_known(labelled))


def _made(own: Sequence[str], plain: Path | None, seed: int) -> list[str]:
    made = passages.scattered(own, _SCATTERED, seed)
    made += passages.mingled(own, _MINGLED, seed)
    made += passages.shortened(own, _SHORT, seed)
    made += passages.misspelt(own, _MISSPELT, seed)
    if plain:
        news = passages.plain_windows(plain, _NEWS, seed)
        made += news + passages.beside(own, news, _BESIDE, seed)
    return made


def _alike(embedding: Answers, vocabulary: Vocabulary) -> Callable[[int], Sequence[int]]:
    begins = np.array([vocabulary.begins_word(piece) for piece in range(len(embedding))])
    return passages.nearest(embedding, begins).tolist().__getitem__  # type: ignore[no-any-return]


def _known(labelled: Sequence[Labelled]) -> tuple[Answers, Answers]:
    truth = np.array([[max(one.labels), *one.labels] for one in labelled], np.float32)
    return truth, np.array([one.weight for one in labelled], np.float32)


def _answers(folder: Path, pieces: Sequence[list[int]], teacher: Teacher) -> Answers:
    file, asked = folder / _KEPT, _digest(folder, pieces)
    known = _kept(file, asked)
    if known is not None:
        return known
    started, said = time.monotonic(), []
    for answers in teacher(pieces):
        said.append(answers)
        done, spent = sum(map(len, said)), time.monotonic() - started
        print(f"the encoder has read {done} of {len(pieces)}, {spent:.0f} s", flush=True)
    taught = np.concatenate(said)
    unfinished = folder / f"unfinished.{os.getpid()}.npz"
    np.savez(unfinished, taught=taught, asked=asked)
    unfinished.replace(file)
    return taught


def _kept(file: Path, asked: str) -> Answers | None:
    """The answers in *file*, if they are to what is *asked*."""
    if not file.exists():
        return None
    with np.load(file, allow_pickle=False) as kept:
        if "asked" in kept and str(kept["asked"]) == asked:
            return np.asarray(kept["taught"])
    return None


def _digest(folder: Path, pieces: Sequence[list[int]]) -> str:
    """Tells one question to one encoder from another."""
    digest = sha256((folder / "encoder.onnx").read_bytes())
    for some in pieces:
        digest.update(np.array([len(some), *some], np.int32).tobytes())
    return digest.hexdigest()


def _asked(folder: Path, pieces: Sequence[list[int]]) -> Iterable[Answers]:
    """Each core has an encoder of its own."""
    parts = [pieces[first : first + _AT_ONCE] for first in range(0, len(pieces), _AT_ONCE)]
    cores = len(os.sched_getaffinity(0))
    with ProcessPoolExecutor(cores, get_context("spawn"), _Teacher.begin, (folder,)) as readers:
        yield from readers.map(_Teacher.read, parts)


class _Teacher:
    """The encoder of a process that does nothing else."""

    encoder: Network

    @classmethod
    def begin(cls, folder: Path) -> None:
        cls.encoder = Network(folder / "encoder.onnx", Vocabulary(folder / "tokenizer.json"))

    @classmethod
    def read(cls, pieces: Sequence[list[int]]) -> Answers:
        return cls.encoder.read_pieces(pieces)
