"""Texts whose cells lost the zero in front when a sheet was saved as one: 070761-4285 typed as a number is 707614285.

The cells of a sheet get it back in :mod:`.grid`; here are those of CSV, and by the same rule:
at least one in three of the long numbers of a column must begin like a personal number.
"""

from __future__ import annotations

import re

from segl_classifier.formats.cells.numbers import could_be_personal
from segl_classifier.layout.paragraphs import lines_ended

_CELL = re.compile(r"[1-9](?<![^;,\t|\n\"].)[0-9]{8,9}(?![^;,\t|\r\n\"])")
_SHEETS = re.compile(r"text/(?:csv|tab-separated-values|comma-separated-values)")
_ENDINGS = (".csv", ".tsv", ".tab", ".txt", ".dat", ".skv")
_DIVIDERS = ";,\t|"
_SHARE = 3


def may_be_sheet(content_type: str, filename: str) -> bool:
    """Whether a text of this type and name may have been saved from a sheet."""
    return _SHEETS.fullmatch(content_type) is not None or filename.lower().endswith(_ENDINGS)


def restored(text: str) -> str:
    """*text* with the zeros that its cells may have lost."""
    columns: dict[tuple[str, int], list[re.Match[str]]] = {}
    dividers = dict.fromkeys(_DIVIDERS, 0)  # how many of each stand before in the line
    done = 0
    lined = lines_ended(text)
    for cell in _CELL.finditer(lined):
        start, end = cell.span()
        line = lined.rfind("\n", done, start) + 1
        if line:
            done, dividers = line, dict.fromkeys(_DIVIDERS, 0)
        for sign in dividers:
            dividers[sign] += lined.count(sign, done, start)
        done = start
        sign = next(
            (sign for sign in lined[max(0, start - 2) : start] + lined[end : end + 2] if sign in dividers), ""
        )
        columns.setdefault((sign, dividers.get(sign, 0)), []).append(cell)
    places: list[int] = []
    for cells in columns.values():
        likely = [cell for cell in cells if could_be_personal(cell[0])]
        if len(likely) * _SHARE >= len(cells):
            places += [cell.start() for cell in likely if len(cell[0]) == 9]
    return _with_zeros(text, sorted(places)) if places else text


def _with_zeros(text: str, places: list[int]) -> str:
    ends = [*places, len(text)]
    return "0".join([text[: ends[0]], *(text[a:b] for a, b in zip(places, ends[1:], strict=True))])
