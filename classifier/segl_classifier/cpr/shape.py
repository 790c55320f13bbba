"""A text with each character replaced by what it is: ``0`` a digit of any script, ``a`` another letter or
number, a soft hyphen what is not seen (it, zero-width space, combining marks), a blank everything else.

Where digits stand together is looked for in the shape, whose places are those of the text: in bytes with four
values a search costs a tenth of one in the text, and most texts of a message turn out to hold too few digits
for any number.
"""

from __future__ import annotations

import re
import unicodedata

_DIGIT, _LETTER, _UNSEEN, _SIGN = "0", "a", "\u00ad", " "  # each of them the shape of itself
_UNSEEN_CATEGORIES = ("Cf", "Mn", "Me")
_BEYOND = re.compile(r"[^\x00-\xff]")
_OTHER_THAN_DIGITS = bytes(code for code in range(256) if code != ord(_DIGIT))


def _what(char: str) -> str:
    if char.isdecimal() or (char.isdigit() and char > "ÿ"):  # "⑦" too, but not the "²" of square metres
        return _DIGIT
    if char.isalnum():
        return _LETTER
    return _UNSEEN if unicodedata.category(char) in _UNSEEN_CATEGORIES else _SIGN


_LATIN = bytes(ord(_what(chr(code))) for code in range(256))


def shape_of(text: str) -> bytes:
    """The shape of *text*, of the same length."""
    try:
        latin = text.encode("latin-1")
    except UnicodeEncodeError:
        latin = _BEYOND.sub(lambda found: _what(found.group()), text).encode("latin-1")
    return latin.translate(_LATIN)


def digits_in(shape: bytes) -> int:
    """How many digits there are."""
    return len(shape.translate(None, _OTHER_THAN_DIGITS))
