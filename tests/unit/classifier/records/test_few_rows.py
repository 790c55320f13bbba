"""Records of fixed width about one person or two."""

from __future__ import annotations

import time
from random import Random

import pytest

from corpus.unfolded import Read
from segl_classifier.records.few_rows import told_of_few

HOLM = ("1203851002", "Bo Holm")
LUND = ("0707614285", "Ida Lund")
"""Both with modulus 11."""

FORMS = [
    "{name:<30}{number}Elmevej 4                8000Aarhus C",
    "{name:<30}{hyphened}Elmevej 4                8000Aarhus C",
    "0010{number}{name:<30}Elmevej 4                20261201000012550",
    "0010{hyphened}{name:<30}Elmevej 4                20261201000012550",
    "{name:<30}{number}M19850312DKElmevej 4",
    "{name}{number}1985031200012550{name:<30}DK",
    "BS0421234567802800000000100000{number}000000017011226+0000000125500               ",
    "BS0221234567802400000100001" + "00000{number}{name:<30}",
]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("people", [[HOLM], [LUND, HOLM]])
def test_their_numbers_are_found(form: str, people: list[tuple[str, str]]) -> None:
    rows = [form.format(number=n, hyphened=f"{n[:6]}-{n[6:]}", name=name) for n, name in people]
    text = "\r\n".join(["00HOVED 20261201", *rows, f"99SLUT 00000{len(rows)}"])
    assert Read("udtræk.dat", text.encode("cp1252"), "text/plain").numbers >= len(people)


@pytest.mark.parametrize(
    "text",
    [
        "Navn     CPR-nr.   Ydelse\nBo Holm  12038510021200\nIda Lund 07076142851200",
        "Navn     CPR nr.   Ydelse\nBo Holm  12038510021200\nIda Lund  7076142851200",
        "Navn        CPR-nr. Ydelse\nBo Holm  1203851002   1200\nIda Lund070761-4285  900",
        "Navn     PERSONNUMMER\nIda      0707614285\nBo       1203851002\n\n1112261200",
    ],
)
def test_a_heading_tells_where_they_stand(text: str) -> None:
    assert {line[:10] for line in told_of_few(text).split("\n")} == {"1203851002", "0707614285"}


@pytest.mark.parametrize(
    "text",
    [
        "Navn     Ordrenr.  Pris\nPumpe    12038510021200\nRør      07076142851200",
        "Navn     CPR-nr.   Ydelse\nBo Holm  12038510031200\n\nIda Lund 07076142851200",
        "HANSEN1203851002ANNA",  # no field is filled up
        "Faktura   1203851002DK\nOrdre     4812345678DK",  # nor are these of people: one of them is none
        "PUMPE                         0112261430DK",  # a day of this year and a time
        "Skyldigt beløb i alt          12.038.510,02kr",
        "BS042123456780280000000010000000000012345000000017011226+0000000125500",
        "Målernummer 12 0385 1002 står på skabet   og i kælderen",
    ],
)
def test_other_numbers_are_none(text: str) -> None:
    assert told_of_few(text) == ""


def test_nor_are_random_ones() -> None:
    draw = Random(1)
    rows = [
        f"{draw.randrange(10**6):06}{'PUMPE':<20}{draw.randrange(10**10):010}{'STK':<6}" for _ in range(600)
    ]
    assert sum(map(bool, map(told_of_few, rows))) <= 6
    assert told_of_few("\n".join(rows)) == ""


def test_many_headings_cost_no_more_than_some() -> None:
    start = time.process_time()
    told_of_few("cpr  x\n" * 20_000)
    assert time.process_time() - start < 2


def test_long_rows_cost_no_more_than_they_are_long() -> None:
    assert told_of_few("A  " + "1203851002" * 399 + "B") == ""
    assert told_of_few("\n".join(["A   " * 990 + "1203851002"] * 50)) == ""
