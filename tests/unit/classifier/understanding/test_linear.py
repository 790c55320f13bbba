"""The linear stage: sums of remembered words, the same however they are remembered."""

from __future__ import annotations

from pathlib import Path
from zlib import crc32

import numpy as np
import pytest

from segl_classifier.understanding import linear as module
from segl_classifier.understanding.linear import Linear
from segl_classifier.understanding.linear_features import pair_key, word_keys, words_of
from world.at_once import at_once


def model(**weights: int) -> Linear:
    """A model of one output in which each named word weighs so much."""
    rows = sorted((crc32(f"={word}".encode()), weight) for word, weight in weights.items())
    keys = np.array([key for key, _ in rows], np.uint32)
    values = np.array([[weight] for _, weight in rows], np.int8)
    return Linear(keys, values, np.array([1.0], np.float32), np.array([-1.0], np.float32))


def test_a_window_scores_the_sum_of_its_words_over_the_root_of_their_number() -> None:
    scores = model(kræft=10, sol=-4).logits(["Kræft og sol, og kræft", "ingenting her"])
    assert scores[0, 0] == pytest.approx((10 - 4 + 10) / np.sqrt(5) - 1)
    assert scores[1, 0] == pytest.approx(-1.0)


def test_neighbours_are_a_feature_of_their_own() -> None:
    keys = np.array([pair_key("min", "mand")], np.uint32)
    pair = Linear(keys, np.array([[8]], np.int8), np.ones(1, np.float32), np.zeros(1, np.float32))
    scores = pair.logits(["min mand", "mand min", "min gamle mand"])
    assert scores[:, 0] == pytest.approx([8 / np.sqrt(2), 0, 0])


def test_no_windows_and_windows_without_words_have_scores_too() -> None:
    assert model(a=1).logits([]).shape == (0, 1)
    assert model(a=1).logits(["", "***"])[:, 0] == pytest.approx([-1, -1])


def test_a_window_of_very_many_words_scores_what_its_strongest_part_does() -> None:
    """One without blanks may have hundreds."""
    words = ["x"] * 200 + ["y"] * 49 + ["kræft"]
    alone = model(kræft=10).logits(["/".join(words[200:])])
    assert model(kræft=10).logits(["ingenting", "/".join(words), "/".join(words[::-1])])[1] == alone[0]


def test_forgetting_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [f"ord{chr(97 + n % 26)}{chr(97 + n // 26)} kræft" for n in range(300)]
    expected = model(kræft=10).logits(texts)
    monkeypatch.setattr(module, "_REMEMBERED", 210)
    forgetful = model(kræft=10)
    assert np.allclose(forgetful.logits(texts), expected)
    assert np.allclose(forgetful.logits(texts[::-1])[::-1], expected)


def test_threads_share_what_is_remembered() -> None:
    shared, texts = model(kræft=10), [f"{'abcdefghij'[n % 10] * (1 + n // 10)} kræft" for n in range(400)]
    expected = model(kræft=10).logits(texts)
    for found in at_once(lambda _: [shared.logits(texts) for _ in range(5)], range(4)):
        assert all(np.allclose(one, expected) for one in found)


def test_the_file_holds_no_code(tmp_path: Path) -> None:
    file = tmp_path / "linear.npz"
    np.savez(file, keys=np.array([object()], dtype=object))
    with pytest.raises(ValueError, match="allow_pickle"):
        Linear.load(file)


def test_words_are_small_and_numbers_are_zeros() -> None:
    assert words_of("Sygemeldt d. 12.3.2026 – 40 %?") == ["sygemeldt", "d", "00", "0", "0000", "00", "%", "?"]


def test_a_word_is_known_by_its_parts_too() -> None:
    assert set(word_keys("sygdom")) & set(word_keys("sygdomme"))
    assert len(word_keys("a" * 100_000)) < 200


def test_no_word_is_kept() -> None:
    asked = model(kræft=10)
    asked.logits(["Kirsten Hjortshøj har kræft"])
    assert len(asked._known) == 4
    assert all(type(key) is int for key in asked._known)
