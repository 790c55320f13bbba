"""Templates that nobody has filled in: "Kære [medarbejder]. Du har den [dato] …". Whoever is addressed is a blank, so
what is told is told of nobody; the model sees "giver dig hermed en skriftlig advarsel".

Only what stands behind the first blank, to the last, is left out, where one of the first is for a person, and only
while the next is near: what stands above or below a template, or was written into it at length, is read, and so is all
of one with somebody's name in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from segl_classifier.understanding.written import NOTHING

_FEWEST: Final = 3  # blanks
_NEAR: Final = 500  # characters from one to the next
_OPENING: Final = 2  # blanks, of which one is for a person
_BLANK: Final = re.compile(
    r"\[[^\W\d_][\w ,./’'-]{0,38}\]|\{\{ ?[\w. ]{2,38} ?\}\}|«[\w ]{2,38}»|<[^\W\d_][\w ]{1,30}>"
)
_PERSON: Final = re.compile(
    r"navn|namn|name|medarbejder|ansat|ansøger|borger|beboer|lejer|kunde|klient|elev|studerende|patient|medlem|barn|"
    r"modtager|adressat|mottag|employee|customer|client|tenant|student|pupil|recipient|mitarbeiter|empfänger",
    re.IGNORECASE,
)
# "Anna Lund" within a sentence, where she is no blank.
_NAMED: Final = re.compile(r"(?<=[a-zæøåäöü,:] )[A-ZÆØÅÄÖÜ][a-zæøåäöüé]{1,30} [A-ZÆØÅÄÖÜ][a-zæøåäöüé]{1,30}")
_SIGN: Final = re.compile(r"[^\n]")


def without_templates(text: str) -> str:
    """*text* without what is a template in it; each other character stays in its place."""
    if "[" not in text and "{{" not in text and "«" not in text and "<" not in text:
        return text
    parts: list[str] = []
    done = 0
    for start, end in _templates(text):
        if _NAMED.search(text, start, end):
            continue
        parts += text[done:start], _SIGN.sub(NOTHING, text[start:end])
        done = end
    return "".join((*parts, text[done:])) if parts else text


def _templates(text: str) -> Iterator[tuple[int, int]]:
    """From where to where the templates in *text* go."""
    blanks: list[re.Match[str]] = []
    for blank in _BLANK.finditer(text):
        if blanks and blank.start() - blanks[-1].end() > _NEAR:
            yield from _told(blanks)
            blanks = []
        blanks.append(blank)
    yield from _told(blanks)


def _told(blanks: list[re.Match[str]]) -> Iterator[tuple[int, int]]:
    if len({blank[0] for blank in blanks}) >= _FEWEST and any(
        _PERSON.search(blank[0]) for blank in blanks[:_OPENING]
    ):
        yield blanks[0].end(), blanks[-1].end()
