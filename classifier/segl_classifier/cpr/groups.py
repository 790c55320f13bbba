"""The groups of digits in a text, and where among them a spelling of ten digits may begin.

An expression over a text that is to find dates is tried at each digit, some fifty nanoseconds each time, and a table
has little but digits. Every spelling begins with the first digit of a group. So of the text a copy is made in bytes,
a character each: ``1`` the first digit of a group, ``0`` another one, ``a`` a letter, and three kinds of signs. A
search for one certain byte leaps (memchr), and the expressions here say where it is worth trying the exact ones, which
look at the text. They find too much, and never too little: beyond Latin-1 everything is a sign of the third kind.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_HYPHEN, _DOT, _ANY = " ", ".", ";"  # a blank too; what stands within a date; all others


def _what(char: str) -> str:
    if "0" <= char <= "9":
        return "0"
    if char.isalnum():
        return "a"
    return _HYPHEN if char in " -" else _DOT if char in "./_\r\n" else _ANY


_LATIN = bytes(ord(_what(chr(code))) for code in range(256))
_FIRST_DIGITS = [(before + b"0", before + b"1") for before in (b" ", b"a", b".", b";")]

_EACH = rb"[ .;]{1,3}+1"  # a digit by itself
# Ten digits as they are usually divided, or each by itself.
USUAL = re.compile(
    rb"1(?=0[ .]{0,4}+[01]0[ .]{0,4}+[01]0[ .;]{0,6}+[01] {0,3}+[01] {0,3}+[01] {0,3}+[01](?![01])"
    rb"|" + _EACH * 5 + rb"[ .;]{0,6}+[01]" + _EACH * 3 + rb"(?![01]))"
)
# A date in another form than DDMMYY (eight digits in a row, or divided into three), and four digits.
DATED = re.compile(rb"1(?=0{0,3}+(?:0{4}|[ .]{1,2}+10?[ .]{1,2}+10(?:00)?)[ .;]{0,5}+[01]0 ?[01]0(?![01]))")
# Nine digits.
SHORT = re.compile(rb"1(?=0000 ?[01]000(?![01]))")


class Groups:
    """The groups of digits in ``text[start:stop]``."""

    __slots__ = ("_groups", "_low", "_start")

    def __init__(self, text: str, start: int, stop: int) -> None:
        self._start = start
        self._low = max(0, start - 1)  # so that it is known whether a digit stands before the first
        groups = text[self._low : stop].encode("latin-1", "replace").translate(_LATIN)
        if not start and groups.startswith(b"0"):
            groups = b"1" + groups[1:]
        for other, first in _FIRST_DIGITS:
            groups = groups.replace(other, first)
        self._groups = groups

    def places(self, of: re.Pattern[bytes]) -> Iterator[int]:
        """Where in the text a spelling of this kind may begin."""
        low = self._low
        for found in of.finditer(self._groups, self._start - low):
            yield found.start() + low
