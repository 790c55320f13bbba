"""Tables that an Excel workbook keeps beside its sheets (ECMA-376 part 1 §18.10, §18.14): all rows behind a pivot
table, also when the sheet that they came from is not in the file, and the cells of other workbooks that it refers to.

The definition of a cache names its fields and the items of each, every item once; its records are rows that name
items by number (``x``) or say them. So a heading stands over its column, and a number that lost its zero is known.
"""

from __future__ import annotations

import re
from zipfile import ZipInfo

from segl.vocabulary import Unreadable
from segl_classifier.formats.cells import formulas, numbers
from segl_classifier.formats.cells.grid import Grid
from segl_classifier.formats.harvest import Harvest
from segl_classifier.formats.xml.events import Attributes, Names, NotXml, local, parse
from segl_classifier.formats.zipped.package import Package

_DEFINITION = re.compile(r"xl/pivotcache/pivotcachedefinition(\d*)\.xml")
_RECORDS = re.compile(r"xl/pivotcache/pivotcacherecords(\d*)\.xml")
_LINK = re.compile(r"xl/externallinks/externallink\d*\.xml")
_VALUES = frozenset("snxdbem")  # text, number, number of an item, date, truth, error, missing
_CELL = re.compile(r"([A-Z]{1,3})(\d{1,7})")


def read_kept(package: Package, parts: list[ZipInfo], harvest: Harvest) -> list[ZipInfo]:
    """Read those of *parts* that are such tables; gives those that are to be read as any part, too."""
    named = [(part.filename.lower().lstrip("/"), part) for part in parts]
    caches: dict[str, _Cache] = {}
    for name, part in named:
        if found := _DEFINITION.fullmatch(name):
            cache = caches[found[1]] = _Cache(harvest.left)
            _read(package, part, cache, harvest, "data of a pivot table")
        elif _LINK.fullmatch(name):
            _read(package, part, _OtherBook(harvest.left), harvest, "cells of another workbook")
    rest = []
    for name, part in named:
        if found := _RECORDS.fullmatch(name):
            records = _Records(caches.get(found[1]), harvest.left)
            _read(package, part, records, harvest, "data of a pivot table")
        else:
            rest.append(part)
    return rest


def _read(package: Package, part: ZipInfo, table: _Table, harvest: Harvest, place: str) -> None:
    try:
        parse(package.chunks(part), table.start, table.end, table.characters)
    except NotXml as error:
        harvest.lack(Unreadable.DAMAGED, f"a part of the file {error}")
    harvest.text(table.grid.text(), place)
    if table.grid.full:
        harvest.overflow()


class _Table:
    """Handlers that bring a part into a grid."""

    def __init__(self, most: int) -> None:
        self.grid = Grid(most)
        self.names = Names()

    def start(self, raw: str, attributes: Attributes) -> None:
        raise NotImplementedError

    def end(self, raw: str) -> None:
        pass

    def characters(self, text: str) -> None:
        pass

    def put(self, row: int, column: int, kind: str, value: str) -> None:
        """Write *value* into a cell as its *kind* shows it."""
        if kind == "n":
            self.grid.put(row, column, numbers.full(value), number=True)
        elif value:
            self.grid.put(row, column, value.removesuffix("T00:00:00") if kind == "d" else value)


class _Cache(_Table):
    """The definition of a cache: its fields, and below each its items."""

    def __init__(self, most: int) -> None:
        super().__init__(most)
        self.fields: list[str] = []
        self.items: list[list[tuple[str, str]]] = []

    def start(self, raw: str, attributes: Attributes) -> None:
        name = self.names[raw]
        if name == "cacheField":
            self.fields.append(local(attributes, "name"))
            self.items.append([])
            self.grid.put(0, len(self.fields) - 1, self.fields[-1])
        elif name in _VALUES and self.fields:
            item = (name, local(attributes, "v"))
            if name != "x" and not self.grid.full:
                self.items[-1].append(item)
                self.put(len(self.items[-1]), len(self.fields) - 1, *item)


class _Records(_Table):
    """The records of a cache, with the names of its fields above them."""

    def __init__(self, cache: _Cache | None, most: int) -> None:
        super().__init__(most)
        self._items = cache.items if cache is not None else []
        self._row = self._column = 0
        for column, name in enumerate(cache.fields if cache is not None else []):
            self.grid.put(0, column, name)

    def start(self, raw: str, attributes: Attributes) -> None:
        name = self.names[raw]
        if name == "r":
            self._row, self._column = self._row + 1, 0
        elif name in _VALUES:
            kind, value = name, local(attributes, "v")
            if kind == "x":
                items = self._items[self._column] if self._column < len(self._items) else []
                number = int(value) if value.isdecimal() and len(value) < 9 else -1
                kind, value = items[number] if 0 <= number < len(items) else ("m", "")
            self.put(self._row, self._column, kind, value)
            self._column += 1


class _OtherBook(_Table):
    """The cells of another workbook, sheet below sheet."""

    def __init__(self, most: int) -> None:
        super().__init__(most)
        self._first = self._last = 0  # rows
        self._place = (0, 0)
        self._kind = ""
        self._value: list[str] = []

    def start(self, raw: str, attributes: Attributes) -> None:
        name = self.names[raw]
        if name == "sheetData":
            self._first = self._last + 1
        elif name == "cell":
            place = _CELL.fullmatch(local(attributes, "r"))
            if place is not None:
                self._place = (self._first + int(place[2]), formulas.number_of(place[1]))
                self._last = max(self._last, self._place[0])
            self._kind = local(attributes, "t") or "n"
        elif name == "v":
            self._value.clear()

    def end(self, raw: str) -> None:
        if self.names[raw] == "v":
            self.put(*self._place, self._kind, "".join(self._value))

    def characters(self, text: str) -> None:
        self._value.append(text)
