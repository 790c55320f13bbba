"""Files as Macs wrap them (AppleSingle, AppleDouble), and files behind bytes that are not theirs."""

from __future__ import annotations

import io
import struct
import zipfile

import pytest

from corpus.extracted import extract
from segl.mime.transfer import Encoding
from segl.settings.detection import Limits
from segl.vocabulary import Finding
from segl_classifier.applefile import read_applefile
from segl_classifier.evaluation.documents import pdf
from segl_classifier.extract import Pictures
from segl_classifier.message import Message, Part, Text

CPR = "010190-1234"
SINGLE, DOUBLE = b"\0\5\x16\0", b"\0\5\x16\7"
FINDER, FORK, NAME, DATA = 9, 2, 3, 1
LETTER = pdf(f"Borgeren har cpr nummer {CPR}")
GIF = bytes.fromhex("47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b")


def applefile(magic: bytes, *entries: tuple[int, bytes], behind: bytes = b"") -> bytes:
    table, content = b"", b""
    start = 26 + 12 * len(entries)
    for id_, data in entries:
        table += struct.pack(">III", id_, start + len(content), len(data))
        content += data
    return (
        magic + b"\0\2\0\0" + b"Mac OS X        " + struct.pack(">H", len(entries)) + table + content + behind
    )


def zipped(name: str, content: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return file.getvalue()


def read(
    content: bytes, kind: str, name: str = "", pictures: Pictures | None = None
) -> tuple[list[Text], list[Finding]]:
    part = Part("part 2", kind, "", name, True, content, Encoding.NONE)
    return extract(Message((part,), ()), Limits(), pictures=pictures or Pictures())


def told(content: bytes, kind: str, name: str = "", pictures: Pictures | None = None) -> bool:
    """Whether the number is found, or it is told that not all was read."""
    texts, unread = read(content, kind, name, pictures)
    return bool(unread) or any(CPR in text.text for text in texts)


ARCHIVE = zipped("a.txt", f"Borgeren har cpr {CPR} ".encode() * 20)


@pytest.mark.parametrize("inside", [LETTER, ARCHIVE], ids=["pdf", "zip"])
@pytest.mark.parametrize(
    "kind", ["application/applefile", "application/applesingle", "application/octet-stream"]
)
@pytest.mark.parametrize("magic", [SINGLE, DOUBLE], ids=["single", "double"])
def test_the_file_inside_is_opened(magic: bytes, kind: str, inside: bytes) -> None:
    texts, unread = read(applefile(magic, (FINDER, b"\0" * 32), (DATA, inside)), kind)
    assert any(CPR in text.text for text in texts)
    assert unread == []


def test_it_has_the_name_that_it_had() -> None:
    part = Part(
        "part 2", "", "", "a.bin", True, applefile(SINGLE, (NAME, b"brev.pdf"), (DATA, LETTER)), Encoding.NONE
    )
    [inside] = read_applefile(part, Limits()).parts
    assert inside.filename == "brev.pdf"


@pytest.mark.parametrize("words", [f"cpr {CPR}", f"søn {CPR}", f"{CPR} er søn"])
@pytest.mark.parametrize("charset", ["latin-1", "utf-16-le", "utf-16-be"])
def test_words_in_the_other_entries_are_read(words: str, charset: str) -> None:
    texts, unread = read(
        applefile(DOUBLE, (FORK, b"\1\2" + words.encode(charset) + b"\1\1")), "application/applefile"
    )
    assert any(CPR in text.text for text in texts)
    assert unread == []


@pytest.mark.parametrize("name", ["._brev.pdf", "._regnskab.xlsx", "._billede.jpg"])
def test_what_a_mac_puts_beside_each_file_of_an_archive_is_no_gap(name: str) -> None:
    fork = b"\0" * 30 + b"This resource fork intentionally left blank" + b"\0" * 200
    beside = applefile(DOUBLE, (FINDER, b"\0" * 32 + b"ATTR" + b"\0" * 900), (FORK, fork))
    assert read(zipped(f"__MACOSX/{name}", beside), "application/zip")[1] == []


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("application/pdf", ""),
        ("application/octet-stream", "a.pdf"),
        ("application/zip", ""),
        ("text/plain", ""),
    ],
)
@pytest.mark.parametrize("before", [SINGLE, DOUBLE])
@pytest.mark.parametrize("content", [LETTER, ARCHIVE], ids=["pdf", "zip"])
def test_four_bytes_before_a_file_hide_nothing(before: bytes, content: bytes, kind: str, name: str) -> None:
    assert told(before + content, kind, name)


@pytest.mark.parametrize(
    "content",
    [
        applefile(DOUBLE, (FINDER, b"\0" * 32), behind=LETTER),
        DOUBLE
        + b"\0\2\0\0"
        + b"\0" * 16
        + struct.pack(">HIII", 1, FINDER, 38 + len(LETTER), 4)
        + LETTER
        + b"\0" * 4,
        applefile(DOUBLE, (FINDER, b"\0" * 32)).replace(b"\0\2\0\0", b"\0\3\0\0", 1),
        applefile(DOUBLE, (FORK, LETTER)),
        applefile(DOUBLE, (FORK, b"\0\1" + ARCHIVE)),
        applefile(DOUBLE, (FORK, b"\1" * 70_000)),
        applefile(DOUBLE, (FORK, b""))[:-1],
        applefile(DOUBLE, (FORK, b"abc"))[:-1],
        DOUBLE + b"\0\2\0\0" + b"\0" * 16 + b"\xff\xff",
        DOUBLE,
    ],
    ids=[
        "behind it",
        "before it",
        "another version",
        "a PDF in it",
        "a ZIP in it",
        "too large",
        "no table",
        "cut",
        "too many",
        "nothing",
    ],
)
def test_what_belongs_to_no_entry_or_is_none_of_a_finder_is_told(content: bytes) -> None:
    assert told(content, "application/applefile")


def test_zeros_that_fill_it_up_are_nothing() -> None:
    content = applefile(DOUBLE, (FINDER, b"\0" * 32), (FORK, b""), behind=b"\0" * 4000)
    assert read(content, "application/applefile") == ([], [])


@pytest.mark.parametrize(
    ("kind", "name"),
    [("application/pdf", "a.pdf"), ("application/octet-stream", "a.pdf"), ("image/gif", "a.pdf")],
)
def test_a_picture_before_a_document_is_no_picture_to_be_passed_over(kind: str, name: str) -> None:
    assert told(GIF + LETTER, kind, name, Pictures(ignore=True))


@pytest.mark.parametrize(
    ("kind", "name"), [("image/gif", "logo.gif"), ("application/octet-stream", "ATT00001.dat")]
)
def test_pictures_that_are_said_to_be_are_passed_over_where_the_house_says_so(kind: str, name: str) -> None:
    assert read(GIF, kind, name, Pictures(ignore=True)) == ([], [])
