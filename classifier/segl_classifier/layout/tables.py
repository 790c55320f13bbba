"""Tables in text: which lines are rows, and what each cell means.

A table is a run of lines that have a separator, wherever it stands: letters in HTML have no empty lines, so prose may
stand right above and below it, and a note between its rows. The heading is looked for in the first rows, since a title
or a date often stands above it; then every row is told as ``heading: cell`` pairs, since a lone "KOL" three rows down
says nothing to a reader who has forgotten the column. Empty lines do not end a table whose rows go on as before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, repeat

from segl_classifier.layout.cells import (
    COMMA,
    GAP,
    LONGEST,
    SEPARATORS,
    Cut,
    Line,
    Place,
    below,
    cut,
    has,
    lines_of,
    may_divide,
    places,
)
from segl_classifier.layout.headings import (
    HEADING_ROWS,
    STOPS,
    heading_among,
    heads,
    is_enumeration,
    is_heading,
    is_prose,
    named_above,
    prose_above,
)
from segl_classifier.layout.row_widths import most_cells
from segl_classifier.layout.table_shape import (
    DOUBTFUL,
    FEWEST,
    LETTER_OR_DIGIT,
    are_tight,
    is_ruler,
    is_table,
)

_BRIDGED = 100_000  # lines as short as a cell that end no table: rows of which only the first cell is filled
_BRIDGED_BLINDLY = 2  # lines behind which a row may be wider than those before
_REMARK = 3  # lines at most between a heading and its rows


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a table, or one around it (a caption, a total), which has no ``cells``. ``heading`` are the names of
    the columns, none in a table without; ``heads`` tells the heading itself. ``cut`` is the line as it was cut where
    blanks line the columns up. *start* and *end* are offsets."""

    cells: Sequence[str]
    heading: Sequence[str]
    start: int
    end: int
    heads: bool = False
    cut: Cut | None = None


@dataclass(frozen=True, slots=True)
class _Table:
    """The lines from *first* to before *last*, cut into cells. ``columns`` are the places of the heading's cells, if
    blanks line them up."""

    first: int
    last: int
    separator: str
    rows: Sequence[Cut]
    heading: list[str] | None
    columns: Sequence[Place] = ()


def table_rows(block: str) -> list[Row] | None:
    """The rows of the tables in *block*, and the lines around them; ``None`` if there is none."""
    if "\n" not in block:  # as most paragraphs of letters
        return None
    separators = [separator for separator in SEPARATORS if may_divide(separator, block)]
    if not separators:
        return None
    lines = list(lines_of(block))
    tables: list[_Table] = []
    free = [(0, len(lines))]
    for separator in separators:
        found = [
            table
            for first, last in free
            for table in _tables(lines, first, last, separator)
            if last - first > 1
        ]
        tables += found
        free = list(_left(free, found))
    if not tables:
        return None
    tables.sort(key=lambda table: table.first)
    return list(_rows(lines, tables, block))


def _left(free: Iterable[tuple[int, int]], taken: Sequence[_Table]) -> Iterator[tuple[int, int]]:
    """What of *free* is not *taken*; both are in order."""
    tables = iter(taken)
    table = next(tables, None)
    for first, last in free:
        while table and table.first < last:
            yield first, table.first
            first, table = table.last, next(tables, None)
        yield first, last


def _tables(lines: Sequence[Line], low: int, high: int, separator: str) -> Iterator[_Table]:
    """The tables with *separator* among the *lines* from *low* to before *high*."""
    before: _Table | None = None
    above: tuple[int, Cut] | None = None  # a line by itself
    for first, last in _runs(lines, low, high, separator):
        rows = [cut(line, separator) for line in lines[first:last]]
        table = _remarked(lines, above, first, last, rows, separator) or _continued(before, first, last, rows)
        if table is None and len(rows) >= FEWEST:
            table = _new(rows, first, last, separator, len(lines))
        if table is None and len(rows) > FEWEST and (prose := prose_above(rows, separator)):
            table = _new(rows[prose:], first + prose, last, separator, len(lines))
        table = table or _below_a_line(rows, first, last, separator, len(lines))
        above = (first, rows[0]) if table is None and len(rows) == 1 else None
        if table:
            yield table
            before = table


def _below_a_line(rows: Sequence[Cut], first: int, last: int, separator: str, among: int) -> _Table | None:
    """*rows* as a table that a report has below its title, the date and the page, with a line drawn between."""
    for number, row in enumerate(rows[: 2 * HEADING_ROWS]) if separator == GAP else ():
        if is_ruler(row.line) and (
            table := _new(rows[number + 1 :], first + number + 1, last, separator, among)
        ):
            return table
    return None


def _names_columns(cells: Sequence[str]) -> bool:
    """Whether *cells*, a line by itself, may be a heading: "Total;4" is none."""
    return is_heading(cells) and not any(cell.isdecimal() for cell in cells)


def _remarked(
    lines: Sequence[Line],
    above: tuple[int, Cut] | None,
    first: int,
    last: int,
    rows: Sequence[Cut],
    separator: str,
) -> _Table | None:
    """*rows* as those of the heading *above* them, if a remark stands between and they have no heading of their own.
    *above* is a line by itself."""
    if above is None or first - above[0] - 1 > _REMARK:
        return None
    cells = [row.cells for row in rows]
    if len(above[1].cells) != most_cells(cells) or not _names_columns(above[1].cells):
        return None
    if heads(cells[0], rows[1 : 1 + HEADING_ROWS]):
        return None
    whole = [cut(line, separator) for line in lines[above[0] : last]]
    table = _new(whole, above[0], last, separator, len(lines))
    return table if table and table.heading == above[1].cells else None


