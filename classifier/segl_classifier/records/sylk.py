"""Sheets in symbolic links (SYLK, ``.slk``), which Excel and LibreOffice write and open: a line for each cell.

``C;Y2;X4;K"Ida Holm"`` is what stands in row 2, column 4; a place that is not named is that of the cell before. A
semicolon in a text is written twice. Read as text, no heading stands over anything.
"""

from __future__ import annotations

import re

from segl_classifier.formats.cells.grid import Grid

_BEGINS = re.compile(r"\ufeff?ID;P")
_FIELD = re.compile(r";(?!;)(?P<what>[XYK])(?P<said>(?:;;|[^;])*)")
_MOST = 1_000_000  # characters
_LAST = 1 << 20  # row or column


def told_of_sylk(text: str) -> str:
    """The cells of *text* as a table; ``""`` if it is no such sheet."""
    if _BEGINS.match(text) is None:
        return ""
    grid, row, column = Grid(_MOST), 1, 1
    for line in text.splitlines():
        if not line.startswith("C;"):
            continue
        value = ""
        for found in _FIELD.finditer(line):
            said = found["said"]
            if found["what"] == "K":
                value = said.replace(";;", ";")
            elif said.isdecimal() and int(said[:8]) <= _LAST:
                row, column = (int(said), column) if found["what"] == "Y" else (row, int(said))
        words = value.startswith('"')
        if value and not grid.put(row, column, value.strip('"'), number=not words):
            break
    return grid.text()
