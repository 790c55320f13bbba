"""Fine-tunes the encoder on the labelled windows of the corpus.

One loss for "anything at all", one for each label and one for the question which label is meant. The first round
reads two thirds of the windows that are sure, the next the third of all that are known worst or were not read, the
last pass, in which the labels compete, a third as many as are sure. A run may go on from one on fewer texts
(``--begin``): with what it knows worst, and the last pass. The embeddings and the lowest layers stay as they came.
Batches hold windows of like length; the mean of the weights over the last part of the run is what is kept, which is
steadier than any single step.

Where the processor multiplies bfloat16, that is what is computed in: two to three times faster, and no worse.
"""

from __future__ import annotations

import argparse
import math
import random
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional

from segl_training import graph, measure
from segl_training.augment import augmented
from segl_training.corpus import LABELS, Example, Labelled, examples, labelled_windows
from segl_training.diluted import windows_taught
from segl_training.encoder import Encoder
from segl_training.stored import ARCHITECTURE, load
from segl_training.vocabulary import cut, kept_pieces
from segl_training.weights import pretrained

MOST_PIECES = 128
_START, _PAD, _END = 0, 1, 2
_RATE, _HEAD_RATE = 1e-4, 1.5e-3
_WARM = 0.08
_ANY_WEIGHT = 3.0  # of one label
_LABEL_POSITIVE = 3.0  # how much a positive counts: labels are rare
_SMOOTH = 0.02
_FIRST = 0.52  # of the windows that are sure
_KEPT = 0.31  # of the windows, in the rounds after the first, or after an earlier run
_FROZEN = 5  # layers
_BATCH = 32
_UNSURE = 0.3  # the weight of windows that are not sure: the first round leaves them out
_KEPT_LAST = 0.31  # of as many as are sure
_WHICH_SHARE, _WHICH_SHARE_LAST = 0.5, 1.5
_HALF = torch.cpu._is_avx512_bf16_supported()
_CALIBRATION = 16  # batches


def train(out: Path, rounds: int, seed: int, begin: Path | None = None) -> None:
    """Train and save ``encoder.pt``, ``encoder.onnx`` and ``tokenizer.json`` to *out*. With *begin*, the folder of a
    run on fewer texts, a round over what that run knows worst takes the place of the others."""
    torch.manual_seed(seed)
    out.mkdir(parents=True, exist_ok=True)
    labelled = windows_taught(seed)
    if begin:
        model, tokenizer = load(begin)
    else:
        source = pretrained()
        tokenizer, embedding = cut(source, kept_pieces(source, [one.window.text for one in labelled]))
        model = Encoder(source.architecture, embedding, 1 + len(LABELS))
        model.begin_from(source)
    model.freeze(_FROZEN)
    tokenizer.save(str(out / "tokenizer.json"), pretty=False)
    training = _Training(model, tokenizer, labelled, random.Random(seed))
    size, sure = len(labelled), sum(one.weight > _UNSURE for one in labelled)
    if begin is None:
        training.go([int(sure * _FIRST)] + [int(size * _KEPT)] * rounds, rate=1.0, which_share=_WHICH_SHARE)
    else:
        training.look()
        training.go([int(size * _KEPT)], rate=0.7, which_share=_WHICH_SHARE)
    training.go([int(sure * _KEPT_LAST)], rate=0.5, which_share=_WHICH_SHARE_LAST)
    torch.save(model.state_dict(), out / "encoder.pt")
    export(out, seed)


def export(folder: Path, seed: int) -> None:
    """The encoder of *folder* as graphs of 8 bits; windows of the corpus show how large what goes through it is."""
    model, tokenizer = load(folder)
    texts = [one.window.text for one in labelled_windows(examples("train"))]
    shown = random.Random(seed).sample(texts, _BATCH * _CALIBRATION)
    batches = (encoded(tokenizer, shown[n : n + _BATCH]) for n in range(0, len(shown), _BATCH))
    graph.write(model, ARCHITECTURE, folder / "encoder.onnx", graph.largest_inputs(model, batches))


