"""What the encoder says of passages is asked once, on all cores, and kept as long as nothing has changed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from segl.vocabulary import Label
from segl_classifier.message import Source, Text
from segl_classifier.understanding.loading import shipped_model
from segl_classifier.understanding.network import Network, Vocabulary
from segl_training import diluted, lesson
from segl_training.corpus import Example
from segl_training.lesson import Answers, Lesson

FEW = {"_SCATTERED": 5, "_MINGLED": 4, "_NEWS": 3, "_BESIDE": 2, "_SHORT": 3, "_MISSPELT": 2, "_REWORDED": 6}
OWN = 4  # the windows of the mails, and one put together of the matter and the coffee
SAID = "hun er indlagt på psykiatrisk afdeling"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shipped = shipped_model()
    assert shipped is not None
    shutil.copy(shipped / "tokenizer.json", tmp_path)
    (tmp_path / "encoder.onnx").write_bytes(b"what the teacher below plays")
    (tmp_path / "news.txt").write_text(
        "Det regner i dag\nSolen skinner igen\nTogene er forsinkede\n", "utf-8"
    )
    for name, count in FEW.items():
        monkeypatch.setattr(lesson, name, count)
    bodies = [
        f"Kære alle, {SAID}. Hilsen Jens Holm",
        "Der er kaffe klokken ni i kantinen.",
        "Nøglen ligger hos Ib.",
    ]
    corpus = [_mail(number, body) for number, body in enumerate(bodies)]
    monkeypatch.setattr(diluted, "examples", lambda kind: corpus if kind == "train" else [])
    # The true one is tried in test_passages.
    monkeypatch.setattr(lesson, "_alike", lambda *_: lambda piece: [piece + 1])
    return tmp_path


def _mail(number: int, body: str) -> Example:
    labels = frozenset({Label.HEALTH} if SAID in body else ())
    spans = tuple((label, SAID) for label in labels)
    return Example(str(number), str(number), (Text(body, "part 1", Source.BODY),), labels, False, spans)


class _Teacher:
    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, pieces: Sequence[list[int]]) -> Iterator[Answers]:
        self.asked += len(pieces)
        for some in pieces:
            yield np.full((1, 16), len(some), np.float32)


def _prepared(folder: Path, teacher: _Teacher, seed: int = 1) -> Lesson:
    return lesson.prepared(folder, np.zeros((1, 1), np.float32), folder / "news.txt", seed, teacher)


def test_each_passage_has_its_answer_and_the_corpus_its_truth(folder: Path) -> None:
    found = _prepared(folder, _Teacher())
    assert len(found.texts) == OWN + sum(FEW.values()) - FEW["_REWORDED"]
    assert len(found.pieces) == len(found.taught) == OWN + sum(FEW.values())
    assert found.taught[:, 0].tolist() == [len(some) for some in found.pieces]
    assert found.truth.shape == (OWN, 16)
    assert found.truth[:, 0].tolist() == [1, 0, 0, 1]
    assert found.weight.tolist() == [1, 1, 1, 1]


def test_it_is_asked_once(folder: Path) -> None:
    first, second = _Teacher(), _Teacher()
    before = _prepared(folder, first)
    after = _prepared(folder, second)
    assert first.asked == len(before.pieces)
    assert second.asked == 0
    assert before.pieces == after.pieces
    assert (before.taught == after.taught).all()


@pytest.mark.parametrize("changed", ["encoder", "seed", "news"])
def test_it_is_asked_again_when_something_has_changed(folder: Path, changed: str) -> None:
    _prepared(folder, _Teacher())
    if changed == "encoder":
        with (folder / "encoder.onnx").open("ab") as file:
            file.write(b"\0")
    if changed == "news":
        (folder / "news.txt").write_text("Noget helt andet\nstod i avisen\nden dag i Hals\n", "utf-8")
    again = _Teacher()
    _prepared(folder, again, seed=2 if changed == "seed" else 1)
    assert again.asked


def test_an_answer_in_another_form_is_asked_for_anew(folder: Path) -> None:
    np.savez(folder / "lesson.npz", taught=np.zeros((1, 16)), teacher="another")
    teacher = _Teacher()
    assert teacher.asked == 0
    assert len(_prepared(folder, teacher).pieces) == teacher.asked
    assert [file.name for file in folder.glob("*.npz")] == ["lesson.npz"]


@pytest.mark.slow
def test_the_encoders_of_all_cores_say_what_one_says(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shipped = shipped_model()
    assert shipped is not None
    shutil.copy(shipped / "encoder.onnx", folder)
    vocabulary = Vocabulary(folder / "tokenizer.json")
    pieces = [vocabulary.pieces(text) for text in (SAID, "kaffe", SAID + " i Hals", "nøglen")]
    monkeypatch.setattr(lesson, "_AT_ONCE", 2)
    said = np.concatenate(list(lesson._asked(folder, pieces)))
    one = Network(folder / "encoder.onnx", vocabulary)
    expected = np.concatenate([one.read_pieces(pieces[:2]), one.read_pieces(pieces[2:])])
    assert (said == expected).all()
