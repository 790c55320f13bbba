"""OpenDocument: places, repeated rows and columns, passwords, objects, and packages made to do harm."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Mapping
from types import MappingProxyType

import pytest

from corpus import office_files, saved
from corpus.reading import ALLOWANCE, WITH_OCR, causes, stands_in, text_of
from corpus.unfolded import Read
from segl.vocabulary import Unreadable
from segl_classifier.formats.content import Allowance, Content
from segl_classifier.formats.odf.reader import read

CPR = "010190-1234"
NAMES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for name in (
        "office",
        "text",
        "table",
        "draw",
        "meta",
        "form",
        "field",
        "presentation",
        "style",
        "dc",
        "xlink",
    )
)


def package(body: str, kind: str = "text", parts: Mapping[str, bytes | str] = MappingProxyType({})) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        content = f"<office:document-content {NAMES}><office:body><office:{kind}>{body}"
        zipped.writestr("content.xml", f"{content}</office:{kind}></office:body></office:document-content>")
        for name, data in parts.items():
            zipped.writestr(name, data)
    return out.getvalue()


def document(body: str, kind: str = "text") -> Content:
    return read(package(body, kind), "", ALLOWANCE)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (
            "<text:p>0101<text:span>90</text:span>-12<text:span>3<text:span>4</text:span></text:span></text:p>",
            CPR,
        ),
        ("<text:p>a<text:s text:c='3'/>b<text:tab/>c<text:line-break/>d</text:p>", "a   b\tc\nd"),
        (
            "<text:h>Titel</text:h><text:list><text:list-item><text:p>a</text:p></text:list-item></text:list>",
            "Titel\na",
        ),
        ("<text:p>0101<text:soft-page-break/>90-<text:bookmark/>1234</text:p>", CPR),
        (
            "<text:p>010190-1234<text:note><text:note-citation>1</text:note-citation><text:note-body>"
            "<text:p>note</text:p></text:note-body></text:note></text:p>",
            f"note\n{CPR}",
        ),
        ("<text:p>Dato: <text:date>1. maj</text:date></text:p>", "Dato: 1. maj"),
    ],
)
def test_the_text_as_it_is_read(body: str, text: str) -> None:
    assert text_of(document(body)) == text


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ("<text:p>a<office:annotation><dc:creator>Bo</dc:creator><text:p>%s</text:p></office:annotation></text:p>",
         "comment"),
        ("<text:p><draw:frame><draw:text-box><text:p>%s</text:p></draw:text-box></draw:frame></text:p>", "text box"),
        ("<draw:frame><draw:image xlink:href='Pictures/1'/><s:desc xmlns:s='s'>Foto %s</s:desc></draw:frame>", ""),
        ("<text:user-field-decls><text:user-field-decl office:string-value='%s'/></text:user-field-decls>",
         "beside the text"),
        ("<text:p><text:conditional-text text:string-value-if-true='%s'>nej</text:conditional-text></text:p>",
         "beside the text"),
        ("<text:p><text:conditional-text text:string-value-if-false='%s'>ja</text:conditional-text></text:p>",
         "beside the text"),
        ("<form:form><form:text form:current-value='%s'/></form:form>", "beside the text"),
        ("<form:form><form:listbox><form:option form:label='%s'/></form:listbox></form:form>", "beside the text"),
        ("<form:form><form:fixed-text form:label='%s'/></form:form>", "beside the text"),
        ("<form:form><form:checkbox form:label='%s'/></form:form>", "beside the text"),
        ("<form:form><form:number form:current-value='%s'/></form:form>", "beside the text"),
        ("<text:p><text:drop-down text:name='a'><text:label text:value='%s'/></text:drop-down></text:p>",
         "beside the text"),
        # as LibreOffice keeps a field of a form that Word made
        ("<text:p><field:fieldmark-start><field:param field:name='Content' field:value='%s'/></field:fieldmark-start>"
         "</text:p>", "beside the text"),
        ("<text:p><field:fieldmark-start text:name='CPR %s'/></text:p>", "beside the text"),
        ("<table:content-validation table:condition='of:cell-content-is-in-list(&quot;%s&quot;;&quot;x&quot;)'/>",
         "beside the text"),
        ("<table:named-expression table:expression='&quot;%s&quot;'/>", "beside the text"),
        ("<text:list-level-style-number style:num-prefix='%s'/>", "beside the text"),
        ("<text:p>Bo<text:ruby><text:ruby-base>a</text:ruby-base><text:ruby-text>%s</text:ruby-text></text:ruby></text:p>",
         "reading aid"),
        ("<text:p>0101<text:ruby><text:ruby-base>90-1</text:ruby-base><text:ruby-text>x</text:ruby-text></text:ruby>234"
         "</text:p>", ""),
        ("<text:p><text:a xlink:href='mailto:%s@x.example'>her</text:a></text:p>", "beside the text"),
        ("<text:section text:name='%s'><text:p>a</text:p></text:section>", "beside the text"),
        ("<draw:page><presentation:notes><draw:frame><text:p>%s</text:p></draw:frame></presentation:notes></draw:page>",
         "notes of a slide"),
        ("<draw:page draw:name='Sag %s'/>", "beside the text"),
        ("<draw:frame draw:name='Sag %s'/>", "beside the text"),
        ("<table:filter-condition table:value='%s' table:operator='='/>", "beside the text"),
        ("<table:filter-set-item table:value='%s'/>", "beside the text"),
        ("<table:data-pilot-member table:name='%s'/>", "beside the text"),
        ("<table:scenario table:comment='Sag %s'/>", "beside the text"),
        ("<table:condition table:value='=&quot;%s&quot;'/>", "beside the text"),
        ("<text:p><text:bibliography-mark text:note='Sag %s'>x</text:bibliography-mark></text:p>", "beside the text"),
        ("<draw:layer draw:name='%s'/>", "an attribute"),
    ],
)  # fmt: skip
def test_a_number_is_found_wherever_it_stands(body: str, place: str) -> None:
    assert stands_in(document(body.replace("%s", CPR)), CPR) == [place]


def test_names_that_programs_give_say_nothing() -> None:
    body = (
        "<draw:page draw:name='Slide 1'/><draw:page draw:name='page2'/><draw:frame draw:name='Billede3'/>"
        "<table:database-range table:name='__Anonymous_Sheet_DB__0'/>"
    )
    assert document(body).passages == ()
    assert text_of(document("<draw:page draw:name='Ib Holm er sygemeldt'/>")) == "Ib Holm er sygemeldt"


def rows(*cells: str) -> str:
    return (
        "<table:table table:name='Løn'>"
        + "".join(f"<table:table-row>{row}</table:table-row>" for row in cells)
        + "</table:table>"
    )


def cell(text: str, more: str = "") -> str:
    return f"<table:table-cell {more}><text:p>{text}</text:p></table:table-cell>"


def sheet(body: str) -> str:
    return next(p.text for p in document(body, "spreadsheet").passages if p.place == "sheet Løn")


def test_repeated_cells_keep_the_columns_apart() -> None:
    body = rows(
        cell("Navn") + "<table:table-cell table:number-columns-repeated='2'/>" + cell("CPR"),
        cell("Bo") + "<table:table-cell table:number-columns-repeated='2'/>" + cell(CPR),
        "<table:table-cell table:number-columns-repeated='16384'/>",
    )
    assert sheet(body) == f"Navn\tCPR\nBo\t{CPR}"


@pytest.mark.parametrize(
    ("value", "shown", "text"),
    [
        ("101901234", "101901234", "0101901234"),
        ("101901234", "1,02E+08", "0101901234"),
        ("101901234", "###", "0101901234"),
        ("101901234", "010190-1234", "010190-1234"),
        ("1.5", "1,50", "1,50"),
        ("32874", "01-01-1990", "01-01-1990"),
    ],
)
def test_a_number_shows_as_its_cell_shows_it(value: str, shown: str, text: str) -> None:
    typed = f"office:value-type='float' office:value='{value}'"
    assert sheet(rows(cell("Nr."), cell(shown, typed))) == f"Nr.\n{text}"


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("office:value-type='date' office:date-value='1990-01-01'", "01-01-1990"),
        ("office:value-type='date' office:date-value='1990-01-01T12:30:00'", "01-01-1990"),
        ("office:value-type='string' office:string-value='Bo'", "Bo"),
        ("office:value-type='percentage' office:value='101901234'", "0101901234"),
        ("office:value-type='boolean' office:boolean-value='true'", ""),
    ],
)
def test_a_cell_without_a_text_shows_its_value(typed: str, text: str) -> None:
    """As files have them that a program wrote which shows nothing itself."""
    assert sheet(rows(cell("Nr."), f"<table:table-cell {typed}/>")) == f"Nr.\n{text}".strip()


@pytest.mark.parametrize(
    "name", ["Fonts/a.txt", "Thumbnails/x", "Configurations2/a", "ObjectReplacements/b", "layout-cache"]
)
def test_a_file_under_the_name_of_layout_is_read(name: str) -> None:
    parts: dict[str, bytes | str] = {name: f"Vedr. {CPR}"}
    content = read(package("<text:p>x</text:p>", parts=parts), "", ALLOWANCE)
    assert [file.data.decode() for file in content.files] == [f"Vedr. {CPR}"]


def test_layout_is_passed_over() -> None:
    parts: dict[str, bytes | str] = {
        "Fonts/a.ttf": b"\0\1\0\0" + bytes(range(256)),
        "Thumbnails/thumbnail.png": office_files.PNG,
        "Configurations2/accelerator/current.xml": "<?xml version='1.0'?><a:list xmlns:a='a'/>",
        "Configurations2/floater/": "",
        "layout-cache": b"\2\0\1" * 30,
        "settings.xml": "<s/>",
    }
    content = read(package("<text:p>x</text:p>", parts=parts), "", ALLOWANCE)
    assert (content.files, content.lacks) == ((), ())


def test_a_million_repeated_rows_and_columns_end() -> None:
    many = "table:number-columns-repeated='16384'"
    body = (
        "<table:table table:name='Løn'><table:table-row table:number-rows-repeated='1048576'>"
        f"{cell('x', many)}</table:table-row></table:table>"
    )
    begin = time.process_time()
    content = document(body * 20, "spreadsheet")
    assert time.process_time() - begin < 2
    assert len(text_of(content)) < 200_000


@pytest.mark.slow
def test_a_million_empty_rows_end() -> None:
    begin = time.process_time()
    document("<table:table>" + "<table:table-row/>" * 200_000 + "</table:table>", "spreadsheet")
    assert time.process_time() - begin < 2


def test_a_password_is_encrypted() -> None:
    manifest = "<m:manifest xmlns:m='m'><m:file-entry><m:encryption-data/></m:file-entry></m:manifest>"
    content = read(package("<text:p>x</text:p>", parts={"META-INF/manifest.xml": manifest}), "", ALLOWANCE)
    assert causes(content) == {Unreadable.ENCRYPTED}
    assert content.passages == ()


def test_objects_and_pictures_inside() -> None:
    picture = office_files.large_png(40_000)
    parts: dict[str, bytes | str] = {
        "Object 1/content.xml": f"<o:d xmlns:o='o' xmlns:t='t'><t:p>{CPR}</t:p></o:d>",
        "Object 2": b"\xd0\xcf\x11\xe0 an old object",
        "Pictures/1.png": picture,
    }
    content = read(package("<text:p>x</text:p>", parts=parts), "", ALLOWANCE)
    assert stands_in(content, CPR) == ["object"]
    assert [file.name for file in content.files] == ["Object 2"]
    assert causes(content) == {Unreadable.UNKNOWN_TYPE}
    assert len(read(package("<text:p>x</text:p>", parts=parts), "", WITH_OCR).files) == 2


@pytest.mark.parametrize(
    "content",
    [
        b"<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>",
        b"<a>" * 300_000,
        b"<x><text:p>",
        b"",
    ],
)
def test_hostile_xml_is_damaged(content: bytes) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as zipped:
        zipped.writestr("content.xml", content)
    begin = time.process_time()
    assert causes(read(out.getvalue(), "", ALLOWANCE)) == {Unreadable.DAMAGED}
    assert time.process_time() - begin < 2


@pytest.mark.parametrize("data", [b"", b"PK\3\4", b"hello", b"<x"])
def test_no_document_is_damaged(data: bytes) -> None:
    assert causes(read(data, "", ALLOWANCE)) == {Unreadable.DAMAGED}


def test_bombs_and_floods_are_too_large() -> None:
    bomb = package("<text:p>" + " " * 20_000_000 + "</text:p>")
    assert Unreadable.TOO_LARGE in causes(read(bomb, "", Allowance(10**6, 10, 10**6)))
    flood = package("<text:p>ord</text:p>" * 100_000)
    content = read(flood, "", Allowance(1_000, 10, 10**8))
    assert Unreadable.TOO_LARGE in causes(content)
    assert len(text_of(content)) <= 1_000


def test_header_styles_of_a_saved_file_give_no_noise() -> None:
    content = read(saved.content_of("text.odt"), "", ALLOWANCE)
    known = [
        "",
        "header",
        "footer",
        "comment",
        "footnote",
        "text box",
        "before tracked changes",
        "beside the text",
    ]
    assert {passage.place for passage in content.passages} <= {*known, "properties"}


def test_the_headings_of_a_table_are_those_of_its_own_slide() -> None:
    def slide(*rows: str) -> str:
        cells = "</table:table-cell><table:table-cell>"
        lines = "".join(
            f"<table:table-row><table:table-cell>{cells.join(f'<text:p>{cell}</text:p>' for cell in row.split(';'))}"
            "</table:table-cell></table:table-row>"
            for row in rows
        )
        return f"<draw:page><draw:frame><table:table>{lines}</table:table></draw:frame></draw:page>"

    others = [f"Ida Holm;07112600{number}" for number in range(10, 22)]
    show = package(slide("Navn;CPR", "Bo;0101901234") + slide("Navn;Ordrenr.", *others), "presentation")
    texts = Read("vis.odp", show)
    assert [text.where.rpartition(", ")[2] for text in texts] == ["slide 1", "slide 2"]
    assert texts.numbers == 1


def test_of_thousands_of_slides_the_last_are_one_text() -> None:
    slide = "<draw:page><draw:frame><text:p>010190-1234</text:p></draw:frame></draw:page>"
    places = [passage.place for passage in document(slide * 3_000, "presentation").passages]
    assert (len(places), places[:2], places[-1]) == (1_001, ["slide 1", "slide 2"], "")
