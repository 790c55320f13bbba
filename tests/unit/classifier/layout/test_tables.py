"""Tables as they arrive: whatever stands above, between and around the rows, each keeps the meaning of its columns."""

from __future__ import annotations

import pytest

from corpus import growth, lists
from segl_classifier.markup.html import read_html

ROWS = [("Anna Lund", "Hold 1", "gigt"), ("Bo Bro", "Hold 2", "kol"), ("Carl Toft", "Hold 1", "gigt")]
HEADING = ("Navn", "Hold", "Diagnose")


def told(text: str) -> str:
    return lists.told(lists.sheet(text))


def table(separator: str, *, above: str = "", between: str = "\n") -> str:
    return above + between.join(separator.join(cells) for cells in (HEADING, *ROWS))


@pytest.mark.parametrize("separator", ["\t", ";", "|", ","])
@pytest.mark.parametrize(
    ("above", "between"),
    [
        pytest.param("", "\n", id="nothing else"),
        pytest.param("Oversigt over holdene\n", "\n", id="a caption"),
        pytest.param("Oversigt{0}Udskrevet 28-11-2026\n", "\n", id="a title and a date"),
        pytest.param("Oversigt{0}Udskrevet 28-11-2026{0}Side 12\n", "\n", id="a row of the same width"),
        pytest.param("", "\n\n", id="empty lines between all rows"),
    ],
)
def test_every_row_keeps_its_headings(separator: str, above: str, between: str) -> None:
    text = told(table(separator, above=above.format(separator), between=between))
    for name, team, illness in ROWS:
        assert f"Navn: {name}, Hold: {team}, Diagnose: {illness}" in text


@pytest.mark.parametrize("separator", ["\t", ";", "|", ","])
def test_a_quoted_table_is_a_table(separator: str) -> None:
    quoted = "\n".join(f"> {line}" for line in table(separator).split("\n"))
    assert "Navn: Bo Bro, Hold: Hold 2, Diagnose: kol" in told(f"Se her\n\n{quoted}")


def test_columns_may_be_lined_up_by_blanks() -> None:
    text = told("\n".join("".join(f"{cell:<14}" for cell in cells) for cells in (HEADING, *ROWS)))
    assert "Navn: Bo Bro, Hold: Hold 2, Diagnose: kol" in text


def test_where_some_columns_are_empty_each_cell_stays_below_its_heading() -> None:
    rows = (
        "Navn          Gluten  Nødder",
        "Anna Lund     x",
        "Bo Bro",
        "Carl Toft             x",
        "Dorte Dal     x       x",
    )
    text = told("\n".join(rows))
    assert "Navn: Anna Lund, Gluten: x Bo Bro Navn: Carl Toft, Nødder: x" in text
    assert "Navn: Dorte Dal, Gluten: x, Nødder: x" in text


def test_figures_are_set_right() -> None:
    rows = (
        "Navn          Skade  Beløb",
        "Anna Lund            1.250",
        "Bo Bro        ryg",
        "Carl Toft              300",
    )
    text = told("\n".join(rows))
    assert "Navn: Anna Lund, Beløb: 1.250 Navn: Bo Bro, Skade: ryg Navn: Carl Toft, Beløb: 300" in text


def test_headings_are_shortened() -> None:
    text = told("Init.   Tlf.   Årsag\nAL      12     gigt\nBB      13     kol\nCT      14     gigt")
    assert "Init.: BB, Tlf.: 13, Årsag: kol" in text


@pytest.mark.parametrize("separator", ["\t", ";", "|"])
def test_prose_stands_right_above_and_below_a_table(separator: str) -> None:
    """Letters in HTML have no empty lines."""
    around = "Kære alle\nHer er listen, som vi talte om.\n{}\nSig til. Der er mere.\nGod weekend\nLis"
    text = told(around.format(table(separator)))
    assert (
        "Her er listen, som vi talte om. Navn, Hold, Diagnose Navn: Anna Lund, Hold: Hold 1, Diagnose: gigt"
        in text
    )
    assert "Diagnose: gigt Sig til. Der er mere. God weekend Lis" in text


