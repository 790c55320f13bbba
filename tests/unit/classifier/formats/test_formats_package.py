"""What a Word, Excel or PowerPoint file is packed in, when it is odd, broken or meant to harm: a zip of XML parts."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib

import pytest

from corpus import office_files
from corpus.office_files import package
from corpus.reading import ALLOWANCE, causes, stands_in, text_of
from segl.vocabulary import Unreadable
from segl_classifier.formats.content import Allowance
from segl_classifier.formats.ooxml.reader import read

MAKERS = {"docx": office_files.word, "xlsx": office_files.workbook, "pptx": office_files.presentation}


LAUGHS = (
    b"<!DOCTYPE l [<!ENTITY a 'ha'>%s]><w:document xmlns:w='w'><w:p><w:r><w:t>&z;</w:t></w:r></w:p></w:document>"
    % (b"".join(b"<!ENTITY %c '%s'>" % (97 + n, b"&%c;" % (96 + n) * 10) for n in range(1, 26)))
)
OUTSIDE = b"<!DOCTYPE d [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><w:document xmlns:w='w'><w:t>&x;</w:t></w:document>"
DEEP = b"<w:document xmlns:w='w'>" + b"<w:tbl><w:tr><w:tc>" * 100_000


@pytest.mark.parametrize("xml", [LAUGHS, OUTSIDE, DEEP, b"", b"<w:document", b"\xff\xfe<\0"])
def test_hostile_xml_is_damaged(xml: bytes) -> None:
    content = read(package({"word/document.xml": xml}), "", ALLOWANCE)
    assert Unreadable.DAMAGED in causes(content)
    assert "root:" not in text_of(content)


def test_a_broken_part_is_read_as_far_as_it_goes() -> None:
    xml = b"<w:document xmlns:w='w'><w:p><w:r><w:t>010190-1234</w:t></w:r></w:p><w:p><w:r><w:t>020290-12"
    content = read(package({"word/document.xml": xml}), "", ALLOWANCE)
    assert stands_in(content, "010190-1234")
    assert causes(content) == {Unreadable.DAMAGED}


@pytest.mark.slow
def test_a_zip_bomb_is_too_large() -> None:
    bomb = b"<w:document xmlns:w='w'>" + b" " * 50_000_000 + b"</w:document>"
    content = read(package({"word/document.xml": bomb}), "", Allowance(1_000_000, 100, 10_000_000))
    assert causes(content) == {Unreadable.TOO_LARGE}


def test_more_text_than_allowed_is_too_large() -> None:
    text = b"<w:p><w:r><w:t>" + b"ord " * 1_000 + b"</w:t></w:r></w:p>"
    content = read(
        package({"word/document.xml": b"<d>" + text * 30 + b"</d>"}), "", Allowance(50_000, 100, 10**7)
    )
    assert causes(content) == {Unreadable.TOO_LARGE}
    assert 40_000 < len(text_of(content)) <= 50_000


def test_a_million_cells_of_one_long_text_are_too_large() -> None:
    cells = b"<c t='s'><v>0</v></c>" * 20_000
    parts = {
        "xl/worksheets/sheet1.xml": b"<worksheet><sheetData><row>"
        + cells
        + b"</row></sheetData></worksheet>",
        "xl/sharedStrings.xml": b"<sst><si><t>" + b"x" * 30_000 + b"</t></si></sst>",
    }
    content = read(package(parts, "xlsx"), "", Allowance(1_000_000, 100, 10**8))
    assert causes(content) == {Unreadable.TOO_LARGE}
    assert len(text_of(content)) <= 1_000_000


SHEET = b"<worksheet><sheetData><row><c t='s'><v>%d</v></c></row></sheetData></worksheet>"
STRINGS = b"<sst><si><t>010190-1234</t></si></sst>"


def test_names_of_parts_may_differ_in_case() -> None:
    parts = {"xl/worksheets/sheet1.xml": SHEET % 0, "xl/SharedStrings.xml": STRINGS}
    content = read(package(parts, "xlsx"), "", ALLOWANCE)
    assert stands_in(content, "010190-1234")
    assert content.lacks == ()


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_sheets_of_one_name_are_both_read() -> None:
    out = io.BytesIO(package({}, "xlsx"))
    with zipfile.ZipFile(out, "a") as zipped:
        cell = b"<c t='inlineStr'><is><t>010190-1234</t></is></c>"
        zipped.writestr("xl/worksheets/sheet1.xml", SHEET.replace(b"<c t='s'><v>%d</v></c>", cell))
        zipped.writestr("xl/worksheets/sheet1.xml", SHEET.replace(b"<c t='s'><v>%d</v></c>", b""))
    assert stands_in(read(out.getvalue(), "", ALLOWANCE), "010190-1234")


def test_a_cell_whose_text_is_missing_is_damaged() -> None:
    parts = {"xl/worksheets/sheet1.xml": SHEET % 7, "xl/sharedStrings.xml": STRINGS}
    assert causes(read(package(parts, "xlsx"), "", ALLOWANCE)) == {Unreadable.DAMAGED}


def test_a_member_that_lies_about_its_check_sum_is_damaged() -> None:
    data = bytearray(package({"word/document.xml": b"<d><w:t xmlns:w='w'>" + b"a" * 1000 + b"</w:t></d>"}))
    place = data.rfind(b"word/document.xml")
    data[place - 46 + 16] ^= 0xFF  # the check sum in the directory
    assert Unreadable.DAMAGED in causes(read(bytes(data), "", ALLOWANCE))


def test_no_zip_is_damaged() -> None:
    assert causes(read(b"PK\3\4 nothing", "", ALLOWANCE)) == {Unreadable.DAMAGED}


@pytest.mark.parametrize("kind", MAKERS)
@pytest.mark.parametrize("part", range(1, 20))
def test_a_file_cut_off_is_damaged(kind: str, part: int) -> None:
    data = MAKERS[kind]()[0]
    content = read(data[: len(data) * part // 20], "", ALLOWANCE)
    assert Unreadable.DAMAGED in causes(content)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig"])
def test_xml_in_other_encodings(encoding: str) -> None:
    xml = "<?xml version='1.0'?><d><p><t>010190-1234 æøå</t></p></d>".encode(encoding)
    assert "010190-1234 æøå" in text_of(read(package({"word/document.xml": xml}), "", ALLOWANCE))


def test_a_binary_workbook_whose_parts_are_none_is_told_of() -> None:
    cut_off = b"\x9c\x01\x20\0"
    data = package(
        {"xl/workbook.bin": cut_off, "xl/worksheets/sheet1.bin": cut_off, "xl/vbaProject.bin": b"z"}
    )
    content = read(data, "", ALLOWANCE)
    assert causes(content) == {Unreadable.DAMAGED}
    assert [file.name for file in content.files] == ["vbaProject.bin"]


@pytest.mark.parametrize(
    "name", ["xl/a.bin", "xl/fonts/a.ttf", "xl/printerSettings/printerSettings1.bin", "xl/theme/theme1.xml"]
)
def test_a_file_under_the_name_of_layout_is_read(name: str) -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as zipped:
        zipped.writestr("brev.txt", "CPR 010190-1234")
    content = read(package({name: inner.getvalue()}, "xlsx"), "", ALLOWANCE)
    assert Unreadable.DAMAGED in causes(content) or [file.data for file in content.files] == [
        inner.getvalue()
    ]


def test_layout_is_passed_over() -> None:
    layout = {
        "xl/fonts/a.ttf": b"\0\1\0\0" + bytes(range(256)),
        "xl/printerSettings/printerSettings1.bin": "HP LaserJet".encode("utf-16-le").ljust(64, b"\0")
        + b"\1\4\6\xff" * 50,
        "docProps/thumbnail.jpeg": b"\xff\xd8\xff\xe0" + bytes(1_000),
    }
    content = read(package(layout, "xlsx"), "", ALLOWANCE)
    assert (content.files, content.lacks) == ((), ())


def test_another_archive_before_a_package_is_told_of() -> None:
    before = package({"word/document.xml": b"<d><t>010190-1234</t></d>"})
    assert causes(read(before + package({}, "xlsx"), "", ALLOWANCE)) == {Unreadable.DAMAGED}


def test_comments_of_a_package_are_read() -> None:
    out = io.BytesIO(package({}, "xlsx"))
    with zipfile.ZipFile(out, "a") as zipped:
        zipped.comment = b"CPR 010190-1234"
    assert stands_in(read(out.getvalue(), "", ALLOWANCE), "010190-1234") == ["comment on the file"]


def test_a_member_named_as_a_folder_may_hold_something() -> None:
    content = read(package({"word/a/": b"CPR 010190-1234"}), "", ALLOWANCE)
    assert [file.data for file in content.files] == [b"CPR 010190-1234"]


def test_a_member_longer_than_the_directory_says_is_read_and_told_of() -> None:
    text = b"<d><p><t>" + b"x" * 300 + b"010190-1234</t></p></d>"
    data = bytearray(package({"word/document.xml": text}))
    place = data.rfind(b"word/document.xml") - 46
    struct.pack_into("<I", data, place + 16, zlib.crc32(text[:20]))
    struct.pack_into("<I", data, place + 24, 20)
    content = read(bytes(data), "", ALLOWANCE)
    assert "010190-1234" in text_of(content)
    assert causes(content) == {Unreadable.DAMAGED}
