"""Pictures in documents: which are decoration, which must be read by OCR, which are told of.

A logo in a letter head holds no more than the sender's name. A picture with few pixels, or of very few bytes,
is decoration; every other one may be a scanned page, a photograph of a screen, a page of a fax. With OCR it is
handed on as a file. Without it, one of more than ``UNREAD_BYTES`` is told of as not read; smaller ones are
passed over, so that not every letter with a logo is unreadable. That is a stated limit: words in a small picture
are seen with OCR only.
"""

from __future__ import annotations

import struct

from segl.vocabulary import Unreadable
from segl_classifier.formats.harvest import Harvest

DECORATION_BYTES = 3_000
DECORATION_SIDE = 200  # pixels: no line of a letter can be read in a picture smaller than this both ways …
DECORATION_LINE = 24  # … nor in one as flat as the rule under a heading
UNREAD_BYTES = 30_000


def kind_of(data: bytes) -> str:
    """The content type of a picture by its first bytes; ``""`` when it is none."""
    head = data[:16]
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head[:6] in (b"GIF87a", b"GIF89a"):
        return "image/gif"
    if head[:4] in (b"II*\0", b"MM\0*"):
        return "image/tiff"
    if head[:2] == b"BM" and len(data) > 26 and struct.unpack_from("<I", data, 14)[0] in (12, 40, 108, 124):
        return "image/bmp"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image/webp"
    if head[:4] == b"\xd7\xcd\xc6\x9a" or head[:6] == b"\x01\0\x09\0\0\x03":
        return "image/wmf"
    if data[40:44] == b" EMF" and head[:4] == b"\x01\0\0\0":
        return "image/emf"
    if head[4:8] == b"ftyp" and head[8:12] in (b"heic", b"heix", b"mif1", b"avif"):
        return "image/heic"
    return ""


def pixels(data: bytes, kind: str) -> tuple[int, int] | None:
    """Width and height as the head of the file says; ``None`` when it does not say."""
    try:
        if kind == "image/png":
            width, height = struct.unpack_from(">II", data, 16)
        elif kind == "image/gif":
            width, height = struct.unpack_from("<HH", data, 6)
        elif kind == "image/bmp":
            width, height = struct.unpack_from("<ii", data, 18)
        elif kind == "image/jpeg":
            return _jpeg(data)
        else:
            return None
    except struct.error:
        return None
    return abs(width), abs(height)


def is_decoration(data: bytes, kind: str) -> bool:
    """Whether nobody could read a letter in this picture."""
    if len(data) <= DECORATION_BYTES:
        return True
    size = pixels(data, kind)
    return size is not None and (min(size) < DECORATION_LINE or max(size) < DECORATION_SIDE)


def picture(name: str, data: bytes, harvest: Harvest) -> bool:
    """Deal with *data* if it is a picture; false when it is none."""
    kind = kind_of(data)
    if not kind:
        return False
    if is_decoration(data, kind):
        return True
    if harvest.allowance.ocr:
        harvest.file(name, kind, data)
    elif len(data) > UNREAD_BYTES:
        harvest.lack(Unreadable.UNKNOWN_TYPE, f"{kind}, {len(data)} bytes")
    return True


def _jpeg(data: bytes) -> tuple[int, int] | None:
    """The size in the first frame header (SOF) of a JPEG file."""
    place = 2
    for _ in range(100):
        code = data[place + 1] if place + 1 < len(data) else 0
        if 0xC0 <= code <= 0xCF and code not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack_from(">HH", data, place + 5)
            return width, height
        place += 2 + int(struct.unpack_from(">H", data, place + 2)[0])
    return None
