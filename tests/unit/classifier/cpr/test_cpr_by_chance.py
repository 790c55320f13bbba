"""Columns whose heading says nothing of their numbers: nobody who lives has a wrong last digit, so a column of many
numbers of which one in eleven has the right one is not one of persons."""

from __future__ import annotations

from random import Random

import pytest

from corpus.numbers import found
from segl_classifier.cpr.calendar import modulus11

HEADINGS = ["Udtag", "Palle", "Stand", "Kolonne1"]


def made(count: int, *, right: int, seed: int = 3) -> list[str]:
    """*count* numbers that begin with a day on which somebody who lives was born, the last *right* with modulus 11."""
    rnd = Random(seed)
    numbers: list[str] = []
    while len(numbers) < count:
        digits = (
            f"{rnd.randint(1, 28):02}{rnd.randint(1, 12):02}{rnd.randint(40, 99):02}{rnd.randint(0, 3999):04}"
        )
        if modulus11(digits) is (len(numbers) >= count - right):
            numbers.append(digits)
    return numbers


def table(heading: str, numbers: list[str], sign: str = ";") -> str:
    rows = (f"{number}{sign}MSKU{at:07}{sign}Odense" for at, number in enumerate(numbers, 1_400_000))
    return "\n".join([f"{heading}{sign}Container{sign}Til", *rows])


@pytest.mark.parametrize("heading", HEADINGS)
@pytest.mark.parametrize("sign", [";", "\t", "|", "   "])
def test_of_a_column_with_few_right_numbers_none_is_a_persons(heading: str, sign: str) -> None:
    for right in (0, 1, 2):
        assert not found(table(heading, made(20, right=right), sign))


@pytest.mark.parametrize("heading", [*HEADINGS, "Id", "Medlem"])
@pytest.mark.parametrize("count", [1, 3, 8, 20])
def test_a_column_of_persons_stays_one(heading: str, count: int) -> None:
    assert len(found(table(heading, made(count, right=count)))) == count


def test_so_it_does_where_every_third_is_something_else() -> None:
    assert len(found(table("Udtag", made(21, right=14)))) >= 14


def test_a_few_made_up_numbers_are_no_such_column() -> None:
    assert len(found(table("Udtag", made(7, right=0)))) == 7


@pytest.mark.parametrize(
    ("heading", "name"),
    [("Navn", "HOLM, ANNA"), ("Navn", "Holm, Anna"), ("Fornavn;Efternavn", "Anna;Holm"), ("Name", "Anna")],
)
def test_made_up_numbers_below_a_heading_beside_names_are_persons(heading: str, name: str) -> None:
    rows = (f"{number};{name}" for number in made(20, right=1))
    assert len(found("\n".join([f"Kolonne1;{heading}", *rows]))) == 20
    rows = (f"{number};{name}" for number in made(20, right=1))
    assert len(found("\n".join([f"Nummer;{heading}", *rows]))) == 1  # hers that is right


@pytest.mark.parametrize("heading", ["CPR", "Cpr-nr.", "Personnummer"])
def test_what_is_called_so_is_what_it_is_called(heading: str) -> None:
    assert len(found(table(heading, made(20, right=1)))) == 20


def hyphens(numbers: list[str]) -> list[str]:
    return [f"{number[:6]}-{number[6:]}" for number in numbers]


def test_numbers_with_a_hyphen_stay_persons() -> None:
    for count in (11, 20):
        assert len(found(table("Udtag", hyphens(made(count, right=1))))) == count


NAMES = ["Anna Holm", "Bo Bro", "Ida P. Krogh", "Jens Lund", "Mette Friis", "Ole Bang", "Lise Østergård"]


@pytest.mark.parametrize("heading", ["Nummer", "Nr.", "Ident", "Udtag"])
@pytest.mark.parametrize("behind", [False, True])
@pytest.mark.parametrize("sign", [";", "\t", " | "])
def test_beside_names_made_up_numbers_are_persons(heading: str, behind: bool, sign: str) -> None:
    """Whoever reads them takes them for that, check digit or not; before the names, with their hyphen."""
    numbers = made(14, right=1)
    cells = [(NAMES[at % len(NAMES)], n) for at, n in enumerate(hyphens(numbers) if behind else numbers)]
    rows = [("Hvem", heading), *cells]
    text = "\n".join(sign.join(reversed(row) if behind else row) for row in rows)
    assert len(found(text)) == 14


def recent(count: int) -> list[str]:
    """Numbers that begin with the day on which they were given."""
    rnd = Random(2)
    return [f"{1 + at % 28:02}{1 + at % 11:02}26{rnd.randint(1, 99):04}" for at in range(count)]


@pytest.mark.parametrize("sign", ["", "-", " "])
def test_somebodys_number_among_numbers_of_these_years_is_still_hers(sign: str) -> None:
    numbers = [f"{n[:6]}{sign}{n[6:]}" for n in recent(24)]
    assert not found(table("Udtag", numbers))
    assert len(found(table("Udtag", [*numbers[:9], f"070761{sign}4285", *numbers[9:]]))) == 1


def test_who_was_born_on_a_day_whose_numbers_are_used_up_counts_for_nothing() -> None:
    days = [
        f"0101{year}" for year in (60, 64, 65, 66, 69, 70, 74, 80, 82, 84, 85, 86, 87, 88, 89, 90, 91, 92)
    ]
    rnd = Random(5)
    numbers = [f"{day}{rnd.randint(1000, 3999)}" for day in days]
    assert len(found(table("Udtag", numbers))) == len(numbers)


def test_one_column_says_nothing_of_another() -> None:
    persons, others = made(10, right=10, seed=4), made(10, right=0)
    rows = (f"{other};{person}" for other, person in zip(others, persons, strict=True))
    assert len(found("\n".join(["Udtag;Reference", *rows]))) >= 10


def test_nor_does_one_table_of_another_with_other_headings() -> None:
    others, persons = table("Udtag", made(20, right=1)), table("Hold", made(4, right=4, seed=5))
    assert len(found(f"{others}\n\nOg så dem her:\n\n{persons}")) == 4


@pytest.mark.parametrize("day", ["251126", "120389"])
def test_a_day_beside_an_amount_is_none_either(day: str) -> None:
    rnd = Random(8)
    stands = [f"{rnd.randint(1000, 9999)}" for _ in range(30)]
    right = [stand for stand in stands if modulus11(day + stand)]
    assert right, "chance makes some"
    assert not found("\n".join(["Aflæst;Stand", *(f"{day};{stand}" for stand in stands)]))
