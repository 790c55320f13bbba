"""Formulas of Excel files before 2007 that were never calculated (MS-XLS §2.2.2): the same as :mod:`.cells.formulas`,
of tokens in reverse Polish notation.

Programs that only write such files keep 0 for a value. A token is a byte, its operand behind it; what is not named here
is passed over by its size, and what it comes to is not known.
"""

from __future__ import annotations

import struct

from segl_classifier.formats.cells.formulas import A_NUMBER, Cell, Joined, Value, called

_CONCAT, _TEXT, _INTEGER, _NUMBER, _PARENTHESES = 0x08, 0x17, 0x1E, 0x1F, 0x15
_ATTRIBUTE, _CHOOSE, _SUM = 0x19, 0x04, 0x10  # how to jump in the formula; a sum of one argument
_FIXED, _VARIABLE, _REF, _AREA = 0x21, 0x22, 0x24, 0x25  # the class of a token, in bits 5 and 6, taken off
_ARITHMETIC, _BINARY, _UNARY = range(0x03, 0x08), range(0x09, 0x12), range(0x12, 0x15)
_SIZES = {0x16: 0, 0x1C: 1, 0x1D: 1, 0x20: 7, 0x23: 4, 0x2A: 4, 0x2B: 8, 0x2C: 4, 0x2D: 8, 0x39: 6} | {
    0x3A: 6, 0x3B: 10, 0x3C: 6, 0x3D: 10,
}  # fmt: skip
# Functions by their number (§2.5.198.17), those with a fixed number of arguments with it.
_NAMES = {
    0: "COUNT", 1: "IF", 4: "SUM", 5: "AVERAGE", 6: "MIN", 7: "MAX", 27: "ROUND", 31: "MID", 32: "LEN", 48: "TEXT",
    67: "DAY", 68: "MONTH", 69: "YEAR", 74: "NOW", 112: "LOWER", 113: "UPPER", 114: "PROPER", 115: "LEFT", 116: "RIGHT",
    118: "TRIM", 169: "COUNTA", 221: "TODAY", 336: "CONCATENATE",
}  # fmt: skip
_ARGUMENTS = {27: 2, 67: 1, 68: 1, 69: 1, 31: 3, 32: 1, 48: 2, 74: 0, 112: 1, 113: 1, 114: 1, 118: 1, 221: 0}
_JOINING = (b"\x50\x01", b"\x30\x00")  # the numbers of CONCATENATE and TEXT
_COLUMN = 0x3FFF
_MOST_CELLS = 1_000


def joins(tokens: bytes) -> bool:
    """Whether a formula may join texts."""
    return _CONCAT in tokens or any(number in tokens for number in _JOINING)


def joined(tokens: bytes, cell: Cell) -> Joined:
    """What a formula joins. ``is_text`` when a join is its last step."""
    reader = _Reader(tokens, cell)
    try:
        reader.read()
    except (struct.error, IndexError, UnicodeError, KeyError):  # a token unknown here, or too few before it
        reader.found.whole = False
        reader.found.is_text = tokens[-1] == _CONCAT or tokens[-2:] in _JOINING
    return reader.found


class _Reader:
    def __init__(self, tokens: bytes, cell: Cell) -> None:
        self.found = Joined()
        self._tokens = tokens
        self._cell = cell
        self._stack: list[Value] = []
        self._at = 0

    def read(self) -> None:
        while self._at < len(self._tokens):
            token = self._tokens[self._at]
            self._at += 1
            kind = (token & 0x1F | 0x20) if token & 0x60 else token
            if kind != _PARENTHESES and kind != _ATTRIBUTE:
                self.found.is_text = False
            self._one(kind)
        value = self._stack[-1] if self._stack else None
        if self.found.is_text and isinstance(value, str) and value not in self.found.texts:
            self.found.texts.append(value)

    def _one(self, kind: int) -> None:
        stack = self._stack
        if kind == _CONCAT:
            right, left = stack.pop(), stack.pop()
            if self.found.texts and left == self.found.texts[-1]:
                self.found.texts.pop()  # "a" & "b" & "c" is joined in two steps
            stack.append(self.found.join([one if isinstance(one, str) else None for one in (left, right)]))
            self.found.is_text = True
        elif kind in _ARITHMETIC:
            stack[-2:] = [A_NUMBER]
        elif kind in _BINARY:
            stack[-2:] = [None]
        elif kind in _UNARY:
            stack[-1:] = [A_NUMBER]
        elif kind == _TEXT:
            length, wide = self._take("<BB")
            raw = self._bytes(length * (2 if wide & 1 else 1))
            stack.append(raw.decode("utf-16-le" if wide & 1 else "latin-1"))
        elif kind == _INTEGER:
            stack.append(str(*self._take("<H")))
        elif kind == _NUMBER:
            stack.append(f"{self._take('<d')[0]:g}")
        elif kind == _REF:
            row, column = self._take("<HH")
            stack.append(self._cell(row, column & _COLUMN))
        elif kind == _AREA:
            stack.append(self._area(*self._take("<HHHH")))
        elif kind == _ATTRIBUTE:
            flags, size = self._take("<BH")
            if flags & _CHOOSE:
                self._bytes(2 * size + 2)
            elif flags & _SUM:
                stack[-1:] = [A_NUMBER]
        elif kind in (_FIXED, _VARIABLE):
            self._function(kind)
        elif kind != _PARENTHESES:
            self._bytes(_SIZES[kind])
            stack.append(None)

    def _area(self, row: int, last_row: int, column: int, last_column: int) -> Value:
        column, last_column = column & _COLUMN, last_column & _COLUMN
        if (last_row - row + 1) * (last_column - column + 1) > _MOST_CELLS:
            return None
        cells = [self._cell(r, c) for r in range(row, last_row + 1) for c in range(column, last_column + 1)]
        return None if None in cells else [one or "" for one in cells]

    def _function(self, kind: int) -> None:
        if kind == _FIXED:
            (number,) = self._take("<H")
            count = _ARGUMENTS[number]
        else:
            count, number = self._take("<BH")
            count, number = count & 0x7F, number & 0x7FFF
        if count > len(self._stack):
            raise IndexError
        arguments = self._stack[len(self._stack) - count :]
        del self._stack[len(self._stack) - count :]
        name = _NAMES.get(number, "")
        self._stack.append(called(name, arguments, self.found))
        self.found.is_text = name in ("CONCATENATE", "TEXT")

    def _take(self, form: str) -> tuple[int, ...]:
        taken: tuple[int, ...] = struct.unpack_from(form, self._tokens, self._at)
        self._at += struct.calcsize(form)
        return taken

    def _bytes(self, size: int) -> bytes:
        taken = self._tokens[self._at : self._at + size]
        if len(taken) < size:
            raise IndexError
        self._at += size
        return taken
