"""What a workbook of before 2007 keeps of other tables: all rows behind a pivot table, cells of other workbooks.

The cache of a pivot table (MS-XLS §2.1.7.20.8) is a stream of records. ``SXFDB`` names a field; its items follow, each
once. Fields whose items are *postponed* have theirs behind, row by row, each row's in the order of the fields.
``CRN`` (§2.4.66) is a run of cells in a row of another workbook.
"""

from __future__ import annotations

import struct

from segl_classifier.formats.cells import numbers
from segl_classifier.formats.cells.grid import Grid
from segl_classifier.formats.harvest import Harvest
from segl_classifier.formats.office97.biff import Strings, records, string

_FIELD, _INDEXES = 0xC7, 0xC8
_NUMBER, _INTEGER, _STRING, _DAY, _EMPTY, _TRUTH, _ERROR = 0xC9, 0xCC, 0xCD, 0xCE, 0xCF, 0xCA, 0xCB
_ITEMS = frozenset((_NUMBER, _INTEGER, _STRING, _DAY, _EMPTY, _TRUTH, _ERROR))
_POSTPONED = 0x0002
_NOTHING, _A_NUMBER, _A_TEXT = 0, 1, 2  # values of a CRN; all but texts have eight bytes
_BROKEN = (struct.error, IndexError, EOFError)


def read_pivot(stream: bytes, harvest: Harvest) -> None:
    """All values behind a pivot table, those of a field below its name."""
    grid = Grid(harvest.left)
    columns = 0
    rows: dict[int, int] = {}  # by column: how many values it has
    postponed: list[int] = []
    column, turn = -1, 0
    for _, kind, pieces in records(stream):
        if grid.full:
            break
        if kind == _FIELD:
            column, columns = columns, columns + 1
            grid.put(0, column, _text(_INDEXES, pieces))
            if int.from_bytes(pieces[0][:2], "little") & _POSTPONED:
                postponed.append(column)
                column = -1
        elif kind == _INDEXES:
            column = -1
        elif kind in _ITEMS:
            at = column
            if at < 0 and postponed:
                at, turn = postponed[turn % len(postponed)], turn + 1
            at = max(at, 0)
            rows[at] = rows.get(at, 0) + 1
            if text := _text(kind, pieces):
                grid.put(rows[at], at, text, number=kind in (_NUMBER, _INTEGER))
    harvest.text(grid.text(), "data of a pivot table")
    if grid.full:
        harvest.overflow()


def _text(kind: int, pieces: list[bytes]) -> str:
    """An item, or the name of a field, as text."""
    data = pieces[0]
    try:
        if kind == _NUMBER:
            return numbers.plain(struct.unpack_from("<d", data)[0])
        if kind == _INTEGER:
            return str(struct.unpack_from("<h", data)[0])
        if kind == _DAY:
            year, month, day = struct.unpack_from("<HHB", data)
            return f"{day:02}-{month:02}-{year}"
        if kind == _STRING:
            return Strings(pieces).next() if len(data) > 3 else ""
        if kind == _INDEXES:
            return string(data, 14)
    except _BROKEN:
        pass
    return ""


class OtherBooks:
    """The cells of other workbooks, as they come in."""

    def __init__(self, harvest: Harvest) -> None:
        self._harvest = harvest
        self._grid = Grid(harvest.left)

    def sheet(self) -> None:
        """The cells so far are those of one sheet; those of another follow."""
        self._harvest.text(self._grid.text(), "cells of another workbook")
        if self._grid.full:
            self._harvest.overflow()
        self._grid = Grid(self._harvest.left)

    def put(self, pieces: list[bytes]) -> None:
        """The record ``CRN``. Raises ``struct.error`` or ``IndexError`` when it is cut off."""
        last, column, row = struct.unpack_from("<BBH", pieces[0])
        data, place = b"".join(pieces), 4
        while column <= last:
            kind = data[place]
            if kind == _A_TEXT:
                (length,) = struct.unpack_from("<H", data, place + 1)
                self._grid.put(row, column, string(data, place + 1))
                place += 4 + length * (2 if data[place + 3] & 1 else 1)
            else:
                if kind == _A_NUMBER:
                    value = numbers.plain(struct.unpack_from("<d", data, place + 1)[0])
                    self._grid.put(row, column, value, number=True)
                place += 9
            column += 1
