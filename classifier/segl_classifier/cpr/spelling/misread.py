"""Letters that stand for digits right behind a word for the personal number, as pictures are read: "CPR 07O76l 42B5".

Six digits, a hyphen and four are told without such a word (:mod:`.level`).
"""

from __future__ import annotations

import re

import re2

from segl_classifier.latin import latin_options, small_letters

_ALIKE = {
    "O": "0",
    "o": "0",
    "Q": "0",
    "I": "1",
    "l": "1",
    "i": "1",
    "S": "5",
    "s": "5",
    "B": "8",
    "Z": "2",
}
_AS_DIGITS = str.maketrans(_ALIKE)
_ONE = "[0-9oqilsbz]"
# Of small letters. It begins with certain bytes, for which the search leaps.
_LABEL = r"(?:cpr|personn)[^\W\d]{0,9}[-. ]{0,2}(?:nr|no|num(?:mer)?)?[.:#=,\s]{0,4}(?:(?:er|is)[: ]{1,2})?"
_NUMBER = rf"(?![a-z]{{2}}[ ./-])(?:{_ONE}{{2}}[ ./-]?){{3}}(?: ?[-~=_*.]? ?){_ONE}{{2}} ?{_ONE}{{2}}"
_LABELLED = re.compile(rf"{_LABEL}(?P<number>{_NUMBER})(?![0-9a-z\xdf-\xff])".encode("latin-1"))
_MIXED = re2.compile(rb"[0-9][oqilsbz]|[oqilsbz][0-9]", latin_options())
_FEWEST_REAL = 3  # of the ten digits


def with_digits(text: str) -> str:
    """*text* with digits for such letters; *text* itself when there are none."""
    parts: list[str] = []
    done = 0
    small = small_letters(text)
    if (b"cpr" not in small and b"personn" not in small) or _MIXED.search(small) is None:
        return text
    for found in _LABELLED.finditer(small):
        start, end = found.span("number")
        number = text[start:end]
        real = sum(map(str.isdecimal, number))
        if _FEWEST_REAL <= real < 10:
            parts += (text[done:start], number.translate(_AS_DIGITS))
            done = end
    return "".join((*parts, text[done:])) if parts else text
