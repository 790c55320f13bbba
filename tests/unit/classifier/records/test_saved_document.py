"""Documents that an office program saved as one XML file: the runs of a paragraph are one text."""

from __future__ import annotations

import io
import zipfile

import pytest

from corpus.unfolded import Whole
from segl_classifier.records.saved_document import document
from segl_classifier.unread_script import unread_script

CPR = "010190-1234"
RUNS = (
    "<w:r><w:t>Borger 010190</w:t></w:r><w:proofErr/><w:r><w:rPr><w:b/></w:rPr><w:t>-12</w:t></w:r>"
    "<w:r><w:t>34</w:t></w:r>"
)
WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
PACKAGE = (
    '<?xml version="1.0"?><?mso-application progid="{}"?><pkg:package xmlns:pkg="http://schemas.microsoft.com/'
    'office/2006/xmlPackage"><pkg:part pkg:name="/x.xml"><pkg:xmlData>{}</pkg:xmlData></pkg:part></pkg:package>'
)
OPEN = "urn:oasis:names:tc:opendocument:xmlns:"


def sheet(*rows: str) -> str:
    """A sheet of LibreOffice as one XML file."""
    names = "".join(f' xmlns:{name}="{OPEN}{name}:1.0"' for name in ("office", "table", "text"))
    return f"<office:document{names}><table:table>{''.join(rows)}</table:table></office:document>"


DOCUMENTS = {
    "Word 2003": '<?xml version="1.0" encoding="UTF-8"?><?mso-application progid="Word.Document"?><w:wordDocument '
    f'xmlns:w="http://schemas.microsoft.com/office/word/2003/wordml"><w:p>{RUNS}</w:p></w:wordDocument>',
    "Word": PACKAGE.format("Word.Document", f'<w:document xmlns:w="{WORD}"><w:p>{RUNS}</w:p></w:document>'),
    "PowerPoint": PACKAGE.format("PowerPoint.Show", RUNS.replace("w:", "a:").join(("<a:p>", "</a:p>"))),
    "a part": f'<w:document xmlns:w="{WORD}"><w:p>{RUNS}</w:p></w:document>',
    "Visio": '<PageContents xmlns="http://schemas.microsoft.com/office/visio/2012/main"><Text><cp IX="0"/>Borger '
    '010190-12<cp IX="1"/>34</Text></PageContents>',
    "Visio, without a name": "<PageContents><Text>Borger 010190-12<cp IX='1'/>34</Text></PageContents>",
    "LibreOffice": '<office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:text="t">'
    "<text:p>Borger 010190<text:span>-12</text:span>34</text:p></office:document>",
}


@pytest.mark.parametrize("kind", DOCUMENTS)
@pytest.mark.parametrize(
    ("content_type", "name"),
    [
        ("text/xml", "brev.xml"),
        ("application/octet-stream", "brev.xml"),
        ("application/msword", "brev.doc"),
        ("application/vnd.oasis.opendocument.text-flat-xml", "brev.fodt"),
    ],
)
def test_the_runs_of_a_paragraph_are_one_text(kind: str, content_type: str, name: str) -> None:
    found = Whole(name, DOCUMENTS[kind].encode(), content_type)
    assert f"Borger {CPR}" in [text.text for text in found if "as a document" in text.where]


@pytest.mark.parametrize("name", ["brev.fodt", "brev.xml"])
def test_of_a_whole_one_nothing_else_is_read(name: str) -> None:
    """Beside what anybody may have put into its attributes and comments."""
    settings = "<config:config-item>Generic Printer</config:config-item><style:style style:name='Biometri'/>"
    number = "<!-- cpr='070761-4285' --><text:p sag:cpr='0101901234'>Hej</text:p>"
    markup = DOCUMENTS["LibreOffice"].replace("<text:p>", f"{settings}{number}<text:p>", 1)
    assert "Generic" not in str(Whole(name, markup.encode(), "application/octet-stream"))
    assert "Biometri" not in str(Whole(name, markup.encode(), "text/xml"))
    for changed in (markup, markup.removesuffix("</office:document>")):
        read = str(Whole(name, changed.encode(), "text/xml"))
        assert all(number in read for number in ("070761-4285", "0101901234", "010190-1234"))


