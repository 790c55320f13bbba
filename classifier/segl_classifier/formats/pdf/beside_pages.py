"""Pages of a PDF that stand side by side: a sheet that is wider than paper has its last columns printed on others, with
no name in them.

Each row of such a page stands as high as the row of the page that it goes on from, the headings too. Its columns are
others: where the same columns go on, the page stands below.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from segl_classifier.formats.pdf.place import Pieces
from segl_classifier.formats.pdf.rows import Row

_FEWEST, _MOST_ROWS, _MOST_PAGES = 3, 120, 20
_OFF = 3  # points: letters that reach up or down make a row higher
_SAME = 4.0  # the same, from the left
_FITS, _ALIKE = 0.9, 0.75
_CELLS = 2
_LETTER, _DIGIT = re.compile(r"[^\W\d_]{2}"), re.compile(r"\d")


class Level(NamedTuple):
    """A row of a page: half way up, where its cells begin, and what it says."""

    middle: float
    lefts: tuple[float, ...]
    text: str


def levels_of(drawn: Sequence[Row], pieces: Pieces) -> Sequence[Level]:
    """The rows of a page, none of one with very many."""
    if not _FEWEST <= len(drawn) <= _MOST_ROWS:
        return ()
    runs = iter(range(len(pieces.runs)))
    levels: list[Level] = []
    for row in drawn:
        text = "\t".join(pieces[next(runs)].strip() for _ in row)
        low, high = min(run.box[1] for run in row), max(run.box[3] for run in row)
        levels.append(Level((low + high) / 2, tuple(run.box[0] for run in row), text))
    return levels


class _Page(NamedTuple):
    """A page that others may stand beside: its rows, also by their places (:func:`_by_middle`)."""

    number: int
    levels: Sequence[Level]
    known: Mapping[int, Level]


class SideBySide:
    """The pages that others may stand beside."""

    def __init__(self) -> None:
        self._pages: list[_Page] = []
        self._joined: list[int] = []

    @property
    def is_asked(self) -> bool:
        """Whether there is any."""
        return bool(self._pages)

    def add(self, number: int, levels: Sequence[Level]) -> tuple[int, str]:
        """The page beside which page *number* with these *levels* stands, and the rows of both as one; 0 and ``""`` if
        it stands beside none."""
        found = min(
            (at for at, page in enumerate(self._pages) if _goes_on(page, levels)),
            key=lambda at: self._joined[at],
            default=None,
        )
        if found is not None:
            self._joined[found] += 1
            page = self._pages[found]
            return page.number, "\n".join(_both(page.levels, levels))
        if sum(len(level.lefts) >= _CELLS for level in levels) >= _FEWEST and len(self._pages) < _MOST_PAGES:
            self._pages.append(_Page(number, levels, _by_middle(levels)))
            self._joined.append(0)
        return 0, ""


def _goes_on(page: _Page, beside: Sequence[Level]) -> bool:
    """Whether the rows of *beside* are the last cells of those of *page*."""
    if len(beside) < _FEWEST or not _LETTER.search(beside[0].text) or _DIGIT.search(beside[0].text):
        return False
    head = next((level for level in page.levels if len(level.lefts) >= _CELLS), None)
    if head is None or abs(head.middle - beside[0].middle) > _OFF or head.text == beside[0].text:
        return False
    fitting = sum(round(level.middle) in page.known for level in beside)
    return fitting >= _FITS * len(beside) and not _are_same(page.levels, beside)


def _are_same(page: Sequence[Level], beside: Sequence[Level]) -> bool:
    """Whether both have the same columns."""
    first, second = (max((level.lefts for level in one), key=len) for one in (page, beside))
    same = sum(any(abs(left - other) <= _SAME for other in first) for left in second)
    return len(second) > 1 and same > _ALIKE * max(len(first), len(second))


def _by_middle(page: Sequence[Level]) -> Mapping[int, Level]:
    """The rows of *page* by their places from below, in points, some to each side."""
    found: dict[int, Level] = {}
    for level in page:
        for at in range(round(level.middle) - _OFF, round(level.middle) + _OFF + 1):
            found.setdefault(at, level)
    return found


def _both(page: Sequence[Level], beside: Sequence[Level]) -> Iterator[str]:
    width = max(len(level.lefts) for level in page)
    others = _by_middle(beside)
    for level in page:
        more = others.get(round(level.middle))
        if len(level.lefts) >= _CELLS:
            empty = "\t" * (width - len(level.lefts))
            yield f"{level.text}{empty}\t{more.text if more else ''}"
