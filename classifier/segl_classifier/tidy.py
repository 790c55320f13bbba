"""The last touch to the text of a page: blanks, empty lines, and cells of tables in which a paragraph stands."""

from __future__ import annotations

import re

# Stands, in the text of a page, for each blank of <pre> behind the first, and alone in a cell for one that another cell
# covers. Tables are told by it; to all else it is nothing, so that numbers and words stand as near as they did.
KEPT_APART = "\x1f"
COVERED = f"\t{KEPT_APART}"
_IN_NUMBER = re.compile(r"(?<=\d)[\x1c-\x1f]+(?=\d)")
_SHOWS_NOTHING = f"\t {KEPT_APART}"
_SEPARATORS = re.compile("[\x1c-\x1f]")

CELL_ENDS = "\x1e"  # between texts, where a cell ends; shows nothing, and is gone from a tidy text

# Word and Outlook write a paragraph into each cell, and a paragraph begins and ends a line; other programs write the
# text alone. So a line is not begun at the beginning of a cell, nor ended at its end, but where a table stands in it.
_BEGINS_LINE = re.compile(r"\t[ \n]*+(?!\t)")
_ENDS_LINE = re.compile(rf"(?<![ \n{CELL_ENDS}])[ \n]++{CELL_ENDS}")


def tidy(text: str) -> str:
    """One blank for several, no blank lines, no blanks and no empty cells at the ends of lines, no tab before
    the first cell of a row."""
    text = text.replace("\r\n", "\n").replace("\r", " ").replace("\f", " ")
    if CELL_ENDS in text:
        text = _ENDS_LINE.sub("", _BEGINS_LINE.sub("\t", text)).replace(CELL_ENDS, "")
    while "  " in text:
        text = text.replace("  ", " ")
    if "\t" in text:
        lines = [
            line.rstrip(" \t").lstrip(" ").removeprefix("\t").lstrip(" ") if "\t" in line else line.strip(" ")
            for line in text.split("\n")
        ]
    else:
        lines = [line.strip(" ") for line in text.split("\n")]
    return "\n".join([line for line in lines if line.strip(_SHOWS_NOTHING)])


def without_separators(text: str) -> str:
    """*text* with blanks for the separators of old formats (danMARC2, EDIFACT), one of which is a sign of ours."""
    return _SEPARATORS.sub(" ", text)


def ways_of_separators(text: str) -> tuple[str, ...]:
    """*text* with blanks for separators, and, where they stand between two digits, also without them: they end a number
    in one format, and are nothing to a reader in another."""
    apart = without_separators(text)
    return (apart,) if apart == text else (apart, without_separators(_IN_NUMBER.sub("", text)))


def opened(text: str) -> str:
    """*text* with the cells that others cover as empty ones, and nothing else of what only tables are told by."""
    return text.replace(COVERED, "\t").replace(KEPT_APART, "")


def closed_up(text: str) -> str:
    """*text* without what only tables are told by."""
    return text.replace(COVERED, "").replace(KEPT_APART, "") if KEPT_APART in text else text
