"""One page of a PDF: its lines with the cells of tables apart, its form fields, notes and links, its pictures.

PDFium joins glyphs to words by their places and breaks lines; a gap between two cells of a table is one blank to it,
like any other. So the rectangles of the text are looked at: where two stand on one line with more than a wide
blank between them, the blank becomes a tab. Never inside what may be one personal number, whatever the gap.
"""

from __future__ import annotations

import ctypes
import re

import pypdfium2 as pdfium
import pypdfium2.raw as api

from segl.vocabulary import Unreadable
from segl_classifier.formats.harvest import Harvest
from segl_classifier.formats.pdf_shown import look, picture_of, text_lies_beside
from segl_classifier.formats.pdf_string import wide_string

_MOST_CELLS = 2_000  # rectangles of a page that are looked at
_MOST_LETTERS = 100_000  # of a page in which cells are looked for
_MOST_NOTES = 5_000
_CELL_GAP = 0.6  # of the height of the letters: more than this is no blank between words
_ONE_NUMBER = re.compile(r"\d{6} ?-? ?\Z"), re.compile(r"-? ?\d{4}(?!\d)")
_HYPHEN = re.compile(r"(?<=\d)[\ufffe\x02](?:\r?\n)?(?=\d)")
_WORD_HYPHEN = re.compile(r"[\ufffe\x02](?:\r?\n)?")
_UNKNOWN = re.compile(r"[\ufffd\ue000-\uf8ff\x00-\x08\x0e-\x1f]")

# PDFium tells of each glyph whether font or encoding said which letter it is; else it gives the number of the glyph,
# which looks like a letter. Few pages have any, so some glyphs are asked first. A sign before each point of a list
# is a glyph of no letter, too, and a personal number has ten digits.
_LOOKED_AT = 400  # letters of a page: whether one in five is none
_ASKED_FIRST = 16
_MOST_ASKED = 20_000
_FEWEST_UNMAPPED = 10
_UNMAPPED = 0.02  # of the glyphs

# Characters: a page with fewer may be a scan that a document system stamped, or a picture of a screen under a line or
# two. A page of letters has 1,500 and more.
_LITTLE_TEXT = 400
_SCAN = 0.4  # of the page, covered by pictures
_LARGE = 0.5  # of a page with more text that stands beside: a picture of a screen, of a letter
_WORTH_READING = 0.08  # of the page: with OCR, smaller pictures than a scan are read too
_DRAWN = 150  # lines and curves on a page without text: letters may be drawn with them

_TEXT_OF_NOTE = (b"Contents", b"Subj", b"T")
_BUTTONS = (api.FPDF_FORMFIELD_CHECKBOX, api.FPDF_FORMFIELD_RADIOBUTTON, api.FPDF_FORMFIELD_PUSHBUTTON)
_LISTS = (api.FPDF_FORMFIELD_COMBOBOX, api.FPDF_FORMFIELD_LISTBOX)
_MOST_OPTIONS = 5_000


def read_page(
    page: pdfium.PdfPage, number: int, form: pdfium.PdfFormEnv | None, harvest: Harvest, *, pictures: bool
) -> None:
    """Everything on one page. *pictures*: whether the file has any that could show a letter.

    Notes and fields are drawn by streams of their own, which may show what no value says (§12.5.5): a stamp, a scan,
    who signed. So they are made part of the page, and it is read again. That closes *page*.
    """
    text, unreadable = _text(page)
    harvest.text(text, f"page {number}")
    said = _read_notes(page, number, form, harvest)
    if said is None or api.FPDFPage_Flatten(page.raw, api.FLAT_NORMALDISPLAY) != api.FLATTEN_SUCCESS:
        _read_shown(page, number, text, harvest, unreadable=unreadable, pictures=pictures)
        return
    page.close()
    try:
        page = page.pdf[number - 1]
    except pdfium.PdfiumError:
        harvest.lack(Unreadable.DAMAGED, "notes on a page")
        return
    try:
        whole, strange = _text(page)
        known = {*text.split("\n"), *said}
        harvest.lines([line for line in whole.split("\n") if line not in known], f"note on page {number}")
        _read_shown(page, number, whole, harvest, unreadable=unreadable or strange, pictures=pictures)
    finally:
        page.close()


def _read_shown(
    page: pdfium.PdfPage, number: int, text: str, harvest: Harvest, *, unreadable: bool, pictures: bool
) -> None:
    """What the page shows besides its text, if the text may not be all: to OCR, or told of."""
    few = len(text.strip()) < _LITTLE_TEXT
    if not (few or unreadable or pictures):
        return
    shown = look(page)
    covered = shown.pictures.share
    if few:
        scan = covered >= _SCAN or shown.written or (shown.drawn >= _DRAWN and not text.strip())
    else:
        scan = covered >= _LARGE and text_lies_beside(page, shown.pictures)
    if harvest.allowance.ocr and (scan or unreadable or covered >= _WORTH_READING):
        harvest.file(f"page {number}.png", "image/png", picture_of(page))
    elif scan or unreadable:
        harvest.lack(
            Unreadable.UNKNOWN_TYPE, "scanned page" if few or unreadable else "a large picture on a page"
        )


def take_attachment(attachment: api.FPDF_ATTACHMENT, harvest: Harvest) -> None:
    """A file put into the file."""
    name = wide_string(api.FPDFAttachment_GetName, attachment)
    harvest.text(wide_string(api.FPDFAttachment_GetDescription, attachment), "description of a file inside")
    size = ctypes.c_ulong()
    if not api.FPDFAttachment_GetFile(attachment, None, 0, size) or not size.value:
        return
    if size.value > harvest.bytes_left:
        harvest.spend(size.value)
        return
    buffer = ctypes.create_string_buffer(size.value)
    if api.FPDFAttachment_GetFile(attachment, buffer, size, size):
        harvest.file(name, "", buffer.raw)
    else:
        harvest.lack(Unreadable.DAMAGED, "a file inside")


