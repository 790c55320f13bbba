"""Drawings of Visio since 2013: what is written and kept in them is read, and what Visio adds is no alarm."""

from __future__ import annotations

import io
import zipfile

import pytest

from corpus.office_files import PNG, large_png
from corpus.unfolded import Read, Whole

TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override '
    'PartName="/visio/document.xml" ContentType="application/vnd.ms-visio.drawing.main+xml"/></Types>'
)
# As Visio 2013 wrote it (test.vsdx of Apache POI 4.0.1).
CUSTOM = (
    '<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/custom-properties" '
    'xmlns:vt="http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes">{}</Properties>'
)
BUILD = (
    '<property fmtid="{{D5CDD505-2E9C-101B-9397-08002B2CF9AE}}" pid="2" name="BuildNumberCreated">'
    "<vt:i4>{}</vt:i4></property>"
)
CPR = "010190-1234"


def drawing(**parts: bytes | str) -> bytes:
    """A vsdx with these parts beside those that each has; ``__`` stands for a slash."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr("[Content_Types].xml", TYPES)
        zipped.writestr("docProps/thumbnail.emf", emf())
        for name, content in parts.items():
            zipped.writestr(name.replace("__", "/") + (".xml" if isinstance(content, str) else ""), content)
    return out.getvalue()


def emf() -> bytes:
    """A metafile of outlines alone, as Visio draws a thumbnail."""
    head = b"\1\0\0\0\x6c\0\0\0" + bytes(32) + b" EMF" + bytes(64)
    return head + b"\x3b\0\0\0\x40\x9c\0\0" + bytes(40_000 - 8) + b"\x0e\0\0\0\x14\0\0\0" + bytes(12)


def page(inside: str) -> str:
    main = "http://schemas.microsoft.com/office/visio/2012/main"
    return f'<PageContents xmlns="{main}"><Shapes><Shape ID="1">{inside}</Shape></Shapes></PageContents>'


@pytest.mark.parametrize(
    "part",
    [
        {"visio__pages__page1": page(f"<Text><cp IX='0'/>Bor her: {CPR}\n</Text>")},
        {"visio__pages__page1": page(f"<Section N='Property'><Cell N='Value' V='cpr-nr. {CPR}'/></Section>")},
        {"visio__comments": f"<Comments><CommentEntry AuthorID='1'>CPR {CPR}</CommentEntry></Comments>"},
        {
            "docProps__custom": CUSTOM.format(
                f'<property name="Sag"><vt:lpwstr>cpr {CPR}</vt:lpwstr></property>'
            )
        },
    ],
    ids=["text", "data of a shape", "comment", "property"],
)
def test_a_number_is_found_wherever_it_stands(part: dict[str, str]) -> None:
    assert Whole("tegning.vsdx", drawing(**part)).numbers


def test_what_visio_adds_to_each_drawing_is_no_alarm() -> None:
    read = Whole(
        "tegning.vsdx",
        drawing(
            visio__pages__page1=page("<Text>Pumpestation</Text>"),
            docProps__custom=CUSTOM.format(BUILD.format(1006703189)),
            visio__media__image1=PNG,
        ),
    )
    assert "Pumpestation" in str(read)
    assert not read.numbers


def test_a_number_under_another_name_in_its_properties_counts() -> None:
    named = BUILD.format(1006703189).replace("BuildNumberCreated", "CPR")
    assert Whole("tegning.vsdx", drawing(docProps__custom=CUSTOM.format(named))).numbers


@pytest.mark.parametrize(
    ("name", "data"),
    [("visio__media__image1", large_png(90_000)), ("visio__media__image2", emf())],
    ids=["picture", "outlines"],
)
def test_a_large_picture_in_it_is_told_of(name: str, data: bytes) -> None:
    assert Read("tegning.vsdx", drawing(**{name: data})).causes == ["unreadable.unknown-type"]


def test_another_file_under_the_name_of_the_thumbnail_is_opened() -> None:
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w") as zipped:
        zipped.writestr("brev.txt", f"CPR {CPR}")
    data = drawing().replace(b"docProps/thumbnail.emf", b"docProps/thumbnail.png")
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out := io.BytesIO(), "w") as new:
        for name in old.namelist():
            new.writestr(name, inner.getvalue() if "thumbnail" in name else old.read(name))
    assert Whole("tegning.vsdx", out.getvalue()).numbers
