"""Pictures in documents: which are decoration, which must be read by OCR, which are told of.

A logo in a letter head holds no more than the sender's name. A picture with few pixels is decoration (with OCR:
with so few that no number could be read in it); every other one may be a scanned page, a photograph of a screen, a
page of a fax. With OCR it is handed on as a file. Without it, one of more than ``UNREAD_BYTES``, or with the pixels
of a page, is told of as not read; others are passed over, so that not every letter with a logo is unreadable. That
is a stated limit: words in a small picture are seen with OCR only.

The words in a metafile are no picture: they are read where it is found, however small it is. So are those that stand
in the file of a picture and not on it (:mod:`.words`).

Bytes alone say little: a page in black and white takes 24 kB, a line with a personal number 650 bytes.
"""

from __future__ import annotations

import struct

from segl.mime.sniff import HEIF_BRANDS
from segl.vocabulary import Unreadable
from segl_classifier.formats.content import Allowance, Content
from segl_classifier.formats.harvest import Harvest
from segl_classifier.formats.pictures.metafile import read_metafile
from segl_classifier.formats.pictures.words import words_of
from segl_classifier.formats.registry import METAFILES

UNMEASURED_DECORATION_BYTES = 3_000  # of a picture that does not say how many pixels it has
# Pixels, where pictures are not read: smaller both ways, or as flat as the rule under a heading, it is a logo.
DECORATION_SIDE = 200
DECORATION_LINE = 24
# With OCR: a personal number in letters of nine pixels, which Tesseract reads, is 57 by 13.
UNREADABLE_SIDE = 50
UNREADABLE_LINE = 10
UNREAD_BYTES = 30_000
PAGE_PIXELS = 800_000  # a page of A4 at 96 dots an inch has 890 000, a logo for print some 300 000
PAGE_SIDE = 400  # a banner over the whole breadth of a letter may have more pixels, but is flatter
_A_WORD = 3  # glyphs; one or two are a bullet
_MOST_PAGES = 100  # of a fax
_MOST_FIELDS = 200  # of a page of it
_HEIF_SIZE = b"\0\0\0\x14ispe\0\0\0\0"
_MOST_TILES = 1_000
_TIFF_SIDES = (256, 257)  # ImageWidth, ImageLength
_TIFF_SHORT = 3


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
    if head[4:8] == b"ftyp" and head[8:12] in HEIF_BRANDS:
        return "image/heic"
    return ""


def pixels(data: bytes, kind: str) -> tuple[int, int] | None:
    """Width and height as the head of the file says; ``None`` when it does not say."""
    try:
        if kind == "image/png":
            if data[12:16] != b"IHDR":
                return None
            width, height = struct.unpack_from(">II", data, 16)
        elif kind == "image/gif":
            width, height = struct.unpack_from("<HH", data, 6)
        elif kind == "image/bmp":
            width, height = struct.unpack_from("<ii", data, 18)
        elif kind == "image/jpeg":
            return _jpeg(data)
        elif kind == "image/tiff":
            return _tiff(data)
        elif kind == "image/webp":
            return _webp(data)
        elif kind == "image/heic":
            return _heif(data)
        else:
            return None
    except struct.error:
        return None
    return abs(width), abs(height)


def is_decoration(data: bytes, kind: str, *, ocr: bool = False) -> bool:
    """Whether a picture is so small that it is passed over: with *ocr* only where no number could be read in it."""
    size = pixels(data, kind)
    if size is None:
        return len(data) <= UNMEASURED_DECORATION_BYTES
    line, side = (UNREADABLE_LINE, UNREADABLE_SIDE) if ocr else (DECORATION_LINE, DECORATION_SIDE)
    return min(size) < line or max(size) < side


def is_page(data: bytes, kind: str) -> bool:
    """Whether the picture has as many pixels as a page or a screen, however few bytes it takes."""
    size = pixels(data, kind)
    return size is not None and has_pixels_of_a_page(*size)


def has_pixels_of_a_page(width: int, height: int) -> bool:
    """Whether a page or a screen may be shown with so many pixels."""
    return min(width, height) >= PAGE_SIDE and width * height >= PAGE_PIXELS


def picture(name: str, data: bytes, harvest: Harvest) -> bool:
    """Deal with *data* if it is a picture; false when it is none."""
    kind = kind_of(data)
    if not kind:
        return False
    if kind in METAFILES:
        _metafile(name, data, kind, harvest)
        return True
    decoration = is_decoration(data, kind, ocr=harvest.allowance.ocr)
    if harvest.allowance.ocr and not decoration:
        harvest.file(name, kind, data)  # its words are read where it is opened
        return True
    words = words_of(data, kind)
    harvest.lines(list(words.lines), "properties of a picture")
    if words.cut:
        harvest.lack(Unreadable.TOO_LARGE, "more words in a picture than are read")
    harvest.file("", "", words.behind)
    if decoration:
        return True
    if len(data) > UNREAD_BYTES or is_page(data, kind):
        harvest.lack(Unreadable.UNKNOWN_TYPE, f"{kind}, {len(data)} bytes")
    return True


