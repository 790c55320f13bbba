"""The encoder of the shipped model: the same scores from any thread and any process."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from segl_classifier.understanding.encoder import Answers, Encoder
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
    together = encoder._read([*TEXTS, TEXTS[0] * 5])
    alone = np.concatenate([encoder._read([text]) for text in (*TEXTS, TEXTS[0] * 5)])
    assert np.allclose(together, alone, atol=0.25)  # the scale of 8 bits is that of a batch


def test_many_threads_at_once_get_the_same(encoder: Encoder) -> None:
    expected, wrong = encoder._read(TEXTS[:2]), list[int]()

    def ask(number: int) -> None:
        if not np.allclose(encoder._read(TEXTS[:2]), expected, atol=1e-4):
            wrong.append(number)

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not wrong


def test_a_forked_process_has_a_thread_of_its_own(encoder: Encoder) -> None:
    expected = encoder._read(TEXTS[:2])
    pid = os.fork()
    if pid == 0:
        same = np.allclose(encoder._read(TEXTS[:2]), expected, atol=1e-4)
        os._exit(0 if same else 1)
    assert os.waitpid(pid, 0)[1] == 0


def test_a_passage_seen_before_is_not_read_again(encoder: Encoder, monkeypatch: pytest.MonkeyPatch) -> None:
    encoder.forget()
    first = encoder.logits(TEXTS[:2])
    read: list[str] = []
    real = encoder._read

    def watched(texts: Sequence[str]) -> NDArray[np.float32]:
        read.extend(texts)
        return real(texts)

    monkeypatch.setattr(encoder, "_read", watched)
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


def test_the_library_tells_its_maker_nothing_and_starts_no_thread(tmp_path: Path) -> None:
    """Its reports are off in CI, by the same names that the programs there look for: so without those."""
    script = (
        "import os\n"
        "from segl_classifier.understanding.encoder import Encoder\n"
        "from segl_classifier.understanding.model import shipped_model\n"
        "folder = shipped_model()\n"
        "encoder = Encoder(folder / 'encoder.onnx', folder / 'tokenizer.json')\n"
        "print(len(os.listdir('/proc/self/task')))\n"
        "encoder.logits(['Der er kaffe kl. 9.'])\n"
    )
    home = {
        name: str(tmp_path)
        for name in ("HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "TMPDIR")
    }
    told = subprocess.run(
        [sys.executable, "-c", script],
        env={"PATH": os.environ["PATH"], "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"} | home,
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert (told.stdout, told.stderr) == ("1\n", "")
    assert not list(tmp_path.iterdir())
