"""Macros of Office files (MS-OVBA): the source text of Visual Basic, compressed, in the streams of a storage ``VBA``.

Compression (§2.4.1): a byte 1, then chunks of at most 4,096 bytes. A flag byte tells of the next eight tokens whether
each is a letter or a copy of earlier text, whose place and length share sixteen bits. A stream holds compiled code
before the source; the source is found by its first words, ``Attribute VB_Name``, as they begin when compressed.
"""

from __future__ import annotations

from segl_classifier.formats.harvest import Harvest
from segl_classifier.formats.ole.storage import Storage

_BEGIN = b"\x00Attribut"  # the flag byte, and eight letters not compressed
_MOST = 4_000_000
_MOST_DEEP = 4


def read_macros(storage: Storage, harvest: Harvest, depth: int = 0) -> None:
    """The source of all macros in *storage*."""
    for inner in storage.storages():
        if inner.name.lower() == "vba":
            for name in sorted(inner.names()):
                stream = inner.read(name)
                start = stream.find(_BEGIN)
                if start >= 3:
                    source = decompress(stream[start - 3 :])
                    harvest.text(source.decode("cp1252", "replace"), "macro")
        elif depth < _MOST_DEEP and inner.name.lower() in ("macros", "_vba_project_cur"):
            read_macros(inner, harvest, depth + 1)


def decompress(data: bytes) -> bytes:
    """The source text; as much of it as there is when the data break off."""
    whole: list[bytes] = []
    place, size = 1, 0
    while place + 2 <= len(data) and size < _MOST:
        head = int.from_bytes(data[place : place + 2], "little")
        if head & 0x7000 != 0x3000:
            break
        end = place + (head & 0x0FFF) + 3
        chunk = _chunk(data[place + 2 : end]) if head & 0x8000 else data[place + 2 : end]
        whole.append(chunk)
        size += len(chunk)
        place = end
    return b"".join(whole)


def _chunk(data: bytes) -> bytes:
    done = bytearray()
    at = 0
    while at < len(data) and len(done) < 4_096:
        flags = data[at]
        at += 1
        for bit in range(8):
            if at >= len(data):
                break
            if not flags >> bit & 1:
                done.append(data[at])
                at += 1
                continue
            token = int.from_bytes(data[at : at + 2], "little")
            at += 2
            for_place = max(4, (len(done) - 1).bit_length())  # bits of the token that tell the place
            length = (token & (0xFFFF >> for_place)) + 3
            start = len(done) - (token >> (16 - for_place)) - 1
            if start < 0:
                return bytes(done)
            for step in range(min(length, 4_096)):
                done.append(done[start + step])
    return bytes(done)
