"""The words in the properties of drawings in files of Office before 2007 (MS-ODRAW §2.2.9, §2.3).

The properties of a shape are a record: eight bytes of head (version 3 and their number, type, length), then for each of
them its number and four bytes, its value. What is longer than that follows the list, and the value is its length. The
words of WordArt are such a property: they are drawn, and no text of the document says them.
"""

from __future__ import annotations

import re
import struct

_TYPES = (b"\x0b\xf0", b"\x21\xf1", b"\x22\xf1")  # properties of a shape, and more of them
_VERSION = 3
_ONE = struct.Struct("<HI")
_LONG, _NUMBER = 0x8000, 0x3FFF
# gtextUNICODE, wzName, wzDescription, wzTooltip
_WORDS = frozenset((0x0C0, 0x380, 0x381, 0x38D))
_MOST, _LONGEST = 10_000, 100_000  # shapes; bytes of the words of one
_NAME = 0x380
_GIVEN_NAME = re.compile(r"(?:[^\W\d_]+[ -]?){1,4} ?\d{0,5}")


def words_of_shapes(data: bytes) -> list[str]:
    """The words of WordArt, and the names and descriptions of shapes, wherever in *data* their properties stand."""
    found: list[str] = []
    for kind in _TYPES:
        place = data.find(kind, 2)
        for _ in range(_MOST):
            if place < 0 or place + 6 > len(data):
                break
            version, size = (
                struct.unpack_from(form, data, at)[0] for form, at in (("<H", place - 2), ("<I", place + 2))
            )
            if version & 0xF == _VERSION and size <= len(data) - place - 6:
                found += _words(data[place + 6 : place + 6 + size], version >> 4)
            place = data.find(kind, place + 2)
    return found


def _words(properties: bytes, count: int) -> list[str]:
    """The words among *count* properties; none when they do not fit into their record."""
    at = count * _ONE.size
    found: list[str] = []
    for number, value in _ONE.iter_unpack(properties[: at if at <= len(properties) else 0]):
        if not number & _LONG:
            continue
        if number & _NUMBER in _WORDS and value <= _LONGEST:
            text = properties[at : at + value].decode("utf-16-le", "ignore").rstrip("\0")
            if not (number & _NUMBER == _NAME and _GIVEN_NAME.fullmatch(text)):
                found.append(text)
        at += value
    return found
