"""Sheets of Excel saved as XML (SpreadsheetML 2003): the rows as lines, with a tab between the cells.

Read as any XML, each cell is a line of its own: no heading stands above its column, and a number that lost the zero in
front is not known for a personal number. Here the cells go into a grid as those of an xlsx do.
"""

from __future__ import annotations

import re

from segl_classifier.formats.cells.grid import Grid
from segl_classifier.formats.cells.numbers import full
from segl_classifier.markup.character_references import unescape_safely

_MARK = "urn:schemas-microsoft-com:office:spreadsheet"
_HEAD = 4096
_TOKEN = re.compile(
    r"<(?P<end>/?)(?:\w{1,20}:)?(?P<name>Worksheet|Row|Cell|Data)(?=[\s/>])(?P<attributes>[^>]{0,500})>"
)
_INDEX = re.compile(r"\bIndex\s?=\s?[\"'](\d{1,7})[\"']")
_NUMBER = re.compile(r"\bType\s?=\s?[\"']Number[\"']")
_TAG = re.compile(r"<[^<>]*+>")


def rows(markup: str, most: int) -> str:
    """The rows of all sheets in *markup*, at most so many characters; ``""`` when it holds no such sheets."""
    if _MARK not in markup[:_HEAD]:
        return ""
    grid = Grid(most)
    sheets: list[str] = []
    row = column = start = 0
    is_number = is_first = False  # behind its value a cell may hold a comment, which is a Data too
    for token in _TOKEN.finditer(markup):
        name, attributes = token["name"], token["attributes"]
        if token["end"]:
            if name == "Data" and start:
                text = unescape_safely(_TAG.sub("", markup[start : token.start()]))
                start, is_first = 0, False
                if not grid.put(row, column, full(text) if is_number else text, number=is_number):
                    break
            elif name == "Worksheet":
                sheets.append(grid.text())
                most -= len(sheets[-1])
                grid, row = Grid(most), 0
            continue
        index = _INDEX.search(attributes)
        if name == "Row":
            row, column = int(index[1]) if index else row + 1, 0
        elif name == "Cell":
            column, is_first = int(index[1]) if index else column + 1, True
        elif name == "Data" and is_first and not attributes.endswith("/"):
            start, is_number = token.end(), _NUMBER.search(attributes) is not None
    sheets.append(grid.text())
    return "\n\n".join(filter(None, sheets))
