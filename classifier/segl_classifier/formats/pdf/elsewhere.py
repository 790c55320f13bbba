"""Headings of the tables of a PDF that do not stand in a row over them: those on their side, and those of a table that
goes on from the page before without telling them again.

A column of numbers without a heading may be anything: numbers of orders were taken for personal ones, and of personal
ones below none those were lost that are made like others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from segl_classifier.formats.pdf.cell import Column, Part, breaks, joined
from segl_classifier.formats.pdf.columns import VALUE, Elsewhere, Line, Table
from segl_classifier.formats.pdf.cover import Box
from segl_classifier.formats.pdf.rows import Row

NOWHERE = Elsewhere({}, frozenset())
_FOOT, _HEAD = 4, 8  # rows of a page below its last table, and above one that goes on
_ROWS = 8  # of such a table that are looked at, and the share of its cells that must stand where others did
_SHARE = 0.8
_APART = 4.0  # of the height of its letters: so far from the next row stands no row of a table
_NEAR = 1.5  # points: what stands at the same edge
_FEWEST = 2  # columns of a table
_MOST = 60  # headings on their side, and cells of a row
_WRAPPED = 0.75  # of the breadth of a line on its side: the next line of the same heading is no further off


class GoesOn(NamedTuple):
    """A table that may go on over the page: its headings, each as wide as its column; what the last row says below
    each; where head and foot of the page stand beside it; and where its cells begin and end from the left, in whole
    points."""

    headings: Sequence[Part]
    last: Sequence[str]
    beside: frozenset[tuple[int, int]]
    lefts: frozenset[int]
    rights: frozenset[int]

    def has(self, row: Row) -> tuple[int, set[int]]:
        """How many cells of *row* stand where those of this table do, and in which columns."""
        count, columns = 0, set[int]()
        for run in row if len(row) <= _MOST else ():
            left, _, right, _ = run.box
            met = {
                at for at, (column, _) in enumerate(self.headings) if column[0] < right and left < column[2]
            }
            inside = any(
                column[0] - _NEAR < left and right < column[2] + _NEAR for column, _ in self.headings
            )
            if inside or round(left) in self.lefts or round(right) in self.rights:
                count += 1
                columns |= met
        return count, columns


def goes_on(tables: Sequence[Table], drawn: Sequence[Row]) -> GoesOn | None:
    """The last of *tables*, if hardly anything was drawn below it."""
    if not tables or len(drawn) - tables[-1].last > _FOOT:
        return None
    table = tables[-1]
    cells = [cell for row in table.rows for cell in row.cells]
    order = sorted(zip(table.columns, table.rows[0].cells, strict=True), key=lambda pair: pair[0].left)
    ends = [*(column.left for column, _ in order[1:]), order[-1][0].right]
    headings = [
        ((column.left, 0.0, min(column.right, max(end, column.left + 1.0)), 0.0), cell.text)
        for (column, cell), end in zip(order, ends, strict=True)
    ]
    last = _below([column for column, _ in order], table.rows[-1])
    _, _, _, ceiling = drawn[table.first][0].box
    above = [row for row in drawn[: min(_HEAD, table.first)] if _is_far(row, ceiling)]
    beside = {place for row in (*above, *drawn[table.last :]) for place in _place(row)}
    return GoesOn(
        headings,
        last,
        frozenset(beside),
        _near(cell.left for cell in cells),
        _near(cell.right for cell in cells),
    )


def _is_far(row: Row, ceiling: float) -> bool:
    """Whether *row* stands far above what reaches up to *ceiling*, as the head of a page does."""
    _, low, _, high = row[0].box
    return low - ceiling > _APART * (high - low)


def _place(row: Row) -> Iterator[tuple[int, int]]:
    """About where *row* stands, from left and bottom."""
    left, low, _, _ = row[0].box
    return ((round(left) + across, round(low) + up) for across in (-1, 0, 1) for up in (-1, 0, 1))


def _is_beside(before: GoesOn, drawn: Sequence[Row], number: int) -> bool:
    """Whether the row with this *number* is of head or foot of the page: stands where such stood on the page before, or
    far from the next row."""
    left, low, _, high = drawn[number][0].box
    if (round(left), round(low)) in before.beside:
        return True
    if number + 1 == len(drawn):
        return len(drawn[number]) < _FEWEST
    return not -_APART * (high - low) < drawn[number + 1][0].box[3] - high < high - low


def _below(columns: Sequence[Column], row: Line) -> list[str]:
    """What *row* says in each of *columns*."""
    said = {id(cell.column): cell.text.strip() for cell in row.cells}
    return [said.get(id(column), "") for column in columns]


def torn(before: GoesOn, table: Table) -> str:
    """The row of the table *before* that ends on this page, in the first of *table*, with its headings; ``""`` unless a
    number of it is torn in two."""
    rest = _below(sorted(table.columns, key=lambda column: column.left), table.rows[1])
    if not any(map(breaks, before.last, rest)):
        return ""
    row = "\t".join(joined(*halves).strip() for halves in zip(before.last, rest, strict=True))
    return "\t".join(text for _, text in before.headings) + "\n" + row.rstrip("\t")


def _near(edges: Iterator[float]) -> frozenset[int]:
    return frozenset(round(edge) + by for edge in edges for by in (-1, 0, 1))


def over_the_page(before: GoesOn, drawn: Sequence[Row], texts: Callable[[int], Sequence[str]]) -> Elsewhere:
    """The headings of the table *before* over the first of the rows *drawn* on the next page, if they go on there: if
    their cells stand at the same places, and they have no headings of their own."""
    whole = _folded(text for _, text in before.headings)
    for first in range(min(_HEAD, len(drawn))):
        count, _ = before.has(drawn[first])
        if count < len(drawn[first]) or _is_beside(before, drawn, first):
            continue
        said = texts(first)
        own = len(said) >= len(before.headings) and not any(map(_has_digit, said))
        if own or _folded(said) == whole:
            return NOWHERE
        columns, runs, stand = set[int](), 0, 0
        for row in drawn[first : first + _ROWS]:
            count, met = before.has(row)
            columns |= met
            stand, runs = stand + count, runs + len(row)
        if len(columns) >= _FEWEST and stand >= _SHARE * runs:
            return Elsewhere({first: before.headings}, frozenset())
    return NOWHERE


def _folded(cells: Iterator[str] | Sequence[str]) -> str:
    return "".join("".join(cells).split())


def _has_digit(text: str) -> bool:
    return any(map(str.isdigit, text))


def on_their_side(
    sides: Sequence[Part], drawn: Sequence[Row], texts: Callable[[int], Sequence[str]]
) -> Elsewhere:
    """The headings among what stands on its side (*sides*) and beside that, over the row *drawn* next."""
    if not _FEWEST - 1 <= len(sides) <= _MOST:
        return NOWHERE
    lines = _as_cells(sides)
    band = max((box for box, _ in lines), key=lambda box: box[3] - box[1])
    headings = [part for part in lines if _middle(part[0], band) and not VALUE.search(part[1])]
    turned = frozenset(at for at, row in enumerate(drawn) if _is_of(row, sides))
    if not headings or not turned:
        return NOWHERE
    low, high = min(box[1] for box, _ in headings), max(box[3] for box, _ in headings)
    upright = {
        at
        for at, row in enumerate(drawn)
        if at not in turned and all(low - _NEAR < (r.box[1] + r.box[3]) / 2 < high + _NEAR for r in row)
    }
    for at in upright:
        said = texts(at)
        if len(said) != len(drawn[at]) or any(map(VALUE.search, said)):
            return NOWHERE
        headings += [(run.box, text.strip()) for run, text in zip(drawn[at], said, strict=True)]
    headings.sort(key=lambda part: part[0][0])
    if len(headings) < _FEWEST or any(a[0][2] > b[0][0] + _NEAR for a, b in pairwise(headings)):
        return NOWHERE
    below = [
        at
        for at, row in enumerate(drawn)
        if at not in turned and at not in upright and row[0].box[3] < (low + high) / 2
    ]
    if not below:
        return NOWHERE
    first = max(below, key=lambda at: drawn[at][0].box[3])
    return Elsewhere({first: headings}, turned | upright)


def _as_cells(sides: Sequence[Part]) -> list[Part]:
    """*sides* with the lines of one heading together."""
    cells: list[Part] = []
    for box, text in sides:
        if cells:
            (left, low, right, high), before = cells[-1]
            gap = max(box[0] - right, left - box[2])
            if -_NEAR < gap < _WRAPPED * (box[2] - box[0]) and box[1] < high and low < box[3]:
                around = min(left, box[0]), min(low, box[1]), max(right, box[2]), max(high, box[3])
                cells[-1] = around, before + text if before.endswith("-") else f"{before} {text}"
                continue
        cells.append((box, text))
    return cells


def _middle(box: Box, band: Box) -> bool:
    return box[1] < band[3] and band[1] < box[3]


def _is_of(row: Row, sides: Sequence[Part]) -> bool:
    """Whether all of *row* stands on its side."""
    return all(
        any(
            left - _NEAR < run.box[0]
            and run.box[2] < right + _NEAR
            and low - _NEAR < run.box[1]
            and run.box[3] < high + _NEAR
            for (left, low, right, high), _ in sides
        )
        for run in row
    )
