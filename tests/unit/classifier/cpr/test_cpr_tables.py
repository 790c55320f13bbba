"""Numbers in tables: the heading of the column says what they are."""

from __future__ import annotations

import re
from itertools import product

import pytest

from corpus.numbers import found
from segl_classifier.cpr.table.tables import Tables
from segl_classifier.message import Source


def count(text: str) -> int:
    return len(found(text, Source.ATTACHMENT))


@pytest.mark.parametrize(
    "text",
    [
        "cpr;navn\n1203851002;Bo\n0702611008;Ida",
        "navn,cpr,by\nBo,1203851002,Hals\nIda,0702611008,Aars",
        "Navn\tPersonnummer\nBo\t120385-1002\nIda\t070261-1008",
        "CPR-nr | Navn\n120385-1002 | Bo\n070261-1008 | Ida",
        "CPR-nr       Navn\n1203851002   Bo\n0702611008   Ida",
        '"navn";"cpr"\n"Hansen; Bo";"1203851002"\n"Ida";"0702611008"',
        "Udtræk af 3. maj\ncpr;navn\n1203851002;Bo\n0702611008;Ida",
        "> cpr;navn\n> 1203851002;Bo\n> 0702611008;Ida",
        "cpr;navn\n\n1203851002;Bo\n\n0702611008;Ida",
        "fødselsdato\tløbenr\n120385\t1002\n070261\t1008",
        "LØBENR;NAVN;FØDSELSDATO\n1002;Bo;120385\n1008;Ida;070261",
        "nr;navn;ident\n1;Bo;120385-1002\n2;Ida;070261-1008",
        "Bo\t1203851002\tkran\nIda\t0702611008\ttruck",
        "cpr;navn\n120385-1002;Bo\n702611008;Ida (uden nul)",
        "Navn\tKode\nBo\t120385-1002\nIda\t070261-1008",
        "Løbenr;Navn\n120385-1002;Bo\n070261-1008;Ida",
    ],
)
def test_columns_of_cpr_numbers(text: str) -> None:
    assert count(text) == 2


@pytest.mark.parametrize(
    "text",
    [
        "ordrenr;navn\n1203851002;Bo\n0702611008;Ida",
        "navn,fakturanr,by\nBo,1203851002,Hals\nIda,0702611008,Aars",
        "Klub\tKundekortnr.\nHals IF\t1203851002\nAars Golf\t0702611008",
        "Fakturanr     Dato      Beløb\n1203851002    11/6      88.400,00\n0702611008    12/6      1,00",
        "Leverandør\tReg.\tKonto\nAsfalt A/S\t9021\t1203851002\nTaxa\t8190\t0702611008",
        "cpr;kundenr\n;1203851002\n;0702611008",
        "P-nummer;firma\n1203851002;Tag A/S\n0702611008;Hus A/S",
        "PNR;firma\n1012851010;Tag A/S\n1003611007;Hus A/S",
        "Vare\tVarekode\nPumpe\t120385-1002\nRør\t070261-1008",
        "Vare\tKode\nPumpe\t1203851002\nRør\t0702611008",
        "navn;født;medlemsnr.\nBo;120385;1002\nIda;070261;1008",
        "fødselsdato\tpostnr.\n12-03-85\t1002\n07-02-61\t1008",
        "tid;station\n1203851002;P1\n0702611008;P2",
        "vaerdi;type\n1203851002;ordrenr\n0702611008;leverandoer-id",
    ],
)
def test_columns_of_other_numbers(text: str) -> None:
    assert count(text) == 0


def test_each_column_of_a_row_has_its_own_heading() -> None:
    assert count("kundenr;cpr;ordrenr\n1203851002;0702611008;2905047519") == 1


def test_a_word_in_the_cell_outranks_the_heading() -> None:
    assert count("navn;kundenr og andet\nBo;cpr 1203851002") == 1


def test_nine_digits_count_only_in_a_column_of_cpr_numbers() -> None:
    assert count("cpr;navn\n702611008;Ida") == 1
    assert count("nr;navn\n702611008;Ida") == 0


@pytest.mark.parametrize("heading", ["CPR", "Cpr-nr.", "Personnummer", "personnr", "CPR-nummer", "Cpr nr"])
@pytest.mark.parametrize("cell", ["702611008", "0702611008", "702611008.0", "702611008,0", "70261-1008"])
def test_a_spreadsheet_may_have_lost_the_leading_zero(heading: str, cell: str) -> None:
    assert count(f"Navn\t{heading}\tBeløb\nIda\t{cell}\t1.200,00") == 1


