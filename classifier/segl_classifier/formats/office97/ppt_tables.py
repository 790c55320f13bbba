"""The tables of PowerPoint 97 to 2003: groups of boxes (MS-ODRAW §2.2.16), each with the text of one cell and its place
in the group (§2.2.38). That they are a table is told by how they stand: in rows and columns.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import NamedTuple

GROUP, SHAPE, CHILD_ANCHOR = 0xF003, 0xF004, 0xF00F  # what may hold a table, a cell, and its place
_PLACE = struct.Struct("<4i")
_FEWEST = 2  # rows, and columns
_MOST = 2_000  # cells of a table; no slide has room for more
_APART = "\n\n"
_FILLED = 2  # one in so many cells of a table has text at least


class _Cell(NamedTuple):
    """Where a box stands in its group, from left and top, and the number of its text among those of the file."""

    left: int
    top: int
    text: int


class Groups:
    """The groups of a presentation, as its records are read, and the tables that they are."""

    def __init__(self) -> None:
        self._open: list[tuple[int, list[_Cell]]] = []  # where each group ends, and its cells so far
        self._place: tuple[int, int] | None = None  # of the box at hand
        self.tables: list[list[_Cell]] = []

    def record(self, at: int, kind: int, size: int, stream: bytes) -> None:
        """Take notice of the record of this *kind* whose body begins *at*."""
        while self._open and at >= self._open[-1][0]:
            self._close()
        if kind == GROUP:
            self._open.append((at + size, []))
        elif kind == SHAPE:
            self._place = None
        elif kind == CHILD_ANCHOR and size == _PLACE.size and at + size <= len(stream):
            left, top, _, _ = _PLACE.unpack_from(stream, at)
            self._place = left, top

    def text(self, number: int) -> None:
        """The text with this *number* stands in the box at hand."""
        if self._open and self._place is not None:
            self._open[-1][1].append(_Cell(*self._place, number))

    def close(self) -> None:
        """All is read."""
        while self._open:
            self._close()

    def _close(self) -> None:
        cells = self._open.pop()[1]
        if _is_table(cells):
            self.tables.append(cells)


def _is_table(cells: Sequence[_Cell]) -> bool:
    rows, columns = len({cell.top for cell in cells}), len({cell.left for cell in cells})
    if min(rows, columns) < _FEWEST or len(cells) > _MOST:
        return False
    return len({cell[:2] for cell in cells}) == len(cells) and len(cells) * _FILLED >= rows * columns


def in_rows(texts: Sequence[str], tables: Sequence[Sequence[_Cell]]) -> list[str | None]:
    """*texts* with the rows of each of *tables* in the place of the first of its cells, and nothing in that of others.
    Empty lines stand around them: the headings of one table are not those of the next."""
    told: list[str | None] = [*texts]
    for cells in tables:
        columns = {left: at for at, left in enumerate(sorted({cell.left for cell in cells}))}
        rows: dict[int, list[str]] = {
            top: [""] * len(columns) for top in sorted({cell.top for cell in cells})
        }
        for cell in cells:
            rows[cell.top][columns[cell.left]] = " ".join(texts[cell.text].split("\n"))
            told[cell.text] = None
        told[min(cell.text for cell in cells)] = _APART + "\n".join(map("\t".join, rows.values())) + _APART
    return told
