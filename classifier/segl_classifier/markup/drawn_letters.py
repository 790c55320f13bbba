"""Letters drawn as outlines in a drawing (SVG 2 §9.3): to a reader they are words, and no word stands in the file.

What makes drawings of pages (cairo, dvisvgm, matplotlib) draws each letter once, and uses it wherever it stands; what
turns text to paths draws each anew, with some ten curves. A logo has less of both.
"""

from __future__ import annotations

import re

_USED = re.compile(r"<(?:\w{1,20}:)?use\s[^<>]{0,2000}?href\s{0,9}=\s{0,9}[\"']#(?P<name>[^\"'<>]{1,80})")
_FEWEST_USED, _FEWEST_SHAPES = 10, 5  # the ten digits of a personal number, of which some are equal
_PATH = re.compile(r"\sd\s{0,9}=\s{0,9}(?:\"(?P<double>[^\"<>]*+)|'(?P<single>[^'<>]*+))")
_CURVES = re.compile(r"(?P<kind>[CcSsQqTtAa])(?P<numbers>(?:[^a-zA-Z]|[eE](?=[-+0-9]))*+)")
_NUMBER = re.compile(r"(?:[0-9]++(?:\.[0-9]*+)?|\.[0-9]++)(?:[eE][-+]?[0-9]++)?")
_NUMBERS_OF = {"c": 6, "s": 4, "q": 4, "t": 2, "a": 7}
FEWEST_CURVES = 1_000  # as on a page of a PDF


def draws_letters(markup: str) -> bool:
    """Whether *markup*, a drawing, may show words that do not stand in it."""
    shapes: set[str] = set()
    for number, use in enumerate(_USED.finditer(markup), 1):
        if len(shapes) < _FEWEST_SHAPES:
            shapes.add(use["name"])
        if number >= _FEWEST_USED and len(shapes) >= _FEWEST_SHAPES:
            return True
    curves = 0.0
    for path in _PATH.finditer(markup):
        curves += curves_in(path["double"] or path["single"] or "")
        if curves >= FEWEST_CURVES:
            return True
    return False


def curves_in(path: str) -> float:
    """How many curves *path* has, as far as it matters."""
    curves = 0.0
    for curve in _CURVES.finditer(path):
        numbers = sum(1 for _ in _NUMBER.finditer(curve["numbers"]))
        curves += numbers / _NUMBERS_OF[curve["kind"].lower()]
        if curves >= FEWEST_CURVES:
            break
    return curves
