"""The encoder of the shipped model: the same scores from any thread and any process."""

from __future__ import annotations

import os
import threading

import numpy as np
import pytest

from segl_classifier.understanding.encoder import Encoder
from segl_classifier.understanding.model import shipped_model

TEXTS = ["Hun er indlagt på psykiatrisk afdeling.", "Der er kaffe kl. 9.", "", "æ" * 5000]


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    folder = shipped_model()
    assert folder is not None
    return Encoder(folder / "encoder.onnx", folder / "tokenizer.json")


def test_each_text_has_a_row_in_its_order(encoder: Encoder) -> None:
    rows = encoder.logits(TEXTS)
    assert rows.shape == (len(TEXTS), 16)
    assert np.isfinite(rows).all()
    assert rows[0, 0] > 1 > -1 > rows[1, 0]


def test_texts_of_any_lengths_together_are_read_as_each_alone(encoder: Encoder) -> None:
    together = encoder.logits([*TEXTS, TEXTS[0] * 5])
    alone = np.concatenate([encoder.logits([text]) for text in (*TEXTS, TEXTS[0] * 5)])
    assert np.allclose(together, alone, atol=0.25)  # the scale of 8 bits is that of a batch


def test_many_threads_at_once_get_the_same(encoder: Encoder) -> None:
    expected, wrong = encoder.logits(TEXTS[:2]), list[int]()

    def ask(number: int) -> None:
        if not np.allclose(encoder.logits(TEXTS[:2]), expected, atol=1e-4):
            wrong.append(number)

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not wrong


def test_a_forked_process_has_a_thread_of_its_own(encoder: Encoder) -> None:
    expected = encoder.logits(TEXTS[:2])
    pid = os.fork()
    if pid == 0:
        same = np.allclose(encoder.logits(TEXTS[:2]), expected, atol=1e-4)
        os._exit(0 if same else 1)
    assert os.waitpid(pid, 0)[1] == 0
