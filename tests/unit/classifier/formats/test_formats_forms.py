"""Words that are no text of an old Office document: fields of its forms, WordArt, what pictures are said to show."""

from __future__ import annotations

import io
import struct
import zipfile

import pytest

from corpus import saved
from corpus.compound import compound
from corpus.reading import ALLOWANCE, stands_in, text_of
from segl_classifier.formats.compound import read
from segl_classifier.formats.content import Content
from segl_classifier.formats.office97.doc_fields import words_of_fields

NUMBER = "010190-1234"
TEXT, CHOICE = 0, 2


def string(letters: str, behind: bytes = b"\0\0") -> bytes:
    return struct.pack("<H", len(letters)) + letters.encode("utf-16-le") + behind


def form_field(kind: int, *, name: str = "Felt1", default: str = "", entries: tuple[str, ...] = ()) -> bytes:
    """A block of the stream ``Data`` (MS-DOC §2.9.78)."""
    block = struct.pack("<iHHH", -1, kind, 0, 0) + string(name)
    block += string(default) if kind == TEXT else struct.pack("<H", 1)
    block += string("") * 5
    if entries:
        block += struct.pack("<HHH", 0xFFFF, len(entries), 0) + b"".join(string(one, b"") for one in entries)
    return struct.pack("<IH", 68 + len(block), 0x44) + bytes(62) + block


def of_shape(number: int, words: str) -> bytes:
    letters = (words + "\0").encode("utf-16-le")
    body = struct.pack("<HIHI", 0x0080, 1, 0x8000 | number, len(letters)) + letters
    return struct.pack("<HHI", 2 << 4 | 3, 0xF00B, len(body)) + body


def with_streams(name: str, **more: bytes) -> Content:
    """What is read of a saved file with bytes put behind its streams."""
    streams = saved.streams_of(name)
    for stream, data in more.items():
        stream = stream.replace("_", " ").strip()
        streams[stream] = streams.get(stream, b"") + data
    return read(compound(streams), "", ALLOWANCE)


OF_ANOTHER_FORM = form_field(TEXT, default=f"Vedr. {NUMBER}").replace(
    b"\xff\xff\xff\xff\0", b"\xff\xff\xff\xff\1"
)


@pytest.mark.parametrize(
    "block",
    [
        form_field(CHOICE, entries=("Rask", f"Vedr. {NUMBER}")),
        form_field(TEXT, default=f"Vedr. {NUMBER}"),
        form_field(TEXT, name=f"Vedr. {NUMBER}"),
        OF_ANOTHER_FORM,
    ],
    ids=["entry", "default", "name", "odd"],
)
def test_fields_of_a_form_in_a_word_file_are_read(block: bytes) -> None:
    assert stands_in(with_streams("text.doc", Data=bytes(100) + block), NUMBER) == ["form field"]


def test_what_a_list_offers_is_read_entry_by_entry() -> None:
    block = form_field(CHOICE, name="Diagnose", entries=("Rask", "Skizofreni", ""))
    assert words_of_fields(bytes(10) + block + block) == ["Rask", "Skizofreni", "Diagnose"] * 2


def with_table(number: int, table: bytes) -> Content:
    """What is read of a Word file whose table of this *number* is another (MS-DOC §2.5.6)."""
    streams = saved.streams_of("text.doc")
    text = bytearray(streams["WordDocument"])
    struct.pack_into("<II", text, 0x9A + 8 * number, len(streams["1Table"]), len(table))
    return read(
        compound({**streams, "WordDocument": bytes(text), "1Table": streams["1Table"] + table}), "", ALLOWANCE
    )


VARIABLES = struct.pack("<HHH", 0xFFFF, 1, 4) + string("modtager", bytes(4)) + string(f"Bo, {NUMBER}")


@pytest.mark.parametrize(
    ("number", "table"),
    [
        (60, VARIABLES),
        (
            60,
            struct.pack("<HHH", 0xFFFF, 1, 4)
            + string("x", bytes(4))
            + string(NUMBER + " og mere om Bo" * 400),
        ),
        (51, struct.pack("<HHH", 0xFFFF, 2, 0) + string("Unknown", b"") + string(f"Bo {NUMBER}", b"")),
        (36, string("Eva", b"") + string(f"Bo {NUMBER}", b"")),
    ],
    ids=["a variable", "a long one", "who changed", "who commented"],
)
def test_strings_beside_the_text_of_a_word_file_are_read(number: int, table: bytes) -> None:
    content = with_table(number, table)
    assert stands_in(content, NUMBER) == ["properties"]
    assert "Unknown" not in text_of(content)
    assert content.lacks == ()


@pytest.mark.parametrize("table", [b"", b"\xff", b"\2\0a", bytes(50), b"\xff\xff\1\0" * 20])
def test_a_broken_table_of_strings_is_none(table: bytes) -> None:
    assert text_of(with_table(60, table)) == text_of(read(saved.content_of("text.doc"), "", ALLOWANCE))


