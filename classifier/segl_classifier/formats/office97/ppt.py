"""PowerPoint files of 1997 to 2003 (MS-PPT): a stream of records that hold records.

A record has a head of eight bytes: version and instance, type, length. Containers (version 15) are walked into by
reading on behind their head. Text stands in three kinds of atoms: UTF-16, its lower bytes only, and names and notes as
strings. What later versions added, comments above all, stands in tags (§2.5.24): a string that names the version, then
records in what says it is an atom. Objects put into the file are compressed compound files.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator

from segl.vocabulary import Unreadable
from segl_classifier.formats.harvest import Harvest
from segl_classifier.formats.office97.ppt_tables import Groups, in_rows
from segl_classifier.formats.ole.art import take_pictures
from segl_classifier.formats.ole.shapes import words_of_shapes
from segl_classifier.formats.ole.storage import Storage

_PLACES = {
    0x03EE: "slide",
    0x03F0: "notes",
    0x03F8: "slide layout",
    0x0FC9: "slide layout",
    0x2EE0: "comment",
}
_WIDE, _NARROW, _STRING, _OBJECT, _CRYPT = 0x0FA0, 0x0FA8, 0x0FBA, 0x1011, 0x2F14
_ENCRYPTED_TOKEN = 0xF3D1C4DF
# RoundTripCustomTableStyles12Atom: PowerPoint since 2007 gives it the version of a container, and a zip stands in it.
_TABLE_STYLES = 0x0428
_TAG = 0x138B
# Tags of other programs hold whatever they like.
_OF_POWERPOINT = frozenset(("___PPT9", "___PPT10", "___PPT12"))
_NAME_OF_FONT = re.compile(r"___PPT.*|Arial|Times New Roman")  # as strings of layouts have them
# A presentation of less than 4,096 bytes is filled up to them; what is saved later stands behind.
_FILLED_UP = re.compile(rb"\0{8,}+")
_BREAKS = str.maketrans("\r\x0b", "\n\n")


def read_powerpoint(storage: Storage, harvest: Harvest) -> None:
    """The text of slides, notes, layouts and comments, in the order of the file."""
    user = storage.read("Current User")
    if len(user) >= 16 and struct.unpack_from("<I", user, 12)[0] == _ENCRYPTED_TOKEN:
        harvest.lack(Unreadable.ENCRYPTED, "a PowerPoint file with a password")
        return
    stream = storage.read("PowerPoint Document")
    texts: list[str] = []
    places: list[str] = []
    groups = Groups()
    place, ends = "slide", 0
    for at, version, kind, size in _records(stream, 0, len(stream)):
        if at >= ends:
            place = "slide"
        if kind in _PLACES:
            place, ends = _PLACES[kind], at + size
        groups.record(at, kind, size, stream)
        if _is_container(version, kind):
            continue
        body = stream[at : at + size]
        if len(body) < size:
            harvest.lack(Unreadable.DAMAGED, "a record cut off")
        if kind == _CRYPT:
            harvest.lack(Unreadable.ENCRYPTED, "a PowerPoint file with a password")
        elif kind in (_WIDE, _STRING):
            text = body.decode("utf-16-le", "replace").translate(_BREAKS)
            if kind == _WIDE or not _NAME_OF_FONT.fullmatch(text):
                texts.append(text)
        elif kind == _NARROW:
            texts.append(body.decode("latin-1").translate(_BREAKS))
        elif kind == _OBJECT:
            _object(body, version >> 4, harvest)
        if len(texts) > len(places):
            groups.text(len(places))
            places.append(place)
    groups.close()
    told = in_rows(texts, groups.tables)
    for called in dict.fromkeys(places):
        harvest.lines([text for text, of in zip(told, places, strict=True) if of == called and text], called)
    harvest.lines(words_of_shapes(stream), "drawing")
    take_pictures(storage.read("Pictures"), harvest)


def _records(
    stream: bytes, at: int, end: int, *, in_tag: bool = False
) -> Iterator[tuple[int, int, int, int]]:
    """The records between *at* and *end*: where the body of each begins, its version, its type and its length. Those
    in a container follow it."""
    name = ""
    while (at := _behind_filling(stream, at, end)) + 8 <= end:
        version, kind, size = struct.unpack_from("<HHI", stream, at)
        at += 8
        yield at, version, kind, size
        if _is_container(version, kind):
            continue
        if kind == _STRING:
            name = stream[at : at + min(size, 100)].decode("utf-16-le", "replace")
        elif kind == _TAG and name in _OF_POWERPOINT and not in_tag:
            yield from _records(stream, at, min(at + size, end), in_tag=True)
        at += size


def _behind_filling(stream: bytes, at: int, end: int) -> int:
    """Where the next record begins: behind zeros if a container does, else in steps of empty records."""
    filling = _FILLED_UP.match(stream, at, end)
    if filling is None:
        return at
    return filling.end() - (0 if stream.startswith(b"\x0f\0", filling.end()) else len(filling[0]) % 8)


def _is_container(version: int, kind: int) -> bool:
    return version & 0x0F == 0x0F and kind != _TABLE_STYLES


def _object(body: bytes, instance: int, harvest: Harvest) -> None:
    """A compound file put into the presentation; instance 1: compressed, with its size before it."""
    if instance == 0:
        harvest.file("object", "", body)
        return
    unfold = zlib.decompressobj()
    try:
        data = unfold.decompress(body[4:], harvest.bytes_left + 1)
    except zlib.error:
        harvest.lack(Unreadable.DAMAGED, "an object inside")
        return
    harvest.file("object", "", data)
