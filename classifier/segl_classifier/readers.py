"""Readers of content whose text needs no library: one function for each family of types."""

from __future__ import annotations

import re
from dataclasses import replace

from segl.mime import sniff
from segl.mime.transfer import Encoding
from segl.settings.detection import Limits
from segl.vocabulary import Unreadable
from segl_classifier.extracted import Extracted, Notebook
from segl_classifier.formats.cells.lost_zeros import may_be_sheet, restored
from segl_classifier.formats.registry import type_by_name
from segl_classifier.markup import xml_entities
from segl_classifier.markup.drawing_lines import with_lines
from segl_classifier.markup.drawn_letters import draws_letters
from segl_classifier.message import Part, unreadable
from segl_classifier.parsing.walk import Walk
from segl_classifier.records import cards, drawings, invoices, saved_document, saved_sheet
from segl_classifier.records.coded_lines import coded_lines
from segl_classifier.records.divided import divided
from segl_classifier.records.few_rows import told_of_few
from segl_classifier.records.glued import parted
from segl_classifier.records.lists import told_of_json, told_of_xml
from segl_classifier.records.printed import as_printed
from segl_classifier.records.saved_document import NO_DOCUMENT, Document
from segl_classifier.records.shapes import words_of_shape
from segl_classifier.records.sylk import told_of_sylk

SIGNATURE_BYTES = 64 * 1024  # a detached signature with its certificates is smaller

_META_CHARSET = re.compile(
    rb"(?:charset|encoding)\s{0,20}=\s{0,20}[\"']?\s{0,20}([\w.:+-]{2,40})", re.IGNORECASE
)
DRAWING = "image/svg+xml"
OUTLINES = f"{DRAWING}: letters as outlines"
_XML = re.compile(r".*(?<!xhtml)(?<!svg)\+xml")
_PAGES = ("text/html", "application/xhtml+xml")
_META_WITHIN = 2048  # bytes from the start (a browser looks at 1024)
# A signature as RFC 9580 §6.2 has it: fields, an empty line, lines of base64 and nothing else.
_ARMOUR = re.compile(
    rb"\s*+-----BEGIN PGP SIGNATURE-----[ \t]*+\r?\n(?P<fields>(?:\w{1,20}:[^\r\n]*+\r?\n)*+)(?:[ \t]*+\r?\n)?"
    rb"(?:[A-Za-z0-9+/=]{1,90}[ \t]*+\r?\n)++-----END PGP SIGNATURE-----\s*+"
)
_JSON_ESCAPES = re.compile(r"\\(?:u([0-9a-fA-F]{4})|([\"\\/bfnrt]))")
_JSON_LETTER = re.compile(r"\\u[0-9a-fA-F]{4}")
_JSON_SIGNS = {'"': '"', "\\": "\\", "/": "/", "b": " ", "f": "\n", "n": "\n", "r": "\n", "t": "\t"}


def read_plain(part: Part, limits: Limits) -> Extracted:
    """``text/plain`` and every text whose form is its content (csv, json, markdown, delivery status).
    One that holds HTML, or is named as a page, is read as that too: some programs show it so."""
    notes = Notebook(part, limits)
    is_sheet = part.is_file and may_be_sheet(part.content_type, part.filename)
    named_page = type_by_name(part.filename) in _PAGES
    for where, data in notes.readings():
        is_markup = named_page or sniff.looks_like_html(data)
        ways = notes.decoded(data)
        is_card = any(map(cards.begins, ways))  # that was called text
        if is_card:
            cards.read(notes, data, where, limits.parts)
        for whole in ways:
            if is_card and cards.is_nothing_else(whole):
                continue
            if part.is_file and _drawn(notes, whole, where):
                continue
            document = saved_document.document(whole, limits.text_chars)
            if part.is_file and document.whole:
                _whole(notes, whole, document, where)
                continue
            text = notes.written_in(saved_document.without_fonts(whole))
            few = ""
            if part.is_file:
                few = told_of_few(text)
                text = divided(text, sheet=is_sheet)
            if is_sheet:
                text = restored(text)
            notes.text(text, where)
            if part.content_type.endswith("json") or _JSON_LETTER.search(text):
                notes.text(_unescaped_json(text), f"{where} (as the program reads it)")
            if is_markup:
                notes.page(text, where)
            _saved(notes, whole, document, where, limits)  # one named .xls or .doc
            notes.text(coded_lines(whole), f"{where} (decoded)")
            notes.text(as_printed(whole), f"{where} (as printed)")
            notes.text(parted(text) or few, f"{where} (in columns)")
            if part.is_file:  # an .xml that was called text
                notes.text(told_of_sylk(text), f"{where} (as a sheet)")
                _entities(notes, whole, where)
                notes.text(restored(told_of_json(text)) or told_of_xml(text), f"{where} (as records)")
        notes.inside(data)
    return notes.result()


def _drawn(notes: Notebook, text: str, where: str) -> bool:
    """Whether *text* is a drawing, or a shape: then the words in it are kept."""
    if (words := words_of_shape(text)) is not None:
        notes.text(words, f"{where} (shape)")
        return True
    told = drawings.drawing(text)
    if told is None:
        return False
    notes.text(told.text, f"{where} (drawing)")
    if told.foreign:
        notes.lack(Unreadable.UNKNOWN_TYPE, "what another program put into a drawing")
    return True


