"""A cell of a table on a page of a PDF: where it stands, its lines put together, and where one touches the next."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from segl_classifier.formats.pdf.cover import Box

_MOST_PARTS = 12  # of a run that is looked at: letters that were drawn one by one are more
_FULL = re.compile(r"\d(?:[ .-]?\d){7}")  # eight digits or more: what stands below is another value
_BROKEN = re.compile(r"\d+(?:-\d*)?\Z"), re.compile(r"\d*-?\d+")
_DIGITS = 10  # of a personal number
MOST_DIGITS = 2 * _DIGITS  # characters beside a break that are looked at
# A heading of one long word that had no room on its line, and what may stand below one that had.
_WORD, _REST = re.compile(r"[A-ZÆØÅ][^\W\d_]{5,30}"), re.compile(r"[a-zæøå]{1,5}")
_SHORT_WORDS = frozenset(
    "af antal by dag dato del for fra hos i id køn kode kr med navn nr og om pr på rest sidst til ved".split()
)
HYPHENS: Final = ("\ufffe", "\x02", "-", "\u2010")
# Of the height of the letters of a line, which may be small ones alone: the lines of a cell are no wider apart; no
# nearer stands another word; so far a line may reach into the one above.
_SPACING, _BLANK, LEVEL = 1.25, 0.2, 0.35

Part = tuple[Box, str]  # what was drawn at once, and where


class Column:
    """How far the cells of a column reach."""

    __slots__ = ("left", "right")

    def __init__(self, left: float, right: float) -> None:
        self.left, self.right = left, right

    def __lt__(self, other: Column) -> bool:
        return self.left < other.left

    def meets(self, cell: Cell) -> bool:
        """Whether *cell* stands in this column, or reaches into it."""
        return self.left < cell.right and cell.left < self.right

    def take(self, cell: Cell) -> None:
        self.left, self.right = min(self.left, cell.left), max(self.right, cell.right)


class Cell:
    """What was drawn of one cell so far, *end* of its last line; and which run of which row that is, if one."""

    __slots__ = ("column", "end", "high", "left", "low", "right", "run", "text")

    def __init__(self, box: Box, text: str, run: tuple[int, int] | None = None) -> None:
        self.left, self.low, self.right, self.high = box
        self.end, self.text, self.run = box, text, run
        self.column: Column | None = None

    def stands_over(self, other: Cell) -> bool:
        """Whether both stand at the same place from the left."""
        return self.left < other.right and other.left < self.right

    def goes_on(self, box: Box, text: str) -> bool:
        """Whether what stands in *box* is the next line of this cell."""
        left, low, right, high = box
        height = max(self.end[3] - self.end[1], high - low)
        below = self.end[1] - high
        beneath = left < self.right and self.left < right and -LEVEL * height < below < _SPACING * height
        return beneath and not (_FULL.search(text) and _FULL.search(self.text))

    def add(self, box: Box, text: str) -> None:
        left, low, right, _ = box
        self.left, self.low, self.right = min(self.left, left), min(self.low, low), max(self.right, right)
        self.end, self.text, self.run = box, joined(self.text, text), None


def parted(cell: Cell, edges: set[int], parts: Callable[[int, int], Sequence[Part]]) -> list[Cell]:
    """*cell* as the cells that it is, where one touches the next: such begin at the *edges* of others."""
    drawn = parts(*cell.run) if cell.run is not None else ()
    if not 1 < len(drawn) <= _MOST_PARTS:
        return [cell]
    cells = [Cell(*drawn[0])]
    for box, text in drawn[1:]:
        last = cells[-1]
        if box[0] - last.right > _BLANK * (box[3] - box[1]) and round(box[0]) in edges:
            cells.append(Cell(box, text))
        else:
            last.right, last.text = max(last.right, box[2]), f"{last.text} {text}"
    return cells if len(cells) > 1 else [cell]


def breaks(text: str, more: str) -> bool:
    """Whether *text* ends, and *more* begins, in the middle of one number with ten digits."""
    end, begin = _BROKEN[0].search(text[-MOST_DIGITS:]), _BROKEN[1].match(more)
    if end is None or begin is None:
        return False
    return sum(map(str.isdigit, end[0] + begin[0])) == _DIGITS


def is_one_number(text: str, more: str) -> bool:
    """Whether *more*, right behind *text*, may be of the same number: both have ten digits together, or fewer."""
    end, begin = _BROKEN[0].search(text[-MOST_DIGITS:]), _BROKEN[1].match(more)
    if end is None or begin is None:
        return False
    return sum(map(str.isdigit, end[0] + begin[0])) <= _DIGITS


def joined(text: str, more: str) -> str:
    """The lines of a cell as one. A number that had no room on a line goes on."""
    if _WORD.fullmatch(text) and _REST.fullmatch(more.strip()) and more.strip() not in _SHORT_WORDS:
        return text + more
    text, more = text.rstrip(), more.lstrip()
    if text.endswith(HYPHENS[:2]):
        return text[:-1] + ("-" if text[-2:-1].isdigit() and more[:1].isdigit() else "") + more
    if breaks(text, more):
        return text + more
    if text.endswith(HYPHENS) and more[:1].islower():
        return text[:-1] + more
    return f"{text} {more}"
