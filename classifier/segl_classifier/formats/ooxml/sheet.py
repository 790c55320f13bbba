"""One sheet of an Excel workbook (SpreadsheetML, ECMA-376 part 1 §18.3): its cells into a grid, the rest aside.

A formula is kept with the value it last came to. Programs that only write workbooks leave the value out, or 0 in its
place, and Excel works it out when it opens the file: of those that join texts that is done here
(:mod:`.cells.formulas`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple, Protocol

from segl_classifier.formats.cells import formulas
from segl_classifier.formats.cells.grid import Grid
from segl_classifier.formats.xml.events import Attributes, Names, local

_LITERAL = re.compile(r'"[^"]|\d{6}')
_PRINT_CODE = re.compile(r'&(?:"[^"]{0,100}"|\d{1,3}|K[0-9A-Fa-f]{6}|[LCRPNDTZFAGBIUESXYHO])')
_PRINTED = frozenset("oddHeader oddFooter evenHeader evenFooter firstHeader firstFooter".split())
_DIGITS = "0123456789"
_NO_VALUE = ("", "0")
_MOST_OPEN, _MOST_DEEP = 100_000, 50  # formulas without value of a sheet; those that name one another
_SPOKEN = {
    "dataValidation": ("prompt", "promptTitle", "error", "errorTitle"),
    "hyperlink": ("display", "tooltip", "location"),
    "filter": ("val",),
    "customFilter": ("val",),
    "cfRule": ("text",),
    "inputCells": ("val",),
    "scenario": ("name", "comment", "user"),
    "protectedRange": ("name",),
}


class Enough(Exception):
    """As much was read as may be kept."""


class _Formula(NamedTuple):
    """A formula, by how many rows and columns it was moved from where it is written out, and the value kept."""

    text: str
    moved: tuple[int, int]
    value: str = ""


class Book(Protocol):
    """What a sheet asks of its workbook."""

    strings: list[str]
    used: bytearray

    def shown(self, style: str, value: str) -> str: ...
    def words(self, style: str) -> Sequence[str]: ...
    def text_missing(self) -> None: ...


class Sheet:
    """The handlers for one sheet: cells into the grid, the rest aside."""

    def __init__(self, book: Book, most: int) -> None:
        self.grid = Grid(most)
        self.aside: list[str] = []
        self._book = book
        self._names = Names()
        self._columns = _Columns()
        self._row = self._column = 0
        self._kind = self._style = self._inside = ""
        self._value: list[str] = []
        self._text: list[str] = []
        self._phonetic = False
        self.calculated = True  # not so: what a formula joins is not known
        self._formula: _Formula | None = None  # of the cell at hand
        self._shared = ""  # the number under which cells share it
        self._masters: dict[str, tuple[int, int, str]] = {}
        self._open: dict[tuple[int, int], _Formula] = {}
        self._results: dict[tuple[int, int], str | None] = {}  # of those that were worked out
        self._deep = 0
        self._styles: set[str] = set()  # of cells that hold something

    def start(self, raw: str, attributes: Attributes) -> None:
        self._inside = name = self._names[raw]
        if name == "c":
            get = attributes.get
            self._kind, self._style = get("t", "n"), get("s", "")
            self._column = self._columns[get("r", "").rstrip(_DIGITS)] or self._column + 1
            self._value.clear()
            self._formula = None
        elif name == "f":
            self._shared = attributes.get("si", "") if attributes.get("t") == "shared" else ""
        elif name == "row":
            row = attributes.get("r", "")
            self._row = int(row) if row.isdecimal() and len(row) < 9 else self._row + 1
            self._column = 0
        elif name == "rPh":
            self._phonetic = True
        elif name in _SPOKEN:
            self.aside += filter(None, (local(attributes, key) for key in _SPOKEN[name]))

    def characters(self, text: str) -> None:
        inside = self._inside
        if inside == "v" or (inside == "t" and not self._phonetic):
            self._value.append(text)
        elif inside not in ("", "c", "row"):
            self._text.append(text)

    def end(self, raw: str) -> None:
        self._inside = ""
        name = self._names[raw]
        if name == "c":
            value = "".join(self._value)
            is_open = self._formula is not None and self._is_open(self._formula, value)
            if value and not is_open:
                self._cell(value)
            return
        if name == "f":
            self._formula = self._written("".join(self._text).strip())
        if name == "rPh":
            self._phonetic = False
        elif self._text and name != "v":
            text = "".join(self._text).strip()
            self._text.clear()
            if name in _PRINTED:
                text = printed(text)
            elif name in ("f", "formula", "formula1", "formula2") and not _LITERAL.search(text):
                return  # names of cells and functions only
            if text:
                self.aside.append(text)

    def finish(self) -> None:
        """What can be said when all cells are read: the words of their formats, and what the formulas without a value
        join."""
        for style in sorted(self._styles):
            self.aside += self._book.words(style)
        for row, column in [place for place, formula in self._open.items() if formulas.joins(formula.text)]:
            if (row, column) in self._open:
                self._worked_out(row, column)

    def _written(self, text: str) -> _Formula:
        """The formula that *text* says, or the one that it shares."""
        if not self._shared:
            return _Formula(text, (0, 0))
        if text:
            self._masters[self._shared] = (self._row, self._column, text)
        row, column, text = self._masters.get(self._shared, (0, 0, ""))
        return _Formula(text, (self._row - row, self._column - column))

    def _is_open(self, formula: _Formula, value: str) -> bool:
        """Whether the cell at hand has a formula and no value, or a 0 where a text must be."""
        if self._kind != "n" or value not in _NO_VALUE or (value and not formulas.joins(formula.text)):
            return False
        if len(self._open) >= _MOST_OPEN:
            self.calculated = self.calculated and not formulas.joins(formula.text)
            return False
        self._open[self._row, self._column] = formula._replace(value=value)
        return True

    def _known(self, row: int, column: int) -> str | None:
        """What a cell shows, ``None`` when that cannot be known."""
        place = (row, column)
        if place in self._open:
            self._worked_out(row, column)
        return self._results[place] if place in self._results else self.grid.cell(row, column)

    def _worked_out(self, row: int, column: int) -> None:
        """Work out the formula of a cell; what it joins goes into the cell."""
        formula = self._open.pop((row, column))
        self._results[row, column] = None  # so far
        if self._deep >= _MOST_DEEP:
            self.calculated = False
            return
        self._deep += 1
        try:
            found = formulas.joined(formula.text, self._known, formula.moved)
        except RecursionError:  # they name one another, each from within calls in calls
            found = formulas.Joined(whole=False)
        finally:
            self._deep -= 1
        if formula.value and not found.is_text:  # so the value may be one
            texts = found.texts if found.whole else []
            self.grid.put(row, column, " ".join((formula.value, *texts)))
            self._results[row, column] = formula.value
            return
        self._results[row, column] = found.value
        self.calculated = self.calculated and found.whole
        if found.texts:
            self.grid.put(row, column, " ".join(found.texts))

    def _cell(self, value: str) -> None:
        kind, book = self._kind, self._book
        self._styles.add(self._style)
        number = False
        if kind == "s":
            place = int(value) if value.isdecimal() and len(value) < 9 else -1
            if not 0 <= place < len(book.strings):
                book.text_missing()
                return
            book.used[place] = 1
            value = book.strings[place]
        elif kind == "n":
            value = book.shown(self._style, value)
            number = True
        elif kind == "d":
            value = value.partition("T")[0]
        if not self.grid.put(self._row, self._column, value, number=number):
            raise Enough


def printed(text: str) -> str:
    """The head or foot of a printed sheet without its codes: ``&L`` left, ``&"Arial,Bold"``, ``&D`` the date …"""
    return _PRINT_CODE.sub(" ", text.replace("&&", "\0")).replace("\0", "&").strip()


class _Columns(dict[str, int]):
    """The number of a column by its letters."""

    def __missing__(self, letters: str) -> int:
        number = self[letters] = formulas.number_of(letters)
        return number