def read(data: bytes, name: str, allowance: Allowance) -> Content:
    """A metafile that is a file of its own, and not shown in another: told of unless all in it was understood as
    words, however small it is."""
    harvest = Harvest(allowance)
    _metafile(name, data, kind_of(data), harvest, unread=0)
    return harvest.content()


def from_dib(data: bytes) -> bytes:
    """A bitmap as programs keep it in memory (DIB), made a file; ``b""`` when *data* is none."""
    if len(data) < 40 or data[:4] not in (b"\x28\0\0\0", b"\x6c\0\0\0", b"\x7c\0\0\0"):
        return b""
    size, _, _, _, depth, form, *_, colours, _ = struct.unpack_from("<IiiHHIIiiII", data)
    colours = colours or (1 << depth if depth <= 8 else 0)
    masks = 12 if form == 3 and size == 40 else 0
    head = struct.pack(
        "<2sIII", b"BM", 14 + len(data), 0, min(14 + size + masks + 4 * colours, 14 + len(data))
    )
    return head + data


def unknown(data: bytes, harvest: Harvest) -> None:
    """Tell of a picture in a form that is not known here, when it is more than a few bytes."""
    if len(data) > UNMEASURED_DECORATION_BYTES:
        harvest.lack(Unreadable.UNKNOWN_TYPE, f"image/x-unknown, {len(data)} bytes")


def _metafile(name: str, data: bytes, kind: str, harvest: Harvest, *, unread: int = UNREAD_BYTES) -> None:
    """The words of a metafile. Of more than *unread* bytes it is told of as other pictures are, unless all in it was
    understood as words; and whatever its size where a word stands in it as numbers of glyphs."""
    drawing = read_metafile(data, kind)
    harvest.lines(drawing.lines, "drawing")
    for inner in drawing.pictures:
        if kind_of(inner) not in METAFILES:  # else one could hold another, and so on
            picture(name, inner, harvest)
    read = bool(drawing.lines) and not drawing.gaps
    if (len(data) > unread and not read) or drawing.glyphs >= _A_WORD:
        harvest.lack(Unreadable.UNKNOWN_TYPE, f"{kind}, {len(data)} bytes")


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


def _tiff(data: bytes) -> tuple[int, int] | None:
    """The size of the largest page (TIFF 6.0 §2: each has a directory of tagged fields, which names the next one)."""
    order = "<" if data[:1] == b"I" else ">"
    largest = None
    (place,) = struct.unpack_from(f"{order}I", data, 4)
    for _ in range(_MOST_PAGES):
        if not 8 <= place <= len(data) - 6:
            break
        size: dict[int, int] = {}
        (count,) = struct.unpack_from(f"{order}H", data, place)
        for field in range(min(count, _MOST_FIELDS)):
            at = place + 2 + 12 * field
            if at + 12 > len(data):
                break
            tag, kind = struct.unpack_from(f"{order}HH", data, at)
            if tag in _TIFF_SIDES:
                (size[tag],) = struct.unpack_from(
                    f"{order}{'H' if kind == _TIFF_SHORT else 'I'}", data, at + 8
                )
        width, height = (size.get(tag, 0) for tag in _TIFF_SIDES)
        if width and height and (largest is None or width * height > largest[0] * largest[1]):
            largest = width, height
        after = place + 2 + 12 * count
        if after + 4 > len(data):
            break
        (place,) = struct.unpack_from(f"{order}I", data, after)
    return largest


def _heif(data: bytes) -> tuple[int, int] | None:
    """The size of the largest picture in a HEIF file, as AVIF is, too (ISO 23008-12 §6.5.3): a large one has tiles."""
    sizes: list[tuple[int, int]] = []
    place = data.find(_HEIF_SIZE)
    while place >= 0 and len(sizes) < _MOST_TILES:
        place += len(_HEIF_SIZE)
        sizes.append(struct.unpack_from(">II", data, place))
        place = data.find(_HEIF_SIZE, place)
    return max(sizes, key=lambda size: size[0] * size[1], default=None)


def _webp(data: bytes) -> tuple[int, int] | None:
    """The size in the first chunk of a WebP file (RFC 9649 §2.5 to 2.7)."""
    form = data[12:16]
    if form == b"VP8X":
        sides = int.from_bytes(data[24:27], "little") + 1, int.from_bytes(data[27:30], "little") + 1
        return sides if len(data) >= 30 else None
    if form == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if form == b"VP8 ":
        width, height = struct.unpack_from("<HH", data, 26)
        return width & 0x3FFF, height & 0x3FFF
    return None
