"""Excel workbooks (SpreadsheetML, ECMA-376 part 1 §18): the sheets of an xlsx or xlsm, hidden ones too.

A cell (``c``) holds a number, or the place of its text in the table of shared strings, or the text itself; its
style (``s``) names the format that makes a date of 32905. A formula is kept with the value it last came to. Beside
the cells a sheet holds its printed head and foot, lists to choose from, prompts, and the values of filters.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from zipfile import ZipInfo

from segl.vocabulary import Unreadable
from segl_classifier.formats import numbers
from segl_classifier.formats.grid import Grid
from segl_classifier.formats.harvest import Harvest
from segl_classifier.formats.package import Package
from segl_classifier.formats.xml_events import Attributes, Names, NotXml, local, parse
from segl_classifier.message import shown_name

_SHEET = re.compile(r"xl/(?:work|chart|dialog|macro)sheets/[^/]+\.xml", re.IGNORECASE)
_OWN = ("xl/workbook.xml", "xl/sharedstrings.xml", "xl/styles.xml")
_LITERAL = re.compile(r'"[^"]|\d{6}')
_PRINT_CODE = re.compile(r'&(?:"[^"]{0,100}"|\d{1,3}|K[0-9A-Fa-f]{6}|[LCRPNDTZFAGBIUESXYHO])')
_PRINTED = frozenset("oddHeader oddFooter evenHeader evenFooter firstHeader firstFooter".split())
_DIGITS = "0123456789"
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


class _Enough(Exception):
    """As much was read as may be kept."""


def read_workbook(package: Package, harvest: Harvest) -> list[ZipInfo]:
    """Read the sheets; gives the parts that are left for others to read."""
    book = _Book(package, harvest)
    book.read()
    return [part for part in package.members if part.filename.lower().lstrip("/") not in book.done]


class _Book:
    def __init__(self, package: Package, harvest: Harvest) -> None:
        self.done = set(_OWN)
        self.strings: list[str] = []
        self.used = bytearray()
        self.from_1904 = False
        self._package = package
        self._harvest = harvest
        self._formats: dict[str, numbers.Shown] = {}  # by the number of the style; those that change anything
        self._shown: dict[str, str] = {}  # sheet part -> its place

    def read(self) -> None:
        self._contents()
        self._read_strings()
        self._read_formats()
        parts = {part.filename.lower().lstrip("/"): part for part in self._package.members}
        for name in [*self._shown, *(n for n in parts if _SHEET.fullmatch(n) and n not in self._shown)]:
            if name in parts:
                self.done.add(name)
                self._read_sheet(parts[name], self._shown.get(name, "a sheet without a name"))
        unused = [text for text, used in zip(self.strings, self.used, strict=True) if not used]
        self._harvest.lines(unused, "texts of no cell")

    def shown(self, style: str, value: str) -> str:
        """A number as its cell shows it."""
        as_shown = self._formats.get(style)
        return numbers.full(value) if as_shown is None else as_shown(value)

    def text_missing(self) -> None:
        """A cell names a text that the table of shared strings does not hold."""
        self._harvest.lack(Unreadable.DAMAGED, "a cell without its text")

    def _contents(self) -> None:
        """Sheet names, defined names, and which part holds which sheet."""
        targets = dict(self._relations("xl/_rels/workbook.xml.rels"))
        names: list[str] = []
        defined: list[list[str]] = []
        inside: list[str] = []

        def start(name: str, attributes: Attributes) -> None:
            inside.append(name)
            if name == "sheet":
                title = attributes.get("name", "")
                names.append(title)
                hidden = "hidden sheet" if attributes.get("state", "visible") != "visible" else "sheet"
                target = targets.get(local(attributes, "id"), "")
                if target:
                    path = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
                    self._shown.setdefault(path.lower(), f"{hidden} {shown_name(title)}")
            elif name == "definedName":
                called = f"{attributes.get('name', '')} {attributes.get('comment', '')}".strip()
                defined.append([f"{called}: "])
            elif name == "workbookPr":
                self.from_1904 = attributes.get("date1904", "0") in ("1", "true")

        def characters(text: str) -> None:
            if inside[-1] == "definedName":
                defined[-1].append(text)

        self._parse("xl/workbook.xml", start, lambda name: inside.pop(), characters)
        self._harvest.lines(names, "names of sheets")
        self._harvest.lines(
            [line for pieces in defined if not (line := "".join(pieces)).startswith("_xlnm")], "defined names"
        )

    def _relations(self, name: str) -> Iterator[tuple[str, str]]:
        found: list[tuple[str, str]] = []

        def start(name: str, attributes: Attributes) -> None:
            if name == "Relationship":
                found.append((local(attributes, "Id"), local(attributes, "Target")))

        self._parse(name, start, lambda name: None, lambda text: None)
        return iter(found)

    def _read_strings(self) -> None:
        """The table of shared strings; phonetic readings (``rPh``) are left out."""
        pieces: list[str] = []
        inside = [""]
        left = self._harvest.allowance.chars

        def start(name: str, attributes: Attributes) -> None:
            inside.append(name)
            if name == "si":
                pieces.clear()

        def end(name: str) -> None:
            nonlocal left
            inside.pop()
            if name == "si":
                text = "".join(pieces)
                self.strings.append(text)
                left -= len(text) + 8
                if left < 0:
                    raise _Enough

        def characters(text: str) -> None:
            if inside[-1] == "t" and inside[-2] != "rPh":
                pieces.append(text)

        try:
            self._parse("xl/sharedStrings.xml", start, end, characters)
        except _Enough:
            self._harvest.overflow()
        self.used = bytearray(len(self.strings))

    def _read_formats(self) -> None:
        """For each style of a cell how its number is shown."""
        codes: dict[str, str] = {}
        in_cells = False
        count = 0

        def start(name: str, attributes: Attributes) -> None:
            nonlocal in_cells, count
            if name == "numFmt":
                codes[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
            elif name == "cellXfs":
                in_cells = True
            elif name == "xf" and in_cells:
                number = attributes.get("numFmtId", "0")
                way = numbers.way_to_show(number, codes.get(number, ""), self.from_1904)
                if way is not None:
                    self._formats[str(count)] = way
                count += 1

        def end(name: str) -> None:
            nonlocal in_cells
            in_cells = in_cells and name != "cellXfs"

        self._parse("xl/styles.xml", start, end, lambda text: None)

    def _read_sheet(self, part: ZipInfo, place: str) -> None:
        sheet = _Sheet(self, self._harvest.left)
        try:
            parse(self._package.chunks(part), sheet.start, sheet.end, sheet.characters)
        except NotXml as error:
            self._harvest.lack(Unreadable.DAMAGED, f"a sheet {error}")
        except _Enough:
            pass
        self._harvest.text(sheet.grid.text(), place)
        self._harvest.lines(sheet.aside, f"{place}, beside the cells")
        if sheet.grid.full:
            self._harvest.overflow()

    def _parse(
        self,
        name: str,
        start: Callable[[str, Attributes], None],
        end: Callable[[str], object],
        characters: Callable[[str], None],
    ) -> None:
        part = self._package.find(name)
        if part is None:
            return
        names = Names()
        try:
            parse(
                self._package.chunks(part),
                lambda raw, attributes: start(names[raw], attributes),
                lambda raw: end(names[raw]),
                characters,
            )
        except NotXml as error:
            self._harvest.lack(Unreadable.DAMAGED, f"{name} {error}")


class _Sheet:
    """The handlers for one sheet: cells into the grid, the rest aside."""

    def __init__(self, book: _Book, most: int) -> None:
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

    def start(self, raw: str, attributes: Attributes) -> None:
        self._inside = name = self._names[raw]
        if name == "c":
            get = attributes.get
            self._kind, self._style = get("t", "n"), get("s", "")
            self._column = self._columns[get("r", "").rstrip(_DIGITS)] or self._column + 1
            self._value.clear()
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
            if self._value:
                self._cell("".join(self._value))
        elif name == "rPh":
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

    def _cell(self, value: str) -> None:
        kind, book = self._kind, self._book
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
            raise _Enough


def printed(text: str) -> str:
    """The head or foot of a printed sheet without its codes: ``&L`` left, ``&"Arial,Bold"``, ``&D`` the date …"""
    return _PRINT_CODE.sub(" ", text.replace("&&", "\0")).replace("\0", "&").strip()


class _Columns(dict[str, int]):
    """The number of a column by its letters, ``AB`` is 28; 0 when they are none."""

    def __missing__(self, letters: str) -> int:
        number = 0
        for letter in letters if len(letters) < 4 else "":
            number = number * 26 + ord(letter) - 64 if "A" <= letter <= "Z" else 0
        self[letters] = number
        return number
