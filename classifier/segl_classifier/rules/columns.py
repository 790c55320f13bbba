"""Lists that say it by their heading: ``Lejer;Restance``, and below it a name and a number.

No word in a row of such a list tells what it is about, and the letter round it need not either. So a rule with
``column = true`` reads headings: its words must name a column, another column must name persons, and some row must
have an entry for both. That is no matter of tone, so what these rules find counts as it does without a model.
"""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping, Sequence, Set
from enum import StrEnum
from typing import NamedTuple

from segl.masking import excerpt
from segl.vocabulary import Adjustment, Finding
from segl_classifier.message import Source, Text
from segl_classifier.rules.column_headings import Heading, Headings
from segl_classifier.rules.column_persons import FIRMS, OTHERS, PLACES, Persons, Sign, bears
from segl_classifier.rules.column_rows import Cells, entries, has_more, says, within
from segl_classifier.rules.column_tables import Table, has_table, tables_headed
from segl_classifier.rules.lexicon import Lexicon
from segl_classifier.rules.model import Parts, Rule
from segl_classifier.rules.words import NormalText

_WITH_TABLES = (Source.BODY, Source.ATTACHMENT)


class Missing(StrEnum):
    """Why a rule on columns finds nothing, in the order in which that is asked."""

    TABLE = (
        "no table was seen: two lines make one with tabs, ; or | between the cells, three with commas or blanks "
        '(\\n ends a line in "double" quotes)'
    )
    HEADING = "a table was seen, but none of its words in a heading"
    OTHERS = (
        "a heading is of the list column_other or column_place: the table is about animals, things or places"
    )
    PERSONS = (
        "no other column has persons: it takes a heading of the list column_person, with no counts below it, "
        "or first names"
    )
    HOMES = "no other column has persons: addresses speak for billing, payment_default and dispute alone"
    ROW = "no row has both an entry below its words and a person, who is no firm and no total"


class _Hit(NamedTuple):
    """*rule* found an entry in *column*, and a person beside it in the column *person*."""

    rule: Rule
    column: int
    person: int


class _Known(NamedTuple):
    """The columns of a table by what they have, in order. ``signs`` says by what those with persons are known."""

    signs: dict[int, Sign]
    people: Sequence[int]
    homes: Sequence[int]
    firms: Sequence[int]


