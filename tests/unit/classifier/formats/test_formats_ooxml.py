"""Word, Excel and PowerPoint files: a number is found wherever it stands, and the rest is told honestly."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from functools import cache

import openpyxl
import pytest

from corpus import office_files
from corpus.office_files import package
from corpus.reading import ALLOWANCE, WITH_OCR, causes, stands_in, text_of
from segl.vocabulary import Unreadable
from segl_classifier.formats.content import Content
from segl_classifier.formats.ooxml.reader import read

FILES = {
    "docx": office_files.word(),
    "xlsx": office_files.workbook(),
    "pptx": office_files.presentation(),
}


@cache
def made(kind: str) -> tuple[Content, office_files.Places]:
    data, places = FILES[kind]
    return read(data, f"fil.{kind}", ALLOWANCE), places


@pytest.mark.parametrize(("kind", "place"), [(kind, place) for kind in FILES for place in FILES[kind][1]])
def test_a_number_is_found_wherever_it_stands(kind: str, place: str) -> None:
    content, places = made(kind)
    assert stands_in(content, places[place]), text_of(content)


@pytest.mark.parametrize("kind", FILES)
def test_a_sound_file_lacks_nothing(kind: str) -> None:
    assert made(kind)[0].lacks == ()


def test_places_are_told_as_a_person_would() -> None:
    content, places = made("docx")
    told = {place: stands_in(content, number)[0] for place, number in places.items()}
    assert told["runs"] == told["table"] == ""
    assert told["header"] == "header"
    assert told["comment"] == "comment"
    assert told["tracked deletion"] == "before tracked changes"
    assert told["tracked insertion"] == ""
    content, places = made("xlsx")
    told = {place: stands_in(content, number)[0] for place, number in places.items()}
    assert told["cell"] == "sheet Sheet"
    assert told["hidden sheet"] == "hidden sheet Skjult"
    assert told["comment"] == "comment"
    content, places = made("pptx")
    assert stands_in(content, places["runs"]) == ["slide 1"]
    assert stands_in(content, places["notes"]) == ["notes of slide 1"]


def test_the_name_of_a_sheet_is_no_place_to_show_a_number_in() -> None:
    content, places = made("xlsx")
    number = places["name of a sheet"]
    assert stands_in(content, number)
    assert not any(number in passage.place for passage in content.passages)


def test_a_table_keeps_its_heading_and_its_columns() -> None:
    content, places = made("docx")
    assert f"Navn\tCPR\nJens\t{places['table']}\n" in content.passages[0].text + "\n"


def test_embedded_documents_are_handed_on() -> None:
    assert [file.name for file in made("docx")[0].files] == ["ark.xlsx"]


def sheet(*rows: Sequence[object], formats: dict[str, str] | None = None) -> str:
    """The text of a sheet with these rows."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for cell, code in (formats or {}).items():
        book.active[cell].number_format = code
    out = io.BytesIO()
    book.save(out)
    content = read(out.getvalue(), "ark.xlsx", ALLOWANCE)
    return next(passage.text for passage in content.passages if passage.place == "sheet Sheet")


@pytest.mark.parametrize(
    ("value", "code", "shown"),
    [
        (101901234, "General", "0101901234"),  # the zero was lost, and it could be a personal number
        (3112901234, "General", "3112901234"),
        (101901234, '000000"-"0000', "010190-1234"),
        (101901234, "000000-0000", "010190-1234"),
        (101901234, "######-####", "010190-1234"),
        (101901234, "0000000000", "0101901234"),
        (101901234, "000000\\ 0000", "010190 1234"),
        (999999999, "General", "999999999"),
        (32874, "dd/mm/yyyy", "01-01-1990"),
        (32874.75, "d. mmmm yyyy", "01-01-1990"),
        (32874, "ddmmyy", "010190"),
        (32874, "[$-406]dd\\-mm\\-yy;@", "01-01-90"),
        (32874, "ddmmyyyy", "01011990"),
        (32874, "mmm-yy", "01-01-1990"),
        (32874, "yy-mm-dd", "01-01-1990"),
        (32874, "General", "32874"),
        (1.5, "#,##0.00", "1.5"),
        (0.1, "0%", "0.1"),
        (1e20, "General", "1e+20"),
        (-12, "General", "-12"),
    ],
)
def test_a_number_shows_as_its_cell_shows_it(value: object, code: str, shown: str) -> None:
    assert sheet(["Navn", "Nr."], ["Jens", value], formats={"B2": code}) == f"Navn\tNr.\nJens\t{shown}"


