"""One attachment to its last member: order, places, one allowance for all of it, types that lie."""

from __future__ import annotations

import base64
import io
import struct
import zipfile

import pytest

from corpus.written import MACRO, WRITERS
from segl.settings.detection import Limits
from segl.vocabulary import Finding
from segl_classifier.formats.kind import ENCRYPTED_OFFICE, kind_of
from segl_classifier.message import Part, Source, Text
from segl_classifier.pool.unfold import unfold

CPR = b"Cpr 010190-1234"
BINARY = bytes(range(256)) * 3


class Kept:
    """Keeps what comes, and where it was handed on."""

    def __init__(self) -> None:
        self.texts: list[Text] = []
        self.gaps: list[str] = []
        self.handed_on: list[int] = []

    def text(self, text: Text) -> None:
        self.texts.append(text)

    def unread(self, finding: Finding) -> None:
        self.gaps.append(f"{finding.rule.removeprefix('unreadable.')} {finding.excerpt} in {finding.where}")

    def flush(self) -> None:
        self.handed_on.append(len(self.texts))

    @property
    def words(self) -> list[tuple[str, str]]:
        return [(t.text, t.where) for t in self.texts if t.source is not Source.FILENAME]


def zipped(**members: bytes) -> bytes:
    return zipped_as({name.replace("_", "."): content for name, content in members.items()})


