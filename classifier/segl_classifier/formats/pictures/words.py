"""Words in the file of a picture that nobody sees on it: what it shows, who took it, a comment.

Programs show them beside the picture, and phones and case systems write names and numbers into them. They stand in EXIF
and IPTC (:mod:`.exif`), in properties in XML (:mod:`.xmp`), and in the chunks and blocks of the format: PNG (ISO 15948
§11.3.3), GIF89a (comment extension), JPEG (ITU-T T.81 §B.2.4.5). No pixel is unpacked, so no picture can be a bomb;
packed texts are unpacked to a bound. What is broken is read as far as it goes.

Those of pictures in the message itself are read in the process that judges it, where nobody ends what takes too long.
So all that may be repeated or said twice is counted, over the whole picture.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice

from segl_classifier.formats.pictures import exif, xmp
from segl_classifier.formats.pictures.behind import behind, end_of_jpeg

_MOST_LETTERS = 100_000
_MOST_BLOCKS = 300_000  # a GIF of 75 MB
_MOST_PACKED, _MOST_UNPACKED = 100, 1_000_000  # packed texts; bytes of each
_MOST_XMP, _MOST_EXIF = 20, 8
# Texts; bytes of EXIF and IPTC, those said twice counted twice.
_MOST_FIELDS, _MOST_LOOKED_AT = 20_000, 4_000_000
_SAYS = re.compile(r"[^\W\d_]{2}|\d{4}")
_ODD = re.compile(r"[\0-\x08\x0e-\x1f\x7f\ufffd]")
_ODD_SHARE = 20  # one in so many characters of a text may be none
# Of the properties of a picture most say how it was taken and developed.
_TOLD = frozenset(
    "li description title subject creator rights headline caption captionwriter instructions credit source usercomment"
    " imagedescription personinimage name personname hierarchicalsubject keywords location event label comment notes"
    " documentname artist copyright".split()
)
_PROGRAMS = re.compile(
    r"software|creation time|date:.*|thumb::.*|png:.*|exif:(?!imagedesc|usercomm).*", re.IGNORECASE
)
_RAW_PROFILE = re.compile(r"Raw profile type \w{2,8}")  # of ImageMagick, in hexadecimal numbers
_EXIF_IN = re.compile(rb"Exif\0\0(?=II\*\0|MM\0\*)")
_EXIF, _EXTENDED, _PHOTOSHOP = b"Exif\0\0", b"http://ns.adobe.com/xmp/extension/\0", b"Photoshop 3.0\0"
_EXTENDED_HEAD = len(_EXTENDED) + 40
_FILL = re.compile(rb"\xff*")  # before a segment there may be any number
_BROKEN = (struct.error, IndexError, ValueError)


@dataclass(frozen=True, slots=True)
class Words:
    """``lines`` is what stands there, each with its name; ``cut`` when there is more than is read; ``behind`` what
    stands behind the end of the picture (:mod:`.behind`)."""

    lines: tuple[str, ...] = ()
    cut: bool = False
    behind: bytes = b""


def words_of(data: bytes, kind: str) -> Words:
    """The words in the picture *data* of this *kind*, a content type. Never raises."""
    kept = _Kept()
    read = _READERS.get(kind)
    try:
        if read is not None:
            read(data, kept)
        elif kind in ("image/webp", "image/heic"):
            kept.xmp(data)
            for found in islice(_EXIF_IN.finditer(data), 4):
                kept.exif(data[found.end() : found.end() + _MOST_UNPACKED])
            if kind == "image/webp":
                _webp(data, kept)
    except _Enough:
        kept.cut = True
    except _BROKEN:
        pass
    rest = behind(data, kept.end) if 0 < kept.end < len(data) else b""
    return Words(tuple(kept.lines), kept.cut, rest)


class _Enough(Exception):
    """There is more in the picture than is looked at."""


class _Kept:
    def __init__(self) -> None:
        self.lines: dict[str, None] = {}
        self.cut = False
        self.end = 0  # of the picture, if it is known
        self._left = _MOST_LETTERS
        self._packed = self._packets = self._exif = self._fields = self._looked_at = 0

    def add(self, name: str, text: str) -> None:
        self._fields += 1
        if self._fields > _MOST_FIELDS:
            raise _Enough
        text = text.strip("\0 \r\n\t")
        odd = len(_ODD.findall(text[:1_000]))
        if not _SAYS.search(text) or odd * _ODD_SHARE > min(len(text), 1_000):
            return
        line = f"{name}: {text[: self._left]}"
        if line in self.lines:
            return
        self.cut = self.cut or len(text) > self._left
        self._left -= min(len(text), self._left)
        self.lines[line] = None

    def all(self, fields: Iterator[tuple[str, str]]) -> None:
        with suppress(*_BROKEN):
            for name, text in fields:
                self.add(name, text)

    def spend(self, size: int) -> None:
        """So many bytes of EXIF or IPTC are looked at."""
        self._looked_at += size
        if self._looked_at > _MOST_LOOKED_AT:
            raise _Enough

    def exif(self, data: bytes) -> None:
        self._exif += 1
        if self._exif > _MOST_EXIF:
            raise _Enough
        self.all(exif.words_of(data, self.spend))

    def photoshop(self, data: bytes) -> None:
        self.spend(len(data))
        self.all(exif.photoshop(data))

    def xmp(self, data: bytes) -> None:
        for packet in xmp.packets(data):
            self._packets += 1
            if self._packets > _MOST_XMP:
                raise _Enough
            for line in xmp.lines_of(packet, _MOST_LETTERS):
                name, _, text = line.partition(": ")
                if name.lower() in _TOLD:
                    self.add("description" if name == "li" else name, text)

    def unpacked(self, raw: bytes) -> bytes:
        self._packed += 1
        if self._packed > _MOST_PACKED:
            self.cut = True
            return b""
        unpack = zlib.decompressobj()
        try:
            found = unpack.decompress(raw, _MOST_UNPACKED)
        except zlib.error:
            return b""
        self.cut = self.cut or bool(unpack.unconsumed_tail)
        return found


def _jpeg(data: bytes, kept: _Kept) -> None:
    place = 2
    more: list[bytes] = []
    for _ in range(_MOST_BLOCKS):
        fill = _FILL.match(data, place)
        place = max(place, (fill.end() if fill else place) - 1)
        code = data[place + 1]
        if data[place] != 0xFF or code in (0xDA, 0xD9):  # the picture itself
            end = end_of_jpeg(data, place - 2) if data[place] == 0xFF else 0
            kept.end = end if end > place else 0  # else it is cut off
            break
        (size,) = struct.unpack_from(">H", data, place + 2)
        segment = data[place + 4 : place + 2 + size]
        if code == 0xFE:
            kept.add("comment", exif.plain(segment))
        elif code == 0xE1 and segment.startswith(_EXIF):
            kept.exif(segment[len(_EXIF) :])
        elif code == 0xE1 and segment.startswith(_EXTENDED):
            more.append(segment[_EXTENDED_HEAD:])
        elif code == 0xE1:
            kept.xmp(segment)
        elif code == 0xED and segment.startswith(_PHOTOSHOP):
            kept.photoshop(segment[len(_PHOTOSHOP) :])
        place += 2 + size
    else:
        raise _Enough
    kept.xmp(b"".join(more))


def _png(data: bytes, kept: _Kept) -> None:
    place = 8
    for _ in range(_MOST_BLOCKS):
        size, kind = struct.unpack_from(">I4s", data, place)
        if kind in (b"tEXt", b"zTXt", b"iTXt"):
            with suppress(*_BROKEN):  # the chunks behind it are whole
                _png_text(kind, data[place + 8 : place + 8 + size], kept)
        elif kind == b"eXIf":
            kept.exif(data[place + 8 : place + 8 + size])
        place += 12 + size
        if kind == b"IEND":
            kept.end = place
            return
    raise _Enough


def _png_text(kind: bytes, chunk: bytes, kept: _Kept) -> None:
    keyword, _, raw = chunk.partition(b"\0")
    name = exif.plain(keyword)[:80]
    if kind == b"zTXt":
        raw = kept.unpacked(raw[1:])
    elif kind == b"iTXt":
        packed, (_language, _translated, raw) = raw[:1] == b"\1", raw[2:].split(b"\0", 2)
        raw = kept.unpacked(raw) if packed else raw
    if b":xmpmeta" in raw:
        kept.xmp(raw)
    elif _RAW_PROFILE.match(name):
        _profile(bytes.fromhex(b"".join(raw.split(b"\n")[3:]).decode("ascii", "ignore")), kept)
    elif not _PROGRAMS.fullmatch(name):
        kept.add(name, exif.plain(raw))


def _profile(data: bytes, kept: _Kept) -> None:
    if data.startswith(b"8BIM"):
        kept.photoshop(data)
    elif b":xmpmeta" in data:
        kept.xmp(data)
    else:
        kept.exif(data.removeprefix(_EXIF))


def _gif(data: bytes, kept: _Kept) -> None:
    kept.xmp(data)
    place = 13 + _colours(data[10])
    left = _MOST_BLOCKS
    while left > 0 and data[place] in (0x21, 0x2C):
        extension = data[place] == 0x21
        label = data[place + 1] if extension else 0
        place += 2 if extension else 11 + _colours(data[place + 9])
        pieces: list[bytes] = []
        while left > 0 and (size := data[place]):
            if label in (0xFE, 0x01):  # a comment, a text to be drawn
                pieces.append(data[place + 1 : place + 1 + size])
            place += 1 + size
            left -= 1
        place += 1
        left -= 1
        kept.add("comment", exif.plain(b"".join(pieces)))
    if left <= 0:
        raise _Enough
    if data[place] == 0x3B:
        kept.end = place + 1


def _colours(flags: int) -> int:
    """The size of a table of colours in bytes."""
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _tiff(data: bytes, kept: _Kept) -> None:
    kept.exif(data)
    kept.xmp(data)


def _webp(data: bytes, kept: _Kept) -> None:
    """EXIF in a chunk (RFC 9649 §2.7.1.5), which begins without the mark that it has in JPEG."""
    (size,) = struct.unpack_from("<I", data, 4)
    kept.end = 8 + size + size % 2
    place = 12
    for _ in range(_MOST_BLOCKS):
        if place >= kept.end:
            return
        kind, size = struct.unpack_from("<4sI", data, place)
        if kind == b"EXIF":
            kept.exif(data[place + 8 : place + 8 + size].removeprefix(_EXIF))
        place += 8 + size + size % 2
    raise _Enough


def _bmp(data: bytes, kept: _Kept) -> None:
    """Its head says how long it is, and may say less than it is (BITMAPFILEHEADER, BITMAPINFOHEADER of Windows)."""
    (whole,) = struct.unpack_from("<I", data, 2)
    start, size, width, height, _, depth, packed, length = struct.unpack_from("<IIiiHHII", data, 10)
    if size >= 40:
        rows = (abs(width) * depth + 31) // 32 * 4 * abs(height)
        kept.end = max(whole, start + (length if packed in (1, 2) else max(rows, length)))


_READERS = {"image/png": _png, "image/jpeg": _jpeg, "image/gif": _gif, "image/tiff": _tiff, "image/bmp": _bmp}
