"""Personal numbers and look-alikes in the tables of an office, in files of each format: a table a page or a sheet."""

from __future__ import annotations

import pytest

from bench.cpr_numbers import TODAY
from corpus.office_tables import WRITERS, tables
from corpus.unfolded import Read
from segl_classifier.cpr.find import find_cpr, read_numbers
from segl_classifier.cpr.judging.score import THRESHOLD
from segl_classifier.cpr.written import Written

TABLES = 60
RECALL, FALSE_ALARMS = 0.99, 0.05


def found(name: str, *, personal: bool) -> tuple[set[str], int, int]:
    """What is found in the file of this *name*: digits; how many numbers are in it, and how many look-alikes."""
    every = list(tables(TABLES, seed=8, personal=personal))
    digits: set[str] = set()
    for at in range(0, TABLES, 5):  # of more than a hundred numbers in a text the others are not looked at
        for text in Read(name, WRITERS[name]([one.rows for one in every[at : at + 5]])):
            if any(finding.score >= THRESHOLD for finding in find_cpr(text, today=TODAY)):
                _, numbers = read_numbers(Written.of(text))
                digits |= {number.digits for number in numbers if number.score >= THRESHOLD}
    others = [cell for one in every for row in one.rows[1:] for cell in row if cell[-10:].isdecimal()]
    return digits, sum(len(one.numbers) for one in every), len(others)


@pytest.mark.slow
@pytest.mark.parametrize("name", WRITERS)
def test_personal_numbers_are_found_in_them(name: str) -> None:
    digits, numbers, _ = found(name, personal=True)
    real = {number for one in tables(TABLES, seed=8, personal=True) for number in one.numbers}
    assert len(digits & real) >= RECALL * numbers, real - digits


@pytest.mark.slow
@pytest.mark.parametrize("name", WRITERS)
def test_numbers_of_customers_orders_and_accounts_are_none(name: str) -> None:
    digits, _, others = found(name, personal=False)
    assert len(digits) <= FALSE_ALARMS * others, digits
