"""The tables of a text that are headed by words of rules on columns, put together row by row.

A row below nothing that heads it goes on with the table before: a note stood between, or the end of a page.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from segl_classifier.layout.paragraphs import lines_ended, paragraphs
from segl_classifier.layout.tables import Row, table_rows
from segl_classifier.rules.lists.captions import Captions, Matter
from segl_classifier.rules.lists.headings import Heading, Headings
from segl_classifier.rules.lists.rows import Cells


@dataclass(slots=True)
class Table:
    """A *heading* and the *rows* below it. ``block`` is where in the text the paragraph of the heading begins."""

    heading: Heading
    block: int
    rows: list[Cells] = field(default_factory=list)

    def add(self, row: Row) -> None:
        """Take *row* in, if it can be one of this table."""
        if (cells := self.heading.below(row)) is not None:
            self.rows.append(cells)


def tables_headed(
    text: str, headings: Headings, captions: Captions, titled: Matter | None = None
) -> Iterator[Table]:
    """The tables of *text* with a heading that *headings* knows; of some nothing stands below it. Where the columns'
    own headings say nothing, the line above may, which *captions* know, or what the text is *titled*."""
    reading = _Reading(headings, captions, titled)
    text = lines_ended(text)
    for start, end in paragraphs(text):
        block = text[start:end]
        rows = table_rows(block)
        if rows is None:
            reading.prose(block)
            continue
        reading.begin(start)
        for row in rows:
            yield from reading.row(row, block)
    yield from reading.rest()


def has_table(text: str) -> bool:
    """Whether any line of *text* is a row of a table."""
    text = lines_ended(text)
    return any(table_rows(text[start:end]) is not None for start, end in paragraphs(text))


class _Reading:
    """What is known when the rows of a text are read up to somewhere."""

    __slots__ = (
        "_above", "_again", "_block", "_caption", "_captions", "_first", "_headings", "_table", "_titled",
    )  # fmt: skip

    def __init__(self, headings: Headings, captions: Captions, titled: Matter | None) -> None:
        self._headings = headings
        self._captions = captions
        self._titled = titled
        self._first = False  # whether no row of this paragraph was read yet
        self._table: Table | None = None
        self._again: Table | None = None  # below a row of `_table` that may head a table of its own
        self._block = 0
        self._caption = ""  # the last line that was no row
        self._above: Row | None = None

    def prose(self, block: str) -> None:
        self._caption = block.rpartition("\n")[2]

    def begin(self, block: int) -> None:
        """A paragraph with tables begins at *block*."""
        self._block = block
        self._above = None
        self._first = True

    def row(self, row: Row, block: str) -> Iterator[Table]:
        """The tables that end before *row*, a line of *block*."""
        filled = [cell for cell in row.cells if cell]
        if len(filled) < 2 and (not row.cells or row.cells[0]):
            self._line(row, filled[0] if filled else None, block)
            return
        found = self._headings.named(row, self._above) or self._captioned(row)
        self._above, self._caption, self._first = row, "", False
        if found is None:
            yield from self._entry(row)
        elif self._table and self._table.heading.is_repeated(found):
            yield from _any(self._again)
            self._again = Table(found, self._block)
            yield from self._entry(row, repeated=True)
        else:
            yield from self.rest()
            self._table, self._again = Table(found, self._block), None

    def rest(self) -> Iterator[Table]:
        """The tables that are not ended yet."""
        yield from _any(self._again, self._table)

    def _captioned(self, row: Row) -> Heading | None:
        """*row* as a heading by the caption over it: the last line, or a title. That stands over whatever is in the
        text, so it speaks for headings alone, and where the line says of nothing else that it stands below."""
        if self._caption and (matter := self._captions.of_line(self._caption)):
            return self._headings.captioned(row, matter)
        if self._titled is None or not (row.heads or (self._first and not row.heading)):
            return None
        if self._captions.is_elsewhere(self._caption):
            return None
        return self._headings.captioned(row, self._titled)

    def _line(self, row: Row, cell: str | None, block: str) -> None:
        """A line of one *cell*, or of none: it may say what the next table is about."""
        self._caption = block[row.start : row.end] if cell is None else cell
        self._above = row if cell is not None and self._headings.can_stand_above(cell) else None

    def _entry(self, row: Row, *, repeated: bool = False) -> Iterator[Table]:
        """The table that *row* ends, if it heads one that no rule knows; else it is one of its rows."""
        if self._again and not repeated and not self._headings.are_of_another(row, self._again.heading):
            self._again.add(row)
        if self._table is None:
            return
        if self._table.rows and self._headings.are_of_another(row, self._table.heading):
            yield self._table
            self._table = None
        else:
            self._table.add(row)


def _any(*tables: Table | None) -> Iterator[Table]:
    return (table for table in tables if table)
