"""PNG (ISO 15948) of a grey picture in memory: the least that a reader of pictures takes."""

from __future__ import annotations

import struct
import zlib

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_GREY = b"\x08\0\0\0\0"
_DARK, _BETWEEN = b"d", b"b"
_TONES = _DARK * 110 + _BETWEEN * 60 + b"w" * 86
_MOST_BETWEEN = 0.04  # of a page: the edges of letters; a photograph has more
_MOST_DARK = 0.25


def grey_png(pixels: bytes, width: int, height: int, stride: int) -> bytes:
    """*pixels* is one byte each, *stride* bytes a row."""
    rows = b"".join(b"\0" + pixels[at : at + width] for at in range(0, height * stride, stride))
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"".join(
        (
            _SIGNATURE,
            _chunk(b"IHDR", head),
            _chunk(b"IDAT", zlib.compress(rows, 1)),
            _chunk(b"IEND", b""),
        )
    )


def ink_on_paper(png: bytes) -> float:
    """How much of a page is ink, from 0 to 1: of a picture made by :func:`grey_png` that shows dark on white and hardly
    anything between. 0 for any other."""
    if png[:16] != _SIGNATURE + b"\0\0\0\rIHDR" or png[24:29] != _GREY or png[37:41] != b"IDAT":
        return 0.0
    width, height, size = *struct.unpack_from(">II", png, 16), *struct.unpack_from(">I", png, 33)
    rows = zlib.decompressobj().decompress(png[41 : 41 + size], (width + 1) * height)
    if len(rows) != (width + 1) * height or any(rows[:: width + 1]):
        return 0.0
    tones = rows.translate(_TONES)
    whole = width * height
    dark, between = (tones.count(_DARK) - height) / whole, tones.count(_BETWEEN) / whole
    return dark if dark <= _MOST_DARK and between <= _MOST_BETWEEN else 0.0


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
