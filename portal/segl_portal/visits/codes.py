"""One-time codes: eight digits that go to the recipient, and the reference by which page and message are matched."""

from __future__ import annotations

import re
import secrets
import unicodedata
from typing import Final

DIGITS: Final = 8
POSSIBLE: Final = 10**DIGITS
# Neither vowels (no words) nor what looks alike or is heard alike.
_LETTERS: Final = "BCDFGHJKLMNPRSTVX"
_FIGURES: Final = "23456789"
LONGEST: Final = 500
_CODE: Final = re.compile(rf"[0-9]{{{DIGITS}}}")
_ALONE: Final = (r"(?<![^\W_])(?<![0-9][\s.-])", r"(?![^\W_])(?![\s.-][0-9])")  # no part of a longer one
_AMONG_WORDS: Final = re.compile(r"([0-9]{4})[\s.-]?([0-9]{4})".join(_ALONE))
_LETTER: Final = re.compile(r"[^\W\d_]{2}")


def new_code() -> str:
    return f"{secrets.randbelow(POSSIBLE):0{DIGITS}d}"


def spoken(code: str) -> str:
    """In two groups, as it is shown: ``1234 5678``."""
    return f"{code[:4]} {code[4:]}"


def typed(text: str) -> str | None:
    """The code that a person typed: digits of any width, with blanks, dots or dashes between them as they like;
    ``None`` when that is no code. What cannot be one is no try. A telephone copies a text message whole: of words
    (at most :data:`LONGEST` characters) it is the one number among them that may be a code."""
    if len(text) > LONGEST:
        return None
    plain = "".join(map(_plain, unicodedata.normalize("NFKC", text)))
    digits = "".join(c for c in plain if c.isalnum())
    if _CODE.fullmatch(digits):
        return digits
    among = {first + last for first, last in _AMONG_WORDS.findall(plain)} if _LETTER.search(plain) else set()
    return among.pop() if len(among) == 1 else None


def _plain(character: str) -> str:
    digit = unicodedata.digit(character, -1)
    return character if digit < 0 else str(digit)


def new_reference() -> str:
    """``KV37``: says nothing, and is easy to compare."""
    letters = "".join(secrets.choice(_LETTERS) for _ in range(2))
    return letters + "".join(secrets.choice(_FIGURES) for _ in range(2))
