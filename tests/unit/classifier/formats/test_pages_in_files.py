"""Pages (HTML) in other files: an Outlook message's body and a page put into a document say all that a page says."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable

import docx
import pytest

from corpus import office_files
from corpus.compound import message
from corpus.office_files import repacked
from corpus.reading import ALLOWANCE, WITH_OCR, causes, stands_in
from corpus.tnef_by_hand import attribute, properties, winmail
from segl.vocabulary import Unreadable
from segl_classifier.formats.content import Allowance, Content
from segl_classifier.formats.ooxml import reader as ooxml
from segl_classifier.formats.outlook import message as outlook
from segl_classifier.formats.outlook import tnef

NUMBER = "010190-1234"
PNG = office_files.large_png(9_000, 1240, 1754)
PICTURE = f'<img src="data:image/png;base64,{base64.b64encode(PNG).decode()}">'


def in_message(page: str, allowance: Allowance = ALLOWANCE) -> Content:
    return outlook.read(message({"10130102": page.encode("cp1252")}), "", allowance)


def in_winmail(page: str, allowance: Allowance = ALLOWANCE) -> Content:
    return tnef.read(
        winmail(attribute(1, 0x9003, properties({0x1013: page.encode("cp1252")}))), "", allowance
    )


def in_document(page: str, allowance: Allowance = ALLOWANCE) -> Content:
    document = io.BytesIO()
    docx.Document().save(document)
    return ooxml.read(repacked(document.getvalue(), {"word/afchunk.htm": page}), "", allowance)


CARRIERS = [in_message, in_winmail, in_document]
carriers = pytest.mark.parametrize("read", CARRIERS)


@carriers
@pytest.mark.parametrize(
    ("inside", "place"),
    [
        ('07<span style="display:none">99</span>0761-4285', "as displayed"),
        ('<img alt="Journal for Bo Holm 070761-4285">', "spoken"),
        ('<input value="070761-4285">', "beside"),
    ],
)
def test_what_is_shown_and_spoken_is_read(read: Callable[..., Content], inside: str, place: str) -> None:
    places = stands_in(read(f"<html><body><p>Hej. {inside}</p></body></html>"), "070761-4285")
    assert [name for name in places if place in name]


@carriers
def test_a_picture_written_into_the_page_is_handed_on_or_told_of(read: Callable[..., Content]) -> None:
    page = f"<html><body><p>Hej.</p>{PICTURE}{PICTURE}</body></html>"
    assert causes(read(page)) == {Unreadable.UNKNOWN_TYPE}
    assert [file.data for file in read(page, WITH_OCR).files] == [PNG]


@carriers
def test_a_drawing_written_into_the_page_is_a_file(read: Callable[..., Content]) -> None:
    page = f"<html><body><p>Hej.</p><img src='data:image/svg+xml,%3Csvg%3E{NUMBER}%3C/svg%3E'></body></html>"
    assert [file.content_type for file in read(page).files] == ["image/svg+xml"]


@carriers
def test_more_pictures_than_are_taken_are_told_of(read: Callable[..., Content]) -> None:
    pictures = "".join(f"<img src='data:image/svg+xml,%3Csvg%3E{n}%3C/svg%3E'>" for n in range(9))
    content = read(f"<html><body>{pictures}</body></html>", Allowance(chars=10_000, files=5, bytes=1_000_000))
    assert causes(content) == {Unreadable.TOO_MANY}
    assert len(content.files) == 5


@carriers
def test_generated_content_without_end_is_told_of(read: Callable[..., Content]) -> None:
    page = f"<html><style>x:before{{content:'{'a ' * 95}'}}</style>{'<x>' * 33_000}</html>"
    assert causes(read(page)) == {Unreadable.TOO_LARGE}
