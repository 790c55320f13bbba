"""Letters of a PDF that stand at equal steps, each drawn by itself: forms with a box for each letter, and what old
programs for printers make of a page of so many columns.

PDFium takes the room between two such letters for a blank, for a cell's end or for the end of a line, as their widths
are. Their origins tell: all stand at multiples of one step from the first of their row, and what is written without a
blank stands at the next.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from itertools import pairwise
from statistics import median
from typing import NamedTuple

import pypdfium2.raw as api

from segl_classifier.formats.pdf.cell import HYPHENS

_FEWEST, _MOST = 20, 20_000  # letters of a page
_IN_A_ROW = 4  # letters of a row that says what the step is
_OFF = 0.04  # of a step: an origin may be so far from where it should be
_LEVEL = 1.0  # points: what stands on one row
_LEAST = 1.0  # points: a step
_FIRST = 40  # letters that are looked at first: of most pages no others are
_SHARE = 0.9  # of the letters that are in step
_TORN = 0.1  # of the letters right behind another, so many have a blank before them to PDFium
_CELL = 3  # steps


class _Letter(NamedTuple):
    x: float
    y: float
    sign: str
    behind_blank: bool


def in_steps(raw: api.FPDF_TEXTPAGE, *, scattered: bool) -> str:
    """The lines of a page, if its letters stand at equal steps and PDFium sees blanks among them; ``""`` otherwise.
    *scattered*: they may be drawn in any order."""
    count = api.FPDFText_CountChars(raw)
    if not _FEWEST <= count <= _MOST:
        return ""
    if not scattered and not _step(_rows(_letters(raw, min(count, _FIRST)))):
        return ""
    rows = _rows(_letters(raw, count))
    step = _step(rows)
    if not step:
        return ""
    near = [b.behind_blank for row in rows for a, b in pairwise(row) if b.x - a.x < 1.5 * step]
    if sum(near) <= _TORN * len(near):
        return ""
    return "\n".join(_line(row, step) for row in rows)


def _letters(raw: api.FPDF_TEXTPAGE, count: int) -> list[_Letter]:
    x, y = ctypes.c_double(), ctypes.c_double()
    letters: list[_Letter] = []
    blank = False
    for number in range(count):
        sign = chr(api.FPDFText_GetUnicode(raw, number))
        sign = "-" if sign in HYPHENS else sign
        if sign.isspace() or sign < " ":
            blank = True
        elif api.FPDFText_GetCharOrigin(raw, number, x, y):
            letters.append(_Letter(x.value, y.value, sign, blank))
            blank = False
    return letters


def _rows(letters: Sequence[_Letter]) -> list[list[_Letter]]:
    """The *letters* of each row from the left, from the top down."""
    rows: list[list[_Letter]] = []
    for letter in sorted(letters, key=lambda letter: -letter.y):
        if rows and rows[-1][0].y - letter.y < _LEVEL:
            rows[-1].append(letter)
        else:
            rows.append([letter])
    for row in rows:
        row.sort()
    return rows


def _step(rows: Sequence[Sequence[_Letter]]) -> float:
    """How far the letters of *rows* stand from one another, if it is as far everywhere; else 0."""
    gaps = [b.x - a.x for row in rows if len(row) >= _IN_A_ROW for a, b in pairwise(row)]
    if not gaps or sum(map(len, rows)) * _SHARE > sum(len(row) for row in rows if len(row) >= 2):
        return 0.0
    step = median(gaps)
    if step <= _LEAST:
        return 0.0
    within = sum(gap > step / 2 and abs(gap / step - round(gap / step)) <= _OFF for gap in gaps)
    return step if within >= _SHARE * len(gaps) else 0.0


def _line(row: Sequence[_Letter], step: float) -> str:
    pieces = [row[0].sign]
    for before, letter in pairwise(row):
        steps = round((letter.x - before.x) / step)
        pieces.append(letter.sign if steps <= 1 else f"{' ' if steps < _CELL else chr(9)}{letter.sign}")
    return "".join(pieces)
