"""Tables in text: which lines are rows, and what each cell means.

Readers write a row a line with tabs between the cells; people paste ``;`` and ``|`` tables too. The first row
is taken for a header when it has no numbers; then every row is told as ``header: cell`` pairs, since a lone
"KOL" three rows down says nothing to a reader who has forgotten the column.
"""

from __future__ import annotations

import re

_SEPARATORS = ("\t", ";", "|")
_FEWEST = 2  # rows
_NUMBERS = re.compile(r"\d{2,}")
_CELL_WORDS = 40

Row = tuple[str, int, int]


def table_lines(paragraph: str) -> list[Row] | None:
    """Each row of the table *paragraph* as a line to read, with its offsets; ``None`` if it is no table.
    Lines around the table (a heading, a total) are kept as they are."""
    separator = _separator(paragraph)
    if separator is None:
        return None
    rows: list[Row] = []
    header: list[str] | None = None
    position = 0
    for line in paragraph.split("\n"):
        start, position = position, position + len(line) + 1
        if not line.strip():
            continue
        cells = [cell.strip() for cell in line.split(separator)]
        if len(cells) < 2:
            rows.append((line, start, start + len(line)))
            continue
        if header is None:
            header = cells if _is_header(cells) else []
        shown = _paired(header, cells) if header and cells is not header else ", ".join(c for c in cells if c)
        rows.append((shown, start, start + len(line)))
    return rows


def _separator(paragraph: str) -> str | None:
    lines = [line for line in paragraph.split("\n") if line.strip()]
    for separator in _SEPARATORS:
        counts = [line.count(separator) for line in lines]
        having = [count for count in counts if count]
        if len(having) >= _FEWEST and len(having) * 3 >= len(lines) * 2:
            return separator
    return None


def _is_header(cells: list[str]) -> bool:
    return sum(bool(cell) for cell in cells) * 2 > len(cells) and not any(_NUMBERS.search(c) for c in cells)


def _paired(header: list[str], cells: list[str]) -> str:
    """``Navn: Jens Holm, Årsag: sygdom``; empty cells are left out."""
    pairs = []
    for number, cell in enumerate(cells):
        if cell:
            name = header[number] if number < len(header) else ""
            pairs.append(f"{name}: {cell}" if name else cell)
    return ", ".join(pairs)
