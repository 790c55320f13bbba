"""The lines of a text in a drawing, which stand below one another and are marked by nothing else."""

from __future__ import annotations

import gzip

import pytest

from corpus.unfolded import Whole
from segl_classifier.markup.drawing_lines import with_lines

CPR = "010190-1234"


def read(text: str) -> Whole:
    drawing = f'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg">{text}</svg>'.encode()
    packed = str(Whole("tegning.svgz", gzip.compress(drawing)))
    plain = Whole("tegning.svg", drawing)
    assert str(plain) in packed
    return plain


@pytest.mark.parametrize("second", ['x="0" dy="12"', 'x="0" y="24"', 'dy="1.2em"', "dy='-.5em'"])
def test_numbers_below_one_another_are_two(second: str) -> None:
    drawn = read(f'<text y="12"><tspan x="0" y="12">{CPR}</tspan><tspan {second}>020290-1235</tspan></text>')
    assert drawn.numbers == 2


@pytest.mark.parametrize(
    "text",
    [
        "<text><tspan>0101</tspan><tspan>90-1234</tspan></text>",
        '<text y="12"><tspan x="0" y="12">010190-</tspan><tspan x="50" y="12">1234</tspan></text>',
        '<text x="1">0101<tspan dx="2">90</tspan>-1234</text>',
        '<text y="12">010190<tspan dy="0">-1234</tspan></text>',
    ],
)
def test_a_number_in_pieces_beside_one_another_is_one(text: str) -> None:
    assert CPR in str(read(text))


@pytest.mark.parametrize("markup", ["<tspan " * 100_000, "<tspan x='" * 50_000, "<tspan y='1'>" * 100_000])
def test_drawings_without_end_take_time_in_proportion(markup: str) -> None:
    assert len(with_lines(markup)) < 2 * len(markup)
