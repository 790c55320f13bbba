"""Where the lines and paragraphs of a text end. Paragraphs end at blank lines, but for a table that goes on behind one;
a line ends within no cell of a table, though what stands in it may have several."""

from __future__ import annotations

import re
from collections.abc import Iterator

from segl_classifier.layout.going_on import continued
from segl_classifier.layout.tidy import BREAKS_CELL, KEPT_APART

_PARAGRAPH = re.compile(r"\n[ \t\r>]*\n\s*")

_SEPARATORS = "\u2028\u2029"  # of lines and of paragraphs, and nothing else
_RARE = "\v\u0085"  # end lines in some programs; others write them within a cell
_ENDS = f"\n\r{_RARE}{_SEPARATORS}"
_BUT_LINE_FEEDS = f"\r{_RARE}{_SEPARATORS}"
_TO_BLANKS = str.maketrans(dict.fromkeys(_ENDS, " "))
# A cell as programs quote it (RFC 4180), if another stands before or behind it: a quotation in prose is none. Behind a
# mark without its fellow nothing is a cell for long.
_LONGEST_CELL = 4_000
_BEHIND_ANOTHER = r'(?<=(?P<before>[;,\t|])")'
_BEGINS_ROW = rf'(?<![^{_ENDS}\ufeff]")'
_REST = r'[^"]*+(?:""[^"]*+)*+"'
# The mark is looked for first, and behind it at what stands before: that takes a fraction of the time.
_QUOTED = re.compile(
    rf'"(?:{_BEHIND_ANOTHER}{_REST}(?=[;,\t|{_ENDS}]|\Z)|{_BEGINS_ROW}{_REST}(?=[;\t|]|,(?! )))'
)
# Where the mark stands that such a cell begins with. Most are of quotations in prose, which this passes over.
_BEGINS_CELL = re.compile(rf'"(?<=[;,\t|\ufeff{_ENDS}]")')
_END = re.compile(rf"\r\n|[{_ENDS}]")
_END_ALONE = re.compile(r"(?<!\r)\r++(?!\n)")


def lines_ended(text: str) -> str:
    """*text* with a line feed wherever a line ends, and blanks where it only goes on within a cell; each character
    stays in its place."""
    if BREAKS_CELL in text:
        text = text.replace(BREAKS_CELL, f"{KEPT_APART} ")
    if text.startswith('"') or _BEGINS_CELL.search(text):
        text = _QUOTED.sub(_in_one_line, text)
    if not any(end in text for end in _BUT_LINE_FEEDS):  # each by itself is found in no time
        return text
    for separator in _SEPARATORS:
        text = text.replace(separator, "\n")
    ends = text.count("\n")
    for rare in _RARE:
        if text.count(rare) > ends:
            text = text.replace(rare, "\n")
    alone = text.count("\r") - text.count("\r\n")
    if alone and alone >= ends:  # those of old systems; perhaps not all
        text = _END_ALONE.sub(lambda end: "\n" * len(end[0]), text)
    return text


def lines_of_cells_ended(text: str, ended: str) -> str:
    """*text* with a line feed wherever a line ends, in cells, too; *ended* is what :func:`lines_ended` made of it. What
    of a cell stood in two lines stands apart again. *ended* itself where no cell has several lines."""
    if ended is text or ended == text:
        return ended

    def end(found: re.Match[str]) -> str:
        signs, at = found[0], found.start()
        if ended[at] != " ":
            return ended[at : found.end()]
        return signs if signs == "\r\n" else "\n"

    apart = _END.sub(end, text)
    return ended if apart == ended else apart


def _in_one_line(cell: re.Match[str]) -> str:
    text = cell[0]
    if len(text) > _LONGEST_CELL or text.isprintable():
        return text
    between = cell["before"] or cell.string[cell.end()]
    rows = text.splitlines()[1:-1]
    if rows and all(between in row and f"{between} " not in row for row in rows):
        return text  # the mark stands for inches, or has no fellow
    return text.translate(_TO_BLANKS)


def paragraphs(text: str) -> Iterator[tuple[int, int]]:
    """From where to where the paragraphs of *text* go; those that one table goes on through are one."""
    start = end = last = 0
    for low, high in _between(text):
        if end and continued(text[last:end], text[low:high], on=last > start):
            end, last = high, low
            continue
        if end:
            yield start, end
        start, end, last = low, high, low
    if end:
        yield start, end


def _between(text: str) -> Iterator[tuple[int, int]]:
    """From where to where the paragraphs of *text* go."""
    start = 0
    for gap in _PARAGRAPH.finditer(text):
        if text[start : gap.start()].strip():
            yield start, gap.start()
        start = gap.end()
    if text[start:].strip():
        yield start, len(text)
