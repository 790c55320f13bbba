"""One-time codes: eight digits that go to the recipient, and the reference by which page and message are matched."""

from __future__ import annotations

import secrets
import unicodedata
from typing import Final

DIGITS: Final = 8
POSSIBLE: Final = 10**DIGITS
# Neither vowels (no words) nor what looks alike or is heard alike.
_LETTERS: Final = "BCDFGHJKLMNPRSTVX"
_FIGURES: Final = "23456789"


def new_code() -> str:
    return f"{secrets.randbelow(POSSIBLE):0{DIGITS}d}"


def spoken(code: str) -> str:
    """In two groups, as it is shown: ``1234 5678``."""
    return f"{code[:4]} {code[4:]}"


def typed(text: str) -> str | None:
    """The code that a person typed: digits of any width, with blanks, dots or dashes between them as they like;
    ``None`` when that is no code. What cannot be one is no try."""
    if len(text) > 64:
        return None
    plain = "".join(c for c in unicodedata.normalize("NFKC", text) if c.isalnum())
    digits = [unicodedata.digit(c, -1) for c in plain]
    return "".join(map(str, digits)) if len(digits) == DIGITS and min(digits) >= 0 else None


def new_reference() -> str:
    """``KV37``: says nothing, and is easy to compare."""
    letters = "".join(secrets.choice(_LETTERS) for _ in range(2))
    return letters + "".join(secrets.choice(_FIGURES) for _ in range(2))
