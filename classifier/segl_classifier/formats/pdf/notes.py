"""What is laid on a page of a PDF (annotations, ISO 32000-1 §12.5): notes, links, stamps, ink, the fields of forms.

A field says its value and a name that a program gave it ("felt7"); what it means stands on the page, beside it or
above. So each row of fields is read again as it stands among the printed words (:func:`filled_in`).
"""

from __future__ import annotations

import ctypes
import math
from dataclasses import dataclass, field

import pypdfium2 as pdfium
import pypdfium2.raw as api

from segl.vocabulary import Unreadable
from segl_classifier.formats.harvest import Harvest
from segl_classifier.formats.pdf.labels import Labels, says_nothing
from segl_classifier.formats.pdf.shown import Shown, trace_note
from segl_classifier.formats.pdf.string import raw_bytes, wide_string

_MOST_NOTES = 5_000
_TEXT_OF_NOTE = (b"Contents", b"Subj", b"T")
_BUTTONS = (api.FPDF_FORMFIELD_CHECKBOX, api.FPDF_FORMFIELD_RADIOBUTTON, api.FPDF_FORMFIELD_PUSHBUTTON)
_LISTS = (api.FPDF_FORMFIELD_COMBOBOX, api.FPDF_FORMFIELD_LISTBOX)
_MOST_OPTIONS = 5_000
_FILLED_IN = (api.FPDF_ANNOT_WIDGET, api.FPDF_ANNOT_FREETEXT, api.FPDF_ANNOT_STAMP, api.FPDF_ANNOT_LINK)
_BY_HAND = (api.FPDF_ANNOT_INK, api.FPDF_ANNOT_STAMP)
_STROKES = 10  # of a pen: a name takes fewer, a personal number as many

_MOST_ROWS = 300
_ABOVE = 24.0  # points: two lines of a form, where the words for a field may stand
_EDGE = 1.0  # points that lines above and below may reach into a row


@dataclass(frozen=True, slots=True)
class Row:
    """How high a row of fields stands on the page, and up to where the words for them may stand."""

    bottom: float
    top: float
    ceiling: float


@dataclass(slots=True)
class Notes:
    """What lies on a page."""

    said: set[str] = field(default_factory=set)  # the lines that were read of it
    drawn: bool = False  # whether it shows more than links do
    boxes: list[tuple[float, float]] = field(default_factory=list)  # bottom and top of what was filled in
    strokes: int = 0
    traced: Shown | None = None  # what pens and stamps draw

    @property
    def written(self) -> bool:
        """Whether somebody may have written by hand on the page, more than a name."""
        return self.strokes >= _STROKES or (self.traced is not None and self.traced.outlines.written)

    def rows(self) -> list[Row]:
        """The rows they stand in, from the top."""
        rows: list[list[float]] = []
        for bottom, top in sorted(self.boxes, key=lambda box: -box[1]):
            if rows and (bottom + top) / 2 > rows[-1][0]:
                rows[-1][0] = min(bottom, rows[-1][0])
            else:
                rows.append([bottom, top])
        floors = [math.inf, *(bottom for bottom, _ in rows)]
        return [
            Row(bottom, top, max(top, min(top + _ABOVE, floor)))
            for (bottom, top), floor in zip(rows[:_MOST_ROWS], floors, strict=False)
        ]


NOTHING = Notes()


def read_notes(page: pdfium.PdfPage, number: int, form: pdfium.PdfFormEnv | None, harvest: Harvest) -> Notes:
    """Annotations: notes, links, files, and the fields of forms."""
    count = api.FPDFPage_GetAnnotCount(page.raw)
    if not count:
        return NOTHING
    found = Notes()
    if count > _MOST_NOTES:
        harvest.lack(Unreadable.TOO_MANY, f"{count} notes on a page")
    notes: list[str] = []
    fields: list[str] = []
    links: list[str] = []
    labels = Labels(page)
    for index in range(min(count, _MOST_NOTES)):
        note = api.FPDFPage_GetAnnot(page.raw, index)
        if not note:
            continue
        kind = api.FPDFAnnot_GetSubtype(note)
        _measure(page, note, kind, found)
        if kind == api.FPDF_ANNOT_WIDGET:
            fields += _field(note, form, labels)
        elif kind == api.FPDF_ANNOT_LINK:
            links.append(_link(page, note))
        elif kind != api.FPDF_ANNOT_POPUP:
            notes += (wide_string(api.FPDFAnnot_GetStringValue, note, key) for key in _TEXT_OF_NOTE)
        if kind == api.FPDF_ANNOT_FILEATTACHMENT and (file := api.FPDFAnnot_GetFileAttachment(note)):
            take_attachment(file, harvest)
        api.FPDFPage_CloseAnnot(note)
    labels.close()
    harvest.lines(fields, f"form field on page {number}")
    harvest.lines(list(filter(None, notes)), f"note on page {number}")
    harvest.lines(list(filter(None, links)), f"links on page {number}")
    for value in (*notes, *fields, *(line.partition(": ")[2] for line in fields)):
        found.said.update(value.splitlines())
    return found


