"""What somebody wrote into a photograph: fields of EXIF (CIPA DC-008), which are those of TIFF, and of IPTC (IIM 4.2).

A directory is a list of fields, each with a number, a type, a count and a value or where that stands; it names the
next one. Only fields with words are looked at. Nothing of the picture itself is.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator

_MOST_DIRECTORIES, _MOST_FIELDS = 100, 200
_LONGEST = 1_000_000  # bytes of a value
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 6: 1, 7: 1, 13: 4}
_INSIDE = 0x8769  # the directory of EXIF
_COMMENT, _IPTC, _PHOTOSHOP = 0x9286, 0x83BB, 0x8649
_PLAIN = {0x010D: "name", 0x010E: "description", 0x011D: "page", 0x013B: "artist", 0x8298: "copyright"}
# Fields of Windows.
_WIDE = {0x9C9B: "title", 0x9C9C: "comment", 0x9C9D: "author", 0x9C9E: "keywords", 0x9C9F: "subject"}
_SAY = frozenset((*_PLAIN, *_WIDE, _COMMENT, _IPTC, _PHOTOSHOP))
_CODE = 8  # bytes before a comment that say how it is written
_IPTC_WORDS = frozenset(
    (5, 15, 20, 25, 26, 27, 40, 80, 85, 90, 92, 95, 101, 103, 105, 110, 115, 116, 118, 120, 122)
)
_IPTC_BLOCK = 0x0404


def words_of(tiff: bytes, spend: Callable[[int], None]) -> Iterator[tuple[str, str]]:
    """Names and values of the fields with words in a TIFF file, or in the EXIF of another. *spend* is told how many
    bytes each takes, for any number of fields may name the same ones; what it raises is passed on. May raise
    ``struct.error`` and ``IndexError``."""
    order = "<" if tiff[:1] == b"I" else ">"
    for number, raw in _fields(tiff, order):
        spend(len(raw))
        if number in _PLAIN:
            yield _PLAIN[number], plain(raw)
        elif number in _WIDE:
            yield _WIDE[number], raw.decode("utf-16-le", "replace")
        elif number == _COMMENT:
            yield "comment", _comment(raw)
        elif number == _IPTC:
            yield from iptc(raw)
        elif number == _PHOTOSHOP:
            yield from photoshop(raw)


def photoshop(data: bytes) -> Iterator[tuple[str, str]]:
    """The same of the blocks that Photoshop writes. May raise ``struct.error`` and ``IndexError``."""
    place = 0
    while data[place : place + 4] == b"8BIM":
        (number,) = struct.unpack_from(">H", data, place + 4)
        place += 6 + (data[place + 6] + 2) // 2 * 2
        (size,) = struct.unpack_from(">I", data, place)
        if number == _IPTC_BLOCK:
            yield from iptc(data[place + 4 : place + 4 + size])
        place += 4 + size + size % 2


def iptc(data: bytes) -> Iterator[tuple[str, str]]:
    """The same of the records of IPTC. May raise ``struct.error``."""
    place = 0
    while data[place : place + 1] == b"\x1c":
        record, number, size = struct.unpack_from(">BBH", data, place + 1)
        if record == 2 and number in _IPTC_WORDS:
            yield "caption", plain(data[place + 5 : place + 5 + size])
        place += 5 + size


def plain(raw: bytes) -> str:
    """Letters of one byte each, or in UTF-8, as many programs write them."""
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("cp1252", "replace")


def _fields(tiff: bytes, order: str) -> Iterator[tuple[int, bytes]]:
    waiting = [struct.unpack_from(f"{order}I", tiff, 4)[0]]
    seen: set[int] = set()
    while waiting and len(seen) < _MOST_DIRECTORIES:
        place = waiting.pop()
        if not 8 <= place <= len(tiff) - 2 or place in seen:
            continue
        seen.add(place)
        (count,) = struct.unpack_from(f"{order}H", tiff, place)
        for at in range(place + 2, min(place + 2 + 12 * min(count, _MOST_FIELDS), len(tiff) - 11), 12):
            number, kind, values = struct.unpack_from(f"{order}HHI", tiff, at)
            size = values * _SIZES.get(kind, 0)
            start = at + 8 if size <= 4 else struct.unpack_from(f"{order}I", tiff, at + 8)[0]
            if number == _INSIDE:
                waiting.append(struct.unpack_from(f"{order}I", tiff, at + 8)[0])
            elif size and number in _SAY:
                yield number, tiff[start : start + min(size, _LONGEST)]
        behind = place + 2 + 12 * count
        if behind + 4 <= len(tiff):
            waiting.append(struct.unpack_from(f"{order}I", tiff, behind)[0])


def _comment(raw: bytes) -> str:
    code, words = raw[:_CODE], raw[_CODE:]
    if code == b"UNICODE\0":  # in the order of the file; many programs write it in their own
        little = words[1::2].count(0) >= words[::2].count(0)
        return words.decode("utf-16-le" if little else "utf-16-be", "replace")
    return plain(words if code in (b"ASCII\0\0\0", bytes(_CODE)) else raw)
