"""The last touch to the text of a page: blanks, empty lines, and cells of tables in which a paragraph stands."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from segl_classifier.layout.row_widths import most_cells

# Stands, in the text of a page, for each blank of <pre> behind the first, and alone in a cell for one that another cell
# covers. Tables are told by it; to all else it is nothing, so that numbers and words stand as near as they did.
KEPT_APART = "\x1f"
COVERED = f"\t{KEPT_APART}"
_IN_NUMBER = re.compile(r"(?<=\d)[\x1c-\x1f]+(?=\d)")
_SHOWS_NOTHING = f"\t {KEPT_APART}"
# Before the first other cell of a row, a covered one ends in a tab.
_COVERED_FIRST = f"{KEPT_APART}\t"
_BEGINS_COVERED = re.compile(f"\n(?:{_COVERED_FIRST})++")
# What :func:`closed_up` takes out.
ONLY_OF_TABLES = re.compile(f"(?m:^)(?:{_COVERED_FIRST})++|\t?{KEPT_APART}")
_SEPARATORS = "\x1c\x1d\x1e\x1f"

CELL_ENDS = "\x1e"  # between texts, where a cell ends; shows nothing, and is gone from a tidy text
# Where a line ends within a cell of a list. What reads tables takes it for a blank, all else for the end of a line.
BREAKS_CELL = f"{KEPT_APART}\n"

# Word and Outlook write a paragraph into each cell, and a paragraph begins and ends a line; other programs write the
# text alone. So a line is not begun at the beginning of a cell, nor ended at its end, but where a table stands in it.
_BEGINS_LINE = re.compile(r"\t[ \n]*+(?!\t)")
_ENDS_LINE = re.compile(rf"(?<![ \n{CELL_ENDS}])[ \n]++{CELL_ENDS}")

# Cells in which no table stands, up to the end of their row. Lists have two rows and more, short cells alone in the
# first of them; what else stands in cells is a letter or a page.
_ROW = re.compile(rf"(?:\t(?:[^\t{CELL_ENDS}]*+{CELL_ENDS}[ ]*+|[^\t\n{CELL_ENDS}]*+(?=\t)))++")
_LONGEST_HEADING, _LONGEST_CELL = 60, 1_000  # characters
# What is longer is a note, if few cells are, or the text of a letter, which is laid out in two columns.
_OF_NOTES = {2: 10}  # one cell in so many may be one, by how many there are in a row
_OF_NOTES_IN_MORE = 4
_OF_ODD_ROWS = 5  # one row in so many may have more cells than the others, or less


def tidy(text: str) -> str:
    """One blank for several, no blank lines, no blanks and no empty cells at the ends of lines, no tab before
    the first cell of a row."""
    text = text.replace("\r\n", "\n").replace("\r", " ").replace("\f", " ")
    if CELL_ENDS in text:
        text = _ENDS_LINE.sub(CELL_ENDS, _BEGINS_LINE.sub("\t", text))
        text = _with_broken_cells(text)
    while "  " in text:
        text = text.replace("  ", " ")
    if "\t" in text:
        lines = [
            line.rstrip(" \t").lstrip(" ").removeprefix("\t").lstrip(" ") if "\t" in line else line.strip(" ")
            for line in text.split("\n")
        ]
    else:
        lines = [line.strip(" ") for line in text.split("\n")]
    if KEPT_APART in text:
        lines = [line.rstrip(_SHOWS_NOTHING) for line in lines]
    tidied = "\n".join([line for line in lines if line.strip(_SHOWS_NOTHING)])
    return tidied.replace(CELL_ENDS, BREAKS_CELL) if CELL_ENDS in tidied else tidied


def _with_broken_cells(text: str) -> str:
    """*text* with ``CELL_ENDS`` for each end of a line within a cell of a list, and for nothing else."""
    parts: list[str] = []
    done = 0
    for rows in _tables(text):
        if any("\n" in cell for row in rows for cell in _cells(row)) and _is_list([*map(_cells, rows)]):
            for row in rows:
                told = "\t".join(map(_broken, _cells(row)))
                parts += text[done : row.start()].replace(CELL_ENDS, ""), "\t", told
                done = row.end()
    return "".join((*parts, text[done:].replace(CELL_ENDS, "")))


def _tables(text: str) -> Iterator[list[re.Match[str]]]:
    """The rows of cells in *text* that follow one another."""
    rows: list[re.Match[str]] = []
    for row in _ROW.finditer(text):
        if rows and text[rows[-1].end() : row.start()].strip(" \n"):
            yield rows
            rows = []
        rows.append(row)
    if rows:
        yield rows


def _cells(row: re.Match[str]) -> list[str]:
    return row[0].replace(CELL_ENDS, "")[1:].split("\t")


def _is_list(rows: Sequence[Sequence[str]]) -> bool:
    """Whether *rows* are a list that has a heading of short cells, and no part of a page that is laid out in cells."""
    widths = [len(row) for row in rows if len(row) > 1]
    if len(widths) < 2:
        return False
    width = most_cells(rows)
    odd = len(widths) - widths.count(width)
    if odd > 1 and odd * _OF_ODD_ROWS > len(widths):
        width = max(widths)
    first = next(row for row in rows if len(row) >= width)
    headed = sum(map(bool, first)) > 1 and all(len(cell) <= _LONGEST_HEADING for cell in first)
    return widths.count(width) > 1 and headed and _are_notes(rows, width)


def _are_notes(rows: Sequence[Sequence[str]], width: int) -> bool:
    """Whether the long cells of *rows*, of so many cells as the *width*, are but notes on what stands beside them."""
    noted = [row for row in rows if any(len(cell) > _LONGEST_CELL for cell in row)]
    long = sum(len(cell) > _LONGEST_CELL for row in noted for cell in row)
    few = long * _OF_NOTES.get(width, _OF_NOTES_IN_MORE) <= sum(map(len, rows))
    return few and all(sum(not cell.isspace() for cell in row if cell) > 1 for row in noted)


def _broken(cell: str) -> str:
    if "\n" not in cell:
        return cell
    return CELL_ENDS.join(bare for line in cell.split("\n") if (bare := line.strip(_SHOWS_NOTHING)))


def without_separators(text: str) -> str:
    """*text* with blanks for the separators of old formats (danMARC2, EDIFACT), one of which is a sign of ours."""
    for separator in _SEPARATORS:  # each by itself: to look for any of several takes many times as long
        text = text.replace(separator, " ")
    return text


def ways_of_separators(text: str) -> tuple[str, ...]:
    """*text* with blanks for separators, and, where they stand between two digits, also without them: they end a number
    in one format, and are nothing to a reader in another."""
    apart = without_separators(text)
    return (apart,) if apart == text else (apart, without_separators(_IN_NUMBER.sub("", text)))


def opened(text: str) -> str:
    """*text* with the cells that others cover as empty ones, and nothing else of what only tables are told by."""
    return text.replace(COVERED, "\t").replace(KEPT_APART, "")


def has_covered(text: str) -> bool:
    """Whether there are cells in *text* that others cover."""
    return COVERED in text or _COVERED_FIRST in text


def closed_up(text: str) -> str:
    """*text* without what only tables are told by."""
    if KEPT_APART not in text:
        return text
    if _COVERED_FIRST in text:
        text = _BEGINS_COVERED.sub("\n", f"\n{text}")[1:]
    return text.replace(COVERED, "").replace(KEPT_APART, "")
