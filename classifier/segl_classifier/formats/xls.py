"""Excel workbooks of 1993 to 2003 (MS-XLS): a stream of records, first those of the workbook, then sheet by sheet.

``BOUNDSHEET`` names the sheets, hidden ones too, and says where each begins; ``SST`` is the table of shared strings.
A cell is a record with row, column and style; numbers come as doubles, or packed in four bytes (``RK``). A formula
keeps its last value, a text in the record behind it. Comments, heads and feet, and the texts of drawings are records
like any other. With a password everything behind ``FILEPASS`` is encrypted.
"""

from __future__ import annotations

import struct

from segl.vocabulary import Unreadable
from segl_classifier.formats import numbers
from segl_classifier.formats.art import take_pictures
from segl_classifier.formats.biff import Strings, records, string
from segl_classifier.formats.grid import Grid
from segl_classifier.formats.harvest import Harvest
from segl_classifier.formats.spreadsheet import printed
from segl_classifier.formats.storage import Storage
from segl_classifier.message import shown_name

_BOF, _EOF, _FILEPASS, _BOUNDSHEET, _SST, _CODEPAGE, _DATEMODE = 0x809, 0x0A, 0x2F, 0x85, 0xFC, 0x42, 0x22
_FORMAT, _XF, _NAME, _DRAWING_GROUP = 0x41E, 0xE0, 0x18, 0xEB
_LABELSST, _LABEL, _RSTRING, _NUMBER, _RK, _MULRK, _FORMULA, _STRING = (
    0xFD,
    0x204,
    0xD6,
    0x203,
    0x27E,
    0xBD,
    0x06,
    0x207,
)
_NOTE, _TXO, _HEADER, _FOOTER, _VALIDATION, _SERIES, _PIVOT_STRING = (
    0x1C,
    0x1B6,
    0x14,
    0x15,
    0x1BE,
    0x100D,
    0xCD,
)
_LINK = 0x1B8
_BROKEN = (struct.error, IndexError, UnicodeError, LookupError)


def read_excel(storage: Storage, harvest: Harvest) -> None:
    """The sheets, and what stands beside their cells."""
    stream = storage.read("Workbook" if storage.has("Workbook") else "Book")
    book = _Book(harvest)
    book.read(stream)
    pivot = storage.storage("_SX_DB_CUR")
    if pivot is not None:
        texts = [
            string(pieces[0], 0)
            for name in sorted(pivot.names())
            for _, kind, pieces in records(pivot.read(name))
            if kind == _PIVOT_STRING and len(pieces[0]) > 3
        ]
        harvest.lines(texts, "data of a pivot table")


