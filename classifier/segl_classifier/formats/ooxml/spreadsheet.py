"""Excel workbooks (SpreadsheetML, ECMA-376 part 1 §18): the sheets of an xlsx or xlsm, hidden ones too.

A cell (``c``) holds a number, or the place of its text in the table of shared strings, or the text itself; its
style (``s``) names the format that makes a date of 32905. A formula is kept with the value it last came to. Beside
the cells a sheet holds its printed head and foot, lists to choose from, prompts, and the values of filters.

Which part is the workbook, and which its texts and its styles, is told by relations; they mostly have the names that
everybody expects, but servers that write a file anew may give others (``workbook2.xml``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from posixpath import normpath
from typing import NamedTuple
from zipfile import ZipInfo

from segl.vocabulary import Unreadable
from segl_classifier.formats.cells import numbers
from segl_classifier.formats.harvest import Harvest
from segl_classifier.formats.ooxml.sheet import Enough, Sheet
from segl_classifier.formats.xml.events import Attributes, Names, NotXml, local, parse
from segl_classifier.formats.zipped.package import Package
from segl_classifier.shown import shown_name

_SHEET = re.compile(r"xl/(?:work|chart|dialog|macro)sheets/[^/]+\.xml", re.IGNORECASE)
_WORKBOOK, _STRINGS, _STYLES = "xl/workbook.xml", "xl/sharedStrings.xml", "xl/styles.xml"
_NAME_OF_WORKBOOK = re.compile(r"(?:.*/)?workbook\d*\.xml", re.IGNORECASE)


class _Relation(NamedTuple):
    id: str
    kind: str  # the last word of its type
    target: str  # a part, by its whole name


def read_workbook(package: Package, harvest: Harvest) -> list[ZipInfo]:
    """Read the sheets, if the file is a workbook; gives the parts that are left for others to read."""
    book = _Book(package, harvest)
    if package.find(book.name) is None:
        return package.members
    book.read()
    return [part for part in package.members if part.filename.lower().lstrip("/") not in book.done]


class _Book:
    def __init__(self, package: Package, harvest: Harvest) -> None:
        self.strings: list[str] = []
        self.used = bytearray()
        self.from_1904 = False
        self._package = package
        self._harvest = harvest
        self.name = _WORKBOOK if package.find(_WORKBOOK) is not None else self._named_otherwise()
        self._folder = self.name.rpartition("/")[0]
        self._related = self._relations(
            f"{self._folder}/_rels/{self.name.rpartition('/')[2]}.rels", self._folder
        )
        self._strings_part = self._part_of("sharedStrings", _STRINGS)
        self._styles_part = self._part_of("styles", _STYLES)
        # Parts that are read here and nowhere else; of those that only a relation names so, what begins as such a one.
        self.done = {self.name.lower()}
        self._formats: dict[str, numbers.Shown] = {}  # by the number of the style; those that change anything
        self._words: dict[str, list[str]] = {}  # that the format of a style says by itself
        self._shown: dict[str, str] = {}  # sheet part -> its place

    def read(self) -> None:
        self._contents()
        self._read_strings()
        self._read_formats()
        parts: dict[str, list[ZipInfo]] = {}  # a name may stand there twice
        for part in self._package.members:
            parts.setdefault(part.filename.lower().lstrip("/"), []).append(part)
        for name in [*self._shown, *(n for n in parts if _SHEET.fullmatch(n) and n not in self._shown)]:
            for part in parts.get(name, ()):
                self.done.add(name)
                self._read_sheet(part, self._shown.get(name, "a sheet without a name"))
        unused = [text for text, used in zip(self.strings, self.used, strict=True) if not used]
        self._harvest.lines(unused, "texts of no cell")

    def shown(self, style: str, value: str) -> str:
        """A number as its cell shows it."""
        as_shown = self._formats.get(style)
        return numbers.full(value) if as_shown is None else as_shown(value)

    def words(self, style: str) -> Sequence[str]:
        """The words that the format of a style says by itself."""
        return self._words.get(style, ())

    def text_missing(self) -> None:
        """A cell names a text that the table of shared strings does not hold."""
        self._harvest.lack(Unreadable.DAMAGED, "a cell without its text")

    def _contents(self) -> None:
        """Sheet names, defined names, and which part holds which sheet."""
        targets = {relation.id: relation.target for relation in self._related}
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
                    self._shown.setdefault(target.lower(), f"{hidden} {shown_name(title)}")
            elif name == "definedName":
                called = f"{attributes.get('name', '')} {attributes.get('comment', '')}".strip()
                defined.append([f"{called}: "])
            elif name == "workbookPr":
                self.from_1904 = attributes.get("date1904", "0") in ("1", "true")

        def characters(text: str) -> None:
            if inside[-1] == "definedName":
                defined[-1].append(text)

        self._parse(self.name, start, lambda name: inside.pop(), characters)
        self._harvest.lines(names, "names of sheets")
        self._harvest.lines(
            [line for pieces in defined if not (line := "".join(pieces)).startswith("_xlnm")], "defined names"
        )

    def _named_otherwise(self) -> str:
        """The part that the package says is its document, if it is called as a workbook is."""
        main = [one.target for one in self._relations("_rels/.rels", "") if one.kind == "officeDocument"]
        return next(filter(_NAME_OF_WORKBOOK.fullmatch, main), _WORKBOOK)

    def _part_of(self, kind: str, name: str) -> str:
        return next((one.target for one in self._related if one.kind == kind), name)

    def _relations(self, name: str, folder: str) -> list[_Relation]:
        """Those in the part *name*, whose targets are seen from *folder*."""
        found: list[_Relation] = []

        def start(name: str, attributes: Attributes) -> None:
            if name == "Relationship" and local(attributes, "TargetMode") != "External":
                kind, target = local(attributes, "Type").rpartition("/")[2], local(attributes, "Target")
                path = target if target.startswith("/") else f"{folder}/{target}"
                found.append(_Relation(local(attributes, "Id"), kind, normpath(path).lstrip("/")))

        self._parse(name, start, lambda name: None, lambda text: None)
        return found

    def _read_strings(self) -> None:
        """The table of shared strings; phonetic readings (``rPh``), which a sheet may show, by themselves."""
        pieces: list[str] = []
        readings: list[str] = []
        inside = [""]
        left = self._harvest.allowance.chars

        def start(name: str, attributes: Attributes) -> None:
            if name == "sst" and len(inside) == 1:
                self.done.add(self._strings_part.lower())
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
                    raise Enough

        def characters(text: str) -> None:
            if inside[-1] == "t":
                (readings if inside[-2] == "rPh" else pieces).append(text)

        try:
            self._parse(self._strings_part, start, end, characters)
        except Enough:
            self._harvest.overflow()
        self._harvest.lines(readings, "phonetic readings")
        self.used = bytearray(len(self.strings))

    def _read_formats(self) -> None:
        """For each style of a cell how its number is shown."""
        codes: dict[str, str] = {}
        in_cells = begun = False
        count = 0

        def start(name: str, attributes: Attributes) -> None:
            nonlocal in_cells, count, begun
            if not begun and name == "styleSheet":
                self.done.add(self._styles_part.lower())
            begun = True
            if name == "numFmt":
                codes[attributes.get("numFmtId", "")] = attributes.get("formatCode", "")
            elif name == "cellXfs":
                in_cells = True
            elif name == "xf" and in_cells:
                number = attributes.get("numFmtId", "0")
                code = codes.get(number, "")
                way = numbers.way_to_show(number, code, self.from_1904)
                if way is not None:
                    self._formats[str(count)] = way
                if words := numbers.words(code):
                    self._words[str(count)] = words
                count += 1

        def end(name: str) -> None:
            nonlocal in_cells
            in_cells = in_cells and name != "cellXfs"

        self._parse(self._styles_part, start, end, lambda text: None)

    def _read_sheet(self, part: ZipInfo, place: str) -> None:
        sheet = Sheet(self, self._harvest.left)
        try:
            parse(self._package.chunks(part), sheet.start, sheet.end, sheet.characters)
        except NotXml as error:
            self._harvest.lack(Unreadable.DAMAGED, f"a sheet {error}")
        except Enough:
            pass
        sheet.finish()
        if not sheet.calculated:
            self._harvest.lack(Unreadable.UNKNOWN_TYPE, "a formula without its value")
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
