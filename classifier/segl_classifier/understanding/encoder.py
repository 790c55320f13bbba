"""Stage 2: the encoder, asked only of windows on which the linear stage is not sure.

A transformer of twelve layers in 8 bits, run by onnxruntime, which keeps no memory between calls and starts no
threads, so a process may fork after it is loaded and the weights are shared. It runs in one thread of ours in
each process: called from threads that a C library had made, it ended the process by a segmentation fault.

Serial letters, quoted mail and attachments hold the same passages again and again. The answers to the latest are
remembered by a keyed hash of the passage: sixteen numbers each, none of the words. The tokenizer would remember
words too; it is told not to, at the price of a fiftieth of a millisecond a passage.

From 1.29 on onnxruntime tells its maker of each start and of the model, over the network, with threads of its own and a
device id in the home directory. A filter of mail tells nobody anything: it is turned off before the first import.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from hashlib import blake2b
from pathlib import Path

os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # read once, at the import below

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer

MOST_PIECES = 128  # of a window; 45 words of Danish are about 70
_PIECES_AT_ONCE = 1024
_PADDING = 8  # pieces of a row
_START, _PAD, _END = 0, 1, 2
REMEMBERED = 4_000  # passages, 250 bytes each
_SLOWER = ["SkipLayerNormFusion"]  # the fused kernel takes eight times what its parts do: a quarter of all

onnxruntime.disable_telemetry_events()  # should a later version no longer heed the variable

Rows = NDArray[np.float32]


class Encoder:
    """The encoder with its tokenizer."""

    def __init__(self, model: Path, tokenizer: Path) -> None:
        settings = onnxruntime.SessionOptions()
        settings.intra_op_num_threads = 1
        settings.inter_op_num_threads = 1
        settings.enable_cpu_mem_arena = False
        settings.log_severity_level = 3
        self._session = onnxruntime.InferenceSession(
            str(model), settings, providers=["CPUExecutionProvider"], disabled_optimizers=_SLOWER
        )
        self._tokenizer = Tokenizer.from_file(str(tokenizer))
        self._tokenizer.model._resize_cache(0)
        self._answers = Answers()

    def logits(self, texts: Sequence[str]) -> Rows:
        """A row of logits for each of *texts*."""
        keys = [self._answers.key(text) for text in texts]
        known = self._answers.recall(keys)
        new = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
        if new:
            said = dict(zip(new, self._read(list(new.values())), strict=True))
            self._answers.keep(said)
            known |= said
        return np.array([known[key] for key in keys], np.float32)

    def forget(self) -> None:
        """Answer everything anew from now on."""
        self._answers = Answers()

    def _read(self, texts: Sequence[str]) -> Rows:
        pieces = [self._pieces(text) for text in texts]
        order = sorted(range(len(pieces)), key=lambda n: len(pieces[n]))
        rows: list[tuple[int, Rows]] = []
        for chosen in _batches(order, pieces):
            rows += zip(chosen, self._run([pieces[n] for n in chosen]), strict=True)
        return np.array([row for _, row in sorted(rows, key=lambda found: found[0])], np.float32)

    def _pieces(self, text: str) -> list[int]:
        return [_START, *self._tokenizer.encode(text).ids[: MOST_PIECES - 2], _END]

    def _run(self, pieces: Sequence[list[int]]) -> Rows:
        width = max(map(len, pieces))
        ids = np.array([row + [_PAD] * (width - len(row)) for row in pieces], np.int32)
        return _thread().submit(self._infer, ids).result()

    def _infer(self, ids: NDArray[np.int32]) -> Rows:
        result = self._session.run(None, {"ids": ids, "mask": (ids != _PAD).astype(np.int32)})
        logits: Rows = np.asarray(result[0], np.float32)
        return logits


class Answers:
    """What was said of the latest passages, by a hash that this process alone can make. The numbers lie in one
    table: small long-lived pieces of memory between the encoder's large ones would leave the heap in shreds."""

    def __init__(self, most: int = REMEMBERED) -> None:
        self._secret = os.urandom(32)
        self._places: OrderedDict[bytes, int] = OrderedDict()  # the oldest first
        self._rows = np.zeros((most, 0), np.float32)
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._places)

    def key(self, text: str) -> bytes:
        return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16, key=self._secret).digest()

    def recall(self, keys: Sequence[bytes]) -> dict[bytes, Rows]:
        """What is known of *keys*."""
        with self._lock:
            found = {key: self._rows[self._places[key]].copy() for key in keys if key in self._places}
            for key in found:
                self._places.move_to_end(key)
        return found

    def keep(self, said: Mapping[bytes, Rows]) -> None:
        with self._lock:
            for key, row in said.items():
                if not self._rows.shape[1]:
                    self._rows = np.zeros((len(self._rows), len(row)), np.float32)
                place = self._places.pop(key, len(self._places))
                if place == len(self._rows):
                    _, place = self._places.popitem(last=False)
                self._places[key] = place
                self._rows[place] = row


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
            _Own.thread = ThreadPoolExecutor(1, "encoder")
        return _Own.thread


def _batches(order: Sequence[int], pieces: Sequence[list[int]]) -> Iterator[list[int]]:
    """*order*, shortest first, cut so that a batch has at most :data:`_PIECES_AT_ONCE` pieces and little padding,
    which costs as much as text."""
    batch: list[int] = []
    for number in order:
        size = len(pieces[number])
        if batch and ((len(batch) + 1) * size > _PIECES_AT_ONCE or size - len(pieces[batch[0]]) > _PADDING):
            yield batch
            batch = []
        batch.append(number)
    if batch:
        yield batch
