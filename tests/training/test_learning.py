"""Whoever is taught learns it, and the same seed gives the same model."""

from __future__ import annotations

from pathlib import Path
from random import Random

import numpy as np
import pytest
import torch

from segl.vocabulary import Label
from segl_classifier.message import Source
from segl_classifier.understanding.linear import Linear
from segl_classifier.understanding.reading import Window
from segl_training import distill, finetune, sieve, student
from segl_training.corpus import LABELS, Labelled
from segl_training.encoder import Encoder
from segl_training.teaching import PAD, apart, batches, padded
from training import small


@pytest.fixture
def unseen() -> tuple[list[str], np.ndarray]:
    texts = [f"{word} {small.ILL} {word}" for word in small.FINE] + [f"{word} plan" for word in small.FINE]
    return texts, np.array([small.ILL in text for text in texts])


def _anything(model: torch.nn.Module, texts: list[str]) -> np.ndarray:
    ids = padded(small.pieces_of(texts))
    with torch.no_grad():
        return np.asarray(model(ids, ids != PAD)[:, 0])


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


def test_a_student_learns_what_its_teacher_says(
    unseen: tuple[list[str], np.ndarray], monkeypatch: pytest.MonkeyPatch
) -> None:
    texts, ill = unseen
    monkeypatch.setattr(student, "_RATE", 5e-3)
    model = small.encoder()
    model.keep((0, 2))
    assert not _tells(_anything(model, texts), ill)
    student.fit(model, small.lesson(960), 60, seed=1)
    assert _tells(_anything(model, texts), ill)


def test_the_same_seed_gives_the_same_student() -> None:
    one, two = small.encoder(), small.encoder()
    two.load_state_dict(one.state_dict())
    for model in (one, two):
        student.fit(model, small.lesson(60), 1.5, seed=3)
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), two.parameters(), strict=True))


def test_a_teacher_learns_from_labelled_windows(
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


def test_too_low_costs_more_and_anything_most() -> None:
    taught = np.zeros((1, small.OUTPUTS), np.float32)

    def cost(output: int, away: float) -> float:
        said = torch.zeros(1, small.OUTPUTS)
        said[0, output] = away
        return float(apart(said, taught, 1.25))

    assert cost(3, -1) == pytest.approx(1.25 * cost(3, 1))
    assert cost(0, 1) == pytest.approx(4 * cost(3, 1))
    beyond = np.full((1, small.OUTPUTS), 9, np.float32)
    assert apart(torch.full((1, small.OUTPUTS), 6.0), beyond, 1.25) == 0, "what is beyond six is all the same"


def test_an_encoder_says_one_number_for_anything_and_one_for_each_label() -> None:
    assert isinstance(model := small.encoder(), Encoder)
    assert model(torch.tensor([[0, 4, 2]]), torch.ones(1, 3)).shape == (1, 1 + len(LABELS))
