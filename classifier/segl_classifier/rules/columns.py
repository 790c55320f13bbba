"""Lists that say it by their heading: ``Lejer;Restance``, and below it a name and a number.

No word in a row of such a list tells what it is about, and the letter round it need not either. So a rule with
``column = true`` reads headings: its words must name a column, another column must name persons, and some row must
have an entry for both. That is no matter of tone, so what these rules find counts as it does without a model.

A heading is known here by its words, wherever it stands: below a title as wide as the table, in two rows, above the
second of two tables, on an earlier page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from segl.masking import excerpt
from segl.vocabulary import Adjustment, Finding
from segl_classifier.cells import below
from segl_classifier.message import Source, Text
from segl_classifier.paragraphs import paragraphs
from segl_classifier.rules.lexicon import Lexicon
from segl_classifier.rules.model import Parts, Rule
from segl_classifier.rules.words import NormalText
from segl_classifier.tables import Row, table_rows

# The lists of the rule files (02-columns.toml) that say what a column with persons is.
PERSONS, NUMBERS, NAMES = "column_person", "column_number", "column_name"
FIRMS, COMPANIES, OTHERS, COUNTS = "column_firm", "column_company", "column_other", "column_count"
FIRST_NAMES = "first_name"
LISTS = (PERSONS, NUMBERS, NAMES, FIRMS, COMPANIES, OTHERS, COUNTS, FIRST_NAMES)

_LONGEST_HEADING = 6  # words: what has more is a sentence, unless it begins with a word of the rule
_LONGEST_CAPTION = 8  # words
_SHOWN = 500  # rows by which it is told whether a column has persons
_NOTHING = re.compile(
    r"(?:(?:dkk|kr\.?|eur|€)? ?0+(?:[.,]0+)*(?: ?(?:kr\.?|dkk|%|,-|eur|€|dage?))?|0,-|[-–—.]*)", re.IGNORECASE
)
_TOTAL = re.compile(r"(?:i alt|ialt|total|sum|samlet|subtotal|summe|totalt)\b.*", re.IGNORECASE)
_NUMBERED = re.compile(r"(?:\b|[-.])(?:nr|nummer|no|id|number|nummer)\b|nr\.?$|nummer$", re.IGNORECASE)
_ADDRESSED = re.compile(
    r"(?:hr|fru|frk|fam|familien|herr|frau|mr|mrs|ms|dr)\b\.? .+|[A-ZÆØÅ]\. ?[A-ZÆØÅ].+", re.IGNORECASE
)
_ARTICLE = re.compile(r"(?:den|de|the|der|die) ", re.IGNORECASE)
_OF = (" på ", " of ", " for ")
_LETTER = re.compile(r"[^\W\d_]")
_KEY = re.compile(r"\d{4,}")  # of a person in some system; fewer digits count something


class _Heading(NamedTuple):
    """The row that heads a table: its cells, and by column the rules whose words stand there."""

    row: Row
    cells: Sequence[str]
    told: dict[int, Sequence[Rule]]


class Columns:
    """The rules on columns made ready to search. Never changed: threads and forked workers share it."""

    __slots__ = ("_lists", "_rules", "_words")

    def __init__(self, parts: Parts) -> None:
        self._rules = [rule for rule in parts.rules if rule.column]
        self._words = Lexicon([(word, rule) for rule in self._rules for word in rule.words])
        self._lists = {name: _lexicon(parts, name) for name in LISTS} if self._rules else {}

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
        others = [n for n, cell in enumerate(row.cells) if cell and not self._is_named(PERSONS, cell)]
        told = {number: rules for number in others if not self._is_named(NAMES, row.cells[number])}
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
        if row.heads or any(self._is_named(PERSONS, cell) or self._is_named(NAMES, cell) for cell in others):
            return True
        if not others:
            return len(told) > 1
        entries = any(cell[:1].isdigit() or self._has(FIRST_NAMES, cell) for cell in others)
        return not (entries or row.heading)

    def _telling(self, heading: _Heading, rows: Sequence[Sequence[str]]) -> Iterator[tuple[Rule, int, str]]:
        """The rules that find something below *heading*, in which column, and the heading of the persons beside."""
        persons, weak = [], True
        for number, cell in enumerate(heading.cells):
            sure = self._of_persons(cell, number, rows, tells=number in heading.told)
            if sure is not None:
                persons.append(number)
                weak &= not sure
        if not persons or (weak and any(self._is_named(OTHERS, cell) for cell in heading.cells)):
            return
        firms = [number for number, cell in enumerate(heading.cells) if self._is_named(FIRMS, cell)]
        waiting = dict(heading.told)
        for row in rows:
            telling = [number for number in waiting if _says(row, number)]
            if not telling or any(_says(row, number) for number in firms):
                continue
            if list(row) == list(heading.row.cells):  # as it stands on each page
                continue
            named = self._named(row, persons)
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
            if _says(row, number) and self._is_person(row[number]):
                found.append(number)
                if len(found) == 2:
                    break
        return found

    def _of_persons(
        self, name: str, number: int, rows: Sequence[Sequence[str]], *, tells: bool
    ) -> bool | None:
        """Whether the column *number*, called *name*, has persons: surely, since it says so, or (``False``) because
        names stand in it. ``None`` if it has none."""
        cells = list(islice((row[number] for row in rows if _says(row, number)), _SHOWN))
        if not cells:
            return None
        if not tells and self._is_named(PERSONS, name) and not self._has(COUNTS, name):
            if self._is_named(NUMBERS, name) or _NUMBERED.search(name) or any(map(_LETTER.search, cells)):
                return True
            return True if _are_keys(cells) else None  # below "elever" may stand how many
        persons = [cell for cell in cells if not self._is_company(cell)]
        named = sum(
            self._has(FIRST_NAMES, cell) or _ADDRESSED.fullmatch(cell) is not None for cell in persons
        )
        return (
            False if named * (4 if self._is_named(NAMES, name) else 2) >= len(persons) > 0 < named else None
        )

    def _is_person(self, cell: str) -> bool:
        return not _TOTAL.fullmatch(cell) and not self._is_company(cell)

    def _is_company(self, cell: str) -> bool:
        return self._has(COMPANIES, cell) and not self._has(FIRST_NAMES, cell)

    def _is_named(self, name: str, cell: str) -> bool:
        """Whether *cell* begins with a word of the list *name*, or says of what or whom it is the name or number."""
        bare = _ARTICLE.sub("", cell)
        return any(start == 0 or bare[:start].endswith(_OF) for start, _, _, _ in self._hits(name, bare))

    def _has(self, name: str, cell: str) -> bool:
        return next(self._hits(name, cell), None) is not None

    def _hits(self, name: str, cell: str) -> Iterator[tuple[int, int, object, object]]:
        return iter(self._lists[name].hits(NormalText.of(cell)))


def _lexicon(parts: Parts, name: str) -> Lexicon[str]:
    named = parts.lists.get(name)
    words = (word for part in named.parts for word in parts.lists[part].words) if named else ()
    return Lexicon([(word, name) for word in words])


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
        Adjustment(f"beside: column “{person[:40]}”", 0.0),
    )
    return Finding(rule.id, rule.label, text.where, shown, rule.weight, steps, beyond_model=True)


def _says(row: Sequence[str], number: int) -> bool:
    """Whether *row* has an entry in the column *number*."""
    return number < len(row) and not _NOTHING.fullmatch(row[number].strip())


def _are_keys(cells: Sequence[str]) -> bool:
    """Whether *cells* are the numbers of persons in some system: as long as each other, and none twice."""
    return len(set(cells)) == len(cells) and len({*map(len, cells)}) == 1 and all(map(_KEY.fullmatch, cells))


def _has_more(row: Sequence[str], number: int) -> bool:
    """Whether *row* has an entry besides that in the column *number*."""
    return any(_says(row, other) for other in range(len(row)) if other != number)
