"""Networks and lessons small enough for a second."""

from __future__ import annotations

import random

import numpy as np
import torch
from tokenizers import Tokenizer

from segl_training.corpus import LABELS
from segl_training.encoder import Encoder
from segl_training.lesson import Lesson
from segl_training.vocabulary import tokenizer_of
from segl_training.weights import Architecture

ILL, FINE = "indlagt", ("kaffe", "møde", "bil", "plan", "dør", "lys")
PIECES = ("<s>", "<pad>", "</s>", "<unk>", *(f"▁{word}" for word in (ILL, *FINE)))
PAD = 1
OUTPUTS = 1 + len(LABELS)
SHAPE = Architecture(32, 3, 4, 64, len(PIECES), 40, 1e-12)


def embedding(width: int = SHAPE.hidden) -> np.ndarray:
    return np.random.default_rng(1).normal(size=(len(PIECES), width)).astype(np.float32)


def encoder(shape: Architecture = SHAPE) -> Encoder:
    made: Encoder = Encoder(shape, embedding(shape.hidden), OUTPUTS)
    with torch.no_grad():
        for parameter in made.parameters():
            if parameter.dim() > 1:
                torch.nn.init.normal_(parameter, std=0.15)
    made.eval()
    return made


def tokenizer() -> Tokenizer:
    return tokenizer_of((piece, -float(number)) for number, piece in enumerate(PIECES))


def passages(count: int) -> list[str]:
    """A third of them hold :data:`ILL`."""
    chance = random.Random(1)
    made = []
    for number in range(count):
        words = chance.choices(FINE, k=chance.randint(2, 12))
        if number % 3 == 0:
            words[chance.randrange(len(words))] = ILL
        made.append(" ".join(words))
    return made


def pieces_of(texts: list[str]) -> list[list[int]]:
    cut = tokenizer()
    return [[0, *cut.encode(text).ids, 2] for text in texts]


def lesson(count: int = 240) -> Lesson:
    """A teacher that knows one word: four where it stands, minus four where not. Of the first half the truth is
    known."""
    texts = passages(count)
    ill = np.array([ILL in text for text in texts])
    taught = np.repeat(np.where(ill, 4.0, -4.0)[:, None], OUTPUTS, 1).astype(np.float32)
    truth = np.repeat(ill[: count // 2, None], OUTPUTS, 1).astype(np.float32)
    return Lesson(texts, pieces_of(texts), taught, truth, np.ones(count // 2, np.float32))
