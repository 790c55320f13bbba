"""Earlier versions of a PDF that stand in it (ISO 32000-1 §7.5.6).

A program may save what was changed behind the file as it was, which then lies whole before it: with the page that was
taken out, the name that was written over, the form as it was filled in for somebody else. Whoever cuts the file there
has it. So each such version is opened, and its lines, strings and files that the last one does not have are read. A
page that is made of the same objects as one read before is not read again (:mod:`.same`). A scan is told of where
pages were taken out: it may be one of them. Other pictures of earlier versions are not looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pypdfium2 as pdfium

from segl.vocabulary import Unreadable
from segl_classifier.formats.harvest import Harvest
from segl_classifier.formats.lines import letters_of, new_lines
from segl_classifier.formats.pdf.copy import Copy
from segl_classifier.formats.pdf.page import SCAN
from segl_classifier.formats.pdf.same import marks_of_pages
from segl_classifier.formats.pdf.shown import look
from segl_classifier.formats.pdf.text import text_of

_MOST_VERSIONS = 30  # a contract that ten people signed has some twenty
_MOST_PAGES = 5_000  # of all of them
_END = re.compile(rb"startxref\s{1,4}(\d{1,12})\s{1,4}%%EOF")
_TABLE = re.compile(rb"\s{0,4}(?:xref|\d{1,10} \d{1,5} obj)")


def read_earlier(data: bytes, pages: int, copy: Copy, harvest: Harvest) -> None:
    """What only earlier versions of the file *data* say. The last one has so many *pages* and the strings of *copy*."""
    ends = list(_ends(data))
    if not ends:
        return
    if len(ends) > _MOST_VERSIONS:
        harvest.lack(Unreadable.TOO_MANY, f"{len(ends)} earlier versions")
    marks = {mark for mark in _marks(pages, copy) if mark is not None}
    strings = {text for _, text in copy.strings()}
    known = _Known({"", *map(letters_of, harvest.said())}, strings, marks, marks.copy(), pages)
    for end in ends[-_MOST_VERSIONS:]:
        try:
            document = pdfium.PdfDocument(data[:end])
        except pdfium.PdfiumError:
            continue  # only the end of some file in the file
        try:
            _read_version(document, end, known, harvest)
        finally:
            document.close()


@dataclass(slots=True)
class _Known:
    """What other versions have said: lines as their letters, and strings; the marks of their pages that were read, and
    of those in which a scan was looked for; how many pages the last one has, and how many more may be read."""

    lines: set[str]
    strings: set[str]
    read: set[bytes]
    looked: set[bytes]
    pages: int
    left: int = _MOST_PAGES


def _ends(data: bytes) -> Iterator[int]:
    """Where earlier versions end, the first one first. A file made for quick display has such a mark at its head, too,
    which leads nowhere."""
    begin = max(0, data.find(b"%PDF-", 0, 1024))
    last = data.rfind(b"%%EOF")
    for mark in _END.finditer(data, begin):
        table = begin + int(mark[1])
        if mark.end() <= last and begin < table < mark.start() and _TABLE.match(data, table):
            yield mark.end()


def _marks(pages: int, copy: Copy) -> Sequence[bytes | None]:
    """A mark for each of so many *pages*; none where it cannot be told whether it is the same as another."""
    marks = marks_of_pages(copy)
    return marks if marks is not None and len(marks) == pages else [None] * pages


def _read_version(document: pdfium.PdfDocument, size: int, known: _Known, harvest: Harvest) -> None:
    """What *document* says and is not known yet, which then is."""
    copy = Copy(document, size)
    longer = len(document) > known.pages
    for number, mark in enumerate(_marks(len(document), copy)):
        is_read, is_looked = mark in known.read, not longer or mark in known.looked
        if is_read and is_looked:
            continue
        known.left -= 1
        if known.left < 0:
            harvest.lack(Unreadable.TOO_MANY, "pages of earlier versions")
            break
        try:
            page = document[number]
        except pdfium.PdfiumError:
            continue  # no program shows it
        try:
            read = text_of(page) if not is_read else None
            if not is_looked and look(page).pictures.share >= SCAN:
                harvest.lack(Unreadable.UNKNOWN_TYPE, "scanned page of an earlier version")
        finally:
            page.close()
        if read is not None and read.unreadable:
            harvest.lack(Unreadable.UNKNOWN_TYPE, "letters of an unknown font in an earlier version")
        for text in (read.text, read.drawn) if read is not None else ():
            harvest.text(new_lines(known.lines, text), f"page {number + 1} of an earlier version")
            known.lines.update(map(letters_of, text.split("\n")))
        if mark is not None:
            known.read.add(mark)
            if longer:
                known.looked.add(mark)
    new = dict.fromkeys(text for _, text in copy.strings() if text not in known.strings)
    harvest.lines([text for text in new if letters_of(text) not in known.lines], "an earlier version")
    known.strings.update(new)
    for name, content in copy.files(harvest.bytes_left):
        if content and not harvest.holds(content):
            harvest.file(name, "", content)
