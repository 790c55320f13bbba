"""A trained encoder on disk, as training left it."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

import torch
from tokenizers import Tokenizer

from segl_training.corpus import LABELS
from segl_training.encoder import Encoder
from segl_training.lesson import Lesson, prepared
from segl_training.weights import Architecture

ARCHITECTURE = Architecture(384, 12, 12, 1536, 0, 512, 1e-12)


def load(folder: Path) -> tuple[Encoder, Tokenizer]:
    """The encoder and its tokenizer from *folder* (``encoder.pt``, ``tokenizer.json``)."""
    state = torch.load(folder / "encoder.pt", weights_only=True)
    model = Encoder(ARCHITECTURE, state["words.weight"].numpy(), 1 + len(LABELS))
    model.load_state_dict(state)
    model.eval()
    return model, Tokenizer.from_file(str(folder / "tokenizer.json"))


def lesson_of(folder: Path, plain: Path | None, seed: int) -> Lesson:
    """What the encoder in *folder* says of the corpus, and of sentences in *plain* that nobody has labelled."""
    return prepared(folder, load(folder)[0].words.weight.detach().numpy(), plain, seed)


def taught(train: Callable[[Path, Lesson, int, int], None], about: str | None, epochs: int) -> None:
    """A small stage taught by itself: *train* gets the folder, its lesson, the rounds (*epochs* unless told) and the
    seed of the command line."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--plain", type=Path, help="plain Danish text, unlabelled")
    parser.add_argument("--epochs", type=int, default=epochs)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    train(asked.folder, lesson_of(asked.folder, asked.plain, asked.seed), asked.epochs, asked.seed)
