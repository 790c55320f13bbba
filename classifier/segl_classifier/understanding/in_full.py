"""Who goes by a first name alone, or by what he is to somebody, read as if a whole name stood there.

"Palle is charged with theft", of a colleague whom everybody knows, "our bookkeeper has cancer": the stages have met
matters of people with both names, and in a sentence by itself they are half as sure that a first name, or none, is
anybody. Who is told of so is as identifiable in the house that it is told in.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from segl_classifier.understanding.unlisted import unlisted

_LAST_NAME: Final = " Holm"
_BOTH: Final = f" Bo{_LAST_NAME}"
_GOES_ON: Final = re.compile(r"[ -][A-ZÆØÅÄÖÜ]")  # "Bo Bro"
_BEFORE: Final = re.compile(r"\w [A-ZÆØÅÄÖÜ][\w.-]* \Z")  # "of Jens Bo": the last of two
_ROLES: Final = (
    r"\w{0,20}(?:chef|leder|mand|(?:an|on|in|al|ur|or|er|es)ist|tør|lærer|pædagog|assistent|konsulent|vikar|nabo|"
    r"kasserer|bogholder|præst|sekretær|elev|lejer|beboer|kollega|medarbejder|formand|direktør|lærling|praktikant|pedel|chauffør|hjælper|træner|"
    r"graver|tjener|svend|mester|kok|læge|sygeplejerske|rådgiver|behandler|spiller|revisor|patient|klient|borger|kunde)"
)
_KIN: Final = (
    r"(?:\w{0,6}(?:mor|far|søn|datter|bror|søster)|kone|mand|kæreste|barnebarn|ældste|yngste|mindste|dreng)"
)
_BEGINS: Final = r"(?:\A|[,:–-] |\b(?:at|og|men|fordi|da) )"
# "vores nye bogholder", "min nabo".
_SOMEBODYS: Final = re.compile(
    rf"\b(?:vores|min|jeres|hans|hendes|din|deres) (?:\w{{2,12}}e )?(?:{_ROLES}|{_KIN})\b(?![ -](?-i:[A-ZÆØÅÄÖÜ]))",
    re.IGNORECASE,
)
# "naboen", "datteren", who does or is something.
_THE: Final = re.compile(
    rf"{_BEGINS}(?:{_ROLES}e?n|moren|moderen|faren|faderen|manden|konen|sønnen|datteren|drengen|pigen|barnet|broderen|"
    r"søsteren|damen)\b(?= (?!der\b)(?-i:[a-zæøå]))",
    re.IGNORECASE,
)


def in_full(sentence: str, first_names: Sequence[tuple[int, int]], *, others: bool = True) -> str:
    """*sentence* with both names in the place of one that is in no list (:mod:`.unlisted`); else with a last name
    behind the first of its *first_names*, from where to where they go, that has none; where nobody is named, with both
    behind what one is to somebody. Without *others* names of the list and "our bookkeeper" are all that is looked for,
    neither what is in no list nor "the bookkeeper"."""
    other = unlisted(sentence) if others else None
    if other and all(start != other[0] for start, _ in first_names):
        return f"{sentence[: other[0]]}{_BOTH.lstrip()}{sentence[other[1] :]}"
    for start, end in first_names:
        if not _GOES_ON.match(sentence, end) and not _BEFORE.search(sentence, 0, start):
            return f"{sentence[:end]}{_LAST_NAME}{sentence[end:]}"
    if first_names or not (one := _SOMEBODYS.search(sentence) or (_THE.search(sentence) if others else None)):
        return sentence
    return f"{sentence[: one.end()]}{_BOTH}{sentence[one.end() :]}"
