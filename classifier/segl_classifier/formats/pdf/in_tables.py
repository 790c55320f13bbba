"""The text of a page of a PDF with its tables by their columns, in place of what was read there."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import NamedTuple

from segl_classifier.formats.pdf.cell import Part
from segl_classifier.formats.pdf.columns import Elsewhere, Said, Table, tables_of
from segl_classifier.formats.pdf.elsewhere import NOWHERE, GoesOn, on_their_side, over_the_page
from segl_classifier.formats.pdf.place import Pieces
from segl_classifier.formats.pdf.rows import Row

_EMPTY_LINES = re.compile(r"\n{3,}")


class Beside(NamedTuple):
    """Where headings may stand: on their *sides*, or over the table of the page *before*."""

    sides: Sequence[Part]
    before: GoesOn | None

    def over(self, drawn: Sequence[Row], texts: Callable[[int], Sequence[str]]) -> Elsewhere:
        """Those that do stand so, over rows *drawn* that say *texts*."""
        found = on_their_side(self.sides, drawn, texts) if self.sides else NOWHERE
        if found.headings or self.before is None:
            return found
        return over_the_page(self.before, drawn, texts)


def together(
    drawn: Sequence[Row], pieces: Pieces, beside: Beside, *, turned: bool = False
) -> tuple[str, list[Table]]:
    """The lines of a page that PDFium took for one that is written from the top down, each letter below the other: it
    does where columns leave much of a page's width empty. Nothing where it is not known what each piece says."""
    runs = iter(range(len(pieces.runs)))
    said = [[pieces[next(runs)] for _ in row] for row in drawn]
    texts = said.__getitem__
    over = NOWHERE if turned else beside.over(drawn, texts)
    tables = [] if turned else tables_of(drawn, Said(texts, _parts_of(drawn, pieces)), over)
    lines = ["\t".join(map(str.strip, row)) for row in said]
    if any(table.first in over.headings for table in tables):
        for row in over.passed:
            lines[row] = ""
    for table in reversed(tables):
        lines[table.first : table.last] = table.lines
    return _EMPTY_LINES.sub("\n\n", "\n".join(lines)).strip(), tables


def with_tables(
    text: str, lines: Sequence[tuple[int, int]], drawn: Sequence[Row], pieces: Pieces, beside: Beside
) -> tuple[str, list[Table]]:
    """*text*, in which gaps are tabs and each row *drawn* is one of *lines*, with the cells of tables in their columns;
    and those tables."""
    starts = [0, *accumulate(map(len, drawn))]

    def texts(number: int) -> Sequence[str]:
        start, end = lines[number]
        said = text[start:end].strip("\r").split("\t")
        if len(said) == len(drawn[number]):
            return said
        return [pieces[run] for run in range(starts[number], starts[number + 1])]

    over = beside.over(drawn, texts)
    tables = tables_of(drawn, Said(texts, _parts_of(drawn, pieces)), over)
    if not tables:
        return text, tables
    told: list[str] = []
    done = 0
    for table in tables:
        above = text[done : lines[table.first][0]]
        told += (above if above.endswith("\n") or not above else f"{above}\r\n", "\r\n".join(table.lines))
        done = lines[table.last - 1][1]
    return "".join((*told, text[done:])), tables


def in_lines(drawn: Sequence[Row], tables: Sequence[Table]) -> dict[int, int]:
    """The line of a table in which each run of the page stands, by the number of the run; none of one table has the
    number of one of another."""
    starts = [0, *accumulate(map(len, drawn))]
    lines: dict[int, int] = {}
    for table in tables:
        first = starts[table.first]
        lines.update((first + at, first + line) for at, line in enumerate(table.line_of))
    return lines


def _parts_of(drawn: Sequence[Row], pieces: Pieces) -> Callable[[int, int], Sequence[Part]]:
    """What gives the pieces of a run, by its row and its place in that."""
    starts = [0, *accumulate(map(len, drawn))]
    return lambda row, at: pieces.parts(starts[row] + at)
