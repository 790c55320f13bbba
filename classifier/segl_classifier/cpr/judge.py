"""Each candidate of a text judged, overlapping spellings reduced to the likeliest."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from segl.vocabulary import Adjustment
from segl_classifier.cpr import borders, context, score
from segl_classifier.cpr.calendar import Birth, read
from segl_classifier.cpr.candidates import Candidate, Layout, candidates
from segl_classifier.cpr.company import Company, listed_with
from segl_classifier.cpr.context import NOTHING, Said
from segl_classifier.cpr.left import before
from segl_classifier.cpr.right import after
from segl_classifier.cpr.split import split_candidates
from segl_classifier.cpr.tables import Tables
from segl_classifier.cpr.words import Kind
from segl_classifier.message import Source, Text

_CALLED_OTHERWISE = -0.5


@dataclass(slots=True)
class _Case:
    """A candidate on its way to a judgement."""

    candidate: Candidate
    birth: Birth
    steps: list[Adjustment]
    said: Said


@dataclass(frozen=True, slots=True)
class Judged:
    """``start`` and ``end`` are places in the text; ``steps`` add up to ``score``."""

    start: int
    end: int
    rule: str
    score: float
    steps: tuple[Adjustment, ...]


def judge(text: Text, today: date) -> list[Judged]:
    """Every candidate of *text* with its score, in order of place, none overlapping another."""
    cases = _Reader(text, today).cases()
    if not cases:
        return []
    _with_company(text.text, cases)
    return _without_overlaps([_judged(case) for case in cases])


class _Reader:
    """Reads what the text says of each candidate."""

    def __init__(self, text: Text, today: date) -> None:
        self.text, self.today = text, today
        self.tables = Tables(text.text)
        self.find = context.lookup()
        self.earlier: _Case | None = None

    def cases(self) -> list[_Case]:
        cases = []
        for candidate in (*candidates(self.text.text), *split_candidates(self.text.text)):
            birth = read(candidate.digits, self.today)
            if birth is None or (candidate.year is not None and candidate.year != birth.born.year):
                continue
            case = self._case(candidate, birth)
            cases.append(case)
            self.earlier = case
        return cases

    def _case(self, candidate: Candidate, birth: Birth) -> _Case:
        whole = self.text.text
        start, end, divided = candidate.start, candidate.end, candidate.layout.divided
        steps = score.of_digits(candidate, birth, self.today)
        said = self._said(candidate)
        for doubt in (
            borders.letters(whole, start, end, divided),
            borders.address(whole, start, end, divided),
        ):
            if doubt is not None and said.kind not in (Kind.CPR, Kind.REPLACEMENT):
                steps.append(doubt)
        if self.text.source is Source.SURROUND and not divided and said.kind is Kind.UNKNOWN:
            steps.append(Adjustment("stands outside the message's text", -0.2))
        return _Case(candidate, birth, [*steps, *said.adjustments], said)

    def _said(self, candidate: Candidate) -> Said:
        """What heading and words say; the first that names the number decides, mere hints add up."""
        whole, layout = self.text.text, candidate.layout
        bare, divided = layout is Layout.BARE, layout.divided
        heading = self.tables.heading(candidate.start)
        top = context.heading(heading, self.find, bare=bare) if heading else NOTHING
        cells = top.kind is Kind.UNKNOWN
        left = before(whole, candidate.start, self.find, bare=bare, divided=divided, cells=cells)
        if left.kind is not Kind.UNKNOWN:
            return left
        if not cells:
            return top
        earlier = self.earlier
        decided = earlier is not None and earlier.said.kind is not Kind.UNKNOWN and not left.adjustments
        if decided and earlier is not None and listed_with(whole, earlier.candidate.end, candidate.start):
            return earlier.said
        right = after(whole, candidate.end, self.find, divided=divided)
        if right.kind is not Kind.UNKNOWN:
            return right
        return Said(Kind.UNKNOWN, (*left.adjustments, *top.adjustments, *right.adjustments))


def _with_company(text: str, cases: list[_Case]) -> None:
    """Adds what the other numbers of the text say to what its own words do not settle."""
    elsewhere = {c.candidate.digits for c in cases if c.said.kind is Kind.OTHER}
    company = Company(text, [case.candidate for case in cases], elsewhere)
    for first, last in pairwise(cases):
        a, b = first.candidate, last.candidate
        if (doubt := company.range_of(a.end, a.digits, b.start, b.digits)) is not None:
            first.steps.append(doubt)
            last.steps.append(doubt)
    for case in cases:
        candidate = case.candidate
        if case.said.kind is not Kind.UNKNOWN:
            continue
        if candidate.digits in elsewhere:
            case.steps.append(Adjustment("called something else in the same text", _CALLED_OTHERWISE))
        elif (doubt := company.follows_other(candidate.digits)) is not None:
            case.steps.append(doubt)
        elif candidate.layout is Layout.BARE:
            doubts = (company.series(candidate.digits), company.among_ids(candidate.start, candidate.end))
            case.steps += [doubt for doubt in doubts if doubt is not None]


def _judged(case: _Case) -> Judged:
    rule = "cpr.replacement" if case.birth.replacement else "cpr"
    candidate = case.candidate
    return Judged(candidate.start, candidate.end, rule, score.total(case.steps), tuple(case.steps))


def _without_overlaps(judged: list[Judged]) -> list[Judged]:
    """Where spellings overlap, the likelier; of two as likely, the longer."""
    kept: list[Judged] = []
    for one in sorted(judged, key=lambda j: j.start):
        if kept and one.start < kept[-1].end:
            if (one.score, one.end - one.start) > (kept[-1].score, kept[-1].end - kept[-1].start):
                kept[-1] = one
        else:
            kept.append(one)
    return kept
