"""Formulas that were never calculated: what a program that only writes workbooks leaves to Excel, and Excel shows.

Of such a formula the file says no result. Where it joins texts of cells (``B2&"-"&C2``, ``CONCAT``, ``TEXTJOIN``) the
result may be a personal number that stands nowhere whole. So these are worked out here, by what the cells show, each
join wherever in the formula it stands; what cannot be known is told. Sums and the like are of no interest: they make
no words.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from segl_classifier.formats.cells import numbers

Cell = Callable[[int, int], str | None]
Value = str | list[str] | None  # a text, the texts of some cells, or not known

_JOINS = re.compile(r"&|CONCAT|TEXTJOIN|TEXT\(", re.IGNORECASE)
_REF = r"(?P<{0}c>\$?[A-Za-z]{{1,3}})(?P<{0}r>\$?\d{{1,7}})(?![\w(!])"
_TOKEN = re.compile(
    r'\s*(?:"(?P<text>(?:[^"]|"")*)"|(?P<elsewhere>(?:\'(?:[^\']|\'\')+\'|[\w.\[\]:]+)!\$?\w+\$?\d*(?::\$?\w+\$?\d*)?)'
    rf"|{_REF.format('a')}(?::{_REF.format('b')})?|(?P<function>[A-Za-z_][\w.]*)\(|(?P<number>\d+(?:\.\d+)?)"
    r"|(?P<name>\w[\w.]*)|(?P<sign>.))",
    re.DOTALL,
)
_COMPARED, _ARITHMETIC = frozenset("=<>"), frozenset("+-*/^%")
# Their results, and those of arithmetic, are numbers and days that belong to nobody: they make no gap in a join. Who
# makes a personal number by arithmetic needs no join for it.
COUNTED = frozenset(
    "TODAY NOW ROW COLUMN ROWS COUNT COUNTA COUNTIF COUNTIFS SUM SUMIF SUMIFS SUBTOTAL AVERAGE LEN MATCH MAX MIN ROUND"
    " SUMPRODUCT PRODUCT WEEKNUM ISOWEEKNUM DATEDIF".split()
)
# Their results stand in other cells.
_FOUND = frozenset(("VLOOKUP", "HLOOKUP", "XLOOKUP", "LOOKUP", "INDEX", "INDIRECT"))
_JOIN = "&"
_TEXTS = frozenset((_JOIN, "CONCAT", "CONCATENATE", "TEXTJOIN", "TEXT"))
A_NUMBER = "…"
_SHOWN_DAY = re.compile(r"(\d\d)-(\d\d)-((\d\d)(\d\d))")
_OF_A_DAY = {"DAY": 1, "MONTH": 2, "YEAR": 3}
_LONGEST_TEXT = 32_767  # letters in a cell
# Of a range; calls in calls; Excel takes no longer formula.
_MOST_CELLS, _MOST_DEEP, _LONGEST = 1_000, 40, 8_192


@dataclass(slots=True)
class Joined:
    """What a formula joins, and what it comes to as far as that is known. Not ``whole`` when a piece of a join is not
    known; ``is_text`` when the formula itself is a join, so that no number can be its result."""

    texts: list[str] = field(default_factory=list)
    whole: bool = True
    value: str | None = None
    is_text: bool = False

    def join(self, pieces: list[str | None], between: str = "") -> str | None:
        """*pieces* as one text, which is kept, as far as a cell could hold it."""
        parts: list[str] = []
        left = _LONGEST_TEXT
        for piece in pieces:
            parts.append((A_NUMBER if piece is None else piece)[:left])
            left -= len(parts[-1]) + len(between)
            if left <= 0:
                break
        self.texts.append(between.join(parts)[:_LONGEST_TEXT])
        if None in pieces:
            self.whole = False
            return None
        return self.texts[-1]


def joins(formula: str) -> bool:
    """Whether *formula* may join texts."""
    return _JOINS.search(formula) is not None


def joined(formula: str, cell: Cell, moved: tuple[int, int] = (0, 0)) -> Joined:
    """The texts that *formula* makes of cells, *moved* by so many rows and columns from where it was written."""
    reader = _Reader(formula[:_LONGEST], cell, moved)
    reader.found.whole = len(formula) <= _LONGEST
    reader.read()
    return reader.found


class _Reader:
    """Reads one formula from left to right."""

    def __init__(self, formula: str, cell: Cell, moved: tuple[int, int]) -> None:
        self.found = Joined()
        self._tokens = list(_TOKEN.finditer(formula))
        self._at = 0
        self._cell = cell
        self._moved = moved
        self._deep = 0
        self._made_by = ""  # what the expression read last is: a join, or the function that it is

    def read(self) -> None:
        value = self._expression()
        self.found.is_text = self._made_by in _TEXTS
        if isinstance(value, str):
            self.found.value = value
            if value not in self.found.texts and len(self._tokens) > 1:
                self.found.texts.append(value)
        if self._at < len(self._tokens):  # unbalanced, or of a form unknown here
            self.found.whole = False

    def _expression(self) -> Value:
        """Up to a comma, a bracket or the end."""
        self._deep += 1
        if self._deep > _MOST_DEEP:
            self._at, self.found.whole = len(self._tokens), False
        value = self._operands()
        self._deep -= 1
        return value

    def _operands(self) -> Value:
        """Signs of comparison bind least, then ``&``, then the others."""
        known = self._known()
        pieces: list[Value] = []
        piece: Value = ""
        operands, is_number, is_compared, made_by = 0, False, False, ""
        while self._at < len(self._tokens):
            sign = self._tokens[self._at]["sign"] or ""
            if sign and sign in ",;)}":
                break
            if sign == "&" or sign in _COMPARED:
                self._at += 1
                pieces.append(piece if operands == 1 else A_NUMBER if is_number else None)
                operands, is_number, piece = 0, False, None
                is_compared = is_compared or sign != "&"
                continue
            if sign == "+" and not operands:  # "=+B2", as in Lotus 1-2-3
                self._at += 1
                continue
            is_number = is_number or sign in _ARITHMETIC
            piece, operands = self._operand(), operands + 1
            made_by = self._made_by if operands == 1 else ""
        pieces.append(piece if operands < 2 else A_NUMBER if is_number else None)
        self._made_by = made_by if len(pieces) == 1 else "" if is_compared else _JOIN
        if is_compared:  # yes or no: what was joined for it is not shown
            self._forget(known)
            return None
        if len(pieces) == 1:
            return pieces[0]
        return self.found.join([one if isinstance(one, str) else None for one in pieces])

    def _known(self) -> tuple[int, bool]:
        return len(self.found.texts), self.found.whole

    def _forget(self, known: tuple[int, bool]) -> None:
        del self.found.texts[known[0] :]
        self.found.whole = known[1]

    def _operand(self) -> Value:
        token = self._tokens[self._at]
        self._at += 1
        self._made_by = ""
        if token["text"] is not None:
            return token["text"].replace('""', '"')
        if token["ar"]:
            return self._cells(token)
        if token["function"]:
            return self._function(token["function"].upper().rpartition(".")[2])
        if token["sign"] in ("(", "{"):
            value = self._expression()
            self._at += 1
            return value
        return token["number"]

    def _cells(self, token: re.Match[str]) -> Value:
        row, column = self._place(token["ar"], token["ac"])
        if not token["br"]:
            return self._cell(row, column)
        last_row, last_column = self._place(token["br"], token["bc"])
        if (last_row - row + 1) * (last_column - column + 1) > _MOST_CELLS:
            return None
        cells = [self._cell(r, c) for r in range(row, last_row + 1) for c in range(column, last_column + 1)]
        return None if None in cells else [cell or "" for cell in cells]

    def _place(self, row: str, column: str) -> tuple[int, int]:
        rows, columns = self._moved
        return (
            int(row.lstrip("$")) + (0 if row[0] == "$" else rows),
            number_of(column.lstrip("$").upper()) + (0 if column[0] == "$" else columns),
        )

    def _function(self, name: str) -> Value:
        known = self._known()
        arguments: list[Value] = []
        while self._at < len(self._tokens):
            if self._tokens[self._at]["sign"] != ")":
                arguments.append(self._expression())
            end = self._tokens[self._at]["sign"] if self._at < len(self._tokens) else ")"
            self._at += 1
            if end == ")":
                break
        self._made_by = name
        if name in COUNTED or name in _FOUND:  # what was joined to look for it is not shown
            self._forget(known)
        return called(name, arguments, self.found)


def called(name: str, arguments: list[Value], found: Joined) -> Value:
    """What the function *name* makes of its *arguments*; what it joins goes into *found*."""
    if name in COUNTED:
        return A_NUMBER
    if name in ("CONCAT", "CONCATENATE"):
        return found.join(_flat(arguments))
    if name == "TEXTJOIN" and arguments and isinstance(arguments[0], str):
        return found.join([one for one in _flat(arguments[2:]) if one != ""], arguments[0])
    if name in ("IF", "IFERROR", "IFNA", "IFS"):
        choice = _flat(arguments[1:] if name == "IF" else arguments)
        return None if None in choice else max((one or "" for one in choice), key=len, default=None)
    return _of_one(name, [one if isinstance(one, str) else None for one in arguments])


def _flat(values: list[Value]) -> list[str | None]:
    flat: list[str | None] = []
    for value in values:
        flat += value if isinstance(value, list) else [value]
    return flat


def _of_one(name: str, arguments: list[str | None]) -> Value:
    """Functions that give a piece of a text, or the text in another form."""
    if not arguments or None in arguments:
        return None
    text, *rest = (one or "" for one in arguments)
    if text == A_NUMBER:
        return text
    if name in _OF_A_DAY:
        shown_day = _SHOWN_DAY.fullmatch(text)
        return str(int(shown_day[_OF_A_DAY[name]])) if shown_day else None
    if name in (
        "TRIM",
        "T",
        "VALUE",
        "UPPER",
        "LOWER",
        "PROPER",
        "CLEAN",
        "N",
        "ABS",
        "INT",
        "FIXED",
        "DOLLAR",
    ):
        return text.strip()
    if name == "CHAR" and text.isdecimal() and 0 < int(text[:4]) < 256:
        return bytes([int(text[:4])]).decode("cp1252", "replace")
    if name == "SUBSTITUTE" and len(rest) == 2 and A_NUMBER not in rest:
        return text.replace(rest[0], rest[1])[:_LONGEST_TEXT] if rest[0] else text
    if name == "TEXT" and len(rest) == 1:
        return _formatted(text, rest[0])
    if not all(one.isdecimal() and len(one) < 6 for one in rest):
        return None
    sizes = [int(one) for one in rest]
    if name == "REPT" and sizes:
        return (text * min(sizes[0], _LONGEST_TEXT))[:_LONGEST_TEXT] if len(text) < 9 else None
    if name == "LEFT":
        return text[: sizes[0] if sizes else 1]
    if name == "RIGHT":
        return text[-(sizes[0] if sizes else 1) :]
    if name == "MID" and len(sizes) == 2 and sizes[0]:
        return text[sizes[0] - 1 : sizes[0] - 1 + sizes[1]]
    return None


def _formatted(text: str, code: str) -> str:
    shown_day = _SHOWN_DAY.fullmatch(text)
    if shown_day and numbers.is_date(code):
        form = numbers.form_of_day(code)
        for number, sign in ((1, "%d"), (2, "%m"), (3, "%Y"), (5, "%y")):
            digits = shown_day[number]
            form = form.replace(sign, digits)
        return form
    if text.isdecimal() and not code.strip("0"):
        return text.zfill(len(code))
    way = numbers.way_to_show("164", code, from_1904=False)
    return way(text) if way is not None else text


def number_of(letters: str) -> int:
    """The number of a column by its letters, ``AB`` is 28; 0 when they are none."""
    number = 0
    for letter in letters if len(letters) < 4 else "":
        number = number * 26 + ord(letter) - 64 if "A" <= letter <= "Z" else 0
    return number
