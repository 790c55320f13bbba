r"""Rich text: code pages, substitutes, tables, destinations, tracked changes, objects, and text without end."""

from __future__ import annotations

import struct
import time

import pytest

from corpus import office_files
from corpus.compound import compound
from corpus.reading import ALLOWANCE, WITH_OCR, causes, stands_in, text_of
from segl.mime.sniff import signature
from segl.vocabulary import Unreadable
from segl_classifier.formats.content import Allowance, Content
from segl_classifier.formats.rtf.reader import read

CPR = "010190-1234"


def rich(body: str | bytes) -> Content:
    inner = body if isinstance(body, bytes) else body.encode("latin-1")
    return read(
        b"{\\rtf1\\ansi\\ansicpg1252\\deff0{\\fonttbl{\\f0\\fcharset0 A;}{\\f1\\fcharset204 B;}}"
        + inner
        + b"}",
        "",
        ALLOWANCE,
    )


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (r"0101{\b 90}-\i 12\i0 34", CPR),
        (r"0101\'39\'30-1234", CPR),
        (r"010190\_1234", CPR),
        (r"0101\-90-1234", CPR),
        ("0101\r\n90-1234", CPR),
        (r"010190-\u49?\u50?34", CPR),
        (r"\uc2 010190-\u49??\u50\'30\'3034", CPR),
        (r"\uc0 010190-\u49\u50 34", CPR),
        (r"\v skjult 010190-1234\v0", "skjult 010190-1234"),
        (r"{\upr{gammel}{\*\ud 010190-1234}}", "gammel010190-1234"),
        (r"K\'e6re S\'f8ren \'80", "Kære Søren €"),
        (r"\f1\'cf\'f0\'e8", "При"),
        (r"\u-10179?\u-9123?", "\U0001f45d"),
        (r"\u-3987?", "m"),  # a symbol font: F06D
        (r"a\tab b\line c\par d", "a\tb\nc\nd"),
        (r"\{a\}\\", "{a}\\"),
        (r"a\bin4 }}{{b", "ab"),
        (r"a\ldblquote b\rdblquote \endash", "a“b”–"),
    ],
)
def test_the_text_as_it_is_read(body: str, text: str) -> None:
    content = rich(body)
    assert text_of(content) == text
    assert content.lacks == ()


def test_rows_are_lines_and_cells_stand_apart() -> None:
    body = (
        r"\trowd\cellx1\pard\intbl Navn\cell CPR\cell\row\trowd\pard\intbl Bo\par Hansen\cell 010190-1234\cell\row"
        r"\pard Slut\par"
    )
    assert text_of(rich(body)) == "Navn\tCPR\nBo Hansen\t010190-1234\nSlut"


@pytest.mark.parametrize(
    ("body", "place"),
    [
        (r"{\header %s\par}", "header"),
        (r"{\footerf {\b 0101}90-1234}", "footer"),
        (r"x{\footnote{\super 1} %s}", "footnote"),
        (r"{\*\annotation{\*\atnref 1}%s}", "comment"),
        # as AbiWord 3.0 writes one
        (r"{\*\atrfstart 1{\*\atrfend 1}\chatn{\*\annotation{\*\atnref 1}{\*\atndate00-00-0}%s}}", "comment"),
        (r"{\*\atrfstart 1{\*\annotation Hej{\shp{\*\shpinst{\shptxt %s}}}}}", "text box"),
        (r"{\info{\title %s}}", "properties"),
        (r"{\info{\doccomm %s}}", "properties"),
        (r"{\*\userprops{\propname Sag}{\staticval %s}}", "properties"),
        (r"{\shp{\*\shpinst{\shptxt %s\par}}}", "text box"),
        (r"{\shp{\*\shpinst{\sp{\sn wzDescription}{\sv Foto %s}}}}", "shape"),
        # the words for a picture, as Word and LibreOffice write them
        (
            r"{\pict{\*\picprop{\sp{\sn wzDescription}{\sv Foto %s}}{\sp{\sn fLine}{\sv 0}}}\pngblip 00}",
            "shape",
        ),
        (r"{\field{\*\fldinst QUOTE %s}{\fldrslt x}}", "field code"),
        (r"{\field{\*\fldinst HYPERLINK x}{\fldrslt %s}}", ""),
        (r"{\*\formfield{\*\ffdeftext %s}}", "form field"),
        (r"{\*\bkmkstart %s}", "bookmark"),
        (r"{\*\nobodyknows %s}", "beside the text"),
        (r"{\*\revtbl{Unknown;}{Ib %s;}}x", "authors"),
        (
            r"{\*\listtable{\list{\listlevel{\leveltext\'0eSag %s \'00;}{\levelnumbers\'01;}}}}x",
            "beside a list",
        ),
        (r"{\*\pn\pnlvlbody{\pntxtb Sag %s}}x", "beside a list"),
        (r"{\object{\*\objclass X}{\result %s}}", ""),
    ],
)
def test_a_number_is_found_wherever_it_stands(body: str, place: str) -> None:
    assert stands_in(rich(body.replace("%s", CPR)), CPR) == [place]


