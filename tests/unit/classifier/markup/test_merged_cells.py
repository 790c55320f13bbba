"""Cells over several rows or columns, as Excel and Word merge them: what stands below a heading stays below it."""

from __future__ import annotations

import io

import docx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.lists import found, letter, told
from corpus.reading import ALLOWANCE, text_of
from segl_classifier.cpr.find import find_cpr
from segl_classifier.cpr.hidden import hidden
from segl_classifier.cpr.judging.score import THRESHOLD
from segl_classifier.formats.ooxml.reader import read
from segl_classifier.layout.tidy import closed_up
from segl_classifier.markup.attributes import columns_spanned, rows_spanned
from segl_classifier.markup.html import read_html
from segl_classifier.message import Source, Text

A, B, C = "0707614284", "1503721236", "2211801111"  # without modulus 11: the heading speaks for them


def part(markup: str) -> Text:
    return letter(read_html(markup).text)


def counted(text: Text, least: float = THRESHOLD) -> set[int]:
    return {finding.number for finding in find_cpr(text) if finding.score >= least}


HEADED = "<table><tr><th>Afdeling<th>Navn<th>CPR</tr>"
ROWS = f"<tr><td>Bo<td>07-07-61<td>{A}<tr><td>Per<td>15-03-72<td>{B}<tr><td>Lis<td>22-11-80<td>{C}"

MERGED = {
    "a heading of two rows": "<table><tr><th rowspan=2>Navn</th><th colspan=2>Borger</th></tr>"
    f"<tr><th>Født</th><th>CPR</th></tr>{ROWS}</table>",
    "without its end tags": f"<table><tr><th rowspan=2>Navn<th colspan=2>Borger<tr><th>Født<th>CPR{ROWS}",
    "with an empty corner": f"<table><tr><td rowspan=2><td colspan=2>Borger<tr><td>Født<td>CPR{ROWS}",
    "of three rows": "<table><tr><th rowspan=3>Navn<th colspan=2>Borger<tr><th colspan=2>Oplysninger"
    f"<tr><th>Født<th>CPR{ROWS}",
    "in a head of its own": "<table><thead><tr><th rowspan=9>Navn<th colspan=2>Borger<tr><th>Født<th>CPR</thead>"
    f"<tbody>{ROWS}</tbody></table>",
    "a group": f"{HEADED}<tr><td rowspan=3>Nord</td><td>Bo</td><td>{A}</td></tr><tr><td>Per</td><td>{B}</td></tr>"
    f"<tr><td>Lis</td><td>{C}</td></tr></table>",
    "a group as Excel writes it": f"{HEADED}\n <tr height=20>\n  <td rowspan='3' height=\"60\">Nord</td>\n"
    f"  <td>Bo</td>\n  <td>{A}</td>\n </tr>\n <tr>\n  <td>Per</td>\n  <td>{B}</td>\n </tr>\n <tr>\n"
    f"  <td>Lis</td>\n  <td>{C}</td>\n </tr>\n</table>",
    "as Word does": f"{HEADED}<tr><td ROWSPAN=3><p class=MsoNormal>Nord<o:p></o:p></p></td><td><p>Bo</p></td><td><p>{A}"
    f"</p></td></tr><tr><td><p>Per</p></td><td><p>{B}</p></td></tr><tr><td><p>Lis</p></td><td><p>{C}</p></td></tr></table>",
    "a group up to the end": f"{HEADED}<tr><td rowspan=0>Nord<td>Bo<td>{A}<tr><td>Per<td>{B}<tr><td>Lis<td>{C}",
    "beyond the end": f"{HEADED}<tr><td rowspan=70000>Nord<td>Bo<td>{A}<tr><td>Per<td>{B}<tr><td>Lis<td>{C}",
    "an empty group": f"{HEADED}<tr><td rowspan=3>&nbsp;<td>Bo<td>{A}<tr><td>Per<td>{B}<tr><td>Lis<td>{C}",
    "two groups": f"{HEADED}<tr><td rowspan=3>Nord<td rowspan=2>Bo<td>{A}<tr><td>{B}<tr><td>Lis<td>{C}",
    "a group in the middle": "<table><tr><th>Navn<th>Hold<th>CPR"
    f"<tr><td>Bo<td rowspan=3>Nord<td>{A}<tr><td>Per<td>{B}<tr><td>Lis<td>{C}",
    "across the table": f"{HEADED}<tr><td colspan=3>Samlet<tr><td>Nord<td>Bo<td>{A}<tr><td>Nord<td>Per<td>{B}"
    f"<tr><td colspan=3>Syd<tr><td>Nord<td>Lis<td>{C}",
    "over two columns": "<table><tr><th>Afdeling<th>Hold<th>Navn<th>CPR"
    f"<tr><td rowspan=3 colspan=2>Nord<td>Bo<td>{A}<tr><td>Per<td>{B}<tr><td>Lis<td>{C}",
    "in a list of two columns": f"<table><tr><td>Hold<td>CPR<tr><td rowspan=3>Nord<td>{A}<tr><td>{B}<tr><td>{C}",
    "in a table within another": f"<table><tr><td>Hej<td rowspan=2>Per<td>{HEADED}<tr><td rowspan=3>Nord<td>Bo<td>{A}"
    f"<tr><td>Per<td>{B}<tr><td>Lis<td>{C}</table></table>",
}


