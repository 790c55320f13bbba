"""The letters of one page of a PDF: its lines with the cells of tables apart, and whether they are letters at all.

PDFium joins glyphs to words by their places and breaks lines; a gap between two cells of a table is one blank to it,
like any other. So the rectangles of the text are looked at: where two stand on one line with more than a wide
blank between them, the blank becomes a tab. Never inside what may be one personal number, whatever the gap.

A font may not say which letters its glyphs are; then the page is unreadable. And a page may name another text for
what it draws (:mod:`.named`).
"""

from __future__ import annotations

import ctypes
import re
from bisect import bisect_left
from collections.abc import Container, Iterator, Sequence
from itertools import pairwise, repeat
from typing import NamedTuple

import pypdfium2 as pdfium
import pypdfium2.raw as api

from segl_classifier.formats.lines import letters_of, new_lines
from segl_classifier.formats.pdf import quick as pdf_quick
from segl_classifier.formats.pdf.beside_pages import Level, levels_of
from segl_classifier.formats.pdf.cell import MOST_DIGITS, Part, is_one_number
from segl_classifier.formats.pdf.columns import Table
from segl_classifier.formats.pdf.cover import Box
from segl_classifier.formats.pdf.elsewhere import GoesOn, goes_on, torn
from segl_classifier.formats.pdf.in_tables import Beside, in_lines, together, with_tables
from segl_classifier.formats.pdf.named import take_off
from segl_classifier.formats.pdf.place import MOST_PIECES, Pieces, boxes_of, by_place, turn
from segl_classifier.formats.pdf.raised import without_marks
from segl_classifier.formats.pdf.rivers import with_rivers
from segl_classifier.formats.pdf.rows import Row, alone, around, rows_of
from segl_classifier.formats.pdf.sideways import sideways
from segl_classifier.formats.pdf.steps import in_steps

_MOST_CELLS = 2_000  # gaps of a page that are looked at
_MOST_LETTERS = 100_000  # of a page in which cells are looked for
_DIGITS = 10  # of a personal number
_SIX, _SOME = re.compile(r"\d{6}"), 3  # as many numbers are in a table in which it matters what touches
_CELLS, _MOST_IN_ROW = 3, 24  # pieces of a row
_ONE_NUMBER = re.compile(r"(?<!\d)\d{6} ?-? ?\Z"), re.compile(r"-? ?\d{4}(?!\d)")
_HYPHEN = re.compile(r"(?<=\d)[\ufffe\x02](?:\r?\n)?(?=\d)")
# A page of Chromium has a hyphen of its own at the end of a line, which PDFium takes for a sign like others.
_TRUE_HYPHEN = re.compile(r"(?<=[^\W\d_])\u2010[ \t]?\r?\n(?=[a-zæøåäöü])")
_SCATTERED = re.compile(r"(?:(?:^|\n)\S\r?(?=\n)){6}")
_WORD_HYPHEN = re.compile(r"[\ufffe\x02](?:\r?\n)?")

# A sign before each point of a list is a glyph of no letter, too; but ten of them do not stand in a row, as the
# digits of a personal number do. A row of one ornament, or of two in turns, is a rule.
_RUN = 10
_ORNAMENTS = 2
_MOST_BLANKS = 4  # blanks and hyphens between two glyphs of a run: the end of a line is two
_UNKNOWN = re.compile(r"[\ufffd\ue000-\uf8ff\x00-\x08\x0e-\x1f]")
_UNKNOWN_RUN = re.compile(r"(?:[\ufffd\ue000-\uf8ff\x00-\x08\x0e-\x1f]\s{0,4}+){10,}+")
_LOOKED_AT = 400  # letters of a page: whether one in five is none
# Fonts of signs keep ASCII in the private use area.
_SIGNS = {0xF000 + code: code for code in range(0x20, 0x7F)}

# PDFium tells of each glyph whether font or encoding said which letter it is; else it gives the number of the glyph,
# which looks like a letter. Every tenth is asked, so that no run is missed. Of a line in one font, which says all its
# letters or hardly any, small letters beyond the first are not: those are words.
_LINE = re.compile(r"\S[^\n]*")
_PART = re.compile(r"[^\ufffe\x02]+[\ufffe\x02]?|[\ufffe\x02]")
_MOST_ASKED = 20_000
_FEWEST_UNMAPPED = 10
_UNMAPPED = 0.02  # of the glyphs


