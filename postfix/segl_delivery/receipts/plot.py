"""A bar chart as a small PNG: days side by side, ways on top of each other. The mail has the words for it."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from typing import Final

WIDTH, HEIGHT = 560, 200
_MARGIN: Final = 12
_GAP: Final = 0.3  # of a bar's place
_PAPER, _LINE = "#ffffff", "#cccccc"


def bars(days: Sequence[Sequence[int]], colours: Sequence[str]) -> bytes:
    """*days* holds a number for each of *colours*; the highest day fills the height."""
    from PIL import Image, ImageDraw  # once a week is seldom

    image = Image.new("RGB", (WIDTH, HEIGHT), _PAPER)
    draw = ImageDraw.Draw(image)
    floor, room = HEIGHT - _MARGIN, HEIGHT - 2 * _MARGIN
    most = max((sum(day) for day in days), default=0) or 1
    for part in range(1, 5):
        y = floor - room * part // 4
        draw.line([(_MARGIN, y), (WIDTH - _MARGIN, y)], _LINE)
    place = (WIDTH - 2 * _MARGIN) / max(1, len(days))
    for number, day in enumerate(days):
        left = _MARGIN + place * (number + _GAP / 2)
        below = 0
        for count, colour in zip(day, colours, strict=True):
            if count:
                top, bottom = floor - room * (below + count) / most, floor - room * below / most
                draw.rectangle([left, top, left + place * (1 - _GAP), bottom], colour)
            below += count
    draw.line([(_MARGIN, floor), (WIDTH - _MARGIN, floor)], "#1a1a1a")
    out = BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()
