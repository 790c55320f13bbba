"""How writing lies in a picture, and the picture laid straight: Tesseract reads lines that are level.

Lines of writing are told by a profile: the picture is thinned to strokes, and for each angle its rows are added up.
Where the rows lie along the lines, sums jump between ink and paper; a few degrees off they blur into one another. So
the angle is that of the sharpest profile, and how far it stands out above the other angles tells whether there are
lines at all: ten to a hundred times for a page of letters, one to four times for photographs of other things
(docs/decisions/0072-pictures-as-they-come.md).

All in Pillow, on a thumbnail: .05 s for a page, whatever its size. Pictures are grey here, one byte a pixel.
"""

from __future__ import annotations

import io
import math
import struct
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import pairwise

from PIL import AvifImagePlugin, Image, ImageChops, ImageFilter, ImageOps

# What Pillow raises for pictures that are broken, or larger than they say.
BROKEN = (
    OSError,
    EOFError,
    RuntimeError,
    SyntaxError,
    ValueError,
    TypeError,
    IndexError,
    ZeroDivisionError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)
_FORMATS = ("PNG", "JPEG", "TIFF", "GIF", "BMP", "WEBP", "AVIF", "HEIF")
_WITH_PAGES = ("TIFF", "HEIF")
_MOST_PAGES = 100
_BOXES = frozenset((b"ftyp", b"meta", b"mdat", b"idat", b"moov", b"free", b"skip", b"uuid"))
_MOST_FRAMES = 20  # of a moving picture, evenly apart: the slides of a show, a second or two of a screen
_SEEN_AT, _OTHER = (128, 128), 40  # pixels of a thumbnail; tones: one line of letters changes a frame by more
_MOST_PIXELS = 16_000_000  # of a page that is read; A4 at 400 dots an inch
_SIDE = 900  # pixels of the thumbnail at most; lines of ten points on A4 are six and more apart
_SOFT = 6  # pixels: strokes are finer, shadows and the edge of the paper are not
_INK = 0.12  # of the thumbnail at most is taken for strokes
_FAINTEST = 8  # of 255, between stroke and paper
_WIDEST = 45  # degrees either way; beyond it the writing stands upright
_COARSE, _FINE = 2.0, 0.5  # degrees
_CLEAR = 5.0  # times as sharp as other angles
_LEVEL = 0.5  # degrees that need no turning


class TooManyPages(Exception):
    """There are so many, and those behind the last that was given are not read."""


@dataclass(frozen=True, slots=True)
class Lie:
    """How lines lie: turned by ``angle`` degrees they are level, or upright where they stand ``sideways``.
    ``clear`` is how many times sharper their profile is than those of other angles."""

    angle: float = 0.0
    sideways: bool = False
    clear: float = 0.0

    @property
    def turns(self) -> bool:
        """Whether a picture is laid otherwise for it."""
        return self.sideways or abs(self.angle) >= _LEVEL

    @property
    def is_clear(self) -> bool:
        """Whether there are lines of writing, or what looks like them: the bars of a chart, a fence."""
        return self.clear >= _CLEAR


Image.init()  # what opens each format is loaded now, before a process is shut in
AvifImagePlugin.DEFAULT_MAX_THREADS = 1
with suppress(ImportError):  # on a machine for which it is not made HEIC is told of
    from pi_heif import register_heif_opener

    register_heif_opener(decode_threads=1, thumbnails=False, depth_images=False, aux_images=False)


