"""Files of Office 97 to 2003: passwords, hidden sheets, objects, macros, and files made to do harm."""

from __future__ import annotations

import base64
import io
import struct
import zlib
from collections.abc import Callable

import pytest
import xlwt

from corpus import saved
from corpus.compound import compound, compressed
from corpus.reading import ALLOWANCE, WITH_OCR, causes, stands_in, text_of
from corpus.saved import streams_of
from segl.vocabulary import Unreadable
from segl_classifier.formats.compound import read
from segl_classifier.formats.content import Allowance
from segl_classifier.formats.ole import vba


def saved_book(fill: Callable[[xlwt.Workbook], None]) -> bytes:
    out = io.BytesIO()
    workbook = xlwt.Workbook()
    fill(workbook)
    workbook.save(out)
    return out.getvalue()


def test_sheets_written_by_another_program() -> None:
    def fill(workbook: xlwt.Workbook) -> None:
        sheet = workbook.add_sheet("Løn")
        for column, heading in enumerate(("Navn", "CPR", "Dato", "Beløb")):
            sheet.write(0, column, heading)
        sheet.write(1, 0, "Jens Ærø €")
        sheet.write(1, 1, 101901234)
        sheet.write(1, 2, 32874, xlwt.easyxf(num_format_str="DD-MM-YYYY"))
        sheet.write(1, 3, 1234.5)
        sheet.write(2, 1, 201901235, xlwt.easyxf(num_format_str='000000"-"0000'))
        sheet.write(3, 1, xlwt.Formula("1+1"))
        for row in range(10, 2010):  # more strings than one record holds
            sheet.write(row, 0, f"tekst nummer {row} " + "æ" * (row % 40))
        hidden = workbook.add_sheet("Skjult")
        hidden.write(0, 0, "030190-1236")
        hidden.visibility = 1

    content = read(saved_book(fill), "", ALLOWANCE)
    assert content.lacks == ()
    sheet = next(passage.text for passage in content.passages if passage.place == "sheet Løn")
    assert sheet.startswith(
        "Navn\tCPR\tDato\tBeløb\nJens Ærø €\t0101901234\t01-01-1990\t1234.5\n\t020190-1235\n"
    )
    assert all(f"tekst nummer {row} " + "æ" * (row % 40) in sheet for row in range(10, 2010))
    assert stands_in(content, "030190-1236") == ["hidden sheet Skjult"]


def test_numbers_packed_in_four_bytes() -> None:
    values = [0, 1, -1, 1.25, 123456.78, 536870911, 101901234]

    def fill(workbook: xlwt.Workbook) -> None:
        sheet = workbook.add_sheet("A")
        for row, value in enumerate(values):
            sheet.write(row, 0, value)

    lines = text_of(read(saved_book(fill), "", ALLOWANCE)).split("\n")
    assert lines[:7] == ["0", "1", "-1", "1.25", "123456.78", "536870911", "0101901234"]


def test_passwords_are_encrypted() -> None:
    word = streams_of("text.doc")
    word["WordDocument"] = (
        word["WordDocument"][:11] + bytes([word["WordDocument"][11] | 1]) + word["WordDocument"][12:]
    )
    excel = streams_of("sheets.xls")
    first = 4 + struct.unpack_from("<H", excel["Workbook"], 2)[0]
    lock = b"\x2f\0\2\0\1\0"
    excel["Workbook"] = excel["Workbook"][:first] + lock + excel["Workbook"][first:]
    power = streams_of("slides.ppt")
    power["Current User"] = power["Current User"][:12] + b"\xdf\xc4\xd1\xf3" + power["Current User"][16:]
    new = {"EncryptionInfo": b"x" * 200, "EncryptedPackage": b"x" * 9000}
    for streams in (word, excel, power, new):
        content = read(compound(streams), "", ALLOWANCE)
        assert Unreadable.ENCRYPTED in causes(content)
        assert [p for p in content.passages if p.place != "properties"] == []


def test_a_file_of_another_program_is_told_of_with_its_words() -> None:
    content = read(
        compound({"VisioDocument": b"\1\2" + "Org 010190-1234".encode("utf-16-le")}), "", ALLOWANCE
    )
    assert causes(content) == {Unreadable.UNKNOWN_TYPE}
    assert stands_in(content, "010190-1234") == ["words in the file"]


