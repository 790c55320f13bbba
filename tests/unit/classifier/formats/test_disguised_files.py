"""Files that are not quite what they should be, and that programs open all the same."""

from __future__ import annotations

import io
import struct
import subprocess
import zipfile
import zlib
from pathlib import Path

import pytest

from corpus.extracted import extract
from corpus.written import WRITERS
from segl.mime.transfer import Encoding
from segl.settings.detection import Limits
from segl_classifier.message import Message, Part

CPR = "010190-1234"
LETTER = f"Kære Ida\n\nDit CPR-nummer er {CPR}.\n\nHilsen\nKontoret"
STREAM = b"BT /F1 12 Tf 72 700 Td (Dit CPR-nummer er 010190-1234) Tj ET"


def text_pdf() -> bytes:
    """A PDF that is text all through, as those are whose streams are in ASCII85."""
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 5 0 R/Resources<</Font<</F1 4 0 R>>>>>>",
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        b"<</Length %d/Filter/ASCIIHexDecode>>stream\n%s>\nendstream"
        % (2 * len(STREAM) + 1, STREAM.hex().encode()),
    )
    body = b"".join(b"%d 0 obj%s\nendobj\n" % (n, each) for n, each in enumerate(objects, 1))
    return b"%PDF-1.4\n" + body + b"trailer<</Size 6/Root 1 0 R>>\n%%EOF\n"


