"""Words in the file of a picture that nobody sees on it: read with OCR and without, wherever the picture is sent."""

from __future__ import annotations

import io
import random
import struct
import time
import zlib
from collections.abc import Callable

import docx
import pytest
from PIL import Image, PngImagePlugin

from corpus.extracted import extract
from corpus.office_files import repacked
from corpus.reading import ALLOWANCE, WITH_OCR, stands_in
from segl.settings.detection import Limits
from segl.vocabulary import Unreadable
from segl_classifier.extract import Pictures
from segl_classifier.extracted import Extracted
from segl_classifier.formats.ooxml import reader as ooxml
from segl_classifier.formats.pictures.picture import kind_of
from segl_classifier.formats.pictures.words import Words, words_of
from segl_classifier.message import Message, Part

SAID = "Sår på ben, CPR 010190-1234"
XMP = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><r:RDF xmlns:r="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<r:Description xmlns:dc="http://purl.org/dc/elements/1.1/" dc:format="image/jpeg"><dc:description><r:Alt>'
    f'<r:li xml:lang="x-default">{SAID}</r:li></r:Alt></dc:description></r:Description></r:RDF></x:xmpmeta>'
).encode()


def saved(form: str, **options: object) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), "white").save(out, form, **options)
    return out.getvalue()


def with_exif(number: int, value: object, *, inside: bool = False) -> Image.Exif:
    exif = Image.Exif()
    (exif.get_ifd(0x8769) if inside else exif)[number] = value
    return exif


def png(kind: bytes, chunk: bytes, *, times: int = 1) -> bytes:
    """A PNG with this chunk before its end."""
    data = saved("PNG")
    body = kind + chunk
    whole = struct.pack(">I", len(chunk)) + body + struct.pack(">I", zlib.crc32(body))
    return data[:-12] + whole * times + data[-12:]


def jpeg(code: int, segment: bytes) -> bytes:
    data = saved("JPEG")
    return data[:2] + struct.pack(">BBH", 0xFF, code, 2 + len(segment)) + segment + data[2:]


def webp(kind: bytes, chunk: bytes) -> bytes:
    data = saved("WEBP") + struct.pack("<4sI", kind, len(chunk)) + chunk + bytes(len(chunk) % 2)
    return data[:4] + struct.pack("<I", len(data) - 8) + data[8:]


def chunk_of_text(**options: object) -> bytes:
    told = PngImagePlugin.PngInfo()
    told.add_itxt("Description", SAID, **options)  # type: ignore[arg-type]
    return saved("PNG", pnginfo=told)


def iptc(number: int) -> bytes:
    return b"\x1c\x02" + struct.pack(">BH", number, len(SAID.encode())) + SAID.encode()


def photoshop(block: bytes) -> bytes:
    return b"8BIM" + struct.pack(">HHI", 0x0404, 0, len(block)) + block + bytes(len(block) % 2)


