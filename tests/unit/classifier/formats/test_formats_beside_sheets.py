"""What Excel, printers' drivers and add-ins keep beside the sheets of a workbook: no alarm for their settings, and what
they say is read."""

from __future__ import annotations

import io
import struct
import zipfile

import openpyxl
import pytest

from corpus.office_files import repacked
from corpus.reading import ALLOWANCE, causes, stands_in
from segl.vocabulary import Unreadable
from segl_classifier.formats.content import Content
from segl_classifier.formats.ooxml.reader import read

NUMBER = "010190-1234"


def with_part(name: str, data: bytes) -> Content:
    out = io.BytesIO()
    openpyxl.Workbook().save(out)
    return read(repacked(out.getvalue(), {name: data}), "", ALLOWANCE)


def devmode(private: bytes, *, version: int = 0x0401, missing: int = 0) -> bytes:
    """The settings of a printer as Excel keeps them: the structure DEVMODEW (220 bytes since Windows 2000), and behind
    it what the driver added."""
    name = "Dell 2350dn Laser Printer".encode("utf-16-le").ljust(64, b"\0")
    head = struct.pack("<64sHHHH", name, version, 1536, 220, len(private) + missing)
    return head.ljust(220, b"\0") + private


WIDE = "Bakke 1, dobbeltsidet, sort og hvid. ".encode("utf-16-le") * 100


@pytest.mark.parametrize("private", [b"", bytes(8_000), WIDE, bytes(range(256)) * 9], ids=len)
@pytest.mark.parametrize("version", [0x0400, 0x0401])
def test_the_settings_of_a_printer_are_layout_whatever_its_driver_keeps(private: bytes, version: int) -> None:
    content = with_part("xl/printerSettings/printerSettings1.bin", devmode(private, version=version))
    assert (content.files, content.lacks) == ((), ())


@pytest.mark.parametrize("data", [devmode(WIDE, version=9), devmode(WIDE, missing=2), WIDE[:71]], ids=len)
def test_what_has_not_their_form_is_a_file(data: bytes) -> None:
    content = with_part("xl/printerSettings/printerSettings1.bin", data)
    assert [file.data for file in content.files] == [data]


@pytest.mark.parametrize("words", ["1", "True", f"Vedr. {NUMBER}", "Bo Holm har kræft og er sygemeldt"])
def test_what_an_add_in_keeps_with_a_sheet_is_read(words: str) -> None:
    content = with_part("xl/customProperty3.bin", words.encode("utf-16-le"))
    assert [p.text for p in content.passages if p.place == "properties" and p.text == words]
    assert (content.files, content.lacks) == ((), ())


@pytest.mark.parametrize(
    "data",
    [
        f'<a b="{NUMBER}"/>'.encode("utf-16"),
        f'<a b="{NUMBER}"/>'.encode("utf-16-le"),
        f"Vedr. {NUMBER}.".encode(),
        b"\1\0\2\0",
        b"abc",
        b"PK\3\4" + bytes(40),
    ],
    ids=repr,
)
def test_what_is_no_line_of_words_there_is_a_file(data: bytes) -> None:
    assert [file.data for file in with_part("xl/customProperty1.bin", data).files] == [data]


def test_an_archive_under_such_a_name_is_opened() -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as zipped:
        zipped.writestr("brev.txt", f"CPR {NUMBER}")
    content = with_part("xl/customProperty1.bin", inner.getvalue())
    assert [file.data for file in content.files] == [inner.getvalue()]
    assert not stands_in(content, NUMBER)
    assert Unreadable.ENCRYPTED not in causes(content)
