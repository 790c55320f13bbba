"""Words that are no text of an old Office document: fields of its forms, WordArt, what pictures are said to show."""

from __future__ import annotations

import struct

import pytest

from corpus import saved
from corpus.compound import compound
from corpus.reading import ALLOWANCE, stands_in, text_of
from segl_classifier.formats.content import Content
from segl_classifier.formats.doc_fields import words_of_fields
from segl_classifier.formats.harvest import Harvest
from segl_classifier.formats.ole import read
from segl_classifier.formats.storage import Storage

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
    storage = Storage(saved.content_of(name), Harvest(ALLOWANCE))
    streams = {stream: storage.read(stream) for stream in sorted(storage.names())}
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


@pytest.mark.parametrize("data", [b"", b"\x44\0" * 100, b"\xff" * 5_000])
def test_bytes_that_are_no_field_hold_no_words(data: bytes) -> None:
    assert words_of_fields(data) == []
