"""Teaches the linear stage what the encoder thinks: of the corpus, and of plain text nobody has labelled.

The encoder has read each window with its context; the linear model learns to give the same logits from words
alone. It meets far more passages than are labelled (:mod:`.lesson`), so that it learns what a word is worth beside any
other. What matters is that it passes on what the encoder would have found, so
a logit given too low costs more than one too high. Only the commonest features of the corpus are kept, weights become
bytes.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional

from segl_classifier.understanding.linear_features import pair_key, word_keys, words_of
from segl_training.corpus import examples, labelled_windows
from segl_training.finetune import summary
from segl_training.lesson import Lesson
from segl_training.stored import taught

_FEWEST = 2  # windows of the corpus a feature must stand in
_FEATURES = 195_000  # the commonest: 3.4 MB, with which the whole model stays below 50
EPOCHS = 5
_TOO_LOW = 2.0  # how much more a logit too low costs
_BATCH, _RATE = 128, 3e-3
_LEFT_OUT = 0.15  # of a passage's features
_CLIP = 6.0  # logits beyond this are all the same to the student
_TAUGHT, _TRUTH = 0.7, 0.4  # what the encoder's word and the truth weigh


@dataclass(frozen=True, slots=True)
class Features:
    """The features of many windows as one long list, as an embedding bag takes them."""

    ids: torch.Tensor
    starts: torch.Tensor
    words: torch.Tensor


def keys_of(text: str) -> list[int]:
    words = words_of(text) or [""]
    return [key for word in words for key in word_keys(word)] + list(map(pair_key, words, words[1:]))


def train(folder: Path, lesson: Lesson, epochs: int, seed: int) -> None:
    """Distil the encoder of *folder*, whose *lesson* it is, into ``linear.npz`` there."""
    torch.manual_seed(seed)
    student, kept = _fit(lesson, epochs, seed)
    _store(student, kept, folder / "linear.npz")
    _report(folder)


def _fit(lesson: Lesson, epochs: int, seed: int) -> tuple[_Student, NDArray[np.uint32]]:
    """A linear model that has learned the passages of *lesson* that have a text."""
    texts, taught = lesson.texts, lesson.taught[: len(lesson.texts)]
    known = np.zeros(len(texts))
    known[: len(lesson.weight)] = lesson.weight
    truth = np.zeros_like(taught)
    truth[: len(lesson.truth)] = lesson.truth
    keys = [keys_of(text) for text in texts]
    own = keys[: len(lesson.truth)]  # the others are made of these
    counts = Counter(key for some in own for key in set(some) if key)
    common = [key for key, count in counts.most_common(_FEATURES) if count >= _FEWEST]
    kept = np.array(sorted(common), np.uint32)
    place = {int(key): n for n, key in enumerate(kept)}
    rows = [np.array([place[key] for key in some if key in place], np.int64) for some in keys]
    sizes = np.array([len(words_of(text)) or 1 for text in texts], np.float32)
    student = _Student(len(kept), taught.shape[1])
    optimiser = torch.optim.Adam(student.parameters(), lr=_RATE)
    target = torch.tensor(np.clip(taught, -_CLIP, _CLIP), dtype=torch.float32)
    truths = torch.tensor(truth, dtype=torch.float32)
    sure = torch.tensor(known, dtype=torch.float32)
    chance, coins = random.Random(seed), np.random.default_rng(seed)
    order = list(range(len(texts)))
    for epoch in range(epochs):
        chance.shuffle(order)
        losses = []
        for group in optimiser.param_groups:
            group["lr"] = _RATE * (1 - epoch / epochs) + 1e-4
        for first in range(0, len(order), _BATCH):
            chosen = order[first : first + _BATCH]
            out = student(_features([rows[n] for n in chosen], sizes[chosen], coins))
            apart = out - target[chosen]
            loss = (apart.square() * torch.where(apart < 0, _TOO_LOW, 1.0)).mean()
            right = functional.binary_cross_entropy_with_logits(out, truths[chosen], reduction="none").mean(1)
            loss = _TAUGHT * loss + _TRUTH * (right * sure[chosen]).sum() / sure[chosen].sum().clamp(min=1)
            loss = loss + 1e-6 * student.bag.weight.pow(2).sum() / len(kept) * 1000
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            losses.append(loss.item())
        print(f"epoch {epoch + 1}: loss {np.mean(losses):.3f}, {len(kept)} features", flush=True)
    return student, kept


def _features(
    rows: Sequence[NDArray[np.int64]], sizes: NDArray[np.float32], coins: np.random.Generator
) -> Features:
    """The features of *rows* but some, so that none is relied on alone."""
    ids = np.concatenate(rows)
    kept = coins.random(len(ids)) >= _LEFT_OUT
    owner = np.repeat(np.arange(len(rows)), [len(row) for row in rows])
    counts = np.bincount(owner[kept], minlength=len(rows))
    return Features(
        torch.from_numpy(ids[kept]), torch.from_numpy(np.cumsum(counts) - counts), torch.from_numpy(sizes)
    )


class _Student(nn.Module):
    def __init__(self, features: int, outputs: int) -> None:
        super().__init__()
        self.bag = nn.EmbeddingBag(features, outputs, mode="sum")
        nn.init.zeros_(self.bag.weight)
        self.bias = nn.Parameter(torch.full((outputs,), -2.0))

    def forward(self, features: Features) -> torch.Tensor:
        return self.bag(features.ids, features.starts) / features.words.sqrt()[:, None] + self.bias


def _store(student: _Student, kept: NDArray[np.uint32], file: Path) -> None:
    weights = student.bag.weight.detach().numpy()
    scale = np.quantile(np.abs(weights), 0.9999, axis=0) / 127
    stored = np.clip(np.rint(weights / scale), -127, 127).astype(np.int8)
    useful = np.abs(stored).max(axis=1) > 0
    np.savez_compressed(
        file,
        keys=kept[useful],
        weights=stored[useful],
        scale=scale.astype(np.float32),
        bias=student.bias.detach().numpy(),
    )


def _report(folder: Path) -> None:
    from segl_classifier.understanding.linear import Linear

    mails = examples("dev")
    labelled = labelled_windows(mails)
    scores = Linear.load(folder / "linear.npz").logits([one.window.text for one in labelled])
    print("linear stage: " + summary(scores.astype(np.float64), labelled, mails))


if __name__ == "__main__":
    taught(train, __doc__, EPOCHS)
