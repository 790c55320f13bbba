"""What a whole column says of its numbers, for and against them.

Of other numbers that begin with a day one in eleven has the check digit of a personal number (modulus 11), and of
personal numbers nearly all have. Below "Sagsnr." the heading says that they are a case's; but offices number cases,
customers and papers by the person whom they concern. So where nearly all have it, they are personal numbers all the
same, and where one in eleven has it, chance made those. The same goes for a heading that says nothing of its numbers
("Konsignation"). Below "Konto" or "Varenr." they are personal numbers where they begin with several days, too: accounts
have such a digit, and what is numbered in a row begins alike. What one column holds says nothing of another.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date

from segl.vocabulary import Adjustment
from segl_classifier.cpr.context.said import CALLED_A_PERSONS, CALLED_OTHER
from segl_classifier.cpr.judging import score
from segl_classifier.cpr.judging.assessment import Assessment
from segl_classifier.cpr.judging.by_chance import FEWEST, RUN, Called, beyond_chance, is_by_chance
from segl_classifier.cpr.spelling.candidates import Candidate
from segl_classifier.cpr.spelling.form import Spelling
from segl_classifier.cpr.table.tables import Tables
from segl_classifier.cpr.vocabulary.number_of import MAY_BE_A_PERSONS
from segl_classifier.cpr.vocabulary.words import Kind

_NO_CHANCE = Adjustment("one of several made like personal numbers, which is no chance", 0.5)
_NOT_WHAT_IT_IS_CALLED = Adjustment(
    "one of several made like personal numbers, which no such thing has", -CALLED_OTHER
)
_FEWEST_DAYS = 3
_BY_CHANCE = Adjustment(
    "few of many in the column are made like personal numbers", CALLED_OTHER - CALLED_A_PERSONS
)

_UNNAMED_BY_CHANCE = Adjustment("few of many in the column are made like personal numbers", -0.5)
# From how many on. That people try out a few made-up numbers is no reason to pass over them; more, where they are
# spelled as hardly anything else is, and then only of those whose day is of these years or of long ago.
_FEWEST_UNNAMED = {Spelling.BARE: 8, Spelling.APART: 8, Spelling.HYPHEN: 12, Spelling.PARTED: 12}
_ROW = 300  # characters
_ALL_OF_THEM = frozenset((Spelling.BARE, Spelling.APART))
# "Anna Holm", "Bo P. Bro".
_NAME = re.compile(r"\b[A-ZÆØÅ][a-zæøåéöä]+(?: [A-ZÆØÅ]\.?)? [A-ZÆØÅ][a-zæøåéöä]+\b")
# A heading for them, whatever is written below: "HOLM, ANNA", "Anna;Holm", "Anna".
_HEADS_NAMES = re.compile(
    r"\b(?:for|efter|mellem|person|borger|barnets |elevens )?navne?\b|\b(?:first|last|sur|full)? ?name\b",
    re.IGNORECASE,
)
_ABOVE = 2_000  # characters

_Column = tuple[str, Spelling]  # the heading, and how its numbers are spelled


def weigh_columns(
    text: str,
    tables: Tables,
    assessments: list[Assessment],
    passed_over: Mapping[str, Collection[str]],
    today: date,
) -> None:
    """Adds to what the heading of a column calls what may be a person's that there are too many so made for that, or so
    few among many in the column, with those *passed_over*, that chance made them."""
    tabs = "\t" in text
    _weigh_unnamed(text, [one for one in assessments if not (tabs and _in_two_cells(text, one))], today)
    _weigh_things(text, tables, assessments, today)
    named = [assessment for assessment in assessments if assessment.said.heading in MAY_BE_A_PERSONS]
    if len(named) < FEWEST:
        return
    left: dict[_Column, list[Assessment]] = {}
    for (heading, spelling), column in _columns(named).items():
        called = [
            _called(assessment, today)
            for assessment in column
            if score.of_the_living(assessment.birth, today)
        ]
        if spelling is Spelling.HYPHEN:
            called += [Called(digits, spelling, living=False) for digits in passed_over.get(heading, ())]
        if is_by_chance(called):
            for assessment in column:
                assessment.steps.append(_BY_CHANCE)
        else:
            left[heading, spelling] = column
    assessments = [assessment for column in left.values() for assessment in column]
    if len(assessments) < FEWEST:
        return
    looked_at = text[
        : max(assessment.candidate.end for assessment in assessments)
    ]  # of a long column the rest is not judged
    beyond = beyond_chance([_called(assessment, today) for assessment in assessments], looked_at)
    runs = _runs(looked_at, tables) if any(spelling is Spelling.BARE for _, spelling in left) else {}
    for (heading, _), column in left.items():
        beyond |= beyond_chance(
            [_called(assessment, today) for assessment in column], " ".join(runs.get(heading, ()))
        )
    for assessment in assessments:
        if assessment.candidate.digits in beyond:
            assessment.steps.append(_NO_CHANCE)


def _weigh_things(text: str, tables: Tables, assessments: list[Assessment], today: date) -> None:
    """Adds to what a heading calls an article's, an account's, what nothing but people have, that it is theirs."""
    things = [
        assessment
        for assessment in assessments
        if assessment.said.heading is not None and assessment.said.heading not in MAY_BE_A_PERSONS
    ]
    columns = {
        column: numbers for column, numbers in _columns(things).items() if _days(numbers) >= _FEWEST_DAYS
    }
    if not columns:
        return
    runs = _runs(text[: max(one.candidate.end for column in columns.values() for one in column)], tables)
    for (heading, _), numbers in columns.items():
        theirs = beyond_chance([_called(one, today) for one in numbers], " ".join(runs.get(heading, ())))
        if _days(one for one in numbers if one.candidate.digits in theirs) < _FEWEST_DAYS:
            continue
        for one in numbers:
            if one.candidate.digits in theirs:
                one.steps.append(_NOT_WHAT_IT_IS_CALLED)


def _days(assessments: Iterable[Assessment]) -> int:
    """How many days of a month the numbers begin with."""
    return len({assessment.candidate.digits[:2] for assessment in assessments})


def _in_two_cells(text: str, assessment: Assessment) -> bool:
    """Whether a birthday stands in one cell and four digits in the next: two headings speak of it, and other words were
    asked what they say."""
    return "\t" in text[assessment.candidate.start : assessment.candidate.end]


def _weigh_unnamed(text: str, assessments: Iterable[Assessment], today: date) -> None:
    """Takes from numbers below a heading that says nothing of them ("Konsignation", "Aflæst") what chance made: hardly
    anybody has a wrong last digit, so a column of many where one in eleven has the right one is not one of persons. A
    number like that of somebody who may well be alive stays one among those whose days are of another kind, and so do
    all where names stand in the rows: whoever reads "Anna Holm" beside them takes them for hers, check digit or not."""
    unnamed = [
        assessment
        for assessment in assessments
        if assessment.candidate.spelling in _FEWEST_UNNAMED
        and assessment.column
        and assessment.said.kind is Kind.UNKNOWN
    ]
    for (_, spelling), column in _columns(unnamed).items():
        least = _FEWEST_UNNAMED[spelling]
        ordinary = [
            assessment
            for assessment in column
            if not assessment.birth.replacement and not assessment.birth.ran_out
        ]
        if not _by_chance(ordinary, least) or _names_beside(text, column):
            continue
        if spelling in _ALL_OF_THEM:
            of_the_living = [
                assessment for assessment in column if score.of_the_living(assessment.birth, today)
            ]
            all_of_them = _by_chance(of_the_living, least)
            stays = [
                not all_of_them and score.living(assessment.birth, assessment.birth.age(today))
                for assessment in column
            ]
        else:
            stays = [score.of_the_living(assessment.birth, today) for assessment in column]
        for assessment, hers in zip(column, stays, strict=True):
            if not hers:
                assessment.steps.append(_UNNAMED_BY_CHANCE)


def _names_beside(text: str, column: Sequence[Assessment]) -> bool:
    """Whether what may be somebody's name stands in half of the lines of *column*, or names are said to, above it."""
    first = min(assessment.candidate.start for assessment in column)
    if _HEADS_NAMES.search(text, max(0, first - _ABOVE), first) is not None:
        return True
    return 2 * sum(
        _NAME.search(_line(text, assessment.candidate)) is not None for assessment in column
    ) >= len(column)