def test_documents_and_files_inside() -> None:
    package = (
        b"\2\0bilag.txt\0C:\\x\\bilag.txt\0\0\0\3\0"
        + struct.pack("<I", 4)
        + b"C:\\\0"
        + struct.pack("<I", 5)
        + b"hello"
    )
    streams = {
        **streams_of("text.doc"),
        **{f"ObjectPool/_1/{name}": data for name, data in streams_of("sheets.xls").items()},
        "ObjectPool/_2/\x01Ole10Native": struct.pack("<I", len(package)) + package,
        "ObjectPool/_3/Package": b"PK\3\4 a new document",
        "ObjectPool/_4/CONTENTS": b"%PDF-1.7",
    }
    content = read(compound(streams), "", ALLOWANCE)
    assert content.lacks == ()
    assert "sheet Løn" in stands_in(content, saved.places_of("sheets.xls")["cell"])
    assert [(file.name, file.data[:5]) for file in content.files] == [
        ("bilag.txt", b"hello"),
        ("object", b"PK\3\4 "),
        ("object", b"%PDF-"),
    ]


NATIVE = "\x01Ole10Native"
DRAGGED = b"\2\0bilag.txt\0C:\\bilag.txt\0\0\0\3\0\4\0\0\0C:\\\0\5\0\0\0hello"


@pytest.mark.parametrize(
    ("streams", "name", "inside"),
    [
        (
            {NATIVE: struct.pack("<I", len(DRAGGED)) + DRAGGED, "\x01CompObj": b"Package"},
            "bilag.txt",
            b"hello",
        ),
        ({"CONTENTS": b"%PDF-1.7", "\x01Ole": b"x", "\x02OlePres000": b"drawn"}, "object", b"%PDF-1.7"),
        ({"Package": b"PK\3\4", "\x01CompObj": b"Word"}, "object", b"PK\3\4"),
        ({NATIVE: b"\6\0\0\0BM1234"}, "object", b"BM1234"),
    ],
)
def test_a_file_dragged_into_a_file_of_office_2007_is_unfolded(
    streams: dict[str, bytes], name: str, inside: bytes
) -> None:
    """``embeddings/oleObject1.bin``, as a docx, xlsx or pptx holds it."""
    content = read(compound(streams), "", ALLOWANCE)
    assert content.lacks == ()
    assert [(file.name, file.data) for file in content.files] == [(name, inside)]


@pytest.mark.parametrize(
    "streams",
    [
        {"Contents": b"Publisher", "Quill/QuillSub/CONTENTS": b"010190-1234"},
        {"CONTENTS": b"%PDF-1.7", "MatOST": b"Works"},
        {"\x01Ole": b"a link", "\x03LinkInfo": b"to a file"},
        {NATIVE: b"\2\0\0\0\1\2", "Equation Native": b"x"},
    ],
)
def test_what_is_no_object_is_a_file_of_another_program(streams: dict[str, bytes]) -> None:
    assert Unreadable.UNKNOWN_TYPE in causes(read(compound(streams), "", ALLOWANCE))


NUMBER = "010190-1234"
WIDE = f"Vedr. {NUMBER}".encode("utf-16-le")


@pytest.mark.parametrize("name", ["text.doc", "sheets.xls", "slides.ppt"])
def test_data_that_fields_are_bound_to_are_read(name: str) -> None:
    """A document management system keeps there whom the document is about (MS-OSHARED §2.3.6)."""
    photo = base64.b64encode(
        f"Jens Hansen, CPR 020290-1235, har været her. {'Mere. ' * 30}".encode()
    ).decode()
    item = f'<sag xmlns="urn:x"><part cpr="030390-1236">Jens, {NUMBER}</part><fil>{photo}</fil></sag>'
    streams = {
        **streams_of(name),
        "MsoDataStore/ABC=/Item": item.encode("utf-16"),
        "MsoDataStore/ABC=/Properties": b'<ds:datastoreItem xmlns:ds="urn:y"/>',
    }
    content = read(compound(streams), "", ALLOWANCE)
    assert content.lacks == ()
    assert stands_in(content, NUMBER) == ["data in the file"]
    assert stands_in(content, "030390-1236") == ["an attribute"]
    assert [b"020290-1235" in file.data for file in content.files] == [True]


@pytest.mark.parametrize("name", ["text.doc", "sheets.xls"])
def test_an_object_of_another_program_is_told_of_with_its_words(name: str) -> None:
    streams = {
        **streams_of(name),
        "ObjectPool/_1/VisioDocument": bytes(9) + WIDE + bytes(9),
        "ObjectPool/_1/\x01CompObj": b"Visio",
    }
    content = read(compound(streams), "", ALLOWANCE)
    assert causes(content) == {Unreadable.UNKNOWN_TYPE}
    assert stands_in(content, NUMBER) == ["words in an object"]