class PageText(NamedTuple):
    """The text of a page; the lines that its glyphs draw in place of such a text as it names (*drawn*, with the lines
    before them); those that were drawn apart, by their *place*; those that stand on their *side*; whether a line of it
    is *unreadable*; of how many *parts* the paths are that stand beside it; and the *words* for its pictures that are
    said in the page itself."""

    text: str
    drawn: str
    place: str
    side: str
    unreadable: bool
    parts: int
    words: tuple[str, ...]
    torn: str
    goes_on: GoesOn | None
    levels: Sequence[Level]


class _Page(NamedTuple):
    """The lines of a page, those that were drawn apart by their place, whether they are unreadable, what stands on its
    side, the row that is torn by its beginning, and the table that may go on over the page."""

    text: str
    place: str
    unreadable: bool
    sides: Sequence[Part]
    torn: str
    goes_on: GoesOn | None
    levels: Sequence[Level]


def text_of(page: pdfium.PdfPage, before: GoesOn | None = None, *, beside: bool = False) -> PageText:
    """The lines of *page*; *before* is the table that may go on here, *beside* whether it may stand beside another.
    What the page names for its glyphs is taken off them when it is read."""
    textpage = page.get_textpage()
    try:
        first = _lines(textpage, api.FPDFPage_GetRotation(page.raw), before, beside=beside)
    finally:
        textpage.close()
    named, parts, deep, words = take_off(page)
    unreadable = first.unreadable or deep
    text, place = first.text, first.place
    known = {letters_of(line) for line in text.split("\n")}
    side = new_lines(known, "\n".join(line for _, line in first.sides)) if first.sides else ""
    if not named:
        return PageText(
            text, "", place, side, unreadable, parts, words, first.torn, first.goes_on, first.levels
        )
    textpage = page.get_textpage()
    try:
        drawn = _lines(textpage, api.FPDFPage_GetRotation(page.raw), before)
    finally:
        textpage.close()
    new = new_lines(known, drawn.text)
    return PageText(
        text,
        new,
        place or drawn.place,
        side,
        unreadable,
        parts,
        words,
        first.torn,
        first.goes_on,
        first.levels,
    )


def _lines(
    textpage: pdfium.PdfTextPage, turned: int, before: GoesOn | None, *, beside: bool = False
) -> _Page:
    """What stands on the page. It is unreadable where a font does not say which letters its glyphs are."""
    raw = textpage.raw
    text = textpage.get_text_range()
    sides = sideways(raw, text)
    text = without_marks(text, raw)
    count = api.FPDFText_CountRects(raw, 0, -1)
    lines = [line.span() for line in _LINE.finditer(text)]
    scattered = _SCATTERED.search(text) is not None
    needed = beside or count > len(lines) or scattered or sum(map(text.count, "0123456789")) >= _DIGITS
    boxes = boxes_of(pdf_quick.address(raw), count) if needed and count <= MOST_PIECES else ()
    drawn = alone(boxes) if turned else list(rows_of(boxes))
    pieces = Pieces(textpage, text, boxes, [run for row in drawn for run in row])
    new: set[int] = set()
    if (
        len(boxes) > len(drawn)
        and not turned
        and (_has_cells(drawn) or len(_SIX.findall(text)) >= (_SOME, 1)[before is not None])
    ):
        drawn, new = _with_rivers(drawn, boxes, pieces, text, before)
    rows = _rows(lines, drawn, boxes, count, text)
    unreadable = _is_unmapped(raw, text, rows)
    tables: list[Table] = []
    stepped = in_steps(raw, scattered=scattered) if needed and not turned else ""
    if stepped:
        text = stepped
    elif scattered and boxes:
        whole, tables = together(drawn, pieces, Beside(sides, before), turned=bool(turned))
        text = whole or text
    elif rows.gaps:
        text, rows = _with_cells(raw, text, rows, pieces, new)
        if not turned:
            text, tables = _with_tables(text, rows, drawn, pieces, Beside(sides, before))
    place = ""
    if not stepped:
        place = by_place(turn([run.box for run in pieces.runs], turned), pieces, in_lines(drawn, tables))
    if "\u2010" in text:
        text = _TRUE_HYPHEN.sub("", text)
    if "\ufffe" in text or "\x02" in text:
        text = _WORD_HYPHEN.sub("", _HYPHEN.sub("-", text))
    if _UNKNOWN.search(text):
        unreadable = unreadable or _is_unknown(text)
        text = text.translate(_SIGNS)
    on = goes_on(tables, drawn)
    row = torn(before, tables[0]) if before and tables and tables[0].goes_on else ""
    levels = levels_of(drawn, pieces) if boxes and not turned and (beside or _has_cells(drawn)) else ()
    return _Page(text.replace("\r\n", "\n"), place.translate(_SIGNS), unreadable, sides, row, on, levels)