def _line(text: str, candidate: Candidate) -> str:
    """What stands around *candidate* in its line, as far as a row reaches."""
    begin = text.rfind("\n", max(0, candidate.start - _ROW), candidate.start) + 1
    end = text.find("\n", candidate.end, candidate.end + _ROW)
    begin = begin or max(0, candidate.start - _ROW)
    return text[begin : end if end >= 0 else candidate.end + _ROW]


def _by_chance(assessments: Iterable[Assessment], least: int) -> bool:
    """Whether *assessments* are *least* numbers or more, and chance gave those that have it their last digit."""
    called = [
        Called(assessment.candidate.digits, assessment.candidate.spelling, assessment.birth.modulus11)
        for assessment in assessments
    ]
    return len({one.digits for one in called}) >= least and is_by_chance(called)


def _columns(assessments: Iterable[Assessment]) -> dict[_Column, list[Assessment]]:
    """*assessments* by the heading over them and their spelling."""
    columns: dict[_Column, list[Assessment]] = {}
    for assessment in assessments:
        columns.setdefault((assessment.column, assessment.candidate.spelling), []).append(assessment)
    return columns


def _runs(text: str, tables: Tables) -> dict[str, list[str]]:
    """Whatever has ten digits in a row, by the heading over it."""
    runs: dict[str, list[str]] = {}
    for run in RUN.finditer(text):
        runs.setdefault(tables.heading(run.start()) or "", []).append(run[0])
    return runs


def _called(assessment: Assessment, today: date) -> Called:
    living = score.living(assessment.birth, assessment.birth.age(today))
    return Called(assessment.candidate.digits, assessment.candidate.spelling, living)