@pytest.mark.parametrize(
    "body",
    [
        r"{\colortbl;\red1;}",
        r"{\*\revtbl{Unknown;}}",
        r"{\*\pn\pnlvlbody{\pntxta .}}",
        r"{\*\listtable{\list{\listlevel{\leveltext\'02\'00.;}}}}",
        r"{\stylesheet{Normal;}}",
        r"{\*\themedata 504b0304}",
        r"{\*\generator X;}",
    ],
)
def test_layout_is_no_text(body: str) -> None:
    assert rich(body).passages == ()


def test_tracked_changes_give_both_texts() -> None:
    content = rich(r"nr. 010190-{\deleted 1234}{\revised 5678} slut\par")
    assert stands_in(content, "010190-5678") == [""]
    assert stands_in(content, "010190-1234") == ["before tracked changes"]


def test_pictures_and_objects() -> None:
    picture = office_files.large_png(40_000)
    hexed = r"{\pict\pngblip " + picture.hex() + "}"
    assert causes(rich(hexed)) == {Unreadable.UNKNOWN_TYPE}
    found = read(b"{\\rtf1 " + hexed.encode() + b"}", "", WITH_OCR)
    assert [file.data for file in found.files] == [picture]
    binary = b"{\\pict\\pngblip\\bin%d " % len(picture) + picture + b"}slut"
    found = read(b"{\\rtf1 " + binary + b"}", "", WITH_OCR)
    assert [file.data for file in found.files] == [picture]
    assert text_of(found) == "slut"
    native = b"\2\0a.txt\0C:\\a.txt\0\0\0\3\0" + bytes(4) + struct.pack("<I", 2) + b"hi"
    head = struct.pack("<III", 0x501, 2, 8) + b"Package\0" + bytes(8) + struct.pack("<I", len(native))
    package = (head + native).hex()
    content = rich(r"{\object{\*\objdata " + package + "}}")
    assert [(file.name, file.data) for file in content.files] == [("a.txt", b"hi")]


@pytest.mark.parametrize("data", [b"", b"hello", b"{\\html}", b"{}"])
def test_what_is_no_rich_text_is_damaged(data: bytes) -> None:
    assert causes(read(data, "", ALLOWANCE)) == {Unreadable.DAMAGED}


def test_text_cut_off_is_read_and_damaged() -> None:
    content = read(b"{\\rtf1 {\\header a}{\\b 010190-1234 og", "", ALLOWANCE)
    assert stands_in(content, CPR)
    assert causes(content) == {Unreadable.DAMAGED}


@pytest.mark.slow
@pytest.mark.parametrize(
    "data",
    [
        b"{\\rtf1 " + b"{" * 500_000,
        b"{\\rtf1 " + b"{\\*\\x y}" * 60_000 + b"}",
        b"{\\rtf1 " + b"\\'e6" * 200_000 + b"}",
        b"{\\rtf1 " + b"\\bin2000000000 " * 1_000 + b"}",
        b"{\\rtf1 " + b"\\u-1?" * 100_000 + b"}",
        b"{\\rtf1 " + b"{\\pict 00}" * 50_000 + b"}",
        b"{\\rtf1 " + b"\\cell" * 100_000 + b"\\row}",
        b"{\\rtf1\\uc99999999 " + b"\\u1" * 100_000 + b"}",
    ],
)
def test_hostile_text_ends_in_time(data: bytes) -> None:
    begin = time.process_time()
    read(data, "", ALLOWANCE)
    assert time.process_time() - begin < 4


