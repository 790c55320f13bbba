"""Data in XML with names of somebody's own: forms of the XFA kind, properties of a PDF, data in a Word file."""

from __future__ import annotations

import io

import docx
import pytest

from corpus import pdf_by_hand
from corpus.office_files import repacked
from corpus.reading import ALLOWANCE, causes, stands_in, text_of
from segl.vocabulary import Unreadable
from segl_classifier.formats.content import Content
from segl_classifier.formats.ooxml import reader as ooxml
from segl_classifier.formats.pdf import reader as pdf

NUMBER = "010190-1234"
XHTML = 'xmlns="http://www.w3.org/1999/xhtml"'
PLAIN = pdf_by_hand.written("Blanket")


def filled_in(fields: str, template: str = "") -> Content:
    """A form of the XFA kind, with *fields* in its data."""
    data = f"<d:datasets xmlns:d='urn:d'><d:data><blanket>{fields}</blanket></d:data></d:datasets>"
    made = f"<template xmlns='urn:t'><subform name='blanket'>{template}</subform></template>"
    form = "/AcroForm<</Fields[]/XFA[(template) 11 0 R(datasets) 10 0 R]>>"
    packets = {10: pdf_by_hand.stream(data), 11: pdf_by_hand.stream(made)}
    return pdf.read(pdf_by_hand.page(PLAIN, packets, catalog=form), "", ALLOWANCE)


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


CAPTION = "<field name='{}'><caption><value><text>{}</text></value></caption></field>"
TIP = "<field name='{}'><ui/><assist><toolTip>{}</toolTip></assist></field>"
BESIDE = "<draw><value><text>{1}</text></value></draw><field name='{0}'/>"
BOUND = "<field name='x'><bind match='dataRef' ref='$.{}[*]'/><caption><value><exData>"
BOUND += f"<body {XHTML}><p>{{}}</p></body></exData></value></caption></field>"
CHOSEN = (
    "<exclGroup name='{}'><field name='a'><caption>Ja</caption></field><assist><toolTip>{}</toolTip></assist>"
)
CHOSEN += "<field name='b'><caption>Nej</caption></field></exclGroup>"


@pytest.mark.parametrize("field", [CAPTION, TIP, BESIDE, BOUND, CHOSEN])
def test_what_was_filled_in_is_read_behind_what_the_form_says_of_it(field: str) -> None:
    """A dynamic form shows captions and values together; its fields may be called anything."""
    template = field.format("T1", "F&#248;dselsdato:") + field.format("T2", "De sidste fire cifre")
    content = filled_in("<T1>070761</T1><T2>4285</T2><T1>150580</T1><T2>2345</T2><T3>Nej</T3>", template)
    told = [passage.text for passage in content.passages if passage.place == "form, as filled in"]
    (lines,) = (text.split("\n") for text in told)
    assert lines[:2] == ["Fødselsdato: 070761", "De sidste fire cifre: 4285"]
    assert lines[2:] == ["Fødselsdato: 150580", "De sidste fire cifre: 2345", "T3: Nej"]


def test_all_packets_may_be_in_one() -> None:
    made = f"<template xmlns='urn:t'>{CAPTION.format('T1', 'CPR-nr.')}</template>"
    data = "<d:datasets xmlns:d='urn:d'><d:data><T1>0707614285</T1></d:data></d:datasets>"
    packet = {10: pdf_by_hand.stream(f"<x:xdp xmlns:x='urn:x'>{made}{data}</x:xdp>")}
    form = pdf_by_hand.page(PLAIN, packet, catalog="/AcroForm<</Fields[]/XFA 10 0 R>>")
    assert stands_in(pdf.read(form, "", ALLOWANCE), "CPR-nr.: 0707614285") == ["form, as filled in"]


@pytest.mark.parametrize(
    ("fields", "lacks"), [("<T1>4285</T1><", {Unreadable.DAMAGED}), ("<T1>4285</T1>", set())]
)
def test_data_of_a_form_that_are_broken_are_told_of(fields: str, lacks: set[Unreadable]) -> None:
    content = filled_in(fields, CAPTION.format("T1", "De sidste fire"))
    assert causes(content) == lacks
    assert stands_in(content, "De sidste fire: 4285") == ["form, as filled in"]


def test_a_form_that_nests_without_end_is_read_as_it_stands() -> None:
    deep = 300 * "<a>" + "4285" + 300 * "</a>"
    content = filled_in(f"<T1>070761</T1>{deep}", CAPTION.format("T1", "Dato"))
    assert stands_in(content, "4285") == ["form field"]
    assert stands_in(content, "Dato: 070761") == ["form, as filled in"]


def test_a_field_is_told_by_its_group_first() -> None:
    groups = "".join(
        f"<subform name='{of}'>{CAPTION.format('nr', says)}</subform>"
        for of, says in (("sag", "Sagsnr."), ("borger", "CPR-nr."))
    )
    content = filled_in("<borger><nr>0707614285</nr></borger><sag><nr>12</nr></sag>", groups)
    assert "CPR-nr.: 0707614285\nSagsnr.: 12" in text_of(content)


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