def read_drawing(part: Part, limits: Limits) -> Extracted:
    """A drawing in its own type (DXF); one that is no text is told of."""
    if sniff.is_text(part.head(sniff.HEAD)):
        return read_plain(part, limits)
    return Extracted(unread=(unreadable(Unreadable.UNKNOWN_TYPE, part.where, part.content_type),))


def read_markup(part: Part, limits: Limits) -> Extracted:
    """HTML, and by the same rules XML, enriched text and SVG."""
    notes = Notebook(part, limits)
    xml = part.content_type.endswith("/xml") or _XML.fullmatch(part.content_type) is not None
    for where, data in notes.readings():
        for markup in notes.decoded(data, _meta_charset(data)):
            if part.content_type == DRAWING:
                if draws_letters(markup):
                    notes.lack(Unreadable.UNKNOWN_TYPE, OUTLINES)
                markup = with_lines(markup)
            document = saved_document.document(markup, limits.text_chars) if xml else NO_DOCUMENT
            if part.is_file and document.whole:
                _whole(notes, markup, document, where)
                continue
            if xml:
                markup = invoices.with_words(saved_document.without_fonts(markup))
            # files in HTML are links, which the page gives
            bare = notes.written_in(markup) if xml else markup
            notes.page(bare, where, xml=xml)
            if xml:
                _saved(notes, markup, document, where, limits)
                notes.text(told_of_xml(bare), f"{where} (as records)")
            if part.content_type != "text/html":
                _entities(notes, markup, where)
        notes.inside(data)
    return notes.result()


def _entities(notes: Notebook, markup: str, where: str) -> None:
    """The texts that a document gives names to, and whether it is made of them: then it says what nobody read."""
    found = xml_entities.entities(markup)
    notes.text("\n".join(found.texts), f"{where} (entities)")
    if found.used:
        notes.lack(Unreadable.DAMAGED, "texts put in by entities of its own")


def _whole(notes: Notebook, markup: str, document: Document, where: str) -> None:
    """A document of which all that a person wrote is known. What else stands among its tags, of settings and styles, a
    model takes for anything."""
    notes.written_in(markup)
    for passage in document.passages:
        notes.text(passage.text, f"{where}, {passage.place}" if passage.place else f"{where} (as a document)")


def _saved(notes: Notebook, text: str, document: Document, where: str, limits: Limits) -> None:
    """A sheet or a document that an office program saved as one XML file."""
    notes.text(saved_sheet.rows(text, limits.text_chars), f"{where} (as a sheet)")
    notes.text(document.text, f"{where} (as a document)")
    if document.more:
        notes.lack(Unreadable.TOO_LARGE, f"more than {limits.text_chars} characters of text")


def read_folded(part: Part, limits: Limits) -> Extracted:
    """Calendars and cards (:mod:`.records.cards`)."""
    notes = Notebook(part, limits)
    for where, data in notes.readings():
        cards.read(notes, data, where, limits.parts)
        notes.inside(data)
    return notes.result()


def read_message(part: Part, limits: Limits) -> Extracted:
    """A message that was not seen as one by the walk: from an archive, or quoted in an encoded text."""
    walk = Walk(limits, prefix=f"{part.where} > ", depth=part.depth + 1)
    walk.run(part.payload)
    return Extracted(tuple(walk.texts), tuple(walk.parts), tuple(walk.unread))


def read_signature(part: Part, limits: Limits) -> Extracted:
    """A detached signature holds no words of the sender; what only bears its name is looked at."""
    head = part.head(sniff.HEAD)
    if sniff.is_text(head):
        armour = _ARMOUR.fullmatch(part.payload) if part.size <= SIGNATURE_BYTES else None
        if armour:
            part = replace(part, encoded=armour["fields"], encoding=Encoding.NONE)
        return read_plain(part, limits)
    if sniff.is_signature(head) and part.size <= SIGNATURE_BYTES:
        return Extracted()
    return Extracted(unread=(unreadable(Unreadable.UNKNOWN_TYPE, part.where, part.content_type),))


def read_pgp_control(part: Part, limits: Limits) -> Extracted:
    """``Version: 1``, the first part of ``multipart/encrypted`` (RFC 3156); anything else is encrypted."""
    if part.size <= 200 and sniff.is_text(part.head(200)):
        return read_plain(part, limits)
    return Extracted(unread=(unreadable(Unreadable.ENCRYPTED, part.where, part.content_type),))


def _unescaped_json(text: str) -> str:
    """*text* with the escapes of JSON (RFC 8259 §7) as the letters that they stand for."""
    plain = _JSON_ESCAPES.sub(lambda e: chr(int(e[1], 16)) if e[1] else _JSON_SIGNS[e[2]], text)
    return plain.encode("utf-16", "surrogatepass").decode("utf-16", "replace")  # pairs become letters


def _meta_charset(data: bytes) -> str:
    found = _META_CHARSET.search(data, 0, _META_WITHIN)
    return found[1].decode("ascii", "replace") if found else ""