class _Gap(NamedTuple):
    """Where what stands behind a gap is: on which line, from the left, half way up, and half its height; and the piece
    that it is."""

    line: int
    piece: int
    left: float
    middle: float
    half: float


class _Rows(NamedTuple):
    """Where each line begins and ends in the text; of how many rectangles each is, none where that is not known; and
    the gaps that are wider than a blank."""

    lines: Sequence[tuple[int, int]]
    sizes: Sequence[int]
    gaps: Sequence[_Gap]


def _rows(
    lines: Sequence[tuple[int, int]], drawn: Sequence[Row], boxes: Sequence[Box], count: int, text: str
) -> _Rows:
    """How the *count* rectangles of a page, which stand in *boxes*, are the *lines* of its *text*."""
    if count <= len(lines):
        return _Rows(lines, [1] * count, ())
    if not boxes or len(text) >= _MOST_LETTERS:
        return _Rows(lines, (), ())
    gaps: list[_Gap] = []
    for number, row in enumerate(drawn):
        for run in row[1:]:
            left, low, _, high = boxes[run.first]
            gaps.append(_Gap(number, run.first, left, (high + low) / 2, (high - low) / 2))
    sizes = [row[-1].last - row[0].first for row in drawn]
    if len(sizes) > len(lines):  # PDFium ends no line behind a hyphen that parts a word
        parted = [(start + a, start + b) for start, end in lines for a, b in _parts(text[start:end])]
        lines = parted if len(parted) == len(sizes) else lines
    return _Rows(lines, sizes, gaps if len(gaps) <= _MOST_CELLS else ())


def _has_cells(drawn: Sequence[Row]) -> bool:
    """Whether rows on the page were drawn in a few pieces each, as those of a table are."""
    return sum(_CELLS <= row[-1].last - row[0].first <= _MOST_IN_ROW for row in drawn) >= _SOME


def _parts(line: str) -> Iterator[tuple[int, int]]:
    """The lines that *line* is on the page."""
    return (part.span() for part in _PART.finditer(line))


