"""Texts that a page of a PDF names for what it draws (ActualText, ISO 32000-1 §14.9.4).

PDFium gives them in place of the glyphs, which are what a reader sees. So they are taken off the objects of the page,
and what the glyphs say is read besides, where it is something else. Honest programs name the letters of a ligature.
"""

from __future__ import annotations

import re
import unicodedata
from itertools import repeat
from typing import NamedTuple

import pypdfium2 as pdfium
import pypdfium2.raw as api

from segl_classifier.formats import pdf_quick

_TEXT, _PATH, _FORM = api.FPDF_PAGEOBJ_TEXT, api.FPDF_PAGEOBJ_PATH, api.FPDF_PAGEOBJ_FORM
_ACTUAL_TEXT = b"ActualText"
_MOST_OBJECTS = 200_000  # of a page, and of the forms on it
_DEEPEST_FORM = 4
_MOST_MARKS = 100  # around one object
_NO_LETTER = re.compile(r"\W+")
_LINES_BEFORE = 2


class Things(NamedTuple):
    named: bool  # whether texts were named for what is drawn
    parts: int  # of paths
    deep: bool  # whether marks are nested deeper than was looked


def take_off(page: pdfium.PdfPage) -> Things:
    """Take off the texts that the page names for what it draws."""
    named = deep = False
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
        texts = [thing for thing, kind in zip(things, kinds, strict=True) if kind == _TEXT]
        marks = list(map(pdf_quick.count_marks, texts))
        if any(marks):
            deep = deep or max(marks) > _MOST_MARKS
            for thing, marked in zip(texts, marks, strict=True):
                named |= _take_off_of(thing, min(marked, _MOST_MARKS))
        if len(texts) < len(things):
            others = list(zip(things, kinds, strict=True))
            parts += sum(pdf_quick.count_parts(thing) for thing, kind in others if kind == _PATH)
            if depth < _DEEPEST_FORM and _FORM in kinds:
                for thing in (thing for thing, kind in others if kind == _FORM):
                    inside = pdf_quick.count_inside(thing)
                    holders.append((thing, pdf_quick.object_of_form, inside, depth + 1))
    return Things(named, parts if left > 0 else max(parts, _MOST_OBJECTS), deep)


def _take_off_of(thing: int, marks: int) -> bool:
    found = False
    for number in range(marks):
        mark = pdf_quick.mark_of(thing, number)
        if pdf_quick.kind_of_value(mark, _ACTUAL_TEXT):
            found |= bool(pdf_quick.remove_value(thing, mark, _ACTUAL_TEXT))
    return found


def new_lines(text: str, drawn: str) -> str:
    """The lines of *drawn* whose letters *text* lacks, each with those before it."""
    known = {_letters(line) for line in text.split("\n")}
    lines = drawn.split("\n")
    kept: dict[int, None] = {}
    for number, line in enumerate(lines):
        if _letters(line) not in known:
            kept |= dict.fromkeys(range(max(0, number - _LINES_BEFORE), number + 1))
    return "\n".join(lines[number] for number in kept)


def _letters(line: str) -> str:
    """*line* as its letters alone: programs name a text for ligatures, for small capitals, for hyphens."""
    return _NO_LETTER.sub("", unicodedata.normalize("NFKC", line)).casefold()
