"""Lists that say it by their heading: ``Lejer;Restance``, and below it a name and a number.

No word in a row of such a list tells what it is about, and the letter round it need not either. So a rule with
``column = true`` reads headings: its words must name a column, another column must name persons, and some row must
have an entry for both. That is no matter of tone, so what these rules find counts as it does without a model.

A heading is known here by its words, wherever it stands: below a title as wide as the table, in two rows, above the
second of two tables, on an earlier page.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from itertools import takewhile
from typing import NamedTuple

from segl.masking import excerpt
from segl.vocabulary import Adjustment, Finding
from segl_classifier.cells import Place, below, places
from segl_classifier.message import Source, Text
from segl_classifier.paragraphs import lines_ended, paragraphs
from segl_classifier.rules.column_persons import (
    FIRMS,
    HOMES,
    NAMES,
    OTHERS,
    PERSONS,
    PLACES,
    Persons,
    Sign,
    bears,
)
from segl_classifier.rules.lexicon import Lexicon
from segl_classifier.rules.model import Parts, Rule
from segl_classifier.rules.words import NormalText
from segl_classifier.tables import Row, table_rows

_LONGEST_HEADING = 6  # words: what has more is a sentence, unless it begins with a word of the rule
_LONGEST_CAPTION, _CAPTION_WORDS = 200, 8  # characters, words
_STOPS = (".", "!", "?")
_OVERVIEW = re.compile(
    r"(?:(?:over(?:sigt|view)|liste?|opgørelse|status|udtræk) (?:over|of|på|af) |(?:alle|samtlige|nye|aktuelle) )+",
    re.IGNORECASE,
)
_IS_ADDRESS = re.compile(r"\S@\S|://|www\.")
_DIGIT = re.compile(r"\d")
_SHOWN = 500  # rows by which it is told whether a column has persons
_NOTHING = re.compile(
    r"(?:(?:dkk|kr\.?|eur|€)? ?0+(?:[.,]0+)*(?: ?(?:kr\.?|dkk|%|,-|eur|€|dage?))?|0,-|[-–—.]*)", re.IGNORECASE
)


class _Heading(NamedTuple):
    """The row that heads a table: its cells, and by column the rules whose words stand there."""

    row: Row
    cells: Sequence[str]
    told: Mapping[int, Sequence[Rule]]
    places: Sequence[Place]
    captioned: bool = False


class Columns:
    """The rules on columns made ready to search. Never changed: threads and forked workers share it."""

    __slots__ = ("_persons", "_rules", "_words")

    def __init__(self, parts: Parts) -> None:
        self._rules = [rule for rule in parts.rules if rule.column]
        self._words = Lexicon([(word, rule) for rule in self._rules for word in rule.words])
        self._persons = Persons(parts)

    def find(self, texts: Sequence[Text]) -> list[Finding]:
        """The findings in *texts*, the parts of one message: of each rule the first place in each text."""
        found: dict[tuple[str, str], Finding] = {}
        for text in texts if self._rules else ():
            if text.source is Source.BODY or text.source is Source.ATTACHMENT:
                for finding in self._in_text(text):
                    found.setdefault((finding.rule, finding.where), finding)
        return list(found.values())

    def _in_text(self, text: Text) -> Iterator[Finding]:
        if next(self._words.hits(NormalText.of(text.text)), None) is None:
            return
        found: set[Rule] = set()  # each once: where it stands in a wide heading takes time to find
        for heading, rows, start in self._tables(text):
            for rule, column, person in self._telling(heading, rows):
                if text.source in rule.where and rule not in found:
                    found.add(rule)
                    yield _finding(rule, text, start, heading, column, person)

    def _tables(self, text: Text) -> Iterator[tuple[_Heading, Sequence[Sequence[str]], int]]:
        """The tables of *text* below a heading with words of rules, with their rows and where their block begins. A row
        below nothing that heads it goes on with the table before: a note stood between, or the end of a page."""
        heading: _Heading | None = None
        rows: list[Sequence[str]] = []
        begins, caption = 0, ""
        again: tuple[_Heading, list[Sequence[str]], int] | None = (
            None  # a row that may head a table of its own
        )
        lines = lines_ended(text.text)
        for start, end in paragraphs(lines):
            block = lines[start:end]
            found = table_rows(block)
            if found is None:
                caption = block.rpartition("\n")[2]
                continue
            above: Row | None = None
            for row in found:
                filled = [cell for cell in row.cells if cell]
                if len(filled) < 2 and (not row.cells or row.cells[0]):
                    caption = filled[0] if filled else block[row.start : row.end]
                    above = row if filled and row.cells and self._can_stand_above(filled[0]) else None
                    continue
                other = self._heading(row, above) or self._captioned(row, caption)
                repeated = other if other and heading and _repeats(other, heading) else None
                if repeated or other:
                    if again and again[1]:
                        yield again
                    again = (repeated, [], start) if repeated else None
                elif again and not self._heads_another(row, again[0]) and (cells := _below(again[0], row)):
                    again[1].append(cells)
                if repeated:
                    other = None
                above, caption = row, ""
                if other:
                    if heading and rows:
                        yield heading, rows, begins
                    heading, rows, begins = other, [], start
                elif heading and rows and self._heads_another(row, heading):
                    yield heading, rows, begins
                    heading = None
                elif heading and (cells := _below(heading, row)):
                    rows.append(cells)
        if again and again[1]:
            yield again
        if heading and rows:
            yield heading, rows, begins

    def _heading(self, row: Row, above: Row | None) -> _Heading | None:
        """*row* as a heading, with what stands *above* it where a heading has two rows."""
        told = {
            number: rules
            for number, cell in enumerate(row.cells)
            if cell and not _IS_ADDRESS.search(cell) and (rules := self._rules_named(cell))
        }
        if not told:
            return None
        cells = [*row.cells]
        if (
            above is not None
            and len(above.cells) == len(cells)
            and not any(map(str.isdigit, "".join(above.cells)))
        ):
            cells = [cell or over for cell, over in zip(cells, above.cells, strict=True)]
        if not self._can_head(row, told):
            return None
        return _Heading(row, cells, told, places(row.cut.line) if row.cut else ())

    def _captioned(self, row: Row, caption: str) -> _Heading | None:
        """*row* as a heading that names persons, below a line that begins with what is told of them."""
        bare = _OVERVIEW.sub("", caption[:_LONGEST_CAPTION].strip(" >*#-"))
        if not bare or caption.rstrip().endswith(_STOPS) or len(bare.split()) > _CAPTION_WORDS:
            return None
        rules = tuple(
            dict.fromkeys(r for at, _, _, rs in self._words.hits(NormalText.of(bare)) if not at for r in rs)
        )
        persons = any(map(self._names_persons, row.cells))
        told = {
            n: rules for n, cell in enumerate(row.cells) if rules and persons and self._persons.is_value(cell)
        }
        return _Heading(row, row.cells, told, places(row.cut.line) if row.cut else (), True) if told else None

    def _heads_another(self, row: Row, heading: _Heading) -> bool:
        """Whether *row* is the heading of a table that no rule knows."""
        another = row.heads and list(row.cells) != list(heading.row.cells)
        return another and any(map(self._names_persons, row.cells))

    def _can_stand_above(self, cell: str) -> bool:
        return self._names_persons(cell) or self._persons.is_named(HOMES, cell)

    def _names_persons(self, cell: str) -> bool:
        return self._persons.is_named(PERSONS, cell) or self._persons.is_named(NAMES, cell)

    def _rules_named(self, cell: str) -> Sequence[Rule]:
        long = len(cell.split()) > _LONGEST_HEADING
        normal = NormalText.of(cell)
        hits = [(start, rules) for start, _, _, rules in self._words.hits(normal) if not long or start == 0]
        return tuple(dict.fromkeys(rule for _, rules in hits for rule in rules))

    def _can_head(self, row: Row, told: dict[int, Sequence[Rule]]) -> bool:
        """Whether *row* heads a table, though words of rules stand in it: it was found to by its shape, or its other
        cells name columns. A row of entries has a name or a figure there."""
        others = [cell for number, cell in enumerate(row.cells) if number not in told and cell]
        if row.heading and not row.heads and any(map(_DIGIT.search, others)):
            return False  # "Patient 14;astma", below "Patient;Diagnose"
        if row.heads or any(map(self._names_persons, others)):
            return True
        if not others:
            return len(told) > 1
        entries = any(cell[:1].isdigit() or self._persons.has_first_name(cell) for cell in others)
        return not (entries or row.heading)

    def _telling(self, heading: _Heading, rows: Sequence[Sequence[str]]) -> Iterator[tuple[Rule, int, int]]:
        """The rules that find something below *heading*, in which column, and in which the persons are."""
        entries = _entries(rows)
        signs = {
            number: sign
            for number, cell in enumerate(heading.cells)
            if (sign := self._persons.sign(cell, entries.get(number, ()), tells=number in heading.told))
        }
        if heading.captioned:  # of houses a line above says less than a heading
            signs = {number: sign for number, sign in signs.items() if sign is not Sign.HOMES}
        if self._are_others(heading, set(signs.values())):
            return
        # Where a column says that it has persons, a firm is where they work.
        firms = [
            number
            for number, cell in enumerate(heading.cells)
            if Sign.SAID not in signs.values() and self._persons.is_named(FIRMS, cell)
        ]
        people = [number for number, sign in signs.items() if sign is not Sign.HOMES]
        homes = [number for number, sign in signs.items() if sign is Sign.HOMES]
        waiting = dict(heading.told)
        for row in rows:
            telling = [number for number in _within(waiting, row) if _says(row, number)]
            if not telling or any(_says(row, number) for number in firms):
                continue
            if list(row) == list(heading.row.cells):  # as it stands on each page
                continue
            named = [*self._named(row, people), *self._named(row, homes)]
            for number in telling:
                beside = [n for n in named if n != number or _has_more(row, n)]
                left = []
                for rule in waiting[number]:
                    person = next((n for n in beside if bears(signs[n], rule.label)), None)
                    if person is None:
                        left.append(rule)
                    else:
                        yield rule, number, person
                if left:
                    waiting[number] = left  # where it was: they are in order
                else:
                    del waiting[number]
            if not waiting:
                return

    def _are_others(self, heading: _Heading, known: Set[Sign]) -> bool:
        """Whether what is known of persons may be said of animals, or of places, which the table is about."""
        lists = [OTHERS] if Sign.SAID not in known else []
        lists += [PLACES] if known <= {Sign.HOMES} else []
        return any(self._persons.is_named(name, cell) for name in lists for cell in heading.cells)

    def _named(self, row: Sequence[str], persons: Sequence[int]) -> Sequence[int]:
        """The first two of the columns *persons* in which *row* has one."""
        found: list[int] = []
        for number in _within(persons, row):
            if _says(row, number) and self._persons.is_person(row[number]):
                found.append(number)
                if len(found) == 2:
                    break
        return found


def _repeats(row: _Heading, heading: _Heading) -> bool:
    """Whether *row* is one of entries, which say in their column no more than its *heading* does."""
    if row.row.heads or not row.row.heading or row.captioned:
        return False
    return all(set(rules) <= set(heading.told.get(number, ())) for number, rules in row.told.items())


def _below(heading: _Heading, row: Row) -> Sequence[str] | None:
    """The cells of *row* below those of *heading*; ``None`` if it is no row of that table."""
    if heading.row.cut and row.cut:
        cells: Sequence[str] = below(heading.places, row.cut)
    else:
        cells = row.cells
    return cells if len(cells) <= len(heading.cells) + 2 else None


def _finding(rule: Rule, text: Text, start: int, heading: _Heading, column: int, person: int) -> Finding:
    at, last = start + heading.row.start, start + heading.row.end
    for number, cell in enumerate(heading.row.cells[: column + 1]):
        found = text.text.find(cell, at, last)
        at = found + (len(cell) if number < column else 0) if found >= 0 else at
    shown = excerpt(text.text, at, min(last, at + len(heading.row.cells[column])))
    steps = (
        Adjustment("weight of the rule", rule.weight),
        Adjustment(f"persons in column {person + 1}", 0.0),
    )
    return Finding(
        rule.id, rule.label, text.where, shown, rule.weight, steps, beyond_model=True, of_heading=True
    )


def _says(row: Sequence[str], number: int) -> bool:
    """Whether *row* has an entry in the column *number*."""
    return number < len(row) and not _NOTHING.fullmatch(row[number].strip())


def _entries(rows: Iterable[Sequence[str]]) -> Mapping[int, Sequence[str]]:
    """The first entries of each column that has any."""
    found: dict[int, list[str]] = {}
    for row in rows:
        for number in range(len(row)):
            if _says(row, number) and len(cells := found.setdefault(number, [])) < _SHOWN:
                cells.append(row[number])
    return found


def _within(columns: Iterable[int], row: Sequence[str]) -> list[int]:
    """Those of *columns*, which are in order, that *row* reaches to."""
    return list(takewhile(lambda number: number < len(row), columns))


def _has_more(row: Sequence[str], number: int) -> bool:
    """Whether *row* has an entry besides that in the column *number*."""
    return any(_says(row, other) for other in range(len(row)) if other != number)