WIDE, LATIN = SAID.encode("utf-16-le"), SAID.encode("cp1252")
EXIF = with_exif(0x9C9B, WIDE + b"\0\0").tobytes()
PICTURES: dict[str, Callable[[], bytes]] = {
    "JPEG, description": lambda: saved("JPEG", exif=with_exif(0x010E, SAID.encode())),
    "JPEG, description in letters of one byte": lambda: saved("JPEG", exif=with_exif(0x010E, LATIN)),
    "JPEG, comment of Windows": lambda: saved("JPEG", exif=with_exif(0x9C9C, WIDE + b"\0\0")),
    "JPEG, comment in UTF-16": lambda: saved(
        "JPEG", exif=with_exif(0x9286, b"UNICODE\0" + WIDE, inside=True)
    ),
    "JPEG, comment in UTF-16 the other way": lambda: saved(
        "JPEG", exif=with_exif(0x9286, b"UNICODE\0" + SAID.encode("utf-16-be"), inside=True)
    ),
    "JPEG, comment": lambda: saved("JPEG", exif=with_exif(0x9286, b"ASCII\0\0\0" + LATIN, inside=True)),
    "JPEG, comment without code": lambda: saved("JPEG", exif=with_exif(0x9286, SAID.encode(), inside=True)),
    "JPEG, comment segment": lambda: saved("JPEG", comment=SAID.encode()),
    "JPEG, XMP": lambda: saved("JPEG", xmp=XMP),
    "JPEG, XMP in two": lambda: jpeg(0xE1, b"http://ns.adobe.com/xmp/extension/\0" + bytes(40) + XMP),
    "JPEG, caption": lambda: jpeg(0xED, b"Photoshop 3.0\0" + photoshop(iptc(120))),
    "PNG, text": lambda: png(b"tEXt", b"Comment\0" + LATIN),
    "PNG, packed text": lambda: png(b"zTXt", b"Comment\0\0" + zlib.compress(LATIN)),
    "PNG, international text": chunk_of_text,
    "PNG, international text, packed": lambda: chunk_of_text(zip=True),
    "PNG, XMP": lambda: png(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(XMP)),
    "PNG, EXIF": lambda: saved("PNG", exif=with_exif(0x010E, SAID.encode())),
    "PNG, profile": lambda: png(
        b"tEXt", b"Raw profile type iptc\0\niptc\n      60\n" + photoshop(iptc(120)).hex().encode()
    ),
    "GIF, comment": lambda: saved("GIF", comment=SAID.encode()),
    "TIFF, description": lambda: saved("TIFF", tiffinfo={0x010E: SAID.encode()}),
    "TIFF, caption": lambda: saved("TIFF", tiffinfo={0x83BB: iptc(120)}),
    "WebP, EXIF": lambda: webp(b"EXIF", with_exif(0x010E, SAID.encode()).tobytes().removeprefix(b"Exif\0\0")),
    "WebP, XMP": lambda: webp(b"XMP ", XMP),
    "HEIC, XMP": lambda: b"\0\0\0\x18ftypheic" + bytes(100) + XMP,
    "HEIC, EXIF": lambda: b"\0\0\0\x18ftypheic" + bytes(100) + EXIF,
}


def words(data: bytes) -> Words:
    return words_of(data, kind_of(data))


@pytest.mark.parametrize("name", PICTURES)
def test_what_somebody_wrote_into_a_picture_is_read(name: str) -> None:
    found = words(PICTURES[name]())
    assert [line for line in found.lines if line.endswith(SAID)], found
    assert not found.cut


def in_message(data: bytes, *, ocr: bool) -> list[str]:
    """Where it stands in a mail with the picture attached."""
    part = Part("part 2", "image/jpeg", "", "foto.jpg", True, data)
    files = lambda part, limits: Extracted()  # noqa: E731
    texts, _ = extract(Message((part,), ()), Limits(), files=files, pictures=Pictures(ocr=ocr))
    return [text.where for text in texts if SAID in text.text]


@pytest.mark.parametrize("ocr", [False, True])
@pytest.mark.parametrize("side", [40, 900])
def test_it_is_read_in_mail_however_small_the_picture(ocr: bool, side: int) -> None:
    out = io.BytesIO()
    Image.new("RGB", (side, side)).save(out, "JPEG", exif=with_exif(0x010E, SAID.encode()))
    assert in_message(out.getvalue(), ocr=ocr) == ["part 2 (properties)"]


@pytest.mark.parametrize("side", [40, 900])
def test_it_is_read_in_documents(side: int) -> None:
    document, picture = io.BytesIO(), io.BytesIO()
    docx.Document().save(document)
    Image.new("RGB", (side, side)).save(picture, "JPEG", exif=with_exif(0x010E, SAID.encode()))
    data = repacked(document.getvalue(), {"word/media/image1.jpeg": picture.getvalue()})
    assert stands_in(ooxml.read(data, "", ALLOWANCE), "010190-1234") == ["properties of a picture"]
    content = ooxml.read(data, "", WITH_OCR)  # one that is read is read with its words
    assert len(content.files) + len(stands_in(content, "010190-1234")) == 1


@pytest.mark.parametrize(
    "data",
    [
        jpeg(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + XMP.replace(SAID.encode(), b"a" * 32)),
        png(b"tEXt", b"Software\0Adobe ImageReady 010190"),
        png(b"tEXt", b"date:create\0002024-05-01T10:00:00+02:00"),
        jpeg(0xFE, bytes(range(1, 200)) * 4),
        saved("JPEG", exif=with_exif(0x010E, "   ")),
        saved("GIF"),
    ],
    ids=["an identifier", "a program", "a date", "bytes", "blanks", "none"],
)
def test_what_programs_write_into_each_picture_is_not_told(data: bytes) -> None:
    assert words(data) == Words()


