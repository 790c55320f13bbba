"""Office files: words and personal numbers in attributes of XML, which no page shows and every copy has."""

from __future__ import annotations

import time

import pytest

from corpus import office_files
from corpus.reading import ALLOWANCE, stands_in
from segl_classifier.formats.content import Content
from segl_classifier.formats.ooxml.reader import read

CPR = "010190-1234"
BESIDE = "beside a part of the file"
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
MANY = " ".join(f"x{n}='{n}'" for n in range(200))
GUID = "{1A010190-1234-4285-9F00-0C9A66E2A0B1}"


def with_part(name: str, content: str) -> Content:
    kind = office_files.workbook if name.startswith("xl/") else office_files.word
    return read(office_files.repacked(kind()[0], {name: content}), "", ALLOWANCE)


@pytest.mark.parametrize(
    ("name", "part", "place"),
    [
        ("word/b.xml", "<w:p><w:smartTagPr><w:attr w:name='cpr' w:val='%s'/></w:smartTagPr></w:p>", BESIDE),
        ("word/b.xml", "<w:mailMerge><w:query w:val='SELECT * FROM x WHERE nr=%s'/></w:mailMerge>", BESIDE),
        ("word/b.xml", "<w:p><w:r><w:rPr><w:rPrChange w:author='Ib %s'/></w:rPr></w:r></w:p>", "authors"),
        ("xl/tables/table9.xml", "<w:table comment='Ib %s'/>", BESIDE),
        ("xl/pivotTables/p.xml", "<w:items><w:item n='Ib %s' x='0'/></w:items>", BESIDE),
        ("xl/pivotTables/p.xml", "<w:filter type='captionEqual' stringValue1='Ib %s'/>", BESIDE),
        ("xl/slicers/slicer1.xml", "<w:slicer caption='Ib %s'/>", BESIDE),
        ("xl/connections.xml", "<w:parameter string='%s'/>", BESIDE),
        ("customXml/item9.xml", "<w:person cpr='%s'/>", "an attribute"),
        ("xl/slicerCaches/slicerCache1.xml", "<w:range><w:i n='[CPR].&amp;[%s]'/></w:range>", BESIDE),
        ("xl/slicerCaches/slicerCache1.xml", "<w:selection n='[CPR].&amp;[%s]'/>", BESIDE),
        ("xl/slicerCaches/slicerCache1.xml", "<w:level sourceCaption='Ib &lt;%s&gt;'/>", "an attribute"),
    ],
)  # fmt: skip
def test_words_in_attributes_are_read(name: str, part: str, place: str) -> None:
    content = with_part(name, f"<w:x {W}>{part.replace('%s', CPR)}</w:x>")
    assert stands_in(content, CPR) == [place]


def attributes(part: str) -> list[str]:
    content = with_part("customXml/item9.xml", f"<x>{part}</x>")
    return [line for p in content.passages if p.place == "an attribute" for line in p.text.split("\n")]


@pytest.mark.parametrize(
    ("part", "lines"),
    [
        ("<person cpr='0101901234'/>", ["cpr: 0101901234"]),
        ('<a borgerCPRnr = "0101901234"/>', ["borgerCPRnr: 0101901234"]),
        (f"<a title='Sag {CPR} lukket &amp; sendt'/>", [f"title: Sag {CPR} lukket & sendt"]),
        (f"<a id='{GUID}'/>", []),
        ("<a cx='0101901234'/>", []),
        ("<a d='m 010190-1234 l 4 5'/>", []),
        (f"<a>{CPR}</a>", []),
        (f"<a nr='{CPR}'>{CPR}</a>", []),
    ],
)
def test_a_number_in_an_attribute_is_found_once(part: str, lines: list[str]) -> None:
    assert attributes(part) == lines


@pytest.mark.parametrize(
    ("part", "lines"),
    [
        (f"<a {MANY} nr='{CPR}'/>", [f"nr: {CPR}"]),
        (f"<a note='{'ord ' * 200}' cpr='0101901234'/>", ["cpr: 0101901234"]),
        (f"<a q='felt = \"{CPR}\"'/>", [f'q: felt = "{CPR}"']),
        (f"<a q=\"cpr='{CPR}' og mere\"/>", [f"q: cpr='{CPR}' og mere"]),
        (f"<a q='x > {CPR}'/>", [f"q: x > {CPR}"]),
        ("<a nr='&#48;10190-1234'/>", [f"nr: {CPR}"]),
        (f"<!-- <a nr='{CPR}' n='Ib &amp; Bo {CPR}'/> -->", [f"nr: {CPR}", f"n: Ib & Bo {CPR}"]),
        (f"<!-- <a b='&#{'1' * 5_000};' nr='{CPR}'/> -->", [f"nr: {CPR}"]),
    ],
    ids=[
        "many",
        "a long one",
        "quoted",
        "quoted by the other",
        "compared",
        "as code",
        "comment",
        "a code without end",
    ],
)
def test_a_number_is_found_wherever_it_stands_in_its_tag(part: str, lines: list[str]) -> None:
    assert attributes(part) == lines


def test_of_a_long_value_the_surroundings_of_each_number_are_kept() -> None:
    words = "ord " * 1_000
    first, second = attributes(f"<a q='{words}{CPR} {words}020290-1234 {words}'/>")
    assert CPR in first
    assert "020290-1234" in second
    assert len(first) < 700


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1"])
def test_numbers_in_parts_of_every_encoding_are_found(encoding: str) -> None:
    part = f'<?xml version="1.0" encoding="{encoding}"?><x><person navn="Søren" cpr="0101901234"/></x>'
    data = office_files.repacked(office_files.word()[0], {"customXml/item9.xml": part.encode(encoding)})
    assert [p.text for p in read(data, "", ALLOWANCE).passages if p.place == "an attribute"] == [
        "cpr: 0101901234"
    ]


def test_numbers_in_a_drawing_that_is_not_well_formed_are_found() -> None:
    content = with_part("xl/drawings/vmlDrawing9.vml", f"<xml><v:shape><br></v:shape><v:x nr='{CPR}'/></xml>")
    assert stands_in(content, CPR) == ["an attribute"]


def test_numbers_that_stand_on_the_border_of_two_pieces_are_found() -> None:
    for blanks in range(65_536 - 40, 65_536, 3):
        assert attributes(f"{' ' * blanks}<a nr='{CPR}'/>") == [f"nr: {CPR}"]


@pytest.mark.slow
def test_many_numbers_take_time_in_proportion() -> None:
    part = "".join(f"<a>{n:06}-1234</a><a nr='{n:06}-4321'/>" for n in range(100_000))
    begin = time.process_time()
    assert 9_000 < len(attributes(part)) <= 10_000  # equal numbers are told once
    assert time.process_time() - begin < 10
