"""Office files whose parts have other names than everybody expects, as servers give them that write a file anew."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable

import docx
import openpyxl
import pytest

from corpus.reading import ALLOWANCE, stands_in, text_of
from segl_classifier.formats.ooxml.reader import read

_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_NAMES = re.compile(rb"(workbook|styles|sharedStrings|sheet1|document)(?=\.xml)")


def people() -> bytes:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet.title = "Løn"
    for row in (["Navn", "CPR"], ["Bo", 101_901_234], ["Ib", 202_901_235]):
        sheet.append(row)
    sheet["B2"].number_format = "000000-0000"
    out = io.BytesIO()
    workbook.save(out)
    return out.getvalue()


def renamed(data: bytes, folder: bytes = b"xl") -> bytes:
    """*data* with other names for its parts, in their own places and wherever they are named."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            parts = [_NAMES.sub(rb"\g<1>27", text) for text in (name.encode(), old.read(name))]
            new_name, content = (re.sub(rb"(?<![\w-])xl/", folder + b"/", part) for part in parts)
            new.writestr(new_name.decode(), content)
    return out.getvalue()


@pytest.mark.parametrize(
    "made",
    [people, lambda: renamed(people()), lambda: renamed(people(), b"ark")],
    ids=["own", "other", "ark"],
)
def test_cells_are_read_as_they_are_shown_under_any_name(made: Callable[[], bytes]) -> None:
    content = read(made(), "", ALLOWANCE)
    assert stands_in(content, "010190-1234") == ["sheet Løn"]
    assert "Navn\tCPR\nBo\t010190-1234\nIb\t0202901235" in text_of(content)
    assert content.lacks == ()


def test_a_letter_comes_first_under_any_name() -> None:
    letter = docx.Document()
    letter.add_paragraph("Vedr. 010190-1234")
    out = io.BytesIO()
    letter.save(out)
    first = read(renamed(out.getvalue()), "", ALLOWANCE).passages[0]
    assert (first.place, first.text) == ("", "Vedr. 010190-1234")


@pytest.mark.parametrize("kind", ["styles", "sharedStrings"])
@pytest.mark.parametrize("inside", ["", "<sst/>", "<styleSheet/>"])
def test_what_a_relation_calls_styles_or_texts_and_is_neither_is_read(kind: str, inside: str) -> None:
    """Somebody may point it at a comment, which was then read by nobody."""
    comment = "<commentList><comment><text><r><t>CPR 030303-1236</t></r></text></comment></commentList>"
    relation = f'<Relationship Id="r9" Type="{_OFFICE}/{kind}" Target="/xl/comments/comment1.xml"/>'
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(people())) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "xl/_rels/workbook.xml.rels":
                content = content.replace(b"<Relationship ", relation.encode() + b"<Relationship ", 1)
            new.writestr(name, content)
        new.writestr("xl/comments/comment1.xml", f"<comments>{inside}{comment}</comments>")
    assert stands_in(read(out.getvalue(), "", ALLOWANCE), "030303-1236")
