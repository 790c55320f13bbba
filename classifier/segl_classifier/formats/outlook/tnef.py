"""``winmail.dat`` (MS-OXTNEF), which Outlook sends to those it takes for its users and others see as a file.

After a signature and a key stand attributes: a level (message or attachment), an identifier, a length, the data and a
check sum. The attribute ``MAPIProps`` holds MAPI properties as :mod:`.message` knows them: subject, bodies, names. An
attachment begins with ``AttachRendData``; its name and content follow.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from segl.mime.charset import decode_text
from segl.vocabulary import Unreadable
from segl_classifier.formats import mapi
from segl_classifier.formats.content import Allowance, Content
from segl_classifier.formats.harvest import Harvest
from segl_classifier.formats.outlook.bodies import Bodies
from segl_classifier.formats.pictures.picture import picture

_SIGNATURE = 0x223E9F78
_FROM, _SUBJECT, _BODY, _MESSAGE_PROPS = 0x8000, 0x8004, 0x800C, 0x9003
_RECIPIENTS, _CODE_PAGE = 0x9004, 0x9007
_ATTACH_DATA, _ATTACH_TITLE, _ATTACH_META, _ATTACH_BEGIN, _ATTACH_PROPS = (
    0x800F,
    0x8010,
    0x8011,
    0x9002,
    0x9005,
)
_PADDING = b"\0\r\n"
_OBJECT = 0x3701
_MOST_VALUES = 100_000
_MOST_DEEP = 10
_SIZES = {2: 2, 3: 4, 4: 4, 5: 8, 6: 8, 7: 8, 10: 4, 11: 2, 20: 8, 64: 8, 72: 16}
_STRING, _WIDE, _OBJECT_TYPE, _BINARY = 30, 31, 13, 258
_IID_MESSAGE = bytes.fromhex("0703020000000000c000000000000046")


class Property(NamedTuple):
    """A MAPI property: its number (0 for one known by name), its type and its value."""

    number: int
    kind: int
    raw: bytes


@dataclass(slots=True)
class _File:
    name: str = ""
    data: bytes = b""
    properties: list[Property] = field(default_factory=list)


def read(data: bytes, name: str, allowance: Allowance) -> Content:
    """Subject, bodies, people and attachments."""
    harvest = Harvest(allowance)
    _Reader(harvest, "", 0).read(data)
    return harvest.content()


class _Reader:
    def __init__(self, harvest: Harvest, where: str, depth: int) -> None:
        self._harvest = harvest
        self._where = where
        self._depth = depth
        self._codec = "cp1252"
        self._bodies = Bodies(harvest, where)
        self._files: list[_File] = []

    def read(self, data: bytes) -> None:
        if len(data) < 6 or struct.unpack_from("<I", data)[0] != _SIGNATURE:
            self._harvest.lack(Unreadable.DAMAGED, "no winmail.dat")
            return
        for identifier, body in self._attributes(data):
            self._attribute(identifier, body)
        for file in self._files:
            self._take(file)

    def _attributes(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        place = 6
        while place + 9 <= len(data):
            identifier, _kind, size = struct.unpack_from("<xHHI", data, place)
            body = data[place + 9 : place + 9 + size]
            if data[place] not in (1, 2):
                break  # some programs put zeros behind the end
            if len(body) < size:
                self._harvest.lack(Unreadable.DAMAGED, "winmail.dat cut off")
            if sum(body) & 0xFFFF != int.from_bytes(data[place + 9 + size : place + 11 + size], "little"):
                self._harvest.lack(Unreadable.DAMAGED, "the check sum of a part of winmail.dat")
            yield identifier, body
            place += 11 + size
        if data[place:].strip(_PADDING):
            self._harvest.lack(Unreadable.DAMAGED, "winmail.dat goes on in a way that is not known")

    def _attribute(self, identifier: int, body: bytes) -> None:
        harvest = self._harvest
        if identifier == _CODE_PAGE and len(body) >= 4:
            self._codec = mapi.codec(struct.unpack_from("<I", body)[0])
        elif identifier == _SUBJECT:
            harvest.text(self._text(body), f"{self._where}subject")
        elif identifier == _BODY:
            self._bodies.plain(self._text(body))
        elif identifier == _FROM:
            harvest.text(self._text(body[8:]).replace("\0", " "), f"{self._where}names and addresses")
        elif identifier == _MESSAGE_PROPS:
            self._message(list(self._properties(body, 0)))
        elif identifier == _RECIPIENTS:
            self._people(list(self._properties(body, 4)))
        elif identifier == _ATTACH_BEGIN:
            self._files.append(_File())
        elif self._files or identifier in (_ATTACH_DATA, _ATTACH_TITLE, _ATTACH_PROPS):
            if not self._files:
                self._files.append(_File())
            file = self._files[-1]
            if identifier == _ATTACH_TITLE:
                file.name = self._text(body)
            elif identifier == _ATTACH_DATA:
                file.data = body
            elif identifier == _ATTACH_PROPS:
                file.properties += self._properties(body, 0)

    def _message(self, properties: list[Property]) -> None:
        people: list[str] = []
        others: list[str] = []
        for one in properties:
            if one.number in mapi.SUBJECTS:
                self._harvest.text(self._string(one), f"{self._where}subject")
            elif one.number in mapi.TEXTS:
                self._harvest.text(self._string(one), f"{self._where}{mapi.TEXTS[one.number]}")
            elif one.number == mapi.BODY:
                self._bodies.plain(self._string(one))
            elif one.number == mapi.HTML:
                self._bodies.html(
                    self._string(one) if one.kind != _BINARY else decode_text(one.raw, self._codec)
                )
            elif one.number == mapi.RTF:
                self._bodies.packed_rtf(one.raw)
            elif one.number in mapi.ADDRESSES:
                people.append(self._string(one))
            elif mapi.is_other(one.number):
                others.append(self._string(one))
        self._harvest.lines(people, f"{self._where}names and addresses")
        self._harvest.lines(others, f"{self._where}other fields")

    def _people(self, properties: list[Property]) -> None:
        def is_told(number: int) -> bool:
            return number in mapi.ADDRESSES or mapi.is_other(number)

        found = [self._string(one) for one in properties if is_told(one.number)]
        self._harvest.lines(found, f"{self._where}names and addresses")

    def _take(self, file: _File) -> None:
        """An attachment: its properties know its long name, and the message when it is one."""
        strings = {one.number: self._string(one) for one in file.properties if one.kind in (_STRING, _WIDE)}
        names = [name for number in mapi.FILE_NAMES if (name := strings.get(number))] + [file.name]
        self._harvest.lines([name for name in names if name], "name of an attachment")
        others = [self._string(one) for one in file.properties if mapi.is_other(one.number)]
        self._harvest.lines(others, f"{self._where}fields of an attachment")
        data, is_message = file.data, False
        for one in file.properties:
            if one.number == _OBJECT and one.raw:
                is_message = one.raw.startswith(_IID_MESSAGE)
                inner = one.raw[16:] if one.kind == _OBJECT_TYPE else one.raw
                data = inner if is_message or not data else data
        if not is_message:
            if not (strings.get(mapi.CONTENT_ID) and picture("picture", data, self._harvest)):
                self._harvest.file(names[0], "", data)
        elif self._depth >= _MOST_DEEP:
            self._harvest.lack(Unreadable.TOO_DEEP, "messages in messages")
        else:
            _Reader(self._harvest, "attached message, ", self._depth + 1).read(data)

    def _properties(self, data: bytes, place: int) -> Iterator[Property]:
        """The MAPI properties in *data* (MS-OXTNEF §2.1.3.4); those of several rows follow one another."""
        try:
            rows = 1
            if place:  # a table of recipients: first the number of rows
                (rows,) = struct.unpack_from("<I", data)
            for _ in range(min(rows, _MOST_VALUES)):
                (count,) = struct.unpack_from("<I", data, place)
                place += 4
                for _ in range(min(count, _MOST_VALUES)):
                    found, place = _property(data, place)
                    yield from found
        except (struct.error, ValueError):
            self._harvest.lack(Unreadable.DAMAGED, "properties in winmail.dat")

    def _string(self, one: Property) -> str:
        if one.kind not in (_STRING, _WIDE):
            return ""
        return mapi.text_of(one.raw, wide=one.kind == _WIDE, codec=self._codec)

    def _text(self, raw: bytes) -> str:
        return raw.split(b"\0")[0].decode(self._codec, "replace").replace("\r\n", "\n")


def _property(data: bytes, place: int) -> tuple[list[Property], int]:
    """One property, as many values as it has; and where the next one begins."""
    kind, number = struct.unpack_from("<HH", data, place)
    place += 4
    if number >= 0x8000:
        place = _after_name(data, place)
    several, kind = kind & 0x1000, kind & ~0x1000
    count = 1
    if several or kind in (_STRING, _WIDE, _OBJECT_TYPE, _BINARY):
        (count,) = struct.unpack_from("<I", data, place)
        place += 4
    found: list[Property] = []
    for _ in range(min(count, _MOST_VALUES)):
        if kind in _SIZES:
            size = _SIZES[kind]
        else:
            (size,) = struct.unpack_from("<I", data, place)
            place += 4
        if place + size > len(data):
            raise ValueError("a property longer than its table")
        found.append(Property(number, kind, data[place : place + size]))
        place += size + -size % 4
    return found, place


def _after_name(data: bytes, place: int) -> int:
    """The name of a property that has no number of its own: a set, then an identifier or a string."""
    (kind,) = struct.unpack_from("<I", data, place + 16)
    place += 20
    if kind == 0:
        return place + 4
    size: int = struct.unpack_from("<I", data, place)[0]
    return place + 4 + size + -size % 4
