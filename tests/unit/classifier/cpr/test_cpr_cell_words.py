"""Headings that tell of the words in a cell, and not of the number that stands among them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

import pytest

from corpus.numbers import found
from segl_classifier.cpr.table.tables import Tables, _Table
from segl_classifier.message import Source

HYPHEN = "070761-4285"  # spelled and made like hardly any other number
BARE = "0707614285"  # with modulus 11, as one in eleven of those that begin with a day
PLAIN = "1505124321"  # without

THINGS = "Opgave Møde Modtager Sag Aftale Kørsel Dato Tid Postering Bestilling Bilag Reference".split()


def count(text: str) -> int:
    return len(found(text, Source.ATTACHMENT))


WORDED = [
    *(f"Ring til Anna Holm {HYPHEN}", f"Svar til {HYPHEN} om ferie", f"Anna, {HYPHEN}"),
    *(f"Anna Holm ({BARE})", f"vedr. {BARE}", f"Barn: {BARE}"),
]


@pytest.mark.parametrize("heading", THINGS)
def test_a_heading_tells_of_the_cell_and_not_of_a_number_among_its_words(heading: str) -> None:
    for sign, cell in product(["\t", ";", "|", "        "], WORDED):
        rows = [(heading, "Frist", "Hvem"), (cell, "1. maj", "Lis"), ("Ryd op", "2. maj", "Bo")]
        assert count("\n".join(sign.join(row) for row in rows)) == 1, (sign, cell)


@pytest.mark.parametrize("heading", ["Opgave", "Møde", "Sag", "Aftale", "Bestilling", "Reference", "Ordre"])
@pytest.mark.parametrize("number", [PLAIN, "241126-0012", "070761-4286"])
def test_of_a_number_without_modulus_11_it_tells(heading: str, number: str) -> None:
    assert not count(f"{heading};Frist\nSkift Pumpe {number};1. maj")


@pytest.mark.parametrize(
    "cell", ["1203851002", f"{BARE} Bo", "haster 1505124321", "ordre 1203851002", "Pumpe 1203851002"]
)
def test_it_tells_of_a_number_that_is_all_there_is_or_that_the_cell_calls_so(cell: str) -> None:
    assert not count(f"Ordre;Frist\n{cell};1. maj\n1203851010;2. maj")


@pytest.mark.parametrize(
    "row", [f"Anna Holm,,{BARE},,Elmevej 4", f"Anna Holm,,{BARE}#", f"12345678,,{BARE},,,", f"Anna,,{BARE},,"]
)
def test_between_empty_cells_it_is_not_dialled(row: str) -> None:
    assert count(row) == 1


GOODS = ["Ordre", "Faktura", "Vare", "Måler", "Pakke", "Konto"]


@pytest.mark.parametrize("heading", GOODS)
@pytest.mark.parametrize(
    "cell", [f"Pumpe {PLAIN}", f"haster {PLAIN}", f"Pumpe lukket {PLAIN}", f"klar: {PLAIN}"]
)
def test_goods_in_a_cell_have_numbers_of_their_own(heading: str, cell: str) -> None:
    assert not count(f"Sted;{heading};Frist\nNord;{cell};1. maj\nSyd;Slange;2. maj")


@pytest.mark.parametrize("heading", GOODS)
@pytest.mark.parametrize(
    "cell",
    [
        f"Anna Holm {BARE}",
        f"Anna Holm ({BARE})",
        f"ANNA HOLM {BARE}",
        f"HOLM, ANNA {BARE}",
        f"Anna H. Jensen {BARE}",
        f"Fatma Özkan {BARE}",
        f"Anna {BARE}",
        f"Fysioterapi {BARE}",
        f"hjælp til bad {BARE}",
        f"vedr. {BARE}",
        f"Barn: {BARE}",
        f"til Bo {BARE}",
        f"Bo {HYPHEN}",
    ],
)
def test_beside_somebody_it_is_hers(heading: str, cell: str) -> None:
    assert count(f"Sted;{heading};Frist\nNord;{cell};1. maj\nSyd;Slange;2. maj") == 1


@pytest.mark.parametrize("heading", ["Ordrenr", "Sagsnr.", "Faktura nr.", "Målernummer"])
@pytest.mark.parametrize("number", [HYPHEN, BARE])
def test_a_heading_that_names_a_number_is_believed(heading: str, number: str) -> None:
    assert not count(f"{heading};Frist\nhaster {number};1. maj")


FIRST = [
    *("Emne{}Faktura", "Emne{}Møde", "Type{}Bestilling", "Enhed{}Station 4", "Vedr.{}Kørsel", "Sag{}Klage"),
    *("Formular{}Bestilling af tid", "Kategori{}Møde og aftale"),
]


@pytest.mark.parametrize("first", FIRST)
@pytest.mark.parametrize("label", ["Født", "Patient", "Barn:", "Elev", "Nummer", "Hvem"])
def test_the_first_row_of_a_form_in_two_columns_is_no_heading(first: str, label: str) -> None:
    for sign, number in product(["\t", "; ", " | ", "       ", "\t\t"], [HYPHEN, BARE]):
        rows = [first.format(sign), f"Afdeling{sign}Nord", f"By{sign}Aarhus", f"{label}{sign}{number}"]
        assert count("\n".join(rows)) == 1, (sign, number)


@pytest.mark.parametrize("label", ["Født", "Patient", "Barnets nr.", "Elev"])
def test_so_it_is_where_the_label_is_one_for_somebody(label: str) -> None:
    assert count(f"Emne\tFaktura\n{label}\t{BARE}") == 1
    assert count(f"Emne\tFaktura\n{label}\t070761-4286") == 1
    assert count(f"Vare\tOrdrenr\nSkrue\t4711\nBolt\t4712\n\nNavn\tLis Dal\n{label}\t{BARE}") == 1
    assert not count(f"Kunde\tFaktura\nLis Dal\t{BARE}")


@pytest.mark.parametrize("number", [HYPHEN, BARE])
def test_words_between_commas_are_no_heading_of_the_line_below(number: str) -> None:
    assert count(f"Vedhæftet er faktura, kontrakt, bilag\nAnna Holm, {number}, Aarhus") == 1
    assert not count(f"navn,faktura,by\nAnna Holm,{number},Aarhus")


def test_a_column_of_words() -> None:
    text = "Navn;Emne;Nr\nBo;a;1000001\nLis;b;1000002\nPer;1000003;1000004"
    tables = Tables(text)
    told = [tables.cell(text.index(number)) for number in ("1000003", "1000004")]
    assert [cell and cell.of_words for cell in told] == [True, False]
    assert tables.cell(text.index("1000001")) is not None
    assert Tables("Nr. 1000001").cell(4) is None


@pytest.mark.slow
def test_a_long_column_is_looked_at_once() -> None:
    rows = [f"Bo;{1 + n % 28:02}{1 + n % 12:02}25{n % 10_000:04}" for n in range(20_000)]
    assert not count("\n".join(["Navn;Sag", *rows]))


def test_of_a_table_with_hundreds_of_columns_few_are_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[_Table] = []
    rows_below = Tables._rows_below

    def asking(tables: Tables, table: _Table) -> Iterator[str]:
        asked.append(table)
        return rows_below(tables, table)

    monkeypatch.setattr(Tables, "_rows_below", asking)
    row = f"{HYPHEN}  " * 140
    count("\n".join(["Sag nr   " * 200, *(" " * n + row for n in range(2, 14))]))
    assert 0 < len(asked) <= 100


@pytest.mark.parametrize("number", [HYPHEN, BARE, PLAIN, "707614285", "070761 4284"])
@pytest.mark.parametrize("between", [";;", "; ;", '"";'.join(";;"), ";:;", ";\u00a0;", ";;;"])
@pytest.mark.parametrize("sign", [";", "\t", "|"])
@pytest.mark.parametrize("label", ["CPR", "CPR-nr.:", "Barnets CPR-nummer", "CPR-nr. (10 cifre)"])
def test_a_label_says_cpr_over_an_empty_cell(number: str, between: str, sign: str, label: str) -> None:
    between = between.replace(";", sign)
    assert count(f"Emne{between}Faktura\n{label}{between}{number}") == 1
    assert count(f"{label}{between}{number}") == 1


@pytest.mark.parametrize("text", ["CPR mangler;;1203851002", "CPR;4711;1203851002", "Note;;1203851002"])
def test_what_else_stands_there_is_no_label(text: str) -> None:
    assert not count(f"Navn;Note;Ordrenr\n{text}")


@pytest.mark.parametrize("number", [HYPHEN, "070761-4286"])
@pytest.mark.parametrize("words", ["Ida Holm {}", "Kontrol af {}", "Barn: {}", "ringer igen, {} er flyttet"])
@pytest.mark.parametrize("heading", ["Sag", "Ref.", "Opgave", "Tid", "Aftale"])
def test_among_words_a_number_that_fails_modulus_11_counts_as_well(
    heading: str, words: str, number: str
) -> None:
    assert count(f"Kundenr.\tNavn\t{heading}\n2000\tBo\t\n2001\tIda\t{words.format(number)}") == 1


@pytest.mark.parametrize(
    ("heading", "cell"),
    [
        *(("Sag", "070761-4286"), ("Sagsnr.", "Ida Holm 070761-4286"), ("Ordre", "Ida Holm 070761-4286")),
        *(
            ("Sag", "faktura 070761-4286"),
            ("Opgave", "afslut ordre 070761-4286"),
            ("Sag", "Ida Holm 071126-4286"),
        ),
    ],
)
def test_but_not_by_itself_nor_called_something_nor_of_these_years(heading: str, cell: str) -> None:
    assert not count(f"Kundenr.\tNavn\t{heading}\n2000\tBo\t\n2001\tIda\t{cell}")