def _is_unknown(text: str) -> bool:
    """Whether a line of *text* may be of codes that are no letters."""
    some = text[:: len(text) // _LOOKED_AT + 1]
    if len(_UNKNOWN.findall(some)) * 5 > len(some):
        return True
    return any(len({*"".join(run.split())}) > _ORNAMENTS for run in _UNKNOWN_RUN.findall(text))


def _is_unmapped(raw: api.FPDF_TEXTPAGE, text: str, rows: _Rows) -> bool:
    """Whether a line may be among the glyphs that have no letter."""
    count = api.FPDFText_CountChars(raw)
    # Where glyphs are left out of the text it is not known where its blanks are.
    places = _places(text, rows) if count == len(text) else [*range(0, count, _RUN // 2)]
    at = pdf_quick.address(raw)
    answers = list(map(pdf_quick.has_no_letter, repeat(at), places))
    if 1 not in answers:
        return False
    asked = range(0, count, count // _MOST_ASKED + 1)
    unmapped = list(map(pdf_quick.has_no_letter, repeat(at), asked)).count(1)
    if unmapped >= max(_FEWEST_UNMAPPED, _UNMAPPED * len(asked)):
        return True
    hits = (place for place, answer in zip(places, answers, strict=True) if answer == 1)
    return any(_is_run(raw, place, count) for place in hits)


def _places(text: str, rows: _Rows) -> list[int]:
    """The glyphs that are asked: the first of each line, and each tenth from there."""
    known = len(rows.sizes) == len(rows.lines)
    places: list[int] = []
    for (first, last), size in zip(rows.lines, rows.sizes if known else repeat(2), strict=False):
        places.append(first)
        if size > 1:
            places += [p if text[p] > " " else p + 1 for p in range(first + _RUN, last, _RUN)]
        elif last > first + _RUN:
            places += [p for p in range(first + _RUN, last, _RUN) if not "a" <= text[p] <= "z"]
    return places


def _is_run(raw: api.FPDF_TEXTPAGE, place: int, count: int) -> bool:
    """Whether ten glyphs without a letter stand in a row around *place*, blanks and hyphens passed over."""
    glyphs: list[int] = []
    for start, step in ((place, 1), (place - 1, -1)):
        blanks = 0
        while 0 <= start < count and len(glyphs) < 2 * _RUN and blanks <= _MOST_BLANKS:
            code = api.FPDFText_GetUnicode(raw, start)
            if api.FPDFText_HasUnicodeMapError(raw, start) == 1:
                glyphs.append(code)
                blanks = 0
            elif not chr(code).isalnum():
                blanks += 1
            else:
                break
            start += step
    return len(glyphs) >= _RUN and len({*glyphs}) > _ORNAMENTS


def _with_rivers(
    drawn: list[Row], boxes: Sequence[Box], pieces: Pieces, text: str, before: GoesOn | None
) -> tuple[list[Row], set[int]]:
    """The rows *drawn* with cells that touch apart, and the pieces that begin such; but no number is parted."""
    first, last = _ONE_NUMBER

    def is_one(piece: int) -> bool:
        at = pieces.begin(piece)
        if not at or (first.search(text, max(0, at - 10), at) and last.match(text, at)):
            return True
        return is_one_number(text[pieces.begin(piece - 1) : at], text[at : at + MOST_DIGITS])

    parted, new = with_rivers(drawn, boxes, before.lefts if before is not None else frozenset())
    new = {piece for piece in new if not is_one(piece)}
    if not new:
        return drawn, new
    for number, row in enumerate(parted):
        if len(row) > len(drawn[number]):
            known = {run.first for run in drawn[number]} | new
            starts = [run.first for run in row if run.first in known]
            drawn[number] = [around(a, b, boxes) for a, b in pairwise([*starts, row[-1].last])]
    pieces.part([run for row in drawn for run in row])
    return drawn, new


def _with_cells(
    raw: api.FPDF_TEXTPAGE, text: str, rows: _Rows, pieces: Pieces, new: Container[int]
) -> tuple[str, _Rows]:
    """*text* with a tab where a gap on the page is wider than a blank, or one of the *new* pieces begins; and where its
    lines are then."""
    letters = list(text)
    put_in: list[int] = []
    known = len(rows.sizes) == len(rows.lines) and api.FPDFText_CountChars(raw) == len(text)
    place = 0
    for gap in rows.gaps:
        if gap.piece in new:
            begin = pieces.begin(gap.piece)
            if letters[begin - 1] == " ":
                letters[begin - 1] = "\t"
            elif not letters[begin - 1].isspace():
                letters[begin] = f"\t{letters[begin]}"
                put_in.append(begin)
            continue
        place = known and _behind(
            raw, text, gap, max(place, rows.lines[gap.line][0]), rows.lines[gap.line][1]
        )
        if not place:
            character = api.FPDFText_GetCharIndexAtPos(raw, gap.left + 0.5, gap.middle, 1.0, gap.half)
            place = api.FPDFText_GetTextIndexFromCharIndex(raw, character) if character > 0 else 0
        if 0 < place < len(letters) and letters[place - 1] == " ":
            first, last = _ONE_NUMBER
            if first.search(text, max(0, place - 10), place) and last.match(text, place):
                continue
            letters[place - 1] = "\t"
    if put_in:
        put_in.sort()
        lines = [(a + bisect_left(put_in, a), b + bisect_left(put_in, b)) for a, b in rows.lines]
        rows = rows._replace(lines=lines)
    return "".join(letters), rows


def _with_tables(
    text: str, rows: _Rows, drawn: Sequence[Row], pieces: Pieces, beside: Beside
) -> tuple[str, list[Table]]:
    """*text*, in which gaps are tabs, with the cells of tables in their columns; and those tables."""
    if len(rows.sizes) == len(rows.lines):
        return with_tables(text, rows.lines, drawn, pieces, beside)
    whole, tables = together(drawn, pieces, beside)
    return (whole, tables) if tables else (text, [])


def _behind(raw: api.FPDF_TEXTPAGE, text: str, gap: _Gap, first: int, last: int) -> int:
    """Which letter from *first* to *last* stands behind *gap*, 0 if none does. PDFium itself looks from the first."""
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    place = text.find(" ", first, last)
    while place >= 0:
        api.FPDFText_GetCharBox(raw, place + 1, left, right, bottom, top)
        if abs(left.value - gap.left) < 0.1 and bottom.value <= gap.middle <= top.value:
            return place + 1
        place = text.find(" ", place + 1, last)
    return 0
