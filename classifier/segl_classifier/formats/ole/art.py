"""Pictures in the files of Office before 2007 (MS-ODRAW §2.2.23): records that hold a PNG, a JPEG or a metafile.

The record has a head of eight bytes (version and instance, type, length), then one or two checksums of sixteen bytes
and a byte; after them stands the picture as a file. A metafile has a head of 34 bytes there (MS-ODRAW §2.2.31), and
is packed by deflate as a rule; a bitmap is one as in memory.
"""

from __future__ import annotations

import struct
import zlib

from segl_classifier.formats.harvest import Harvest
from segl_classifier.formats.pictures.picture import from_dib, kind_of, picture, unknown

_TYPES = (b"\x1d\xf0", b"\x1e\xf0", b"\x29\xf0", b"\x2a\xf0")  # JPEG, PNG, TIFF, JPEG in CMYK
# The bytes of these show nothing by themselves: they are known by the number of the kind that stands before them.
_METAFILES = (b"\x1a\xf0", b"\x1b\xf0", b"\x1c\xf0")
# EMF, WMF, PICT.
_OTHERS = dict(zip(_METAFILES, ((0x3D4, 0x3D5), (0x216, 0x217), (0x542, 0x543)), strict=True))
_OTHERS |= {b"\x1f\xf0": (0x7A8, 0x7A9)}  # DIB
_MOST = 1_000


def take_pictures(data: bytes, harvest: Harvest) -> None:
    """Every picture in *data* that is more than decoration."""
    found = 0
    for kind in _TYPES:
        place = data.find(kind)
        while place >= 0 and found < _MOST:
            found += 1
            (size,) = (
                struct.unpack_from("<I", data.ljust(place + 6, b"\0"), place + 2)
                if place + 6 <= len(data)
                else (0,)
            )
            for skipped in (17, 33):
                start = place + 6 + skipped
                if kind_of(data[start : start + 64]):
                    picture("picture", data[start : place + 6 + size], harvest)
                    break
            place = data.find(kind, place + 2)
    for kind, numbers in _OTHERS.items():
        place = data.find(kind, 2)
        for _ in range(_MOST):
            if place < 0 or place + 6 > len(data):
                break
            number, size = (
                struct.unpack_from(form, data, at)[0] for form, at in (("<H", place - 2), ("<I", place + 2))
            )
            if number in (numbers[0] << 4, numbers[1] << 4):
                skipped = 16 if number == numbers[0] << 4 else 32
                body = data[place + 6 + skipped : place + 6 + size]
                _take(body, harvest, packed=kind in _METAFILES)
                place += min(size, len(body) + skipped)
            place = data.find(kind, place + 2)


def _take(body: bytes, harvest: Harvest, *, packed: bool) -> None:
    """A metafile or a bitmap, from behind its checksums on."""
    if not packed:
        found = from_dib(body[1:])
    elif body[32:33] == b"\0":
        found = _unpacked(body, harvest)
    else:
        found = body[34:]
    if not picture("picture", found, harvest):
        unknown(body, harvest)


def _unpacked(body: bytes, harvest: Harvest) -> bytes:
    """A metafile unfolded, to no more than its head says."""
    most = int.from_bytes(body[:4], "little")
    if not most or not harvest.spend(most):
        return b""
    try:
        return zlib.decompressobj().decompress(body[34:], most)
    except zlib.error:
        return b""
