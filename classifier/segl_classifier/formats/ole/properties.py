"""Properties of Office files before 2007 (MS-OLEPS): title, author, comments, and those a user made up.

A property set stream holds one or two sections; a section is a list of identifiers and places, then typed values.
Section one of ``DocumentSummaryInformation`` has a dictionary (identifier 0) with the names of the user's own.
"""

from __future__ import annotations

import struct

_NAMES = {
    2: "title",
    3: "subject",
    4: "author",
    5: "keywords",
    6: "comments",
    7: "template",
    8: "last author",
}
_NAMES_MORE = {2: "category", 14: "manager", 15: "company", 13: "titles of parts"}
_MORE = bytes.fromhex("02d5cdd59c2e1b10939708002b2cf9ae")
_FIRST = bytes.fromhex("e0859ff2f94f6810ab9108002b27b3d9")
_MOST = 1_000  # properties of a section, or values of a vector
_MOST_LETTERS = 1_000_000
_STRING, _WIDE, _VARIANT, _VECTOR = 0x1E, 0x1F, 0x0C, 0x1000
_NUMBERS = {2: "<h", 3: "<i", 0x12: "<H", 0x13: "<I", 0x14: "<q", 0x15: "<Q", 5: "<d"}


def read_properties(data: bytes) -> list[str]:
    """The properties as ``name: value``; what is broken is passed over, these streams often are."""
    lines: list[str] = []
    try:
        (count,) = struct.unpack_from("<I", data, 24)
        for number in range(min(count, 2)):
            (place,) = struct.unpack_from("<I", data, 28 + number * 20 + 16)
            lines += _section(data, place, data[28 + number * 20 : 28 + number * 20 + 16])
    except struct.error:
        pass
    return lines


def _section(data: bytes, start: int, kind: bytes) -> list[str]:
    _size, count = struct.unpack_from("<II", data, start)
    places = dict(struct.iter_unpack("<II", data[start + 8 : start + 8 + 8 * min(count, _MOST)]))
    page = 1252
    if 1 in places:
        page = struct.unpack_from("<xxxxH", data, start + places[1])[0]
    own = kind not in (_FIRST, _MORE)
    names = _dictionary(data, start + places[0], page) if own and 0 in places else {}
    known = _NAMES if kind == _FIRST else _NAMES_MORE if kind == _MORE else names
    lines: list[str] = []
    left = _MOST_LETTERS
    for identifier, place in places.items():
        if left < 0:
            break  # properties that share their bytes, over and over
        if identifier in known or (own and identifier > 1):
            value, _ = _value(data, start + place, page)
            left -= len(value)
            if value:
                lines.append(f"{known.get(identifier, 'property')}: {value}")
    return lines


def _dictionary(data: bytes, place: int, page: int) -> dict[int, str]:
    (count,) = struct.unpack_from("<I", data, place)
    place += 4
    names = {}
    for _ in range(min(count, _MOST)):
        identifier, length = struct.unpack_from("<II", data, place)
        size = min(length, 500) * (2 if page == 1200 else 1)
        names[identifier] = _text(data[place + 8 : place + 8 + size], page)
        place += 8 + size + (-size % 4 if page == 1200 else 0)
    return names


def _value(data: bytes, place: int, page: int) -> tuple[str, int]:
    """The value at *place* as text, and how many bytes it takes."""
    (kind,) = struct.unpack_from("<I", data, place)
    if kind & _VECTOR:
        (count,) = struct.unpack_from("<I", data, place + 4)
        inner, used, values = kind & ~_VECTOR, 8, []
        for _ in range(min(count, _MOST)):
            value, size = (
                _value(data, place + used, page)
                if inner == _VARIANT
                else _plain(data, place + used, inner, page)
            )
            values.append(value)
            used += size
            if not size:
                break
        return "; ".join(filter(None, values)), used
    value, size = _plain(data, place + 4, kind, page)
    return value, size + 4


def _plain(data: bytes, place: int, kind: int, page: int) -> tuple[str, int]:
    if kind in (_STRING, _WIDE):
        (length,) = struct.unpack_from("<I", data, place)
        size = length * 2 if kind == _WIDE else length
        text = _text(data[place + 4 : place + 4 + size], 1200 if kind == _WIDE else page)
        return text, 4 + size + (-size % 4 if kind == _WIDE or page == 1200 else 0)
    if kind in _NUMBERS:
        form = _NUMBERS[kind]
        (number,) = struct.unpack_from(form, data, place)
        return str(int(number) if number == number and abs(number) < 1e15 else number), max(
            4, struct.calcsize(form)
        )
    return "", 0


def _text(raw: bytes, page: int) -> str:
    name = {1200: "utf-16-le", 65001: "utf-8", 10000: "mac_roman"}.get(page, f"cp{page}")
    try:
        text = raw.decode(name, "replace")
    except LookupError:
        text = raw.decode("cp1252", "replace")
    return text.split("\0")[0]
