"""Places on a page of a PDF: where an object stands, and how much of the page several cover together.

A scan may be one picture or a hundred strips, so what counts is their union: what two cover counts once.
"""

from __future__ import annotations

import ctypes

import pypdfium2 as pdfium
import pypdfium2.raw as api

_SIDE = 100  # squares on each side of the page
Matrix = tuple[float, float, float, float, float, float]
UNMOVED: Matrix = (1, 0, 0, 1, 0, 0)
Box = tuple[float, float, float, float]  # left, bottom, right, top


class Cover:
    """A page in a hundred by a hundred squares, and which of them are covered."""

    def __init__(self, page: pdfium.PdfPage) -> None:
        box = api.FS_RECTF()
        api.FPDF_GetPageBoundingBox(page.raw, box)
        self._left, self._bottom = float(box.left), float(box.bottom)
        self._across = _SIDE / max(float(box.right) - self._left, 1.0)
        self._up = _SIDE / max(float(box.top) - self._bottom, 1.0)
        self._rows = [0] * _SIDE

    def add(self, left: float, bottom: float, right: float, top: float) -> None:
        """Cover a rectangle, as far as it lies on the page."""
        first, last = self._column(left), self._column(right)
        bits = (1 << last) - (1 << first)
        for row in range(self._row(bottom), self._row(top)):
            self._rows[row] |= bits

    def holds(self, across: float, up: float) -> bool:
        """Whether a place on the page is covered."""
        row = self._rows[min(self._row(up), _SIDE - 1)]
        return bool(row >> min(self._column(across), _SIDE - 1) & 1)

    @property
    def share(self) -> float:
        """How much of the page is covered, from 0 to 1."""
        return sum(row.bit_count() for row in self._rows) / (_SIDE * _SIDE)

    def _column(self, across: float) -> int:
        return int(min(max((across - self._left) * self._across + 0.5, 0), _SIDE))

    def _row(self, up: float) -> int:
        return int(min(max((up - self._bottom) * self._up + 0.5, 0), _SIDE))


def box_of(thing: api.FPDF_PAGEOBJECT, moved: Matrix) -> Box | None:
    """What *thing* takes up on the page."""
    left, bottom, right, top = (ctypes.c_float() for _ in range(4))
    if not api.FPDFPageObj_GetBounds(thing, left, bottom, right, top):
        return None
    a, b, c, d, e, f = moved
    corners = [(x, y) for x in (left.value, right.value) for y in (bottom.value, top.value)]
    across = [a * x + c * y + e for x, y in corners]
    up = [b * x + d * y + f for x, y in corners]
    return min(across), min(up), max(across), max(up)


def within(inner: Matrix, outer: Matrix) -> Matrix:
    """The matrix that does first *inner*, then *outer* (ISO 32000-1 §8.3.4)."""
    a, b, c, d, e, f = inner
    p, q, r, s, t, u = outer
    return a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, e * p + f * r + t, e * q + f * s + u
