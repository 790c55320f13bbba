"""Strings that a Word file of before 2007 keeps in tables beside its text (MS-DOC §2.5.6): the variables of the
document, in which templates keep whom a letter is to, and the names of those who changed and commented it.

The tables are of several forms. In each a string is its length in letters, two bytes, then the letters in UTF-16;
what stands between the strings is numbers, which are no such string.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

_PAIRS = 0x9A  # of place and size in the table stream, eight bytes each
_PROPERTIES, _WHO_COMMENTED, _WHO_CHANGED, _VARIABLES = 32, 36, 51, 60
_FEWEST, _LOOKED_AT = 2, 16  # letters of a string; those that show whether it is one
_SAY_NOTHING = frozenset(("Unknown",))  # the first of those who changed it


def strings_beside(stream: bytes, table: bytes) -> list[str]:
    """The strings in the tables of the file whose text is in *stream*."""
    found: dict[str, None] = {}
    for number in (_PROPERTIES, _WHO_COMMENTED, _WHO_CHANGED, _VARIABLES):
        if len(stream) < _PAIRS + 8 * number + 8:
            break
        place, size = struct.unpack_from("<II", stream, _PAIRS + 8 * number)
        found |= dict.fromkeys(_strings(table[place : place + size]))
    return [text for text in found if text not in _SAY_NOTHING]


def _strings(data: bytes) -> Iterator[str]:
    at = 0
    while at + 2 <= len(data):
        (length,) = struct.unpack_from("<H", data, at)
        at += 2
        if not _FEWEST <= length <= (len(data) - at) // 2 or not _letters(data, at, min(length, _LOOKED_AT)):
            continue
        yield data[at : at + 2 * length].decode("utf-16-le", "replace")
        at += 2 * length


def _letters(data: bytes, at: int, length: int) -> bool:
    start = data[at : at + 2 * length].decode("utf-16-le", "replace")
    return "".join(start.split()).isprintable()
