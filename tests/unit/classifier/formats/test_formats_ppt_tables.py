"""PowerPoint 97: the boxes of a group that stand in rows and columns are the cells of a table."""

from __future__ import annotations

import struct
from collections.abc import Sequence

import pytest

from corpus.compound import compound
from corpus.reading import ALLOWANCE, text_of
from corpus.unfolded import Read
from segl_classifier.formats.compound import read

Box = tuple[int, int, str]  # from left and top, and its text
ROWS = [
    ("Navn", "Ordrenr.", "CPR"),
    ("Bo Holm", "0711660012", "110190-1234"),
    ("", "0711660013", "120190-1235"),
    ("Ida", "", "130190-1236"),
]


def record(kind: int, body: bytes, version: int = 15) -> bytes:
    return struct.pack("<HHI", version, kind, len(body)) + body


def shape(box: Box) -> bytes:
    left, top, text = box
    anchor = record(0xF00F, struct.pack("<4i", left, top, left + 90, top + 9), 0)
    atom = record(0x0FA0, text.encode("utf-16-le"), 0)
    return record(0xF004, anchor + (record(0xF00D, atom) if text else b""))


def slides(*groups: Sequence[Box]) -> bytes:
    """A presentation with slides that have a group of boxes each."""
    drawn = (record(0x03EE, record(0xF003, b"".join(map(shape, group)))) for group in groups)
    return compound({"Current User": bytes(40), "PowerPoint Document": b"".join(drawn)})


def cells(rows: Sequence[Sequence[str]]) -> list[Box]:
    return [(100 * x, 10 * y, text) for y, row in enumerate(rows) for x, text in enumerate(row)]


def test_they_are_read_row_by_row() -> None:
    told = text_of(read(slides(cells(ROWS)), "", ALLOWANCE))
    assert "\n".join(map("\t".join, ROWS)) in told


@pytest.mark.parametrize("turn", [list, lambda boxes: boxes[::-1]])
def test_numbers_below_their_headings_are_told_apart(turn) -> None:  # type: ignore[no-untyped-def]
    orders = [["Ordrenr.", "Navn"], *([row[1], row[0]] for row in ROWS[1:])]
    assert Read("dias.ppt", slides(turn(cells(ROWS)), turn(cells(orders)))).numbers == 3


@pytest.mark.parametrize(
    "boxes",
    [
        [(0, 0, "A"), (100, 10, "B"), (200, 20, "C"), (300, 30, "D")],
        [(0, 0, "A"), (0, 10, "B"), (0, 20, "C")],
        [(0, 0, "A"), (0, 0, "B"), (100, 0, "C"), (100, 10, "D"), (0, 10, "E")],
    ],
    ids=["stairs", "a column", "one upon another"],
)
def test_other_boxes_are_read_as_they_come(boxes: list[Box]) -> None:
    assert "\n".join(text for _, _, text in boxes) in text_of(read(slides(boxes), "", ALLOWANCE))


@pytest.mark.parametrize("cut", range(0, 200, 7))
def test_a_stream_cut_off_anywhere_is_read_up_to_there(cut: int) -> None:
    stream = record(0x03EE, record(0xF003, b"".join(map(shape, cells(ROWS)))))
    data = compound({"Current User": bytes(40), "PowerPoint Document": stream[: len(stream) - cut]})
    assert "Bo Holm" in text_of(read(data, "", ALLOWANCE))
