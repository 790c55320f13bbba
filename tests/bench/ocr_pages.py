"""Letters as they are scanned, photographed and copied from a screen, each with a CPR number: what
``bench_ocr.py`` has read. All is drawn here, with the fonts that the machine has, and the same each time.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont, ImageOps

FONTS = Path("/usr/share/fonts")
SANS, SERIF, MONO = "LiberationSans-Regular.ttf", "LiberationSerif-Regular.ttf", "LiberationMono-Regular.ttf"
NUMBER = "010190-1234"
DPI = 200
WHITE, BLACK = 255, 0
Size = tuple[int, int]
Tone = int | str


@dataclass(frozen=True, slots=True)
class Case:
    """A picture in the bytes of its file, with ``text`` on it; ``kind`` is what was done to it."""

    kind: str
    data: bytes
    text: str


@cache
def font(name: str, pixels: int) -> ImageFont.FreeTypeFont:
    """Raises :class:`StopIteration` where the machine does not have it."""
    path = Path(name) if "/" in name else next(FONTS.rglob(name))
    return ImageFont.truetype(str(path), pixels)


def has_font(name: str) -> bool:
    return "/" in name or next(FONTS.rglob(name), None) is not None


def points(size: float, dpi: int = DPI) -> int:
    return round(size * dpi / 72)


def broken(text: str, width: int, face: ImageFont.FreeTypeFont) -> list[str]:
    """*text* in lines of at most *width* pixels."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if face.getlength(longer) > width and lines[-1]:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines


def page(
    text: str,
    size: float = 11,
    dpi: int = DPI,
    face: str = SANS,
    ink: Tone = BLACK,
    paper: Tone = WHITE,
    inches: tuple[float, float] = (5.8, 5.4),
) -> Image.Image:
    """*text* set on paper: paragraphs are parted by line ends."""
    coloured = not isinstance(ink, int) or not isinstance(paper, int)
    sheet = Image.new("RGB" if coloured else "L", (round(inches[0] * dpi), round(inches[1] * dpi)), paper)
    set_in = font(face, points(size, dpi))
    draw, margin, row = ImageDraw.Draw(sheet), round(0.5 * dpi), round(0.5 * dpi)
    for paragraph in text.split("\n"):
        for line in broken(paragraph, sheet.width - 2 * margin, set_in):
            draw.text((margin, row), line, fill=ink, font=set_in)
            row += round(points(size, dpi) * 1.25)
        row += round(points(size, dpi) * 0.5)
    return sheet


def png(picture: Image.Image) -> bytes:
    return _stored(picture, "PNG")


def jpeg(picture: Image.Image, quality: int = 80) -> bytes:
    return _stored(picture.convert("RGB") if picture.mode == "RGBA" else picture, "JPEG", quality=quality)


def _stored(picture: Image.Image, form: str, **options: Any) -> bytes:
    out = io.BytesIO()
    picture.save(out, form, **options)
    return out.getvalue()


def turned(picture: Image.Image, degrees: float) -> Image.Image:
    paper = picture.getpixel((2, 2))
    return picture.rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=paper)


def noisy(picture: Image.Image, sigma: float) -> Image.Image:
    noise = Image.effect_noise(picture.size, sigma)
    return Image.blend(picture.convert("L"), noise, 0.5).point(lambda tone: max(0, min(255, 2 * tone - 128)))


def speckled(picture: Image.Image, share: float) -> Image.Image:
    """Dust and holes, as an old fax has them."""
    chance, copy = Random(5), picture.copy()
    for _ in range(int(share * picture.width * picture.height)):
        copy.putpixel(
            (chance.randrange(picture.width), chance.randrange(picture.height)), chance.choice((0, 255))
        )
    return copy


