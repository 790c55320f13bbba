"""Forms with a box for each digit: a personal number stands in ten of them, six and four.

Tesseract takes such boxes for letters, or for a table, and reads nothing in them. So they are looked for here: a level
line with upright ones standing on it, all as high and as far apart. What is in each box is cut out and set closely side
by side, as a printed line, and that is read.

All in Pillow, on a page that lies straight (:mod:`.straight`): .14 s for A4 at 300 dots an inch. Only fields with as
many boxes as a personal number has are of interest, or one less: of a faint line the first box may be overlooked.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise

from PIL import Image, ImageChops, ImageFilter

_WANTED = 10  # boxes
_FEWEST, _MOST = 9, 24  # of a field
_FEWEST_FILLED = 8
_MOST_FIELDS = 20
_MOST_LINES = 300  # level ones, on which boxes may stand
_MOST_EDGES = 400  # upright ones at one height
_STEP = (14, 160)  # pixels from box to box
_HIGH = (0.7, 2.6)  # boxes are so many steps high,
_HIGHEST = 1.3  # of what stands in a comb
_COMB = 0.3  # and what is open above is at least so high
_APART = 3.2  # steps between two parts of one field
_CHAIN = 4  # upright lines that make a part
_SOFT, _FAINTEST = 20, 18  # pixels around; of 255, between paper and line
_LEVEL_RUN, _UPRIGHT_RUN = 12, 7  # half of the shortest lines, in pixels
_GAPS = 0.35  # of the floor: boxes may stand apart
_CUT_OFF = 2  # pixels that a run may begin before the line does
_WHOLE = 0.85  # of a line is there: printing and scanning leave gaps
_THICKEST = 11
_EDGE = 2  # pixels beside a line that are still of it
_INK = 0.012  # of a box: a digit; dust is less
_SET_AT, _MARGIN = 64, 24  # pixels: the height of a box as it is read, white around the line
_RUN = re.compile(rb"\xff+")


@dataclass(frozen=True, slots=True)
class Boxes:
    """A field: where it stands (left, top, right, bottom), how many boxes it has, how many of them hold something, and
    these set side by side."""

    place: tuple[int, int, int, int]
    count: int
    filled: int
    picture: Image.Image

    @property
    def is_whole(self) -> bool:
        """Whether it has as many as a personal number."""
        return self.count >= _WANTED

    def label_in(self, grey: Image.Image) -> Image.Image:
        """What stands before it and above on *grey*, on which it was found."""
        left, top, right, bottom = self.place
        high = bottom - top
        begins, rim = max(0, top - high), high // 4
        around = grey.crop((0, begins, right, min(grey.height, bottom + rim)))
        around.paste(255, (left - rim, top - begins - rim, around.width, around.height))
        return around


@dataclass(frozen=True, slots=True)
class _Part:
    """Boxes side by side on a line: their edges from left to right, and those of all upright lines among them."""

    top: int
    bottom: int
    step: float
    left: int
    count: int
    borders: Sequence[int]
    is_open: bool  # above: a comb

    @property
    def right(self) -> int:
        return round(self.left + self.count * self.step)


def boxes_in(grey: Image.Image) -> list[Boxes]:
    """The fields with something in their boxes that *grey* shows, from the top down; some :data:`_MOST_FIELDS` of
    them."""
    page = _Page(grey)
    found: list[Boxes] = []
    for parts in page.fields():
        field = page.cut(parts)
        if field.filled >= _FEWEST_FILLED and not any(_overlap(field.place, each.place) for each in found):
            found.append(field)
        if len(found) == _MOST_FIELDS:
            break
    return found


def without(grey: Image.Image, fields: Sequence[Boxes]) -> Image.Image:
    """*grey* as if nothing stood in *fields*: to who reads lines, boxes are letters, and not sure ones."""
    bare = grey.copy()
    for field in fields:
        left, top, right, bottom = field.place
        rim = (bottom - top) // 4
        bare.paste(255, (left - rim, top - rim, right + rim, bottom + rim))
    return bare


def _overlap(one: tuple[int, int, int, int], other: tuple[int, int, int, int]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


class _Page:
    def __init__(self, grey: Image.Image) -> None:
        self._grey = grey
        paper = grey.filter(ImageFilter.BoxBlur(_SOFT))
        self._ink = ImageChops.subtract(paper, grey).point([255 * (t >= _FAINTEST) for t in range(256)])
        self._level = self._runs((_LEVEL_RUN, 0))
        self._upright = self._runs((0, _UPRIGHT_RUN))

    def _runs(self, half: tuple[int, int]) -> Image.Image:
        """Where ink goes on so far to both sides."""
        whole = [255 * (tone >= 255 * _WHOLE) for tone in range(256)]
        return self._ink.filter(ImageFilter.BoxBlur(half)).point(whole)

    def fields(self) -> Iterator[list[_Part]]:
        """Parts that make one field, by the level lines that they stand on."""
        for bottom in islice(self._level_lines(), _MOST_LINES):
            group: list[_Part] = []
            for part in self._parts(bottom):
                if group and not _goes_on(group[-1], part):
                    if _is_field(group):
                        yield group
                    group = []
                group.append(part)
            if _is_field(group):
                yield group

    def _level_lines(self) -> Iterator[int]:
        """The upper edge of each level line that is long enough."""
        enough = _STEP[0] * _CHAIN
        width = self._level.width
        pixels, above = self._level.tobytes(), False
        for y in range(self._level.height):
            long = pixels.count(b"\xff", y * width, (y + 1) * width) >= enough
            if long and not above and y > 2 * _UPRIGHT_RUN:
                yield y
            above = long

    def _parts(self, bottom: int) -> list[_Part]:
        """The boxes that stand on the line at *bottom*, from left to right."""
        y = bottom - _UPRIGHT_RUN - 1
        row = self._upright.crop((0, y, self._upright.width, y + 1)).tobytes()
        edges = [
            (run.start() + run.end()) // 2
            for run in _RUN.finditer(row)
            if run.end() - run.start() <= _THICKEST
        ]
        if len(edges) > _MOST_EDGES:
            return []  # no form
        tops = {x: self._top(x, y) for x in edges}
        parts: list[_Part] = []
        for chain in _chains(edges, tops):
            top = min(tops[x] for x in chain)
            step = (chain[-1] - chain[0]) / (len(chain) - 1)
            is_open = not self._is_drawn(chain[0], chain[-1], top)
            if not (_COMB if is_open else _HIGH[0]) * step <= bottom - top <= _HIGH[1] * step:
                continue
            if self._goes_below(chain, bottom) or self._is_divided(chain, top, bottom):
                continue  # a table, with rows below one another
            if not all(self._is_drawn(left, right, bottom) for left, right in pairwise(chain)):
                continue
            closed = self._is_drawn(chain[-1], chain[-1] + round(step * 0.8), bottom)
            count = len(chain) - 1 + closed
            borders = [x for x in edges if abs(tops[x] - top) <= _THICKEST]
            high = max(bottom - top, round(_HIGHEST * step)) if is_open else bottom - top
            parts.append(_Part(bottom - high, bottom, step, chain[0], count, borders, is_open))
        return parts

    def _top(self, x: int, y: int) -> int:
        """Where the upright line through this place begins."""
        column = self._upright.crop((x, max(0, y - 2 * _STEP[1]), x + 1, y + 1)).tobytes()
        return y - (len(column) - 1 - column.rfind(b"\0")) - _UPRIGHT_RUN + _CUT_OFF

    def _goes_below(self, chain: Sequence[int], bottom: int) -> bool:
        y = min(bottom + _UPRIGHT_RUN + _THICKEST, self._upright.height - 1)
        row = self._upright.crop((0, y, self._upright.width, y + 1)).tobytes()
        return sum(b"\xff" in row[max(0, x - 2) : x + 3] for x in chain) * 2 > len(chain)

    def _is_divided(self, chain: Sequence[int], top: int, bottom: int) -> bool:
        rim = (bottom - top) // 6
        within = self._level.crop((chain[0], top + rim, chain[-1], bottom - rim))
        columns = within.resize((1, within.height), Image.Resampling.BOX).tobytes()
        return max(columns, default=0) > 255 * _GAPS

    def _is_drawn(self, left: int, right: int, y: int) -> bool:
        """Whether there is a level line at *y*."""
        strip = self._ink.crop((left, y - 2, right, y + _THICKEST))
        columns = strip.resize((strip.width, 1), Image.Resampling.BOX).tobytes()
        return columns.count(0) <= _GAPS * len(columns)

    def cut(self, parts: Sequence[_Part]) -> Boxes:
        """What is in the boxes of *parts*, set side by side as high as print is best read."""
        first, last = parts[0], parts[-1]
        place = (first.left, min(p.top for p in parts), last.right, max(p.bottom for p in parts))
        pieces: list[Image.Image] = []
        for part in parts:
            for number in range(part.count):
                left, right = (round(part.left + n * part.step) for n in (number, number + 1))
                piece = self._within(part, left, right)
                if piece is not None:
                    pieces.append(piece)
        gap = _SET_AT // 6
        width = sum(piece.width + gap for piece in pieces) + 2 * _MARGIN
        line = Image.new("L", (width, _SET_AT + 2 * _MARGIN), 255)
        x = _MARGIN
        for piece in pieces:
            line.paste(piece, (x, _MARGIN))
            x += piece.width + gap
        return Boxes(place, sum(part.count for part in parts), len(pieces), line)

    def _within(self, part: _Part, left: int, right: int) -> Image.Image | None:
        """What the box from *left* to *right* holds, as dark on white; ``None`` if nothing."""
        inset = 2 + _EDGE
        area = (left, part.top + (0 if part.is_open else inset), right, part.bottom - _EDGE)
        if area[3] - area[1] < 8:
            return None
        ink, grey = self._ink.crop(area), self._grey.crop(area)
        for x in part.borders:
            stripe = (x - left - inset, 0, x - left + inset + 1, ink.height)
            ink.paste(0, stripe)
        held = ink.getbbox()
        if held is None or ink.histogram()[255] < _INK * ink.width * ink.height:
            return None
        clean = Image.composite(grey, Image.new("L", grey.size, 255), ink.filter(ImageFilter.MaxFilter(3)))
        clean = clean.crop((held[0], 0, held[2], clean.height))
        return clean.resize(
            (max(1, round(clean.width * _SET_AT / clean.height)), _SET_AT), Image.Resampling.BICUBIC
        )


def _chains(edges: Sequence[int], tops: dict[int, int]) -> Iterator[list[int]]:
    """Upright lines as high and as far apart; what stands between (the stroke of a 1) is passed over. None is of two
    chains."""
    taken: set[int] = set()
    for n, first in enumerate(edges):
        if first in taken:
            continue
        best: list[int] = []
        for second in edges[n + 1 : n + 6]:
            step = second - first
            if step > _STEP[1]:
                break
            if step < _STEP[0] or abs(tops[second] - tops[first]) > 3:
                continue
            chain = _walked(first, step, edges, tops)
            if len(chain) > len(best):
                best = chain
        if len(best) >= _CHAIN:
            taken.update(x for x in edges if best[0] <= x <= best[-1])
            yield best


def _walked(first: int, step: int, edges: Sequence[int], tops: dict[int, int]) -> list[int]:
    chain, slack = [first], max(2.0, step * 0.08)
    while True:
        pace = (chain[-1] - first) / (len(chain) - 1) if len(chain) > 2 else step
        goal = chain[-1] + pace
        near = [
            x
            for x in edges[bisect_left(edges, goal - slack) : bisect_right(edges, goal + slack)]
            if abs(tops[x] - tops[first]) <= 3
        ]
        if not near:
            return chain
        chain.append(min(near, key=lambda x: abs(x - goal)))


def _goes_on(part: _Part, next_: _Part) -> bool:
    return (
        next_.left - part.right <= _APART * part.step
        and abs(next_.step - part.step) <= 0.2 * part.step
        and abs(next_.top - part.top) <= _THICKEST
    )


def _is_field(parts: Sequence[_Part]) -> bool:
    return _FEWEST <= sum(part.count for part in parts) <= _MOST
