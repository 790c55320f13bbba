"""Files put into documents by object linking and embedding: OLE 1 (in rich text) and ``Package`` (any file).

An OLE 1 object (MS-OLEDS §2.2) is the name of a class and its native data; an OLE 2 file there is a document.
A package (``Ole10Native``) is any file dragged into a document, with its name and the path where it lay.
"""

from __future__ import annotations

import struct

from segl_classifier.formats.harvest import Harvest
from segl_classifier.formats.ole.controls import take_control
from segl_classifier.formats.ole.storage import Storage
from segl_classifier.formats.pictures.picture import picture

_OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MOST_NAME = 1_000
# OOXML, PDF and others, OpenDocument, and the same of LibreOffice, which keeps the size of the picture beside it.
_FILES = ("Package", "CONTENTS", "EmbeddedOdf", "package_stream")
_FILES_IN_LOWER = frozenset((*(name.lower() for name in _FILES), "properties_stream"))


def take_ole1(data: bytes, harvest: Harvest) -> None:
    """The object whose OLE 1 form is *data*."""
    try:
        place = 8  # version, and whether it is linked or embedded
        names: list[bytes] = []
        for _ in range(3):  # class, topic, item
            (size,) = struct.unpack_from("<I", data, place)
            names.append(data[place + 4 : place + 4 + min(size, _MOST_NAME)].rstrip(b"\0"))
            place += 4 + size
        (size,) = struct.unpack_from("<I", data, place)
    except struct.error:
        harvest.file("object", "", data)
        return
    harvest.lines([name.decode("cp1252", "replace") for name in names[1:] if name], "links")
    native = data[place + 4 : place + 4 + size]
    if not native.startswith(_OLE2) and names[0] == b"Package":
        take_package(native, harvest)
    else:
        harvest.file("object", "", native)


def is_object(storage: Storage) -> bool:
    """Whether *storage* is that of one object: streams of the container (MS-OLEDS §1.3.5: their names begin with a
    control character) and the file, nothing else. Other programs have a stream ``Contents`` among more."""
    told = {name for name in storage.names() if name[:1] >= " "}
    return {name.lower() for name in told} <= _FILES_IN_LOWER and next(storage.storages(), None) is None


def take_object(storage: Storage, harvest: Harvest) -> bool:
    """The file in the storage of an object; false when there is none that can be taken out."""
    if take_control(storage, harvest):
        return True
    taken = False
    if storage.has("\x01Ole10Native"):
        take_package(storage.read("\x01Ole10Native"), harvest)
        taken = True
    for name in _FILES:
        if storage.has(name):
            data = storage.read(name)
            if not picture("object", data, harvest):
                harvest.file("object", "", data)
            taken = True
    return taken


def take_package(data: bytes, harvest: Harvest) -> None:
    """A file dragged into a document. *data* begins with a size or not, and with 2, then name, path and content."""
    for start in (4, 0):
        if data[start : start + 2] != b"\2\0":
            continue
        try:
            name, place = _string(data, start + 2)
            _path, place = _string(data, place)
            (second,) = struct.unpack_from("<I", data, place + 4)
            place += 8 + second
            (size,) = struct.unpack_from("<I", data, place)
        except (struct.error, ValueError):
            continue
        harvest.file(name, "", data[place + 4 : place + 4 + size])
        return
    sized = struct.pack("<I", max(0, len(data) - 4)) == data[:4]
    harvest.file("object", "", data[4:] if sized else data)


def _string(data: bytes, place: int) -> tuple[str, int]:
    end = data.index(b"\0", place, place + _MOST_NAME)
    return data[place:end].decode("cp1252", "replace"), end + 1