def test_a_table_ends_where_its_divider_ends() -> None:
    assert count("ordrenr;navn\n4711;Bo\n\nKære Ida\n\nHer er det: 120385-1002") == 1


TITLES = [
    *("Sager uge 12;;", "Ordrer;;\n;;", '"Faktura";"";""'),
    "Liste over sager;;\nDato: 1. maj;;\nAfd. Nord;;\nUdskrevet;;",
]


@pytest.mark.parametrize("sign", [";", "\t", "|", ","])
@pytest.mark.parametrize("heading", ["CPR", "CPR-nr.", '"CPR"', "Borger", "Født"])
@pytest.mark.parametrize("title", TITLES)
def test_a_title_in_a_cell_above_is_not_the_heading_of_its_column(
    sign: str, heading: str, title: str
) -> None:
    rows = f"{title}\n{heading};Navn;By\n0707614285;Bo;Hals\n1203851002;Ida;Aars"
    assert count(rows.replace(";", sign)) == 2


@pytest.mark.parametrize("above", ["Faktura;;Dato", "A;B;C", "Sager;;\nA;B;C", "Sag;Hvem;Hvor"])
def test_of_two_headings_that_counts_which_says_cpr(above: str) -> None:
    assert count(f"{above}\nCPR;Navn;By\n0707614285;Bo;Hals\n1203851002;Ida;Aars") == 2


@pytest.mark.parametrize(
    "above", ["Sager                 Side 1 af 2", "Ordrer      Dato: 1. maj\n", "Faktura   Kontrakt   Bilag"]
)
@pytest.mark.parametrize("number", ["0707614284", "0707614285", "070761-4285", "707614285 "])
def test_so_it_is_below_the_head_of_a_page(above: str, number: str) -> None:
    assert count(f"{above}\nCPR         Navn        By\n{number}  Anna        Hals") == 1


def test_it_is_where_no_other_says_more() -> None:
    assert not count("Ordrer;;\nNr;Navn;By\n0707614285;Bo;Hals\n1203851002;Ida;Aars")
    assert not count("Sager;;\nOrdrenr;CPR;By\n0707614285;;Hals\n1203851002;;Aars")
    assert not count("Udtræk 1. maj;;\nOrdrenr;Navn;By\n0707614285;Bo;Hals\n1203851002;Ida;Aars")


def test_a_heading_may_be_broken_where_its_cell_is_narrow() -> None:
    assert count("Navn\tPerson- nummer\nAnna\t707614285") == 1


def test_below_a_title_nine_digits_have_a_heading() -> None:
    assert count("Medarbejdere;;\nCPR;Navn;By\n707614285;Anna;Hals") == 1


def over(text: str) -> set[str | None]:
    """The headings over the numbers in *text*."""
    tables = Tables(text)
    return {tables.heading(number.start()) for number in re.finditer(r"\d{10}", text)}


HEADED = "Hold\tNavn\tCPR"
IN_GROUPS = {
    "below the heading": f"{HEADED}\nNord\n1\tBo\t0707614284\n2\tPer\t1503721236",
    "a second": f"{HEADED}\n1\tBo\t0707614284\nSamlet\n2\tPer\t1503721236",
    "two": f"{HEADED}\nAfdeling Nord (2)\n1\tBo\t0707614284\nHold 3\n2\tPer\t1503721236",
    "in two columns": "Navn\tCPR\nNord\nBo\t0707614284\nPer\t1503721236",
    "called one": f"{HEADED}\nGruppe A\n1\tBo\t0707614284\nGruppe B\n2\tPer\t1503721236",
    "over a name that is a thing, too": f"{HEADED}\nNord\n1\tBo Ring\t0707614284\n2\tBo Brønd\t1503721236",
    "a rule": f"{HEADED}\n-----------\n1\tBo\t0707614284\n2\tPer\t1503721236",
}


@pytest.mark.parametrize("text", IN_GROUPS.values(), ids=IN_GROUPS)
def test_a_row_of_one_cell_across_a_table_ends_no_column_of_cpr_numbers(text: str) -> None:
    assert over(text) == {"CPR"}
    assert over(text.replace("CPR", "Ordrenr")) <= {"", "Ordrenr"}


