"""Sheets in which a birthday stands in one cell and four digits in the next: as text, or as a date with a format."""

from __future__ import annotations

import io
import random
from datetime import date

import openpyxl
import pytest

from corpus.reading import ALLOWANCE
from segl_classifier.cpr.find import find_cpr
from segl_classifier.cpr.judging.score import THRESHOLD
from segl_classifier.formats.ooxml.reader import read
from segl_classifier.message import Source, Text

TODAY = date(2026, 11, 24)


def count(
    day: str, four: str, code: str, *, years: range, fours: range = range(1_000, 4_000), rows: int = 20
) -> int:
    """How many personal numbers are found in a sheet with these two headings, its days in the format *code*."""
    chance = random.Random(f"{day}{four}")
    book = openpyxl.Workbook()
    book.active.append(["Navn", day, four])
    for row in range(2, 2 + rows):
        born = date(chance.choice(years), chance.randint(1, 12), chance.randint(1, 28))
        book.active.append(["Bo Hansen", born, chance.choice(fours)])
        book.active.cell(row, 2).number_format = code
    out = io.BytesIO()
    book.save(out)
    sheet = next(p for p in read(out.getvalue(), "", ALLOWANCE).passages if p.place == "sheet Sheet")
    findings = find_cpr(Text(sheet.text, sheet.place, Source.ATTACHMENT), today=TODAY)
    return sum(finding.score >= THRESHOLD for finding in findings)


@pytest.mark.parametrize("code", ["ddmmyy", "dd-mm-yy", "[$-406]dd/mm/yy;@", "d.m.yy"])
@pytest.mark.parametrize(("day", "four"), [("Født", "Nr."), ("Fødselsdag", "Suffiks"), ("CPR", "")])
def test_a_date_in_the_form_of_a_personal_number_begins_one(day: str, four: str, code: str) -> None:
    assert count(day, four, code, years=range(1950, 2000)) == 20


@pytest.mark.parametrize("code", ["ddmmyy", "dd-mm-yy", "dd-mm-yyyy", "mmm-yy"])
@pytest.mark.parametrize(
    ("day", "four"),
    [
        *(("Dato", "Bilag"), ("Bogføringsdato", "Bilagsnr."), ("Dato", "Konto"), ("Faktureret", "Kundenr.")),
        *(
            ("Dato", "Beløb"),
            ("Oprettet", "Sag"),
            ("Ansat", "Lønnr."),
            ("Leveret", "Varenr."),
            ("Start", "Lokale"),
        ),
        *(
            ("Indmeldt", "Medlemsnr."),
            ("Aflæst", "Stand"),
            ("Forfald", "Restance"),
            ("Dato", "Postnr."),
            ("", ""),
        ),
    ],
)
def test_days_of_business_beside_four_digits_begin_none(day: str, four: str, code: str) -> None:
    assert count(day, four, code, years=range(2023, 2027)) == 0


FULL_YEARS = ["dd-mm-yyyy", "dd/mm/yyyy", "d. mmmm yyyy"]


@pytest.mark.parametrize("code", FULL_YEARS)
@pytest.mark.parametrize("rows", [3, 20])
@pytest.mark.parametrize("four", ["Nr.", "Nummer", "Suffiks", "Endelse", "CPR-nr.", ""])
def test_a_birthday_in_full_begins_one_where_the_century_fits_in_all_rows(
    four: str, rows: int, code: str
) -> None:
    assert count("Født", four, code, years=range(1940, 2000), rows=rows) == rows


def test_digits_typed_as_numbers_have_lost_their_zeros() -> None:
    assert count("Født", "Nr.", "dd-mm-yyyy", years=range(1940, 2000), fours=range(600, 4_000)) == 20


@pytest.mark.parametrize("code", FULL_YEARS)
@pytest.mark.parametrize(
    ("day", "four", "fours"),
    [
        ("Født", "Nr.", range(1_000, 10_000)),  # of members, of shirts: as often as not of another century
        ("Født", "Nr.", range(1, 100)),
        *((day, "Postnr.", range(1_000, 4_000)) for day in ("Født", "Fødselsdato")),
        *(
            ("Fødselsdato", four, range(1_000, 4_000))
            for four in ("Medlemsnr.", "Lønnr.", "Afdeling", "Beløb", "Hold")
        ),
        *((day, "Nr.", range(1_000, 4_000)) for day in ("Dato", "Ansat", "Oprettet", "")),
    ],
)
def test_a_birthday_in_full_beside_other_numbers_begins_none(
    day: str, four: str, fours: range, code: str
) -> None:
    assert count(day, four, code, years=range(1940, 2016), fours=fours) == 0


@pytest.mark.parametrize("code", ["ddmmyy", "dd-mm-yy"])
@pytest.mark.parametrize("four", ["Medlemsnr.", "Postnr.", "Lønnr.", "Kundenr.", "Beløb"])
def test_a_short_birthday_beside_numbers_called_something_else_begins_none(four: str, code: str) -> None:
    assert count("Fødselsdato", four, code, years=range(1940, 2016)) == 0
