"""What a spreadsheet writes beside the cells that it copies into a mail: their values once more.

Google Sheets and LibreOffice give each cell ``data-sheets-value='{"1":2,"2":"0711260012"}'``: its kind, and under 2 its
text or under 3 its number. A value that its cell shows stands below its heading there, and here it has none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

NAME = "data-sheets-value"
_VALUE = re.compile(r'"[23]"\s{0,9}:\s{0,9}(?:"(?P<text>[^"\\]*+)"|(?P<number>\d++))\s{0,9}\}\s{0,9}\Z')
_CELLS = re.compile(r"[^\t\n]+")


def not_shown(values: Iterable[str], text: str) -> list[str]:
    """Those of the attribute's *values* that no cell of *text* shows."""
    cells = {cell.strip() for cell in _CELLS.findall(text)}
    return [value for value in values if _told(value) not in cells]


def _told(value: str) -> str | None:
    found = _VALUE.search(value)
    return None if found is None else (found["text"] or found["number"] or "").strip()
