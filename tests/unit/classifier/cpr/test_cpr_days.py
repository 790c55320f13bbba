"""Days of these years with four digits behind them: one may be somebody a hundred years old, several are a plan."""

from __future__ import annotations

from random import Random

import pytest

from bench.cpr_numbers import TODAY
from corpus.numbers import found
from segl_classifier.cpr.calendar import modulus11

NAMES = ["Anna Holm", "Bo Bro", "Ida Krogh", "Jens Lund", "Mette Friis", "Ole Bang", "Lise Toft", "Per Dahl"]
LIST = "{name} {day}", "{name};{day}", "{name}\t{day}", "{name} | {day}"


def days(count: int, *, right: int = 0, years: tuple[int, int] = (25, 27), four: int = 0) -> list[str]:
    """*count* days of these years with four digits, from *four* on, behind each, the first *right* of them with modulus
    11."""
    rnd = Random(4)
    made: list[str] = []
    while len(made) < count:
        day = f"{rnd.randint(1, 28):02}-{rnd.randint(1, 11):02}-{rnd.randint(*years)} {four + rnd.randint(0, 3999):04}"
        if modulus11("".join(filter(str.isdigit, day))) is (len(made) < right):
            made.append(day)
    return made


def plan(form: str, when: list[str]) -> str:
    return "\n".join(form.format(name=name, day=day) for name, day in zip(NAMES, when, strict=False))


@pytest.mark.parametrize("form", LIST)
@pytest.mark.parametrize("right", [0, 1, 2])
def test_a_plan_of_days_beside_names_has_no_persons_number(form: str, right: int) -> None:
    assert TODAY.year == 2026
    assert not found(plan(form, days(8, right=right)))


@pytest.mark.parametrize("form", LIST)
def test_people_who_are_a_hundred_years_old_stay(form: str) -> None:
    assert len(found(plan(form, days(5, right=5)))) == 5


@pytest.mark.parametrize("form", LIST)
def test_among_people_of_other_years_a_day_is_a_persons(form: str) -> None:
    assert len(found(plan(form, [*days(4), *days(4, right=4, years=(40, 90))]))) >= 4


def test_a_single_one_beside_a_name_stays() -> None:
    assert found("Anna Holm 26-06-26 1234")


@pytest.mark.parametrize("form", LIST)
def test_a_plan_is_one_whatever_the_four_digits_are(form: str) -> None:
    assert not found(plan(form, [*days(4), *days(4, years=(24, 25), four=6000)]))


@pytest.mark.parametrize("form", LIST)
def test_children_of_these_years_stay(form: str) -> None:
    assert len(found(plan(form, days(5, years=(24, 25), four=6000)))) == 5


@pytest.mark.parametrize("sign", ["-", ".", "/"])
@pytest.mark.parametrize("end", ["\n", "\r\n", " \n"])
@pytest.mark.parametrize(
    "rows", ["Antal {}{}{} Kørsel", "Dato;Antal\n24-11-2026;{}{}{};10", "Skrue\t{}{}{}\tBolt"]
)
def test_the_end_of_a_row_and_the_day_below_it_are_no_number(rows: str, end: str, sign: str) -> None:
    assert not found(rows.format("20", end, sign.join(("03", "11", "2026"))))


def test_what_is_no_day_below_is_the_rest_of_one() -> None:
    assert found("cpr 20\n03-61-2005")
    assert found("cpr 200311-\n2026")
