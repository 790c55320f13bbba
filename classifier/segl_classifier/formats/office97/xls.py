"""Excel workbooks of 1993 to 2003 (MS-XLS): a stream of records, first those of the workbook, then sheet by sheet.

``BOUNDSHEET`` names the sheets, hidden ones too, and says where each begins; ``SST`` is the table of shared strings.
A cell is a record with row, column and style; numbers come as doubles, or packed in four bytes (``RK``). A formula
keeps its last value, a text in the record behind it. A chart in a sheet is a substream in that of the sheet, behind its
cells, and keeps its values as cells of its own, a series a column. What stands beside the cells is read in
:mod:`.xls_beside`, what is kept of other tables in :mod:`.xls_kept`. With a password everything behind ``FILEPASS`` is
encrypted.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from segl.vocabulary import Unreadable
from segl_classifier.formats.cells import numbers
from segl_classifier.formats.cells.grid import Grid
from segl_classifier.formats.harvest import Harvest
from segl_classifier.formats.office97.biff import Strings, records
from segl_classifier.formats.office97.xls_beside import Letters, literals, words_of
from segl_classifier.formats.office97.xls_formulas import joined, joins
from segl_classifier.formats.office97.xls_kept import OtherBooks, read_pivot
from segl_classifier.formats.ole.art import take_pictures
from segl_classifier.formats.ole.storage import Storage
from segl_classifier.shown import shown_name

_BOF, _EOF, _FILEPASS, _BOUNDSHEET, _SST, _CODEPAGE, _DATEMODE = 0x809, 0x0A, 0x2F, 0x85, 0xFC, 0x42, 0x22
_FORMAT, _XF, _DRAWING_GROUP, _SERIES_VALUES, _OTHER_SHEET, _OTHER_CELLS = (
    0x41E,
    0xE0,
    0xEB,
    0x1065,
    0x59,
    0x5A,
)
_LABELSST, _LABEL, _RSTRING, _NUMBER, _RK = 0xFD, 0x204, 0xD6, 0x203, 0x27E
_MULRK, _FORMULA, _STRING = 0xBD, 0x06, 0x207
_WORKBOOK = b"\5\0"  # the type of the first substream
# The value of a formula that the program that wrote it did not work out. A sum may be 0, and a text empty, as well.
_NOUGHT, _EMPTY = bytes(8), b"\3\0\0\0\0\0\xff\xff"
# In a chart; its values, categories and sizes are three tables, each from the first column on.
_MOST_SERIES = 256
_MOST_DEEP = 20
_BROKEN = (struct.error, IndexError, UnicodeError, LookupError, EOFError)


def read_excel(storage: Storage, harvest: Harvest) -> None:
    """The sheets, and what stands beside their cells."""
    stream = storage.read("Workbook" if storage.has("Workbook") else "Book")
    book = _Book(harvest)
    book.read(stream)
    pivot = storage.storage("_SX_DB_CUR")
    if pivot is not None:
        for name in sorted(pivot.names()):
            read_pivot(pivot.read(name), harvest)


@dataclass(slots=True)
class _Substream:
    """A sheet, a chart in one, or the workbook itself, from its ``BOF`` to its ``EOF``."""

    place: str
    grid: Grid
    aside: list[str] = field(default_factory=list)
    shift: int = 0  # of the columns, in a chart
    styles: set[int] = field(default_factory=set)  # of cells with a number
    # Formulas that may join, with 0 for a value.
    open: list[tuple[int, int, bytes]] = field(default_factory=list)


class _Book:
    def __init__(self, harvest: Harvest) -> None:
        self._harvest = harvest
        self._letters = Letters()
        self._strings: list[str] = []
        self._used = bytearray()
        self._sheets: dict[
            int, tuple[str, bool]
        ] = {}  # by place in the stream: name, and whether it is hidden
        self._codes: dict[int, str] = {}
        self._styles: list[numbers.Shown | None] = []
        self._words: dict[int, list[str]] = {}  # that the format of a style says by itself
        self._from_1904 = False
        self._open: list[_Substream] = []
        self._others = OtherBooks(harvest)
        self._formula = (0, 0)
        # The program that wrote this: a formula has a value that is neither 0 nor empty.
        self._calculates = False
        self._lacks_value = False

    def read(self, stream: bytes) -> None:
        ended = False
        for start, kind, pieces in records(stream):
            if kind == _FILEPASS:
                self._harvest.lack(Unreadable.ENCRYPTED, "an Excel file with a password")
                return
            if kind == _BOF:
                self._begin(start, pieces[0])
            if kind:  # some programs fill the stream up with zeros
                ended = kind == _EOF
            try:
                self._record(kind, pieces)
            except _BROKEN:
                self._harvest.lack(Unreadable.DAMAGED, "a record of a sheet")
            if kind == _EOF and self._open:
                self._end()
            if len(self._open) > _MOST_DEEP:
                self._harvest.lack(Unreadable.TOO_DEEP, "charts in charts")
                break
            if self._open and self._open[-1].grid.full:
                break
        else:
            if not ended:
                self._harvest.lack(Unreadable.DAMAGED, "a workbook without its end")
        while self._open:
            self._end()
        if self._lacks_value and not self._calculates:
            self._harvest.lack(Unreadable.UNKNOWN_TYPE, "a formula without its value")
        self._others.sheet()
        self._harvest.lines([name for name, _ in self._sheets.values()], "names of sheets")
        unused = [text for text, used in zip(self._strings, self._used, strict=True) if not used]
        self._harvest.lines(unused, "texts of no cell")

    def _begin(self, start: int, data: bytes) -> None:
        """A substream begins."""
        self._letters.old = data[:2] != b"\0\6"
        if start in self._sheets:
            while self._open:
                self._end()
            name, hidden = self._sheets[start]
            place = f"{'hidden sheet' if hidden else 'sheet'} {shown_name(name)}"
        elif self._open:
            place = f"chart in {self._open[-1].place}"
        else:
            place = "workbook" if data[2:4] == _WORKBOOK else "a sheet without a name"
        self._open.append(_Substream(place, Grid(self._harvest.left)))

    def _end(self) -> None:
        """The innermost substream ends; what it holds goes into the harvest."""
        done = self._open.pop()
        for row, column, tokens in done.open:
            found = joined(tokens, done.grid.cell)
            self._lacks_value = self._lacks_value or (found.is_text and not found.whole)
            if found.is_text or found.whole:
                done.grid.put(row, column, " ".join(found.texts))
        self._harvest.text(done.grid.text(), done.place)
        if done.grid.full:
            self._harvest.overflow()
        for style in sorted(done.styles & self._words.keys()):
            done.aside += self._words[style]
        self._harvest.lines(done.aside, f"{done.place}, beside the cells")

    def _here(self) -> _Substream:
        """The substream at hand; records outside any have one of their own."""
        if not self._open:
            self._open.append(_Substream("a sheet without a name", Grid(self._harvest.left)))
        return self._open[-1]

    def _record(self, kind: int, pieces: list[bytes]) -> None:
        data = pieces[0]
        cell = _CELLS.get(kind)
        if cell is not None:
            cell(self, data)
        elif kind == _STRING:
            text = self._letters.text(data, 0) if self._letters.old else Strings(pieces).next()
            self._put(*self._formula, text)
        elif kind == _BOUNDSHEET:
            name = self._letters.text(data, 6, short=True)
            self._sheets[struct.unpack_from("<I", data)[0]] = (name, bool(data[4] & 3))
        elif kind == _SST:
            table = Strings(pieces, self._harvest.allowance.chars)
            self._strings = table.read()
            self._used = bytearray(len(self._strings))
            if table.full:
                self._harvest.overflow()
        elif kind == _FORMAT:
            short = self._letters.old
            self._codes[struct.unpack_from("<H", data)[0]] = self._letters.text(data, 2, short=short)
        elif kind == _XF:
            number = struct.unpack_from("<H", data, 2)[0]
            code = self._codes.get(number, "")
            if words := numbers.words(code):
                self._words[len(self._styles)] = words
            self._styles.append(numbers.way_to_show(str(number), code, self._from_1904))
        elif kind == _DATEMODE:
            self._from_1904 = data[:1] == b"\1"
        elif kind == _CODEPAGE:
            page = struct.unpack_from("<H", data)[0]
            self._letters.page = {1200: "cp1252", 32768: "mac_roman", 32769: "cp1252"}.get(page, f"cp{page}")
        elif kind == _DRAWING_GROUP:
            take_pictures(b"".join(pieces), self._harvest)
        elif kind == _SERIES_VALUES:
            self._here().shift = _MOST_SERIES * (data[0] & 3)
        elif kind == _OTHER_SHEET:
            self._others.sheet()
        elif kind == _OTHER_CELLS:
            self._others.put(pieces)
        elif words := words_of(kind, pieces, self._letters):
            self._here().aside += filter(None, words)

    def _put(self, row: int, column: int, text: str, *, number: bool = False) -> None:
        if text:
            here = self._here()
            here.grid.put(row, column + here.shift, text, number=number)

    def _put_number(self, row: int, column: int, style: int, value: float) -> None:
        shown = self._styles[style] if style < len(self._styles) else None
        text = numbers.plain(value)
        self._here().styles.add(style)
        self._put(row, column, shown(text) if shown is not None else text, number=True)

    def _shared(self, data: bytes) -> None:
        row, column, _style, number = struct.unpack_from("<HHHI", data)
        if number < len(self._strings):
            self._used[number] = 1
            self._put(row, column, self._strings[number])
        else:
            self._harvest.lack(Unreadable.DAMAGED, "a cell without its text")

    def _label(self, data: bytes) -> None:
        row, column = struct.unpack_from("<HH", data)
        self._put(row, column, self._letters.text(data, 6))

    def _number(self, data: bytes) -> None:
        row, column, style, value = struct.unpack_from("<HHHd", data)
        self._put_number(row, column, style, value)

    def _packed(self, data: bytes) -> None:
        row, column, style, packed = struct.unpack_from("<HHHI", data)
        self._put_number(row, column, style, numbers.unpacked(packed))

    def _packed_row(self, data: bytes) -> None:
        row, column = struct.unpack_from("<HH", data)
        for style, packed in struct.iter_unpack("<HI", data[4 : 4 + (len(data) - 6) // 6 * 6]):
            self._put_number(row, column, style, numbers.unpacked(packed))
            column += 1

    def _calculated(self, data: bytes) -> None:
        row, column, style = struct.unpack_from("<HHH", data)
        self._formula = (row, column)  # its text, if it has one, is in the record behind it
        tokens = data[22 : 22 + int.from_bytes(data[20:22], "little")]
        value = data[6:14]
        self._calculates = self._calculates or value not in (_NOUGHT, _EMPTY)
        if value in (_NOUGHT, _EMPTY) and not self._letters.old and joins(tokens):
            self._here().open.append((row, column, tokens))
        elif value[6:] != b"\xff\xff":
            self._put_number(row, column, style, struct.unpack("<d", value)[0])
        if b"\x17" in data[22:]:
            self._here().aside += literals(data[22:])


_CELLS = {
    _LABELSST: _Book._shared,
    _LABEL: _Book._label,
    _RSTRING: _Book._label,
    _NUMBER: _Book._number,
    _RK: _Book._packed,
    _MULRK: _Book._packed_row,
    _FORMULA: _Book._calculated,
}
