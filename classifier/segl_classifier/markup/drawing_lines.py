"""The lines of a text in a drawing (SVG 2 §11): pieces that stand below one another are told apart by nothing but where
they stand, and read as they come, the end of one line runs into the next. So a line end is put before such a piece.
"""

from __future__ import annotations

import re

from segl_classifier.markup.attributes import pairs

_PIECE = re.compile(r"<(?:\w{1,20}:)?(?P<name>text|tspan)(?P<attributes>(?:\s[^<>]{0,2000})?)>")
_NOUGHT = re.compile(r"[-+]?0*\.?0*(?:[a-z]{2}|%)?")


def with_lines(markup: str) -> str:
    """*markup* of a drawing with a line end before each piece of a text that stands lower or higher than the one before
    it."""
    if "tspan" not in markup:
        return markup
    kept: list[str] = []
    last, height = 0, ""
    for piece in _PIECE.finditer(markup):
        where = dict(pairs(piece["attributes"]))
        now = where.get("y", height)
        if piece["name"] == "tspan" and (now != height or not _NOUGHT.fullmatch(where.get("dy", ""))):
            kept += (markup[last : piece.start()], "\n")
            last = piece.start()
        height = now
    return "".join([*kept, markup[last:]])