def test_prose_between_the_rows_of_a_table_leaves_them_their_headings() -> None:
    more = "Erik Riis\tHold 3\tgigt\nFie Rask\tHold 3\tkol"
    text = told(f"{table(chr(9))}\nDe næste to er først kommet til her i går eftermiddags.\n{more}")
    assert "Navn: Fie Rask, Hold: Hold 3, Diagnose: kol" in text


def test_below_prose_another_table_has_its_own_heading() -> None:
    other = "Navn\tLokale\tTid\nErik Riis\tnord\ttidlig\nFie Rask\tsyd\tsen"
    text = told(f"{table(chr(9))}\nOg her er fordelingen på lokalerne, som I bad om i går.\n{other}")
    assert "Navn: Fie Rask, Lokale: syd, Tid: sen" in text


def test_columns_of_a_page_are_lined_up_too() -> None:
    rows = "Navn       Hold    Diagnose\nAnna Lund  nord    gigt\nBo Bro     syd     kol\nCarl Toft  nord    gigt"
    for page in (f"<p>Se her</p><pre>{rows}</pre>", rows.replace("  ", "&nbsp; ").replace("\n", "<br>")):
        assert "Navn: Bo Bro, Hold: syd, Diagnose: kol" in told(read_html(page).text)


def test_tabs_of_a_page_that_is_shown_as_it_is_written_line_up() -> None:
    page = read_html("<pre>Navn\tDiagnose\nAnna\tgigt\nBo\tkol</pre>")
    assert "Navn: Anna, Diagnose: gigt" in told(page.text)


def test_a_cell_over_two_columns_counts_as_two() -> None:
    heading = "<tr><th colspan='2'>Navn<th>Diagnose</tr>"
    page = read_html(
        f"<table>{heading}<tr><td>Anna<td>Lund<td>gigt</tr><tr><td>Bo<td>Bro<td>kol</tr></table>"
    )
    assert "Navn: Anna, Lund, Diagnose: gigt" in told(page.text)


def test_an_empty_line_ends_no_table() -> None:
    text = told("Navn;Hold;Diagnose\nAnna Lund;Hold 1;nej\n\nBo Bro;Hold 2;ja\nCarl Toft;Hold 1;nej")
    assert "Navn: Bo Bro, Hold: Hold 2, Diagnose: ja" in text
    assert "Navn: Carl Toft, Hold: Hold 1, Diagnose: nej" in text


def test_behind_an_empty_line_another_table_has_its_own_heading() -> None:
    text = told("Navn;Diagnose\nAnna Lund;gigt\nBo Bro;kol\n\nMåned;Forbrug\njanuar;12\nfebruar;14")
    assert "Måned: januar, Forbrug: 12" in text
    assert "Diagnose: 12" not in text


def test_a_column_may_be_named_with_a_year() -> None:
    assert "Fravær 2025: 12" in told("Navn;Fravær 2025\nAnna Lund;12\nBo Bro;3")


def test_cells_with_commas_are_one_where_they_are_quoted() -> None:
    text = told(
        'Navn,By,Note\n"Lund, Anna",Vejle,"syg, hjemme"\n"Bro, Bo",Kolding,rask\n"Toft, Carl",Ribe,rask'
    )
    assert "Navn: Lund, Anna, By: Vejle, Note: syg, hjemme" in text


def test_a_ruled_table_of_bars_has_a_heading_too() -> None:
    text = told("| Navn | Diagnose |\n|------|----------|\n| Anna | gigt |\n| Bo | kol |")
    assert "Navn: Anna, Diagnose: gigt Navn: Bo, Diagnose: kol" in text


@pytest.mark.parametrize("separator", ["\t", ";", ", "])
def test_the_first_row_of_a_list_without_a_heading_is_none(separator: str) -> None:
    rows = (
        ("Anna Lund", "ingeniør", "Anlæg"),
        ("Bo Bro", "konsulent", "Drift"),
        ("Carl Toft", "ingeniør", "Drift"),
        ("Dorte Dal", "ingeniør", "Plan"),
    )
    text = told("\n".join(map(separator.join, rows)))
    assert text == " ".join(", ".join(row) for row in rows)


