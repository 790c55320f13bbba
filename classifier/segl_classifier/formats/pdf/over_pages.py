"""A sentence that begins on one page of a PDF and ends on the next, with the foot of the one and the head of the other
between its halves.

Each page is a text of its own. In one half stands whom the sentence is of, in the other what it says of her.
"""

from __future__ import annotations

import re

_FULL = 0.6  # of the longest line of a page: a line that goes on is no shorter, what stands at its foot most often is
_FEWEST = 24  # characters of such a line
_EDGE = 8  # lines among which the last of a page, or the first, is looked for: more does no letterhead have
_LINES = 4  # of a page that a half of a sentence has at most
_MOST = 20_000  # characters of a page on which anybody reads from line to line
_STOPS = (".", "!", "?", ":", "…")
_END = re.compile(r"[.!?…](?=\s+[^\W\d_a-zæøåäöü])")
_SMALL = re.compile("[a-zæøåäöü]")
_DIGITS = re.compile("[0-9]+")


def over_pages(above: str, below: str) -> str:
    """The sentence that goes on from the page *above* on the page *below*, empty if none does. Lines that stand on both
    but for their figures are of head and foot."""
    if not above or len(above) > _MOST or len(below) > _MOST:
        return ""
    first, second = _lines(above), _lines(below)
    same = {*map(_folded, first)} & {*map(_folded, second)}
    first = [line for line in first if _folded(line) not in same]
    second = [line for line in second if _folded(line) not in same]
    half, rest = _last(first), _first(second)
    # The last row of a table is no half of a sentence.
    if not half or not rest or "\t" in half.rpartition("\n")[2]:
        return ""
    begun = half[[0, *(end.end() for end in _END.finditer(half))][-1] :]
    end = _END.search(rest)
    return f"{begun.strip()}\n{rest[: end.end() if end else len(rest)]}"


def _lines(page: str) -> list[str]:
    return [line.strip() for line in page.split("\n") if line.strip()]


def _folded(line: str) -> str:
    return _DIGITS.sub("0", line)


def _last(lines: list[str]) -> str:
    """The last lines of a page, if they break off."""
    least = max(_FEWEST, _FULL * max(map(len, lines), default=0))
    for number in range(len(lines) - 1, max(-1, len(lines) - 1 - _EDGE), -1):
        if lines[number].endswith(_STOPS):
            return ""
        if len(lines[number]) >= least:
            return "\n".join(lines[max(0, number + 1 - _LINES) : number + 1])
    return ""


def _first(lines: list[str]) -> str:
    """The first lines of a page that begin in the middle of a sentence."""
    found = next((number for number, line in enumerate(lines[:_EDGE]) if _SMALL.match(line)), None)
    return "" if found is None else "\n".join(lines[found : found + _LINES])
