"""AppleSingle and AppleDouble files (RFC 1740): what a Mac sends of a file beside its bytes, or around them.

Behind 26 bytes stands a table of entries: id, place, length. One of them may be the file itself (the data fork); the
others are its name, icons, window positions. Of those the words are kept as they stand. Every byte must belong to an
entry or be zero: other programs open what is hidden behind the first four bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from struct import Struct

from segl.mime.charset import decode_text
from segl.mime.transfer import Encoding
from segl.settings.detection import Limits
from segl.vocabulary import Unreadable
from segl_classifier.extracted import Extracted, source_of
from segl_classifier.message import Part, Text, unreadable
from segl_classifier.parsing.entity import GENERIC

TYPE = "application/applefile"
TYPES = frozenset((TYPE, "application/applesingle"))
LARGEST = 64 * 1024  # bytes of an entry that is not the file itself; that of a Finder has some hundred

_HEADER, _ENTRY = Struct(">4sI16xH"), Struct(">III")
_MAGIC = (b"\x00\x05\x16\x00", b"\x00\x05\x16\x07")
_VERSIONS = (0x00010000, 0x00020000)
_MOST = 64  # entries; there are sixteen kinds
_DATA, _NAME = 1, 3
# Files that other programs find behind bytes that are not theirs.
_FILES = (
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
    (b"PK\x05\x06", "application/zip"),
)
# Words in Latin letters, and in UTF-16 of either order, as property lists have them.
_WORDS = (
    (re.compile(rb"[\x20-\x7e\xa0-\xff]{4,}"), ""),
    (re.compile(rb"(?:[\x20-\x7e\xa0-\xff]\0){4,}"), "utf-16-le"),
    (re.compile(rb"(?:\0[\x20-\x7e\xa0-\xff]){4,}"), "utf-16-be"),
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry: what it is (RFC 1740 §4) and its bytes."""

    id: int
    content: bytes


def entries(data: bytes) -> tuple[Entry, ...] | None:
    """The entries of *data*, ``None`` when it is no such file, or holds bytes that belong to none of them."""
    if len(data) < _HEADER.size or not data.startswith(_MAGIC):
        return None
    _, version, count = _HEADER.unpack_from(data)
    end = _HEADER.size + count * _ENTRY.size
    if version not in _VERSIONS or count > _MOST or end > len(data):
        return None
    spans = sorted((start, size, id_) for id_, start, size in _ENTRY.iter_unpack(data[_HEADER.size : end]))
    for start, size, _ in spans:
        if start + size > len(data) or (size and (start < end or data[end:start].strip(b"\0"))):
            return None
        end = max(end, start + size)
    if data[end:].strip(b"\0"):
        return None
    return tuple(Entry(id_, data[start : start + size]) for start, size, id_ in spans)


def read_applefile(part: Part, limits: Limits) -> Extracted:
    """The file inside as a part of its own, and the words of the other entries."""
    found = entries(part.payload)
    if found is None:
        return Extracted(unread=(unreadable(Unreadable.DAMAGED, part.where, TYPE),))
    names = [decode_text(entry.content) for entry in found if entry.id == _NAME]
    name = names[0] if names else part.filename
    parts = [_inside(part, entry.content, part.content_type, name) for entry in found if entry.id == _DATA]
    texts: list[Text] = []
    unread = []
    for entry in found:
        if entry.id == _DATA:
            continue
        if len(entry.content) > LARGEST:
            unread.append(
                unreadable(Unreadable.UNKNOWN_TYPE, part.where, f"{TYPE}: {len(entry.content)} bytes")
            )
        hidden = [kind for mark, kind in _FILES if mark in entry.content]
        parts += [_inside(part, entry.content, kind, "") for kind in hidden[:1]]
        texts += [Text(words, part.where, source_of(part)) for words in _words(entry.content)]
    return Extracted(tuple(texts), tuple(parts), tuple(unread))


def _inside(part: Part, content: bytes, content_type: str, name: str) -> Part:
    return replace(
        part,
        where=f"{part.where} > data",
        content_type="" if content_type in TYPES or content_type in GENERIC else content_type,
        charset="",
        filename=name,
        attached=True,
        encoded=content,
        encoding=Encoding.NONE,
        depth=part.depth + 1,
        walked=False,
    )


def _words(content: bytes) -> Iterator[str]:
    for pattern, charset in _WORDS:
        found = pattern.findall(content)
        if found and charset:
            yield "\n".join(run.decode(charset) for run in found)
        elif found:
            yield decode_text(b"\n".join(found))
