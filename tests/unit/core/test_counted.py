"""Numbers of things are written as people write them."""

from __future__ import annotations

import pytest

from segl.counted import counted


@pytest.mark.parametrize(
    ("number", "words", "written"),
    [
        (0, ("message",), "0 messages"),
        (1, ("message",), "1 message"),
        (2, ("message",), "2 messages"),
        (1, ("batch", "batches"), "1 batch"),
        (2, ("entry", "entries"), "2 entries"),
    ],
)
def test_one_and_many(number: int, words: tuple[str, ...], written: str) -> None:
    assert counted(number, *words) == written
