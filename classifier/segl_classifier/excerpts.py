"""Excerpts of a message in which no personal number can be read, in whatever way it is spelled."""

from __future__ import annotations

from segl import masking
from segl_classifier.cpr.hidden import hidden
from segl_classifier.message import Source, Text

_AROUND = 700  # characters on either side that are read: blanks, of which an excerpt shows one, may be many


class Excerpts:
    """Excerpts of the texts of one message. Those of a short text have one neighbourhood, which is read once. It is
    kept here, so this goes with the message."""

    __slots__ = ("_near",)

    def __init__(self) -> None:
        self._near: dict[tuple[str, int, int], str] = {}

    def excerpt(self, text: str, start: int, end: int, around: int = 32, limit: int = 120) -> str:
        """What :func:`segl.masking.excerpt` shows of ``text[start:end]`` and its neighbourhood, without what the
        detector reads as digits too: letters for digits, digits in circles or between tags."""
        low, high = max(0, start - _AROUND), min(len(text), end + _AROUND)
        near = self._near.get((text, low, high))
        if near is None:
            near = self._near[text, low, high] = hidden(Text(text[low:high], "", Source.BODY))
        return masking.excerpt(near, start - low, end - low, around, limit)


def excerpt(text: str, start: int, end: int, around: int = 32, limit: int = 120) -> str:
    """As :meth:`Excerpts.excerpt`, of one place."""
    return Excerpts().excerpt(text, start, end, around, limit)
