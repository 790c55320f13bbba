"""PNG (ISO 15948) of a grey picture in memory: the least that a reader of pictures takes."""

from __future__ import annotations

import struct
import zlib


def grey_png(pixels: bytes, width: int, height: int, stride: int) -> bytes:
    """*pixels* is one byte each, *stride* bytes a row."""
    rows = b"".join(b"\0" + pixels[at : at + width] for at in range(0, height * stride, stride))
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", head),
            _chunk(b"IDAT", zlib.compress(rows, 1)),
            _chunk(b"IEND", b""),
        )
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
