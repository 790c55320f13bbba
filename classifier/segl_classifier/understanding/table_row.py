"""A row of a table as the model reads it.

A short one is read at once. Of one that is longer than a sentence each part begins with the cell that says of whom or
what the row is: a few short cells together, or one sentence of what stands in a long one. The sentences of one cell say
it once where they stand together: a date before each of them tears a note in a journal apart. Pages are laid out in
tables, too, and then a whole letter stands in a cell.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile
from typing import NamedTuple

from segl_classifier.layout.tables import Row, told
from segl_classifier.understanding.written import LONGEST_SENTENCE, sentences

_FIRST, _LONGEST_FIRST = 6, 100  # words and characters: a longer first cell says more than of whom or what
_TOGETHER = 15  # words: so many of short cells make a part
_NAME = re.compile(r"[A-ZÆØÅÄÖÜ][a-zæøåäöüé]")  # no date, number or initials


class Part(NamedTuple):
    """A part of a row. ``about`` says of whom or what the row is; it stands before the *text*, but not where that goes
    ``on`` with the cell of the part before."""

    text: str
    about: str = ""
    on: bool = False


def parts_of(row: Row) -> Iterator[Part]:
    """What is read of *row*, each cell with its heading."""
    cells = told(row)
    whole = ", ".join(cells)
    if _count(whole) <= LONGEST_SENTENCE:
        yield Part(whole)
        return
    about = _about(cells, list(filter(None, row.cells)))
    first, *others = _gathered(cells)
    yield first
    yield from (part._replace(about=about) for part in others)


def _about(cells: Sequence[str], values: Sequence[str]) -> str:
    """The first of *cells* with a name, among the short ones at the beginning, or the first of these. *values* are the
    same without their headings."""
    short = list(takewhile(_is_short, cells))
    named = (cell for cell, value in zip(short, values, strict=False) if _NAME.search(value))
    return f"{next(named, short[0])}, " if short else ""


def _gathered(cells: Sequence[str]) -> Iterator[Part]:
    """*cells*, the short ones together, the long ones sentence by sentence."""
    held: list[str] = []
    count, on = 0, False
    for cell in cells:
        said = [sentence for start, end in sentences(cell) if (sentence := cell[start:end].strip())]
        alone = len(said) > 1 or _count(cell) > _TOGETHER
        for number, part in enumerate(said):
            if held and (alone or count + _count(part) > _TOGETHER):
                yield Part(", ".join(held), on=on)
                held, count = [], 0
            on = on if held else number > 0
            held.append(part)
            count += _count(part)
    if held:
        yield Part(", ".join(held), on=on)


def _is_short(cell: str) -> bool:
    return len(cell) <= _LONGEST_FIRST and _count(cell) <= _FIRST


def _count(text: str) -> int:
    return text.count(" ") + 1