class _Book:
    def __init__(self, harvest: Harvest) -> None:
        self._harvest = harvest
        self._strings: list[str] = []
        self._sheets: dict[
            int, tuple[str, bool]
        ] = {}  # by place in the stream: name, and whether it is hidden
        self._codes: dict[int, str] = {}
        self._styles: list[numbers.Shown | None] = []
        self._page = "cp1252"
        self._old = False  # Excel 5 and 95: strings without flags, in a code page
        self._from_1904 = False
        self._place = ""
        self._grid: Grid | None = None
        self._aside: list[str] = []
        self._formula = (0, 0)

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
            if self._grid is not None and self._grid.full:
                break
        else:
            if not ended:
                self._harvest.lack(Unreadable.DAMAGED, "a workbook without its end")
        self._end()
        self._harvest.lines([name for name, _ in self._sheets.values()], "names of sheets")

    def _begin(self, start: int, data: bytes) -> None:
        """A substream begins: a sheet, a chart in one, or the workbook itself."""
        self._old = data[:2] != b"\0\6"
        if start in self._sheets:
            self._end()
            name, hidden = self._sheets[start]
            self._place = f"{'hidden sheet' if hidden else 'sheet'} {shown_name(name)}"
            self._grid = Grid(self._harvest.left)

    def _end(self) -> None:
        """The sheet so far goes into the harvest."""
        if self._grid is not None:
            self._harvest.text(self._grid.text(), self._place)
            if self._grid.full:
                self._harvest.overflow()
        self._harvest.lines(self._aside, f"{self._place or 'workbook'}, beside the cells")
        self._aside = []

    def _record(self, kind: int, pieces: list[bytes]) -> None:
        data = pieces[0]
        cell = _CELLS.get(kind)
        if cell is not None:
            if self._grid is not None:
                cell(self, data)
        elif kind == _BOUNDSHEET:
            name = self._text(data, 6, short=True)
            self._sheets[struct.unpack_from("<I", data)[0]] = (name, bool(data[4] & 3))
        elif kind == _SST:
            table = Strings(pieces, self._harvest.allowance.chars)
            self._strings = table.read()
            if table.full:
                self._harvest.overflow()
        elif kind == _FORMAT:
            self._codes[struct.unpack_from("<H", data)[0]] = self._text(data, 2, short=self._old)
        elif kind == _XF:
            number = struct.unpack_from("<H", data, 2)[0]
            self._styles.append(
                numbers.way_to_show(str(number), self._codes.get(number, ""), self._from_1904)
            )
        elif kind == _DATEMODE:
            self._from_1904 = data[:1] == b"\1"
        elif kind == _CODEPAGE:
            page = struct.unpack_from("<H", data)[0]
            self._page = {1200: "cp1252", 32768: "mac_roman", 32769: "cp1252"}.get(page, f"cp{page}")
        elif kind == _DRAWING_GROUP:
            take_pictures(b"".join(pieces), self._harvest)
        elif kind in _ASIDE:
            self._aside += filter(None, _ASIDE[kind](self, pieces))

    def _text(self, data: bytes, place: int, *, short: bool = False) -> str:
        if not self._old:
            return string(data, place, short=short)
        length = data[place] if short else struct.unpack_from("<H", data, place)[0]
        place += 1 if short else 2
        return data[place : place + length].decode(self._page, "replace")

    def _put(self, row: int, column: int, text: str, *, number: bool = False) -> None:
        if self._grid is not None and text:
            self._grid.put(row, column, text, number=number)

    def _put_number(self, row: int, column: int, style: int, value: float) -> None:
        shown = self._styles[style] if style < len(self._styles) else None
        text = numbers.plain(value)
        self._put(row, column, shown(text) if shown is not None else text, number=True)

    def _shared(self, data: bytes) -> None:
        row, column, _style, number = struct.unpack_from("<HHHI", data)
        if number < len(self._strings):
            self._put(row, column, self._strings[number])
        else:
            self._harvest.lack(Unreadable.DAMAGED, "a cell without its text")

    def _label(self, data: bytes) -> None:
        row, column = struct.unpack_from("<HH", data)
        self._put(row, column, self._text(data, 6))

    def _number(self, data: bytes) -> None:
        row, column, style, value = struct.unpack_from("<HHHd", data)
        self._put_number(row, column, style, value)

    def _packed(self, data: bytes) -> None:
        row, column, style, packed = struct.unpack_from("<HHHI", data)
        self._put_number(row, column, style, _unpacked(packed))

    def _packed_row(self, data: bytes) -> None:
        row, column = struct.unpack_from("<HH", data)
        for style, packed in struct.iter_unpack("<HI", data[4 : 4 + (len(data) - 6) // 6 * 6]):
            self._put_number(row, column, style, _unpacked(packed))
            column += 1

    def _calculated(self, data: bytes) -> None:
        row, column, style = struct.unpack_from("<HHH", data)
        self._formula = (row, column)  # its text, if it has one, is in the record behind it
        if data[12:14] != b"\xff\xff":
            self._put_number(row, column, style, struct.unpack_from("<d", data, 6)[0])

    def _calculated_text(self, data: bytes) -> None:
        self._put(*self._formula, self._text(data, 0))

    def _printed(self, pieces: list[bytes]) -> list[str]:
        data = pieces[0]
        return [printed(self._text(data, 0, short=self._old))] if data else []

    def _drawn(self, pieces: list[bytes]) -> list[str]:
        """The text of a drawing or a comment: in the continuation, a byte that tells the width before it."""
        length = struct.unpack_from("<H", pieces[0], 10)[0]
        found = ""
        for piece in pieces[1:]:
            if len(found) >= length or not piece:
                break
            found += piece[1:].decode("utf-16-le" if piece[0] & 1 else "latin-1", "replace")
        return [found[:length].replace("\r", "\n")]

    def _note(self, pieces: list[bytes]) -> list[str]:
        data = pieces[0]
        if self._old:
            return [data[6:].decode(self._page, "replace")]
        return [string(data, 8)]  # the author; the text is that of a drawing

    def _validation(self, pieces: list[bytes]) -> list[str]:
        """Titles and texts of what is shown when a cell is chosen, and when it is filled in wrongly."""
        data, place, found = pieces[0], 4, []
        for _ in range(4):
            text = string(data, place)
            found.append(text.strip("\0"))
            place += 3 + len(text) * (2 if data[place + 2] & 1 else 1)
        return found

    def _link(self, pieces: list[bytes]) -> list[str]:
        """Where a link leads: UTF-16 text between other things."""
        text = pieces[0][32:].decode("utf-16-le", "ignore")
        return ["".join(letter if letter.isprintable() else " " for letter in text).strip()]

    def _defined(self, pieces: list[bytes]) -> list[str]:
        data = pieces[0]
        if self._old or len(data) < 15:
            return []
        length, wide = data[3], data[14] & 1
        name = data[15 : 15 + length * (2 if wide else 1)].decode(
            "utf-16-le" if wide else "latin-1", "replace"
        )
        return [name] if len(name) > 1 else []

    def _series(self, pieces: list[bytes]) -> list[str]:
        return [self._text(pieces[0], 2, short=True)]


_CELLS = {
    _LABELSST: _Book._shared,
    _LABEL: _Book._label,
    _RSTRING: _Book._label,
    _NUMBER: _Book._number,
    _RK: _Book._packed,
    _MULRK: _Book._packed_row,
    _FORMULA: _Book._calculated,
    _STRING: _Book._calculated_text,
}
_ASIDE = {
    _HEADER: _Book._printed,
    _FOOTER: _Book._printed,
    _TXO: _Book._drawn,
    _NOTE: _Book._note,
    _VALIDATION: _Book._validation,
    _LINK: _Book._link,
    _NAME: _Book._defined,
    _SERIES: _Book._series,
}


def _unpacked(packed: int) -> float:
    """``RK``: thirty bits of a double or of a whole number, and whether to divide by a hundred."""
    if packed & 2:
        value = float((packed - (1 << 32) if packed & 0x80000000 else packed) >> 2)
    else:
        value = float(struct.unpack("<d", struct.pack("<Q", (packed & 0xFFFFFFFC) << 32))[0])
    return value / 100 if packed & 1 else value
