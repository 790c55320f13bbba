"""PDF (ISO 32000), read by PDFium, the library of the Chromium browser.

A PDF places glyphs on pages and says nothing of words; :mod:`.page` turns them into lines. Around the pages
stand the things a reader of the text alone would miss: values of form fields, notes and links (annotations),
bookmarks, properties, files put into the file, scripts, and forms of the XFA kind, which are XML.

A page that shows something but has little text is a scan (or text drawn as lines), and one whose fonts do not say which
letters their glyphs are is no better: with OCR such a page is handed on as a picture, without it is told of. A file
with a password for opening is ``encrypted``; one with a password for changing only is read like any other. A file
without its end mark was cut off, which PDFium repairs in silence; here it is told. Programs pass over what stands
before the beginning and behind the end; here it is a file in the file.
"""

from __future__ import annotations

import logging
from itertools import islice

import pypdfium2 as pdfium
import pypdfium2.raw as api

from segl.vocabulary import Unreadable
from segl_classifier.formats.content import Allowance, Content
from segl_classifier.formats.harvest import Harvest
from segl_classifier.formats.pdf import page as pdf_page
from segl_classifier.formats.pdf.beside import (
    read_files,
    read_pictures,
    read_properties,
    read_strings,
    tell_painted,
)
from segl_classifier.formats.pdf.beside_pages import SideBySide
from segl_classifier.formats.pdf.copy import Copy
from segl_classifier.formats.pdf.earlier import read_earlier
from segl_classifier.formats.pdf.notes import take_attachment
from segl_classifier.formats.pdf.over_pages import over_pages
from segl_classifier.formats.pdf.shown import may_show_letters
from segl_classifier.formats.pdf.string import wide_string
from segl_classifier.formats.pdf.xfa import read_xfa

# It tells of forms of the XFA kind, whose data are read below all the same.
logging.getLogger("pypdfium2").setLevel(logging.CRITICAL)

MOST_PAGES = 5_000
_MOST_BOOKMARKS = 10_000
_DEEPEST_BOOKMARK = 50
_MOST_SCRIPTS = 1_000
_MOST_BAD_PAGES = 20
_END = b"%%EOF"
_END_WITHIN = 4_096  # bytes of the end of the file
_BEGIN, _BEGIN_WITHIN = b"%PDF-", 1_024
_PADDING, _UNEXPLAINED = b"\0\t\n\x0c\r \x1a", 16
_ENCRYPTED = (api.FPDF_ERR_PASSWORD, api.FPDF_ERR_SECURITY)


def read(data: bytes, name: str, allowance: Allowance) -> Content:
    """The text of all pages, and all that stands beside it."""
    harvest = Harvest(allowance)
    try:
        document = pdfium.PdfDocument(data)
    except pdfium.PdfiumError as error:
        # PDFium does not always clear the code of the file before.
        locked = error.err_code in _ENCRYPTED and b"/Encrypt" in data
        harvest.lack(Unreadable.ENCRYPTED if locked else Unreadable.DAMAGED, "pdf")
        return harvest.content()
    try:
        if _END not in data[-_END_WITHIN:]:
            harvest.lack(Unreadable.DAMAGED, "pdf without its end")
        _read_around(data, harvest)
        if document.get_formtype() != api.FORMTYPE_NONE:
            document.init_forms()
        copy = Copy(document, len(data))  # before the notes are made part of the pages
        _read_pages(document, harvest, pictures=may_show_letters(data))
        read_properties(document, data, copy, harvest)
        _read_bookmarks(document, harvest)
        read_xfa(document, harvest)
        _read_scripts(document, harvest)
        _read_attachments(document, harvest)
        read_files(copy, harvest)
        read_strings(copy, harvest)
        tell_painted(copy, harvest)
        read_pictures(copy, harvest)
        read_earlier(data, len(document), copy, harvest)
    finally:
        document.close()
    return harvest.content()


def _read_around(data: bytes, harvest: Harvest) -> None:
    begin, end = data.find(_BEGIN, 0, _BEGIN_WITHIN), data.rfind(_END, -_END_WITHIN)
    before = data[: max(0, begin)]
    behind = data[end + len(_END) :] if end >= 0 else b""
    for rest in (before.strip(_PADDING), behind.strip(_PADDING)):
        if len(rest) > _UNEXPLAINED:
            harvest.file("beside the pdf", "", rest)


def _read_pages(document: pdfium.PdfDocument, harvest: Harvest, *, pictures: bool) -> None:
    count = len(document)
    if count > MOST_PAGES:
        harvest.lack(Unreadable.TOO_MANY, f"{count} pages")
    if not count:
        harvest.lack(Unreadable.DAMAGED, "pdf without pages")
    bad, before, pages = 0, pdf_page.Before(), SideBySide()
    for number in range(min(count, MOST_PAGES)):
        if harvest.left <= 0:
            harvest.overflow()
            break
        try:
            page = document[number]
        except pdfium.PdfiumError:
            bad += 1
            harvest.lack(Unreadable.DAMAGED, "a page")
            if bad > _MOST_BAD_PAGES:
                break
            before = pdf_page.Before()
            continue
        try:
            here = pdf_page.read_page(
                page, number + 1, document.formenv, harvest, pictures=pictures, before=before
            )
        finally:
            page.close()
        harvest.text(over_pages(before.text, here.text), f"pages {number} and {number + 1}")
        beside, rows = pages.add(number + 1, here.levels)
        harvest.text(rows, f"pages {beside} and {number + 1}, side by side")
        before = here._replace(beside=pages.is_asked)


def _read_bookmarks(document: pdfium.PdfDocument, harvest: Harvest) -> None:
    try:
        marks = [
            mark.get_title()
            for mark in islice(document.get_toc(max_depth=_DEEPEST_BOOKMARK), _MOST_BOOKMARKS + 1)
        ]
    except pdfium.PdfiumError:
        harvest.lack(Unreadable.DAMAGED, "bookmarks")
        return
    if len(marks) > _MOST_BOOKMARKS:
        harvest.lack(Unreadable.TOO_MANY, f"more than {_MOST_BOOKMARKS} bookmarks")
    harvest.lines(marks[:_MOST_BOOKMARKS], "bookmarks")


def _read_scripts(document: pdfium.PdfDocument, harvest: Harvest) -> None:
    for number in range(min(api.FPDFDoc_GetJavaScriptActionCount(document.raw), _MOST_SCRIPTS)):
        script = api.FPDFDoc_GetJavaScriptAction(document.raw, number)
        if script:
            harvest.text(wide_string(api.FPDFJavaScriptAction_GetScript, script), "script")
            api.FPDFDoc_CloseJavaScriptAction(script)


def _read_attachments(document: pdfium.PdfDocument, harvest: Harvest) -> None:
    """Files put into the file."""
    count = api.FPDFDoc_GetAttachmentCount(document.raw)
    for number in range(min(count, harvest.allowance.files + 1)):
        attachment = api.FPDFDoc_GetAttachment(document.raw, number)
        if attachment:
            take_attachment(attachment, harvest)
        else:
            harvest.lack(Unreadable.DAMAGED, "a file inside")
