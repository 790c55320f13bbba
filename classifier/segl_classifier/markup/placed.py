"""Pages whose pieces each have a place of their own (CSS ``position: absolute``), read as they are seen.

Programs that make a page of a PDF or of a form write so: every line, word or letter is an element with its ``left`` and
``top``, and the order in which they stand in the source is that in which somebody drew them. Here they are put into
lines by their places, for each element around them that has a place itself.

Other ways to show elements in another order (``order`` and ``row-reverse`` of flexible boxes, ``float: right``) move
columns of a page and whole paragraphs, which read the same in any order.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import groupby

from segl_classifier.markup.attributes import pairs

FEWEST = 2  # elements with a place: one alone is where it is
_ABSOLUTE = re.compile(r"position\s{0,9}:\s{0,9}(?:absolute|fixed)", re.IGNORECASE)
_MENTIONED = re.compile(r"(?:position|POSITION|Position)\s{0,9}:\s{0,9}[aAfF](?:bsolute|BSOLUTE|ixed|IXED)")
_LENGTH = re.compile(
    r"(?<![\w-])(left|top|bottom|font-size)\s{0,9}:\s{0,9}(-?\d{0,7}(?:\.\d{0,9})?)\s{0,3}(px|pt|pc|r?em|in|cm|mm|%)?",
    re.IGNORECASE,
)
_TELLS = re.compile(r"position|left|top|bottom|font-size", re.IGNORECASE)
_SELECTOR = re.compile(r"([.#][\w-]{1,80})\s*\Z")
_PIXELS = {"pt": 4 / 3, "pc": 16, "em": 16, "rem": 16, "in": 96, "cm": 37.8, "mm": 3.78, "%": 8}
_VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())
_USUAL_SIZE = 12.0  # pixels, where nothing is told
_WIDTH = 0.5  # of a letter, in its size
_TOUCH, _BLANK, _LINE = 0.4, 3.0, 0.4  # gaps, and how far a line may rise or fall, in the size of letters
_FIGURES = frozenset("0123456789-")
_MOST = 50_000  # elements with a place
_DEEPEST, _MOST_RULES, _LONGEST = 200, 5_000, 1_000


def is_used(markup: str) -> bool:
    """Whether elements of *markup* may have places of their own."""
    return _MENTIONED.search(markup) is not None


@dataclass(slots=True)
class Box:
    """An element with a place, in the element with a place around it (*within*, by its number)."""

    within: int
    left: float
    top: float
    size: float
    parts: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return " ".join("".join(self.parts).split())


class _Style:
    """What declarations say of an element's place; of two that say the same the later holds. A sheet's are read once,
    however many elements they are for."""

    __slots__ = ("absolute", "lengths")

    def __init__(self) -> None:
        self.absolute = False
        self.lengths: dict[str, float] = {}

    def add(self, declarations: str) -> None:
        declarations = declarations[:_LONGEST]
        self.absolute = self.absolute or _ABSOLUTE.search(declarations) is not None
        self.lengths |= {one[1].lower(): _pixels(one) for one in _LENGTH.finditer(declarations)}

    def take_over(self, other: _Style) -> None:
        self.absolute = self.absolute or other.absolute
        self.lengths |= other.lengths


class Placing:
    """Told tag by tag and text by text, as :class:`.rendered.Rendering` is."""

    def __init__(self, sheets: Iterable[str]) -> None:
        self._rules: dict[str, _Style] = {}
        for sheet in sheets:
            for head, _, declarations in (block.partition("{") for block in sheet.split("}")):
                named = _SELECTOR.search(head[-_LONGEST:].strip())
                if named and _TELLS.search(declarations) and len(self._rules) < _MOST_RULES:
                    self._rules.setdefault(named[1], _Style()).add(declarations)
        self._boxes = [Box(0, 0, 0, _USUAL_SIZE)]
        self._open: list[
            tuple[str, int, float]
        ] = []  # names of elements, each with its box and size of letters

    def tag(self, name: str, attributes: str, between: str) -> None:
        if name[0] == "/":
            at = next(
                (at for at in range(len(self._open) - 1, -1, -1) if self._open[at][0] == name[1:]), None
            )
            if at is not None:
                del self._open[at:]
            self.text(between)
            return
        self.text(between)
        if name in _VOID or len(self._open) >= _DEEPEST:
            return
        number, size = self._here()
        style = self._style(attributes)
        lengths = style.lengths
        size = max(1.0, lengths.get("font-size", size))
        top = lengths.get("top", -lengths["bottom"] if "bottom" in lengths else None)
        if top is not None and "left" in lengths and style.absolute and len(self._boxes) < _MOST:
            self._boxes.append(Box(number, lengths["left"], top, size))
            number = len(self._boxes) - 1
        self._open.append((name, number, size))

    def text(self, text: str) -> None:
        if text:
            self._boxes[self._here()[0]].parts.append(text)

    def _here(self) -> tuple[int, float]:
        return self._open[-1][1:] if self._open else (0, _USUAL_SIZE)

    def _style(self, attributes: str) -> _Style:
        """What holds for an element with these attributes."""
        style = _Style()
        if "class" not in attributes and "style" not in attributes and "id" not in attributes:
            return style
        given = {name.lower(): value[:_LONGEST] for name, value in pairs(attributes)}
        for name in (*(f".{one}" for one in given.get("class", "").split()[:20]), f"#{given.get('id', '')}"):
            if name in self._rules:
                style.take_over(self._rules[name])
        style.add(given.get("style", ""))
        return style

    def lines(self) -> str:
        """The lines of the page as they are seen, if there are elements with a place."""
        if len(self._boxes) <= FEWEST:
            return ""
        placed = sorted(self._boxes[1:], key=lambda box: box.within)
        return "\n".join(
            line for _, boxes in groupby(placed, key=lambda box: box.within) for line in in_lines(list(boxes))
        )


def _pixels(length: re.Match[str]) -> float:
    number = length[2].strip(".-") and float(length[2])
    return (number or 0.0) * _PIXELS.get((length[3] or "").lower(), 1)


def in_lines(boxes: list[Box]) -> Iterator[str]:
    """The lines of *boxes*, from above."""
    line: list[Box] = []
    for box in sorted(boxes, key=lambda box: box.top):
        if line and box.top - line[0].top > _LINE * line[0].size:
            yield joined(line)
            line = []
        line.append(box)
    if line:
        yield joined(line)


def joined(line: list[Box]) -> str:
    """The pieces of a line from left to right; a wide gap parts cells."""
    line.sort(key=lambda box: box.left)
    parts: list[str] = []
    end, before = None, ""
    for box in line:
        text = box.text
        if not text:
            if box.parts and parts:  # a blank in an element of its own
                parts.append(" ")
                end, before = box.left + _WIDTH * box.size, " "
            continue
        if end is not None:
            gap = (box.left - end) / box.size
            touch = gap <= _TOUCH and _may_touch(before, text)
            parts.append("" if touch else " " if gap <= _BLANK else "\t")
        parts.append(text)
        before = text
        end = box.left + len(text) * _WIDTH * box.size
    return "".join(parts)


def _may_touch(before: str, text: str) -> bool:
    """Whether the two may be one word or number. How wide words are is not known; single letters and figures are of
    about one width."""
    return len(before) == 1 or len(text) == 1 or (before[-1] in _FIGURES and text[0] in _FIGURES)
