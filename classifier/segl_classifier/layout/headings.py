"""Which row of a table is its heading, by its shape."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Sequence
from itertools import zip_longest

from segl_classifier.layout.cells import COMMA, GAP, Cut, is_tight

STOPS = (".", "!", "?", ":")
HEADING_ROWS = 4  # from the top, among which the heading is looked for
_FEWEST = 2  # rows
_SHARED = 2  # rows that have what the first has: one may be the heading of another table
_LOOKED_AT = 100  # rows
_NUMBERS = re.compile(r"\d{2,}")
_MEASURED = re.compile(r"\d[.,]\d|\d ?[%‰]")  # "3,4" is a figure, "1-5" and "3" may be the names of columns
_YEAR = re.compile(r"\b(?:19|20)\d\d(?:/(?:\d\d)?\d\d)?\b")
_ABBREVIATED = {COMMA: 0, GAP: 1}  # words of a cell that ends in a stop and no sentence: "Tlf."
_NAMED = 2  # the same between other separators: "Lejl. nr.", "Bemærkninger:"
# A word written short, at the end of a heading: "Restance i kr.", "Gæld pr. dd.", "Beløb excl. moms m.v."; or two, as
# no sentence ends: "Mat. u. hj.", "Sidst set af beh. læg."
_SHORTENED = re.compile(
    r"(?:\b\w{1,6}\. (?-i:[a-zæøå])\w{0,5}|"
    r"\b(?:kr|dkk|eur|pr|dd|nr|no|tlf|mob|mdr|md|stk|mv|dg|pct|proc|kl|inkl|ekskl|incl|excl|evt|adr|afd|bel|ant|"
    r"lejl|medl|medarb|mdl|årl|gns|forf|bet|bem|bemærk|hj|mdt|skr|osv|etc)|\b\w\.\w)\.\Z",
    re.IGNORECASE,
)
_MARK = re.compile(r"\W*(?:\d{1,3}[.)]?)?\W*")  # before each point of a list
_LETTER = re.compile(r"[^\W\d_]")
_FIGURES = re.compile("[0-9]+")
# "Anna Lund", "Bo P. Bro"; but not "First Name".
_NAME = re.compile(
    r"(?!.* (?:Name|Navn|Namn)$)[A-ZÆØÅÄÖÜ][a-zæøåäöüé]+(?: [A-ZÆØÅ]\.)?(?:[ -][A-ZÆØÅÄÖÜ][a-zæøåäöüé]+){1,3}"
)


def heading_among(rows: Sequence[list[str]], width: int) -> list[str] | None:
    """The heading among the first of *rows*: as wide as the table, or the very first of them if none is."""
    first = [cells for cells in rows[: 2 * HEADING_ROWS] if len(cells) > 1][:HEADING_ROWS]
    wide = next((cells for cells in first if len(cells) >= width and is_heading(cells)), None)
    if wide is None and first and is_heading(first[0]):
        wide = first[0]
    if wide is not None:
        return None if _is_like(wide, rows) else wide
    return _over_figures(rows, width)


def is_heading(cells: Sequence[str]) -> bool:
    filled = sum(map(bool, cells))
    return (filled * 2 > len(cells) or (not cells[0] and filled == len(cells) - 1)) and not any(
        map(_is_number, cells)
    )


def _is_like(cells: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Whether *cells* are a row as the others of *rows* are, of a list without a heading: what they have in a column,
    others have, too ("Bo Bro, engineer, Works" over "Kim Lund, engineer, Stores"). The first column does not count, in
    which headings are called alike, nor one that is marked with its own name. Where somebody's name stands in each row
    of a column, one other row that has the same, but for figures, is enough."""
    others = [row for row in rows[:_LOOKED_AT] if row and row[0] != cells[0]]
    named = _are_named(cells, others)
    if named:
        cells, others = _with_noughts(cells), [_with_noughts(row) for row in others]
    shared = 1 if named else _SHARED
    for column, cell in enumerate(cells[1:], 1):
        values = [row[column] for row in others if column < len(row) and row[column]] if cell else []
        if shared <= values.count(cell) < len(values) + named:
            return True
    return False


def _are_named(cells: Sequence[str], others: Sequence[Sequence[str]]) -> bool:
    """Whether somebody's name, of two words, stands in some column of *cells* and of each of *others*."""
    rows = [row for row in others if len(row) > 1]
    return len(rows) > 1 and any(
        _NAME.fullmatch(cell) and all(column < len(row) and _NAME.fullmatch(row[column]) for row in rows)
        for column, cell in enumerate(cells)
    )


def _with_noughts(cells: Sequence[str]) -> list[str]:
    """*cells* with noughts for their figures: "Kildevej 4" is like "Kildevej 6"."""
    return [_FIGURES.sub("0", cell) for cell in cells]


