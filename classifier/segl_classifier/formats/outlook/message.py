"""Outlook messages saved as files (MS-OXMSG): a compound file whose streams are MAPI properties.

A property has a number and a type: ``__substg1.0_0037001F`` is the subject (0037) as UTF-16 (001F); type 001E is
a string in the code page of the message, 0102 bytes. Recipients and attachments are storages with properties of
their own; an attached message is a storage in its attachment's.

The body may be there as text, as HTML and as compressed rich text. All that are there are read: programs that show the
one ignore the others.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

from segl.mime.charset import decode_text
from segl.vocabulary import Unreadable
from segl_classifier.formats.content import Allowance, Content
from segl_classifier.formats.harvest import Harvest
from segl_classifier.formats.mapi import (
    ADDRESSES,
    BODY,
    CONTENT_ID,
    FILE_NAMES,
    HTML,
    RTF,
    SUBJECTS,
    TEXTS,
    codec,
    is_other,
    text_of,
)
from segl_classifier.formats.ole.objects import take_object
from segl_classifier.formats.ole.storage import BROKEN, Storage
from segl_classifier.formats.outlook.bodies import Bodies
from segl_classifier.formats.pictures.picture import picture

_DATA, _OBJECT = "37010102", "3701000D"
_NUMBER, _MESSAGE_PAGE, _INTERNET_PAGE = 3, 0x3FFD, 0x3FDE
_MOST_DEEP = 10
_PREFIX = "__substg1.0_"
# Of a property with several values, as categories are, each has a stream with its number.
_STRING_NAME = re.compile(r"__substg1\.0_([0-9A-F]{4})(?:001[EF]|101[EF]-[0-9A-F]{8})", re.IGNORECASE)


def read(data: bytes, name: str, allowance: Allowance) -> Content:
    """Subject, people, bodies and attachments of a message."""
    harvest = Harvest(allowance)
    try:
        storage = Storage(data, harvest)
    except BROKEN:
        harvest.lack(Unreadable.DAMAGED, "no compound file")
        return harvest.content()
    if not storage.is_message():
        harvest.lack(Unreadable.DAMAGED, "no Outlook message")
        return harvest.content()
    _Message(storage, harvest, 0, "").read()
    return harvest.content()


def read_message(storage: Storage, harvest: Harvest, depth: int) -> None:
    """A message attached to another."""
    _Message(storage, harvest, depth, "attached message, ").read()


class _Message:
    def __init__(self, storage: Storage, harvest: Harvest, depth: int, where: str) -> None:
        self._storage = storage
        self._harvest = harvest
        self._depth = depth
        self._where = where  # "" or "attached message, "
        self._codec = codec(_code_page(storage))

    def read(self) -> None:
        for number, place in (*SUBJECTS.items(), *TEXTS.items()):
            self._harvest.text(self._string(self._storage, number), f"{self._where}{place}")
        self._read_bodies()
        people: list[str] = []
        for inner in self._storage.storages():
            if inner.name.startswith("__recip"):
                people += [*self._addresses(inner), *self._others(inner)]
            elif inner.name.startswith("__attach"):
                self._read_attachment(inner)
        people += self._addresses(self._storage)
        self._harvest.lines(people, f"{self._where}names and addresses")
        self._harvest.lines(list(self._others(self._storage)), f"{self._where}other fields")

    def _others(self, storage: Storage) -> Iterator[str]:
        """String properties that have no place of their own."""
        for name in sorted(storage.names()):
            found = _STRING_NAME.fullmatch(name)
            if found and is_other(int(found[1], 16)):
                raw = storage.read(name)
                yield text_of(raw, wide=name[len(_PREFIX) + 7] in "Ff", codec=self._codec)

    def _read_bodies(self) -> None:
        bodies = Bodies(self._harvest, self._where)
        bodies.plain(self._string(self._storage, BODY))
        raw = self._storage.read(f"{_PREFIX}{HTML:04X}0102")
        bodies.html(decode_text(raw, self._codec) if raw else self._string(self._storage, HTML))
        if packed := self._storage.read(f"{_PREFIX}{RTF:04X}0102"):
            bodies.packed_rtf(packed)

    def _string(self, storage: Storage, number: int) -> str:
        for kind in ("001F", "001E"):
            name = f"{_PREFIX}{number:04X}{kind}"
            if storage.has(name):
                raw = storage.read(name)
                return text_of(raw, wide=kind == "001F", codec=self._codec)
        return ""

    def _addresses(self, storage: Storage) -> Iterator[str]:
        return filter(None, (self._string(storage, number) for number in ADDRESSES))

    def _read_attachment(self, storage: Storage) -> None:
        inner = storage.storage(f"{_PREFIX}{_OBJECT}")
        names = [name for number in FILE_NAMES if (name := self._string(storage, number))]
        self._harvest.lines(list(self._others(storage)), f"{self._where}fields of an attachment")
        if inner is None:
            data = storage.read(f"{_PREFIX}{_DATA}")
            self._harvest.lines(names, "name of an attachment")
            shown = self._string(storage, CONTENT_ID)
            if not (shown and picture("picture", data, self._harvest)):
                self._harvest.file(names[0] if names else "", "", data)
        elif self._depth >= _MOST_DEEP:
            self._harvest.lack(Unreadable.TOO_DEEP, "messages in messages")
        elif inner.is_message():
            read_message(inner, self._harvest, self._depth + 1)
        elif not take_object(inner, self._harvest):
            self._harvest.lack(Unreadable.UNKNOWN_TYPE, "an object in a message")


def _code_page(storage: Storage) -> int:
    """The code page of strings that are not UTF-16 (PidTagMessageCodepage, PidTagInternetCodepage)."""
    table = storage.read("__properties_version1.0")
    for start in (32, 24, 8):  # the head is as long as it is a message, an attached one, a part of one
        rows = table[start : start + max(0, len(table) - start) // 16 * 16]
        found: dict[int, int] = {
            number: value for kind, number, _, value in struct.iter_unpack("<HHII4x", rows) if kind == _NUMBER
        }
        page = found.get(_MESSAGE_PAGE) or found.get(_INTERNET_PAGE)
        if page:
            return page
    return 1252