def _runs(lines: Sequence[Line], low: int, high: int, separator: str) -> Iterator[tuple[int, int]]:
    """From where to where *lines* have the *separator*. Lines as short as a cell end no run."""
    first, last, widest = -1, -1, 0
    for number in range(low, high):
        line = lines[number]
        if has(line, separator):
            width = line.text.count(separator)
            if first >= 0 and number - last - 1 > _BRIDGED_BLINDLY and width > widest:
                yield first, last + 1
                first = -1
            first, widest = (number, width) if first < 0 else (first, max(widest, width))
            last = number
        elif first >= 0 and (
            separator == COMMA or number - last > _BRIDGED or not (_is_short(line) or is_ruler(line))
        ):
            yield first, last + 1
            first = -1
    if first >= 0:
        yield first, last + 1


def _is_short(line: Line) -> bool:
    text = line.text.strip()
    return len(text) <= LONGEST and not text.endswith(STOPS)


def _continued(before: _Table | None, first: int, last: int, rows: Sequence[Cut]) -> _Table | None:
    """*rows* as more of the table *before*, if they can be: prose stood between."""
    if before is None or before.heading is None:
        return None
    if before.separator == COMMA and len(before.heading) == FEWEST and not are_tight(rows):
        return None  # a sentence with a comma in it, or a row of a table that blanks line up
    width = most_cells(row.cells for row in rows)
    if not 1 < width <= len(before.heading) or (len(rows) > 1 and width < len(before.heading)):
        return None
    heading = heading_among([row.cells for row in rows], width)
    if heading is not None and len(rows) > 1 and _is_new(heading, before.heading, rows):
        return None
    return replace(before, first=first, last=last, rows=_aligned(rows, before.columns))


def _is_new(heading: Sequence[str], before: Sequence[str], rows: Sequence[Cut]) -> bool:
    """Whether *heading* is one of its own and no row below *before*: it names a column as that does, or stands over
    figures."""
    others = [row for row in rows if row.cells is not heading]
    return bool((set(heading) & set(before)) - {""}) or heads(heading, others[:HEADING_ROWS])


def _new(rows: Sequence[Cut], first: int, last: int, separator: str, among: int) -> _Table | None:
    """*rows* as a table, unless they are sentences with the *separator* in them. *among* so many lines they stand."""
    cells = [row.cells for row in rows]
    if not is_table(rows, separator, among):
        return None
    heading = heading_among(cells, most_cells(cells))
    if heading is None:
        return None if separator in DOUBTFUL else _Table(first, last, separator, rows, None)
    if is_prose(heading, rows, separator) or is_enumeration(cells):
        return None
    if separator != GAP:
        return _Table(first, last, separator, *named_above(rows, heading))
    columns = places(next(row.line for row in rows if row.cells is heading))
    return _Table(first, last, separator, _aligned(rows, columns), heading, columns)


def _aligned(rows: Sequence[Cut], columns: Sequence[Place]) -> Sequence[Cut]:
    return [row._replace(cells=below(columns, row)) for row in rows] if columns else rows


def _rows(lines: Sequence[Line], tables: Iterable[_Table], block: str) -> Iterator[Row]:
    done = 0
    for table in tables:
        yield from _around(lines[done : table.first])
        yield from _of_table(table, block)
        done = table.last
    yield from _around(lines[done:])


def _around(lines: Sequence[Line]) -> Iterator[Row]:
    return (Row((), (), line.start, line.end) for line in lines)


def _of_table(table: _Table, block: str) -> Iterator[Row]:
    heading, rows = table.heading, table.rows
    given = heading is not None and all(row.cells is not heading for row in rows)  # by the part before
    current: list[str] = heading if given and heading else []
    previous_end: int | None = None
    for number, row in enumerate(rows):
        cells, line = row.cells, row.line
        as_cut = row if table.separator == GAP else None
        if len(cells) < 2 or not any(map(LETTER_OR_DIGIT.search, cells)):
            yield Row((), (), line.start, line.end)
        elif cells is heading or (
            current
            and _is_apart(block, previous_end, line.start)
            and heads(cells, rows[number + 1 : number + 1 + HEADING_ROWS])
        ):
            current = cells
            yield Row(cells, cells, line.start, line.end, True, as_cut)
        else:
            yield Row(cells, current, line.start, line.end, False, as_cut)
        previous_end = line.end


def _is_apart(block: str, end: int | None, start: int) -> bool:
    """Whether more than a line end stands between a line and the one before, which is not of its table if there is no
    *end* of it."""
    return end is None or block.count("\n", end, start) > 1


def told(row: Row) -> list[str]:
    """The cells of *row*, each with its heading (``Navn: Jens Holm``) unless it is one; empty ones are left out."""
    heading = () if row.heads else row.heading
    names = chain(heading, repeat(""))
    return [f"{name}: {cell}" if name else cell for name, cell in zip(names, row.cells, strict=False) if cell]