@pytest.mark.parametrize("markup", MERGED.values(), ids=MERGED)
def test_numbers_stand_below_their_heading(markup: str) -> None:
    text = part(markup)
    assert len(counted(text, least=1.0)) == 3  # as below a plain heading
    masked = hidden(text)
    assert len(masked) == len(text.text)
    assert not any(number[-4:] in masked for number in (A, B, C))


@pytest.mark.parametrize(
    "merged", ["a group", "two groups", "a group in the middle", "in a list of two columns"]
)
def test_below_another_heading_they_do_not_count(merged: str) -> None:
    assert counted(part(MERGED[merged].replace("CPR", "Ordrenr."))) == set()


def test_a_table_within_a_cell_leaves_the_rows_beside_it() -> None:
    within = "<table><tr><td rowspan=2>a<td>b<td>c<tr><td>d<td>e</table>"
    text = part(f"<table><tr><td rowspan=3>Nord{within}<td>f<td>g<tr><td>h<td>i<tr><td>j<td>k</table>").text
    assert text.split("\n") == ["Nord", "a\tb\tc", "\x1f\td\te", "f\tg", "\x1f\th\ti", "\x1f\tj\tk"]


@pytest.mark.parametrize(
    ("markup", "says"),
    [
        (MERGED["a heading of two rows"], "Navn: Per, Født: 00-00-00, CPR: 0000000000"),
        (MERGED["a group"], "Navn: Per, CPR: 0000000000"),
    ],
)
def test_what_stands_in_a_row_is_named(markup: str, says: str) -> None:
    assert says in told(part(markup))


OWED = (
    "<table><tr><th rowspan=2>{}<th colspan=2>Økonomi<tr><th>{}<th>Husleje<tr><td>Anna Lund<td>4500<td>9000"
)


def test_a_name_in_the_first_row_of_a_heading_is_of_the_second() -> None:
    rows = "<tr><td>Bo Bro<td>300<td>8000<tr><td>Carl Toft<td>20<td>7000"
    assert found(part(OWED.format("Lejer", "Restance") + rows)) == {"column.overdue"}
    assert found(part(OWED.format("Lejer", "Lokale") + rows)) == set()
    assert found(part(OWED.format("Navn", "Sygedage") + rows)) == {"column.work"}
    assert found(part(OWED.format("Vare", "Sygedage") + rows)) == set()


Merge = tuple[int, int, int, int]  # from which row and column to which
WORD: dict[str, tuple[list[tuple[str, ...]], Merge]] = {
    "a name over two columns": ([("Navn", "", "CPR", "Nr."), ("Bo", "Bro", A, "x"), ("", "", B, "y")], (0, 0, 0, 1)),
    "an entry over two": ([("Hold", "Navn", "CPR"), ("Nord", "Bo", A), ("Nord og syd", "", B)], (2, 0, 2, 1)),
    "a title": ([("Listen", "", ""), ("Hold", "Navn", "CPR"), ("Nord", "Bo", A), ("", "Per", B)], (0, 0, 0, 2)),
    "a row": ([("Hold", "Navn", "CPR"), ("Samlet", "", ""), ("Nord", "Bo", A), ("Syd", "Per", B)], (1, 0, 1, 2)),
    "a group": ([("Hold", "Navn", "CPR"), ("Nord", "Bo", A), ("", "Per", B)], (1, 0, 2, 0)),
}  # fmt: skip


@pytest.mark.parametrize(("rows", "merge"), WORD.values(), ids=WORD)
def test_so_they_do_in_a_file_of_word(rows: list[tuple[str, ...]], merge: Merge) -> None:
    document = docx.Document()
    table = document.add_table(len(rows), len(rows[0]))
    for number, row in enumerate(rows):
        for column, cell in enumerate(row):
            table.cell(number, column).text = cell
    table.cell(*merge[:2]).merge(table.cell(*merge[2:]))
    file = io.BytesIO()
    document.save(file)
    told = text_of(read(file.getvalue(), "liste.docx", ALLOWANCE))
    text = Text(told, "part 2", Source.ATTACHMENT)
    assert len(counted(text, least=1.0)) == 2
    assert not any(line.endswith(("\t", "\x1f")) for line in told.split("\n"))


