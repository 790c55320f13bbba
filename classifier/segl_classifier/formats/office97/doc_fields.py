"""Fields of forms in Word files before 2007 (MS-DOC §2.9.78): what stands in them, and what there is to choose from.

The text holds a sign in the place of such a field. What it is called, its default and its entries are a block in the
stream ``Data``: 68 bytes of head (``PICF``, of which nothing counts but its own size), -1, bits, two sizes, then
strings, each with its length before it and a zero behind. The entries of a list follow, without the zeros.
"""

from __future__ import annotations

import re
import struct

_BLOCK = re.compile(rb"\x44\0.{62}\xff\xff\xff\xff", re.DOTALL)  # from the size of the head on
_HEAD, _STRINGS = 68, 78
_TYPE, _TEXT, _LIST = 3, 0, 2  # in the bits
_MOST, _MOST_ENTRIES, _LONGEST = 10_000, 1_000, 20_000
_WORDS = re.compile(rb"(?:[\x20-\x7e\xa0-\xff]\0){4,}")
_BROKEN = (struct.error, IndexError, UnicodeError)


def words_of_fields(data: bytes) -> list[str]:
    """The words of every field in the stream *data*."""
    found: list[str] = []
    for number, block in enumerate(_BLOCK.finditer(data)):
        start = block.start() - 4
        if number >= _MOST or start < 0:
            break
        size = int.from_bytes(data[start : start + 4], "little")
        try:
            _words(data[start : start + size], found)
        except _BROKEN:  # of another form, or something else altogether
            words = _WORDS.findall(data[start : start + min(size, _LONGEST)])
            found += [word.decode("utf-16-le") for word in words]
    return [word for word in found if word.strip()]


def _words(block: bytes, found: list[str]) -> None:
    """Adds the words of one field, as far as *block* holds any."""
    kind = block[_HEAD + 4] & _TYPE
    at = _STRINGS
    name, at = _string(block, at, 2)
    if kind == _TEXT:
        default, at = _string(block, at, 2)
        found.append(default)
    else:
        at += 2
    for _ in range(5):  # its form, two hints, two macros
        word, at = _string(block, at, 2)
        found.append(word)
    if kind == _LIST:
        at += 6  # -1, how many, nothing
        for _ in range(_MOST_ENTRIES):
            if at + 2 > len(block):
                break
            word, at = _string(block, at, 0)
            found.append(word)
    found.append(name)


def _string(block: bytes, at: int, behind: int) -> tuple[str, int]:
    (length,) = struct.unpack_from("<H", block, at)
    end = at + 2 + 2 * length
    if end > len(block):
        raise IndexError
    return block[at + 2 : end].decode("utf-16-le"), end + behind
