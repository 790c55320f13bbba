"""One page of a PDF: its text, what lies on it, and whether it shows something that neither of them says.

What the letters say is read in :mod:`.text`, notes and fields in :mod:`.notes`; :mod:`.shown` looks at the
pictures and outlines. Here is decided when those make a page unread.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import pypdfium2 as pdfium
import pypdfium2.raw as api

from segl.vocabulary import Unreadable
from segl_classifier.formats.harvest import Harvest
from segl_classifier.formats.pdf.beside_pages import Level
from segl_classifier.formats.pdf.elsewhere import GoesOn
from segl_classifier.formats.pdf.notes import filled_in, read_notes, words_in
from segl_classifier.formats.pdf.shown import (
    Shown,
    grey_picture_of,
    has_picture,
    letters_shown,
    look,
    picture_of,
    text_lies_beside,
)
from segl_classifier.formats.pdf.text import text_of

# Characters: a page with fewer may be a scan that a document system stamped, or a picture of a screen under a line or
# two. A page of letters has 1,500 and more. Beyond two thirds of that, smaller pictures illustrate a page of a report.
_LITTLE_TEXT = 400
_MUCH_TEXT = 1_000
SCAN = 0.4  # of the page, covered by pictures
_LARGE = 0.5  # of a page with more text that stands beside: a picture of a screen, of a letter
# Of the page, by pictures with the pixels of a page: a health card in its own size takes 7 % of A4, a logo some 3.
_CARD = 0.06
_WORTH_READING = 0.08  # of the page: with OCR, smaller pictures than a scan are read too
_DRAWN = 150  # lines and curves on a page without text: letters may be drawn with them
_CURVED = 50  # curves on a page without text: the ten digits of a number are drawn with them
_PARTS = 5_000  # of paths beside text, from which on it is looked whether they are lines of letters


class _Read(NamedTuple):
    """What is known of a page from its text and its notes."""

    text: str
    parts: int  # of its paths
    unreadable: bool  # letters that nobody says
    written: bool  # by hand, in a note


class Before(NamedTuple):
    """What the page before leaves to the next: its text, a table that may go on, its rows; and whether there is one
    *beside* which the next may stand."""

    text: str = ""
    table: GoesOn | None = None
    levels: Sequence[Level] = ()
    beside: bool = False


def read_page(
    page: pdfium.PdfPage,
    number: int,
    form: pdfium.PdfFormEnv | None,
    harvest: Harvest,
    *,
    pictures: bool,
    before: Before,
) -> Before:
    """Everything on one page; gives what it leaves to the next. *pictures*: whether the file has any that could show a
    letter.

    Notes and fields are drawn by streams of their own, which may show what no value says (§12.5.5): a stamp, a scan,
    who signed. So they are made part of the page, and it is read again. That closes *page*.
    """
    first = text_of(page, before.table, beside=before.beside)
    left = Before(first.text, first.goes_on, first.levels)
    harvest.text(first.text, f"page {number}")
    harvest.text(first.torn, f"pages {number - 1} and {number}")
    if first.drawn:
        harvest.text(first.drawn, f"page {number}, as it is drawn")
    harvest.text(first.place, f"page {number}, line by line")
    harvest.text(first.side, f"page {number}, on its side")
    harvest.lines([*first.words], "alternative text")
    notes = read_notes(page, number, form, harvest)
    rows = notes.rows() if notes.boxes else []
    printed = words_in(page, rows)
    if not notes.drawn or api.FPDFPage_Flatten(page.raw, api.FLAT_NORMALDISPLAY) != api.FLATTEN_SUCCESS:
        read = _Read(first.text, first.parts, first.unreadable, notes.written)
        _read_shown(page, number, read, harvest, pictures=pictures)
        return left
    page.close()
    try:
        page = page.pdf[number - 1]
    except pdfium.PdfiumError:
        harvest.lack(Unreadable.DAMAGED, "notes on a page")
        return left
    try:
        whole = text_of(page, before.table)
        known = {*first.text.split("\n"), *first.drawn.split("\n"), *notes.said}
        filled = filled_in(printed, words_in(page, rows))
        # A row of fields says no more than these, and less than what is filled in among the printed words.
        words = {word for value in notes.said for word in value.split()} if filled else set[str]()
        new = [
            line
            for line in (*whole.text.split("\n"), *whole.drawn.split("\n"))
            if line not in known and not words.issuperset(line.split())
        ]
        harvest.lines(new, f"note on page {number}")
        harvest.text(filled, f"page {number}, filled in")
        harvest.text(whole.place, f"page {number}, line by line")
        read = _Read(whole.text, whole.parts, first.unreadable or whole.unreadable, notes.written)
        _read_shown(page, number, read, harvest, pictures=pictures)
        return left
    finally:
        page.close()


def _read_shown(page: pdfium.PdfPage, number: int, read: _Read, harvest: Harvest, *, pictures: bool) -> None:
    """What the page shows besides its text, if the text may not be all: to OCR, or told of."""
    length = len(read.text.strip())
    unread = "letters of an unknown font" if read.unreadable else "words by hand" if read.written else ""
    if length >= _LITTLE_TEXT and not (unread or pictures or read.parts >= _PARTS):
        _read_codes(page, number, harvest)
        return
    shown = look(page)
    unread = unread or _unread(page, length, shown)
    worth_reading = unread or shown.pictures.share >= _WORTH_READING
    if worth_reading and harvest.allowance.too_late:
        harvest.lack(Unreadable.TIMED_OUT, unread or "a picture on a page")
    elif worth_reading and harvest.allowance.ocr:
        harvest.file(f"page {number}.png", "image/png", picture_of(page))
    else:
        if unread:
            harvest.lack(Unreadable.UNKNOWN_TYPE, unread)
        _read_codes(page, number, harvest)
    if shown.overflowed:
        harvest.lack(Unreadable.TOO_MANY, f"{shown.seen} objects on a page")


def _read_codes(page: pdfium.PdfPage, number: int, harvest: Harvest) -> None:
    """The codes for machines on a page that OCR is not given, where pictures are read and it has any. Some .06 s."""
    if not harvest.allowance.ocr or not has_picture(page):
        return
    if harvest.allowance.too_late:
        harvest.lack(Unreadable.TIMED_OUT, "a picture on a page")
        return
    # Its library is not needed where no picture is read.
    from segl_classifier.formats.pictures.codes import codes_in

    codes = codes_in(grey_picture_of(page))
    harvest.lines([*codes.texts], f"code on page {number}")
    for kind in codes.unread:
        harvest.lack(Unreadable.UNKNOWN_TYPE, f"scanned page: a code ({kind})")


def _unread(page: pdfium.PdfPage, length: int, shown: Shown) -> str:
    """What *page* shows and a text of *length* may not say; ``""`` if nothing."""
    covered = shown.pictures.share
    outlines = shown.outlines
    if outlines.stand_in_lines:
        return "letters as outlines"
    if length >= _LITTLE_TEXT and covered >= SCAN:
        length = int(length * letters_shown(page))
    if length < _LITTLE_TEXT:
        drawn = not length and (outlines.drawn >= _DRAWN or outlines.curves >= _CURVED)
        if covered >= SCAN or outlines.written or drawn:
            return "scanned page"
    large = covered >= _LARGE
    if large or (length < _MUCH_TEXT and shown.paged.share >= _CARD):
        beside = shown.pictures if large else shown.paged
        if length < _LITTLE_TEXT or text_lies_beside(page, beside):
            return "scanned page: a large picture"
    return ""