LAID_OUT = {
    "a signature": "<table><tr><td rowspan=3>Firma<td>Anna Lund<tr><td>Konsulent<tr><td>Tlf. 12 34 56 78</table>",
    "a signature beside a picture": "<table><tr><td rowspan=4><img src=x><td width=9><td>Anna Lund"
    "<tr><td>Konsulent<tr><td>Tlf. 12 34 56 78</table>",
    "lines with room around them": "<table><tr><td rowspan=3>&nbsp;<td>Kære Per<td rowspan=3>&nbsp;"
    "<tr><td>Her er det.<tr><td>Hilsen Lis</table>",
    "a cell over no other": "<table><tr><td rowspan=1>a<td>b<td>c<tr><td>d<td>e<td>f</table>",
    "over too few": "<table><tr><td rowspan=-3>a<td>b<td>c<tr><td>d<td>e<td>f</table>",
    "over what is no number": "<table><tr><td rowspan=alle>a<td>b<td>c<tr><td>d<td>e<td>f</table>",
    "in the head alone": "<table><thead><tr><td rowspan=5>a<td>b<td>c<tbody><tr><td>d<td>e<td>f</table>",
    "in the table before": "<table><tr><td rowspan=5>a<td>b<td>c</table><table><tr><td>d<td>e<td>f</table>",
    "in a table within": "<table><tr><td>a<table><tr><td rowspan=5>a<td>b<td>c</table><td>b<tr><td>d<td>e</table>",
    "for a template": "<table><tr><td data-rowspan=3>a<td>b<td>c<tr><td>d<td>e<td>f</table>",
}


@pytest.mark.parametrize("markup", LAID_OUT.values(), ids=LAID_OUT)
def test_what_is_laid_out_in_cells_reads_as_before(markup: str) -> None:
    assert part(markup).text == part(markup.replace("rowspan", "lang")).text


@pytest.mark.parametrize(
    ("attributes", "rows"),
    [
        ("", 1), ("rowspan", 1), ("rowspan=''", 1), ("rowspan=x", 1), ("rowspan=-2", 1), ("rowspan=1", 1),
        ("rowspan=2", 2), ("class=x rowspan = ' 02 '", 2), ('ROWSPAN="12"', 12), ("rowspan=3.5", 3),
        ("rowspan=+4px", 4), ("rowspan=0", 65_534), ("rowspan=000", 65_534), ("rowspan=65535", 65_534),
        ("rowspan=" + "9" * 5_000, 65_534), ("rowspan=2 rowspan=3", 2), ("rowspan=\u0663", 1),
        ('data-rowspan="3"', 1), ("x.rowspan=3", 1), ('title="rowspan=3"', 1), ('data-rowspan=3 class="a"rowspan=2', 2),
    ],
)  # fmt: skip
def test_how_many_rows_a_cell_takes(attributes: str, rows: int) -> None:
    assert rows_spanned(attributes) == rows


@pytest.mark.parametrize(
    ("attributes", "columns"),
    [("", 1), ("colspan=3", 3), ("class=x COLSPAN = '03'", 3), ("colspan=100", 1), ('data-colspan="3"', 1)],
)
def test_how_many_columns_a_cell_takes(attributes: str, columns: int) -> None:
    assert columns_spanned(attributes) == columns


@pytest.mark.parametrize(
    "markup",
    [
        "<table>" + ("<tr>" + "<td rowspan=65535 colspan=99>a" * 99) * 50,
        "<table>" + ("<tr>" + "<td rowspan=65535>a" * 1_000) + "<tr><td>b" * 1_000,
        "<table><tr><td rowspan=0 colspan=1000>a<td>b<td>c" * 1_000,
    ],
    ids=["wide cells", "many cells", "tables"],
)
def test_what_is_covered_is_no_more_than_lists_have(markup: str) -> None:
    assert part(markup).text.count("\x1f") < 20 * 50_000


TAGS = [
    "<table>", "</table>", "<tr>", "</tr>", "<td>", "</td>", "<td rowspan=2>", "<th rowspan=3 colspan=2>",
    "<td rowspan=0>", "<td colspan=3>", "<tbody>", "</thead>", "a", "12", " ", "<br>", "<p>", "<pre>a  b</pre>",
]  # fmt: skip


@given(st.lists(st.sampled_from(TAGS), max_size=40))
def test_whatever_is_covered_the_words_are_the_same(tags: list[str]) -> None:
    markup = "".join(tags)
    plain = part(markup.replace("rowspan", "lang"))
    text = part(markup)
    assert closed_up(text.text).replace("\x1e", "").split() == closed_up(plain.text).split()
    assert len(hidden(text)) == len(text.text)