@pytest.mark.parametrize("separator", ["\t", ";", " | "])
def test_nor_is_one_that_has_a_name_as_all_others_and_a_cell_as_one_of_them(separator: str) -> None:
    rows = (("Anna Lund", "1", "Ja"), ("Bo P. Bro", "2", "Nej"), ("Carl Toft-Dal", "M", "Ja"))
    text = told("\n".join(map(separator.join, rows)))
    assert text == " ".join(", ".join(row) for row in rows)


def test_nor_is_one_that_has_an_address_as_all_others() -> None:
    rows = "Anna Lund;Nørregade 1;8a Vejby\nBo Bro;Nørregade 12;3b Hasle\nIda Krogh;Nørregade 5;7a Vejby"
    assert told(rows) == rows.replace(";", ", ").replace("\n", " ")


@pytest.mark.parametrize("heading", ["Full Name;Team;Fit", "Fulde Navn;Hold;Rask", "Navn;Hold;A"])
def test_a_heading_over_names_is_one(heading: str) -> None:
    name = heading.partition(";")[0]
    assert f"{name}: Bo Bro, " in told(f"{heading}\nAnna Lund;A;Ja\nBo Bro;B;A\nCarl Toft;C;Ja")


@pytest.mark.parametrize(
    ("table", "row"),
    [
        pytest.param(
            "Navn;Gluten;Tilskud\nAnna;Gluten;x\nBo;;x\nCarl;Gluten;",
            "Navn: Anna, Gluten: Gluten, Tilskud: x",
            id="columns that are marked with their own name",
        ),
        pytest.param(
            "Navn;Diagnose\nAnna;gigt\nBo;kol\nBarn;Diagnose\nIda;astma\nEva;kol",
            "Navn: Bo, Diagnose: kol",
            id="the heading of another table",
        ),
        pytest.param(
            "Navn;Diagnose\nAnna;gigt\nNavn;Diagnose\nBo;kol\nNavn;Diagnose\nIda;gigt",
            "Navn: Bo, Diagnose: kol",
            id="the heading of each page",
        ),
    ],
)
def test_a_heading_that_stands_again_below_is_one(table: str, row: str) -> None:
    assert row in told(table)


def test_commas_within_figures_divide_no_lines_that_blanks_do() -> None:
    rows = "Jeg har ro til mit job  3,8  4,1\nDer er en god tone  4,2  4,0\nJeg har for travlt  3,1  2,9"
    assert told(f"Svar i alt\n\n{rows}") == " ".join(f"Svar i alt | {rows}".split())


def test_figures_are_no_heading() -> None:
    rows = "Ro;3,8;4,1\nTone;4,2;4,0\nTravlt;5 %;2 %"
    assert told(rows) == rows.replace(";", ", ").replace("\n", " ")


@pytest.mark.parametrize(
    "prose",
    [
        "Kære Bo, det er godt, vi ses.\nHilsen, Per, Åse\nOgså, ja, nej.",
        "Det er godt; vi ses.\n\nJa; tak for det.",
        "Vi mangler brød, mælk, smør.\nTag også ost, øl, vand.",
        "Det er godt.  Vi ses.\nHils Per.  Og Åse.\nVi ses.  Bo",
        "Kom kl. 12, hvis du kan, Bo\nellers kl. 13, 14, 15\nVi er her alle, også Per, i dag",
    ],
)
def test_prose_stays_as_it_is_written(prose: str) -> None:
    assert told(prose) == " ".join(prose.split())


@pytest.mark.parametrize(
    "cell", ["x" * 200_000, "a\rb", "\0", '"', "\ud800"], ids=["long", "CR", "NUL", "quote", "half"]
)
def test_no_cell_is_too_odd(cell: str) -> None:
    rows = "\n".join(f'"Anna, {n}",{cell},gigt' for n in range(4))
    assert "gigt" in told(f'Navn,"Hold",Diagnose\n{rows}')


@pytest.mark.slow
@pytest.mark.parametrize(
    "block", ["a;b;c\n\n", "Navn;Hold\n\n", ";\n\n", "a,b,c\n", "x\ty\n\n1\t2\n\n"], ids=repr
)
def test_a_table_without_end_takes_no_time_without_end(block: str) -> None:
    growth.in_proportion(lambda times: block * times, told, size=1_200)