def test_storages_that_say_nothing_of_anybody_are_not_told_of() -> None:
    streams = {
        **streams_of("text.doc"),
        "ObjectPool/_1/Equation Native": b"x",
        "ObjectPool/_1/\x03ObjInfo": b"x",
        "ObjectPool/_2/\x01Ole": b"a link",
        "_xmlsignatures/ABC": b"<Signature/>",
        "Macros/VBA/dir": b"x",
        "Macros/PROJECT": b"x",
        "Macros/UserForm1/f": WIDE,
        "Macros/UserForm1/i01/x": b"x",
    }
    content = read(compound(streams), "", ALLOWANCE)
    assert content.lacks == ()
    assert stands_in(content, NUMBER) == ["form of a macro"]


def test_words_in_the_controls_of_a_workbook_are_read_and_its_history_is_told_of() -> None:
    streams = {**streams_of("sheets.xls"), "Ctls": bytes(9) + WIDE}
    content = read(compound(streams), "", ALLOWANCE)
    assert content.lacks == ()
    assert stands_in(content, NUMBER) == ["form"]
    content = read(compound({**streams, "Revision Log": b"x"}), "", ALLOWANCE)
    assert causes(content) == {Unreadable.UNKNOWN_TYPE}


def test_an_object_in_a_presentation_is_unfolded() -> None:
    streams = streams_of("slides.ppt")
    inner = compound({"X": b"y"})
    body = struct.pack("<I", len(inner)) + zlib.compress(inner)
    streams["PowerPoint Document"] += struct.pack("<HHI", 0x10, 0x1011, len(body)) + body
    assert [file.data for file in read(compound(streams), "", ALLOWANCE).files] == [inner]


def test_macros_are_read() -> None:
    source = b'Attribute VB_Name = "M"\r\nSub A()\r\n nr = "010190-1234"\r\nEnd Sub\r\n'
    streams = {**streams_of("text.doc"), "Macros/VBA/M": b"compiled" * 50 + compressed(source)}
    assert stands_in(read(compound(streams), "", ALLOWANCE), "010190-1234") == ["macro"]


def test_the_macros_of_a_new_file_are_no_unknown_file() -> None:
    """``vbaProject.bin``, as a docm or xlsm holds it."""
    source = b'Attribute VB_Name = "M"\r\n nr = "010190-1234"\r\n'
    form = "020290-1235".encode("utf-16-le")
    content = read(
        compound({"VBA/M": compressed(source), "PROJECT": b"x", "UserForm1/o": form}), "", ALLOWANCE
    )
    assert content.lacks == ()
    assert stands_in(content, "010190-1234") == ["macro"]
    assert stands_in(content, "020290-1235") == ["form of a macro"]


PUBLISHER = {
    "Contents": b"\xe8\xac\x2c\0" + bytes(60),
    "Quill/QuillSub/CONTENTS": b"CHNKINK " + bytes(56) + "Vedr. 010190-1234".encode("utf-16-le") + bytes(9),
    "Escher/EscherStm": bytes(40),
    "VBA/x": b"",
}


@pytest.mark.parametrize(
    "more",
    [{}, {"PROJECT": b"x"}, {"VBA/M": compressed(b'Attribute VB_Name = "M"\r\n')}],
    ids=["as it is written", "with macros", "with some source"],
)
def test_a_file_of_publisher_is_told_of_and_its_words_are_read(more: dict[str, bytes]) -> None:
    """Each has a storage ``VBA`` (the 21 in the test data of Apache POI 4.0.1, by Publisher 98 to 2010)."""
    content = read(compound({**PUBLISHER, **more}), "", ALLOWANCE)
    assert Unreadable.UNKNOWN_TYPE in causes(content)
    assert "words in the file" in stands_in(content, "010190-1234")


def test_copies_in_macros_are_unfolded() -> None:
    # §3.2.2 of MS-OVBA: "#aaabcdefaaaaghijaaaaaklaaamnopqaaaaaaaaaaaarstuvwxyzaaa"
    packed = bytes.fromhex(
        "01 2f b0 00 23 61 61 61 62 63 64 65 82 66 00 70 61 67 68 69 6a 01 38 08 61 6b 6c 00 30 6d 6e 6f 70 06 71 02"
        "70 04 10 72 73 74 75 76 10 77 78 79 7a 00 3c"
    )
    assert vba.decompress(packed) == b"#aaabcdefaaaaghijaaaaaklaaamnopqaaaaaaaaaaaarstuvwxyzaaa"