class _Training:
    """One model being trained on one set of windows, in several goes."""

    def __init__(
        self, model: Encoder, tokenizer: Tokenizer, labelled: Sequence[Labelled], chance: random.Random
    ) -> None:
        self._model = model
        self._tokenizer = tokenizer
        self._labelled = labelled
        self._chance = chance
        self._lengths = _lengths(tokenizer, [one.window.text for one in labelled])
        # At first: what is sure.
        self._lost = np.array([one.weight * chance.uniform(0.99, 1) for one in labelled])

    def go(self, sizes: Sequence[int], *, rate: float, which_share: float) -> None:
        """A round for each of *sizes*, of so many windows, those learned worst; the mean of the last quarter's
        weights is kept. *rate* is the share of the usual step, *which_share* the weight of the question which
        label is meant."""
        steps = sum(math.ceil(size / _BATCH) for size in sizes)
        optimiser = self._optimiser(rate)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimiser, lambda step: _rate(step / steps))
        mean = torch.optim.swa_utils.AveragedModel(self._model)
        started, step = time.monotonic(), 0
        recent: list[float] = []
        for size in sizes:
            for numbers in batches(self._lengths, np.argsort(-self._lost)[:size].tolist(), self._chance):
                recent.append(self._step(numbers, which_share))
                optimiser.step()
                schedule.step()
                optimiser.zero_grad()
                step += 1
                if step > steps * 0.75 and step % 4 == 0:
                    mean.update_parameters(self._model)
                if step % 50 == 0:
                    spent = time.monotonic() - started
                    print(
                        f"step {step} of {steps}, loss {np.mean(recent[-50:]):.3f}, {spent:.0f} s", flush=True
                    )
        self._model.load_state_dict(mean.module.state_dict())
        report(self._model, self._tokenizer)

    @torch.no_grad()  # type: ignore[untyped-decorator]
    def look(self) -> None:
        """Find out how well each window is known already."""
        self._model.eval()
        for numbers in batches(self._lengths, range(len(self._labelled)), random.Random(1)):
            chosen = [self._labelled[n] for n in numbers]
            losses, weight = _losses(self._model, self._tokenizer, chosen, self._chance, _WHICH_SHARE)
            self._lost[numbers] = losses.numpy() * weight.numpy()

    def _step(self, numbers: list[int], which_share: float) -> float:
        self._model.train()
        chosen = [self._labelled[n] for n in numbers]
        losses, weight = _losses(self._model, self._tokenizer, chosen, self._chance, which_share)
        self._lost[numbers] = losses.detach().numpy() * weight.numpy()
        loss = (losses * weight).sum() / weight.sum()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self._model.parameters(), 1.0)
        return float(loss.item())

    def _optimiser(self, rate: float) -> torch.optim.Optimizer:
        named = [(name, p) for name, p in self._model.named_parameters() if p.requires_grad]
        heads = [p for name, p in named if name.startswith("head.")]
        rest = [p for name, p in named if not name.startswith("head.")]
        groups = [{"params": rest, "lr": _RATE * rate}, {"params": heads, "lr": _HEAD_RATE * rate}]
        return torch.optim.AdamW(groups, weight_decay=0.01)


def _rate(done: float) -> float:
    return done / _WARM if done < _WARM else max(0.0, (1 - done) / (1 - _WARM)) * 0.97 + 0.03


def batches(
    lengths: Sequence[int], chosen: Sequence[int], chance: random.Random, size: int = _BATCH
) -> list[list[int]]:
    """*chosen* in batches. Of like *lengths*, in pieces, within a stretch of many batches, so that rounds still differ.
    (By letters a quarter of what is reckoned would be padding: some texts have many pieces for their letters.)"""
    order = list(chosen)
    chance.shuffle(order)
    stretch = size * 24
    made = []
    for first in range(0, len(order), stretch):
        some = sorted(order[first : first + stretch], key=lengths.__getitem__)
        made += [some[i : i + size] for i in range(0, len(some), size)]
    chance.shuffle(made)
    return made