def test_zeros_come_back_only_in_a_column_that_looks_like_personal_numbers() -> None:
    orders = [[101901234], *([980000000 + row] for row in range(9))]
    assert "0101901234" not in sheet(["Ordre"], *orders)
    people = [[101901234], [2512851233], [980000000]]
    assert "0101901234" in sheet(["Nr."], *people)


def test_a_cell_far_away_costs_nothing() -> None:
    book = openpyxl.Workbook()
    for row in range(1, 200):
        book.active.cell(row, 16_384 - row * 50, "x")
    out = io.BytesIO()
    book.save(out)
    content = read(out.getvalue(), "", ALLOWANCE)
    assert len(text_of(content)) < 30_000


@pytest.mark.parametrize(
    "parts",
    [
        {
            "xl/ctrlProps/ctrlProp1.xml": b"<formControlPr><itemLst><item val='010190-1234'/></itemLst></formControlPr>"
        },
        {
            "xl/comments1.xml": b"<comments><comment><text><r><rPr><b/><sz val='9'/></rPr><t>Bo: 010190-</t></r>"
            b"<r><rPr><i/></rPr><t>1234</t></r></text></comment><comment><text><t>56</t></text></comment></comments>"
        },
        {"xl/sharedStrings.xml": b"<sst><si><t>x</t><rPh sb='0' eb='1'><t>010190-1234</t></rPh></si></sst>"},
    ],
)
def test_what_a_sheet_shows_of_other_parts_is_read(parts: dict[str, bytes]) -> None:
    assert stands_in(read(package(parts, "xlsx"), "", ALLOWANCE), "010190-1234")


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ('[=1]"Skizofreni";[=2]"Depression";General', "Skizofreni\nDepression"),
        ('"010190""-1234"', "010190-1234"),
        ("\\D\\i\\a\\b\\e\\t\\e\\s", "Diabetes"),
        ('[$Diabetes-406] 0', "Diabetes"),
        ('#,##0.00 "kr."', ""),
        ('[$-406]d. mmmm yyyy;@', ""),
        ('_-* #,##0.00\\ [$DKK]_-', ""),
    ],
)  # fmt: skip
def test_words_that_a_number_format_says(code: str, says: str) -> None:
    book = openpyxl.Workbook()
    book.active["A1"], book.active["A1"].number_format = 1, code
    out = io.BytesIO()
    book.save(out)
    aside = [
        p.text for p in read(out.getvalue(), "", ALLOWANCE).passages if p.place.endswith("beside the cells")
    ]
    assert [says for text in aside if says in text] == ([says] if says else [])
    assert says or not aside


@pytest.mark.parametrize(
    "name", ["word/afchunk.htm", "word/afchunk.HTML", "word/afchunk.xhtml", "word/a.xml"]
)
def test_a_page_put_into_a_document_is_read_as_html(name: str) -> None:
    page = b"<html><body>CPR <b>0101</b><i>90</i>-<span>12</span>34</body></html>"
    assert stands_in(read(package({name: page}), "", ALLOWANCE), "CPR 010190-1234")


def picture_of(size: int) -> bytes:
    """A picture with as many bytes, broad enough to hold a letter."""
    return office_files.large_png(size)