def pale(picture: Image.Image, darkest: int, lightest: int) -> Image.Image:
    return picture.convert("L").point(lambda tone: darkest + tone * (lightest - darkest) // 255)


def photographed(picture: Image.Image, lean: float, size: Size = (1600, 1200)) -> Image.Image:
    """The page on a table, from the side: *lean* is how much narrower its far edge looks. Half in the shade."""
    table = Image.effect_noise((size[0] // 8, size[1] // 8), 30).resize(size, Image.Resampling.BICUBIC)
    table = table.point(lambda tone: tone // 2 + 30)
    w, h = picture.size
    scale = min(size[0] * 0.85 / w, size[1] * 0.9 / h)
    left, top = (size[0] - w * scale) / 2, (size[1] - h * scale) / 2
    right, bottom, shift = left + w * scale, top + h * scale, lean * w * scale / 2
    corners = [
        (left + shift, top + shift / 3),
        (right - shift / 2, top),
        (right, bottom),
        (left, bottom - shift / 4),
    ]
    into = [(0.0, 0.0), (float(w), 0.0), (float(w), float(h)), (0.0, float(h))]
    seen = picture.convert("L").transform(
        size, Image.Transform.PERSPECTIVE, _homography(corners, into), Image.Resampling.BICUBIC
    )
    mask = Image.new("L", size, 0)
    ImageDraw.Draw(mask).polygon(corners, fill=255)
    table.paste(seen, (0, 0), mask)
    shade = Image.linear_gradient("L").rotate(90).resize(size).point(lambda tone: 110 + tone * 140 // 255)
    return Image.merge("L", [_times(table, shade)]).filter(ImageFilter.GaussianBlur(0.8))


def _times(picture: Image.Image, light: Image.Image) -> Image.Image:
    return ImageChops.multiply(picture, light)


def _homography(
    seen: Sequence[tuple[float, float]], flat: Sequence[tuple[float, float]]
) -> tuple[float, ...]:
    """The eight numbers by which Pillow finds for a place that is seen the one on the flat page."""
    rows, values = [], []
    for (x, y), (u, v) in zip(seen, flat, strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        values += [u, v]
    return tuple(np.linalg.solve(np.array(rows, float), np.array(values, float)).tolist())


Made = Callable[[str], bytes]
Seen = Callable[[Image.Image], Image.Image]


def seen(how: Seen = lambda page: page, quality: int = 0, **set_as: Any) -> Made:
    """What makes a picture of a text: a page of it set so, seen so, kept as JPEG of this quality or else as PNG."""

    def made(text: str) -> bytes:
        shown = how(page(text, **set_as))
        return jpeg(shown, quality) if quality else png(shown)

    return made


def blurred(radius: float) -> Seen:
    return lambda page: page.filter(ImageFilter.GaussianBlur(radius))


def by(degrees: float) -> Seen:
    return lambda page: turned(page, degrees)


def from_aside(lean: float, size: Size = (1600, 1200), degrees: float = 0) -> Seen:
    return lambda page: turned(photographed(page, lean, size), degrees)


def kinds() -> Iterator[tuple[str, Made]]:
    """What is done to a letter: its name, and who does it to a text."""
    yield "as it is", seen()
    for degrees in (1, 2, 3, 5, 8, 12, 15, -4, -7, -13, 25, 90, 180, 270, 94, 187, 262):
        yield f"turned {degrees}", seen(by(degrees), 80)
    for radius in (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0):
        yield f"blurred {radius}", seen(blurred(radius))
    for quality in (30, 15, 8, 4):
        yield f"JPEG {quality}", seen(quality=quality)
    for size, dpi in ((11, 96), (10, 96), (9, 96), (8, 96), (7, 96), (8, 72), (6, 96)):
        yield f"{size} pt at {dpi} dpi", seen(size=size, dpi=dpi)
    for size in (8, 10):
        yield f"{size} pt at 96 dpi, JPEG 40", seen(quality=40, size=size, dpi=96)
    for tones in ((150, 235), (190, 235), (210, 240), (225, 240), (40, 90)):
        yield "pale {} on {}".format(*tones), seen(partial(pale, darkest=tones[0], lightest=tones[1]))
    for sigma in (30, 60, 90, 120):
        yield f"noise {sigma}", seen(partial(noisy, sigma=sigma), 70)
    for share in (0.01, 0.05):
        yield f"specks {share}", seen(partial(speckled, share=share))
    for lean in (0.05, 0.15, 0.3):
        yield f"photo {lean}", seen(from_aside(lean), 80)
    for degrees in (6, 90):
        yield f"photo turned {degrees}", seen(from_aside(0.1, degrees=degrees), 80)
    yield "photo of little", seen(from_aside(0.1, (1000, 750)), 50)
    yield from _coloured()
    yield from _faces()
    yield from _forms()


def _coloured() -> Iterator[tuple[str, Made]]:
    colours = {"white on black": (255, 0), "grey on black": (150, 20), "yellow on blue": ("yellow", "navy"),
               "white on red": ("white", "firebrick"), "red on white": ("red", "white"),
               "green on black": ("lime", "black"), "blue on green": ("blue", "mediumseagreen")}  # fmt: skip
    for name, (ink, paper) in colours.items():
        yield name, seen(ink=ink, paper=paper)
    yield "white on black, 9 pt at 96 dpi", seen(size=9, dpi=96, ink=255, paper=0)


def _faces() -> Iterator[tuple[str, Made]]:
    faces = (SERIF, MONO, "DejaVuSansCondensed.ttf", "Z003-MediumItalic.otf", "URWGothic-Book.otf",
             "NimbusSansNarrow-Regular.otf", "C059-BdIta.otf", "Breip.ttf", "Kristi.ttf",
             "Ecolier-court.ttf")  # fmt: skip
    for face in filter(has_font, faces):
        yield face.partition(".")[0], seen(size=13, face=face)
        yield f"{face.partition('.')[0]} turned 4", seen(by(4), size=13, face=face)


def _forms() -> Iterator[tuple[str, Made]]:
    yield "fax 100 dpi", seen(_black, size=11, dpi=100)
    yield "fax 200 by 100", seen(lambda page: _black(page.resize((page.width, page.height // 2))))
    yield "dithered", seen(lambda page: pale(page, 90, 230).convert("1"))
    yield "transparent", seen(_transparent)
    yield "turned 90 by EXIF", lambda text: _by_exif(page(text))
    yield "mirrored", seen(ImageOps.mirror)
    yield "aslant, blurred, JPEG", seen(lambda page: blurred(1.5)(turned(page, 7)), 25)
    yield "small, aslant", seen(by(5), size=9, dpi=96)
    for name, how, dpi in (("", by(0), 96), (", turned 8", by(8), 96), (", blurred 2.5", blurred(2.5), DPI)):
        yield f"number alone{name}", _alone(seen(how, dpi=dpi, inches=(2.4, 0.9)))


def _alone(made: Made) -> Made:
    return lambda _: made(f"CPR {NUMBER}")


def _black(picture: Image.Image) -> Image.Image:
    return picture.convert("1", dither=Image.Dither.NONE)


def _transparent(picture: Image.Image) -> Image.Image:
    clear = Image.new("RGBA", picture.size, (0, 0, 0, 0))
    clear.putalpha(ImageOps.invert(picture))
    return clear


def _by_exif(picture: Image.Image) -> bytes:
    lying = picture.rotate(90, expand=True)
    told = lying.getexif()
    told[0x0112] = 6
    return _stored(lying, "JPEG", exif=told)
