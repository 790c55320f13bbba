"""Lists that say it by their heading: ``Lejer;Restance``, and below it a name and a number.

No word in a row of such a list tells what it is about, and the letter round it need not either. So a rule with
``column = true`` reads headings: its words must name a column, another column must name persons, and some row must
have an entry for both. That is no matter of tone, so what these rules find counts as it does without a model.

A heading is known here by its words, wherever it stands: below a title as wide as the table, in two rows, above the
second of two tables, on an earlier page.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from segl.masking import excerpt, mask_digits
from segl.vocabulary import Adjustment, Finding
from segl_classifier.cells import below
from segl_classifier.message import Source, Text
from segl_classifier.paragraphs import paragraphs
from segl_classifier.rules.column_persons import FIRMS, NAMES, OTHERS, PERSONS, Persons, Sign
from segl_classifier.rules.lexicon import Lexicon
from segl_classifier.rules.model import Parts, Rule
from segl_classifier.rules.words import NormalText
from segl_classifier.tables import Row, table_rows

_LONGEST_HEADING = 6  # words: what has more is a sentence, unless it begins with a word of the rule
_LONGEST_CAPTION = 8  # words
_SHOWN = 500  # rows by which it is told whether a column has persons
_NOTHING = re.compile(
    r"(?:(?:dkk|kr\.?|eur|€)? ?0+(?:[.,]0+)*(?: ?(?:kr\.?|dkk|%|,-|eur|€|dage?))?|0,-|[-–—.]*)", re.IGNORECASE
)


class _Heading(NamedTuple):
    """The row that heads a table: its cells, and by column the rules whose words stand there."""

    row: Row
    cells: Sequence[str]
    told: dict[int, Sequence[Rule]]


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
        for heading, rows, start in self._tables(text):
            for rule, column, person in self._telling(heading, rows):
                if text.source in rule.where:
                    yield _finding(rule, text, start, heading, column, person)

    def _tables(self, text: Text) -> Iterator[tuple[_Heading, Sequence[Sequence[str]], int]]:
        """The tables of *text* below a heading with words of rules, with their rows and where their block begins. A row
        below nothing that heads it goes on with the table before: a note stood between, or the end of a page."""
        heading: _Heading | None = None
        rows: list[Sequence[str]] = []
        begins, caption = 0, ""
        for start, end in paragraphs(text.text):
            block = text.text[start:end]
            found = table_rows(block)
            if found is None:
                caption = block.rpartition("\n")[2]
                continue
            above: Row | None = None
            for row in found:
                if not row.cells:
                    caption = block[row.start : row.end]
                    continue
                other = self._heading(row, above) or self._captioned(row, caption)
                above = row
                if other:
                    if heading and rows:
                        yield heading, rows, begins
                    heading, rows, begins = other, [], start
                elif heading and (cells := _below(heading, row)):
                    rows.append(cells)
        if heading and rows:
            yield heading, rows, begins

    def _heading(self, row: Row, above: Row | None) -> _Heading | None:
        """*row* as a heading, with what stands *above* it where a heading has two rows."""
        told = {
            number: rules
            for number, cell in enumerate(row.cells)
            if cell and (rules := self._rules_named(cell))
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
        return _Heading(row, cells, told) if self._can_head(row, told) else None

    def _captioned(self, row: Row, caption: str) -> _Heading | None:
        """*row* as a heading that names persons, where the line above it says what is told of them."""
        if (
            not row.heads
            or len(caption.split()) > _LONGEST_CAPTION
            or not (rules := self._rules_named(caption))
        ):
            return None
        others = [n for n, cell in enumerate(row.cells) if cell and not self._persons.is_named(PERSONS, cell)]
        told = {number: rules for number in others if not self._persons.is_named(NAMES, row.cells[number])}
        return _Heading(row, row.cells, told) if len(others) < len(row.cells) else None

    def _rules_named(self, cell: str) -> Sequence[Rule]:
        long = len(cell.split()) > _LONGEST_HEADING
        normal = NormalText.of(cell)
        hits = [(start, rules) for start, _, _, rules in self._words.hits(normal) if not long or start == 0]
        return tuple(dict.fromkeys(rule for _, rules in hits for rule in rules))

    def _can_head(self, row: Row, told: dict[int, Sequence[Rule]]) -> bool:
        """Whether *row* heads a table, though words of rules stand in it: it was found to by its shape, or its other
        cells name columns. A row of entries has a name or a figure there."""
        others = [cell for number, cell in enumerate(row.cells) if number not in told and cell]
        if row.heads or any(
            self._persons.is_named(PERSONS, cell) or self._persons.is_named(NAMES, cell) for cell in others
        ):
            return True
        if not others:
            return len(told) > 1
        entries = any(cell[:1].isdigit() or self._persons.has_first_name(cell) for cell in others)
        return not (entries or row.heading)

    def _telling(self, heading: _Heading, rows: Sequence[Sequence[str]]) -> Iterator[tuple[Rule, int, str]]:
        """The rules that find something below *heading*, in which column, and the heading of the persons beside."""
        signs = {
            number: sign
            for number, cell in enumerate(heading.cells)
            if (sign := self._persons.sign(cell, _filled(rows, number), tells=number in heading.told))
        }
        known = set(signs.values())
        if known <= {Sign.NAMES} and any(self._persons.is_named(OTHERS, cell) for cell in heading.cells):
            return
        # Where a column says that it has persons, a firm is where they work.
        firms = [
            number
            for number, cell in enumerate(heading.cells)
            if Sign.SAID not in known and self._persons.is_named(FIRMS, cell)
        ]
        waiting = dict(heading.told)
        for row in rows:
            telling = [number for number in waiting if _says(row, number)]
            if not telling or any(_says(row, number) for number in firms):
                continue
            if list(row) == list(heading.row.cells):  # as it stands on each page
                continue
            named = self._named(row, list(signs))
            for number in telling:
                beside = next((n for n in named if n != number or _has_more(row, n)), None)
                if beside is not None:
                    name = heading.cells[beside] if beside < len(heading.cells) else ""
                    yield from ((rule, number, name) for rule in waiting.pop(number))
            if not waiting:
                return

    def _named(self, row: Sequence[str], persons: Sequence[int]) -> Sequence[int]:
        """The first two of the columns *persons* in which *row* has one."""
        found: list[int] = []
        for number in persons:
            if _says(row, number) and self._persons.is_person(row[number]):
                found.append(number)
                if len(found) == 2:
                    break
        return found


def _below(heading: _Heading, row: Row) -> Sequence[str] | None:
    """The cells of *row* below those of *heading*; ``None`` if it is no row of that table."""
    if heading.row.cut and row.cut:
        cells: Sequence[str] = below(heading.row.cut.line, row.cut)
    else:
        cells = row.cells
    return cells if len(cells) <= len(heading.cells) + 2 else None


def _finding(rule: Rule, text: Text, start: int, heading: _Heading, column: int, person: str) -> Finding:
    at, last = start + heading.row.start, start + heading.row.end
    for number, cell in enumerate(heading.row.cells[: column + 1]):
        found = text.text.find(cell, at, last)
        at = found + (len(cell) if number < column else 0) if found >= 0 else at
    shown = excerpt(text.text, at, min(last, at + len(heading.row.cells[column])))
    steps = (
        Adjustment("weight of the rule", rule.weight),
        Adjustment(f"beside: column “{mask_digits(person[:40])}”", 0.0),
    )
    return Finding(
        rule.id, rule.label, text.where, shown, rule.weight, steps, beyond_model=True, of_heading=True
    )


def _says(row: Sequence[str], number: int) -> bool:
    """Whether *row* has an entry in the column *number*."""
    return number < len(row) and not _NOTHING.fullmatch(row[number].strip())


def _filled(rows: Iterable[Sequence[str]], number: int) -> Sequence[str]:
    """The first entries in the column *number*."""
    return list(islice((row[number] for row in rows if _says(row, number)), _SHOWN))


def _has_more(row: Sequence[str], number: int) -> bool:
    """Whether *row* has an entry besides that in the column *number*."""
    return any(_says(row, other) for other in range(len(row)) if other != number)
