"""Several days of these years, each with four digits behind it: a plan ("26-06-26 1234" is a day and a room, an hour or
a share), and no list of people who are a hundred years old.

Such people have numbers with modulus 11, all of them; of other digits one in eleven has it. Some of the four digits
make newborn children of the days; children alone they stay.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from operator import or_

from segl.vocabulary import Adjustment
from segl_classifier.cpr.judging import score
from segl_classifier.cpr.judging.assessment import Assessment
from segl_classifier.cpr.judging.by_chance import FEWEST
from segl_classifier.cpr.spelling.form import Spelling
from segl_classifier.cpr.vocabulary.words import Kind

_THESE_YEARS = 3
_SPELLINGS = (Spelling.PARTED, Spelling.DATED)
_OF_A_PLAN = Adjustment("one of several days of these years, few of them made like personal numbers", -0.4)


def weigh_days(assessments: Iterable[Assessment], today: date) -> None:
    """Takes from days of these years what makes them numbers, where all that are spelled alike are such days."""
    for spelling in _SPELLINGS:
        alike = [
            each
            for each in assessments
            if each.candidate.spelling is spelling and each.said.kind is Kind.UNKNOWN
        ]
        made_so = {each.candidate.digits: each.birth.modulus11 for each in alike}
        if len(made_so) < FEWEST or 3 * sum(made_so.values()) >= 2 * len(made_so):
            continue
        old = [score.recent(each.birth, today) for each in alike]
        newborn = [abs(each.birth.born.year - today.year) <= _THESE_YEARS for each in alike]
        if 3 * sum(old) >= len(alike) and all(map(or_, old, newborn)):
            for each in alike:
                each.steps.append(_OF_A_PLAN)