OTHER_TABLES = {
    "a heading": f"{HEADED}\n1\tBo\tx\nVarer\nNr\tNavn\tAntal\n1\tSkrue\t0707614284",
    "a caption": f"{HEADED}\n1\tBo\tx\nVarer:\n1\tSkrue\t0707614284",
    "a sentence": f"{HEADED}\n1\tBo\tx\nHer er de andre.\n1\tSkrue\t0707614284",
    "a caption that calls it something else": f"{HEADED}\n1\tBo\tx\nOrdrer\n1\tSkrue\t0707614284",
    "a row that does": f"{HEADED}\n1\tBo\tx\nVarer\n1\tOrdrenr\t0707614284",
    "wider rows": f"{HEADED}\n1\tBo\tx\nVarer\n1\tSkrue\t0707614284\t4",
    "two lines": f"{HEADED}\n1\tBo\tx\nVenlig hilsen\nBo Bro\n1\tSkrue\t0707614284",
    "signs that prose has": "Hold;Navn;CPR\nSe her\n1;Skrue;0707614284",
}


@pytest.mark.parametrize("text", OTHER_TABLES.values(), ids=OTHER_TABLES)
def test_what_may_be_the_caption_of_another_table_ends_it(text: str) -> None:
    assert "CPR" not in over(text)


def test_behind_a_row_of_one_cell_no_other_heading_counts() -> None:
    assert over("Nr\tNavn\tOrdrenr\n1\tSkrue\t4711\nMedlemmer\n1\tBo\t0707614285") == {""}


def test_but_where_the_first_group_begins_right_below_the_heading_of_rows_as_wide() -> None:
    rows = "\n1\tSkrue\t0707614285\nSyd\n2\tSkrue\t1503721236"
    assert over(f"Nr\tNavn\tOrdrenr\nNord{rows}") == {"Ordrenr"}
    assert over(f"Nr\tNavn\tOrdrenr\tBy\nNord{rows}") == {""}


@pytest.mark.slow
def test_a_table_of_many_groups_is_read_once() -> None:
    text = HEADED + "\nNord\n1\tBo\t12345678" * 20_000
    assert Tables(text).heading(len(text) - 3) == "CPR"


def test_the_heading_over_a_place() -> None:
    text = "a;b;c\n1;2;3\n\nslut\n4"
    tables = Tables(text)
    assert tables.heading(text.index("2")) == "b"
    assert tables.heading(text.index("3")) == "c"
    assert tables.heading(text.index("4")) is None


