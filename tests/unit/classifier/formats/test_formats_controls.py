"""Controls on pages and sheets (ActiveX): what somebody wrote into a field is read, and a form is no unknown file."""

from __future__ import annotations

import io
import struct
import uuid
import zipfile
from collections.abc import Callable

import docx
import openpyxl
import pytest

from corpus import saved
from corpus.compound import compound
from corpus.office_files import repacked
from corpus.reading import ALLOWANCE, stands_in, text_of
from corpus.unfolded import Read, Whole
from segl_classifier.formats.compound import read

CPR = "010190-1234"
TEXT_BOX = uuid.UUID("8bd21d10-ec42-11ce-9e0d-00aa006002f3").bytes_le
OTHER = uuid.UUID("d27cdb6e-ae6d-11cf-96b8-444553540000").bytes_le  # Flash
PICTURE = uuid.UUID("0be35204-8f91-11ce-9de3-00aa004bb851").bytes_le


def properties(words: str, *, wide: bool = False) -> bytes:
    """Those of a field (MS-OFORMS §2.2.5): a mask, its sizes, and what stands in it, in one byte a letter or in two."""
    text = words.encode("utf-16-le" if wide else "latin-1")
    count = len(text) | (0 if wide else 0x8000_0000)
    block = struct.pack("<QII", 0x80400101, 0x2C80081B, count) + bytes(4) + struct.pack("<II", 0xFA1, 0x321)
    block += text + bytes(-len(text) % 4)
    return b"\0\2" + struct.pack("<H", len(block)) + block + b"\0\2\x18\0" + b"5\0\0\0" + b"Calibri\0"


def in_word(contents: bytes, **more: bytes) -> bytes:
    out = io.BytesIO()
    docx.Document().save(out)
    control = compound({"contents": contents, "\x03OCXNAME": "Felt1".encode("utf-16-le"), **more})
    return repacked(out.getvalue(), {"word/activeX/activeX1.bin": control})


def in_excel(contents: bytes, kind: bytes = TEXT_BOX) -> bytes:
    out = io.BytesIO()
    openpyxl.Workbook().save(out)
    return repacked(out.getvalue(), {"xl/activeX/activeX1.bin": kind + contents})


def in_an_old_letter(contents: bytes, kind: bytes = TEXT_BOX) -> bytes:
    named = b"\1\0\xfe\xff\3\x0a\0\0\xff\xff\xff\xff" + kind + b"\x1c\0\0\0Microsoft Forms 2.0 TextBox\0"
    object_ = {"ObjectPool/_1/contents": contents, "ObjectPool/_1/\x01CompObj": named}
    return compound({**saved.streams_of("text.doc"), **object_})


MAKERS: dict[str, Callable[[bytes], bytes]] = {
    "a.docx": in_word,
    "a.xlsx": in_excel,
    "a.doc": in_an_old_letter,
}


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize("wide", [False, True])
def test_what_stands_in_a_field_is_read(name: str, *, wide: bool) -> None:
    file = Whole(name, MAKERS[name](properties(f"CPR {CPR}", wide=wide)))
    assert any(CPR in text.text and text.where == "part 2, form field" for text in file)


@pytest.mark.parametrize("name", MAKERS)
def test_an_empty_field_is_no_alarm(name: str) -> None:
    Whole(name, MAKERS[name](properties("")))


@pytest.mark.parametrize("name", MAKERS)
@pytest.mark.parametrize(
    "contents",
    [properties("Foto") + PICTURE + bytes(40_000), b"\1\7" + bytes(range(256))],
    ids=["picture", "other"],
)
def test_one_with_more_than_words_is_told_of(name: str, contents: bytes) -> None:
    assert "unreadable.unknown-type" in Read(name, MAKERS[name](contents)).causes


def test_controls_of_another_kind_are_told_of() -> None:
    for data in (in_excel(properties("Film"), OTHER), in_word(properties("Film"), Data=b"\1\2\3" * 99)):
        assert "unreadable.unknown-type" in Read("a.docx", data).causes
    assert "unreadable.unknown-type" in Read("a.doc", in_an_old_letter(properties("Film"), OTHER)).causes


def test_a_document_that_libreoffice_put_into_an_old_one_is_opened() -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as zipped:
        zipped.writestr("mimetype", "application/vnd.oasis.opendocument.chart")
        zipped.writestr("content.xml", f"<office:text xmlns:office='o'><p>{CPR}</p></office:text>")
    streams = {"package_stream": inner.getvalue(), "properties_stream": bytes(16), "\x01CompObj": bytes(40)}
    old = {
        **saved.streams_of("text.doc"),
        **{f"ObjectPool/_1/{name}": data for name, data in streams.items()},
    }
    for data in (compound(streams), compound(old)):
        content = read(data, "", ALLOWANCE)
        assert [file.data for file in content.files] == [inner.getvalue()]
        assert content.lacks == ()
        assert not stands_in(content, CPR), text_of(content)
