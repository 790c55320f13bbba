"""Whoever is taught learns it, and the same seed gives the same model."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
import pytest
import torch

from segl.vocabulary import Label
from segl_classifier.message import Source
from segl_classifier.understanding.interface import Window
from segl_classifier.understanding.linear import Linear
from segl_training import distill, finetune, sieve
from segl_training.corpus import LABELS, Labelled
from segl_training.encoder import Encoder
from segl_training.sieve import batches, padded
from training import small


@pytest.fixture
def unseen() -> tuple[list[str], np.ndarray]:
    texts = [f"{word} {small.ILL} {word}" for word in small.FINE] + [f"{word} plan" for word in small.FINE]
    return texts, np.array([small.ILL in text for text in texts])


def _anything(model: torch.nn.Module, texts: list[str]) -> np.ndarray:
    ids = padded(small.pieces_of(texts))
    with torch.no_grad():
        return np.asarray(model(ids, ids != small.PAD)[:, 0])


def _tells(said: np.ndarray, ill: np.ndarray) -> bool:
    return bool(said[ill].min() > 1 and said[~ill].max() < -1)


def test_the_sieve_learns_a_word(unseen: tuple[list[str], np.ndarray]) -> None:
    texts, ill = unseen
    model = sieve.fit(small.lesson(), small.embedding(), 40, seed=1)
    assert _tells(_anything(model, texts), ill)


def test_the_linear_stage_learns_a_word_and_its_file_says_the_same(
    unseen: tuple[list[str], np.ndarray], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts, ill = unseen
    monkeypatch.setattr(distill, "_RATE", 0.1)
    learned, kept = distill._fit(small.lesson(), 60, seed=1)
    distill._store(learned, kept, tmp_path / "linear.npz")
    assert _tells(Linear.load(tmp_path / "linear.npz").logits(texts)[:, 0], ill)


def test_the_same_seed_gives_the_same_sieve() -> None:
    made = []
    for _ in range(2):
        torch.manual_seed(3)
        made.append(sieve.fit(small.lesson(60), small.embedding(), 2, seed=3))
    assert all(torch.equal(a, b) for a, b in zip(*(one.parameters() for one in made), strict=True))


def test_the_encoder_learns_from_labelled_windows(
    unseen: tuple[list[str], np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    texts, ill = unseen
    monkeypatch.setattr(finetune, "report", lambda *_: None)
    monkeypatch.setattr(finetune, "_RATE", 2e-3)
    model = small.encoder()
    training = finetune._Training(model, small.tokenizer(), _labelled(small.passages(320)), Random(1))
    training.go([320] * 12, rate=1.0, which_share=0.5)
    said = finetune.logits_of(model, small.tokenizer(), texts)
    assert _tells(said[:, 0], ill)
    health = 1 + LABELS.index(Label.HEALTH)
    assert said[ill].mean(0)[1:].argmax() + 1 == health


def test_what_is_known_worst_is_read_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finetune, "report", lambda *_: None)
    monkeypatch.setattr(finetune, "_RATE", 2e-3)
    known = _labelled(small.passages(320))
    model = small.encoder()
    finetune._Training(model, small.tokenizer(), known, Random(1)).go([320] * 12, rate=1.0, which_share=0.5)
    wrong = [replace(one, labels=tuple(1 - label for label in one.labels)) for one in known[::5]]
    again = finetune._Training(model, small.tokenizer(), [*known, *wrong], Random(1))
    again.look()
    read: list[int] = []

    def step(numbers: list[int], _which_share: float) -> float:
        read.extend(numbers)
        return 0.0

    monkeypatch.setattr(again, "_step", step)
    again.go([len(wrong)], rate=0.1, which_share=0.5)
    assert set(read) == set(range(len(known), len(known) + len(wrong)))


def _labelled(texts: list[str]) -> list[Labelled]:
    return [
        Labelled(
            Window(text, "part 1", Source.BODY, 0, 0, len(text)),
            number,
            tuple(float(label is Label.HEALTH and small.ILL in text) for label in LABELS),
            1.0,
        )
        for number, text in enumerate(texts)
    ]


def test_a_batch_holds_like_lengths_and_all_are_read_once() -> None:
    pieces = [[0] * length for length in [5, 90, 7, 60, 5, 120] * 200]
    made = list(batches(pieces, Random(1)))
    assert sorted(number for batch in made for number in batch) == list(range(len(pieces)))
    assert all(len(batch) * max(len(pieces[n]) for n in batch) <= 4_096 for batch in made)
    assert list(batches(pieces, Random(1))) == made
    assert list(batches(pieces, Random(2))) != made


def test_of_what_is_reckoned_little_is_padding() -> None:
    lengths = [5, 90, 7, 60, 5, 120] * 200
    made = finetune.batches(lengths, range(len(lengths)), Random(1))
    assert sorted(number for batch in made for number in batch) == list(range(len(lengths)))
    reckoned = sum(len(batch) * max(lengths[n] for n in batch) for batch in made)
    assert sum(lengths) / reckoned > 0.9
    assert finetune.batches(lengths, range(len(lengths)), Random(1)) == made
    assert finetune.batches(lengths, range(len(lengths)), Random(2)) != made


def test_an_encoder_says_one_number_for_anything_and_one_for_each_label() -> None:
    assert isinstance(model := small.encoder(), Encoder)
    assert model(torch.tensor([[0, 4, 2]]), torch.ones(1, 3)).shape == (1, 1 + len(LABELS))
