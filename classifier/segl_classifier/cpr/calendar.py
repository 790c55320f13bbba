"""What the ten digits of a Danish personal number (CPR) say by themselves: a birthday and a check sum.

``DDMMYYSSSS``. The first six digits are the birthday; the seventh, together with the year, tells the
century (CPR-kontoret, "Opbygning af CPR-nummeret"):

    seventh digit   YY 00-36   37-57   58-99
    0 1 2 3         1900s      1900s   1900s
    4 9             2000s      1900s   1900s
    5 6 7 8         2000s      2000s   1800s

All ten digits weighted 4 3 2 7 6 5 4 3 2 1 give a sum divisible by 11 (modulus 11) for every number issued
before October 2007. Since then numbers without that property are just as valid, so a sum that fails is
never a reason to say that a number is not one. A replacement number (erstatningspersonnummer), given to
somebody who has none, has 60 added to the day.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

from segl.clock import WRITTEN

REPLACEMENT = 60  # added to the day in a replacement number

# Years whose 1 January ran out of numbers with modulus 11 (cpr.dk, list of 10 May 2023, "not exhaustive").
RAN_OUT = frozenset(
    (1960, 1962, 1964, 1965, 1966, 1967, 1969, 1970, 1974, 1975, 1978, *range(1980, 1993), 1994, 1995)
)

_ASCII = 48 * (4 + 3 + 2 + 7 + 6 + 5 + 4 + 3 + 2 + 1) % 11
_LAST_BIRTH = date(2057, 12, 31)  # that ten digits tell of, by the table above
_CLOCKS_DIFFER = timedelta(days=1)  # a child born today in another time zone is not born in the future


class Birth(NamedTuple):
    """What the digits say. ``born`` is the day; ``replacement`` says that it was 60 too high."""

    born: date
    replacement: bool
    modulus11: bool

    @property
    def ran_out(self) -> bool:
        """Born on a day for which numbers without modulus 11 are known to be in use."""
        return self.born.month == 1 and self.born.day == 1 and self.born.year in RAN_OUT

    def age(self, today: date) -> int:
        """Whole years lived on *today*."""
        had_birthday = (today.month, today.day) >= (self.born.month, self.born.day)
        return today.year - self.born.year - (not had_birthday)


def this_day() -> date:
    """The day on which a birth can be at the latest. The one place where the detector looks at a clock;
    whoever must have the same answer every day gives ``today`` to :func:`.find_cpr`.

    By a clock whose battery died, in 1970, six numbers in ten are of births to come, and no numbers: so no day is
    believed before the one on which this was written. Nor one that no digits tell of any more: by a clock that is a
    hundred years ahead nobody is alive."""
    return min(max(date.today(), WRITTEN), _LAST_BIRTH)


def century(yy: int, seventh: int) -> int:
    """The first year of the century of birth: 1800, 1900 or 2000."""
    if seventh <= 3:
        return 1900
    if seventh in (4, 9):
        return 2000 if yy <= 36 else 1900
    return 2000 if yy <= 57 else 1800


def read(digits: str, today: date) -> Birth | None:
    """The birth that *digits* (ten, ASCII) tell of; ``None`` when there is no such day or it is to come."""
    first, seventh = divmod(int(digits[:7]), 10)
    first, yy = divmod(first, 100)
    day, month = divmod(first, 100)
    replacement = day > REPLACEMENT
    try:
        born = date(century(yy, seventh) + yy, month, day - REPLACEMENT if replacement else day)
    except ValueError:
        return None
    if born > today and born > today + _CLOCKS_DIFFER:
        return None
    return Birth(born, replacement, modulus11(digits))


def modulus11(digits: str) -> bool:
    """Whether the weighted sum of the ten digits is divisible by 11."""
    if digits.isascii():
        a, b, c, d, e, f, g, h, i, j = digits.encode()  # each 48 more than the digit
        return (4 * a + 3 * b + 2 * c + 7 * d + 6 * e + 5 * f + 4 * g + 3 * h + 2 * i + j) % 11 == _ASCII
    return modulus11("".join(str(int(digit)) for digit in digits))
