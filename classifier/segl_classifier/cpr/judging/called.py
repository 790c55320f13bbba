"""Columns whose heading calls their numbers a case's, a customer's or a paper's: offices number these by the person
whom they concern. So many made like personal numbers are no chance; so few among many are, and so they are below a
heading that says nothing of its numbers. What one column holds says nothing of another."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date

from segl.vocabulary import Adjustment
from segl_classifier.cpr.context.said import CALLED_A_PERSONS, CALLED_OTHER
from segl_classifier.cpr.judging import score
from segl_classifier.cpr.judging.by_chance import FEWEST, RUN, Called, beyond_chance, is_by_chance
from segl_classifier.cpr.judging.case import Case
from segl_classifier.cpr.spelling.candidates import Candidate
from segl_classifier.cpr.spelling.form import Layout
from segl_classifier.cpr.table.tables import Tables
from segl_classifier.cpr.vocabulary.words import MAY_BE_A_PERSONS, Kind

_NO_CHANCE = Adjustment("one of several made like personal numbers, which is no chance", 0.5)
_BY_CHANCE = Adjustment(
    "few of many in the column are made like personal numbers", CALLED_OTHER - CALLED_A_PERSONS
)

_UNNAMED_BY_CHANCE = Adjustment("few of many in the column are made like personal numbers", -0.5)
# From how many on. That people try out a few made-up numbers is no reason to pass over them; more, where they are
# spelled as hardly anything else is, and then only of those whose day is of these years or of long ago.
_FEWEST_UNNAMED = {Layout.BARE: 8, Layout.APART: 8, Layout.HYPHEN: 12, Layout.PARTED: 12}
_ROW = 300  # characters
_ALL_OF_THEM = frozenset((Layout.BARE, Layout.APART))
# "Anna Holm", "Bo P. Bro".
_NAME = re.compile(r"\b[A-ZÆØÅ][a-zæøåéöä]+(?: [A-ZÆØÅ]\.?)? [A-ZÆØÅ][a-zæøåéöä]+\b")
# A heading for them, whatever is written below: "HOLM, ANNA", "Anna;Holm", "Anna".
_HEADS_NAMES = re.compile(
    r"\b(?:for|efter|mellem|person|borger|barnets |elevens )?navne?\b|\b(?:first|last|sur|full)? ?name\b",
    re.IGNORECASE,
)
_ABOVE = 2_000  # characters

_Column = tuple[str, Layout]  # the heading, and how its numbers are spelled


def weigh_columns(
    text: str, tables: Tables, cases: list[Case], passed_over: Mapping[str, Collection[str]], today: date
) -> None:
    """Adds to what the heading of a column calls what may be a person's that there are too many so made for that, or so
    few among many in the column, with those *passed_over*, that chance made them."""
    _weigh_unnamed(text, [case for case in cases if not _in_two_cells(text, case)], today)
    named = [case for case in cases if case.said.heading in MAY_BE_A_PERSONS]
    if len(named) < FEWEST:
        return
    left: dict[_Column, list[Case]] = {}
    for (heading, layout), column in _columns(named).items():
        called = [_called(case, today) for case in column if score.of_the_living(case.birth, today)]
        if layout is Layout.HYPHEN:
            called += [Called(digits, layout, living=False) for digits in passed_over.get(heading, ())]
        if is_by_chance(called):
            for case in column:
                case.steps.append(_BY_CHANCE)
        else:
            left[heading, layout] = column
    cases = [case for column in left.values() for case in column]
    if len(cases) < FEWEST:
        return
    looked_at = text[: max(case.candidate.end for case in cases)]  # of a long column the rest is not judged
    beyond = beyond_chance([_called(case, today) for case in cases], looked_at)
    runs = _runs(looked_at, tables) if any(layout is Layout.BARE for _, layout in left) else {}
    for (heading, _), column in left.items():
        beyond |= beyond_chance([_called(case, today) for case in column], " ".join(runs.get(heading, ())))
    for case in cases:
        if case.candidate.digits in beyond:
            case.steps.append(_NO_CHANCE)


def _in_two_cells(text: str, case: Case) -> bool:
    """Whether a birthday stands in one cell and four digits in the next: two headings speak of it, and other words were
    asked what they say."""
    return "\t" in text[case.candidate.start : case.candidate.end]


def _weigh_unnamed(text: str, cases: Iterable[Case], today: date) -> None:
    """Takes from numbers below a heading that says nothing of them ("Konsignation", "Aflæst") what chance made: hardly
    anybody has a wrong last digit, so a column of many where one in eleven has the right one is not one of persons. A
    number like that of somebody who may well be alive stays one among those whose days are of another kind, and so do
    all where names stand in the rows: whoever reads "Anna Holm" beside them takes them for hers, check digit or not."""
    unnamed = [
        case
        for case in cases
        if case.candidate.layout in _FEWEST_UNNAMED and case.column and case.said.kind is Kind.UNKNOWN
    ]
    for (_, layout), column in _columns(unnamed).items():
        least = _FEWEST_UNNAMED[layout]
        ordinary = [case for case in column if not case.birth.replacement and not case.birth.ran_out]
        if not _by_chance(ordinary, least) or _names_beside(text, column):
            continue
        if layout in _ALL_OF_THEM:
            of_the_living = [case for case in column if score.of_the_living(case.birth, today)]
            all_of_them = _by_chance(of_the_living, least)
            stays = [not all_of_them and score.living(case.birth, case.birth.age(today)) for case in column]
        else:
            stays = [score.of_the_living(case.birth, today) for case in column]
        for case, hers in zip(column, stays, strict=True):
            if not hers:
                case.steps.append(_UNNAMED_BY_CHANCE)


def _names_beside(text: str, column: Sequence[Case]) -> bool:
    """Whether what may be somebody's name stands in half of the lines of *column*, or names are said to, above it."""
    first = min(case.candidate.start for case in column)
    if _HEADS_NAMES.search(text, max(0, first - _ABOVE), first) is not None:
        return True
    return 2 * sum(_NAME.search(_line(text, case.candidate)) is not None for case in column) >= len(column)


def _line(text: str, candidate: Candidate) -> str:
    """What stands around *candidate* in its line, as far as a row reaches."""
    begin = text.rfind("\n", max(0, candidate.start - _ROW), candidate.start) + 1
    end = text.find("\n", candidate.end, candidate.end + _ROW)
    begin = begin or max(0, candidate.start - _ROW)
    return text[begin : end if end >= 0 else candidate.end + _ROW]


def _by_chance(cases: Iterable[Case], least: int) -> bool:
    """Whether *cases* are *least* numbers or more, and chance gave those that have it their last digit."""
    called = [Called(case.candidate.digits, case.candidate.layout, case.birth.modulus11) for case in cases]
    return len({one.digits for one in called}) >= least and is_by_chance(called)


def _columns(cases: Iterable[Case]) -> dict[_Column, list[Case]]:
    """*cases* by the heading over them and their spelling."""
    columns: dict[_Column, list[Case]] = {}
    for case in cases:
        columns.setdefault((case.column, case.candidate.layout), []).append(case)
    return columns


def _runs(text: str, tables: Tables) -> dict[str, list[str]]:
    """Whatever has ten digits in a row, by the heading over it."""
    runs: dict[str, list[str]] = {}
    for run in RUN.finditer(text):
        runs.setdefault(tables.heading(run.start()) or "", []).append(run[0])
    return runs


def _called(case: Case, today: date) -> Called:
    living = score.living(case.birth, case.birth.age(today))
    return Called(case.candidate.digits, case.candidate.layout, living)