@pytest.mark.parametrize(
    ("name", "stream"), [("text.doc", "Data"), ("text.doc", "1Table"), ("slides.ppt", "PowerPoint_Document")]
)
@pytest.mark.parametrize("number", [0x0C0, 0x381, 0x38D], ids=["WordArt", "description", "hint"])
def test_words_of_drawings_are_read(name: str, stream: str, number: int) -> None:
    content = with_streams(name, **{stream: of_shape(number, f"Vedr. {NUMBER}")})
    assert stands_in(content, NUMBER) == ["drawing"]


def atom(kind: int, letters: str) -> bytes:
    data = letters.encode("utf-16-le")
    return struct.pack("<HHI", 0, kind, len(data)) + data


def test_a_text_of_a_slide_may_begin_with_the_name_of_a_font() -> None:
    slide = atom(0x0FA0, f"Arial og Jens: {NUMBER}") + atom(0x0FA0, "Arial") + atom(0x0FBA, f"Arial {NUMBER}")
    content = with_streams("slides.ppt", PowerPoint_Document=slide + atom(0x0FBA, "Times New Roman"))
    assert f"Arial og Jens: {NUMBER}\nArial\nArial {NUMBER}" in text_of(content)
    assert "Times New Roman" not in text_of(content)


def record(kind: int, *inside: bytes, version: int = 15) -> bytes:
    body = b"".join(inside)
    return struct.pack("<HHI", version, kind, len(body)) + body


@pytest.mark.parametrize("version", [0, 15], ids=["PowerPoint", "LibreOffice"])
def test_comments_on_a_slide_are_read(version: int) -> None:
    """PowerPoint keeps them in a tag that it does not call a container (MS-PPT §2.5.24)."""
    comment = record(
        0x2EE0, atom(0x0FBA, "Bo"), atom(0x0FBA, f"Vedr. {NUMBER}"), record(0x2EE1, bytes(28), version=0)
    )
    tag = record(0x138A, atom(0x0FBA, "___PPT10"), record(0x138B, comment, version=version))
    behind = atom(0x0FA0, "Bag mærket")
    content = with_streams("slides.ppt", PowerPoint_Document=record(0x1388, tag) + behind)
    assert stands_in(content, NUMBER) == ["comment"]
    assert "Bag mærket" in text_of(content)
    assert content.lacks == ()


@pytest.mark.parametrize(
    "inside",
    [
        b"Bytes of a program",
        record(0x0FA0, version=0)[:-4] + b"\xff\xff\xff\x7f",
        record(0x138B, version=0) * 1_000,
    ],
    ids=["no records", "too long", "tags in tags"],
)
@pytest.mark.parametrize("name", ["___PPT10", "MINE"])
def test_whatever_stands_in_a_tag_what_is_behind_it_is_read(name: str, inside: bytes) -> None:
    tag = record(0x138A, atom(0x0FBA, name), record(0x138B, inside, version=0))
    content = with_streams("slides.ppt", PowerPoint_Document=tag + atom(0x0FA0, f"Vedr. {NUMBER}"))
    assert stands_in(content, NUMBER) == ["slide"]


@pytest.mark.parametrize("data", [b"", b"\x44\0" * 100, b"\xff" * 5_000])
def test_bytes_that_are_no_field_hold_no_words(data: bytes) -> None:
    assert words_of_fields(data) == []


def table_styles() -> bytes:
    """What PowerPoint 2007 and later keep of the styles of tables in a file of before."""
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as zipped:
        zipped.writestr("[Content_Types].xml", "<Types/>")
    return record(0x0428, package.getvalue())


@pytest.mark.parametrize(
    "before",
    [
        table_styles(),
        record(0x03E8, atom(0x0FA0, "Dagsorden")) + bytes(457),
        record(0x03E8, atom(0x0FA0, "Dagsorden")) + bytes(2_053),
        bytes(4_000_001),
    ],
    ids=["styles of tables", "filled up", "filled up further", "much filling"],
)
def test_what_powerpoint_writes_behind_a_package_or_filling_is_read(before: bytes) -> None:
    later = record(0x03E8, atom(0x0FA0, f"Vedr. {NUMBER}"))
    content = with_streams("slides.ppt", PowerPoint_Document=before + later)
    assert stands_in(content, NUMBER) == ["slide"]
    assert content.lacks == ()


@pytest.mark.parametrize("filling", [8, 9, 15, 16])
def test_a_stream_may_end_in_filling(filling: int) -> None:
    content = with_streams("slides.ppt", PowerPoint_Document=atom(0x0FA0, NUMBER) + bytes(filling))
    assert stands_in(content, NUMBER) == ["slide"]
    assert content.lacks == ()
