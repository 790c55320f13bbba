"""Texts that a page of a PDF names for what it draws (ActualText, ISO 32000-1 §14.9.4).

PDFium gives them in place of the glyphs, which are what a reader sees. So they are taken off the objects of the page,
and what the glyphs say is read besides, where it is something else. Honest programs name the letters of a ligature.
The words for a picture and the long form of an abbreviation (Alt and E, §14.9.3 and §14.9.5) PDFium leaves alone.
"""

from __future__ import annotations

import ctypes
from itertools import repeat
from typing import NamedTuple

import pypdfium2 as pdfium
import pypdfium2.raw as api

from segl_classifier.formats.pdf import quick as pdf_quick

_TEXT, _PATH, _FORM = api.FPDF_PAGEOBJ_TEXT, api.FPDF_PAGEOBJ_PATH, api.FPDF_PAGEOBJ_FORM
# No paths: a drawing of lines has too many parts to ask each.
_MARKED = frozenset((_TEXT, _FORM, api.FPDF_PAGEOBJ_IMAGE))
_ACTUAL_TEXT, _WORDS = b"ActualText", (b"Alt", b"E")
_MOST_OBJECTS = 200_000  # of a page, and of the forms on it
_DEEPEST_FORM = 4
_MOST_MARKS = 100  # around one object
_MOST_WORDS, _LONGEST = 10_000, 1_000_000  # of a page; bytes of one


class Things(NamedTuple):
    named: bool  # whether texts were named for what is drawn
    parts: int  # of paths
    deep: bool  # whether marks are nested deeper than was looked
    words: tuple[str, ...]  # for pictures, and for abbreviations


def take_off(page: pdfium.PdfPage) -> Things:
    """Take off the texts that the page names for what it draws."""
    named = deep = False
    words: dict[str, None] = {}
    parts = 0
    left = _MOST_OBJECTS
    holders = [
        (pdf_quick.address(page.raw), pdf_quick.object_of_page, api.FPDFPage_CountObjects(page.raw), 0)
    ]
    while holders and left > 0:
        holder, get, count, depth = holders.pop()
        things = list(map(get, repeat(holder), range(min(count, left))))  # quicker than a loop
        left -= len(things)
        kinds = list(map(pdf_quick.kind_of, things))
        marked = [thing for thing, kind in zip(things, kinds, strict=True) if kind in _MARKED]
        marks = list(map(pdf_quick.count_marks, marked))
        if any(marks):
            deep = deep or max(marks) > _MOST_MARKS
            for thing, count in zip(marked, marks, strict=True):
                named |= _take_off_of(thing, min(count, _MOST_MARKS), words)
        if len(marked) < len(things) or _FORM in kinds:
            others = list(zip(things, kinds, strict=True))
            parts += sum(pdf_quick.count_parts(thing) for thing, kind in others if kind == _PATH)
            if depth < _DEEPEST_FORM and _FORM in kinds:
                for thing in (thing for thing, kind in others if kind == _FORM):
                    inside = pdf_quick.count_inside(thing)
                    holders.append((thing, pdf_quick.object_of_form, inside, depth + 1))
    return Things(named, parts if left > 0 else max(parts, _MOST_OBJECTS), deep, tuple(words))


def _take_off_of(thing: int, marks: int, words: dict[str, None]) -> bool:
    """Take off the text that is named for *thing*, if there is one; *words* that are said of it are kept."""
    found = False
    for number in range(marks):
        mark = pdf_quick.mark_of(thing, number)
        for key in _WORDS:
            if pdf_quick.kind_of_value(mark, key) == api.FPDF_OBJECT_STRING and len(words) < _MOST_WORDS:
                words[_string(mark, key)] = None
        if pdf_quick.kind_of_value(mark, _ACTUAL_TEXT):
            found |= bool(pdf_quick.remove_value(thing, mark, _ACTUAL_TEXT))
    return found


def _string(mark: int, key: bytes) -> str:
    size = ctypes.c_ulong()
    at = ctypes.cast(mark, api.FPDF_PAGEOBJECTMARK)
    api.FPDFPageObjMark_GetParamStringValue(at, key, None, 0, size)
    if not 2 < size.value < _LONGEST:
        return ""
    units = (api.FPDF_WCHAR * (size.value // 2))()
    api.FPDFPageObjMark_GetParamStringValue(at, key, units, size.value, size)
    return bytes(units).decode("utf-16-le", "replace").rstrip("\0")