def test_a_large_picture_is_told_of_and_a_logo_is_not() -> None:
    with_picture = package({"word/media/image1.png": picture_of(50_000)})
    with_logo = package({"word/media/image1.png": picture_of(5_000)})
    assert causes(read(with_picture, "", ALLOWANCE)) == {Unreadable.UNKNOWN_TYPE}
    assert read(with_logo, "", ALLOWANCE).lacks == ()
    for data in (with_picture, with_logo):
        content = read(data, "", WITH_OCR)
        assert [file.content_type for file in content.files] == ["image/png"]
        assert content.lacks == ()


def test_spell_marks_and_soft_hyphens_part_no_number() -> None:
    xml = (
        "<w:d xmlns:w='w'><w:p><w:r><w:t>01\u00ad01</w:t></w:r><w:proofErr w:type='x'/><w:r><w:t>90</w:t></w:r>"
        "<w:bookmarkStart w:id='1'/><w:r><w:softHyphen/><w:t>-1</w:t></w:r><w:r><w:t>234</w:t></w:r></w:p></w:d>"
    )
    assert stands_in(read(package({"word/document.xml": xml.encode()}), "", ALLOWANCE), "010190-1234")


def test_tabs_between_words_stay_and_tab_stops_are_layout() -> None:
    xml = (
        b"<w:d xmlns:w='w'><w:p><w:pPr><w:tabs><w:tab w:pos='9'/></w:tabs></w:pPr><w:r><w:t>CPR</w:t><w:tab/>"
        b"<w:t>010190-1234</w:t></w:r></w:p></w:d>"
    )
    assert "CPR\t010190-1234" in text_of(read(package({"word/document.xml": xml}), "", ALLOWANCE)).split("\n")


def test_print_codes_are_no_text() -> None:
    content, places = made("xlsx")
    aside = next(p.text for p in content.passages if places["header"] in p.text)
    assert re.search(rf"^{places['header']}$", aside, re.MULTILINE)


CACHE = (
    b"<c><cacheFields><cacheField name='Navn'><sharedItems><s v='Bo'/><s v='Ida'/></sharedItems></cacheField>\
<cacheField name='CPR-nummer'><sharedItems/></cacheField><cacheField name='Ansat'/></cacheFields></c>"
)
RECORDS = b"<p>%s</p>" % b"".join(
    b"<r><x v='%d'/><n v='%d'/><d v='2024-05-0%dT00:00:00'/></r>" % (row, 101901234 + row, row + 1)
    for row in range(2)
)
CELLS_ELSEWHERE = (
    b"<e><externalBook><sheetDataSet><sheetData><row r='1'><cell r='B1' t='str'><v>CPR</v></cell></row>\
<row r='2'><cell r='A2' t='str'><v>Bo</v></cell><cell r='B2'><v>101901234</v></cell></row></sheetData><sheetData>\
<row r='1'><cell r='A1'><v>7</v></cell></row></sheetData></sheetDataSet></externalBook></e>"
)


@pytest.mark.parametrize(
    ("parts", "place", "table"),
    [
        (
            {"pivotCache/pivotCacheDefinition1.xml": CACHE, "pivotCache/pivotCacheRecords1.xml": RECORDS},
            "data of a pivot table",
            "Navn\tCPR-nummer\tAnsat\nBo\t0101901234\t2024-05-01\nIda\t0101901235\t2024-05-02",
        ),
        (
            {"pivotCache/pivotCacheDefinition1.xml": CACHE.replace(b"<sharedItems/>", b"<n v='101901234'/>")},
            "data of a pivot table",
            "Navn\tCPR-nummer\tAnsat\nBo\t0101901234\nIda",
        ),
        ({"externalLinks/externalLink1.xml": CELLS_ELSEWHERE}, "cells of another workbook", "\tCPR\nBo\t0101901234\n7"),
    ],
    ids=["records", "items", "other workbook"],
)  # fmt: skip
def test_kept_tables_have_their_headings(parts: dict[str, bytes], place: str, table: str) -> None:
    content = read(package({f"xl/{name}": data for name, data in parts.items()}, "xlsx"), "", ALLOWANCE)
    assert table in [passage.text for passage in content.passages if passage.place == place]
    assert content.lacks == ()


