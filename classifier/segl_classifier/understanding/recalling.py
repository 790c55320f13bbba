"""Networks that remember what they said lately: the sieve and the encoder (:mod:`.network`).

Serial letters, quoted mail and attachments hold the same passages again and again. The answers to the latest are
remembered by a keyed hash of the passage: sixteen numbers each, none of the words.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from pathlib import Path

import numpy as np

from segl_classifier.understanding.logits import Logits
from segl_classifier.understanding.network import Network, Vocabulary

REMEMBERED = 4_000  # passages, 250 bytes each


class Recalling:
    """A network, and what it said lately."""

    padding = 8

    def __init__(self, file: Path, vocabulary: Vocabulary) -> None:
        self._network = Network(file, vocabulary, self.padding)
        self._answers = Answers()

    def logits(self, texts: Sequence[str]) -> Logits:
        """A row of logits for each of *texts*."""
        keys = [self._answers.key(text) for text in texts]
        known = self._answers.recall(keys)
        new = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
        if new:
            said = dict(zip(new, self._network.read(list(new.values())), strict=True))
            self._answers.keep(said)
            known |= said
        return np.array([known[key] for key in keys], np.float32)

    def forget(self) -> None:
        """Answer everything anew from now on."""
        self._answers = Answers()


class Sieve(Recalling):
    """The stage in the middle: convolutions over the encoder's embeddings, asked of what the linear stage doubts.

    A piece costs it a fiftieth of what it costs the encoder, and a call as much as forty."""

    padding = 40


class Encoder(Recalling):
    """The last stage: a transformer of twelve layers, asked only of what the stages before it are not sure of."""


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

    def recall(self, keys: Sequence[bytes]) -> dict[bytes, Logits]:
        """What is known of *keys*."""
        with self._lock:
            found = {key: self._rows[self._places[key]].copy() for key in keys if key in self._places}
            for key in found:
                self._places.move_to_end(key)
        return found

    def keep(self, said: Mapping[bytes, Logits]) -> None:
        with self._lock:
            for key, row in said.items():
                if not self._rows.shape[1]:
                    self._rows = np.zeros((len(self._rows), len(row)), np.float32)
                place = self._places.pop(key, len(self._places))
                if place == len(self._rows):
                    _, place = self._places.popitem(last=False)
                self._places[key] = place
                self._rows[place] = row
