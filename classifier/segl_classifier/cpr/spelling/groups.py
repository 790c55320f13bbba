"""The groups of digits in a text, and where among them a spelling of ten digits may begin.

An expression over a text that is to find dates is tried at each digit, some fifty nanoseconds each time, and a table
has little but digits. Every spelling begins with the first digit of a group. So of the text a copy is made in bytes,
a character each: ``1`` the first digit of a group, ``0`` another one, ``a`` a letter, and three kinds of signs. A
search for one certain byte leaps (memchr), and the expressions here say where it is worth trying the exact ones, which
look at the text. They find too much, and never too little: beyond Latin-1 everything is a sign of the third kind.
Most tables hold none of it, which RE2 tells in one pass.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import re2

from segl_classifier.latin import latin_options

_HYPHEN, _DOT, _ANY = " ", ".", ";"  # a blank too; what stands within a date; all others


def _what(char: str) -> str:
    if "0" <= char <= "9":
        return "0"
    if char.isalnum():
        return "a"
    return _HYPHEN if char in " -" else _DOT if char in "./_\r\n" else _ANY


_LONG = 300  # characters, from which on it takes less to ask first whether there is any
_LATIN = bytes(ord(_what(chr(code))) for code in range(256))
_FIRST_DIGITS = [(before + b"0", before + b"1") for before in (b" ", b"a", b".", b";")]


class GroupPattern(NamedTuple):
    """*at* matches where one may begin, *anywhere* if there is any."""

    at: re.Pattern[bytes]
    anywhere: re2._Regexp

    @classmethod
    def of(cls, groups: str) -> GroupPattern:
        """What begins with a digit and *groups* behind it; no other digit follows."""
        return cls(
            re.compile(f"1(?=(?:{groups})(?![01]))".encode()),
            re2.compile(f"1(?:{groups})(?:[^01]|$)".encode(), latin_options()),
        )


_EACH = "[ .;]{1,3}1"  # a digit by itself
# Ten digits as they are usually divided, or each by itself.
USUAL = GroupPattern.of(
    "0[ .]{0,4}[01]0[ .]{0,4}[01]0[ .;]{0,24}[01] {0,3}[01] {0,3}[01] {0,3}[01]"
    f"|{_EACH * 5}[ .;]{{0,6}}[01]{_EACH * 3}"
)
# A date in another form than DDMMYY (eight digits in a row, or divided into three), and four digits.
DATED = GroupPattern.of("(?:0{7}|0{0,3}[ .]{1,2}10?[ .]{1,2}10(?:00)?)[ .;]{0,5}[01]0 ?[01]0")
SHORT = GroupPattern.of("0000 ?[01]000")  # nine digits


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

    def places(self, of: GroupPattern) -> list[int]:
        """Where in the text a spelling of this kind may begin."""
        if len(self._groups) > _LONG and of.anywhere.search(self._groups) is None:
            return []
        low = self._low
        return [found.start() + low for found in of.at.finditer(self._groups, self._start - low)]
