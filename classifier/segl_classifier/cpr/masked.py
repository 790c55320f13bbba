"""Excerpts in which neither the number found nor any other number found in the same text can be read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from segl.masking import MASK, excerpt
from segl_classifier.cpr.judge import Judged

_KEPT = 4  # leading digits: the day and the month
_AROUND = 160  # characters on either side that an excerpt is cut from


def excerpts(text: str, judged: Sequence[Judged], shown: Sequence[Judged]) -> Iterator[str]:
    """The masked neighbourhood of each of *shown*. *judged* are all numbers found, in order of place."""
    starts = sorted((j.start, j.end) for j in judged)
    for one in shown:
        low, high = max(0, one.start - _AROUND), one.end + _AROUND
        piece = list(text[low:high])
        for start, end in _near(starts, low, high):
            _mask(piece, start - low, end - low)
        yield excerpt("".join(piece), one.start - low, one.end - low)


def _near(places: list[tuple[int, int]], low: int, high: int) -> Iterator[tuple[int, int]]:
    from bisect import bisect_left

    for at in range(max(0, bisect_left(places, (low, 0)) - 1), len(places)):
        start, end = places[at]
        if start >= high:
            return
        if end > low:
            yield start, end


def _mask(piece: list[str], start: int, end: int) -> None:
    seen = 0
    for at in range(max(0, start), min(end, len(piece))):
        if piece[at].isdigit():
            seen += 1
            if seen > _KEPT or start < 0:
                piece[at] = MASK
