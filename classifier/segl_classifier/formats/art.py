"""Pictures in the files of Office before 2007 (MS-ODRAW §2.2.23): records that hold a PNG, a JPEG or a metafile.

The record has a head of eight bytes (version and instance, type, length), then one or two checksums of sixteen bytes
and a byte; after them stands the picture as a file.
"""

from __future__ import annotations

import struct

from segl_classifier.formats.harvest import Harvest
from segl_classifier.formats.pictures import kind_of, picture

_TYPES = (b"\x1d\xf0", b"\x1e\xf0", b"\x29\xf0", b"\x2a\xf0")  # JPEG, PNG, TIFF, JPEG in CMYK
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