def test_a_picture_in_a_document_is_told_of() -> None:
    picture = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + (900).to_bytes(4, "big") * 2 + bytes(50_000)
    record = struct.pack("<HHI", 0x6E00, 0xF01E, len(picture) + 17) + bytes(17) + picture
    data = compound({**streams_of("text.doc"), "Data": bytes(68) + record})
    assert causes(read(data, "", ALLOWANCE)) == {Unreadable.UNKNOWN_TYPE}
    assert [file.data for file in read(data, "", WITH_OCR).files] == [picture]


def test_a_size_that_lies_is_damaged_and_costs_nothing() -> None:
    data = bytearray(compound(streams_of("text.doc")))
    entry = data.find("WordDocument".encode("utf-16-le"))
    data[entry + 120 : entry + 124] = b"\xff\xff\xff\x7f"
    assert Unreadable.DAMAGED in causes(read(bytes(data), "", ALLOWANCE))


def test_a_chain_of_sectors_in_a_ring_is_damaged() -> None:
    data = bytearray(compound({"WordDocument": bytes(600_000)}))
    fat = struct.unpack_from("<I", data, 76)[0]
    for sector in range(100):
        struct.pack_into("<I", data, 512 + fat * 512 + 4 * sector, 0)
    content = read(bytes(data), "", ALLOWANCE)
    assert Unreadable.DAMAGED in causes(content)


def test_streams_that_share_their_bytes_keep_to_the_allowance() -> None:
    data = compound({f"S{number}": b"x" * 40_000 for number in range(30)})
    content = read(data, "", Allowance(10**6, 10, 100_000))
    assert Unreadable.TOO_LARGE in causes(content)


def test_a_text_in_pieces_of_both_widths() -> None:
    """A piece table by hand: one piece in Windows-1252, one in UTF-16 with a letter beyond the basic plane."""
    first, second = "CPR 010190-".encode("cp1252"), "1234 𝄞 æ".encode("utf-16-le")
    count = len(second) // 2
    document = bytearray(0x400)
    document[:2] = b"\xec\xa5"
    struct.pack_into("<H", document, 2, 0xC1)
    struct.pack_into("<H", document, 10, 0x200)
    struct.pack_into("<I", document, 0x4C, len(first) + count)
    document += first.ljust(32, b"\0") + second
    pieces = struct.pack("<3I", 0, len(first), len(first) + count)
    pieces += struct.pack("<HIH", 0, 0x40000000 | 0x400 * 2, 0) + struct.pack("<HIH", 0, 0x420, 0)
    table = b"\2" + struct.pack("<I", len(pieces)) + pieces
    struct.pack_into("<II", document, 0x1A2, 0, len(table))
    content = read(compound({"WordDocument": bytes(document), "1Table": table}), "", ALLOWANCE)
    assert text_of(content) == "CPR 010190-1234 𝄞 æ"
    assert content.lacks == ()


def test_letters_hidden_in_a_word_file_are_read_and_left_out() -> None:
    """A page of formatting by hand: of three runs the second is hidden."""
    text, start = b"010190skjult-1234", 0x400
    document = bytearray(start)
    document[:2] = b"\xec\xa5"
    struct.pack_into("<H", document, 2, 0xC1)
    struct.pack_into("<H", document, 10, 0x200)
    struct.pack_into("<I", document, 0x4C, len(text))
    document += text.ljust(512, b"\0")
    hides = bytes([3]) + struct.pack("<HB", 0x083C, 1)
    page = bytearray(512)
    struct.pack_into("<4I", page, 0, start, start + 6, start + 12, start + len(text))
    page[16:19], page[200 : 200 + len(hides)], page[511] = bytes([0, 100, 0]), hides, 3
    pieces = struct.pack("<2I", 0, len(text)) + struct.pack("<HIH", 0, 0x40000000 | start * 2, 0)
    table = b"\2" + struct.pack("<I", len(pieces)) + pieces
    runs = struct.pack("<2II", start, start + len(text), len(document) // 512)
    struct.pack_into("<II", document, 0x1A2, 0, len(table))
    struct.pack_into("<II", document, 0xFA, len(table), len(runs))
    content = read(compound({"WordDocument": bytes(document + page), "1Table": table + runs}), "", ALLOWANCE)
    assert stands_in(content, "010190-1234") == ["as displayed"]
    assert content.passages[0].text == "010190skjult-1234"


@pytest.mark.parametrize(
    "data", [b"", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(2000)]
)
def test_no_compound_file_is_damaged(data: bytes) -> None:
    assert causes(read(data, "", ALLOWANCE)) == {Unreadable.DAMAGED}
