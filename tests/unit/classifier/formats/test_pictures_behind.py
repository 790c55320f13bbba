"""What stands in the file of a picture behind its end."""

from __future__ import annotations

import io
import struct
import time
import zipfile

import docx
import pytest
from PIL import Image

from corpus.extracted import extract
from segl.settings.detection import Limits
from segl.vocabulary import Finding
from segl_classifier.extract import NO_OCR, Pictures
from segl_classifier.formats.pictures.picture import kind_of
from segl_classifier.formats.pictures.words import words_of
from segl_classifier.message import Message, Part, Text

SAID = "Navn: Bo Holm\r\nCPR-nr.: 070761-4285\r\n"


def saved(form: str, **options: object) -> bytes:
    out = io.BytesIO()
    picture = Image.radial_gradient("L").convert("P" if form == "GIF" else "RGB")
    picture.save(out, form, **options)
    return out.getvalue()


PICTURES = {
    **{form: saved(form) for form in ("JPEG", "PNG", "GIF", "BMP", "WEBP")},
    "JPEG in steps": saved("JPEG", progressive=True, restart_marker_rows=2),
    "PNG with frames": saved("PNG", save_all=True, append_images=[Image.new("RGB", (9, 9))]),
}


def packed(name: str, text: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, text)
    return out.getvalue()


def box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), kind) + content


FILM = box(b"ftyp", b"mp42\0\0\0\0mp42isom") + box(b"mdat", bytes(range(256)) * 40)
NOISE = bytes(range(1, 256)) * 9


def with_segment(code: int, segment: bytes) -> bytes:
    whole = PICTURES["JPEG"]
    return whole[:2] + struct.pack(">BBH", 0xFF, code, 2 + len(segment)) + segment + whole[2:]


TWO = with_segment(0xE2, b"MPF\0MM\0*\0\0\0\x08")
MOVING = with_segment(0xE1, b'http://ns.adobe.com/xap/1.0/\0<x GCamera:MotionPhoto="1"/>')
OF_SAMSUNG = b"\0\0\x01\x0a\x0e\0\0\0Image_UTC_Data1795000000000SEFHk\0\0\0\x01\0\0\0\x24\0\0\0SEFT"


@pytest.fixture(params=list(PICTURES))
def picture(request: pytest.FixtureRequest) -> bytes:
    return PICTURES[str(request.param)]


@pytest.mark.parametrize(
    "more", [SAID.encode(), SAID.encode("utf-16-le"), packed("a.txt", SAID), b"%PDF-1.4\n1 0 obj", NOISE]
)
def test_it_is_found(picture: bytes, more: bytes) -> None:
    assert words_of(picture + more, kind_of(picture)).behind == more.lstrip()
    assert words_of(picture + bytes(500) + more, kind_of(picture)).behind == more.lstrip()


@pytest.mark.parametrize("more", [b"", bytes(5_000), b"\r\n", b"\x12\x99\x03\x80"])
def test_what_fills_up_a_block_is_nothing(picture: bytes, more: bytes) -> None:
    assert words_of(picture + more, kind_of(picture)).behind == b""


def test_nor_is_there_anything_behind_a_picture_that_is_cut_off(picture: bytes) -> None:
    assert words_of(picture[:-40], kind_of(picture)).behind == b""


@pytest.mark.parametrize(
    "whole",
    [
        *(TWO + PICTURES["JPEG"], TWO + bytes(99) + PICTURES["JPEG in steps"] + PICTURES["JPEG"]),
        *(MOVING + FILM, MOVING + FILM + OF_SAMSUNG, PICTURES["JPEG"] + OF_SAMSUNG),
    ],
)
def test_what_a_camera_announces_is_passed_over_and_no_more(whole: bytes) -> None:
    assert words_of(whole, "image/jpeg").behind == b""
    more = packed("a.txt", SAID)
    if not whole.endswith(b"SEFT"):
        assert words_of(whole + more, "image/jpeg").behind == more


@pytest.mark.parametrize("more", [PICTURES["JPEG"], FILM])
def test_what_no_camera_announced_is_not(more: bytes) -> None:
    assert words_of(PICTURES["JPEG"] + more, "image/jpeg").behind == more


def read(name: str, content_type: str, data: bytes, pictures: Pictures) -> tuple[list[Text], list[Finding]]:
    message = Message((Part("part 2", content_type, "", name, True, data),), ())
    return extract(message, Limits(), pictures=pictures)


@pytest.mark.parametrize("pictures", [NO_OCR, Pictures(ignore=True)])
def test_it_is_opened_wherever_the_picture_is(pictures: Pictures) -> None:
    joined = PICTURES["PNG"] + packed("brev.txt", SAID)
    document = docx.Document()
    document.add_picture(io.BytesIO(joined))
    out = io.BytesIO()
    document.save(out)
    for name, content_type, data in (
        ("tegning.png", "image/png", joined),
        ("brev.docx", "application/octet-stream", out.getvalue()),
    ):
        texts, _ = read(name, content_type, data, pictures)
        assert any("070761-4285" in text.text for text in texts)
    _, gaps = read("logo.png", "image/png", PICTURES["PNG"] + NOISE, Pictures(ignore=True))
    assert ["behind the picture" in gap.where for gap in gaps] == [True]


def test_a_large_one_without_end_takes_no_time() -> None:
    for more in (b"\xff" * 9_000_000, b"\xff\xd8" * 4_000_000, b"\xff\xc4\0\x02" * 2_000_000):
        start = time.process_time()
        words_of(TWO[:-2] + more, "image/jpeg")
        assert time.process_time() - start < 0.5