def test_more_text_than_allowed_is_too_large() -> None:
    content = read(b"{\\rtf1 " + b"ord \\par " * 10_000 + b"}", "", Allowance(1_000, 10, 10**6))
    assert causes(content) == {Unreadable.TOO_LARGE}
    assert len(text_of(content)) <= 1_000


def test_a_byte_order_mark_hides_nothing() -> None:
    data = b"\xef\xbb\xbf{\\rtf1 0101{\\b 90}-1234}"
    assert signature(data) == "application/rtf"
    assert text_of(read(data, "", ALLOWANCE)) == CPR


@pytest.mark.parametrize("storage", ["MsoDataStore/ABC=", "ABC="])
def test_data_that_fields_are_bound_to_are_read(storage: str) -> None:
    """Word keeps them as an object of a class of its own, in hexadecimal numbers."""
    item = f'<sag xmlns="urn:x"><part>Jens, {CPR}</part></sag>'.encode("utf-16")
    stored = compound({f"{storage}/Item": item, f"{storage}/Properties": b"<x/>"})
    head = (
        struct.pack("<III", 0x501, 2, 24)
        + b"Msxml2.SAXXMLReader.6.0\0"
        + bytes(8)
        + struct.pack("<I", len(stored))
    )
    content = rich(rf"Hej\par{{\*\datastore {(head + stored).hex()}}}")
    assert stands_in(content, CPR) == ["data in the file"]
    assert content.lacks == ()


@pytest.mark.parametrize(
    "stored", [compound({"MsoDataStore/ABC=/Item": b""}), compound({"x": b"y"}), b"", b"\0\1"]
)
def test_a_store_of_no_data_is_no_gap(stored: bytes) -> None:
    content = rich(rf"Hej\par{{\*\datastore {stored.hex()}}}")
    assert (text_of(content), content.files, content.lacks) == ("Hej", (), ())


def test_what_stands_behind_the_end_is_a_file() -> None:
    content = read(rb"{\rtf1 Hej\par}" + b"\r\n" + rb"{\rtf1 CPR 010190-1234\par}", "", ALLOWANCE)
    assert [file.data for file in content.files] == [rb"{\rtf1 CPR 010190-1234\par}"]


@pytest.mark.parametrize("group", [rb"{\*\egen\bin%d %s}", rb"\bin%d %s"])
def test_bytes_in_the_text_are_a_file(group: bytes) -> None:
    said = b"CPR 010190-1234"
    content = read(rb"{\rtf1 Hej " + group % (len(said), said) + rb"\par}", "", ALLOWANCE)
    assert [file.data for file in content.files] == [said]


@pytest.mark.parametrize("behind", [b"\r\n", bytes(500), b"}\r\n\0", b"\x1a"])
def test_padding_behind_the_end_is_none(behind: bytes) -> None:
    content = read(rb"{\rtf1 Hej\par}" + behind, "", ALLOWANCE)
    assert (content.files, content.lacks) == ((), ())


@pytest.mark.parametrize(
    "body",
    [
        rb"010190{\v skjult}-1234\par",
        rb"010190\v skjult\v0 -1234\par",
        rb"010190\v skjult\plain -1234\par",
        rb"010190\v \'e6\'f8\v0 -1234\par",
        rb"\intbl 010190{\v x}-1234\cell\row",
    ],
)
def test_text_with_hidden_letters_is_read_with_and_without_them(body: bytes) -> None:
    content = read(rb"{\rtf1 " + body + b"}", "", ALLOWANCE)
    assert stands_in(content, "010190-1234") == ["as displayed"]
    assert "010190-1234" not in next(passage.text for passage in content.passages if not passage.place)