@pytest.mark.parametrize(
    "made",
    [
        lambda: png(b"tEXt", b"Comment\0" + b"ord " * 50_000),
        lambda: png(b"zTXt", b"Comment\0\0" + zlib.compress(b"ord " * 10_000_000)),
        lambda: png(b"zTXt", b"Comment\0\0" + zlib.compress(LATIN), times=200),
    ],
    ids=["long", "packed", "many"],
)
def test_more_words_than_are_read_are_told_of(made: Callable[[], bytes]) -> None:
    data = made()
    begin = time.process_time()
    assert words(data).cut
    assert time.process_time() - begin < 1
    part = Part("part 2", "image/png", "", "a.png", True, data)
    _, unread = extract(
        Message((part,), ()), Limits(), files=lambda *_: Extracted(), pictures=Pictures(ocr=True)
    )
    assert f"unreadable.{Unreadable.TOO_LARGE}" in {finding.rule for finding in unread}


@pytest.mark.parametrize("name", PICTURES)
def test_broken_pictures_are_read_as_far_as_they_go(name: str) -> None:
    data = PICTURES[name]()
    chance = random.Random(7)
    begin = time.process_time()
    for _ in range(50):
        flipped = bytearray(data[: chance.randrange(len(data))] if chance.random() < 0.3 else data)
        for _ in range(chance.randint(1, 20) if flipped else 0):
            flipped[chance.randrange(len(flipped))] = chance.choice((0, 255, chance.randrange(256)))
        assert isinstance(words_of(bytes(flipped), kind_of(data)), Words)
    assert time.process_time() - begin < 4


@pytest.mark.parametrize(
    "data",
    [
        b"GIF89a" + bytes(7) + b"\x21\xfe" + b"\1a" * 3_000_000,
        saved("PNG")[:-12] + struct.pack(">I4sI", 0, b"IDAT", 0) * 500_000,
        b"II*\0\x08\0\0\0" + b"\xff\xff" + struct.pack("<HHII", 0x010E, 2, 1 << 30, 8) * 80_000,
        b"\xff\xd8" + b"\xff\xe0\0\2" * 1_000_000,
        b"\xff\xd8" + b"\xff" * 5_000_000,
    ],
    ids=["GIF", "PNG", "TIFF", "JPEG", "fill"],
)
def test_hostile_pictures_end_in_time(data: bytes) -> None:
    begin = time.process_time()
    words(data)
    assert time.process_time() - begin < 2


def overlapping(number: int, said: bytes, *, directories: int = 100, fields: int = 200) -> bytes:
    """EXIF whose directories all name the same bytes over and over, as one field each time."""
    body = b"II*\0" + struct.pack("<I", 8 + len(said)) + said
    for at in range(directories):
        rows = struct.pack("<HHII", number, 1, len(said), 8) * fields
        after = len(body) + 2 + len(rows) + 4 if at < directories - 1 else 0
        body += struct.pack("<H", fields) + rows + struct.pack("<I", after)
    return body


def segments(code: int, segment: bytes, times: int) -> bytes:
    """The segments of a JPEG, and nothing else."""
    return b"\xff\xd8" + (struct.pack(">BBH", 0xFF, code, 2 + len(segment)) + segment) * times + b"\xff\xd9"


@pytest.mark.parametrize(
    "data",
    [
        png(b"eXIf", overlapping(0x83BB, b"\x1c\x02\x05\0\0" * 200_000)),
        png(b"eXIf", overlapping(0x9C9B, b"a\0" * 500_000)),
        overlapping(0x9286, b"UNICODE\0" + b"a\0" * 400_000),
        png(b"eXIf", overlapping(0x010E, b"ord ord ", directories=20), times=100),
        png(b"tEXt", b"XML\0<x:xmpmeta></x:xmpmeta>", times=100_000),
        segments(0xED, b"Photoshop 3.0\0" + photoshop(b"\x1c\x02\x05\0\0" * 13_000), 100),
        png(b"tEXt", b"Comment\0ord", times=100_000),
    ],
    ids=["captions", "titles", "comments", "EXIF", "XMP", "blocks", "texts"],
)
def test_what_is_said_over_and_over_is_told_of_in_time(data: bytes) -> None:
    begin = time.process_time()
    assert words(data).cut
    assert time.process_time() - begin < 2


def test_properties_in_many_pieces_are_put_together_in_time() -> None:
    data = segments(0xE1, b"http://ns.adobe.com/xmp/extension/\0" + bytes(40) + b"y" * 100, 100_000)
    begin = time.process_time()
    assert words(data) == Words()
    assert time.process_time() - begin < 2