def test_records_that_name_items_without_end_are_nothing() -> None:
    parts = {
        "xl/pivotCache/pivotCacheRecords3.xml": b"<p><r><x v='99999999'/><x v='-1'/><s v='010190-1234'/></r></p>"
    }
    assert stands_in(read(package(parts, "xlsx"), "", ALLOWANCE), "010190-1234")


@pytest.mark.parametrize(
    ("format_", "says"), [("CPR 010190-1234", True), ("Bilag %1", True), ("%1.%2.", False), ("§ %1", False)]
)
def test_what_stands_before_the_paragraphs_of_a_list_is_read(format_: str, says: bool) -> None:
    numbering = f"<w:numbering xmlns:w='w'><w:lvl><w:lvlText w:val='{format_}'/></w:lvl></w:numbering>"
    assert (
        format_ in text_of(read(package({"word/numbering.xml": numbering.encode()}), "", ALLOWANCE))
    ) is says


def runs(*runs: str) -> bytes:
    return f"<w:d xmlns:w='w'><w:p>{''.join(f'<w:r>{run}</w:r>' for run in runs)}</w:p></w:d>".encode()


@pytest.mark.parametrize("hides", ["<w:vanish/>", "<w:vanish w:val='1'/>", "<w:specVanish/>"])
def test_text_with_hidden_letters_is_read_with_and_without_them(hides: str) -> None:
    hidden = f"<w:rPr>{hides}</w:rPr><w:t>skjult</w:t>"
    content = read(
        package({"word/document.xml": runs("<w:t>010190</w:t>", hidden, "<w:t>-1234</w:t>")}), "", ALLOWANCE
    )
    assert stands_in(content, "010190-1234") == ["as displayed"]
    assert "010190skjult-1234" in text_of(content)


def test_what_is_shown_all_the_same_is_read_once() -> None:
    body = runs("<w:t>010190</w:t>", "<w:rPr><w:vanish w:val='0'/></w:rPr><w:t>-1234</w:t>")
    assert stands_in(read(package({"word/document.xml": body}), "", ALLOWANCE), "010190-1234") == [""]


@pytest.mark.parametrize(
    ("symbols", "text"),
    [
        ("<w:sym w:font='Symbol' w:char='F031'/><w:sym w:font='Symbol' w:char='F032'/>", "010190-1234"),
        ("<w:sym w:font='Arial' w:char='0031'/><w:sym w:font='Arial' w:char='0032'/>", "010190-1234"),
        ("<w:sym w:font='Wingdings' w:char='F0E0'/>", "010190-34"),  # an arrow
        # digits in circles
        (
            "<w:sym w:font='Wingdings' w:char='F081'/><w:sym w:font='Wingdings' w:char='F08D'/>",
            "010190-\uf081\uf08d34",
        ),
        ("<w:sym w:font='Arial' w:char='D800'/><w:sym w:char='x'/><w:sym w:char='-1'/><w:sym/>", "010190-34"),
    ],
)
def test_letters_of_symbol_fonts_are_letters(symbols: str, text: str) -> None:
    body = runs("<w:t>010190-</w:t>", symbols, "<w:t>34</w:t>")
    assert stands_in(read(package({"word/document.xml": body}), "", ALLOWANCE), text)


def test_a_choice_and_its_substitute_are_two_texts() -> None:
    choice = "<m:Alternate xmlns:m='m'><m:Choice>{0}</m:Choice><m:Fallback>{0}</m:Fallback></m:Alternate>"
    body = runs("<w:t>Vedr. </w:t>", choice.format("<w:t>010190-</w:t>"), "<w:t>1234</w:t>")
    content = read(package({"word/document.xml": body}), "", ALLOWANCE)
    assert stands_in(content, "Vedr. 010190-1234") == [""]
    assert "010190-" in [passage.text for passage in content.passages]
