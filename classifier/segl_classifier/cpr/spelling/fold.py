"""Unusual signs to plain ones: every decimal digit to 0-9, every dash to ``-``, every space to `` ``.

Signs that are not seen (soft hyphen, zero-width space, direction marks, combining marks) vanish, and what a
careless program leaves behind is undone: percent codes (``%2D``), HTML entities (``&#8209;``), the ``=`` of
a quoted-printable line break, the ``> `` of a quoted line. Each plain character remembers where it came
from, so that what is found can be shown in the original text.
"""

from __future__ import annotations

import html
import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from urllib.parse import unquote

# Signs of several characters that stand for something else. The parts are disjoint at their first character, so
# this is linear.
_SEQUENCES = re.compile(
    r"(?:%[0-9A-Fa-f]{2})+|&\#?\w{2,12};|=[ \t]{0,3}\r?\n|\r?\n(?:[ \t]{0,4}>){1,8}[ \t]{0,4}|\r\n"
)
_DASHES = frozenset("\u2212\u2043\u02d7\u00ac\u2500\u2501\u23af\u30fc")  # dashes outside the category Pd
_SAME = {"·": ".", "•": ".", "∙": ".", "⋅": ".", "‧": ".", "⁄": "/", "∕": "/", "│": "|", "┃": "|", "¦": "|"}


@dataclass(frozen=True, slots=True)
class Folded:
    """``plain`` is the folded text; :meth:`at` tells where in the original a character of it stood."""

    plain: str
    begin: int  # where the folded piece begins in the original
    origins: list[int] | None  # of each plain character; None when nothing moved

    def at(self, index: int) -> int:
        """The place in the original text of ``plain[index]``."""
        return self.begin + (index if self.origins is None else self.origins[index])


def fold(text: str, begin: int, end: int) -> Folded:
    """``text[begin:end]`` in plain signs."""
    piece = text[begin:end]
    if not _SEQUENCES.search(piece):
        plain = piece.translate(_TABLE)
        if len(plain) == len(piece):
            return Folded(plain, begin, None)
        return Folded(plain, begin, [at for at, char in enumerate(piece) if _sign(char)])
    parts: list[str] = []
    origins: list[int] = []
    done = 0
    for match in _SEQUENCES.finditer(piece):
        start = match.start()
        _signs(piece, done, start, parts, origins)
        plain = _plain(match.group())
        parts.append(plain)
        origins.extend([start] * len(plain))
        done = match.end()
    _signs(piece, done, len(piece), parts, origins)
    return Folded("".join(parts), begin, origins)


def _signs(piece: str, start: int, end: int, parts: list[str], origins: list[int]) -> None:
    """Adds the plain signs for ``piece[start:end]``, which holds no sequence."""
    for at in range(start, end):
        sign = _sign(piece[at])
        if sign:
            parts.append(sign)
            origins.append(at)


def _plain(found: str) -> str:
    """The plain signs for a sequence."""
    if found[0] == "%":
        return "".join(map(_sign, unquote(found, errors="ignore")))
    if found[0] == "&":
        undone = html.unescape(found)
        return found if undone == found else "".join(map(_sign, undone))
    return "" if found[0] == "=" else "\n"


@cache
def _sign(char: str) -> str:
    """The plain sign for one character. The cache is bounded by the number of characters there are."""
    if char in "\t\n" or " " <= char <= "~":
        return char
    digit = unicodedata.decimal(char, None)
    if digit is not None:
        return str(digit)
    category = unicodedata.category(char)
    if category == "Zs":
        return " "
    if category == "Pd" or char in _DASHES:
        return "-"
    if category in ("Zl", "Zp") or char in "\r\x0b\x0c\x85":
        return "\n"
    if category in ("Cf", "Cc", "Mn", "Me"):
        return ""
    if category == "No":
        return " "  # ² or ①: not a digit of the number, and not a letter glued to it
    wide = unicodedata.normalize("NFKC", char)
    return wide if len(wide) == 1 and wide.isascii() else _SAME.get(char, char)


class _Table(dict[int, str]):
    """:func:`_sign` as :meth:`str.translate` wants it."""

    def __missing__(self, code: int) -> str:
        sign = self[code] = _sign(chr(code))
        return sign


_TABLE = _Table()
