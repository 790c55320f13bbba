"""Excerpts of a message in which no personal number can be read, in whatever way it is spelled."""

from __future__ import annotations

from segl import masking
from segl_classifier.cpr.hidden import hidden
from segl_classifier.message import Source, Text

_AROUND = 700  # characters on either side that are read: blanks, of which an excerpt shows one, may be many


def excerpt(text: str, start: int, end: int, around: int = 32, limit: int = 120) -> str:
    """What :func:`segl.masking.excerpt` shows of ``text[start:end]`` and its neighbourhood, without what the detector
    reads as digits too: letters for digits, digits in circles or between tags."""
    low = max(0, start - _AROUND)
    near = hidden(Text(text[low : end + _AROUND], "", Source.BODY))
    return masking.excerpt(near, start - low, end - low, around, limit)
