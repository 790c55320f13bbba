"""Who goes by a first name alone, read as if a last name stood behind it.

"Palle is charged with theft", of a colleague whom everybody knows: the stages have met matters of people with both
names, and of a first name by itself, in a sentence by itself, they are half as sure that it is anybody. Who is told of
so is as identifiable in the house that it is told in.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

_LAST_NAME: Final = " Holm"
_GOES_ON: Final = re.compile(r"[ -][A-ZÆØÅÄÖÜ]")  # "Bo Bro"
_BEFORE: Final = re.compile(r"\w [A-ZÆØÅÄÖÜ][\w.-]* \Z")  # "of Jens Bo": the last of two


def in_full(sentence: str, first_names: Sequence[tuple[int, int]]) -> str:
    """*sentence* with a last name behind the first of its *first_names*, from where to where they go, that has none."""
    for start, end in first_names:
        if not _GOES_ON.match(sentence, end) and not _BEFORE.search(sentence, 0, start):
            return f"{sentence[:end]}{_LAST_NAME}{sentence[end:]}"
    return sentence
