"""Binary workbooks of Excel (xlsb, MS-XLSB): the parts of an xlsx that hold cells, as records instead of XML.

A record is its number and its size, seven bits a byte, and so many bytes. ``BundleSh`` names the sheets, hidden ones
too; ``SSTItem`` are the shared strings; a row header is followed by the cells of the row, each with column and style.
A formula keeps its last value. Of all other records (heads and feet, comments, links, lists to choose from, names,
formulas) the words are kept that stand in them, in wide characters as all in these files. What other parts hold in a
form of their own (caches of pivot tables, of other workbooks) is told of.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from posixpath import normpath
from zipfile import ZipInfo

from segl.mime import sniff
from segl.vocabulary import Unreadable
from segl_classifier.formats.cells import numbers
from segl_classifier.formats.cells.grid import Grid
from segl_classifier.formats.harvest import Harvest
from segl_classifier.formats.ooxml.sheet import printed
from segl_classifier.formats.xml.events import Attributes, NotXml, local, parse
from segl_classifier.formats.zipped.package import Package
from segl_classifier.shown import shown_name

WORKBOOK = "xl/workbook.bin"
_RELATIONS, _STRINGS, _STYLES = "xl/_rels/workbook.bin.rels", "xl/sharedstrings.bin", "xl/styles.bin"
_PART = re.compile(
    r"xl/(?!vbaproject|embeddings/|activex/|ctrlprops/|printersettings/|customproperty).*\.bin", re.DOTALL
)
_SHEET = re.compile(r"xl/(?:work|chart|dialog|macro)sheets/(?!binaryindex)[^/]+\.bin")
_WORDS_ONLY = re.compile(r"xl/(?:comments|tables/|persons/|querytables/)[^/]*\.bin|xl/connections\.bin")
_NO_WORDS = re.compile(r"xl/(?:calcchain|metadata|sheetmetadata|(?:work|macro)sheets/binaryindex\d*)\.bin")
# Numbers of records (MS-XLSB §2.3.1).
_ROW, _RK, _REAL, _TEXT, _SHARED = 0, 2, 5, 6, 7
_FORMULA_TEXT, _FORMULA_NUMBER, _FORMULA_TRUTH, _FORMULA_ERROR, _RICH = 8, 9, 10, 11, 62
# The same behind a cell, in the next column, which is not told again (blank, packed, error, truth, number, text …).
_SHORT = {12: 1, 13: _RK, 14: 3, 15: 4, 16: _REAL, 17: _TEXT, 18: _SHARED}
_BEGIN_CELLS, _END_CELLS = 145, 146
# What else may stand among cells: marks for later versions, what formulas share.
_AMONG_CELLS = frozenset((*range(19), 35, 36, 37, 38, 62, 426, 427, 428, 1045, 1046))
_STRING, _FORMAT, _STYLE, _BEGIN_STYLES, _END_STYLES, _PROPERTIES, _NAME_OF_SHEET = (
    19,
    44,
    47,
    617,
    618,
    153,
    156,
)
_HEAD_AND_FOOT, _COMMENT = 479, 637
_NO_TEXT = frozenset((1, 3, 4, 35, 36, 37, 38))  # blank cells, errors, truths; marks for later versions
# Wide characters: Latin, and signs as dashes.
_WIDE = re.compile(rb"(?:[\x20-\x7e\xa0-\xff]\0|[\x10-\x3f]\x20){3,}")
_LONG = re.compile(r"\d{4}")
_MOST_COLUMNS, _MOST_ROWS = 1 << 14, 1 << 20


class _Full(Exception):
    """There is no room for more text."""


@dataclass(slots=True)
class _Sheet:
    grid: Grid
    row: int = 0
    column: int = -1
    in_cells: bool = False
    aside: list[str] = field(default_factory=list)


def read_binary_workbook(package: Package, harvest: Harvest) -> set[str]:
    """Read the sheets; gives the names, in small letters, of the parts that nobody else need look at. A text or another
    file under the name of one is not among them."""
    book = _Book(package, harvest)
    book.read()
    return book.done


class _Book:
    def __init__(self, package: Package, harvest: Harvest) -> None:
        self._package, self._harvest = package, harvest
        self._parts = [
            (part, name)
            for part in package.members
            if _PART.fullmatch(name := part.filename.lower().lstrip("/")) and _may_be_records(package, part)
        ]
        self.done = {name for _, name in self._parts}
        self._strings: list[str] = []
        self._used = bytearray()
        self._sheets: dict[str, str] = {}  # part -> its place
        self._codes: dict[int, str] = {}
        self._styles: list[numbers.Shown | None] = []
        self._from_1904 = False
        self._calculated = True

    def read(self) -> None:
        # What sheets need, in this order.
        first: dict[str, Callable[[ZipInfo], None]] = {
            WORKBOOK: partial(self._read_contents, dict(self._relations())),
            _STRINGS: self._read_strings,
            _STYLES: self._read_styles,
        }
        for wanted, read in first.items():
            for part, name in self._parts:
                if name == wanted:
                    read(part)
        for part, name in self._parts:
            if _SHEET.fullmatch(name):
                self._read_sheet(part, self._sheets.get(name, "a sheet without a name"))
            elif _WORDS_ONLY.fullmatch(name):
                self._read_words(part)
            elif name not in first and not _NO_WORDS.fullmatch(name):
                self._harvest.lack(Unreadable.UNKNOWN_TYPE, "tables kept in a binary workbook (xlsb)")
        if not self._calculated:
            self._harvest.lack(Unreadable.UNKNOWN_TYPE, "a formula without its value")
        unused = [text for text, used in zip(self._strings, self._used, strict=True) if not used]
        self._harvest.lines(unused, "texts of no cell")

    def _relations(self) -> Iterator[tuple[str, str]]:
        """Parts by the id under which the workbook names them."""
        found: list[tuple[str, str]] = []

        def start(name: str, attributes: Attributes) -> None:
            if name.endswith("Relationship"):
                target = local(attributes, "Target")
                path = normpath(target if target.startswith("/") else f"xl/{target}").lstrip("/").lower()
                found.append((local(attributes, "Id"), path))

        part = self._package.find(_RELATIONS)
        if part is not None:
            try:
                parse(self._package.chunks(part), start, lambda name: None, lambda text: None)
            except NotXml:
                self._harvest.lack(Unreadable.DAMAGED, "the relations of a part")
        return iter(found)

    def _records(self, part: ZipInfo) -> Iterator[tuple[int, bytes]]:
        data = self._package.content(part)
        at, size = 0, len(data)
        while at < size:
            kind, at = _number(data, at, 2)
            length, at = _number(data, at, 4)
            if at + length > size:
                self._harvest.lack(Unreadable.DAMAGED, "a record of a sheet")
                return
            yield kind, data[at : at + length]
            at += length

    def _each(self, part: ZipInfo, take: Callable[[int, bytes], None]) -> None:
        """Give each record of *part* to *take*. Of a broken one the words are kept."""
        broken: list[str] = []
        for kind, data in self._records(part):
            try:
                take(kind, data)
            except struct.error:
                self._harvest.lack(Unreadable.DAMAGED, "a record of a sheet")
                broken += _words(kind, data)
            except _Full:
                self._harvest.overflow()
                break
        self._harvest.lines(broken, "broken records")

    def _read_contents(self, names: dict[str, str], part: ZipInfo) -> None:
        titles: list[str] = []
        words: list[str] = []

        def take(kind: int, data: bytes) -> None:
            if kind == _PROPERTIES:
                self._from_1904 = bool(data[:1] and data[0] & 1)
            elif kind == _NAME_OF_SHEET:
                related, at = _text(data, 8)
                title, _ = _text(data, at)
                titles.append(title)
                hidden = "hidden sheet" if int.from_bytes(data[:4], "little") else "sheet"
                self._sheets.setdefault(names.get(related, ""), f"{hidden} {shown_name(title)}")
            else:
                words.extend(_words(kind, data))

        self._each(part, take)
        self._harvest.lines(titles, "names of sheets")
        self._harvest.lines(words, "defined names")

    def _read_strings(self, part: ZipInfo) -> None:
        left = self._harvest.allowance.chars

        def take(kind: int, data: bytes) -> None:
            nonlocal left
            if kind == _STRING:
                self._strings.append("")  # a broken one counts, too
                self._strings[-1], _ = _text(data, 1)
                left -= len(self._strings[-1]) + 8
            if left < 0:
                raise _Full

        self._each(part, take)
        self._used = bytearray(len(self._strings))

    def _read_styles(self, part: ZipInfo) -> None:
        in_cells = False
        said: list[str] = []

        def take(kind: int, data: bytes) -> None:
            nonlocal in_cells
            if kind == _FORMAT:
                code, _ = _text(data, 2)
                self._codes[int.from_bytes(data[:2], "little")] = code
                said.extend(numbers.words(code))
            elif kind in (_BEGIN_STYLES, _END_STYLES):
                in_cells = kind == _BEGIN_STYLES
            elif kind == _STYLE and in_cells:
                number = int.from_bytes(data[2:4], "little")
                shown = numbers.way_to_show(str(number), self._codes.get(number, ""), self._from_1904)
                self._styles.append(shown)

        self._each(part, take)
        self._harvest.lines(said, "formats of cells")

    def _read_sheet(self, part: ZipInfo, place: str) -> None:
        sheet = _Sheet(Grid(self._harvest.left))
        self._each(part, partial(self._record, sheet))
        if sheet.in_cells and not sheet.grid.full:
            self._harvest.lack(Unreadable.DAMAGED, "a sheet without its end")
        self._harvest.text(sheet.grid.text(), place)
        self._harvest.lines(sheet.aside, f"{place}, beside the cells")
        if sheet.grid.full:
            self._harvest.overflow()

    def _record(self, sheet: _Sheet, kind: int, data: bytes) -> None:
        if kind in _SHORT:
            kind, data = _SHORT[kind], struct.pack("<I", sheet.column + 1) + data
        if sheet.in_cells and (0 < kind <= _FORMULA_ERROR or kind == _RICH):
            sheet.column = min(struct.unpack_from("<I", data)[0], _MOST_COLUMNS)
        if kind in (_BEGIN_CELLS, _END_CELLS):
            sheet.in_cells = kind == _BEGIN_CELLS
        elif sheet.in_cells and kind not in _AMONG_CELLS:
            self._harvest.lack(Unreadable.UNKNOWN_TYPE, "cells of another kind in a binary workbook (xlsb)")
        elif kind == _ROW:
            sheet.row, sheet.column = min(struct.unpack_from("<I", data)[0], _MOST_ROWS), -1
        elif kind == _SHARED:
            number = struct.unpack_from("<I", data, 8)[0]
            if number < len(self._strings):
                self._used[number] = 1
                self._put(sheet, self._strings[number])
            else:
                self._harvest.lack(Unreadable.DAMAGED, "a cell without its text")
        elif kind in (_TEXT, _RICH):
            self._put(sheet, _text(data, 8 + (kind == _RICH))[0])
        elif kind == _RK:
            self._put_number(sheet, data, numbers.unpacked(struct.unpack_from("<I", data, 8)[0]))
        elif kind == _REAL:
            self._put_number(sheet, data, struct.unpack_from("<d", data, 8)[0])
        elif kind in (_FORMULA_TEXT, _FORMULA_NUMBER, _FORMULA_TRUTH, _FORMULA_ERROR):
            self._formula(sheet, kind, data)
        else:
            sheet.aside += _words(kind, data)

    def _formula(self, sheet: _Sheet, kind: int, data: bytes) -> None:
        value, behind = "", 8
        if kind == _FORMULA_TEXT:
            value, behind = _text(data, 8)
            self._put(sheet, value)
        elif kind == _FORMULA_NUMBER:
            number, behind = struct.unpack_from("<d", data, 8)[0], 16
            value = "x" if number else ""
            self._put_number(sheet, data, number)
        said = _words(kind, data[behind:])
        sheet.aside += said
        if kind != _FORMULA_TRUTH and not value and any(map(_LONG.search, said)):
            self._calculated = False  # what it joins may stand nowhere whole

    def _put(self, sheet: _Sheet, text: str, *, number: bool = False) -> None:
        if text and not sheet.grid.put(sheet.row, sheet.column, text, number=number):
            raise _Full

    def _put_number(self, sheet: _Sheet, data: bytes, value: float) -> None:
        style = int.from_bytes(data[4:7], "little")
        shown = self._styles[style] if style < len(self._styles) else None
        text = numbers.plain(value)
        self._put(sheet, shown(text) if shown is not None else text, number=True)

    def _read_words(self, part: ZipInfo) -> None:
        said: list[str] = []

        def take(kind: int, data: bytes) -> None:
            said.extend([_text(data, 1)[0]] if kind == _COMMENT else _words(kind, data))

        self._each(part, take)
        self._harvest.lines(said, "comment")


def _may_be_records(package: Package, part: ZipInfo) -> bool:
    """Whether *part* does not begin as a file of another kind, or as a text: in records there are zeros."""
    head = next(package.chunks(part), b"")[: sniff.HEAD]
    return not head or (not sniff.signature(head) and (b"\0" in head or not sniff.is_text(head)))


def _number(data: bytes, at: int, most: int) -> tuple[int, int]:
    """The number at *at*, seven bits a byte, in *most* bytes at most, and where it ends."""
    number = 0
    for shift in range(most):
        byte = data[at] if at < len(data) else 0
        number |= (byte & 0x7F) << 7 * shift
        at += 1
        if byte < 0x80:
            break
    return number, at


def _text(data: bytes, at: int) -> tuple[str, int]:
    """The string at *at*, its length in four bytes before it, and where it ends. One that is not there has a length
    of 0xFFFFFFFF. Raises :class:`struct.error` where the record ends before it."""
    length = struct.unpack_from("<I", data, at)[0]
    end = at + 4 + 2 * length if length != 0xFFFFFFFF else at + 4
    if end > len(data):
        raise struct.error("a string that is cut off")
    return data[at + 4 : end].decode("utf-16-le", "replace"), end


def _words(kind: int, data: bytes) -> list[str]:
    """Whatever words stand in a record, at even places or odd."""
    if kind in _NO_TEXT or len(data) < 4:
        return []
    found = [piece[0].decode("utf-16-le", "replace").strip() for piece in _WIDE.finditer(data)]
    return [printed(text) for text in found] if kind == _HEAD_AND_FOOT else found
