"""What stands in the file of a picture behind its end: a zip or a text that was joined to it, the rest of a screenshot
that was cut smaller (some programs wrote the smaller one over the larger), which no program shows.

What cameras write there is passed over: a second picture that the first announces (CIPA DC-007, "MPF": a preview, the
brightness of each place), a film of a second that it announces, and Samsung's own notes about the shot.
"""

from __future__ import annotations

import re
import struct

_SHORT = 32  # bytes: what is shorter and says nothing is a check sum
_SAYS = re.compile(rb"[\w-]{5}|(?:[\w-]\0){5}")
_EMPTY = b"\0 \t\r\n"
# In the data of a JPEG a marker is FF with something behind it that is no filling, no restart and not "FF itself".
_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
_MOST_SCANS, _MOST_PICTURES, _MOST_BOXES = 1_000, 20, 100
_BEGINS = b"\xff\xd8\xff"
_MPF = re.compile(rb"MPF\0(?:II\*\0|MM\0\*)")
_FILM = re.compile(rb"(?:MotionPhoto|MicroVideo)(?:>|\s?=\s?[\"'])1")
_MOST_HEAD = 1_000_000


def behind(data: bytes, end: int) -> bytes:
    """What says something behind *end*, where the picture that *data* begins with ends; ``b""`` if nothing does."""
    head = data[: min(end, _MOST_HEAD)]
    announces, moves = _MPF.search(head) is not None, _FILM.search(head) is not None
    place = _filled(data, end)
    for _ in range(_MOST_PICTURES):
        more = place
        if announces and data.startswith(_BEGINS, place):
            more = end_of_jpeg(data, place)
        elif moves and data[place + 4 : place + 8] == b"ftyp":
            more = _end_of_film(data, place)
        if more == place:
            break
        place = _filled(data, more)
    rest = data[place:]
    if rest.endswith(b"SEFT") and b"SEFH" in rest:
        return b""
    return rest if len(rest) > _SHORT or _SAYS.search(rest) else b""


def end_of_jpeg(data: bytes, place: int) -> int:
    """Where the JPEG that begins at *place* ends; *place* if it does not (ITU-T T.81 annex B)."""
    at = place + 2
    for _ in range(_MOST_SCANS):
        found = _MARKER.search(data, at)
        if found is None:
            break
        code = data[found.end() - 1]
        if code == 0xD9:
            return found.end()
        if found.end() + 2 > len(data):
            break
        (size,) = struct.unpack_from(">H", data, found.end())
        at = found.end() + max(2, size)
    return place


def _filled(data: bytes, place: int) -> int:
    """Where what fills up the room behind *place* ends. The size of a film's first box begins with zeros."""
    at = len(data) - len(data[place:].lstrip(_EMPTY))
    film = data.find(b"ftyp", at + 1, at + 8)
    return max(place, film - 4) if film > 0 else at


def _end_of_film(data: bytes, place: int) -> int:
    """Where the boxes of a film end (ISO 14496-12 §4.2)."""
    for _ in range(_MOST_BOXES):
        if place + 8 > len(data) or not data[place + 4 : place + 8].isalnum():
            break
        (size,) = struct.unpack_from(">I", data, place)
        if size == 1 and place + 16 <= len(data):
            (size,) = struct.unpack_from(">Q", data, place + 8)
        if size == 0:
            return len(data)
        if size < 8 or place + size > len(data):
            break
        place += size
    return place
