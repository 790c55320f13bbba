"""Tracked changes in texts and sheets: what was deleted is read where it stood, and old values with their zeros."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable

import pytest

from corpus.numbers import found
from corpus.reading import ALLOWANCE
from corpus.written import SHEETS
from segl_classifier.formats.content import Content
from segl_classifier.formats.odf.reader import read
from segl_classifier.formats.ooxml import reader as ooxml
from segl_classifier.message import Source

NAMES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for name in ("office", "text", "table", "dc")
)
BY = "<office:change-info><dc:creator>Per</dc:creator><dc:date>2026-11-28T10:00:00</dc:date></office:change-info>"


def document(body: str, kind: str = "text") -> Content:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as zipped:
        content = f"<office:document-content {NAMES}><office:body><office:{kind}>{body}"
        zipped.writestr("content.xml", f"{content}</office:{kind}></office:body></office:document-content>")
    return read(out.getvalue(), "", ALLOWANCE)


def changed(name: str, kind: str, *paragraphs: str) -> str:
    text = "".join(f"<text:p>{paragraph}</text:p>" for paragraph in paragraphs)
    return (
        f'<text:changed-region text:id="{name}"><text:{kind}>{BY}{text}</text:{kind}></text:changed-region>'
    )


def letter(regions: str, paragraph: str) -> Content:
    return document(f"<text:tracked-changes>{regions}</text:tracked-changes><text:p>{paragraph}</text:p>")


def numbers(content: Content) -> int:
    return sum(len(found(passage.text, Source.ATTACHMENT)) for passage in content.passages)


def mark(name: str, kind: str = "change") -> str:
    return f'<text:{kind} text:change-id="{name}"/>'


@pytest.mark.parametrize(
    ("deleted", "paragraph"),
    [
        ("-4285", f"Ib Holm, cpr-nummer 070761{mark('a')}, har søgt."),
        ("4285", f"Ib Holm, cpr-nummer 070761-{mark('a')}xxxx, har søgt."),
        ("070761", f"Ib Holm, cpr-nummer {mark('a')}-4285, har søgt."),
        ("07", f"Ib Holm, cpr-nummer {mark('a')}0761-<text:span>4285</text:span>"),
    ],
)
def test_a_deleted_half_of_a_number_is_read_where_it_stood(deleted: str, paragraph: str) -> None:
    assert numbers(letter(changed("a", "deletion", deleted), paragraph)) == 1
    assert numbers(letter(changed("a", "deletion", "med glæde"), paragraph)) == 0


def test_deleted_text_that_stands_in_its_place_is_put_together_without_what_was_inserted() -> None:
    regions = changed("a", "deletion") + changed("b", "insertion") + changed("c", "deletion")
    pieces = (("a", "070761"), ("b", "xxx"), ("c", "-4285"))
    paragraph = "".join(f"{mark(n, 'change-start')}{text}{mark(n, 'change-end')}" for n, text in pieces)
    assert numbers(letter(regions, f"CPR {paragraph}.")) == 1


def test_what_was_inserted_in_its_place_is_left_out() -> None:
    regions = changed("a", "insertion") + changed("b", "deletion", "4285")
    paragraph = f"CPR 070761-{mark('a', 'change-start')}xxxx{mark('a', 'change-end')}{mark('b')}."
    content = letter(regions, paragraph)
    assert [p.text for p in content.passages if p.place == "before tracked changes"][-1] == "CPR 070761-4285."
    assert [p.text for p in content.passages if not p.place] == ["CPR 070761-xxxx."]


def test_deleted_paragraphs_stay_apart_and_marks_of_other_paragraphs_are_theirs() -> None:
    regions = changed("a", "deletion", " ja", "nej") + changed("b", "deletion", "4285")
    content = document(
        f"<text:tracked-changes>{regions}</text:tracked-changes>"
        f"<text:p>Svar:{mark('a')}!</text:p><text:p>Uden</text:p><text:p>070761-{mark('b')}</text:p>"
    )
    before = [p.text for p in content.passages if p.place == "before tracked changes"][-1]
    assert before == "Svar: ja\nnej!\n070761-4285"


@pytest.mark.parametrize(
    "paragraph", [mark("x"), mark("a", "change-end"), mark("a") * 3 + mark("b", "change-start")]
)
def test_marks_without_a_region_and_marks_said_again_put_back_nothing_more(paragraph: str) -> None:
    content = letter(changed("a", "deletion", "slettet") + changed("b", "insertion"), f"Tekst {paragraph}")
    assert sum(p.text.count("slettet") for p in content.passages) <= 2
    assert [p.text for p in content.passages if not p.place] == ["Tekst "]


def sheet_of(old: str) -> Content:
    cell = f'<table:change-track-table-cell office:value-type="float" office:value="{old}"/>'
    change = f"<table:cell-content-change><table:previous>{cell}</table:previous></table:cell-content-change>"
    row = "<table:table-row><table:table-cell><text:p>Pumpe</text:p></table:table-cell></table:table-row>"
    table = f'<table:table table:name="Ark1">{row}</table:table>'
    return document(f"<table:tracked-changes>{change}</table:tracked-changes>{table}", "spreadsheet")


def workbook_of(old: str) -> Content:
    log = f'<revisions><rcc rId="1" sId="1"><oc r="A1"><v>{old}</v></oc><nc r="A1"/></rcc></revisions>'
    out = io.BytesIO(SHEETS["xlsx"]([["Pumpe"]]))
    with zipfile.ZipFile(out, "a") as zipped:
        zipped.writestr("xl/revisions/revisionLog1.xml", log)
    return ooxml.read(out.getvalue(), "a.xlsx", ALLOWANCE)


@pytest.mark.parametrize("file", [sheet_of, workbook_of])
def test_the_old_value_of_a_cell_gets_its_zero_back(file: Callable[[str], Content]) -> None:
    assert numbers(file("707614285")) == 1
    assert numbers(file("1503851237")) == 1
    assert numbers(file("917614285")) == 0


@pytest.mark.parametrize(
    "shown", ["707.614.285", "707 614 285", "7,08E+08", "707614285,00", "707614285", "###", ""]
)
def test_a_number_that_a_cell_shows_otherwise_is_read_in_full(shown: str) -> None:
    def row(value: str) -> Content:
        cell = f'<table:table-cell office:value-type="float" office:value="{value}"><text:p>{shown}</text:p>'
        named = "<table:table-cell><text:p>Ib Holm</text:p></table:table-cell>"
        return document(
            f"<table:table><table:table-row>{named}{cell}</table:table-cell></table:table-row></table:table>",
            "spreadsheet",
        )

    assert numbers(row("707614285")) == 1
    assert numbers(row("917614285")) == 0
