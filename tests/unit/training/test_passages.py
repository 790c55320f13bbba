"""The passages that the small stages hear the encoder's opinion of: made of what is there, the same at each run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from segl_training import passages

WINDOWS = [
    "Referat | Mødet begynder klokken ti. Karen er sygemeldt med stress. Hilsen Jens fra kontoret",
    "Faktura | Beløbet er betalt i går. Vi sender en kvittering i morgen. Hilsen Bogholderiet i Hals",
    "Måler | Du kan aflæse måleren på fredag. Ring, hvis den er frosset. Hilsen Vandværket ved søen",
]
WORDS = {word for window in WINDOWS for word in window.split()}


@pytest.mark.parametrize("make", [passages.mingled, passages.scattered, passages.shortened])
def test_they_are_made_of_the_words_of_the_corpus_alone(make: passages.Maker) -> None:
    made = make(WINDOWS, 50, 1)
    assert len(made) == 50
    assert {word for text in made for word in text.split()} <= WORDS
    assert len(set(made)) > 5


@pytest.mark.parametrize(
    "make", [passages.mingled, passages.scattered, passages.shortened, passages.misspelt]
)
def test_equal_seeds_give_equal_passages(make: passages.Maker) -> None:
    assert make(WINDOWS, 20, 7) == make(WINDOWS, 20, 7) != make(WINDOWS, 20, 8)


def test_what_is_mingled_begins_as_one_window_and_ends_as_another() -> None:
    beginnings = {window.split()[0] for window in WINDOWS}
    endings = {window.split()[-1] for window in WINDOWS}
    for text in passages.mingled(WINDOWS, 20, 1):
        assert text.split()[0] in beginnings
        assert text.split()[-1] in endings


def test_what_is_shortened_stands_in_one_window() -> None:
    for text in passages.shortened(WINDOWS, 30, 1):
        assert any(text in window for window in WINDOWS)
        assert len(text.split()) >= 6


def test_what_is_misspelt_is_no_window() -> None:
    assert not set(passages.misspelt(WINDOWS, 30, 1)) & set(WINDOWS)


def test_beside_news_stands_the_beginning_or_the_end_of_a_window() -> None:
    made = passages.beside(WINDOWS, ["Regeringen mødes i dag."], 20, 1)
    assert len(made) == 20
    for text in made:
        own = text.replace("Regeringen mødes i dag.", "").strip()
        assert own != text
        assert any(window.startswith(own) or window.endswith(own) for window in WINDOWS)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("news.csv", '1,"Det regner, siger hun"\n2,Solen skinner\n'),
        ("news.txt", "Det regner\nSolen skinner\n"),
    ],
)
def test_news_come_from_a_table_or_a_sentence_a_line(tmp_path: Path, name: str, content: str) -> None:
    file = tmp_path / name
    file.write_text(content + content.replace("Solen", "Maanen"), "utf-8")
    made = passages.plain_windows(file, 10, 1)
    assert len(made) == 10
    assert any("skinner" in text for text in made)
    assert not any(text[0].isdigit() for text in made)


def test_long_numbers_of_the_news_are_zeros(tmp_path: Path) -> None:
    file = tmp_path / "news.txt"
    file.write_text("Ring 70123456 nu\n" * 3, "utf-8")
    made = passages.plain_windows(file, 3, 1)
    assert made
    assert all("70123456" not in text and "00000000" in text for text in made)


def test_pieces_are_exchanged_for_others_and_the_marks_of_the_ends_stay() -> None:
    own = [[0, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 2]]
    made = passages.reworded(own, lambda piece: [100 + piece], 40, 1)
    assert any(some != own[0] for some in made)
    for some in made:
        assert (some[0], some[-1], len(some)) == (0, 2, len(own[0]))
        assert all(new in (old, 100 + old) for old, new in zip(own[0], some, strict=True))


def test_the_nearest_are_of_the_same_kind_neither_itself_nor_a_mark() -> None:
    chance = np.random.default_rng(1)
    rows = chance.normal(size=(60, 8)).astype(np.float32)
    begins = np.arange(60) % 2 == 0
    near = passages.nearest(rows, begins)
    for piece in range(4, 60):
        assert piece not in near[piece]
        assert near[piece].min() >= 4
        assert {bool(begins[other]) for other in near[piece]} == {bool(begins[piece])}
    close = rows.copy()
    close[10] = rows[20] * 3  # the same way, another length
    assert 20 in passages.nearest(close, begins)[10]
