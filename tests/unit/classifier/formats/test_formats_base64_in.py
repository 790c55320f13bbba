"""Files that stand as base64 in the data of a document: a picture in a bound field, what was attached to a form, the
queries of a workbook."""

from __future__ import annotations

import base64
import io
import random
import struct
import zipfile

import docx
import openpyxl
import pytest
from PIL import Image

from corpus.office_files import repacked
from corpus.pdf_by_hand import page, stream
from corpus.reading import ALLOWANCE, WITH_OCR, causes, text_of
from corpus.unfolded import Whole
from corpus.written import WRITERS
from segl.vocabulary import Unreadable
from segl_classifier.formats.content import Content
from segl_classifier.formats.ooxml import reader as ooxml
from segl_classifier.formats.pdf import reader as pdf

NUMBER = "010190-1234"
PDF = WRITERS["pdf"](f"Kære Ida\n\nDit CPR-nummer er {NUMBER}.")
NOBODY_KNOWS = random.Random(7).randbytes(5_000)


def picture(side: int) -> bytes:
    out = io.BytesIO()
    Image.frombytes("RGB", (side, side), random.Random(7).randbytes(3 * side * side)).save(out, "JPEG")
    return out.getvalue()


def letter(data: bytes) -> bytes:
    """A Word file that keeps *data* for one of its fields."""
    out = io.BytesIO()
    docx.Document().save(out)
    item = f'<sag xmlns="urn:x"><navn>Jens</navn><fil>{base64.b64encode(data).decode()}</fil></sag>'
    return repacked(out.getvalue(), {"customXml/item9.xml": item.encode()})


def sized(data: bytes) -> bytes:
    return struct.pack("<I", len(data)) + data


def form(data: bytes, packet: str = "datasets") -> bytes:
    """A PDF with a form of the XFA kind, into which *data* was put."""
    filled = f"<x><fil>{base64.b64encode(data).decode()}</fil></x>"
    more = {20: f"<</Fields[]/XFA[({packet}) 21 0 R]>>", 21: stream(filled)}
    return page("", more, catalog="/AcroForm 20 0 R")


HOLDERS = {"docx": (letter, ooxml), "pdf": (form, pdf)}


def content_of(kind: str, data: bytes) -> Content:
    make, module = HOLDERS[kind]
    content: Content = module.read(make(data), "", ALLOWANCE)
    return content


@pytest.mark.parametrize("kind", HOLDERS)
def test_a_file_in_the_data_of_a_document_is_opened(kind: str) -> None:
    content = content_of(kind, PDF)
    assert [file.data for file in content.files] == [PDF]
    assert base64.b64encode(PDF).decode()[:60] not in text_of(content)
    assert causes(content) == set()


@pytest.mark.parametrize("kind", HOLDERS)
def test_a_picture_in_it_is_one_like_any_other(kind: str) -> None:
    assert causes(content_of(kind, picture(30))) == set()
    assert causes(content_of(kind, picture(300))) == {Unreadable.UNKNOWN_TYPE}
    make, module = HOLDERS[kind]
    assert [file.data for file in module.read(make(picture(300)), "", WITH_OCR).files] == [picture(300)]


@pytest.mark.parametrize("kind", HOLDERS)
def test_what_nobody_knows_is_told_of_when_it_is_more_than_a_key(kind: str) -> None:
    assert causes(content_of(kind, NOBODY_KNOWS)) == {Unreadable.UNKNOWN_TYPE}
    assert causes(content_of(kind, NOBODY_KNOWS[:1_000])) == set()


def test_pictures_of_the_form_itself_are_not_told_of() -> None:
    assert causes(pdf.read(form(picture(300), "template"), "", ALLOWANCE)) == set()


def test_queries_of_a_workbook_are_read() -> None:
    """Power Query keeps them in a package in the data of the workbook (MS-QDEFF)."""
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("Formulas/Section1.m", f'shared Borger = "Jens, {NUMBER}";')
    columns = b'<?xml version="1.0"?><Kolonne n="CPR"/>'
    properties = b"\0\0\0\0" + sized(columns) + sized(b"")
    mashup = b"\0\0\0\0" + sized(package.getvalue()) + sized(b"<PermissionList/>") + sized(properties)
    mashup += sized(NOBODY_KNOWS)  # who may use them, encrypted for this machine
    out = io.BytesIO()
    openpyxl.Workbook().save(out)
    item = f'<DataMashup xmlns="urn:x">{base64.b64encode(mashup).decode()}</DataMashup>'.encode("utf-16")
    read = str(Whole("ark.xlsx", repacked(out.getvalue(), {"customXml/item9.xml": item})))
    assert NUMBER in read
    assert 'Kolonne n="CPR"' in read


def test_what_stands_beside_it_is_read() -> None:
    assert "Jens" in text_of(content_of("docx", PDF))