class Columns:
    """The rules on columns made ready to search. Never changed: threads and forked workers share it."""

    __slots__ = ("_headings", "_persons", "_rules", "_words")

    def __init__(self, parts: Parts) -> None:
        self._rules = [rule for rule in parts.rules if rule.column]
        self._words = Lexicon([(word, rule) for rule in self._rules for word in rule.words])
        self._persons = Persons(parts)
        self._headings = Headings(self._words, self._persons)

    def find(self, texts: Sequence[Text]) -> list[Finding]:
        """The findings in *texts*, the parts of one message: of each rule the first place in each text."""
        found: dict[tuple[str, str], Finding] = {}
        for text in texts if self._rules else ():
            if text.source in _WITH_TABLES:
                for finding in self._in_text(text):
                    found.setdefault((finding.rule, finding.where), finding)
        return list(found.values())

    def missing(self, rule: Rule, texts: Sequence[Text]) -> Missing:
        """Why *rule*, one on columns, finds nothing in *texts*: of several tables, in that where it came furthest."""
        read = [text.text for text in texts if text.source in _WITH_TABLES and text.source in rule.where]
        tables = (table for text in read for table in tables_headed(text, self._headings))
        seen = Missing.HEADING if any(map(has_table, read)) else Missing.TABLE
        return max((self._missing_in(table, rule) for table in tables), key=[*Missing].index, default=seen)

    def _missing_in(self, table: Table, rule: Rule) -> Missing:
        if not any(rule in rules for rules in table.heading.told.values()):
            return Missing.HEADING
        heading = list(table.heading.row.cells)
        if all(list(row) == heading for row in table.rows):
            return Missing.ROW
        signs = self._known(table).signs
        if self._are_others(table.heading, set(signs.values())):
            return Missing.OTHERS
        if not any(bears(sign, rule.label) for sign in signs.values()):
            return Missing.HOMES if signs else Missing.PERSONS
        return Missing.ROW

    def _in_text(self, text: Text) -> Iterator[Finding]:
        if next(self._words.hits(NormalText.of(text.text)), None) is None:
            return
        found: set[Rule] = set()  # each once: where it stands in a wide heading takes time to find
        for table in tables_headed(text.text, self._headings):
            for hit in self._in_table(table) if table.rows else ():
                if text.source in hit.rule.where and hit.rule not in found:
                    found.add(hit.rule)
                    yield _finding(hit, text, table)

    def _in_table(self, table: Table) -> Iterator[_Hit]:
        known = self._known(table)
        if self._are_others(table.heading, set(known.signs.values())):
            return
        heading = list(table.heading.row.cells)
        waiting = dict(table.heading.told)
        for row in table.rows:
            if list(row) != heading:  # as it stands on each page
                yield from self._in_row(row, known, waiting)
                if not waiting:
                    return

    def _in_row(
        self, row: Cells, known: _Known, waiting: MutableMapping[int, Sequence[Rule]]
    ) -> Iterator[_Hit]:
        """What the rules that are *waiting* find in *row*; they wait no longer."""
        telling = [number for number in within(waiting, row) if says(row, number)]
        if not telling or any(says(row, number) for number in known.firms):
            return
        named = [*self._named(row, known.people), *self._named(row, known.homes)]
        for number in telling:
            beside = [n for n in named if n != number or has_more(row, n)]
            left = []
            for rule in waiting[number]:
                person = next((n for n in beside if bears(known.signs[n], rule.label)), None)
                if person is None:
                    left.append(rule)
                else:
                    yield _Hit(rule, number, person)
            if left:
                waiting[number] = left  # where it was: they are in order
            else:
                del waiting[number]

    def _known(self, table: Table) -> _Known:
        heading, cells = table.heading, entries(table.rows)
        signs = {
            number: sign
            for number, cell in enumerate(heading.cells)
            if (sign := self._persons.sign(cell, cells.get(number, ()), tells=number in heading.told))
            # Of houses a line above says less than a heading.
            and not (heading.captioned and sign is Sign.HOMES)
        }
        # Where a column says that it has persons, a firm is where they work.
        asks = Sign.SAID not in signs.values()
        return _Known(
            signs,
            people=[number for number, sign in signs.items() if sign is not Sign.HOMES],
            homes=[number for number, sign in signs.items() if sign is Sign.HOMES],
            firms=[n for n, cell in enumerate(heading.cells) if asks and self._persons.is_named(FIRMS, cell)],
        )

    def _are_others(self, heading: Heading, known: Set[Sign]) -> bool:
        """Whether what is known of persons may be said of animals, or of places, which the table is about."""
        lists = [OTHERS] if Sign.SAID not in known else []
        lists += [PLACES] if known <= {Sign.HOMES} else []
        return any(self._persons.is_named(name, cell) for name in lists for cell in heading.cells)

    def _named(self, row: Cells, persons: Sequence[int]) -> Sequence[int]:
        """The first two of the columns *persons* in which *row* has one."""
        found: list[int] = []
        for number in within(persons, row):
            if says(row, number) and self._persons.is_person(row[number]):
                found.append(number)
                if len(found) == 2:
                    break
        return found


def _finding(hit: _Hit, text: Text, table: Table) -> Finding:
    rule, row = hit.rule, table.heading.row
    at, last = table.block + row.start, table.block + row.end
    for number, cell in enumerate(row.cells[: hit.column + 1]):
        found = text.text.find(cell, at, last)
        at = found + (len(cell) if number < hit.column else 0) if found >= 0 else at
    shown = excerpt(text.text, at, min(last, at + len(row.cells[hit.column])))
    steps = (
        Adjustment("weight of the rule", rule.weight),
        Adjustment(f"persons in column {hit.person + 1}", 0.0),
    )
    return Finding(
        rule.id, rule.label, text.where, shown, rule.weight, steps, beyond_model=True, of_heading=True
    )
