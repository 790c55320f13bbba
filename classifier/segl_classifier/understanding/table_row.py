"""A row of a table as the model reads it.

A short one is read at once. Of one that is longer than a sentence each part begins with its first cell, which says whom
or what the row is about: a few short cells together, or one sentence of what stands in a long one. Pages are laid out
in tables, too, and then a whole letter stands in a cell.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from segl_classifier.understanding.written import LONGEST_SENTENCE, sentences

_FIRST, _LONGEST_FIRST = 6, 100  # words and characters: a longer first cell says more than of whom or what
_TOGETHER = 15  # words: so many of short cells make a part


def parts_of(cells: Sequence[str]) -> Iterator[str]:
    """What is read of *cells*, each with its heading."""
    whole = ", ".join(cells)
    if _count(whole) <= LONGEST_SENTENCE:
        yield whole
        return
    named = f"{cells[0]}, " if len(cells[0]) <= _LONGEST_FIRST and _count(cells[0]) <= _FIRST else ""
    first, *others = _gathered(cells)
    yield first
    yield from (f"{named}{part}" for part in others)


def _gathered(cells: Sequence[str]) -> Iterator[str]:
    """*cells*, the short ones together, the long ones sentence by sentence."""
    held: list[str] = []
    count = 0
    for cell in cells:
        said = [sentence for start, end in sentences(cell) if (sentence := cell[start:end].strip())]
        alone = len(said) > 1 or _count(cell) > _TOGETHER
        for part in said:
            if held and (alone or count + _count(part) > _TOGETHER):
                yield ", ".join(held)
                held, count = [], 0
            held.append(part)
            count += _count(part)
    if held:
        yield ", ".join(held)


def _count(text: str) -> int:
    return text.count(" ") + 1