def _over_figures(rows: Sequence[list[str]], width: int) -> list[str] | None:
    """The first of *rows*, if words with figures in them stand there ("Restance 30 dage") over figures alone."""
    wide = [cells for cells in rows[: 2 * HEADING_ROWS] if len(cells) == width]
    if len(wide) < _FEWEST or not all(cell[:1].isalpha() for cell in wide[0]):
        return None
    figures = any(all(row[column][:1].isdigit() for row in wide[1:]) for column in range(width))
    return wide[0] if figures else None


def named_above(rows: Sequence[Cut], heading: list[str]) -> tuple[Sequence[Cut], list[str]]:
    """*rows* and their *heading*, whose empty cells have the name that stands over them, where a heading has two rows:
    ``Navn | Sygedage`` over ``| 2024 | 2025``."""
    number = next(number for number, row in enumerate(rows) if row.cells is heading)
    above = rows[number - 1].cells if number else []
    if (
        "" not in heading
        or sum(map(bool, above)) < _FEWEST
        or len(above) > len(heading)
        or not is_heading(above)
    ):
        return rows, heading
    named = [cell or over for cell, over in zip_longest(heading, above, fillvalue="")]
    return [*rows[:number], rows[number]._replace(cells=named), *rows[number + 1 :]], named


def is_prose(heading: Sequence[str], rows: Sequence[Cut], separator: str) -> bool:
    """Whether a cell of *heading*, over *rows*, ends a sentence: that is no question with answers below it, and ends
    in no word that is written short."""
    if not any(cell.endswith(STOPS) for cell in heading):
        return False
    longest = _longest(rows, separator)
    ended = [number for number, cell in enumerate(heading) if _is_sentence(cell, longest)]
    doubtful = [number for number in ended if not _SHORTENED.search(heading[number])]
    if not all(heading[number].endswith("?") for number in doubtful):
        return True
    return not _are_answers(doubtful, heading, rows)


def prose_above(rows: Sequence[Cut], separator: str) -> int:
    """How many of *rows*, from the first, are sentences that stand over a table."""
    longest = _ABBREVIATED.get(separator, _NAMED)

    def is_row(row: Cut) -> bool:
        if separator == COMMA:
            return is_tight(row.line)
        return not any(_is_sentence(cell, longest) for cell in row.cells)

    return next((number for number, row in enumerate(rows) if is_row(row)), 0)


def _longest(rows: Sequence[Cut], separator: str) -> int:
    """How many words a cell has at most that ends in a stop and is no sentence."""
    if separator == COMMA and all(is_tight(row.line) for row in rows):
        return _NAMED  # a program wrote them
    return _ABBREVIATED.get(separator, _NAMED)


def _is_sentence(cell: str, longest: int) -> bool:
    return cell.endswith(STOPS) and len(cell.split()) > longest


def _are_answers(columns: Sequence[int], heading: Sequence[str], rows: Sequence[Cut]) -> bool:
    """Whether *rows* answer what *heading* asks in each of these *columns*, which are in order: few are sentences, as
    in a talk. Each cell is looked at once, for a heading may be as long as its table."""
    filled, sentences = dict.fromkeys(columns, 0), dict.fromkeys(columns, 0)
    for row in rows:
        if row.cells is not heading:
            for column in columns[: bisect_left(columns, len(row.cells))]:
                cell = row.cells[column]
                filled[column] += bool(cell)
                sentences[column] += _is_sentence(cell, _NAMED)
    return all(filled[column] and 3 * sentences[column] <= filled[column] for column in columns)


def is_enumeration(rows: Sequence[Sequence[str]]) -> bool:
    """Whether *rows* are points, each with its mark or number before it."""
    return all(
        len(cells) < 2 or (len(cells) == 2 and cells[0] and _MARK.fullmatch(cells[0])) for cells in rows
    )


def _is_number(cell: str) -> bool:
    """Whether a number stands in *cell* that is not the year of what the column holds ("Fravær 2025")."""
    if _LETTER.search(cell):
        return _NUMBERS.search(_YEAR.sub("", cell)) is not None
    return _NUMBERS.search(cell) is not None or _MEASURED.search(cell) is not None


def heads(cells: Sequence[str], rows: Sequence[Cut]) -> bool:
    """Whether *cells* are the heading of another table: they have no digits, and some column has them in each of the
    *rows* below."""
    if not is_heading(cells) or any(map(_has_digit, cells)):
        return False
    alike = [row.cells for row in rows if len(row.cells) == len(cells)]
    return bool(alike) and any(all(_has_digit(row[column]) for row in alike) for column in range(len(cells)))


def _has_digit(cell: str) -> bool:
    return any(map(str.isdigit, cell))