def _losses(
    model: Encoder,
    tokenizer: Tokenizer,
    chosen: list[Labelled],
    chance: random.Random,
    which_share: float,
) -> tuple[Tensor, Tensor]:
    """The loss of each window, and how much it counts."""
    ids, mask = encoded(tokenizer, [augmented(one.window.text, chance) for one in chosen])
    with torch.autocast("cpu", torch.bfloat16, enabled=_HALF):
        logits = model(ids, mask).float()
    truth = torch.tensor([one.labels for one in chosen])
    any_loss = functional.binary_cross_entropy_with_logits(
        logits[:, 0], truth.amax(1) * (1 - 2 * _SMOOTH) + _SMOOTH, reduction="none"
    )
    label_loss = functional.binary_cross_entropy_with_logits(
        logits[:, 1:], truth, reduction="none", pos_weight=torch.full((len(LABELS),), _LABEL_POSITIVE)
    ).sum(1)
    loss = _ANY_WEIGHT * any_loss + label_loss
    if which_share:  # where there is something: which label, of all, is it?
        meant = truth / truth.sum(1, keepdim=True).clamp(min=1)
        loss = loss - which_share * (meant * functional.log_softmax(logits[:, 1:], dim=1)).sum(1)
    return loss, torch.tensor([one.weight for one in chosen])


def _lengths(tokenizer: Tokenizer, texts: Sequence[str]) -> list[int]:
    """How many pieces the encoder reads of each."""
    return [min(len(found.ids) + 2, MOST_PIECES) for found in tokenizer.encode_batch(list(texts))]


def encoded(tokenizer: Tokenizer, texts: Sequence[str]) -> tuple[Tensor, Tensor]:
    rows = [[_START, *found.ids[: MOST_PIECES - 2], _END] for found in tokenizer.encode_batch(list(texts))]
    width = max(map(len, rows))
    ids = torch.tensor([row + [_PAD] * (width - len(row)) for row in rows])
    return ids, (ids != _PAD).long()


@torch.no_grad()  # type: ignore[untyped-decorator]
def logits_of(
    model: Encoder, tokenizer: Tokenizer, texts: Sequence[str], batch: int = 48
) -> NDArray[np.float64]:
    """The logits of *texts*, a row each."""
    model.eval()
    out = np.zeros((len(texts), 1 + len(LABELS)))
    order = sorted(range(len(texts)), key=_lengths(tokenizer, texts).__getitem__)
    for first in range(0, len(order), batch):
        chosen = order[first : first + batch]
        with torch.autocast("cpu", torch.bfloat16, enabled=_HALF):
            out[chosen] = model(*encoded(tokenizer, [texts[n] for n in chosen])).float().numpy()
    return out


def report(model: Encoder, tokenizer: Tokenizer) -> None:
    """The measures on the mails of ``dev_*``, whose writers wrote nothing of the training texts."""
    mails = examples("dev")
    labelled = labelled_windows(mails)
    scores = logits_of(model, tokenizer, [one.window.text for one in labelled])
    print(summary(scores, labelled, mails), flush=True)


def summary(scores: NDArray[np.float64], labelled: Sequence[Labelled], mails: Sequence[Example]) -> str:
    best = measure.per_mail(scores, [one.example for one in labelled], len(mails))
    truth = np.array([[label in mail.labels for label in LABELS] for mail in mails])
    kept = np.array([bool(mail.labels) or not mail.has_cpr for mail in mails])
    anything = np.asarray(truth.any(1))
    recalls = [measure.recall_at(best[kept, 0], anything[kept], share)[0] for share in (0.03, 0.05, 0.1)]
    f1, at = measure.best_global_f1(best[:, 1:], truth)
    return (
        f"AUC {measure.auc(best[kept, 0], anything[kept]):.3f}, recall at 3/5/10 % "
        + "/".join(f"{r:.2f}" for r in recalls)
        + f", micro F1 {f1:.3f} at {at:.2f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--rounds", type=int, help="after the first (1)")
    parser.add_argument("--begin", type=Path, help="a run on fewer texts to go on from")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    if asked.begin and asked.rounds is not None:
        parser.error("--rounds: there is one round after --begin")
    torch.set_num_threads(2)
    train(asked.out, 1 if asked.rounds is None else asked.rounds, asked.seed, asked.begin)


if __name__ == "__main__":
    main()
