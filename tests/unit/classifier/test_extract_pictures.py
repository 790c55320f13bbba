"""Pictures: decoration only when shown in place, small, and truly a picture; any other is unread."""

from __future__ import annotations

import base64

import pytest

from corpus.extracted import extract
from corpus.parts import LIMITS, PNG, causes, part
from corpus.reading import ALLOWANCE
from segl.settings.detection import Limits
from segl.vocabulary import Unreadable
from segl_classifier.extract import DECORATION_BYTES, Pictures
from segl_classifier.extracted import Extracted
from segl_classifier.formats.harvest import Harvest
from segl_classifier.formats.pictures import picture as pictures
from segl_classifier.message import Message, Part

PAGE = part(b'<p>Hej</p><img src="cid:logo@x">', "text/html")


def test_a_small_picture_shown_in_place_is_decoration() -> None:
    assert causes(PAGE, part(PNG, "image/png", content_id="logo@x")) == []
    assert causes(part(PNG, "image/png", content_id="logo@x"), PAGE) == []  # whichever comes first
    assert (
        causes(part(b'<img src="data:image/png;base64,' + base64.b64encode(PNG) + b'">', "text/html")) == []
    )


@pytest.mark.parametrize(
    "picture",
    [
        part(PNG, "image/png"),
        part(PNG, "image/png", content_id="other"),
        part(PNG + b"\0" * DECORATION_BYTES, "image/png", content_id="logo@x"),
        part(b"not a picture", "image/png", content_id="logo@x"),
    ],
    ids=["not shown", "another id", "large", "no picture"],
)
def test_any_other_picture_is_unread(picture: Part) -> None:
    assert causes(PAGE, picture) == ["unknown-type image/png"]


def png(width: int, height: int) -> bytes:
    sides = width.to_bytes(4, "big") + height.to_bytes(4, "big")
    return b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + sides + bytes(900)


def test_a_page_of_few_bytes_shown_in_place_is_unread() -> None:
    shown = part(png(1240, 1754), "image/png", content_id="logo@x")
    assert causes(PAGE, shown) == ["unknown-type image/png"]
    for size in ((400, 150), (800, 800), (2000, 300)):
        assert causes(PAGE, part(png(*size), "image/png", content_id="logo@x")) == []


@pytest.mark.parametrize(("size", "told"), [((1240, 1754), True), ((2000, 300), False), ((400, 150), False)])
def test_so_it_is_in_a_document(size: tuple[int, int], *, told: bool) -> None:
    harvest = Harvest(ALLOWANCE)
    assert pictures.picture("image1.png", png(*size), harvest)
    assert [lack.cause for lack in harvest.content().lacks] == [Unreadable.UNKNOWN_TYPE] * told


@pytest.mark.parametrize(
    ("size", "length", "told"),
    [((400, 150), 9_000, False), ((1240, 1754), 9_000, True), (None, 9_000, True), (None, 900, False)],
)
def test_a_picture_in_a_form_of_telephones_goes_by_its_pixels_too(
    size: tuple[int, int] | None, length: int, *, told: bool
) -> None:
    sides = (
        b""
        if size is None
        else b"\0\0\0\x14ispe\0\0\0\0" + b"".join(side.to_bytes(4, "big") for side in size)
    )
    data = b"\0\0\0\x20ftypavif" + bytes(30) + sides + bytes(length)
    shown = part(data, "image/avif", content_id="logo@x")
    assert causes(PAGE, shown) == (["unknown-type image/avif"] if told else [])


def test_with_ocr_only_icons_shown_in_place_are_passed_over() -> None:
    read_by_ocr: list[str] = []

    def ocr(part: Part, limits: Limits) -> Extracted:
        read_by_ocr.append(part.content_id)
        return Extracted()

    icon, lines = png(48, 48), (png(620, 70), png(300, 20), png(190, 60), png(57, 13))
    parts = (
        part(icon, "image/png", content_id="logo@x"),
        part(icon, "image/png", content_id="attached"),
        *(part(line, "image/png", content_id="logo@x") for line in lines),
        PAGE,
    )
    _, unread = extract(Message(parts, ()), LIMITS, files=ocr, pictures=Pictures(ocr=True, ignore=True))
    assert read_by_ocr == [*["logo@x"] * len(lines), "attached"]
    assert unread == []


def test_a_large_picture_written_into_the_page_is_unread() -> None:
    data = base64.b64encode(PNG + b"\0" * DECORATION_BYTES)
    assert causes(part(b'<img src="data:image/png;base64,' + data + b'">', "text/html")) == [
        "unknown-type image/png"
    ]
