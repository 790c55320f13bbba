"""Formulas without a value, as programs that only write workbooks leave them: Excel shows what they join."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping, Sequence

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.reading import ALLOWANCE, causes
from segl.vocabulary import Unreadable
from segl_classifier.formats.cells.formulas import joined
from segl_classifier.formats.content import Content
from segl_classifier.formats.ooxml.reader import read

CPR = "010190-1234"
ROW = ("Bo", "010190", "1234", "0101901234", 10190)  # A2 to E2


def workbook(*rows: Sequence[object], formats: Mapping[str, str] | None = None, change: str = "") -> Content:
    """A workbook with these rows, all of its formulas without a value; *change* is put into the formulas' ``v``."""
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    for cell, code in (formats or {}).items():
        book.active[cell].number_format = code
    out, changed = io.BytesIO(), io.BytesIO()
    book.save(out)
    with zipfile.ZipFile(out) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if change and name.endswith("sheet1.xml"):
                data = re.sub(rb"</f><v ?/>|</f><v></v>", b"</f><v>%s</v>" % change.encode(), data)
            new.writestr(name, data)
    return read(changed.getvalue(), "ark.xlsx", ALLOWANCE)


def sheet(content: Content) -> str:
    return next(passage.text for passage in content.passages if passage.place == "sheet Sheet")


@pytest.mark.parametrize(
    "formula",
    [
        *(
            '+B2&"-"&C2',
            'B2&"-"&C2',
            '$B$2&"-"&$C2',
            '((B2)&("-"&C2))',
            'IF(A2="","",B2&"-"&C2)',
            'B2&IF(C2="","","-"&C2)',
        ),
        *('CONCATENATE(B2,"-",C2)', '_xlfn.CONCAT(B2,"-",C2)', '_xlfn.TEXTJOIN("-",TRUE,B2:C2)'),
        *('TEXT(E2,"000000")&"-"&C2', 'LEFT(D2,6)&"-"&RIGHT(D2,4)', 'MID(D2,1,6)&"-"&MID(D2,7,4)'),
        *('SUBSTITUTE(B2," ","")&CHAR(45)&C2', 'REPT("0",1)&E2&"-"&C2', 'B2&"-"&SUBSTITUTE("x234","x",1)'),
        *('TEXT(D2,"000000-0000")', 'UPPER(TRIM(B2))&"-"&C2', 'HYPERLINK("https://x.example/",B2&"-"&C2)'),
    ],
)
@pytest.mark.parametrize("kept", ["", "0"])
def test_what_a_formula_joins_stands_in_its_cell(formula: str, kept: str) -> None:
    content = workbook(("Navn", "a", "b", "c", "d", "CPR"), (*ROW, f"={formula}"), change=kept)
    assert CPR in sheet(content).split("\n")[1].split("\t")[-1]
    assert content.lacks == ()


def test_a_date_is_joined_in_the_form_that_the_formula_names() -> None:
    content = workbook(
        ("Født", "Nr."), (32874, "1234", '=TEXT(A2,"ddmmyy")&"-"&B2'), formats={"A2": "dd-mm-yyyy"}
    )
    assert sheet(content).endswith(CPR)


def test_a_date_is_joined_piece_by_piece() -> None:
    formula = '=TEXT(DAY(A2),"00")&TEXT(MONTH(A2),"00")&RIGHT(YEAR(A2),2)&"-"&B2'
    content = workbook(("Født", "Nr."), (32874, "1234", formula), formats={"A2": "dd-mm-yyyy"})
    assert sheet(content).endswith(CPR)


def test_a_formula_may_name_another_that_joins_nothing_and_more_than_once() -> None:
    assert sheet(workbook(("=A2", '=A1&"-"&C1', "1234", '=A1&"-1235"'), ("010190",))).split("\n")[0] == (
        f"\t{CPR}\t1234\t010190-1235"
    )
    assert causes(workbook(("=Ark2!A2", '=A1&"-"&C1', "1234"))) == {Unreadable.UNKNOWN_TYPE}


def test_formulas_may_name_one_another_in_any_order() -> None:
    content = workbook(('=B1&"-"&C1', "=A2&B2", "=1234"), ("0101", "90", '=A1&""'))
    assert sheet(content) == f"{CPR}\t010190\n0101\t90\t{CPR}"


def test_a_formula_shared_by_cells_is_moved_with_them() -> None:
    book = openpyxl.Workbook()
    out = io.BytesIO()
    book.save(out)
    cells = "".join(
        f'<row r="{row}"><c r="A{row}" t="inlineStr"><is><t>0{row}0190</t></is></c><c r="B{row}" t="inlineStr"><is><t>'
        f'1234</t></is></c><c r="C{row}"><f t="shared" si="0"{end}</c></row>'
        for row, end in ((1, ' ref="C1:C2">A1&amp;"-"&amp;B1</f>'), (2, "/>"))
    )
    changed = io.BytesIO()
    with zipfile.ZipFile(out) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name.endswith("sheet1.xml"):
                data = f"<worksheet><sheetData>{cells}</sheetData></worksheet>".encode()
            new.writestr(name, data)
    assert sheet(read(changed.getvalue(), "", ALLOWANCE)).split()[2::3] == ["010190-1234", "020190-1234"]


