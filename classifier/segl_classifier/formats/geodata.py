"""Maps as geographical programs hand them on: a table of dBASE beside files of coordinates (ESRI Shapefile, July 1998).

The table (``.dbf``) says of each pipe or plot what it is, and may say whose. After a head that names the fields come
records of a fixed length, in letters. What stands in deleted ones is still there. The coordinates (``.shp``), their
index (``.shx``) and that of the places (``.sbn``, ``.sbx``) are numbers alone.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from segl.mime.sniff import DBASE
from segl.vocabulary import Unreadable
from segl_classifier.formats.cells.lost_zeros import restored
from segl_classifier.formats.content import Allowance, Content
from segl_classifier.formats.harvest import Harvest

_HEAD, _FIELD, _END_OF_FIELDS = 32, 32, 0x0D
_LETTERS = frozenset("CNFDL")
_INTEGERS = frozenset("I+")  # of Visual FoxPro and dBASE 7: four bytes
_ELSEWHERE = frozenset("MG")  # a number of a block in another file (.dbt, .fpt), which is told of
# The byte "language driver"; others are Windows-1252 or not said.
_CODE_PAGES = {
    0x01: "cp437",
    0x02: "cp850",
    0x08: "cp865",
    0x65: "cp865",
    0x66: "cp865",
    0x6A: "cp737",
    0xC8: "cp1250",
}


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    kind: str
    start: int
    end: int


def read(data: bytes, name: str, allowance: Allowance) -> Content:
    """The rows of a table; of coordinates whether they are as many as they say."""
    harvest = Harvest(allowance)
    if data[0] in DBASE:
        _read_table(data, harvest)
    elif struct.unpack_from(">i", data, 24)[0] * 2 != len(data):  # in words of 16 bits
        harvest.lack(Unreadable.DAMAGED, "coordinates of another length than is said")
    return harvest.content()


def _read_table(data: bytes, harvest: Harvest) -> None:
    count, begin, length = struct.unpack_from("<IHH", data, 4)
    fields = list(_fields(data, begin))
    if not length or not fields or fields[-1].end > length:
        harvest.lack(Unreadable.DAMAGED, "a table without its fields")
        return
    rest = len(data) - begin - count * length
    if not 0 <= rest <= 1:  # a mark of the end may stand behind
        harvest.lack(Unreadable.DAMAGED, "a table of another length than is said")
    if any(field.kind not in _LETTERS | _INTEGERS | _ELSEWHERE for field in fields):
        harvest.lack(Unreadable.UNKNOWN_TYPE, "numbers of a table in a form that is not read")
    page = _CODE_PAGES.get(data[29], "cp1252")
    rows = ["\t".join(field.name for field in fields)]
    left = harvest.left
    for at in range(begin, min(begin + count * length, len(data)), length):
        row = "\t".join(_value(data[at + field.start : at + field.end], field, page) for field in fields)
        rows.append(row)
        left -= len(row)
        if left < 0:
            break  # the harvest tells that it is full
    harvest.text(restored("\n".join(rows)))
    if rest > 1:
        harvest.file("behind the table", "", data[begin + count * length :])


def _fields(data: bytes, begin: int) -> Iterator[_Field]:
    """The fields that the head before *begin* names; the first byte of a record says whether it is deleted."""
    start = 1
    for at in range(_HEAD, min(begin, len(data)) - _FIELD + 1, _FIELD):
        if data[at] == _END_OF_FIELDS:
            return
        name = data[at : at + 11].partition(b"\0")[0].decode("cp1252", "replace")
        kind, size = chr(data[at + 11]), data[at + 16]
        if kind == "C":
            size += data[at + 17] << 8  # of letters there may be more than 255
        yield _Field(name, kind, start, start + size)
        start += size


def _value(raw: bytes, field: _Field, page: str) -> str:
    if field.kind in _INTEGERS:
        return str(int.from_bytes(raw, "little", signed=True))
    if field.kind not in _LETTERS:
        return ""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = raw.decode(page, "replace")
    return " ".join(text.replace("\0", " ").split())
