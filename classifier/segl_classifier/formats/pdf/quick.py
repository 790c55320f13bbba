"""Functions of PDFium that are called for each glyph or object of a page, bound anew so that a call costs half.

They take the addresses of what they ask about (:func:`address`), do next to nothing, and keep Python's lock meanwhile.
"""

from __future__ import annotations

import ctypes
from collections import deque
from collections.abc import Callable
from itertools import repeat
from typing import Any

import pypdfium2.raw as api


def address(thing: Any) -> int:
    """Where a page, a text or an object lies."""
    return int(ctypes.cast(thing, ctypes.c_void_p).value or 0)


def _bound(function: Any, result: Any, *arguments: type) -> Callable[..., Any]:
    return ctypes.PYFUNCTYPE(result, *arguments)(address(function))


_AT, _INT = ctypes.c_void_p, ctypes.c_int
has_no_letter = _bound(api.FPDFText_HasUnicodeMapError, _INT, _AT, _INT)
angle_of_letter = _bound(api.FPDFText_GetCharAngle, ctypes.c_float, _AT, _INT)  # -1 where that is not known
object_of_letter = _bound(api.FPDFText_GetTextObject, _AT, _AT, _INT)
object_of_page = _bound(api.FPDFPage_GetObject, _AT, _AT, _INT)
object_of_form = _bound(api.FPDFFormObj_GetObject, _AT, _AT, ctypes.c_ulong)
kind_of = _bound(api.FPDFPageObj_GetType, _INT, _AT)
count_inside = _bound(api.FPDFFormObj_CountObjects, _INT, _AT)
count_marks = _bound(api.FPDFPageObj_CountMarks, _INT, _AT)
count_parts = _bound(api.FPDFPath_CountSegments, _INT, _AT)
mark_of = _bound(api.FPDFPageObj_GetMark, _AT, _AT, ctypes.c_ulong)
kind_of_value = _bound(api.FPDFPageObjMark_GetParamValueType, _INT, _AT, ctypes.c_char_p)
_rectangle_of = _bound(api.FPDFText_GetRect, _INT, _AT, _INT, _AT, _AT, _AT, _AT)
remove_value = _bound(api.FPDFPageObjMark_RemoveParam, _INT, _AT, _AT, ctypes.c_char_p)


def rectangles(text: int, count: int) -> list[tuple[float, float, float, float]]:
    """The first *count* rectangles of a text: left, top, right and bottom of each, in points."""
    room = (ctypes.c_double * (4 * count))()
    first = ctypes.addressof(room)
    at = [range(first + place, first + place + 32 * count, 32) for place in (0, 8, 16, 24)]
    deque(map(_rectangle_of, repeat(text), range(count), *at), maxlen=0)
    numbers = iter(room[:])
    return list(zip(numbers, numbers, numbers, numbers, strict=True))
