"""Which row of a table is a heading with words of rules on columns.

A heading is known by its words, wherever it stands: below a title as wide as the table, in two rows, above the second
of two tables, on an earlier page. Where the columns' own headings say nothing, the line above the table may.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import zip_longest
from typing import NamedTuple

from segl_classifier.layout.cells import Place, below, places
from segl_classifier.layout.tables import Row
from segl_classifier.rules.lexicon import Lexicon
from segl_classifier.rules.lists.captions import Matter, Said
from segl_classifier.rules.lists.persons import HOMES, Persons
from segl_classifier.rules.lists.rows import Cells
from segl_classifier.rules.model import Rule
from segl_classifier.rules.words import NormalText

_LONGEST_HEADING = 6  # words: what has more is a sentence, unless it begins with a word of the rule
_FEW_CELLS = 2  # so many are asked for words one by one
_IS_ADDRESS = re.compile(r"\S@\S|://|www\.")
_DIGIT = re.compile(r"\d")

Told = Mapping[int, Sequence[Rule]]  # by column, in order, the rules whose words stand in its heading


class Heading(NamedTuple):
    """The row that heads a table. ``cells`` name its columns, some by the row above; ``told`` are the rules on what
    stands below; ``places`` is where its cells stand, if blanks line the columns up. ``captioned``: where
    the caption stands that has the words of the rules, if not the row has them. ``persons`` are the columns that can
    have persons, if not all can."""

    row: Row
    cells: Cells
    told: Told
    places: Sequence[Place]
    captioned: Said | None = None
    persons: Sequence[int] | None = None

    def below(self, row: Row) -> Cells | None:
        """The cells of *row* below those of the heading; ``None`` if it is no row of that table."""
        cells: Cells = below(self.places, row.cut) if self.row.cut and row.cut else row.cells
        return cells if len(cells) <= len(self.cells) + 2 else None

    def is_repeated(self, other: Heading) -> bool:
        """Whether *other* may be a row of entries, which says in its columns no more than they are headed by."""
        if other.row.heads or not other.row.heading or other.captioned:
            return False
        return all(set(rules) <= set(self.told.get(number, ())) for number, rules in other.told.items())


class Headings:
    """Knows headings by the *words* of rules, and by what says of a column that it has *persons*. Never changed."""

    __slots__ = ("_persons", "_words")

    def __init__(self, words: Lexicon[Rule], persons: Persons) -> None:
        self._words = words
        self._persons = persons

    def are_of_another(self, row: Row, heading: Heading) -> bool:
        """Whether *row* is the heading of a table that no rule knows, and not more of that below *heading*."""
        another = row.heads and list(row.cells) != list(heading.row.cells)
        return another and any(map(self._persons.are_named, row.cells))

    def can_stand_above(self, cell: str) -> bool:
        """Whether *cell*, alone in its row, can be the first of two rows of a heading."""
        return self._persons.are_named(cell) or self._persons.is_named(HOMES, cell)

    def named(self, row: Row, above: Row | None) -> Heading | None:
        """*row* as a heading by its own words, with what stands *above* it where a heading has two rows. ``None`` if
        it is none with words of rules."""
        if len(row.cells) > _FEW_CELLS and not self._have_words(row.cells):  # as most rows of a list
            return None
        told = {
            number: rules
            for number, cell in enumerate(row.cells)
            if cell and not _IS_ADDRESS.search(cell) and (rules := self._rules_named(cell))
        }
        if not told or not self._can_head(row, told):
            return None
        return Heading(row, _with_above(row, above), told, _places(row))

    def captioned(self, row: Row, matter: Matter) -> Heading | None:
        """*row*, which names persons, as a heading below a caption that tells the *matter* of them."""
        names = [self._persons.are_named(cell) for cell in row.cells]
        if not any(names):
            return None
        title = matter.said is Said.TITLE
        told = {
            number: matter.rules
            for number, cell in enumerate(row.cells)
            if self._persons.is_value(cell, bare=title) or (matter.of_persons and cell and not names[number])
        }
        return Heading(row, row.cells, told, _places(row), captioned=matter.said) if told else None

    def aside(self, row: Row) -> Heading | None:
        """*row*, the beginnings of lines, as a heading, if rules know one and another names persons: or none, above
        which names stand."""
        if not self._have_words(row.cells):
            return None
        told = {n: rules for n, cell in enumerate(row.cells) if cell and (rules := self._rules_named(cell))}
        persons = [
            n
            for n, cell in enumerate(row.cells)
            if n not in told and (not cell or self._persons.are_named(cell))
        ]
        return Heading(row, row.cells, told, (), persons=persons) if told and persons else None

    def _have_words(self, cells: Cells) -> bool:
        """Whether a word of a rule stands anywhere in *cells*, which are asked all at once."""
        return next(self._words.hits(NormalText.of("\n".join(cells))), None) is not None

    def _rules_named(self, cell: str) -> Sequence[Rule]:
        long = len(cell.split()) > _LONGEST_HEADING
        hits = self._words.hits(NormalText.of(cell))
        return _each_once(rules for start, _, _, rules in hits if not long or start == 0)

    def _can_head(self, row: Row, told: Told) -> bool:
        """Whether *row* heads a table, though words of rules stand in it: it was found to by its shape, or its other
        cells name columns. A row of entries has a name or a figure there."""
        others = [cell for number, cell in enumerate(row.cells) if number not in told and cell]
        if row.heading and not row.heads and any(map(_DIGIT.search, others)):
            return False  # "Patient 14;astma", below "Patient;Diagnose"
        if row.heads or any(map(self._persons.are_named, others)):
            return True
        if not others:
            return len(told) > 1
        entries = any(cell[:1].isdigit() or self._persons.has_first_name(cell) for cell in others)
        return not (entries or row.heading)


def _with_above(row: Row, above: Row | None) -> Cells:
    """The cells of *row*; for an empty one what stands over it, if that has no figures. A row that ends in empty cells
    may be written without them."""
    if above is None or len(above.cells) > len(row.cells) or any(map(str.isdigit, "".join(above.cells))):
        return [*row.cells]
    return [cell or over for cell, over in zip_longest(row.cells, above.cells, fillvalue="")]


def _places(row: Row) -> Sequence[Place]:
    return places(row.cut.line) if row.cut else ()


def _each_once(found: Iterable[Sequence[Rule]]) -> Sequence[Rule]:
    return tuple(dict.fromkeys(rule for rules in found for rule in rules))
