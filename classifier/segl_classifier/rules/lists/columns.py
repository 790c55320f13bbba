"""Lists that say it by their heading: ``Lejer;Restance``, and below it a name and a number.

No word in a row of such a list tells what it is about, and the letter round it need not either. So a rule with
``column = true`` reads headings: its words must name a column, another column must name persons, and some row must
have an entry for both. That is no matter of tone, so what these rules find counts as it does without a model.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from enum import Enum, StrEnum
from typing import NamedTuple

from segl.vocabulary import Adjustment, Finding
from segl_classifier.excerpts import excerpt
from segl_classifier.layout.cells import lines_of
from segl_classifier.layout.paragraphs import lines_ended
from segl_classifier.message import Source, Text
from segl_classifier.rules.engine import Scan
from segl_classifier.rules.lexicon import Lexicon
from segl_classifier.rules.lists.captions import Captions, Matter, Titles
from segl_classifier.rules.lists.headings import Heading, Headings
from segl_classifier.rules.lists.lines import lists_of_lines
from segl_classifier.rules.lists.marks import PUPILS, are_marks, is_of_teachers
from segl_classifier.rules.lists.persons import FIRMS, OF_FIRMS, Persons, Sign, bears
from segl_classifier.rules.lists.rows import Cells, entries, has_more, says, within
from segl_classifier.rules.lists.sides import tables_on_their_side
from segl_classifier.rules.lists.tables import Table, has_table, tables_headed
from segl_classifier.rules.model import Parts, Reads, Rule

_LABEL = 40  # characters from the beginning of a line
_FIRM = 8  # digits of a CVR number
_MISSED = 8  # cells of a heading that are looked for and not found
_WITH_TABLES = (Source.BODY, Source.ATTACHMENT)


class Missing(StrEnum):
    """Why a rule on columns finds nothing, in the order in which that is asked."""

    TABLE = (
        "no table was seen: two lines make one with tabs, ; or | between the cells, three with commas or blanks "
        '(\\n ends a line in "double" quotes)'
    )
    HEADING = "a table was seen, but none of its words in a heading"
    OTHERS = (
        "a heading is of the list column_other, column_office or column_place: the table is about animals, things, "
        "offices or places"
    )
    PERSONS = (
        "no other column has persons: it takes a heading of the list column_person, with no counts below it, "
        "or first names"
    )
    HOMES = "no other column has persons: addresses speak for billing, payment_default and dispute alone"
    ASKED = "the column of persons is headed by no word of the lists that the rule names in `persons`"
    ROW = "no row has both an entry below its words and a person, who is no firm and no total"


class _Words(Enum):
    """Where in a text words of rules stand. To look for lists without a table takes as long as to look for tables, and
    most letters have such a word in their sentences alone."""

    NOWHERE = "nowhere"
    ANYWHERE = "within a line"
    FIRST = "where a line begins, or before a colon"


class _Hit(NamedTuple):
    """*rule* found an entry in *column*, and a person beside it in the column *person*."""

    rule: Rule
    column: int
    person: int


class _Known(NamedTuple):
    """The columns of a table by what they have, in order. ``signs`` says by what those with persons are known;
    ``headed`` which columns are headed by words of the lists that rules ask for."""

    signs: dict[int, Sign]
    people: Sequence[int]
    homes: Sequence[int]
    firms: Sequence[int]
    headed: Mapping[str, Sequence[int]]

    def are_asked(self, column: int, rule: Rule) -> bool:
        """Whether the persons in *column* are such as *rule* is about."""
        if not bears(self.signs[column], rule.label):
            return False
        return not rule.persons or any(column in self.headed[name] for name in rule.persons)


class Columns:
    """The rules on columns made ready to search. Never changed: threads and forked workers share it."""

    __slots__ = ("_captions", "_headings", "_persons", "_rules", "_words")

    def __init__(self, parts: Parts) -> None:
        self._rules = [rule for rule in parts.rules if rule.reads is Reads.HEADINGS]
        self._words = Lexicon(parts.words_of_columns())
        self._persons = Persons(parts)
        self._headings = Headings(self._words, self._persons)
        self._captions = Captions(self._words, self._persons)

    @property
    def persons(self) -> Persons:
        """What tells persons from firms here, for those who ask the same."""
        return self._persons

    def find(self, texts: Sequence[Text], scans: Sequence[Scan | None]) -> list[Finding]:
        """The findings in *texts*, the parts of one message, in each of which *scans* found something: of each rule the
        first place in each text."""
        found: dict[tuple[str, str], Finding] = {}
        titles = Titles(texts)
        for text, scan in zip(texts, scans, strict=True) if self._rules else ():
            if scan is not None and text.source in _WITH_TABLES:
                for finding in self._in_text(text, scan, titles):
                    found.setdefault((finding.rule, finding.where), finding)
        return list(found.values())

    def missing(self, rule: Rule, texts: Sequence[Text]) -> Missing:
        """Why *rule*, one on columns, finds nothing in *texts*: of several tables, in that where it came furthest."""
        read = [text for text in texts if text.source in _WITH_TABLES and text.source in rule.where]
        titles = Titles(texts)
        tables = (table for text in read for table in self._tables(text.text, self._titled(text, titles)))
        seen = Missing.HEADING if any(has_table(text.text) for text in read) else Missing.TABLE
        return max((self._missing_in(table, rule) for table in tables), key=[*Missing].index, default=seen)

    def _missing_in(self, table: Table, rule: Rule) -> Missing:
        if not any(rule in rules for rules in table.heading.told.values()):
            return Missing.HEADING
        heading = list(table.heading.row.cells)
        if all(list(row) == heading for row in table.rows):
            return Missing.ROW
        known = self._known(table)
        signs = known.signs
        if rule.label in self._persons.elsewhere(table.heading.cells, set(signs.values())):
            return Missing.OTHERS
        if not any(bears(sign, rule.label) for sign in signs.values()):
            return Missing.HOMES if signs else Missing.PERSONS
        if not any(known.are_asked(number, rule) for number in signs):
            return Missing.ASKED
        return Missing.ROW

    def _in_text(self, text: Text, scan: Scan, titles: Titles) -> Iterator[Finding]:
        titled = self._titled(text, titles)
        said = _said(scan)
        if titled is None and said is _Words.NOWHERE:
            return
        found: set[Rule] = set()  # each once: where it stands in a wide heading takes time to find
        for table in self._tables(text.text, titled, said):
            for hit in self._in_table(table) if table.rows else ():
                if text.source in hit.rule.where and hit.rule not in found:
                    found.add(hit.rule)
                    yield _finding(hit, text, table)

    def _titled(self, text: Text, titles: Titles) -> Matter | None:
        return self._captions.of_titles(titles.over(text))

    def _tables(self, text: str, titled: Matter | None, said: _Words = _Words.FIRST) -> Iterator[Table]:
        """The lists of *text*, which is *titled* so, that may tell something of persons; words of rules are *said* in
        it."""
        yield from tables_headed(text, self._headings, self._captions, titled)
        if titled is None and said is not _Words.FIRST:
            return
        lines = list(lines_of(lines_ended(text)))
        yield from tables_on_their_side(lines, self._headings, self._persons)
        yield from lists_of_lines(lines, self._captions, self._persons, titled)

    def _in_table(self, table: Table) -> Iterator[_Hit]:
        known = self._known(table)
        elsewhere = self._persons.elsewhere(table.heading.cells, set(known.signs.values()))
        told = {n: [r for r in rules if r.label not in elsewhere] for n, rules in table.heading.told.items()}
        heading = list(table.heading.row.cells)
        waiting: dict[int, Sequence[Rule]] = {number: rules for number, rules in told.items() if rules}
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
        if not telling:
            return
        of_firm = any(says(row, number) for number in known.firms)
        named = [*self._named(row, known.people), *self._named(row, known.homes)]
        for number in telling:
            beside = [n for n in named if n != number or has_more(row, n)]
            left = []
            for rule in waiting[number]:
                person = next((n for n in beside if known.are_asked(n, rule)), None)
                if person is None or (of_firm and rule.label in OF_FIRMS):
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
            if (heading.persons is None or number in heading.persons)
            and (sign := self._persons.sign(cell, cells.get(number, ()), tells=number in heading.told))
            # Of houses a line above says less than a heading.
            and not (heading.captioned and sign is Sign.HOMES)
        }
        # Where a column says that it has persons, a firm is where they work.
        asks = Sign.SAID not in signs.values()
        return _Known(
            signs,
            people=[number for number, sign in signs.items() if sign is not Sign.HOMES],
            homes=[number for number, sign in signs.items() if sign is Sign.HOMES],
            firms=[n for n in self._headed(heading, FIRMS) if any(map(_is_firm, cells.get(n, ())))]
            if asks
            else (),
            headed=self._asked(table, [number for number, sign in signs.items() if sign is not Sign.HOMES]),
        )

    def _asked(self, table: Table, people: Sequence[int]) -> Mapping[str, Sequence[int]]:
        """The columns with persons whom rules on *table* ask for, by the list that they name. Those in the columns
        *people* are pupils where marks stand beside them."""
        heading = table.heading
        lists = {name for rules in heading.told.values() for rule in rules for name in rule.persons}
        headed = {name: self._headed(heading, name) for name in lists}
        if PUPILS in headed and not headed[PUPILS] and people:
            cells = entries(table.rows)
            if are_marks(cells.get(number, ()) for number in heading.told):
                headed[PUPILS] = [n for n in people if not is_of_teachers(heading.cells[n])]
        return headed

    def _headed(self, heading: Heading, name: str) -> Sequence[int]:
        """The columns headed by words of the list *name*."""
        return [number for number, cell in enumerate(heading.cells) if self._persons.is_named(name, cell)]

    def _named(self, row: Cells, persons: Sequence[int]) -> Sequence[int]:
        """The first two of the columns *persons* in which *row* has one."""
        found: list[int] = []
        for number in within(persons, row):
            if says(row, number) and self._persons.is_person(row[number]):
                found.append(number)
                if len(found) == 2:
                    break
        return found


def _said(scan: Scan) -> _Words:
    """Where in a text words of rules stand."""
    shown = scan.text.text.shown
    for start, end in scan.heading:
        line = shown.rfind("\n", max(0, start - _LABEL), start)
        if line >= 0 or start < _LABEL or shown[end : end + 1] == ":":
            return _Words.FIRST
    return _Words.ANYWHERE if scan.heading else _Words.NOWHERE


def _is_firm(cell: str) -> bool:
    """Whether *cell*, below the word for a firm, can be one or its number: "5" is what it pays."""
    return len(cell) >= _FIRM or not cell.replace(",", "").replace(".", "").isdigit()


def _place(cells: Cells, number: int, text: str, start: int, end: int) -> int:
    """Where in *text* the cell *number* of a row begins, which goes from *start* to *end*. Where several cells are not
    written as they were read (blanks that do not break), so far as is known: each is looked for in all the row."""
    at, missed = start, 0
    for cell in cells[:number]:
        if missed == _MISSED:
            break
        found = text.find(written := cell.replace('"', '""'), at, end)
        if found >= 0:
            at = found + len(written)
        else:
            missed += 1
    return max(at, text.find(cells[number].replace('"', '""'), at, end))


def _finding(hit: _Hit, text: Text, table: Table) -> Finding:
    rule, row = hit.rule, table.heading.row
    last = table.block + row.end
    at = _place(row.cells, hit.column, text.text, table.block + row.start, last)
    shown = excerpt(text.text, at, min(last, at + len(row.cells[hit.column])))
    steps = (
        Adjustment("weight of the rule", rule.weight),
        Adjustment(f"persons in column {hit.person + 1}", 0.0),
        *([Adjustment(f"told by {said.value}", 0.0)] if (said := table.heading.captioned) else ()),
    )
    return Finding(
        rule.id, rule.label, text.where, shown, rule.weight, steps, beyond_model=True, of_heading=True
    )