@pytest.mark.parametrize(
    "formula", ['Ark2!A1&"-"&C2', "SWITCH(B2,1,2)&C2", "CHOOSE(2,B2,C2)&B2", "VLOOKUP(A2,A:C,2)&C2", "B2&"]
)
def test_what_cannot_be_worked_out_is_told(formula: str) -> None:
    assert causes(workbook(("Navn",), (*ROW, f"={formula}"))) == {Unreadable.UNKNOWN_TYPE}


@pytest.mark.parametrize(
    "formula",
    [
        *(
            "SUM(E2:E9)",
            "E2*1.25",
            "VLOOKUP(A2,A:C,2,FALSE)",
            "Ark2!A1",
            'COUNTIF(A:A,"Bo")',
            "B2",
            "TODAY()",
        ),
        *(
            'COUNTIF(A:A,">"&E2+1)',
            'SUMIFS(E:E,A:A,Ark2!A1&"*",B:B,"<"&E2*2)',
            "VLOOKUP(Ark2!A1&B2,A:C,2,FALSE)",
        ),
        *('IF(Ark2!A1&Ark2!B1="",0,1)', 'MATCH(Ark2!A1&"x",A:A,0)+1', "IF(E2>1,,A2)"),
        *('"I alt: "&E2*1.25', '"Uge "&WEEKNUM(TODAY())&"/"&YEAR(TODAY())', '-E2&" kr."'),
        *('SUM(E2:E9)&" timer"', '"Pr. "&TEXT(TODAY(),"dd-mm-yyyy")', 'IF(E2>0,"ja","nej")', 'A2&" "&E2'),
    ],
)
@pytest.mark.parametrize("kept", ["", "0"])
def test_ordinary_formulas_of_exports_are_not_told(formula: str, kept: str) -> None:
    content = workbook(("Navn", "a", "b", "c", "d", "e"), (*ROW, f"={formula}"), change=kept)
    assert content.lacks == ()
    assert CPR not in sheet(content)


@pytest.mark.parametrize(
    ("formula", "value"), [('Ark2!A1&"-"&C2', "12"), ('IF(A2="x",Ark2!A1&"-"&C2,0)', "0")]
)
def test_a_kept_value_is_believed(formula: str, value: str) -> None:
    content = workbook(("Navn",), (*ROW, f"={formula}"), change=value)
    assert content.lacks == ()
    assert sheet(content).endswith(f"\t{value}")


@pytest.mark.parametrize(
    "formula", ["(" * 8_000, "A1&" * 2_000 + "A1", "CONCAT(" * 1_000, '"' * 8_000, "IF(" * 500]
)
def test_formulas_made_to_do_harm_end(formula: str) -> None:
    joined(formula, lambda row, column: "x")


def test_a_text_that_doubles_in_each_cell_stays_as_long_as_a_cell_may_hold() -> None:
    content = workbook(("x" * 1_000,), *((f"=A{row}&A{row}",) for row in range(1, 100)))
    assert len(sheet(content)) < 4_000_000


@pytest.mark.parametrize("calls", [0, 1, 6])
def test_a_chain_of_a_thousand_cells_ends(calls: int) -> None:
    rows = [(f'={"TRIM(" * calls}A{row + 1}&"x"{")" * calls}', CPR) for row in range(1, 1_000)]
    content = workbook(*rows)
    assert causes(content) == {Unreadable.UNKNOWN_TYPE}
    assert CPR in sheet(content)  # all else is read


@given(st.text("AB12$:&,;()\"'=+<{}!.TEXTCONJ -", max_size=60))
def test_every_text_is_read_as_a_formula(formula: str) -> None:
    joined(formula, lambda row, column: f"{row}")


@pytest.mark.parametrize(
    "formula",
    [
        "A2&CHAR(10)&B2",
        '"Pris: "&FIXED(E2,2)&" kr."',
        'REPT("|",9)&A2',
        'SUBSTITUTE(A2,"o","e")&"!"',
        "REPT(A2,99999)&B2",
    ],
)
def test_what_ordinary_sheets_join_is_worked_out(formula: str) -> None:
    assert workbook(ROW, (*ROW, f"={formula}")).lacks == ()


@pytest.mark.parametrize(
    "formula", ['SUBSTITUTE(B2,"1","2",2)&"-"&C2', "CHAR(A2)&C2", "REPT(B2&C2,2)&C2", "CHAR(0)&C2"]
)
def test_what_is_not_worked_out_of_them_is_told(formula: str) -> None:
    assert causes(workbook(ROW, (*ROW, f"={formula}"))) == {Unreadable.UNKNOWN_TYPE}
