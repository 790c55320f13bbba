"""Lines of two readings of the same text: which of them only the one has."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection

_NO_LETTER = re.compile(r"\W+")
_LINES_BEFORE = 2


def letters_of(line: str) -> str:
    """*line* as its letters alone: programs name a text for ligatures, for small capitals, for hyphens."""
    return _NO_LETTER.sub("", unicodedata.normalize("NFKC", line)).casefold()


def words_of(line: str) -> str:
    """*line* with one blank wherever there is space."""
    return " ".join(line.split())


def new_lines(known: Collection[str], drawn: str, form: Callable[[str], str] = letters_of) -> str:
    """The lines of *drawn* that are not among those *known*, all in the same *form*; each with the lines before it."""
    lines = drawn.split("\n")
    kept: dict[int, None] = {}
    for number, line in enumerate(lines):
        if form(line) not in known:
            kept |= dict.fromkeys(range(max(0, number - _LINES_BEFORE), number + 1))
    return "\n".join(lines[number] for number in kept)
