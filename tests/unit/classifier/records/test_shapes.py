"""Shapes as text: models and the ways of tools, of which the words stay."""

from __future__ import annotations

import pytest

from corpus.unfolded import Whole
from segl_classifier.records.shapes import words_of_shape

MODEL = [
    "# Pumpehus, Bo Holm",
    "mtllib m.mtl",
    "o Tag",
    *["v -1.250000 0.5 3.1e-05", "vn 0 0 1", "f 1/2/1 12//1 3/4/1"] * 30,
]
WAY = [
    "; Beslag til Bo Holm",
    "M140 S60",
    "G28 ; hjem",
    *["G1 X12.55 Y80.1 E0.0421 F1500", "N20 G0 X-4 Z.5"] * 30,
]


@pytest.mark.parametrize(
    ("lines", "kept"),
    [
        (MODEL, ["# Pumpehus, Bo Holm", "mtllib m.mtl", "o Tag"]),
        (WAY, ["; Beslag til Bo Holm", "; hjem"]),
        (
            [*WAY, "G1 X0707614285 Y1", "; CPR 070761-4285"],
            [*WAY[:1], "; hjem", "G1 X0707614285 Y1", "; CPR 070761-4285"],
        ),
    ],
)
def test_words_are_kept_and_places_are_not(lines: list[str], kept: list[str]) -> None:
    assert words_of_shape("\r\n".join(lines)) == "\n".join(kept)
    (text,) = (
        text.text for text in Whole("a.txt", "\n".join(lines).encode(), "text/plain") if "shape" in text.where
    )
    assert text.split("\n") == kept


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n".join(["Ida Holm;0707614285;12"] * 90),
        "\n".join(["A12 B14 C2"] * 90),  # of a board of an exam
        "\n".join(["12.5 80.1 3.0"] * 90),
        "\n".join(["Kære Ida", "v 1 2 3"] * 90),
    ],
)
def test_other_texts_are_none(text: str) -> None:
    assert words_of_shape(text) is None
