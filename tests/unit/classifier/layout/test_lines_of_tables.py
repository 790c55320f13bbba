"""What a row is: line ends of all kinds, those within a cell, empty lines, blanks before it, and a row by itself."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus import lists
from corpus.lists import sheet
from segl_classifier.cpr.find import find_cpr
from segl_classifier.cpr.hidden import hidden
from segl_classifier.cpr.judging.score import THRESHOLD
from segl_classifier.formats.cells.lost_zeros import restored
from segl_classifier.layout.paragraphs import lines_ended
from segl_classifier.layout.tidy import closed_up
from segl_classifier.markup.html import read_html

NUMBERS = "0707614284", "1503721236", "2211801111"  # without modulus 11: the heading speaks for them


def told(text: str) -> str:
    return lists.told(sheet(text))


def found(text: str) -> set[str]:
    return lists.found(sheet(text))


def numbers(text: str) -> int:
    return sum(finding.score >= THRESHOLD for finding in find_cpr(sheet(text)))


def quoted(cell: str, separator: str) -> str:
    broken = any(sign in cell for sign in f'\n\r\v\u2028"{separator}')
    return '"{}"'.format(cell.replace('"', '""')) if broken else cell


def csv(rows: Sequence[tuple[str, ...]], separator: str, end: str = "\r\n") -> str:
    return "".join(separator.join(quoted(cell, separator) for cell in row) + end for row in rows)


def page(rows: Sequence[tuple[str, ...]], head: str = "th") -> str:
    """A table as mail programs write it."""
    tags = [head] + ["td"] * (len(rows) - 1)
    lines = ("".join(f"<{t}>{c}</{t}>" for c in row) for t, row in zip(tags, rows, strict=True))
    return read_html("<table>" + "".join(f"<tr>\n {line}\n </tr>" for line in lines) + "</table>").text


@pytest.mark.parametrize("separator", [";", ",", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize("within", ["\n", "\r\n", "\n\n", "\r", "\v", "\u2028"], ids=ascii)
def test_a_line_that_ends_within_a_cell_ends_no_row(separator: str, end: str, within: str) -> None:
    remark = f'Ringet i går; lovede, "snart"{within}at betale. ' + "Det går nok. " * 12
    rows = [("Navn", "Note", f"Restance{within}i kr."), ("Anna Lund", remark, "4500"), ("Bo Bro", "", "300")]
    text = csv([*rows, ("Carl Toft", f"a{within}b", "20")], separator, end)
    assert "Navn: Bo Bro, Restance i kr.: 300" in told(text)
    assert "Navn: Carl Toft, Note: a b, Restance i kr.: 20" in told(text)
    assert found(text) == {"column.overdue"}
    assert found(text.replace("Restance", "Lokale")) == set()


@pytest.mark.parametrize(
    ("broken", "whole"),
    [
        ("Restance<br>i kr.", "Restance i kr."),
        ("<p>Restance</p><p>i kr.</p>", "Restance i kr."),
        ("<div>Restance</div>\n<div>&nbsp;</div>\n<div>i kr.</div>", "Restance i kr."),
        ("\n  <p class=x><b>Restance<br>\n  i kr.<o:p></o:p></b></p>\n  ", "Restance i kr."),
    ],
)
@pytest.mark.parametrize("head", ["td", "th"])
def test_a_cell_of_a_page_has_several_lines(head: str, broken: str, whole: str) -> None:
    text = page([("Lejers<br>navn", broken), ("Anna<br>Lund", "4500"), ("Bo Bro", "300<br>kr.")], head)
    assert told(text) == f"Lejers navn, {whole} Lejers navn: Anna Lund, {whole}: 4500 " + (
        f"Lejers navn: Bo Bro, {whole}: 300 kr."
    )
    assert found(text) == {"column.overdue"}


def test_so_it_has_in_a_table_within_another() -> None:
    rows = "<tr><th>Navn</th><th>Restance<br>i kr.</th></tr><tr><td>Bo</td><td>30</td></tr>"
    inner = read_html(f"<table><tr><td>Hej<br>Per<table>{rows}</table>Hilsen<br>Lis</td></tr></table>").text
    assert closed_up(inner) == "Hej\nPer\nNavn\tRestance\ni kr.\nBo\t30\nHilsen\nLis"
    assert told(inner) == "Hej Per Navn, Restance i kr. Navn: Bo, Restance i kr.: 30 Hilsen Lis"


@pytest.mark.parametrize(
    "rows",
    [
        [("", "Anna Lund<br>Konsulent<br>Tlf. 12 34 56 78")],
        [("Nyt fra os<br>i maj", "x" * 80), ("<p>Kære Per</p><p>Her er nyt.</p>", "Mere<br>nyt")],
        [("Logo", "Firma"), ("Hej", "Kære Per<br>" + "Her er mere om det. " * 60)],
        [("Logo", "Firma"), ("", "Kære Per<br>" + "Her er mere om det. " * 60), ("Hilsen", "Lis")],
        [("Logo", "", "Firma"), ("", "Kære Per<br>" + "Her er mere om det. " * 60, "")],
        [("Nyt", "Kultur", "Sport"), ("a", "b", "c", "d"), ("e<br>f", "g"), ("h<br>i", "j", "k")],
    ],
    ids=[
        "a signature",
        "columns",
        "a letter in a cell",
        "and a greeting",
        "in three columns",
        "rows of all widths",
    ],
)
def test_what_is_laid_out_in_cells_is_no_list(rows: list[tuple[str, ...]]) -> None:
    assert "\x1f" not in page(rows, "td")


LISTED = [("Navn", "Note", "CPR"), *(("Bo Bro", "Ringet<br>op", number) for number in NUMBERS)]
ODD = {
    "a row of one cell more": [*LISTED, ("I alt", "3", "", "x")],
    "a heading of one cell more": [(*LISTED[0], "&nbsp;x"), *LISTED[1:]],
    "a row of one less": [*LISTED, ("I alt", "3")],
    "two odd rows among many": [*LISTED, *LISTED[1:] * 2, ("I alt", "9"), ("Nord", "3", "", "x")],
    "a row of one cell": [("Nord",), *LISTED],
    "a long note": [*LISTED, ("Per", "Ringet op. " * 110, "")],
    "two long notes": [*LISTED, ("Per", "Ringet op. " * 110, ""), ("Lis", "Ringet op. " * 140, "")],
    "a long note in a list of two columns": [
        *(row[1:] for row in (*LISTED, *LISTED[1:])),
        ("Ringet op. " * 110, "&ndash;"),
    ],
}


@pytest.mark.parametrize("rows", ODD.values(), ids=ODD)
def test_one_odd_row_tears_no_other(rows: list[tuple[str, ...]]) -> None:
    text = page(rows)
    assert numbers(text) == sum(row[-1] in NUMBERS for row in rows)
    assert "Note: Ringet op" in told(text)


@pytest.mark.parametrize("separator", [";", ",", "\t"])
@pytest.mark.parametrize(
    "heading", [("Navn", "Note", "CPR"), ("Navn", "Note", "CPR\nnr."), ("Borgers\nnavn", "", "Borgers\nCPR")]
)
@pytest.mark.parametrize("note", ["", "a\nb", "a\n\nb; c"])
def test_numbers_stand_below_their_heading(separator: str, heading: tuple[str, ...], note: str) -> None:
    rows = [heading, *(("Bo", note, number) for number in NUMBERS)]
    assert numbers(csv(rows, separator)) == len(NUMBERS)
    assert numbers(page([tuple(cell.replace("\n", "<br>") for cell in row) for row in rows])) == len(NUMBERS)


@pytest.mark.parametrize("end", ["\r", "\u2028", "\v"], ids=ascii)
def test_so_they_do_whatever_ends_the_lines(end: str) -> None:
    assert numbers(end.join(["Navn;CPR", *(f"Bo;{number}" for number in NUMBERS)]) + "\r\n") == len(NUMBERS)


def test_zeros_come_back_below_their_heading() -> None:
    rows = [("Note", "CPR"), ("a\nb;c", "707614285"), ("d", "150372123"), ("e\nf\ng", "211801111")]
    assert "0707614285" in restored(csv(rows, ";"))


def test_a_number_in_two_lines_of_a_cell_is_shown_masked() -> None:
    text = sheet(page([("Navn", "CPR"), ("Bo", "070761<br>4285"), ("Anna", "0707614285")]))
    assert numbers(text.text) == 2
    assert "4285" not in hidden(text)
    assert len(hidden(text)) == len(text.text)


@pytest.mark.parametrize("end", ["\r", "\u2028", "\u2029", "\v", "\u0085"], ids=ascii)
@pytest.mark.parametrize("last", ["", "\r\n", "\n"], ids=["none", "CRLF", "LF"])
def test_lines_end_in_other_ways(end: str, last: str) -> None:
    text = end.join(("Navn;Restance", "Jens Holm;4500", "Anna Lund;2300", "Bo Bro;1")) + last
    assert "Navn: Anna Lund, Restance: 2300" in told(text)
    assert found(text) == {"column.overdue"}


@pytest.mark.parametrize(
    "text",
    [
        "Navn;Note\r\nBo;a\vb\r\nAnna;c\rd\r\n",  # within a cell without quotation marks
        "Navn;Note\r\r\nBo;a\r\r\n",
        'Han sagde, "kom\nhjem", og gik.\n"Vi ses\ni morgen", sagde hun.',
        'Rør 5"\nRør 6";7\n"8\n9"\n',
        'a;"' + "b\n" * 3_000 + 'x";',
        'Navn;Note;CPR\nBo;"a;1\nPer;b;2\nLis;5";3\n',  # a mark without its fellow, and one for inches
        'Navn,CPR\n"Bo,1\nPer,2\nLis",3\n',
    ],
    ids=ascii,
)
def test_other_lines_stay_as_they_are(text: str) -> None:
    assert lines_ended(text) == text


@given(st.text(st.sampled_from('a"";,\t\n\r\v\u2028\u0085 '), max_size=60))
def test_each_character_stays_in_its_place(text: str) -> None:
    ended = lines_ended(text)
    assert [c for c in ended if not c.isspace()] == [c for c in text if not c.isspace()]
    assert [c.isspace() for c in ended] == [c.isspace() for c in text]
    assert lines_ended(ended) == ended


PAIRS = {
    "figures below words": ("Navn,Restance\nAnna Lund,4500", "Restance", "Lokale"),
    "every cell quoted": ('"Navn","Restance"\r\n"Lund, Anna","4500"\r\n', "Restance", "Lokale"),
    "several columns": ("Navn,Adresse,Diagnose\nAnna Lund,Vejle,gigt\n", "Diagnose", "Lokale"),
    "lined up": ("Navn         By       Restance\nAnna Lund    Vejle        4500", "Restance", "  Lokale"),
}


@pytest.mark.parametrize(("text", "word", "other"), PAIRS.values(), ids=PAIRS)
def test_a_list_has_one_row(text: str, word: str, other: str) -> None:
    assert len(found(text)) == 1
    assert found(text.replace(word, other)) == set()


@pytest.mark.parametrize("behind", ["\t", " \t ", "\u2003", "\u3000 ", "\x0b"], ids=ascii)
def test_white_space_at_the_ends_of_a_line_is_no_cell(behind: str) -> None:
    rows = "Navn        Diagnose   Alder", "Jens Holm   Astma      45"
    for first, last in ((behind, ""), ("", behind)):
        text = f"{rows[0]}  {first}\n{rows[1]}  {last}"
        assert "Navn: Jens Holm, Diagnose: Astma, Alder: 45" in told(text)
        assert found(text) == found("\n".join(rows)) != set()


@pytest.mark.parametrize(
    "prose",
    [
        "Restance, rykker, ja\nBo, Per og Lis, 4500",
        "Bo,han er i restance\nog Lis,hun er her",
        "Er han i restance?  Ja.  Det er han\nSig til.  Vi ses.  Lis 12",
        "Hej Per,\nHilsen,Lis",
    ],
)
def test_two_lines_of_prose_are_no_list(prose: str) -> None:
    assert told(prose) == " ".join(prose.split())


APART = {
    "a title touches the heading": "Listen for maj\nNavn;Restance\n\nAnna Lund;4500\n\nBo Bro;300",
    "a sentence does": "Her er listen, som du bad om i går.\nNavn|Restance\n\nAnna Lund|4500\nBo Bro|300",
    "with tabs": "Listen\nNavn\tRestance\n\nAnna Lund\t4500\n\nBo Bro\t300",
    "with commas": "Listen\nNavn,Restance,By\n\nAnna Lund,4500,Ry\n\nBo Bro,300,Ry",
    "no title": "Navn;Restance\n\nAnna Lund;4500\n\nBo Bro;300",
    "lined up": "Navn       Restance\nCarl Toft  0\nDorte Dal  0\n\nAnna Lund  4500\nErik Riis  0\n\nBo Bro     300",
    "figures lined up, and quoted": "> Navn       By  Restance\n"
    "> Carl Toft  Ry         0\n> Dorte Dal             0\n>\n> Anna Lund          4500\n>\n> Bo Bro              300",
}


@pytest.mark.parametrize("text", APART.values(), ids=APART)
def test_a_table_goes_on_behind_empty_lines(text: str) -> None:
    assert "Navn: Anna Lund, Restance: 4500" in told(text).replace(", By: Ry", "")
    assert "Navn: Bo Bro, Restance: 300" in told(text).replace(", By: Ry", "")
    assert found(text) == {"column.overdue"}


@pytest.mark.parametrize(
    "prose",
    [
        "Hej; her er det.\n\nJa; tak for det.",
        "Her er det, som du, Per, bad om\n\nBo, Lis, Per kommer",
        "Det er godt.  Vi ses.\nDet er fint.  Vi ses.\nDet er sagt.  Vi ses.\n\nTak for det.  Vi ses.",
    ],
)
def test_prose_with_empty_lines_stays_as_it_is_written(prose: str) -> None:
    assert told(prose) == " ".join(prose.split())


GROUPED = (
    "Afdeling      Navn          Sygedage",
    "Lager         Carl Toft            0",
    "              Anna Lund           12",
    "              Bo Bro               9",
    "Kontor        Dorte Dal            0",
)


@pytest.mark.parametrize("lead", ["", "   ", "> ", ">", ">> ", "> >  ", ">    "], ids=repr)
def test_blanks_before_a_row_are_of_its_columns(lead: str) -> None:
    rows = "\n".join(lead + row for row in GROUPED)
    assert "Navn: Anna Lund, Sygedage: 12 Navn: Bo Bro, Sygedage: 9 Afdeling: Kontor" in told(rows)


@pytest.mark.parametrize("lead", ["", " ", "   "], ids=repr)
@pytest.mark.parametrize("around", ["<pre>{}</pre>", "<pre>\n{}\n</pre>", "<p>Se</p><pre><b>{}</b></pre>"])
def test_so_they_are_on_a_page(around: str, lead: str) -> None:
    text = read_html(around.format("\n".join(lead + row for row in GROUPED))).text
    assert "Navn: Anna Lund, Sygedage: 12 Navn: Bo Bro, Sygedage: 9 Afdeling: Kontor" in told(text)