def zipped(name: str, content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return out.getvalue()


def read(content: bytes, content_type: str, filename: str) -> tuple[str, list[str]]:
    """All text of a message with this file, and what was not read of it."""
    part = Part("part 2", content_type, "", filename, True, content, Encoding.NONE)
    texts, unread = extract(Message((part,), ()), Limits())
    return "\n".join(t.text for t in texts), [finding.rule.removeprefix("unreadable.") for finding in unread]


def shown(content: bytes, content_type: str, filename: str = "") -> str:
    """All text of a message in which *content* stands where the letter does, or as a file if it has a name."""
    page = Part("part 1", "text/html", "", "", False, b'<img src="cid:logo">', Encoding.NONE)
    part = Part("part 2", content_type, "", filename, bool(filename), content, Encoding.NONE, "logo")
    texts, _ = extract(Message((page, part), ()), Limits())
    return "\n".join(t.text for t in texts)


LEADS = {"a blank line": b"\n", "a mark of UTF-8": b"\xef\xbb\xbf", "blank lines": b"\r\n\r\n\t "}


@pytest.mark.parametrize("lead", LEADS.values(), ids=LEADS)
@pytest.mark.parametrize("content_type", ["application/octet-stream", "text/plain", "application/pdf", ""])
def test_a_pdf_may_begin_a_little_later(lead: bytes, content_type: str) -> None:
    assert CPR in read(lead + text_pdf(), content_type, "brev.pdf")[0]
    assert CPR in read(zipped("brev.pdf", lead + text_pdf()), "application/zip", "brev.zip")[0]


@pytest.mark.parametrize("lead", LEADS.values(), ids=LEADS)
def test_rich_text_may_begin_a_little_later(lead: bytes) -> None:
    rich = rb"{\rtf1\ansi Dit CPR-nummer er 0101{\b 90}-1234}"
    assert CPR in read(lead + rich, "application/msword", "brev.doc")[0]


@pytest.mark.parametrize("mark", [b"\xff\xfe", b"\xfe\xff", b"a\0" * 1024])
@pytest.mark.parametrize("content_type", ["application/zip", "application/octet-stream", "text/plain"])
def test_a_mark_of_utf_16_makes_no_text_of_an_archive(mark: bytes, content_type: str) -> None:
    archive = zipped("brev.pdf", WRITERS["pdf"](LETTER))
    text, unread = read(mark + archive, content_type, "brev.zip")
    assert CPR in text or unread


@pytest.mark.parametrize("form", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_text_in_wide_characters_is_text(form: str) -> None:
    wide = (LETTER + "\r\nVh “Ida” 😀 om ½ € til 漢字, og så er der kaffe klokken halv ni." * 400).encode(
        form
    )
    text, unread = read(wide, "application/octet-stream", "brev.txt")
    assert CPR in text
    assert not unread


def lying(size: int, *, at: bytes) -> bytes:
    """An archive in which the directory, or the header too, says that its file is shorter than it is."""
    data = bytearray(zipped("brev.txt", b"Hej Bo" + b" " * 40 + LETTER.encode()))
    check = zlib.crc32(b"Hej Bo"[:size])
    place = {b"directory": [(b"PK\1\2", 16, 24)], b"both": [(b"PK\1\2", 16, 24), (b"PK\3\4", 14, 22)]}[at]
    for mark, crc_at, size_at in place:
        start = data.index(mark)
        data[start + crc_at : start + crc_at + 4] = struct.pack("<I", check)
        data[start + size_at : start + size_at + 4] = struct.pack("<I", size)
    return bytes(data)


@pytest.mark.parametrize("size", [0, 6])
@pytest.mark.parametrize("at", [b"directory", b"both"])
def test_a_member_is_read_to_its_end_whatever_the_directory_says(size: int, at: bytes) -> None:
    text, unread = read(lying(size, at=at), "application/zip", "brev.zip")
    assert CPR in text
    assert unread == ["damaged"]


@pytest.mark.parametrize("content_type", ["application/pkcs7-signature", "application/x-pkcs7-signature"])
def test_a_signature_with_the_document_inside_is_no_signature_alone(
    content_type: str, tmp_path: Path
) -> None:
    key, certificate, letter = (str(tmp_path / name) for name in ("key.pem", "cert.pem", "brev.txt"))
    Path(letter).write_text(LETTER, "utf-8")
    made = [
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-keyout",
        key,
        "-out",
        certificate,
        "-subj",
        "/CN=Ida",
        "-days",
        "2",
    ]
    subprocess.run(["openssl", "req", "-x509", *made], check=True, capture_output=True)
    sign = [
        "openssl",
        "cms",
        "-sign",
        "-in",
        letter,
        "-signer",
        certificate,
        "-inkey",
        key,
        "-outform",
        "DER",
    ]
    inside = ["unknown-type"]  # "-stream" puts the document inside as well, in BER
    for more, gaps in (([], []), (["-nodetach"], inside), (["-stream"], inside)):
        signed = subprocess.run([*sign, *more], check=True, capture_output=True).stdout
        assert read(signed, content_type, "brev.p7s")[1] == gaps


def test_words_behind_a_signature_are_read() -> None:
    armour = b"-----BEGIN PGP SIGNATURE-----\r\n\r\niQEz\r\n-----END PGP SIGNATURE-----\r\n"
    assert read(armour, "application/pgp-signature", "signature.asc") == ("", [])
    assert CPR in read(armour + LETTER.encode(), "application/pgp-signature", "signature.asc")[0]


@pytest.mark.parametrize("content_type", ["application/pgp-signature", "application/pkcs7-signature"])
@pytest.mark.parametrize(
    "content",
    [
        "-----BEGIN PGP SIGNATURE-----\n\n{letter}\n",
        "-----BEGIN PGP SIGNATURE-----\n\niQEz\n{letter}\n-----END PGP SIGNATURE-----\n",
        "-----BEGIN PGP SIGNATURE-----\nComment: {cpr}\n\niQEz\n=abcd\n-----END PGP SIGNATURE-----\n",
    ],
)
def test_words_in_a_signature_are_read(content: str, content_type: str) -> None:
    """Nobody checks it where the name of the file is that of a letter."""
    assert CPR in read(content.format(letter=LETTER, cpr=CPR).encode(), content_type, "brev.txt")[0]


@pytest.mark.parametrize(
    "head", [b"%!\n", b"%!\r\n", b"\x1b%-12345X@PJL\r\n%!PS-Adobe-3.0\n", b"%!PS-Adobe-3.0\n"]
)
def test_the_language_of_printers_is_not_read(head: bytes) -> None:
    page = head + b"72 700 moveto (010190)show(-12)show(34)show showpage"
    assert read(page, "application/octet-stream", "brev.prn")[1] == ["unknown-type"]


REMARK = f"% Dit CPR-nummer er {CPR}.\n".encode()
LOGO = b"GIF89a\x0a\0\x0a\0\0\0\0\x3b\x01\x02"


@pytest.mark.parametrize("content", [LOGO + REMARK, b"%PDF-1.4\n" + REMARK], ids=["picture", "pdf"])
@pytest.mark.parametrize(
    ("content_type", "filename"),
    [
        ("text/plain", ""),
        ("", ""),
        ("text/html", ""),
        ("text/plain", "brev.txt"),
        ("", "Brev.HTM"),
        ("image/gif", "brev.txt"),
        ("application/pdf", "brev.txt"),
    ],
)
def test_what_programs_show_as_text_is_read_as_text_whatever_else_it_is(
    content: bytes, content_type: str, filename: str
) -> None:
    """A mail program goes by the type, whoever opens a file by its name. What begins as a small picture that the page
    shows would pass for a logo, and the remarks in a PDF are shown by no program for those."""
    assert CPR in shown(content, content_type, filename)


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-ukendt", ""])
@pytest.mark.parametrize("name", ["brev.html", "Brev.HTM"])
def test_a_file_named_as_a_page_is_read_as_one_wherever_its_markup_begins(
    content_type: str, name: str
) -> None:
    page = b"<!-- " + b"x" * 5_000 + b" --><html><body>Cpr 01<b>01</b>90<i>-</i>1<b>2</b>34</body></html>"
    assert CPR in shown(page, content_type, name)


def test_what_no_program_shows_as_text_is_read_once() -> None:
    assert shown(LOGO + REMARK, "image/gif") == shown(LOGO + REMARK, "text/plain", "logo.gif") == ""
