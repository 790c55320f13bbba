"""Neural networks by onnxruntime: passages in, a row of numbers for each out.

onnxruntime keeps no memory between calls and starts no threads here, so a process may fork after a network is loaded
and the weights are shared. Networks run in one thread of ours in each process: called from threads that a C library
had made, onnxruntime ended the process by a segmentation fault.

From 1.29 on onnxruntime tells its maker of each start and of the model, over the network, with threads of its own and a
device id in the home directory. A filter of mail tells nobody anything: it is turned off before the first import.
"""

from __future__ import annotations

import os
import threading
import unicodedata
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # read once, at the import below

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer

from segl_classifier.understanding.logits import Logits, highest_of_parts

MOST_PIECES = 128  # of a passage that is read at once; 45 words of Danish are about 70
MOST_PARTS = 4  # of a longer one: numbers, names and foreign words come in many pieces
LONGEST_PIECE = 16  # characters, the blank before a word among them
_ROOM = MOST_PIECES - 2  # for text: the two ends are marked
_MOST_CHARACTERS = MOST_PIECES * LONGEST_PIECE
_COMPOSED = 4  # characters that NFKC may make one of
_PIECES_AT_ONCE = 1024
_MARK = "▁"  # for the blank before a word
_REMEMBERED, _MOST_REMEMBERED = 4_000, 12  # words, 180 bytes each: then it begins anew; pieces of one
_START, _PAD, _END = 0, 1, 2
_SLOWER = ["SkipLayerNormFusion"]  # the fused kernel takes eight times what its parts do: a quarter of all

onnxruntime.disable_telemetry_events()  # should a later version no longer heed the variable


class Vocabulary:
    """Cuts text into the pieces that networks know, word by word, as the tokenizer would by itself.

    What frequent words become is remembered (docs/decisions/0042 has what that spares). Words of mail are often names,
    so no word is kept, only Python's hash of it (SipHash with a secret of this process, 64 bits); the tokenizer would
    remember the words themselves, and is told not to. It reads all of a text, and makes up to eighteen characters of
    one first (NFKC), so what lies beyond the last piece that counts is cut off before.
    """

    def __init__(self, file: Path) -> None:
        self._tokenizer = Tokenizer.from_file(str(file))
        self._model = self._tokenizer.model
        self._model._resize_cache(0)
        self._known: dict[int, tuple[int, ...]] = {}

    def pieces(self, text: str) -> list[int]:
        """The numbers of *text*'s pieces, as many as are read at once, with those that mark its two ends."""
        return _marked(self._found(_beginning(text)))

    def parts(self, text: str) -> list[list[int]]:
        """The same for all of *text*: where it has more pieces than are read at once, its beginning, its end and what
        stands between, of one length and as few as hold it all; at most :data:`MOST_PARTS`."""
        found = self._found(_beginning(text, MOST_PARTS))[: MOST_PARTS * _ROOM]
        more = -(-len(found) // _ROOM) - 1
        if more < 1:
            return [_marked(found)]
        return [_marked(found[(len(found) - _ROOM) * n // more :]) for n in range(more + 1)]

    def _found(self, text: str) -> list[int]:
        words = text.split()
        if _MARK in text or " ".join(words) != text:  # blanks of other kinds than between two words
            found: list[int] = self._tokenizer.encode(text).ids
            return found
        return [piece for word in words for piece in self._of(word)]

    def _of(self, word: str) -> tuple[int, ...]:
        key = hash(word)
        found = self._known.get(key)
        if found is None:
            found = tuple(token.id for token in self._model.tokenize(_MARK + word))
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            if len(found) <= _MOST_REMEMBERED:
                self._known[key] = found
        return found

    def begins_word(self, piece: int) -> bool:
        return str(self._tokenizer.id_to_token(piece)).startswith(_MARK)


def _marked(pieces: list[int]) -> list[int]:
    return [_START, *pieces[:_ROOM], _END]


def _beginning(text: str, parts: int = 1) -> str:
    """As much of *text* as can matter to its first *parts*: no piece is longer than :data:`LONGEST_PIECE`."""
    most = parts * _MOST_CHARACTERS
    if not unicodedata.is_normalized("NFKC", text):
        text = unicodedata.normalize("NFKC", text[: _COMPOSED * most])
    return text[:most]


class Network:
    """A graph that takes ``ids`` and ``mask`` (both int32, batch × length) and gives ``logits``.

    ``padding`` is how many pieces of padding one passage more may bring into a batch: they cost as much as text, but a
    call of its own costs too."""

    def __init__(self, file: Path, vocabulary: Vocabulary, padding: int = 8) -> None:
        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = 1
        settings.inter_op_num_threads = 1
        settings.enable_cpu_mem_arena = False
        # Each tensor is let go after its last use: eight passages of 64 pieces then borrow 9 MB instead of 17, in the
        # same time. To plan ahead where tensors lie, for each shape, pays where an arena is kept.
        settings.enable_mem_reuse = False
        settings.enable_mem_pattern = False
        settings.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            str(file), settings, providers=["CPUExecutionProvider"], disabled_optimizers=_SLOWER
        )
        self._vocabulary = vocabulary
        self._padding = padding

    def read(self, texts: Sequence[str]) -> Logits:
        """A row of logits for each of *texts*; of one that is read in parts, what is surest in any of them."""
        parts = [self._vocabulary.parts(text) for text in texts]
        rows = self.read_pieces([part for some in parts for part in some])
        return highest_of_parts(rows, [len(some) for some in parts])

    def read_pieces(self, pieces: Sequence[list[int]]) -> Logits:
        """The same for passages that are cut into pieces already."""
        order = sorted(range(len(pieces)), key=lambda n: len(pieces[n]))
        rows: list[tuple[int, Logits]] = []
        for chosen in _batches(order, pieces, self._padding):
            rows += zip(chosen, self._run([pieces[n] for n in chosen]), strict=True)
        return np.array([row for _, row in sorted(rows, key=lambda found: found[0])], np.float32)

    def _run(self, pieces: Sequence[list[int]]) -> Logits:
        width = max(map(len, pieces))
        ids = np.array([row + [_PAD] * (width - len(row)) for row in pieces], np.int32)
        return _thread().submit(self._infer, ids).result()

    def _infer(self, ids: NDArray[np.int32]) -> Logits:
        result = self._session.run(None, {"ids": ids, "mask": (ids != _PAD).astype(np.int32)})
        logits: Logits = np.asarray(result[0], np.float32)
        return logits


class _Own:
    """The thread of this process, started when first needed."""

    lock = threading.Lock()
    thread: ThreadPoolExecutor | None = None

    @classmethod
    def anew(cls) -> None:
        """In a forked process: the parent's thread did not come along, and its lock may be held for ever."""
        cls.lock, cls.thread = threading.Lock(), None


os.register_at_fork(after_in_child=_Own.anew)


def _thread() -> ThreadPoolExecutor:
    with _Own.lock:
        if _Own.thread is None:
            _Own.thread = ThreadPoolExecutor(1, "network")
        return _Own.thread


def _batches(order: Sequence[int], pieces: Sequence[list[int]], padding: int) -> Iterator[list[int]]:
    """*order*, shortest first, cut so that a batch has at most :data:`_PIECES_AT_ONCE` pieces and no passage brings
    more than *padding* into it."""
    batch: list[int] = []
    for number in order:
        size = len(pieces[number])
        longer = size - len(pieces[batch[-1]]) if batch else 0
        if batch and ((len(batch) + 1) * size > _PIECES_AT_ONCE or longer * len(batch) > padding):
            yield batch
            batch = []
        batch.append(number)
    if batch:
        yield batch