def pages_of(data: bytes) -> Iterator[Image.Image]:
    """The pages of a picture, as a program shows them: turned as it says of itself (EXIF), on white where it is
    transparent. A moving picture has those frames on which something else is written. Raises what Pillow does where it
    is broken or of no kind known here, and :class:`TooManyPages` behind the last that is read."""
    if data[4:8] == b"ftyp" and _is_cut_off(data):
        raise OSError("the file ends too early")  # of tiles that are not there libheif says nothing
    with Image.open(io.BytesIO(data), formats=_FORMATS) as opened:
        opened.verify()  # of a PNG file the rest would else be black from where it is broken
    with Image.open(io.BytesIO(data), formats=_FORMATS) as opened:
        count = getattr(opened, "n_frames", 1) if opened.format != "MPO" else 1
        opened.draft("L", None)  # a JPEG file is unpacked in grey at once
        if count > 1 and opened.format not in _WITH_PAGES:
            yield from _unlike(_page(opened, number) for number in range(0, count, -(-count // _MOST_FRAMES)))
            return
        for number in range(min(count, _MOST_PAGES)):
            yield _page(opened, number)
        if count > _MOST_PAGES:
            raise TooManyPages(count)


def _is_cut_off(data: bytes) -> bool:
    """Whether a box of a HEIF file (ISO 14496-12 §4.2) ends behind the last byte. What telephones write behind all
    boxes is none."""
    place = 0
    while data[place + 4 : place + 8] in _BOXES:
        (size,) = struct.unpack_from(">I", data, place)
        if size == 1 and place + 16 <= len(data):
            (size,) = struct.unpack_from(">Q", data, place + 8)
        if size < 8:  # 0: up to the end
            return False
        place += size
    return place > len(data)


def _page(opened: Image.Image, number: int) -> Image.Image:
    opened.seek(number)
    grey = _grey(opened)
    while grey.width * grey.height > _MOST_PIXELS:
        grey = grey.reduce(2)
    return grey


def _unlike(frames: Iterable[Image.Image]) -> Iterator[Image.Image]:
    """The first of *frames*, and of the others those with lines of writing that are unlike all these."""
    seen: list[Image.Image] = []
    for grey in frames:
        small = grey.resize(_SEEN_AT, Image.Resampling.BOX)
        if not seen or (all(_is_other(small, each) for each in seen) and lie_of(grey).is_clear):
            seen.append(small)
            yield grey


def _is_other(one: Image.Image, other: Image.Image) -> bool:
    return (
        ImageChops.difference(one, other).point([tone > _OTHER for tone in range(256)]).getbbox() is not None
    )


def _grey(opened: Image.Image) -> Image.Image:
    shown = ImageOps.exif_transpose(opened)
    if shown.has_transparency_data:
        shown = shown.convert("LA")
        paper = Image.new("L", shown.size, 255)
        paper.paste(shown.getchannel("L"), mask=shown.getchannel("A"))
        return paper
    if shown.mode.startswith(("I", "F")):
        shown = shown.convert("F")
        low, high = (float(edge) for edge in shown.getextrema())  # type: ignore[arg-type]
        shown = shown.point(lambda tone: (tone - low) * (255 / max(1.0, high - low)))
    return shown.convert("L")


def lie_of(grey: Image.Image) -> Lie:
    """How the lines lie that *grey* shows, if any."""
    strokes = _strokes(grey)
    if strokes.getbbox() is None:
        return Lie()
    half = strokes.resize((strokes.width // 2,) * 2, Image.Resampling.BOX)
    steps = int(_WIDEST / _COARSE)
    coarse = [_Seen.at(half, step * _COARSE) for step in range(-steps, steps + 1)]
    best = max(coarse)
    usual = sorted(seen.sharp for seen in coarse)[len(coarse) // 2]
    near = range(-int(_COARSE / _FINE), int(_COARSE / _FINE) + 1)
    fine = max(_Seen.at(strokes, best.angle + step * _FINE) for step in near)
    return Lie(fine.angle, fine.sideways, best.sharp / max(1.0, usual))


@dataclass(frozen=True, slots=True, order=True)
class _Seen:
    sharp: float
    flat: float  # of two that are as sharp, the one that needs less turning
    angle: float
    sideways: bool

    @classmethod
    def at(cls, strokes: Image.Image, angle: float) -> _Seen:
        turned = strokes.rotate(angle, Image.Resampling.NEAREST)
        level, upright = (_sharpness(turned, size) for size in ((1, turned.height), (turned.width, 1)))
        return cls(max(level, upright), -abs(angle), angle, upright > level)


def _sharpness(picture: Image.Image, size: tuple[int, int]) -> float:
    """How much the sums of rows, or columns, differ from one to the next."""
    sums = picture.resize(size, Image.Resampling.BOX).tobytes()
    return float(sum((one - next_) ** 2 for one, next_ in pairwise(sums)))


def _strokes(grey: Image.Image) -> Image.Image:
    """What is finer than its surroundings, white on black, in the middle of a square that holds it however it is
    turned."""
    # By a whole number: by any other some rows would be softer than others, and grain would lie in lines.
    small = grey.reduce(math.ceil(max(grey.size) / _SIDE))
    apart = ImageChops.difference(small, small.filter(ImageFilter.BoxBlur(_SOFT)))
    counts, most, tone = apart.histogram(), _INK * small.width * small.height, 255
    while tone > _FAINTEST and most >= counts[tone]:
        most -= counts[tone]
        tone -= 1
    found = apart.point([255 * (each > tone) for each in range(256)])
    # The edge of the picture is no line: a texture would have the clearest of all along it.
    rim = max(1, min(small.size) // 10)
    inner = Image.new("L", small.size, 0)
    inner.paste(255, (rim, rim, max(rim + 1, small.width - rim), max(rim + 1, small.height - rim)))
    found = ImageChops.multiply(found, inner.filter(ImageFilter.BoxBlur(rim)))
    side = math.ceil(math.hypot(*small.size))
    square = Image.new("L", (side, side), 0)
    square.paste(found, ((side - small.width) // 2, (side - small.height) // 2))
    return square


def straight(grey: Image.Image, lie: Lie, quarters: int = 0) -> Image.Image:
    """*grey* with level lines, and then turned by so many *quarters* against the clock."""
    if abs(lie.angle) >= _LEVEL:
        paper = _paper(grey)
        grey = grey.rotate(lie.angle, Image.Resampling.BICUBIC, expand=True, fillcolor=paper)
    quarters = (quarters + lie.sideways) % 4
    if quarters:
        how = (Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_270)[
            quarters - 1
        ]
        grey = grey.transpose(how)
    return grey


def _paper(grey: Image.Image) -> int:
    """The tone that most of the edge has, for the corners that turning lays bare."""
    edge = Image.new("L", (2 * grey.width, 1))
    edge.paste(grey.crop((0, 0, grey.width, 1)), (0, 0))
    edge.paste(grey.crop((0, grey.height - 1, grey.width, grey.height)), (grey.width, 0))
    counts = edge.histogram()
    return counts.index(max(counts))


def as_pgm(grey: Image.Image) -> bytes:
    """The least that a reader of pictures takes: no compression to be made and undone (netpbm, PGM)."""
    return b"P5 %d %d 255\n" % grey.size + grey.tobytes()