def zipped_as(members: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def read(data: bytes, name: str = "bilag.zip", kind: str = "", limits: Limits = Limits()) -> Kept:  # noqa: B008
    kept = Kept()
    unfold(Part("part 2", kind, "", name, True, data, depth=1), limits, kept)
    return kept


def test_files_are_read_in_order_and_handed_on_before_the_next() -> None:
    kept = read(zipped(a_txt=b"en", b_zip=zipped(c_txt=b"to"), d_txt=b"tre"))
    assert kept.words == [
        ("en", "part 2 > a.txt"),
        ("to", "part 2 > b.zip > c.txt"),
        ("tre", "part 2 > d.txt"),
    ]
    assert kept.handed_on == [3, 4, 5, 6]  # names first; then before each file all of those before it
    assert kept.gaps == []


SIGNED = (
    b"Content-Type: multipart/signed; boundary=x\r\n\r\n--x\r\nContent-Type: text/plain\r\n"
    b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.b64encode(CPR) + b"\r\n--x--\r\n"
)


@pytest.mark.parametrize(
    ("data", "name", "kind"),
    [
        (zipped(SMIME_p7m=SIGNED), "bilag.zip", ""),
        (b"MIME-Version: 1.0\r\n" + SIGNED, "brev.doc", "application/msword"),
        (zipped(mail_txt=SIGNED), "bilag.zip", ""),
        (zipped(mail_txt=b"Hej\r\n\r\n" + SIGNED), "bilag.zip", ""),
    ],
)
def test_mime_in_a_file_is_opened(data: bytes, name: str, kind: str) -> None:
    assert any(CPR.decode() in text for text, _ in read(data, name, kind).words)


def test_a_mail_in_an_archive_is_walked() -> None:
    mail = b"Subject: Sagen\r\nContent-Transfer-Encoding: base64\r\n\r\n" + base64.b64encode(CPR)
    kept = read(zipped(brev_eml=mail))
    assert ("Sagen", "part 2 > brev.eml > subject") in kept.words
    assert (CPR.decode(), "part 2 > brev.eml > body") in kept.words


@pytest.mark.parametrize(
    ("name", "content", "text"),
    [
        ("a_html", b"<p>0101<b>90-1234", "010190-1234"),
        ("a_xml", b"<a>010190-1234</a>", "010190-1234"),
        ("a_ics", b"BEGIN:VCALENDAR\r\nDESCRIPTION:0101\r\n 90-1234\r\nEND:VCALENDAR", "010190-1234"),
        ("a_vcf", b"BEGIN:VCARD\r\nNOTE:0101\r\n 90-1234\r\nEND:VCARD", "010190-1234"),
        ("a_csv", "navn;cpr\r\nBø;010190-1234".encode("cp1252"), "Bø;010190-1234"),
        ("a_txt", "Blå 010190-1234".encode("utf-16"), "Blå 010190-1234"),
        ("a_bin", b"010190-1234", "010190-1234"),
        ("a_txt", "Blå 010190-1234\r\n\x1a".encode("cp850"), "Blå 010190-1234"),
    ],
)
def test_files_without_a_type_are_known_by_their_name_and_bytes(name: str, content: bytes, text: str) -> None:
    assert text in "".join(words for words, _ in read(zipped(**{name: content})).words)


@pytest.mark.parametrize(
    "kind", ["application/msword", "application/pdf", "application/zip", "application/rtf"]
)
def test_a_text_that_says_it_is_something_else_is_a_text(kind: str) -> None:
    kept = read(CPR, "a", kind)
    assert kept.words == [(CPR.decode(), "part 2")]
    assert kept.gaps == []


def test_a_file_of_unknown_type_is_told_of() -> None:
    assert read(zipped(a_bin=BINARY)).gaps == [
        "unknown-type application/octet-stream, a.bin in part 2 > a.bin"
    ]


VIEW = b"\0\0\0\1Bud1\0\0\x10\0" + bytes(90) + "Sag å010190-1234.pdf".encode("utf-16-be") + b"Ilocblob\0\0"


def test_how_a_mac_shows_a_folder_names_its_files() -> None:
    kept = read(zipped_as({"Sag/.DS_Store": VIEW}))
    assert kept.gaps == []
    assert "Sag å010190-1234.pdf" in "".join(words for words, _ in kept.words)


def test_what_only_begins_so_is_told_of() -> None:
    assert read(zipped_as({"brev.pdf": VIEW})).gaps != []


# One allowance for all


def nested(levels: int) -> bytes:
    data = zipped(a_txt=CPR)
    for _ in range(levels):
        data = zipped(b_zip=data)
    return data


def test_an_archive_in_an_archive_ends_at_the_depth_limit() -> None:
    assert read(nested(10)).words[0][0] == CPR.decode()
    kept = read(nested(40))
    assert kept.words == []
    assert [gap.partition(" in ")[0] for gap in kept.gaps] == ["too-deep more than 30 levels"]


def test_bytes_count_over_all_levels() -> None:
    limits = Limits(unfolded_bytes=3 << 20)
    one = zipped(a_bin=b"x" * (1 << 20))
    kept = read(zipped(a_zip=one, b_zip=one, c_zip=one, d_zip=one), limits=limits)
    assert any(gap.startswith("too-large more than") for gap in kept.gaps)


def test_files_count_over_all_levels() -> None:
    many = zipped(**{f"{n}_txt": b"x" for n in range(30)})
    kept = read(zipped(**{f"{n}_zip": many for n in range(10)}), limits=Limits(parts=100))
    assert any(gap.startswith("too-many") for gap in kept.gaps)
    assert len(kept.words) <= 100


def test_text_counts_over_all_files() -> None:
    kept = read(zipped(a_txt=b"x" * 800, b_txt=b"y" * 800), limits=Limits(text_chars=1000))
    assert sum(len(text.text) for text in kept.texts) <= 1000
    assert [gap.partition(" ")[0] for gap in kept.gaps] == ["too-large"]


def test_an_archive_that_holds_itself_comes_to_an_end() -> None:
    """Not the famous one, but as endless: each level holds the next ten times."""
    data = zipped(a_txt=CPR)
    for _ in range(12):
        data = zipped(**{f"{n}_zip": data for n in range(10)})
        if len(data) > 5_000_000:
            break
    kept = read(data, limits=Limits(parts=200))
    assert kept.gaps


# What a file is


def ole(*names: str) -> bytes:
    """A compound file (MS-CFB) with streams of these names in the root: a header, a table, a directory."""
    entries = ["Root Entry", *names]
    directory = b""
    for number, name in enumerate(entries):
        raw = name.encode("utf-16-le")
        right = number + 1 if 0 < number < len(entries) - 1 else 0xFFFFFFFF
        child = 1 if number == 0 and names else 0xFFFFFFFF
        kind = 5 if number == 0 else 2
        directory += struct.pack("<64sHBBIII", raw, len(raw) + 2, kind, 1, 0xFFFFFFFF, right, child) + bytes(
            48
        )
    directory = directory.ljust(-(-len(directory) // 512) * 512, b"\0")
    sectors = len(directory) // 512
    table = [0xFFFFFFFD, *range(2, sectors + 1), 0xFFFFFFFE]
    header = (
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
        + bytes(16)
        + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6)
        + bytes(10)
    )
    header += struct.pack("<IIIIIIIII", 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0, 0) + b"\xff" * 432
    return header[:512] + struct.pack("<128I", *table, *[0xFFFFFFFF] * (128 - len(table))) + directory


@pytest.mark.parametrize(
    ("names", "kind"),
    [
        (("WordDocument", "1Table"), "application/msword"),
        (("Workbook",), "application/vnd.ms-excel"),
        (("\5SummaryInformation", "Book"), "application/vnd.ms-excel"),
        (("PowerPoint Document",), "application/vnd.ms-powerpoint"),
        (("__properties_version1.0", "__nameid_version1.0"), "application/vnd.ms-outlook"),
        (("EncryptedPackage", "EncryptionInfo"), ENCRYPTED_OFFICE),
        (("Andet",), "application/x-ole-storage"),
        ((*(f"s{n}" for n in range(20)), "WordDocument"), "application/msword"),
        ((), "application/x-ole-storage"),
    ],
)
def test_a_compound_file_is_known_by_its_streams(names: tuple[str, ...], kind: str) -> None:
    assert kind_of(ole(*names), "application/octet-stream") == kind


@pytest.mark.parametrize("cut", [8, 30, 50, 80, 511, 600, 1100])
def test_a_cut_compound_file_is_still_one(cut: int) -> None:
    assert kind_of(ole("WordDocument")[:cut], "") == "application/x-ole-storage"


def test_a_locked_office_file_is_encrypted() -> None:
    assert read(ole("EncryptedPackage", "EncryptionInfo"), "løn.xlsx").gaps == [
        "encrypted a password in part 2"
    ]


OFFICE = "application/vnd.openxmlformats-officedocument"
TYPES = b'<Types><Override ContentType="application/vnd.openxmlformats-officedocument.%b.main+xml"/></Types>'
MACRO_TYPES = b'<Types><Override ContentType="application/vnd.%b.main+xml"/></Types>'


@pytest.mark.parametrize(
    ("members", "kind"),
    [
        (
            {"[Content_Types].xml": TYPES % b"wordprocessingml.document"},
            f"{OFFICE}.wordprocessingml.document",
        ),
        ({"[content_types].xml": TYPES % b"spreadsheetml.sheet"}, f"{OFFICE}.spreadsheetml.sheet"),
        (
            {"[Content_Types].xml": TYPES % b"presentationml.slideshow"},
            f"{OFFICE}.presentationml.presentation",
        ),
        *(
            ({"[Content_Types].xml": MACRO_TYPES % said}, f"{OFFICE}.{kind}")
            for said, kind in (
                (b"ms-word.document.macroEnabled", "wordprocessingml.document"),
                (b"ms-word.template.macroEnabledTemplate", "wordprocessingml.document"),
                (b"ms-excel.sheet.macroEnabled", "spreadsheetml.sheet"),
                (b"ms-excel.template.macroEnabled", "spreadsheetml.sheet"),
                (b"ms-powerpoint.presentation.macroEnabled", "presentationml.presentation"),
            )
        ),
        ({"mimetype": b"application/vnd.oasis.opendocument.text"}, "application/vnd.oasis.opendocument.text"),
        ({"mimetype": b"application/epub+zip"}, "application/zip"),
        ({"word/document.xml": b"<a/>"}, "application/zip"),
        ({"a.txt": b"hej"}, "application/zip"),
    ],
)
def test_an_office_file_is_known_by_what_it_says_inside(members: dict[str, bytes], kind: str) -> None:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    for declared in ("", "application/pdf", "application/msword", "text/plain"):
        assert kind_of(file.getvalue(), declared) == kind


@pytest.mark.parametrize(
    ("name", "kind", "macros"),
    [
        ("docm", "wordprocessingml.document", True),
        ("dotx", "wordprocessingml.document", False),
        ("dotm", "wordprocessingml.document", True),
        ("xlsm", "spreadsheetml.sheet", True),
    ],
)
def test_a_template_and_a_file_with_macros_are_known_and_read_macros_and_all(
    name: str, kind: str, *, macros: bool
) -> None:
    data = WRITERS[name](CPR.decode())
    assert kind_of(data, "") == f"{OFFICE}.{kind}"
    kept = read(data, f"bilag.{name}")
    assert CPR.decode() in "\n".join(text for text, _ in kept.words)
    assert [where for text, where in kept.words if MACRO in text] == (
        ["part 2 > vbaProject.bin, macro"] if macros else []
    )
    assert kept.gaps == []
