"""Who goes by a first name alone, or by what he is to somebody, read as if a whole name stood there.

"Palle is charged with theft", of a colleague whom everybody knows, "our bookkeeper has cancer": the stages have met
matters of people with both names, and in a sentence by itself they are half as sure that a first name, or none, is
anybody. Who is told of so is as identifiable in the house that it is told in.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

_LAST_NAME: Final = " Holm"
_BOTH: Final = f" Bo{_LAST_NAME}"
_GOES_ON: Final = re.compile(r"[ -][A-ZÆØÅÄÖÜ]")  # "Bo Bro"
_BEFORE: Final = re.compile(r"\w [A-ZÆØÅÄÖÜ][\w.-]* \Z")  # "of Jens Bo": the last of two
# "vores nye bogholder", "min nabo".
_SOMEBODYS: Final = re.compile(
    r"\b(?:vores|min|jeres|hans|hendes|din) (?:\w{2,12}e )?\w{0,20}(?:chef|leder|mand|kone|mor|far|søn|datter|bror|"
    r"søster|ist|tør|lærer|pædagog|assistent|konsulent|vikar|nabo|kasserer|bogholder|præst|sekretær|elev|lejer|kollega|"
    r"medarbejder|formand|direktør|kæreste|lærling)\b(?![ -](?-i:[A-ZÆØÅÄÖÜ]))",
    re.IGNORECASE,
)


def in_full(sentence: str, first_names: Sequence[tuple[int, int]]) -> str:
    """*sentence* with a last name behind the first of its *first_names*, from where to where they go, that has none;
    where nobody is named, with a name behind what one is to somebody."""
    for start, end in first_names:
        if not _GOES_ON.match(sentence, end) and not _BEFORE.search(sentence, 0, start):
            return f"{sentence[:end]}{_LAST_NAME}{sentence[end:]}"
    if first_names or not (one := _SOMEBODYS.search(sentence)):
        return sentence
    return f"{sentence[: one.end()]}{_BOTH}{sentence[one.end() :]}"
