"""A line of a table cut into its cells.

Readers of files write tabs between them, people paste tables with ``;`` and ``|`` or line columns up with blanks,
programs write commas, and quote a cell that holds what divides them (RFC 4180). Blanks show no empty cell: there each
cell belongs to the heading that it stands under, at its beginning or, as figures do, at its end.
"""

from __future__ import annotations

import csv
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import NamedTuple

from segl_classifier.layout.tidy import KEPT_APART

COMMA, BAR, GAP = ",", "|", "  "
SEPARATORS = ("\t", ";", BAR, COMMA, GAP)
_NO_BREAK = "\u00a0"  # HTML lines up with it
_MOST_COLUMNS = 200
LONGEST = 40  # characters of a cell of a table that prose could be

_QUOTES = (" ", ">")
_QUOTE_MARK = re.compile(r"[ ]*+(?:>[ ]*)*>")
_QUOTED_TIGHTLY = re.compile(r"^[ >]*>[^\s>]", re.MULTILINE)
_QUOTED = re.compile('(?<![^,])"[^"]*+(?:""[^"]*+)*+"')  # as it is cut: from where a cell begins
_LOOSE = re.compile(r",\s|\s,|\d,\d")  # of prose, or of decimals
_DECIMAL = re.compile(r"(?<=\d),(?=\d)")
_GAPS = re.compile("[ ]{2,}")
_LINED_UP = re.compile("[^ ]++(?: [^ ]++)*+")  # its words stand one blank apart


Place = tuple[int, int]  # from where to where


class Line(NamedTuple):
    """A line of a text as it stood before its mail was answered, and where it is: offsets, without its end."""

    text: str
    start: int
    end: int


class Cut(NamedTuple):
    """A line and its cells."""

    cells: list[str]
    line: Line


def lines_of(block: str) -> Iterator[Line]:
    """The lines of *block* with anything in them."""
    position = 0
    of_mark = 0 if ">" in block and _QUOTED_TIGHTLY.search(block) else 1
    for line in block.replace(_NO_BREAK, " ").replace(KEPT_APART, " ").split("\n"):
        start, position = position, position + len(line) + 1
        if line.strip():
            yield Line(_unquoted(line.rstrip("\r"), of_mark), start, start + len(line))


def may_divide(separator: str, block: str) -> bool:
    """Whether *separator* stands anywhere in *block*."""
    return separator in block or (separator == GAP and (_NO_BREAK in block or KEPT_APART in block))


def has(line: Line, separator: str) -> bool:
    """Whether *separator* divides *line*; blanks at its ends divide nothing."""
    return separator in (line.text.strip() if separator == GAP else line.text)


def is_lined_up(line: Line) -> bool:
    """Whether blanks divide *line* outside of quoted cells."""
    return GAP in (_QUOTED.sub("", line.text) if '"' in line.text else line.text).strip()


def is_tight(line: Line) -> bool:
    """Whether commas divide *line* as programs write them: no blank stands behind one, nor digits on both sides, if it
    is not quoted."""
    text = line.text
    if text.lstrip().startswith('"'):
        return True
    return _LOOSE.search(_QUOTED.sub("", text) if '"' in text else text) is None


def has_other_commas(line: Line) -> bool:
    """Whether a comma stands in *line* that parts no figure from its decimals."""
    return COMMA in _DECIMAL.sub("", line.text)


def cut(line: Line, separator: str) -> Cut:
    """*line* cut at each *separator*."""
    text = line.text
    if '"' in text and separator != GAP:
        with suppress(csv.Error):  # a cell without end, or with half a line break
            rows = csv.reader([text], delimiter=separator, skipinitialspace=True)
            return Cut([cell.strip() for row in rows for cell in row], line)
    if separator == GAP:
        return Cut(_GAPS.split(text.strip()), line)
    if separator == BAR:  # many begin and end a row with it
        text = text.strip().removeprefix(BAR).removesuffix(BAR)
    return Cut([cell.strip() for cell in text.split(separator)], line)


def below(columns: Sequence[Place], row: Cut) -> list[str]:
    """The cells of *row*, lined up by blanks, each below its column: *columns* are the places of the heading's cells.
    As they are where a column would get two, there are enough, or more columns than a list has."""
    if not 1 < len(row.cells) < len(columns) <= _MOST_COLUMNS:
        return row.cells
    starts = [start for start, _ in columns]
    placed = [""] * len(columns)
    for start, end in places(row.line):
        column = _column(start, end, columns, starts)
        if placed[column]:
            return row.cells
        placed[column] = row.line.text[start:end]
    return placed


def places(line: Line) -> list[Place]:
    """From where to where the cells of *line*, lined up by blanks, stand in it: as many as it is cut into, for which
    other white space at its ends is none."""
    text = line.text.rstrip()
    return [cell.span() for cell in _LINED_UP.finditer(text, len(text) - len(text.lstrip()))]


def _column(start: int, end: int, columns: Sequence[Place], starts: Sequence[int]) -> int:
    """The column that a cell from *start* to *end* stands in: with which it begins or ends, else most of it."""
    first = max(0, bisect_right(starts, start) - 1)
    near = range(first, max(first + 1, bisect_left(starts, end)))

    def nearness(number: int) -> tuple[bool, int]:
        low, high = columns[number]
        until = starts[number + 1] if number + 1 < len(starts) else max(end, low + 1)
        return start == low or end == high, min(end, until) - max(start, low)

    return max(near, key=nearness)


def _unquoted(line: str, of_mark: int) -> str:
    """*line* without the marks of answers, with the blanks that are *of_mark*: others line its columns up."""
    quoted = _QUOTE_MARK.match(line) if line[:1] in _QUOTES else None
    if quoted is None:
        return line
    end = quoted.end()
    return line[end + of_mark :] if line[end : end + 1] == " " else line[end:]
