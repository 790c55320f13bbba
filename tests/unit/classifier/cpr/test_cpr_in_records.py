"""Numbers in files of fixed width, where they touch what stands before and behind them; and the look-alikes there."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest

from bench.cpr_numbers import cpr
from corpus.numbers import found
from segl_classifier.cpr.calendar import modulus11

RND = Random(89)
ROWS = 3


def ten() -> str:
    """A number with modulus 11 of somebody born before 2000."""
    while True:
        number = cpr(RND)
        if modulus11(number) and number[6] in "0123":
            return number


def digits(count: int) -> str:
    return "".join(RND.choice("0123456789") for _ in range(count))


def day(year: str) -> str:
    return f"{RND.randint(1, 28):02}{RND.randint(1, 12):02}{year}"


RECORDS: dict[str, Callable[[int], str]] = {
    "behind a record type, before a name": lambda _: f"001{ten()}Ida Holm            Elmevej 4    8000",
    "behind a CVR number": lambda _: f"12345678{ten()}{digits(12)}A",
    "before an amount": lambda _: f"{ten()}000000{digits(9)}",
    "before a name": lambda _: f"{ten()}IDA HOLM            {digits(4)}",
    "between letters": lambda _: f"K{ten()}X",
    "behind a day and a running number": lambda row: f"20261130{row:06}{ten()}202611{digits(9)}",
    "with a suffix, in a cell": lambda row: f"{row}\tIda Holm\t{ten()}01\t{digits(4)}",
}
OTHERS: dict[str, Callable[[int], str]] = {
    "time stamps": lambda row: f"2026113008{row:02}{RND.randrange(60):02} ok",
    "EAN": lambda _: f"57{digits(11)}",
    "accounts": lambda _: f"2191{digits(10)}",
    "a day and an amount": lambda _: f"{day('26')}000{digits(6)}",
    "payments": lambda _: f"BS042{digits(8)}0236{digits(19)}{day('26')}{digits(13)}",
    "ids between letters": lambda _: f"K{digits(10)}X",
}


@pytest.mark.parametrize("kind", RECORDS)
def test_numbers_at_the_same_place_of_all_rows_are_found(kind: str) -> None:
    rows = [RECORDS[kind](row) for row in range(ROWS)]
    assert len(found("\n".join(rows))) == ROWS
    head, tail = f"000KMD       20261101{'':20}", f"999{ROWS:08}{'':20}"
    assert len(found("\r\n".join((head, *rows, tail)))) == ROWS


def test_rows_of_another_type_between_them_do_not_hide_them() -> None:
    rows = [f"001{ten()}Ida Holm\n002{digits(20)}\n003{digits(20)}" for _ in range(ROWS)]
    assert len(found("\n".join(rows))) == ROWS


def test_rows_of_one_person_begin_with_her_number() -> None:
    number = ten()
    assert found(f"001{number}{number}01          Ida Holm\n008{number}Elmevej 4")
    assert not found(f"001{number}Ida Holm\n001{number}Ida Holm")  # may be any number


@pytest.mark.parametrize("kind", OTHERS)
def test_other_fields_are_none(kind: str) -> None:
    for rows in (2, 3, 8, 40):
        assert not found("\n".join(OTHERS[kind](row) for row in range(rows)))


def test_of_a_field_that_begins_with_a_birthday_chance_makes_none() -> None:
    assert not found("\n".join(f"{day(str(RND.randint(50, 99)))}{digits(9)}" for _ in range(200)))