def words_in(page: pdfium.PdfPage, rows: list[Row]) -> list[tuple[str, str]]:
    """The words of *page* above and in each of *rows*, over its whole breadth."""
    if not rows:
        return []
    textpage = page.get_textpage()
    try:
        return [
            (_between(textpage, row.top, row.ceiling), _between(textpage, row.bottom, row.top))
            for row in rows
        ]
    finally:
        textpage.close()


def filled_in(printed: list[tuple[str, str]], filled: list[tuple[str, str]]) -> str:
    """The rows as a reader sees them: what is printed above and beside, and what was filled in."""
    if not any(above or beside for above, beside in printed):
        return ""
    lines = []
    for (above, beside), (_, row) in zip(printed, filled, strict=True):
        value = row.removeprefix(beside).strip()
        if value:
            lines += [above, f"{beside} {value}".strip()]
    return "\n".join(filter(None, lines))


def _between(textpage: pdfium.PdfTextPage, bottom: float, top: float) -> str:
    if top - bottom <= 2 * _EDGE:
        return ""
    words: str = textpage.get_text_bounded(bottom=bottom + _EDGE, top=top - _EDGE)
    return words.replace("\r\n", "\n").strip()


def take_attachment(attachment: api.FPDF_ATTACHMENT, harvest: Harvest) -> None:
    """A file put into the file. PDFium finds none whose name and bytes stand under different keys."""
    name = wide_string(api.FPDFAttachment_GetName, attachment)
    harvest.text(wide_string(api.FPDFAttachment_GetDescription, attachment), "description of a file inside")
    size = ctypes.c_ulong()
    if not api.FPDFAttachment_GetFile(attachment, None, 0, size):
        harvest.lack(Unreadable.DAMAGED, "a file inside")
        return
    if not size.value:
        return
    if size.value > harvest.bytes_left:
        harvest.spend(size.value)
        return
    buffer = ctypes.create_string_buffer(size.value)
    if api.FPDFAttachment_GetFile(attachment, buffer, size, size):
        harvest.file(name, "", buffer.raw)
    else:
        harvest.lack(Unreadable.DAMAGED, "a file inside")


def _measure(page: pdfium.PdfPage, note: api.FPDF_ANNOTATION, kind: int, found: Notes) -> None:
    """Where *note* stands, if it shows words, and what is written in it by hand. Few links show more than an edge."""
    if kind == api.FPDF_ANNOT_POPUP:
        return
    if kind == api.FPDF_ANNOT_LINK and not wide_string(
        api.FPDFAnnot_GetAP, note, api.FPDF_ANNOT_APPEARANCEMODE_NORMAL
    ):
        return
    found.drawn = True
    if kind in _FILLED_IN:
        box = api.FS_RECTF()
        api.FPDFAnnot_GetRect(note, box)
        found.boxes.append((min(box.bottom, box.top), max(box.bottom, box.top)))
    if kind in _BY_HAND:
        found.strokes += api.FPDFAnnot_GetInkListCount(note)
        found.traced = found.traced or Shown.on(page)
        trace_note(note, found.traced)


def _field(note: api.FPDF_ANNOTATION, form: pdfium.PdfFormEnv | None, labels: Labels) -> list[str]:
    """A field of a form as ``name: value``, with what else it may say. A name that says nothing is that which stands
    beside the field."""
    value = wide_string(api.FPDFAnnot_GetStringValue, note, b"V")
    name = wide_string(api.FPDFAnnot_GetStringValue, note, b"T")
    hint = wide_string(api.FPDFAnnot_GetStringValue, note, b"TU")
    options: list[str] = []
    if form is not None:
        handle = form.raw
        kind = api.FPDFAnnot_GetFormFieldType(handle, note)
        if kind in _BUTTONS and not api.FPDFAnnot_IsChecked(handle, note):
            return []
        value = wide_string(api.FPDFAnnot_GetFormFieldValue, handle, note) or value
        name = wide_string(api.FPDFAnnot_GetFormFieldName, handle, note) or name
        hint = wide_string(api.FPDFAnnot_GetFormFieldAlternateName, handle, note) or hint
        if kind in _LISTS:
            count = min(api.FPDFAnnot_GetOptionCount(handle, note), _MOST_OPTIONS)
            options = [wide_string(api.FPDFAnnot_GetOptionLabel, handle, note, n) for n in range(count)]
    default = wide_string(api.FPDFAnnot_GetStringValue, note, b"DV")
    called = hint or name
    if value and says_nothing(called):
        called = labels.beside(note) or called
    shown = [f"{called}: {value}"] if value else [called]
    return list(
        filter(None, (*shown, default if default != value else "", *(o for o in options if o != value)))
    )


def _link(page: pdfium.PdfPage, note: api.FPDF_ANNOTATION) -> str:
    """The address of a link to somewhere outside the file."""
    link = api.FPDFAnnot_GetLink(note)
    action = api.FPDFLink_GetAction(link) if link else None
    if not action:
        return ""
    address = raw_bytes(api.FPDFAction_GetURIPath, page.pdf.raw, action)
    return address.rstrip(b"\0").decode("utf-8", "replace")