def test_a_long_table_is_read_once() -> None:
    rows = "\n".join(f"{i};navn" for i in range(20_000))
    tables = Tables("nr;navn\n" + rows)
    assert tables.heading(len("nr;navn\n" + rows) - 3) == "navn"
    assert tables.heading(len(rows) // 2) in ("nr", "navn")


@pytest.mark.parametrize(
    "text",
    [
        "CPR:\n150371\t2344",
        "> CPR:\r\n>\r\n> 150371;2344\r\n",
        "CPR-numre på nye medarbejdere\nHans Hansen\t150371\t2344",
        "CPR-numre på nye medarbejdere:\n\nHans Hansen;150371;2344;kran",
        "CPR-numre på nye medarbejdere:\n\u00a0\nHans Hansen | 150371 | 2344",
        "CPR-numre på nye medarbejdere\n\nHans Hansen      150371      2344",
        "CPR-numre på nye medarbejdere\n\nHans Hansen,150371,2344",
        '"CPR-numre på nye medarbejdere";"";""\n"Hans Hansen";"150371";"2344"',
        "| Medarbejdernes CPR | | |\n| Hans Hansen | 150371 | 2344 |",
        "Hej Bo\n\nHermed personnumre på de nye medarbejdere, som aftalt i går.\n\nHans Hansen\t150371\t2344",
        "CPR-numre på børnene i stue 3:\nIda\t010124\t5512",
        "Personnumre:\nNavn\tDe 6 første\tDe 4 sidste\nHans Hansen\t150371\t2344",
        "Navn;;CPR-nr.\nHans;150371;2344",
        "Danish ID numbers\nHans Hansen\t15-03-1971\t2344",
        "CPR-numre:\nHans Hansen\t101901234",
    ],
)
def test_a_number_over_two_cells_below_what_calls_it_one(text: str) -> None:
    assert count(text) == 1


@pytest.mark.parametrize(
    "text",
    [
        "Kunder uden CPR-nr.:\nHansen\t150371\t2344",
        "Husk CPR-nr. ved alle bestillinger:\n\nBleer str. 4\t150371\t2344",
        "CPR-numre sendes i e-Boks. Tak for i dag.\n\nStol\t150371\t2344",
        "CPR-kontoret\nStande\t150371\t2344",
        "CPR-nr.: ____________\n\nLeveret\t150371\t2344",
        "CPR-numre\n\nDato;Beløb\n150371;2344",
        "CPR-numre\tDato\tAntal\n\t150371\t2344",
        "CPR-numre:\nFaktura\t150371\t2344,50",
        "CPR-numre:\nFaktura,150371,2344,50",
        "CPR-numre:\nFaktura\t150371\t2344\tkr.",
        "CPR-numre på nye:\nSe vedlagte.\n\nMåler;150371;2344",
        "CPR-numre:\nbetaling 150371\t2344",
        "Telefonliste\nBo\t150371\t2344",
        "Leveringer:\nBord;150371;2344\nStol;160380;3300",
    ],
)
def test_a_date_and_four_digits_in_two_cells_of_another_table(text: str) -> None:
    assert count(text) == 0


def test_a_day_of_these_years_beside_an_amount_needs_the_modulus() -> None:
    assert count("CPR-numre, oversigt over opslag:\nUge 1\t050126\t1200\nUge 2\t120126\t1450") == 0


def test_what_stands_over_a_table() -> None:
    text = "Priser\n\nListe;;\na;b;c\n1;2;3\n\nslut\nd;e"
    tables = Tables(text)
    assert list(tables.titles(text.index("2"))) == ["Liste", "Priser"]
    assert list(tables.titles(text.index("e", text.index("slut")))) == ["slut"]


SECTIONS = [("Navn", "Ordrenr"), ("Navn", "Telefon"), ("Navn", "Sag"), ("Navn", "Beløb")]


@pytest.mark.parametrize("first", SECTIONS)
@pytest.mark.parametrize("heading", ["CPR", "CPR-nr.", "Barnets CPR-nummer", "Personnummer"])
def test_a_heading_that_says_cpr_begins_a_table_below_another(first: tuple[str, str], heading: str) -> None:
    values, numbers = ("4711", "haster", "1203851001"), ("0707614284", "070761-4285", "707614285")
    for sign, value, number in product(["\t", ";", "|", "     "], values, numbers):
        rows = [first, *[("Bo", value)] * 4, ("Navn", heading), ("Ida", number), ("Bo", "-")]
        assert count("\n".join(sign.join(cells) for cells in rows)) == 1, (sign, value, number)


@pytest.mark.parametrize("remark", ["cpr mangler", "har ikke oplyst cpr", "se cpr-registret igen"])
def test_a_remark_about_it_ends_no_column_of_other_numbers(remark: str) -> None:
    rows = ["Navn;Note;Ordrenr", *["Bo;haster;1203851002"] * 4, f"Ida;{remark};", "Per;;0707614285"]
    assert not count("\n".join(rows))


def test_two_rows_of_one_heading_are_one() -> None:
    assert not count("Sag;Sag;Borger\nNr;Dato;CPR\n1203851002;1. maj;\n0702611008;2. maj;")


@pytest.mark.parametrize("divider", ["\t", ";", " | ", "   "])
@pytest.mark.parametrize(
    ("heads", "numbers"),
    [
        (("Bo Holm", "Ditte Ring", "Ida Konto"), 3),
        (("Kunde 1", "Kunde 2", "Kunde 3"), 3),
        (("Ordre", "Faktura", "Telefon"), 3),
    ],
)
def test_a_table_on_its_side_says_before_each_row_what_is_in_it(
    divider: str, heads: tuple[str, ...], numbers: int
) -> None:
    rows = (
        ("Navn", *heads),
        ("CPR-nr.", "1203851002", "0702611008", "010190-1234"),
        ("Klasse", "4.a", "4.b", "5.c"),
    )
    assert count("\n".join(map(divider.join, rows))) == numbers


@pytest.mark.parametrize(
    "row", ["CPR-nr.\t1203851002\tFaktura\t0702611008", "CPR-nr.\tmangler\t0702611008\t1203851002"]
)
def test_behind_other_words_a_row_says_no_more_of_its_numbers(row: str) -> None:
    assert count(f"Navn\tBo\tOrdrenr.\tFakturanr.\n{row}") == row.startswith("CPR-nr.\t1")
