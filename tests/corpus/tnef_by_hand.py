"""``winmail.dat`` (MS-OXTNEF) written by hand."""

from __future__ import annotations

import struct


def attribute(level: int, identifier: int, body: bytes) -> bytes:
    """A part of the message (1) or of an attachment (2), with its check sum."""
    return (
        struct.pack("<BHHI", level, identifier, 0, len(body)) + body + struct.pack("<H", sum(body) & 0xFFFF)
    )


def properties(values: dict[int, str | bytes]) -> bytes:
    """MAPI properties as TNEF keeps them: strings in UTF-16, everything else as bytes."""
    out = struct.pack("<I", len(values))
    for number, value in values.items():
        raw = (value + "\0").encode("utf-16-le") if isinstance(value, str) else value
        kind = 31 if isinstance(value, str) else 13 if number == 0x3701 else 258
        out += struct.pack("<HHII", kind, number, 1, len(raw)) + raw + bytes(-len(raw) % 4)
    return out


def winmail(*attributes: bytes) -> bytes:
    """The whole file."""
    return struct.pack("<IH", 0x223E9F78, 1) + b"".join(attributes)
