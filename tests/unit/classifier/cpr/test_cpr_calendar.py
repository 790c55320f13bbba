"""What the ten digits say by themselves: day, century, modulus 11."""

from __future__ import annotations

from datetime import date
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.dk import cpr as oracle
from stdnum.exceptions import ValidationError

from bench.cpr_numbers import cpr
from segl.clock import WRITTEN
from segl_classifier.cpr import calendar
from segl_classifier.cpr.calendar import modulus11, read, this_day
from segl_classifier.cpr.find import find_cpr
from segl_classifier.message import Source, Text

TODAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("digits", "born"),
    [
        ("0101000000", date(1900, 1, 1)),
        ("3112993999", date(1999, 12, 31)),
        ("0101004000", date(2000, 1, 1)),
        ("0101364000", None),  # 2036: to come
        ("0101374000", date(1937, 1, 1)),
        ("0101379000", date(1937, 1, 1)),
        ("3112999999", date(1999, 12, 31)),
        ("0101005000", date(2000, 1, 1)),
        ("0101585000", date(1858, 1, 1)),
        ("3112998999", date(1899, 12, 31)),
        ("0101575000", None),  # 2057: to come
        ("2902000000", None),  # 1900 was no leap year
        ("2902004000", date(2000, 2, 29)),  # 2000 was
        ("2902030000", None),
        ("2902040000", date(1904, 2, 29)),
        ("3004850000", date(1985, 4, 30)),
        ("3104850000", None),
        ("0013850000", None),
        ("0000000000", None),
        ("2411264000", date(2026, 11, 24)),
        ("2511264000", date(2026, 11, 25)),  # born today, somewhere east of here
        ("2611264000", None),
    ],
)
def test_the_day_of_birth(digits: str, born: date | None) -> None:
    birth = read(digits, TODAY)
    assert (birth.born if birth else None) == born


@pytest.mark.parametrize(
    ("digits", "born"), [("6101901234", date(1990, 1, 1)), ("9112850000", date(1985, 12, 31))]
)
def test_the_day_of_a_replacement_number_is_sixty_too_high(digits: str, born: date) -> None:
    birth = read(digits, TODAY)
    assert birth is not None
    assert birth.replacement
    assert birth.born == born


@pytest.mark.parametrize("digits", ["6001901234", "9201901234", "4001901234"])
def test_no_other_day_is_a_replacement(digits: str) -> None:
    assert read(digits, TODAY) is None


def _by_oracle(digits: str) -> date | None:
    try:
        oracle.validate(digits)
        born = oracle.get_birth_date(digits)
    except ValidationError:
        return None
    return born if isinstance(born, date) else None


@given(st.from_regex(r"[0-3][0-9][01][0-9]{7}", fullmatch=True))
def test_day_and_century_agree_with_stdnum(digits: str) -> None:
    birth = read(digits, date.today())
    expected = _by_oracle(digits)
    if expected is not None:
        assert birth is not None
        assert birth.born == expected
    elif birth is not None:
        assert (birth.born - date.today()).days == 1  # the margin for other time zones


@given(st.from_regex(r"[0-9]{10}", fullmatch=True))
def test_modulus_11_agrees_with_stdnum(digits: str) -> None:
    assert modulus11(digits) is (oracle.checksum(digits) == 0)


def test_the_generator_of_the_bench_makes_numbers_that_stdnum_accepts() -> None:
    rnd = Random(11)
    numbers = [cpr(rnd) for _ in range(1_000)]
    assert all(oracle.is_valid(number) for number in numbers if _by_oracle(number) is not None)
    assert sum(_by_oracle(number) is not None for number in numbers) > 990  # the rest is born this year


def test_days_whose_numbers_with_modulus_11_are_used_up() -> None:
    """The first of January of these years: cpr.dk, 10 May 2023. The list of 2017, often copied, lacks 1962 and 1983."""

    def ran_out(day: str) -> list[int]:
        found = (read(f"{day}{year % 100:02}1234", TODAY) for year in range(1900, 2000))
        return [birth.born.year for birth in found if birth is not None and birth.ran_out]

    named = "1960 1962 1964 1965 1966 1967 1969 1970 1974 1975 1978".split()
    assert ran_out("0101") == [*map(int, named), *range(1980, 1993), 1994, 1995]
    assert ran_out("0201") == []


def test_the_age_on_a_day() -> None:
    birth = read("2411900000", TODAY)
    assert birth is not None
    assert birth.age(date(2026, 11, 23)) == 35
    assert birth.age(date(2026, 11, 24)) == 36


def test_a_birth_to_come_is_no_number_until_it_has_come() -> None:
    text = Text("cpr 241130-4321", "body", Source.BODY)
    assert not find_cpr(text, today=date(2026, 11, 24))
    assert find_cpr(text, today=date(2030, 11, 24))


@pytest.mark.parametrize(("says", "believed"), [(1970, WRITTEN), (2000, WRITTEN), (2165, date(2057, 12, 31))])
def test_a_clock_that_cannot_be_right_hides_no_number(
    says: int, believed: date, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A machine whose battery died begins in 1970; garbage in it may be any year."""

    class Wrong(date):
        @classmethod
        def today(cls) -> Wrong:
            return cls(says, 1, 1)

    monkeypatch.setattr(calendar, "date", Wrong)
    assert this_day() == believed
    rnd = Random(87)
    numbers = [cpr(rnd) for _ in range(40)]
    written = [f"Hanne er indlagt, {one[:6]}-{one[6:]}." for one in numbers]
    assert all(find_cpr(Text(one, "body", Source.BODY)) for one in written)


def test_without_a_day_given_the_computer_says_what_day_it_is() -> None:
    today = this_day()
    assert today == date.today()
    assert find_cpr(Text(f"cpr {today:%d%m%y}-5432", "body", Source.BODY))
