"""Teaches the sieve (:mod:`.sieve_net`) what the encoder thinks (:mod:`.lesson`).

As the linear stage, it is to pass on what the encoder would have found: "anything" counts four times, a logit too low
half as much again as one too high. One piece in twelve is hidden, so that no word is relied on alone.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from segl_classifier.understanding.network import Network, Vocabulary
from segl_classifier.understanding.recalling import Sieve
from segl_training import sieve_net
from segl_training.corpus import LABELS, examples, labelled_windows
from segl_training.finetune import summary
from segl_training.lesson import Lesson
from segl_training.stored import load, taught

EPOCHS = 6
_COMPARED, _APART = 50, 0.3  # passages; logits
_PIECES = 4_096  # of a batch
_STRETCH = 8_000  # passages, among which those of like length go together
_RATE, _DECAY = 2e-3, 0.02
_CLIP = 6.0  # logits beyond this are all the same to the student
_TOO_LOW = 1.5
_ANYTHING = 4.0
_TRUTH = 0.6
_HIDDEN, _UNKNOWN, _PAD, _SPECIAL = 1 / 12, 3, 1, 4
_HALF = torch.cpu._is_avx512_bf16_supported()


def train(folder: Path, lesson: Lesson, epochs: int, seed: int) -> None:
    """Teach the sieve of *folder* by its encoder, whose *lesson* it is; write ``sieve.onnx`` there."""
    torch.manual_seed(seed)
    embedding = load(folder)[0].words.weight.detach().numpy()
    model = fit(lesson, embedding, epochs, seed)
    sieve_net.write(model, folder / "sieve.onnx")
    _compare(model, folder, lesson.pieces[:_COMPARED])
    report(folder)


def fit(lesson: Lesson, embedding: NDArray[np.float32], epochs: int, seed: int) -> sieve_net.Sieve:
    """A sieve that has learned *lesson*."""
    model = sieve_net.Sieve(embedding, 1 + len(LABELS))
    weights = [p for p in model.parameters() if p.requires_grad]
    chance = random.Random(seed)
    rounds = [list(batches(lesson.pieces, chance)) for _ in range(epochs)]
    optimiser = torch.optim.AdamW(weights, lr=_RATE, weight_decay=_DECAY)
    steps = sum(map(len, rounds))
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, _RATE, total_steps=steps + 1, pct_start=0.1)
    started = time.monotonic()
    model.train()
    for number, these in enumerate(rounds):
        lost = []
        for chosen in these:
            loss = _loss(model, lesson, chosen)
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(weights, 1.0)
            optimiser.step()
            schedule.step()
            lost.append(loss.item())
        spent = time.monotonic() - started
        print(f"round {number + 1} of {epochs}: loss {np.mean(lost):.3f}, {spent:.0f} s", flush=True)
    return model.eval()


def _loss(model: sieve_net.Sieve, lesson: Lesson, chosen: Sequence[int]) -> Tensor:
    ids = padded([lesson.pieces[n] for n in chosen])
    mask = ids != _PAD
    hidden = (torch.rand(ids.shape) < _HIDDEN) & (ids >= _SPECIAL)
    with torch.autocast("cpu", torch.bfloat16, enabled=_HALF):
        out = model(ids.masked_fill(hidden, _UNKNOWN), mask).float()
    apart = out - torch.from_numpy(np.clip(lesson.taught[chosen], -_CLIP, _CLIP))
    counts = torch.ones(out.shape[1])
    counts[0] = _ANYTHING
    loss = (apart.square() * torch.where(apart < 0, _TOO_LOW, 1.0) * counts).mean()
    known = [place for place, n in enumerate(chosen) if n < len(lesson.truth)]
    if known:
        own = [chosen[place] for place in known]
        truth, weight = (torch.from_numpy(some[own]) for some in (lesson.truth, lesson.weight))
        right = functional.binary_cross_entropy_with_logits(out[known], truth, reduction="none").mean(1)
        loss = loss + _TRUTH * (right * weight).sum() / len(chosen)
    return loss


def batches(pieces: Sequence[list[int]], chance: random.Random) -> Iterator[list[int]]:
    """All of *pieces* once, in a new order, those of like length together."""
    order = list(range(len(pieces)))
    chance.shuffle(order)
    made: list[list[int]] = []
    for first in range(0, len(order), _STRETCH):
        batch: list[int] = []
        for number in sorted(order[first : first + _STRETCH], key=lambda n: len(pieces[n])):
            if batch and (len(batch) + 1) * len(pieces[number]) > _PIECES:
                made.append(batch)
                batch = []
            batch.append(number)
        made.append(batch)
    chance.shuffle(made)
    return iter(made)


def padded(pieces: Sequence[list[int]]) -> Tensor:
    width = max(map(len, pieces))
    return torch.tensor([row + [_PAD] * (width - len(row)) for row in pieces])


@torch.no_grad()  # type: ignore[untyped-decorator]
def _compare(model: sieve_net.Sieve, folder: Path, pieces: Sequence[list[int]]) -> None:
    """Whether the graph says what *model* does; raises :class:`ValueError` when it does not."""
    said = Network(folder / "sieve.onnx", Vocabulary(folder / "tokenizer.json")).read_pieces(pieces)
    ids = padded(pieces)
    apart = float(np.abs(model(ids, ids != _PAD).numpy() - said).max())
    if apart > _APART:
        raise ValueError(f"the graph and the network it was made of are {apart:.2f} apart")


def report(folder: Path) -> None:
    """The measures on the mails of ``dev_*``."""
    mails = examples("dev")
    labelled = labelled_windows(mails)
    sieve = Sieve(folder / "sieve.onnx", Vocabulary(folder / "tokenizer.json"))
    scores = sieve.logits([one.window.text for one in labelled])
    print("sieve: " + summary(scores.astype(np.float64), labelled, mails), flush=True)


if __name__ == "__main__":
    taught(train, __doc__, EPOCHS)
