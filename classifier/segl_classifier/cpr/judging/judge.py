"""Each candidate of a text judged, overlapping spellings reduced to the likeliest.

A text may hold more numbers than there is time to judge. Numbers of a column whose heading calls them
something else are passed over at once. Of the others so many are judged as no honest mail holds
(``MOST_JUDGED``); a text with more of them counts as holding personal numbers, whatever the rest may be.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import chain
from typing import NamedTuple

from segl.vocabulary import Adjustment
from segl_classifier.cpr.apart.beside_birthdays import beside_birthdays
from segl_classifier.cpr.apart.split import split_candidates
from segl_classifier.cpr.calendar import Birth, read
from segl_classifier.cpr.context import said as context
from segl_classifier.cpr.context.about import About
from segl_classifier.cpr.context.after import after, name_behind
from segl_classifier.cpr.context.before import before
from segl_classifier.cpr.context.registers import by_register, names_register
from segl_classifier.cpr.context.said import CALLED_CPR, NOTHING, Said, say
from segl_classifier.cpr.judging import score
from segl_classifier.cpr.judging.assessment import Assessment
from segl_classifier.cpr.judging.called import weigh_columns
from segl_classifier.cpr.judging.days import weigh_days
from segl_classifier.cpr.judging.in_cells import in_cells
from segl_classifier.cpr.judging.neighbours import listed_with, weigh_neighbours
from segl_classifier.cpr.judging.records import in_records
from segl_classifier.cpr.spelling import borders
from segl_classifier.cpr.spelling.candidates import Candidate, candidates
from segl_classifier.cpr.spelling.file_name import doubts_in_name
from segl_classifier.cpr.spelling.form import Spelling
from segl_classifier.cpr.spelling.lettered import lettered
from segl_classifier.cpr.spelling.shape import digits_in
from segl_classifier.cpr.table.cell_lines import Place, follows_another, place
from segl_classifier.cpr.table.cell_words import (
    heading_is_of_cell,
    is_among_words,
    is_of_somebody,
    label_says_cpr,
)
from segl_classifier.cpr.table.tables import Tables
from segl_classifier.cpr.table.titles import Titles
from segl_classifier.cpr.vocabulary.last_four import heads
from segl_classifier.cpr.vocabulary.number_of import MAY_BE_A_PERSONS, NumberOf
from segl_classifier.cpr.vocabulary.words import Kind
from segl_classifier.message import Source, Text

MOST_JUDGED = 10_000  # candidates of one text
_FEWEST_DIGITS = 4  # of any number, in whatever way: "CPR | 7 | 7 | 1 | 5"
_ENOUGH = 100  # numbers beyond doubt, after which the rest of a text is not looked at
_OTHERS_SHOWN = 50  # numbers of columns of something else that are judged all the same, to explain them

_BARE = Spelling.BARE
_OF_UNITS = "10"  # with which the numbers of production units begin, written in one piece
_BEYOND_DOUBT = 0.7
_OUTSIDE = Adjustment("stands outside the message's text", -0.2)
# A table that lies on its side: people or years stand over its columns, what the numbers are before its rows.
_ON_ITS_SIDE = say(Kind.CPR, "in a row of CPR numbers", CALLED_CPR)
_BEHIND_EMPTY, _NEAR = re.compile(r"[\t|;][ \"':\u00a0]*[\t|;][ \"']*\Z"), 12  # a cell of signs; characters
_CELL_STARTS = "\n\t|;,\"'"


class ScoredNumber(NamedTuple):
    """``start`` and ``end`` are places in the text; ``steps`` add up to ``score``. ``digits`` stay in here."""

    start: int
    end: int
    rule: str
    score: float
    steps: tuple[Adjustment, ...]
    digits: str = ""

    def __repr__(self) -> str:
        return f"ScoredNumber({self.start}, {self.end}, {self.rule}, {self.score:.2f})"  # without the digits


@dataclass(frozen=True, slots=True)
class NumbersFound:
    """``numbers`` in order of place, none overlapping another; not ``complete`` when there were more of them
    than were looked at."""

    numbers: list[ScoredNumber]
    complete: bool = True


def judge(text: Text, shape: bytes, today: date, rows: str | None = None) -> NumbersFound:
    """Every candidate of *text*, whose shape is *shape*, with its score. *rows* is the text with each row of a table in
    one line, if cells of *text* have several; then of those behind such a cell none is told."""
    if digits_in(shape) < _FEWEST_DIGITS:
        return NumbersFound([])
    found = chain(
        candidates(text.text, shape),
        split_candidates(text.text, shape),
        in_cells(text.text, today),
        in_records(text.text, shape, today),
        lettered(text.text, shape),
    )
    if rows is None:  # else it is by the other reading: their cells stand in one row
        found = chain(found, beside_birthdays(text.text, shape))
    if (first := next(found, None)) is None:  # as in most texts
        return NumbersFound([])
    reader = _Reader(text, today, rows)
    assessments = reader.assessments(chain((first,), found))
    if not assessments:
        return NumbersFound([])
    weigh_columns(text.text, reader.tables, assessments, reader.passed_over, today)
    weigh_days(assessments, today)
    weigh_neighbours(text.text, assessments, reader.others, today)
    told = [one for one in assessments if rows is None or reader.place(one.candidate) is not Place.BEHIND]
    return NumbersFound(without_overlaps([*map(_scored, told)]), reader.complete)


class _Reader:
    """Reads what the text says of each candidate."""

    def __init__(self, text: Text, today: date, rows: str | None = None) -> None:
        self.text, self.today, self.rows = text, today, rows
        self.file = text.source is Source.FILENAME
        self.tables = Tables(text.text if rows is None else rows)
        self.find = context.Lookup(text.text)
        self.titles = Titles(text.text, self.tables, self.find)
        self._addresses: bool | None = None
        self.registered = names_register(text.text)
        self.headings: dict[tuple[str, bool, bool, bool, bool], Said] = {}
        self.earlier: Assessment | None = None
        self.others: set[str] = set()  # digits that the text calls something else
        self.in_row = False  # whether the candidate at hand stands in the row of a table
        self.column = ""  # the heading over it
        # Of them, by heading, those that :meth:`_is_likely` counts.
        self.passed_over: dict[str, set[str]] = {}
        self.certain = 0
        self.complete = True

    def assessments(self, found: Iterable[Candidate]) -> list[Assessment]:
        assessments: list[Assessment] = []
        for candidate in found:
            top = self._heading(candidate)
            if top.numbers and len(self.others) > _OTHERS_SHOWN and self._is_another_row(candidate, top):
                self.others.add(candidate.digits)
                continue
            if candidate.spelling is Spelling.APART and top.kind is Kind.UNKNOWN and self.in_row:
                top = self._over_the_rest(candidate, top)
            if top.kind is Kind.OTHER and (
                self._is_of_another_line(candidate, top) or self._is_of_its_cell(candidate, top)
            ):
                top = NOTHING
            label = self.tables.row_label(candidate.start) if top.kind is Kind.OTHER else ""
            if label and label_says_cpr(label, self.find):
                top = _ON_ITS_SIDE
            other = top.kind is Kind.OTHER and not candidate.read
            if other and len(self.others) > _OTHERS_SHOWN and self._opens_cell(candidate):
                self.others.add(candidate.digits)
                if not (top.heading in MAY_BE_A_PERSONS and self._is_likely(candidate)):
                    continue
            birth = read(candidate.digits, self.today)
            if birth is None or (candidate.year is not None and candidate.year != birth.born.year):
                continue
            if len(assessments) >= MOST_JUDGED or self.certain >= _ENOUGH:
                self.complete = False
                break
            age = birth.age(self.today)
            living = score.living(birth, age)
            if self.file or (living and score.likely(candidate)):
                candidate = self._in_name(candidate)
            assessment = self._assessed(candidate, birth, age, top, living=living)
            if assessment.said.kind is Kind.OTHER:
                self.others.add(candidate.digits)
            assessments.append(assessment)
            self.earlier = assessment
        return assessments

    def _is_another_row(self, candidate: Candidate, top: Said) -> bool:
        """Whether the number begins a row of what the heading, which says *top*, calls something else: of such rows in
        a long table nothing more is asked."""
        return (
            top.kind is Kind.OTHER
            and self.rows is None
            and not candidate.read
            and top.heading not in MAY_BE_A_PERSONS
            and (candidate.start == 0 or self.text.text[candidate.start - 1] == "\n")
        )

    def place(self, candidate: Candidate) -> Place:
        """Where the number stands among the lines of its cell."""
        return Place.ROW if self.rows is None else place(self.rows, self.text.text, candidate.start)

    def _is_of_another_line(self, candidate: Candidate, top: Said) -> bool:
        """Whether the heading, which says *top*, tells of a line above in the cell of the number, and not of it: one
        made like hardly any other, or as a person's below what else a person has in such a column."""
        if self.place(candidate) is not Place.FURTHER:
            return False
        birth = read(candidate.digits, self.today)
        if birth is None or not score.living(birth, birth.age(self.today)):
            return False
        if candidate.spelling is Spelling.HYPHEN:
            return True
        hers = top.heading in MAY_BE_A_PERSONS or top.heading is NumberOf.PHONE
        return hers and follows_another(self.text.text, candidate.start)

    def _is_of_its_cell(self, candidate: Candidate, top: Said) -> bool:
        """Whether the heading, which says *top*, tells of what else stands in the cell of the number, and not of it."""
        start = candidate.start
        if top.numbers and (start == 0 or self.text.text[start - 1] == "\n"):
            return False  # as most: there is no label
        birth = read(candidate.digits, self.today)
        if birth is None:
            return False
        living, spelling = score.living(birth, birth.age(self.today)), candidate.spelling
        cell = self.tables.cell(start) if living or spelling is Spelling.HYPHEN else None
        if cell is None:
            return False
        if top.numbers or not (living or score.of_age(birth, self.today)):
            return is_of_somebody(cell.label, self.find)
        cell = cell._replace(behind=name_behind(self.text.text, candidate.end))
        if not living:  # but divided as hardly any other is
            return is_among_words(cell, top) or is_of_somebody(cell.label, self.find)
        return heading_is_of_cell(cell, spelling, top, self.find)

    def _is_likely(self, candidate: Candidate) -> bool:
        """Whether the number is made like hardly any other. What only has such a day is counted, for chance to be told
        of: a column of many numbers has some that are so made."""
        birth = read(candidate.digits, self.today)
        if birth is None or candidate.spelling is not Spelling.HYPHEN:
            return False
        if score.living(birth, birth.age(self.today)):
            return True
        if score.of_the_living(birth, self.today):
            self.passed_over.setdefault(self.column, set()).add(candidate.digits)
        return False

    def _in_name(self, candidate: Candidate) -> Candidate:
        """The candidate as one in the name of a file, which a text may name as well."""
        start, end, spelling, _, doubts, *_ = candidate
        weighed = doubts_in_name(self.text.text, start, end, spelling.divided, doubts, file=self.file)
        return candidate._replace(doubts=weighed)

    def _has_addresses(self) -> bool:
        """Whether an address of a page or a person stands anywhere in the text."""
        if self._addresses is None:
            self._addresses = any(sign in self.text.text for sign in ("://", "@", "www."))
        return self._addresses

    def _opens_cell(self, candidate: Candidate) -> bool:
        """Whether nothing stands before the number in its cell."""
        return candidate.start == 0 or self.text.text[candidate.start - 1] in _CELL_STARTS

    def _assessed(
        self, candidate: Candidate, birth: Birth, age: int, top: Said, *, living: bool
    ) -> Assessment:
        recent = score.recent(birth, self.today)
        steps = score.of_digits(candidate, birth, age, self.today, is_recent=recent)
        likely = living and score.likely(candidate)
        personal = living and score.personal(candidate) and borders.alone(self.text.text, *candidate[:2])
        if (likely or personal) and top.kind is Kind.OTHER:
            top = self._heading(candidate, likely=likely, personal=personal)
        said = NOTHING
        if not candidate.read:
            about = self._about(
                candidate, top, likely=likely, recent=recent, personal=personal, living=living
            )
            said = self._said(candidate, birth, top, about)
            if said.kind is not Kind.CPR and said.kind is not Kind.REPLACEMENT:
                steps += self._doubts(candidate, said, likely=likely, living=living)
        steps += said.adjustments
        beyond_doubt = said.kind is Kind.CPR or (
            candidate.spelling is Spelling.HYPHEN and said.kind is Kind.UNKNOWN
        )
        assessment = Assessment(candidate, birth, steps, said, self.column)
        self.certain += beyond_doubt and assessment.score() >= _BEYOND_DOUBT
        return assessment

    def _doubts(self, candidate: Candidate, said: Said, *, likely: bool, living: bool) -> list[Adjustment]:
        """Doubts from what touches the number and from where it stands."""
        text, (start, end, spelling, *_) = self.text.text, candidate
        divided, file = spelling.divided, self.file
        doubts = [
            borders.letters(text, start, end, divided=divided, likely=likely, file=file, living=living),
            borders.counted(text, end, tight=spelling is Spelling.HYPHEN),
            None if divided else borders.dialled(text, start, end),
        ]
        if not likely and self._has_addresses():
            doubts.append(borders.address(text, start, end, divided=divided, living=living))
        if self.text.source is Source.SURROUND and not spelling.divided and said.kind is Kind.UNKNOWN:
            doubts.append(_OUTSIDE)
        return [doubt for doubt in doubts if doubt is not None]

    def _about(
        self, candidate: Candidate, top: Said, *, likely: bool, recent: bool, personal: bool, living: bool
    ) -> About:
        """What is known of the number before words are read; *top* is what the heading says."""
        spelling = candidate.spelling
        return About(
            bare=spelling is _BARE,
            divided=spelling.divided,
            cells=top.kind is not Kind.CPR,
            row=self.in_row and spelling is not Spelling.COLUMN,  # which is the row
            likely=likely,
            recent=recent,
            spaced=spelling is Spelling.PARTED,
            file=self.file,
            personal=personal,
            living=living,
            unit=spelling is _BARE and candidate.digits.startswith(_OF_UNITS),
        )

    def _said(self, candidate: Candidate, birth: Birth, top: Said, about: About) -> Said:
        """What the words and the heading (*top*) say; what names the number decides, mere hints add up."""
        text, start, end = self.text.text, candidate.start, candidate.end
        if self.registered and by_register(text, start, end):
            return say(Kind.CPR, "named by the register of CPR numbers", CALLED_CPR)
        first_in_line = start == 0 or text[start - 1] == "\n"
        if self.in_row and not first_in_line and _BEHIND_EMPTY.search(text, max(0, start - _NEAR), start):
            cell = self.tables.cell(start)
            if cell is not None and label_says_cpr(cell.label, self.find):
                return say(Kind.CPR, "called a CPR number", CALLED_CPR)
        named = top.kind is not Kind.UNKNOWN
        if named and self._opens_cell(candidate) and (top.kind is not Kind.OTHER or first_in_line):
            return top
        left = before(text, start, self.find, about)
        if left.yields and about.living and name_behind(text, end):
            left = NOTHING
        if left.kind is not Kind.UNKNOWN:
            return left
        if named:
            return top
        earlier = self.earlier
        if earlier is not None and not left.adjustments and listed_with(earlier, candidate, text):
            return earlier.said
        if borders.GOES_ON in candidate.doubts:
            end = borders.behind(text, end)
        right = NOTHING
        if not borders.in_path(text, start, end):
            right = after(text, end, self.find, about)
        if right.kind is not Kind.UNKNOWN:
            return right
        if birth.modulus11 or not about.recent:  # a day of these years is more likely one beside an amount
            over = self.titles.said(candidate)
            if over.kind is not Kind.UNKNOWN:
                return Said(over.kind, (*over.adjustments, *left.adjustments))
        return Said(Kind.UNKNOWN, (*left.adjustments, *top.adjustments, *right.adjustments))

    def _heading(self, candidate: Candidate, *, likely: bool = False, personal: bool = False) -> Said:
        """What the heading of the column says, if the number stands in one."""
        bare = candidate.spelling is _BARE
        cell = self.tables.heading(candidate.start)
        self.in_row, self.column = cell is not None, cell or ""
        if not cell:
            return NOTHING
        unit = bare and candidate.digits.startswith(_OF_UNITS)
        known = self.headings.get((cell, bare, likely, personal, unit))
        return known or self._says(cell, bare=bare, likely=likely, personal=personal, unit=unit)

    def _over_the_rest(self, candidate: Candidate, top: Said) -> Said:
        """*top*, unless the four digits stand in a cell of their own and its heading calls them something else."""
        cell = self.tables.heading(candidate.end - 1)
        if not cell or heads(cell):
            return top
        rest = self._says(cell, bare=True)
        return rest if rest.kind is Kind.OTHER else top

    def _says(
        self, cell: str, *, bare: bool, likely: bool = False, personal: bool = False, unit: bool = False
    ) -> Said:
        asked = cell, bare, likely, personal, unit
        known = self.headings.get(asked)
        if known is None:
            known = context.heading(cell, self.find, bare=bare, likely=likely, personal=personal, unit=unit)
            self.headings[asked] = known
        return known


def _scored(assessment: Assessment) -> ScoredNumber:
    candidate = assessment.candidate
    replaces = assessment.birth.replacement or candidate.spelling is Spelling.LETTERED
    rule = "cpr.replacement" if replaces else "cpr"
    steps = tuple(assessment.steps)
    return ScoredNumber(candidate.start, candidate.end, rule, assessment.score(), steps, candidate.digits)


def without_overlaps(numbers: list[ScoredNumber]) -> list[ScoredNumber]:
    """Where spellings overlap, the likelier; of two as likely, the longer."""
    kept: list[ScoredNumber] = []
    for one in sorted(numbers, key=lambda j: j.start):
        if kept and one.start < kept[-1].end:
            if (one.score, one.end - one.start) > (kept[-1].score, kept[-1].end - kept[-1].start):
                kept[-1] = one
        else:
            kept.append(one)
    return kept
