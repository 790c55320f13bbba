"""The arithmetic: from how a number is spelled, what its digits say and what the text says to one figure.

Every step is an :class:`~segl.vocabulary.Adjustment`, so that ``segl explain`` can show the sum. The
weights follow one rule: a missed number is a breach, a false alarm costs a stranger five minutes. A date in
the spelling of a personal number is one until the text plainly says otherwise; modulus 11 raises the score
and its absence lowers nothing.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date

from segl.vocabulary import Adjustment
from segl_classifier.cpr.calendar import Birth
from segl_classifier.cpr.spelling.candidates import Candidate
from segl_classifier.cpr.spelling.form import Spelling

THRESHOLD = 0.5  # a finding with this score or more counts as a personal number

# Few people are so old, but every id that begins with a date of recent years says so: "241125 0012".
_OLD = 99
_THESE_YEARS = 3  # before and after today's
_OLDEST = 116
_LEAP_YEAR = 2024
_YOUNG = 2  # ids that begin with the day on which they were given read as of a newborn, too

_REPLACEMENT = Adjustment("the day is 60 too high, as in a replacement number", -0.4)
_MODULUS = Adjustment("modulus 11 holds", 0.15)
_RAN_OUT = Adjustment("born on a day whose numbers with modulus 11 are used up", 0.05)
_A_HUNDRED = {
    divided: Adjustment("born a hundred years ago", by) for divided, by in ((True, -0.05), (False, -0.2))
}
_DAY_OF_THESE_YEARS = Adjustment("more likely a day of these years than one a hundred years ago", -0.25)
_OLDER_THAN_ANYBODY = Adjustment("nobody alive is so old", -0.3)
_TIME_OF_DAY = {
    hyphen: Adjustment("the last four could be a time of day", by)
    for hyphen, by in ((True, -0.05), (False, -0.1))
}
_STAMP = Adjustment("could be a time stamp, YYMMDDhhmm", -0.2)


def of_digits(
    candidate: Candidate, birth: Birth, age: int, today: date, *, is_recent: bool
) -> list[Adjustment]:
    """What the spelling and the digits say, the words beside them left out of account. *age* is that of *birth*, which
    *is_recent* (:func:`recent`) or not."""
    spelling = candidate.spelling
    steps = [spelling.step]
    if birth.replacement:
        steps.append(_REPLACEMENT)
    elif birth.modulus11:
        steps.append(_MODULUS)
    elif birth.ran_out:
        steps.append(_RAN_OUT)
    if is_recent and (spelling is Spelling.DATED or _day_and_more(candidate)):
        steps.append(_DAY_OF_THESE_YEARS)
    elif age >= _OLD:
        steps.append(
            _OLDER_THAN_ANYBODY if age >= _OLDEST and not spelling.divided else _A_HUNDRED[spelling.divided]
        )
        if _time_of_day(candidate.digits[6:]):
            steps.append(_TIME_OF_DAY[spelling is Spelling.HYPHEN])
    elif spelling is Spelling.BARE and _stamp(candidate.digits, today):
        steps.append(_STAMP)
    steps += candidate.doubts
    return steps


def living(birth: Birth, age: int) -> bool:
    """Whether modulus 11 holds, and somebody with such a number may well be alive: so is one in three hundred of any
    numbers with ten digits."""
    return birth.modulus11 and _YOUNG <= age < _OLD


def of_the_living(birth: Birth, today: date) -> bool:
    """Whether the day is one on which somebody was born who may well be alive, all of whom have numbers with modulus
    11, as one in eleven has of other numbers. A day of these years tells of a number that begins with its date."""
    ordinary = not birth.replacement and not birth.ran_out and not recent(birth, today)
    return ordinary and _YOUNG <= birth.age(today) < _OLD


def of_age(birth: Birth, today: date) -> bool:
    """Whether somebody born on the day may well be alive, and it is none of these years, with which ids begin."""
    return not birth.replacement and not recent(birth, today) and _YOUNG <= birth.age(today) < _OLD


def likely(candidate: Candidate) -> bool:
    """Whether the number of somebody :func:`living` is spelled like hardly any other: six digits, a hyphen and four."""
    return candidate.spelling is Spelling.HYPHEN


def personal(candidate: Candidate) -> bool:
    """Whether the number, :func:`likely` or the same with a blank for its hyphen, is all that stands there: so it
    cannot be one of eight digits or thirteen."""
    spelled = candidate.spelling is Spelling.HYPHEN or candidate.spelling is Spelling.PARTED
    return spelled and not candidate.doubts


def recent(birth: Birth, today: date) -> bool:
    """Whether the date may be a day of these years, which reads as one a hundred years ago."""
    return abs(birth.born.year + 100 - today.year) <= _THESE_YEARS


def total(steps: list[Adjustment]) -> float:
    """The score of *steps*, 0 to 1."""
    return min(1.0, max(0.0, round(sum([step.by for step in steps]), 3)))


def _time_of_day(four: str) -> bool:
    return four[:2] < "24" and four[2] < "6"


def _day_and_more(candidate: Candidate) -> bool:
    """Whether the four digits behind a date may be a time as plans have it, or the day on which a period ends:
    "231126-1400", "231126-0301". Who is a hundred years old has a number with modulus 11, which makes up for this."""
    if candidate.spelling is not Spelling.HYPHEN and candidate.spelling is not Spelling.PARTED:
        return False
    four = candidate.digits[6:]
    return (_time_of_day(four) and four[3] in "05") or _day_of_a_year(four)


def _day_of_a_year(four: str) -> bool:
    return "01" <= four[2:] <= "12" and 1 <= int(four[:2]) <= monthrange(_LEAP_YEAR, int(four[2:]))[1]


def _stamp(digits: str, today: date) -> bool:
    """Whether the digits read as YYMMDDhhmm within some years of *today*."""
    if not _time_of_day(digits[6:]) or not 0 <= today.year - 2000 - int(digits[:2]) <= 10:
        return False
    return 1 <= int(digits[4:6]) <= 31 and digits[2:4] <= "12"
