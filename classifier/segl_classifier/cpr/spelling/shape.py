"""A text with each character replaced by what it is: ``0`` a digit of any script, ``a`` another letter or
number, a soft hyphen what is not seen (it, zero-width space, combining marks), a blank everything else.

Where digits stand together is looked for in the shape, whose places are those of the text: in bytes with four
values a search costs a tenth of one in the text, and most texts of a message turn out to hold too few digits
for any number.
"""

from __future__ import annotations

import unicodedata

_DIGIT, _LETTER, _UNSEEN, _SIGN = "0", "a", "\u00ad", " "  # each of them the shape of itself
_UNSEEN_CATEGORIES = ("Cf", "Mn", "Me")
_MANY = 40  # characters that Latin-1 lacks, different ones: fewer are replaced one after the other
_OTHER_THAN_DIGITS = bytes(code for code in range(256) if code != ord(_DIGIT))


def _what(char: str) -> str:
    if char.isdecimal() or (char.isdigit() and char > "ÿ"):  # "⑦" too, but not the "²" of square metres
        return _DIGIT
    if char.isalnum():
        return _LETTER
    return _UNSEEN if unicodedata.category(char) in _UNSEEN_CATEGORIES else _SIGN


class _Table(dict[int, str]):
    """What characters are, as :meth:`str.translate` wants it; bounded by the number of characters there are."""

    def __missing__(self, code: int) -> str:
        shape = self[code] = _what(chr(code)) if code > 0xFF else chr(code)
        return shape


_TABLE = _Table()
_LATIN = bytes(ord(_what(chr(code))) for code in range(256))


def shape_of(text: str) -> bytes:
    """The shape of *text*, of the same length."""
    return _made_latin(text).translate(_LATIN)


def _made_latin(text: str) -> bytes:
    """*text* in Latin-1, with what it is for each character that this lacks."""
    for _ in range(_MANY):
        try:
            return text.encode("latin-1")
        except UnicodeEncodeError as error:
            char = text[error.start]
            text = text.replace(char, _TABLE[ord(char)])
    return text.translate(_TABLE).encode("latin-1")


def digits_in(shape: bytes) -> int:
    """How many digits there are."""
    return len(shape.translate(None, _OTHER_THAN_DIGITS))
