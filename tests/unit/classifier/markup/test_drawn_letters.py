"""Drawings (SVG) that show words as outlines."""

from __future__ import annotations

import time

import pytest

from corpus.extracted import extract
from segl.mime.transfer import Encoding
from segl.settings.detection import Limits
from segl_classifier.extract import Pictures
from segl_classifier.markup.drawn_letters import draws_letters
from segl_classifier.message import Message, Part

SVG = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">{}</svg>'
GLYPHS = "".join(f'<g id="glyph-0-{n}"><path d="M 1 0 L 9 6 Z"/></g>' for n in range(10))
NUMBER = "".join(f'<use xlink:href="#glyph-0-{digit}" x="{digit}" y="20"/>' for digit in "0707614285")
CURVES = "c1.5-2 3,4e1 5 6 " * 1_000
LOGO = "".join(f'<path d="M{n} 0C1 1 2 2 3 3c.5.5.5.5.5.5-1-1-1-1-1-1z"/>' for n in range(60))


@pytest.mark.parametrize(
    "inside",
    [
        GLYPHS + NUMBER,
        GLYPHS + NUMBER.replace("xlink:href", "href").replace('"', "'"),
        f'<path fill="#000" d="M0 0{CURVES}z"/>',
        f"<path d='M0 0{CURVES.replace('c', ' Q ')}z'/>",
        f'<path d="M0 0c{"1 2 3 4 5 6 " * 1_000}"/>',
        "".join(f'<path d="m{n} 0 {"a1 1 0 0 1 2 2" * 12}"/>' for n in range(100)),
    ],
)
def test_words_that_are_drawn_are_told_of(inside: str) -> None:
    assert draws_letters(SVG.format(inside))


@pytest.mark.parametrize(
    "inside",
    [
        LOGO,
        "<path d='M0 0" + "h9v9h-9z" * 2_000 + "'/>",
        "".join(f'<rect x="{n}" width="4"/><text x="{n}">jan</text>' for n in range(500)),
        GLYPHS + '<use href="#glyph-0-1"/>' * 200,  # a marker of each point of a curve
        '<symbol id="c"/>' + NUMBER[:100],
    ],
)
def test_logos_and_charts_are_not(inside: str) -> None:
    assert not draws_letters(SVG.format(inside))


def unread(pictures: Pictures, shown: str, filler: str = "") -> list[str]:
    drawing = SVG.format(GLYPHS + NUMBER + filler).encode()
    page = f'<img src="cid:{shown}">'.encode()
    parts = (
        Part("part 1", "text/html", "", "", False, page, Encoding.NONE),
        Part("part 2", "image/svg+xml", "", "logo.svg", True, drawing, Encoding.NONE, "logo"),
    )
    return [gap.excerpt for gap in extract(Message(parts, ()), Limits(), pictures=pictures)[1]]


@pytest.mark.slow
def test_a_small_drawing_in_its_place_is_decoration_as_a_picture_is() -> None:
    told = ["image/svg+xml: letters as outlines"]
    assert unread(Pictures(), "other") == told
    assert unread(Pictures(ocr=True), "other") == told
    assert unread(Pictures(), "logo") == []
    assert unread(Pictures(), "logo", "<g> </g>" * 4_000) == told
    assert unread(Pictures(ignore=True), "other") == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "unit", ["<use ", '<use href="#', '<use href="#a"/>', ' d="', ' d="1', ' d="c1"', "c", "1."]
)
def test_time_grows_with_length_and_no_faster(unit: str) -> None:
    def seconds(size: int) -> float:
        markup = unit * (size // len(unit))
        start = time.thread_time()
        draws_letters(markup)
        return time.thread_time() - start

    assert min(seconds(2_000_000) for _ in range(2)) < 20 * max(min(seconds(250_000) for _ in range(3)), 0.05)