def _text(page: pdfium.PdfPage) -> tuple[str, bool]:
    """The lines of the page, and whether they are unreadable: a font does not say which letters its glyphs are."""
    textpage = page.get_textpage()
    try:
        text: str = textpage.get_text_range()
        some = text[:: len(text) // _LOOKED_AT + 1]
        unreadable = len(_UNKNOWN.findall(some)) * 5 > len(some) or _is_unmapped(textpage.raw, len(text))
        if 0 < len(text) < _MOST_LETTERS:
            text = _with_cells(textpage.raw, text)
    finally:
        textpage.close()
    if "\ufffe" in text or "\x02" in text:
        text = _WORD_HYPHEN.sub("", _HYPHEN.sub("-", text))
    return text.replace("\r\n", "\n"), unreadable


def _is_unmapped(raw: api.FPDF_TEXTPAGE, count: int) -> bool:
    """Whether so many of the *count* glyphs have no letter that a line may be among them."""
    asked = range(0, count, count // _ASKED_FIRST + 1)
    if not any(api.FPDFText_HasUnicodeMapError(raw, place) == 1 for place in asked):
        return False
    asked = range(0, count, count // _MOST_ASKED + 1)
    unmapped = sum(api.FPDFText_HasUnicodeMapError(raw, place) == 1 for place in asked)
    return bool(unmapped >= max(_FEWEST_UNMAPPED, _UNMAPPED * len(asked)))


def _with_cells(raw: api.FPDF_TEXTPAGE, text: str) -> str:
    """*text* with a tab where a gap on the page is wider than a blank."""
    count = min(api.FPDFText_CountRects(raw, 0, -1), _MOST_CELLS)
    left, top, right, bottom = (ctypes.c_double() for _ in range(4))
    gaps: list[int] = []
    before = (0.0, 0.0, 0.0)  # right, top, bottom of the rectangle before
    for number in range(count):
        api.FPDFText_GetRect(raw, number, left, top, right, bottom)
        gap = left.value - before[0]
        if gap > 0:  # at the beginning of a line there is none
            height = top.value - bottom.value
            low = min(height, before[1] - before[2])
            overlap = min(top.value, before[1]) - max(bottom.value, before[2])
            if low > 2 and overlap > low / 2 and gap > _CELL_GAP * low:
                middle = (top.value + bottom.value) / 2
                place = api.FPDFText_GetCharIndexAtPos(raw, left.value + 0.5, middle, 1.0, height / 2)
                if place > 0:
                    gaps.append(api.FPDFText_GetTextIndexFromCharIndex(raw, place))
        before = (right.value, top.value, bottom.value)
    if not gaps:
        return text
    letters = list(text)
    for place in gaps:
        if 0 < place < len(letters) and letters[place - 1] == " ":
            first, last = _ONE_NUMBER
            if first.search(text, max(0, place - 10), place) and last.match(text, place):
                continue
            letters[place - 1] = "\t"
    return "".join(letters)


def _read_notes(
    page: pdfium.PdfPage, number: int, form: pdfium.PdfFormEnv | None, harvest: Harvest
) -> set[str] | None:
    """Annotations (ISO 32000-1 §12.5): notes, links, files, and the fields of forms.

    Gives the lines that were read of them, ``None`` where there is nothing but links.
    """
    count = api.FPDFPage_GetAnnotCount(page.raw)
    if count > _MOST_NOTES:
        harvest.lack(Unreadable.TOO_MANY, f"{count} notes on a page")
    notes: list[str] = []
    fields: list[str] = []
    links: list[str] = []
    drawn = False
    for index in range(min(count, _MOST_NOTES)):
        note = api.FPDFPage_GetAnnot(page.raw, index)
        if not note:
            continue
        kind = api.FPDFAnnot_GetSubtype(note)
        drawn |= kind not in (api.FPDF_ANNOT_LINK, api.FPDF_ANNOT_POPUP)
        if kind == api.FPDF_ANNOT_WIDGET:
            fields += _field(note, form)
        elif kind == api.FPDF_ANNOT_LINK:
            links.append(_link(page, note))
        elif kind != api.FPDF_ANNOT_POPUP:
            notes += (wide_string(api.FPDFAnnot_GetStringValue, note, key) for key in _TEXT_OF_NOTE)
        if kind == api.FPDF_ANNOT_FILEATTACHMENT and (file := api.FPDFAnnot_GetFileAttachment(note)):
            take_attachment(file, harvest)
        api.FPDFPage_CloseAnnot(note)
    harvest.lines(fields, f"form field on page {number}")
    harvest.lines(list(filter(None, notes)), f"note on page {number}")
    harvest.lines(list(filter(None, links)), f"links on page {number}")
    if not drawn:
        return None
    said = [*notes, *fields, *(field.partition(": ")[2] for field in fields)]
    return {line for value in said for line in value.splitlines()}


def _field(note: api.FPDF_ANNOTATION, form: pdfium.PdfFormEnv | None) -> list[str]:
    """A field of a form as ``name: value``, with what else it may say."""
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
    size = api.FPDFAction_GetURIPath(page.pdf.raw, action, None, 0)
    if not 0 < size < 100_000:
        return ""
    address = ctypes.create_string_buffer(size)
    api.FPDFAction_GetURIPath(page.pdf.raw, action, address, size)
    return address.value.decode("utf-8", "replace")
