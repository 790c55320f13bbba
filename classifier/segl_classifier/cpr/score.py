"""The arithmetic: from how a number is spelled, what its digits say and what the text says to one figure.

Every step is an :class:`~segl.vocabulary.Adjustment`, so that ``segl explain`` can show the sum. The
weights follow one rule: a missed number is a breach, a false alarm costs a stranger five minutes. A date in
the layout of a personal number is one until the text plainly says otherwise; modulus 11 raises the score
and its absence lowers nothing.
"""

from __future__ import annotations

from datetime import date

from segl.vocabulary import Adjustment
from segl_classifier.cpr.calendar import Birth
from segl_classifier.cpr.candidates import Candidate
from segl_classifier.cpr.layout import Layout

THRESHOLD = 0.5  # a finding with this score or more counts as a personal number

# Few people are so old, but every id that begins with a date of recent years says so: "241125 0012".
_OLD = 99
_OLDEST = 116


def of_digits(candidate: Candidate, birth: Birth, today: date) -> list[Adjustment]:
    """What the spelling and the digits say, the words beside them left out of account."""
    layout = candidate.layout
    steps = [layout.step]
    if birth.replacement:
        steps.append(Adjustment("the day is 60 too high, as in a replacement number", -0.4))
    elif birth.modulus11:
        steps.append(Adjustment("modulus 11 holds", 0.15))
    elif birth.ran_out:
        steps.append(Adjustment("born on a day whose numbers with modulus 11 are used up", 0.05))
    age = birth.age(today)
    if age >= _OLDEST:
        steps.append(Adjustment("nobody alive is so old", -0.1 if layout.divided else -0.3))
    elif age >= _OLD:
        steps.append(Adjustment("born a hundred years ago", -0.05 if layout.divided else -0.2))
    if age >= _OLD and _time_of_day(candidate.digits[6:]):
        steps.append(Adjustment("the last four could be a time of day", -0.05 if layout.divided else -0.1))
    elif layout is Layout.BARE and _stamp(candidate.digits, today):
        steps.append(Adjustment("could be a time stamp, YYMMDDhhmm", -0.1))
    return [*steps, *candidate.doubts]


def total(steps: list[Adjustment]) -> float:
    """The score of *steps*, 0 to 1."""
    return min(1.0, max(0.0, round(sum(step.by for step in steps), 3)))


def _time_of_day(four: str) -> bool:
    return four[:2] < "24" and four[2] < "6"


def _stamp(digits: str, today: date) -> bool:
    """Whether the digits read as YYMMDDhhmm within some years of *today*."""
    if not _time_of_day(digits[6:]) or not 0 <= today.year - 2000 - int(digits[:2]) <= 10:
        return False
    return 1 <= int(digits[4:6]) <= 31 and digits[2:4] <= "12"
