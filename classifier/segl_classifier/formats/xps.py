"""Printed pages of Windows: XPS and OpenXPS (ECMA-388).

A page (``.fpage``) is made of runs of glyphs, each with its place, and most say their letters as well. They are read in
the order in which they were printed, and line by line as they stand. What is told as glyphs alone, a page on which
letters may be drawn as lines, and one that is broken are told of, each by itself: the others are read all the same.

A printer may write the parts of the package in pieces (ECMA-376 part 2 §9.1.2), which are put together.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from contextlib import suppress
from itertools import groupby
from math import hypot
from zipfile import ZipInfo

from segl.vocabulary import Unreadable
from segl_classifier.formats.content import Allowance, Content
from segl_classifier.formats.harvest import Harvest
from segl_classifier.formats.pictures.picture import picture
from segl_classifier.formats.xml.events import Attributes, Names, NotXml, parse
from segl_classifier.formats.zipped.package import Package, read_package
from segl_classifier.markup.drawn_letters import FEWEST_CURVES, curves_in
from segl_classifier.markup.placed import Box, in_lines, joined

_PIECE = re.compile(r"(?P<name>.*)/\[(?P<number>\d{1,9})\](?:\.last)?\.piece", re.IGNORECASE | re.DOTALL)
_PAGE = ".fpage"
_LAYOUT = re.compile(
    r".*\.(?:odttf|ttf|ttc|icc|icm|rels|fdseq|fdoc|frag|struct)|\[Content_Types\]\.xml|.*thumbnail[^/]*"
    r"|(?:.*/)?(?:PrintTicket|\w*_PT|DiscardControl)[^/]*\.xml",
    re.IGNORECASE | re.DOTALL,
)
_NUMBERS = re.compile(r"-?\d{1,9}(?:\.\d{1,9})?(?:e-?\d{1,2})?", re.IGNORECASE)
_SPOKEN = ("AutomationProperties.Name", "AutomationProperties.HelpText", "FixedPage.NavigateUri")
_USUAL_SIZE = 12.0
_DIGITS = re.compile(r"(\d+)")

_Matrix = tuple[float, float, float, float, float, float]
_NOTHING: _Matrix = (1, 0, 0, 1, 0, 0)


def read(data: bytes, name: str, allowance: Allowance) -> Content:
    """All text and all pictures in printed pages."""
    return read_package(data, allowance, _parts)


def _parts(package: Package, harvest: Harvest) -> None:
    parts: defaultdict[str, list[tuple[int, ZipInfo]]] = defaultdict(list)
    for member in package.members:
        piece = _PIECE.fullmatch(member.filename)
        parts[piece["name"] if piece else member.filename].append(
            (int(piece["number"]) if piece else 0, member)
        )
    pages = 0
    for name in sorted(parts, key=_natural):
        members = [member for _, member in sorted(parts[name], key=lambda numbered: numbered[0])]
        if name.lower().endswith(_PAGE):
            pages += 1
            _read_page(pages, _chunks(package, members), harvest)
        elif not (_LAYOUT.fullmatch(name) and all(map(package.is_layout, members))):
            content = b"".join(_chunks(package, members))
            if not picture(name, content, harvest):
                harvest.file(name.rpartition("/")[2], "", content)
    if not pages:
        harvest.lack(Unreadable.DAMAGED, "printed pages without a page")


def _natural(name: str) -> list[str | tuple[int, str]]:
    """So that page 10 stands behind page 9."""
    return [(len(piece), piece) if piece.isdecimal() else piece for piece in _DIGITS.split(name.lower())]


def _chunks(package: Package, members: list[ZipInfo]) -> Iterator[bytes]:
    for member in members:
        yield from package.chunks(member)


def _read_page(number: int, chunks: Iterator[bytes], harvest: Harvest) -> None:
    page, place = _Page(), f"page {number}"
    try:
        parse(chunks, page.start, page.end, page.characters)
    except NotXml as error:
        harvest.lack(Unreadable.DAMAGED, f"{place} {error}")
    printed = "\n".join(joined(list(line)) for _, line in groupby(page.boxes, key=lambda box: round(box.top)))
    harvest.text(printed, place)
    lines = "\n".join(in_lines(page.boxes))
    if lines != printed:
        harvest.text(lines, f"{place}, line by line")
    harvest.lines(page.spoken, f"links and titles on {place}")
    if page.silent:
        harvest.lack(Unreadable.UNKNOWN_TYPE, f"{place}: letters told as glyphs alone")
    if page.curves >= FEWEST_CURVES or (page.lines and not page.boxes):
        harvest.lack(Unreadable.UNKNOWN_TYPE, f"{place}: letters may be drawn")


class _Page:
    """What stands on one page. ``silent``: some runs say no letters; ``lines`` and ``curves``: how much is drawn."""

    def __init__(self) -> None:
        self.boxes: list[Box] = []
        self.spoken: list[str] = []
        self.silent = False
        self.lines, self.curves = 0, 0.0
        self._names = Names()
        self._open: list[tuple[str, _Matrix]] = []

    def start(self, name: str, attributes: Attributes) -> None:
        name = self._names[name]
        around = self._open[-1][1] if self._open else _NOTHING
        matrix = _within(around, attributes.get("RenderTransform", ""))
        if name == "MatrixTransform" and self._open and self._open[-1][0] == "Canvas.RenderTransform":
            self._turn(attributes.get("Matrix", ""))
        self._open.append((name, matrix))
        self.spoken += (value for key in _SPOKEN if (value := attributes.get(key, "").strip()))
        if name == "Glyphs":
            self._glyphs(attributes, matrix)
        for key in ("Data", "Figures"):
            if drawn := attributes.get(key, ""):
                self.lines += 1
                self.curves += curves_in(drawn)

    def end(self, _: str) -> None:
        self._open.pop()

    def characters(self, text: str) -> None:
        """There is none in a page; what stands there is read beside it."""
        if text := text.strip():
            self.spoken.append(text)

    def _turn(self, matrix: str) -> None:
        """The canvas, two elements above, is moved by *matrix*."""
        if len(self._open) >= 2:
            canvas, around = self._open[-2]
            self._open[-2:] = [
                (canvas, _within(around, matrix)),
                (self._open[-1][0], _within(around, matrix)),
            ]

    def _glyphs(self, attributes: Attributes, matrix: _Matrix) -> None:
        text = attributes.get("UnicodeString", "").removeprefix("{}")
        if not text.strip():
            self.silent = self.silent or (not text and bool(attributes.get("Indices", "").strip()))
            return
        x, y, size = (
            _number(attributes.get(key, ""), usual)
            for key, usual in (("OriginX", 0.0), ("OriginY", 0.0), ("FontRenderingEmSize", _USUAL_SIZE))
        )
        a, b, c, d, e, f = matrix
        self.boxes.append(Box(0, a * x + c * y + e, b * x + d * y + f, max(0.1, size * hypot(c, d)), [text]))


def _number(written: str, usual: float) -> float:
    with suppress(ValueError):
        return _bounded(float(written))
    return usual


def _bounded(number: float) -> float:
    """So that products stay numbers: what is infinite could not be put in order."""
    return max(-1e9, min(1e9, number))


def _within(around: _Matrix, written: str) -> _Matrix:
    """The matrix *written* in one within *around*."""
    numbers = [float(number) for number in _NUMBERS.findall(written)] if written else []
    if len(numbers) != 6:
        return around
    a, b, c, d, e, f = numbers
    g, h, i, j, k, m = around
    turned = (a * g + b * i, a * h + b * j, c * g + d * i, c * h + d * j)
    moved = (e * g + f * i + k, e * h + f * j + m)
    a, b, c, d, e, f = map(_bounded, turned + moved)
    return a, b, c, d, e, f
