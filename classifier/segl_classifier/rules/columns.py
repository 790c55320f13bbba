"""Lists that say it by their heading: ``Lejer;Restance``, and below it a name and a number.

No word in a row of such a list tells what it is about, and the letter round it need not either. So a rule with
``column = true`` reads headings: its words must name a column, another column must name persons, and some row must
have an entry for both. That is no matter of tone, so what these rules find counts as it does without a model.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby, islice

from segl.masking import excerpt
from segl.vocabulary import Adjustment, Finding
from segl_classifier.message import Source, Text
from segl_classifier.paragraphs import paragraphs
from segl_classifier.rules.lexicon import Lexicon
from segl_classifier.rules.model import Parts, Rule
from segl_classifier.rules.words import NormalText, fold
from segl_classifier.tables import Row, table_rows

# The lists of the rule files (02-columns.toml) that say what a column with persons is.
PERSONS, NUMBERS, NAMES, COMPANIES = "column_person", "column_number", "column_name", "column_company"
OTHERS = "column_other"
FIRST_NAMES = "first_name"

_LONGEST_HEADING = 5  # words: what has more is a sentence
_MOST_ROWS = 500  # of one table that are looked at
_LONGEST_BLOCK = 200_000  # characters
_NOTHING = frozenset(("", "-", "–", "—", "0", "0,0", "0,00", "0.00", "0 kr", "0 kr.", "0,00 kr", "0,00 kr."))

_LETTER = re.compile(r"[^\W\d_]")

_Table = tuple[Row, Sequence[Row]]  # heading, rows


class Columns:
    """The rules on columns made ready to search. Never changed: threads and forked workers share it."""

    __slots__ = (
        "_companies",
        "_first_names",
        "_headings",
        "_names",
        "_numbers",
        "_others",
        "_persons",
        "_rules",
    )

    def __init__(self, parts: Parts) -> None:
        self._rules = [rule for rule in parts.rules if rule.column]
        self._headings = Lexicon([(word, rule) for rule in self._rules for word in rule.words])
        self._persons, self._numbers, self._names, self._companies, self._others, self._first_names = (
            _lexicon(parts, name) for name in (PERSONS, NUMBERS, NAMES, COMPANIES, OTHERS, FIRST_NAMES)
        )

    def find(self, texts: Sequence[Text]) -> list[Finding]:
        """The findings in *texts*, the parts of one message: of each rule the first place in each text."""
        found: dict[tuple[str, str], Finding] = {}
        for text in texts if self._rules else ():
            if text.source is Source.BODY or text.source is Source.ATTACHMENT:
                for finding in self._in_text(text):
                    found.setdefault((finding.rule, finding.where), finding)
        return list(found.values())

    def _in_text(self, text: Text) -> Iterator[Finding]:
        if not _has(self._headings, text.text):
            return
        for start, end in paragraphs(text.text):
            block = text.text[start : min(end, start + _LONGEST_BLOCK)]
            if not _has(self._headings, block):
                continue
            for heading, rows in _tables(block):
                for rule, column, persons in self._telling(heading, rows, text.source):
                    yield _finding(rule, text, start + heading.start, heading, column, persons)

    def _telling(
        self, heading: Row, rows: Sequence[Row], source: Source
    ) -> Iterator[tuple[Rule, int, Sequence[str]]]:
        """The rules that find something below *heading*, in which column, with the heading that names persons."""
        columns = [
            (number, rules)
            for number, cell in enumerate(heading.cells)
            if len(cell.split()) <= _LONGEST_HEADING
            and (
                rules := dict.fromkeys(rule for rule in _found(self._headings, cell) if source in rule.where)
            )
        ]
        if not columns or any(_begins_with(self._others, cell) for cell in heading.cells):
            return
        persons = [n for n in range(len(heading.cells)) if self._is_of_persons(heading.cells[n], n, rows)]
        for number, rules in columns:
            others = [n for n in persons if n != number]
            if any(_says(row, number) and self._has_person(row, others) for row in rows):
                for rule in rules:
                    yield rule, number, [heading.cells[n] for n in others]

    def _is_of_persons(self, name: str, number: int, rows: Sequence[Row]) -> bool:
        """Whether the column *number*, called *name*, has persons: it says so, or it has names and nothing but that
        can be meant."""
        cells = [row.cells[number] for row in rows if _says(row, number)]
        if _begins_with(self._persons, name):
            # Below "elever" or "husstande" may stand how many.
            return _begins_with(self._numbers, name) or any(map(_LETTER.search, cells))
        named = sum(_begins_with(self._first_names, cell) for cell in cells)
        return named * (4 if _has(self._names, name) else 2) >= len(cells) > 0 < named

    def _has_person(self, row: Row, columns: Sequence[int]) -> bool:
        return any(_says(row, number) and not _has(self._companies, row.cells[number]) for number in columns)


def _lexicon(parts: Parts, name: str) -> Lexicon[str]:
    named = parts.lists.get(name)
    words = (word for part in named.parts for word in parts.lists[part].words) if named else ()
    return Lexicon([(word, name) for word in words])


def _tables(block: str) -> Iterator[_Table]:
    """The tables of *block* that have a heading, each with its first rows."""
    rows = [row for row in table_rows(block) or () if row.heading]
    for _, group in groupby(rows, key=lambda row: id(row.heading)):
        heading, *below = islice(group, _MOST_ROWS)
        if heading.heads and below:
            yield heading, below


def _finding(
    rule: Rule, text: Text, start: int, heading: Row, column: int, persons: Sequence[str]
) -> Finding:
    at = max(start, text.text.find(heading.cells[column], start))
    shown = excerpt(text.text, at, min(len(text.text), at + len(heading.cells[column])))
    steps = (
        Adjustment("weight of the rule", rule.weight),
        Adjustment(f"beside: column “{persons[0][:40]}”", 0.0),
    )
    return Finding(rule.id, rule.label, text.where, shown, rule.weight, steps, beyond_model=True)


def _says(row: Row, number: int) -> bool:
    """Whether *row* has an entry in the column *number*."""
    return number < len(row.cells) and row.cells[number].strip().lower() not in _NOTHING


def _has(words: Lexicon[str] | Lexicon[Rule], text: str) -> bool:
    return next(words.hits(_as_it_is(text)), None) is not None


def _begins_with(words: Lexicon[str], text: str) -> bool:
    return any(start == 0 for start, _, _, _ in words.hits(_as_it_is(text)))


def _found(words: Lexicon[Rule], text: str) -> Iterator[Rule]:
    return (rule for _, _, _, rules in words.hits(_as_it_is(text)) for rule in rules)


def _as_it_is(text: str) -> NormalText:
    """*text* with its blanks, by which columns are told apart."""
    return NormalText(text, fold(text))
