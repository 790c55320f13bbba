"""Numbers that a sheet has robbed of the zeros in front, because their halves were typed as numbers.

070761-4285 in two columns becomes 70761 and 4285; 150385-0237 becomes 150385 and 237.
"""

from __future__ import annotations

import time

import pytest

from corpus.numbers import found
from corpus.unfolded import Whole
from corpus.written import SHEETS, Cell
from segl_classifier.formats.cells.lost_zeros import restored
from segl_classifier.message import Source


def count(text: str) -> int:
    return len(found(text, Source.ATTACHMENT))


IN_TWO_COLUMNS = [
    *(("Fødselsdato", "Løbenr."), ("Fødselsdag", "Sidste fire cifre"), ("CPR", "Sidste 4"), ("Cpr-nr.", "")),
    *(("Cpr-nr.", "Cpr-nr. sidste 4"), ("Personnummer", ""), ("CPR 1", "CPR 2")),
]


@pytest.mark.parametrize(("day", "four"), IN_TWO_COLUMNS)
@pytest.mark.parametrize("halves", [(70761, 4285), (150385, 237), (10190, 123)])
@pytest.mark.parametrize("ending", SHEETS)
def test_halves_that_lost_their_zeros_are_one_number(
    ending: str, halves: tuple[int, int], day: str, four: str
) -> None:
    rows: list[list[Cell]] = [["Navn", day, four], ["Ib Holm", *halves]]
    assert Whole(f"a.{ending}", SHEETS[ending](rows)).numbers == 1


@pytest.mark.parametrize(("day", "four"), IN_TWO_COLUMNS)
@pytest.mark.parametrize("divider", "\t;,|")
def test_so_they_are_however_cells_are_divided(divider: str, day: str, four: str) -> None:
    rows = [["Navn", day, four], ["Ib", "70761", "4285"], ["Bo", "150385", "237"], ["Ida", "10190", "123"]]
    assert count("\n".join(map(divider.join, rows))) == 3


@pytest.mark.parametrize(
    ("day", "four"),
    [
        *(("Dato", "Beløb"), ("Ordre", "Antal"), ("CPR", "Timer"), ("Cpr-nr.", "Postnr."), ("", "")),
        *(("Varenr.", "Løbenr."), ("Dato", ""), ("Fødselsdato", "Medlemsnr."), ("CVR", "")),
    ],
)
@pytest.mark.parametrize("halves", [("70761", "4285"), ("150385", "237")])
def test_numbers_of_other_columns_lost_nothing(day: str, four: str, halves: tuple[str, str]) -> None:
    assert count("\n".join(map("\t".join, [("Navn", day, four), ("Ib Holm", *halves)]))) == 0


@pytest.mark.parametrize("fours", [["1", "2", "3"], ["12", "7", "31"]])
def test_running_numbers_beside_birthdays_are_no_halves(fours: list[str]) -> None:
    rows = [
        ("Navn", "Fødselsdato", "Løbenr."),
        *(("Bo", f"07-07-196{n}", four) for n, four in enumerate(fours)),
    ]
    assert count("\n".join(map("\t".join, rows))) == 0


@pytest.mark.parametrize("text", ["Navn,CPR\nIb Holm,707614285", "CPR,Navn\n707614285,Ib Holm\n"])
def test_two_columns_divided_by_a_comma_have_a_heading_that_says_cpr(text: str) -> None:
    assert count(text) == 1
    assert count(text.replace("CPR", "Kunde")) == 0


@pytest.mark.slow
def test_a_long_table_takes_no_time() -> None:
    rows = "Navn\tCpr-nr.\t\n" + "Ib\t70761\t4285\n" * 50_000
    started = time.process_time()
    assert count(rows)
    assert count(rows.replace("Cpr-nr.", "Antal")) == 0
    assert time.process_time() - started < 10


@pytest.mark.parametrize(
    ("name", "text"),
    [
        *(
            ("a.csv", "Ib Holm;707614285\n"),
            ("a.csv", '"Ib Holm","707614285"'),
            ("a.txt", "Ib Holm\t707614285"),
        ),
        *(
            ("a.csv", "Kunde;Nummer\nIb Holm;707614285\nEva Dam;1503851237"),
            ("a.xml", "<cpr>707614285</cpr>"),
        ),
        ("a.xml", "<p><PersonCivilRegistrationIdentifier>707614285</PersonCivilRegistrationIdentifier></p>"),
        ("a.xml", "<k:CprNr>707614285</k:CprNr>"),
    ],
)
def test_a_number_in_an_export_without_its_zero_is_found(name: str, text: str) -> None:
    assert Whole(name, text.encode()).numbers


@pytest.mark.parametrize(
    ("name", "text"),
    [
        *(
            ("a.csv", "Vare;Ordrenr.\nPumpe;707614285"),
            ("a.csv", "Ib Holm;917614285"),
            ("a.csv", "Ib;707614285,5"),
        ),
        *(
            ("a.csv", "Pumpe;917614285\nRør;928374655\nVentil;707614285\nHane;938475610"),
            ("a.md", "Nr. 707614285"),
        ),
        *(("a.xml", "<kunde>707614285</kunde>"), ("a.xml", "<cprOpslag/><antal>707</antal>")),
    ],
)
def test_numbers_of_an_export_that_lost_none(name: str, text: str) -> None:
    assert not Whole(name, text.encode()).numbers


def test_only_the_cells_of_columns_in_which_many_may_be_personal_get_a_zero() -> None:
    assert restored("707614285;917614285\n707614285;5\n") == "0707614285;917614285\n0707614285;5\n"
    assert restored("707614285;1\n917614285;1\n928374655;1\n938475610;1") == (
        "707614285;1\n917614285;1\n928374655;1\n938475610;1"
    )


@pytest.mark.slow
@pytest.mark.parametrize("text", ["707614285;", "707614285,1;", "707614285,707614285;|\t", "707614285;\n"])
def test_restoring_zeros_takes_no_time(text: str) -> None:
    started = time.process_time()
    assert restored(text * 30_000).startswith("0707614285")
    assert time.process_time() - started < 5
