"""A personal number in four fields of a form: day, month, year and the last four digits."""

from __future__ import annotations

import pytest

from corpus.extracted import extract
from corpus.numbers import found
from corpus.pdf_by_hand import form, written
from segl.settings.detection import Limits
from segl_classifier.cpr.find import find_cpr
from segl_classifier.cpr.judging.score import THRESHOLD
from segl_classifier.evaluation.documents import MAKERS
from segl_classifier.parse import parse


@pytest.mark.parametrize(
    "text",
    [
        "Navn: Bo Holm\nDag: 12\nMåned: 03\nÅr: 1985\nSidste 4: 1002\n",
        "Fødselsdato\nDag: 12\nMåned: 3\nÅr: 85\nSidste 4 cifre: 1002",
        "Dag\n12\nMåned\n03\nÅr\n1985\nSidste 4\n1002",
        "Dag\t12\tMåned\t03\nÅr\t1985\tSidste fire\t1002",
        "Dag: 12 Måned: 03 År: 1985 Sidste 4: 1002",
        "Dag (DD): 12, måned (MM): 03, år (ÅÅÅÅ): 1985, sidste 4 cifre: 1002",
        "Dag: 12\nMåned: marts\nÅr: 1985\nSidste 4: 1002",
        "År: 1985\nMåned: 03\nDag: 12\nSidste 4: 1002",
        "Day: 12\nMonth: 3\nYear: 1985\nLast four digits: 1002",
        "Fødselsdag: 12\nFødselsmåned: 03\nFødselsår: 1985\nKontrolcifre: 1002",
        "CPR-nummer: Dag 12 Måned 03 År 85 Løbenr. 1002",
        "Dag: 12\nMaaned: 03\nAar: 1985\nSidste4: 1002",
        "Dag Måned År Sidste 4\n12 03 1985 1002",
        "Dag Måned År Sidste fire cifre\n\n12 / 3 / 85 - 1002",
        "Dag\tMåned\tÅr\tSidste 4\n12\t03\t1985\t1002",
        "Navn;Dag;Måned;År;Sidste fire\nBo Holm;12;marts;1985;1002",
        "Navn;Født år;Født md;Født dag;By;Løbenr.\nBo Holm;1985;3;12;Hals;1002",
        "| Dag | Måned | År | Sidste 4 |\n|---|---|---|---|\n| 12 | 03 | 1985 | 1002 |",
    ],
)
def test_four_fields_are_one_number(text: str) -> None:
    (finding,) = found(text)
    assert "1002" not in finding.excerpt
    assert finding.number == found("cpr 120385-1002")[0].number


@pytest.mark.parametrize(
    "text",
    [
        "Kortet udløber\nMåned: 03\nÅr: 2027\nSidste 4: 1002",
        "Dag: 12\nMåned: 03\nÅr: 1985\nSidste 4 cifre på kortet: 1002",
        "Dag: 12\nMåned: 11\nÅr: 2026\nSidste 4: 1002",
        "Dag: 12\nMåned: 03\nÅr: 1985\nLøbenr.: 1002",
        "Dag: 12\nMåned: 03\nÅr: 1985\nBeløb: 1002",
        "Dag: 12\nMåned: 13\nÅr: 1985\nSidste 4: 1002",
        "Dag: mandag\nMåned: marts\nÅr: 1985\nSidste 4: 1002",
        "Dag: 12\nMåned: 03\nDag: 14\nÅr: 1985\nDag: 16\nSidste 4: 1002",
        "Dag;Måned;År;Løbenr.\n12;3;1985;1002\n14;3;1985;1003",
        "Dag;Måned;År;Kort (sidste 4)\n12;3;1985;1002",
        "Dag;Måned;År;Sidste 4 uger\n12;3;1985;1002",
    ],
)
def test_other_fields_are_none(text: str) -> None:
    assert found(text) == []


def test_each_row_of_a_table_has_its_own() -> None:
    text = "Navn\tDag\tMåned\tÅr\tSidste 4 cifre\nBo Holm\t12\t3\t85\t1002\nAnna Lund\t7\t7\t61\t4285\n"
    assert {f.number for f in found(text)} == {f.number for f in found("cpr 120385-1002 og 070761-4285")}


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("CPR-nr.:\t7\t7\t61\t4285\nBy\tHals", 1),
        ("Ansøgers personnummer\t\t07\t07\t1961\t4285", 1),
        ("Navn;Bo\nCPR;70761;4285", 1),
        ("Navn\tCPR-nr.\t\t\t\tBy\nAnna\t7\t7\t61\t4285\tHals\nBo\t12\t3\t85\t1029\tHals", 2),
        ("Navn\tCPR\nAnna\t7\t7\t61\t4285", 1),
        ("CPR-nr.:\t7\t7\t1962\t4285", 0),
        ("CPR-nr.:\t7\t7\t2061\t4285", 0),
        ("CPR-nr.:\t7\t7\t61\t4286", 0),
        ("Antal CPR-numre\tFremmødt\n7\t7\t61\t4285", 0),
        ("Antal CPR-numre i uge\t7\t7\t61\t4285\t11", 0),
        ("Varer\t7\t7\t61\t4285", 0),
    ],
)
def test_cells_of_a_row_are_one_number_behind_or_below_its_name(text: str, count: int) -> None:
    """Cells of a sheet hold numbers, without zeros in front."""
    assert len(found(text)) == count


ROWS = "Navn\tDag\tMåned\tÅr\tSidste 4\nBo Holm\t12\t3\t1985\t1002"
FIELDS = [
    ("Text1", "12", 60, 700),
    ("Text2", "03", 160, 700),
    ("Text3", "1985", 260, 700),
    ("Text4", "1002", 360, 700),
]
LABELS = "\n".join(
    f"BT /F1 11 Tf {left} 725 Td ({label}) Tj ET"
    for label, left in (("Dag", 60), ("M\\345ned", 160), ("\\305r", 260), ("Sidste 4", 360))
)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.docx", MAKERS["docx"](ROWS)),
        ("a.xlsx", MAKERS["xlsx"](ROWS)),
        ("a.xlsx", MAKERS["xlsx"]("Dag\t12\nMåned\t3\nÅr\t1985\nSidste 4\t1002")),
        ("a.csv", ROWS.replace("\t", ";").encode("cp1252")),
        (
            "a.html",
            b"<table><tr><th>Dag<th>M&aring;ned<th>&Aring;r<th>Sidste 4<tr><td>12<td>3<td>1985<td>1002",
        ),
        (
            "a.html",
            b'<label>Dag</label><input value="12"><label>M&aring;ned</label><input value="03">'
            b'<label>&Aring;r</label><input value="1985"><label>Sidste 4</label><input value="1002">',
        ),
        ("a.pdf", form(FIELDS, written("Skema") + "\n" + LABELS)),
    ],
)
def test_files_have_them_too(name: str, data: bytes) -> None:
    head = f'Subject: x\r\nContent-Type: application/octet-stream; name="{name}"\r\n'
    raw = (
        f"{head}Content-Disposition: attachment\r\nContent-Transfer-Encoding: binary\r\n\r\n".encode() + data
    )
    texts, _ = extract(parse(raw, Limits()), Limits())
    assert any(f.score >= THRESHOLD for text in texts for f in find_cpr(text))
