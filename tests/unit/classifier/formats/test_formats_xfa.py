"""Data in XML with names of somebody's own: forms of the XFA kind, properties of a PDF, data in a Word file."""

from __future__ import annotations

import io

import docx
import pytest

from corpus import pdf_by_hand
from corpus.office_files import repacked
from corpus.reading import ALLOWANCE, stands_in, text_of
from segl_classifier.formats.content import Content
from segl_classifier.formats.ooxml import reader as ooxml
from segl_classifier.formats.pdf import reader as pdf

NUMBER = "010190-1234"
XHTML = 'xmlns="http://www.w3.org/1999/xhtml"'
PLAIN = pdf_by_hand.written("Blanket")


def filled_in(fields: str) -> Content:
    """A form of the XFA kind, with *fields* in its data."""
    data = f"<d:datasets xmlns:d='urn:d'><d:data><blanket>{fields}</blanket></d:data></d:datasets>"
    form = "/AcroForm<</Fields[]/XFA[(datasets) 10 0 R]>>"
    return pdf.read(pdf_by_hand.page(PLAIN, {10: pdf_by_hand.stream(data)}, catalog=form), "", ALLOWANCE)


def with_properties(fields: str) -> Content:
    packet = f"<x:xmpmeta xmlns:x='adobe:ns:meta/'><d xmlns:p='urn:p'>{fields}</d></x:xmpmeta>"
    more = {10: pdf_by_hand.stream(packet, "/Type/Metadata/Subtype/XML")}
    return pdf.read(pdf_by_hand.page(PLAIN, more, catalog="/Metadata 10 0 R"), "", ALLOWANCE)


def in_document(fields: str) -> Content:
    out = io.BytesIO()
    docx.Document().save(out)
    data = repacked(out.getvalue(), {"customXml/item9.xml": f"<sag>{fields}</sag>"})
    return ooxml.read(data, "", ALLOWANCE)


@pytest.mark.parametrize("read", [filled_in, with_properties, in_document])
@pytest.mark.parametrize(
    "name", ["Notes", "Application", "Row", "Lines", "Pages", "Words", "Column", "created"]
)
def test_a_field_is_read_whatever_its_name(read: object, name: str) -> None:
    """Office files have elements of these names that say nothing."""
    assert stands_in(read(f"<{name}>Vedr. {NUMBER}</{name}>"), NUMBER)  # type: ignore[operator]


@pytest.mark.parametrize("read", [filled_in, in_document])
def test_paragraphs_of_a_field_stand_apart(read: object) -> None:
    rich = f"<tekst><body {XHTML}><p>Sag 2025</p><p>{NUMBER}</p></body></tekst><navn>Bo</navn>"
    lines = text_of(read(rich)).split("\n")  # type: ignore[operator]
    assert {NUMBER} < set(lines)
    assert [line for line in lines if line.endswith("Sag 2025")]
    assert [line for line in lines if line.endswith("Bo")]


@pytest.mark.parametrize(
    "inside",
    [
        "Vedr. <span>0101</span>90-12<b>34</b>",
        "Vedr.<br/>010190-<span style='x'>1234</span>",
        "Vedr. <b>Bo</b> <i>010190-1234</i>",
        "Vedr.\n   010190-1234\n  ",
    ],
)
def test_a_number_is_whole_whatever_its_letters_look_like(inside: str) -> None:
    content = filled_in(f"<tekst><body {XHTML}><p>{inside}</p></body></tekst>")
    assert stands_in(content, NUMBER) == ["form field"]


def test_what_a_field_is_called_stands_before_its_words() -> None:
    content = filled_in(f"<cpr><body {XHTML}><p>0101901234</p></body></cpr><indkomst>12</indkomst>")
    lines = text_of(content).split("\n")
    assert "cpr: 0101901234" in lines
    assert "indkomst: 12" in lines


def test_text_that_stands_bare_in_a_paragraph_of_a_document_is_no_part_of_the_next() -> None:
    out = io.BytesIO()
    docx.Document().save(out)
    name = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    rows = "<w:tbl><w:tr><w:tc>Sag 20250</w:tc></w:tr><w:tr><w:tc>10190-1234</w:tc></w:tr></w:tbl>"
    body = f"<w:p>Sag 20250</w:p><w:p>10190-1234</w:p>{rows}"
    part = f"<w:document xmlns:w='{name}'><w:body>{body}</w:body></w:document>"
    content = ooxml.read(
        repacked(out.getvalue(), change={"word/document.xml": lambda _: part}), "", ALLOWANCE
    )
    assert "20250\n10190-1234\nSag 20250\n10190-1234" in text_of(content)
