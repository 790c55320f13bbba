"""What a network said before, it says again without reading; and what it keeps for that tells nobody a word."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from segl_classifier.understanding.loading import shipped_model
from segl_classifier.understanding.network import Network, Vocabulary
from segl_classifier.understanding.recalling import Answers, Encoder

TEXTS = ["Hun er indlagt på psykiatrisk afdeling.", "Der er kaffe kl. 9."]


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    folder = shipped_model()
    assert folder is not None
    return Encoder(folder / "encoder.onnx", Vocabulary(folder / "tokenizer.json"))


def test_a_passage_seen_before_is_not_read_again(encoder: Encoder, monkeypatch: pytest.MonkeyPatch) -> None:
    encoder.forget()
    first = encoder.logits(TEXTS)
    read: list[str] = []
    real = Network.read

    def watched(network: Network, texts: Sequence[str]) -> NDArray[np.float32]:
        read.extend(texts)
        return real(network, texts)

    monkeypatch.setattr(Network, "read", watched)
    again = encoder.logits([TEXTS[1], "Noget nyt.", TEXTS[0], "Noget nyt."])
    assert read == ["Noget nyt."]
    assert (again[[2, 0]] == first).all()
    assert (again[1] == again[3]).all()


def test_no_more_answers_are_kept_than_there_is_room_for() -> None:
    answers = Answers(most=3)
    keys = [answers.key(f"nummer {n}") for n in range(5)]
    rows = {key: np.full(16, n, np.float32) for n, key in enumerate(keys)}
    for key, row in rows.items():
        answers.keep({key: row})
        answers.recall(keys[:1])  # the first is asked for all the time, so it stays
    assert len(answers) == 3
    assert set(answers.recall(keys)) == {keys[0], keys[3], keys[4]}


def test_no_word_of_a_passage_can_be_read_out_of_what_is_remembered(encoder: Encoder) -> None:
    encoder.forget()
    encoder.logits(["Kirsten Hjortshøj er indlagt."])
    kept = b"".join(encoder._answers._places)
    assert len(encoder._answers) == 1
    assert b"Kirsten" not in kept
    assert Answers().key("a") != Answers().key("a")  # a key of one process says nothing to another