def test_its_properties_and_heads_stand_apart_from_its_text() -> None:
    meta = "<office:meta><dc:title>Forside</dc:title></office:meta>"
    heads = "<office:master-styles><text:p>Vandværket</text:p></office:master-styles>"
    markup = DOCUMENTS["LibreOffice"].replace("<text:p>", f"{meta}{heads}<text:p>", 1)
    read = Whole("brev.fodt", markup.replace('"t">', '"t" xmlns:dc="d">').encode(), "text/xml")
    assert {text.text: text.where.partition(", ")[2] for text in read} == {
        "title: Forside": "properties",
        "Vandværket": "header or footer",
        f"Borger {CPR}": "",
    }


FONTS = {
    "Flat OPC": DOCUMENTS["Word 2003"].replace("<w:r>", '<w:r><w:rFonts w:eastAsia="ＭＳ ゴシック明朝"/>', 1),
    "LibreOffice": DOCUMENTS["LibreOffice"].replace(
        "<text:p>",
        "<style:font-face style:name='ＭＳ ゴシック' svg:font-family='ＭＳ 明朝'/>"
        '<style:text-properties style:font-name-asian="ＭＳ ゴシック" style:font-family-asian="ＭＳ 明朝"/>'
        "<text:p>",
    ),
}


@pytest.mark.parametrize("kind", FONTS)
def test_names_of_fonts_are_no_text_in_another_script(kind: str) -> None:
    for content_type in ("text/xml", "application/octet-stream"):
        read = Whole("brev.xml", FONTS[kind].encode(), content_type)
        assert not any(unread_script(text.text) for text in read)
        assert CPR in str(read)


def test_such_a_file_in_an_archive_is_read_so_too() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as zipped:
        zipped.writestr("sag/brev.xml", DOCUMENTS["Word 2003"])
    assert CPR in str(Whole("sag.zip", out.getvalue(), "application/zip"))


@pytest.mark.parametrize("encoding", ["utf-16", "windows-1252", "utf-8-sig"])
def test_the_encoding_is_that_of_the_bytes(encoding: str) -> None:
    markup = (
        DOCUMENTS["Word 2003"].replace("UTF-8", encoding.removesuffix("-sig")).replace("Borger", "Særlig")
    )
    assert any(text.text == f"Særlig {CPR}" for text in Whole("a.xml", markup.encode(encoding), "text/xml"))


def test_what_was_deleted_stands_in_the_text_before() -> None:
    deleted = '<aml:annotation w:type="Word.Deletion"><w:r><w:delText>34</w:delText></w:r></aml:annotation>'
    markup = DOCUMENTS["Word 2003"].replace("<w:r><w:t>34</w:t></w:r>", deleted)
    markup = markup.replace("<w:wordDocument ", '<w:wordDocument xmlns:aml="a" ')
    assert document(markup, 1_000).text.split("\n") == ["Borger 010190-12", f"Borger {CPR}"]


@pytest.mark.parametrize(
    "markup",
    [
        "",
        "<a><t>010190</t><t>-1234</t></a>",
        "Se http://schemas.openxmlformats.org/ om formatet",
        '<html xmlns:w="urn:schemas-microsoft-com:office:word"><p>Hej</p></html>',
    ],
)
def test_other_texts_are_no_such_documents(markup: str) -> None:
    assert document(markup, 1_000).text == ""


def test_one_that_is_broken_is_read_as_far_as_it_goes() -> None:
    markup = DOCUMENTS["Word 2003"]
    assert document(markup.removesuffix("</w:p></w:wordDocument>"), 1_000).text == f"Borger {CPR}"
    assert document(markup.replace("?><w:", "?><!DOCTYPE x []><w:"), 1_000).text == ""


def test_no_more_is_kept_than_may_be() -> None:
    for kind in DOCUMENTS.values():
        found = document(kind.replace("Borger", "x" * 10_000), 500)
        assert len(found.text) <= 500
        assert found.more


def test_cells_repeated_beyond_what_may_be_kept_are_told_of() -> None:
    def row(text: str, times: int) -> str:
        cell = f"<table:table-cell><text:p>{text}</text:p></table:table-cell>"
        return f'<table:table-row table:number-rows-repeated="{times}">{cell}</table:table-row>'

    number = "Borger 010190<text:span>-1234</text:span>"
    found = document(sheet(row(number, 1), row("x" * 100, 50), row(number, 1)), 1_000)
    assert found[:2] == (f"Borger {CPR}" + "\n" + "\n".join(["x" * 100] * 9), True)
