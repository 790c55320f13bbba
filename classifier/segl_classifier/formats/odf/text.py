"""The text of one XML part of an OpenDocument file, as events of the parser come in."""

from __future__ import annotations

import re

from segl_classifier.formats.cells import numbers
from segl_classifier.formats.cells.grid import Grid
from segl_classifier.formats.cells.lost_zeros import restored
from segl_classifier.formats.harvest import Harvest
from segl_classifier.formats.odf.changes import Changes
from segl_classifier.formats.xml.events import Attributes, Names, NotXml, local
from segl_classifier.shown import shown_name

_PARAGRAPHS = frozenset(("p", "h"))
_CELLS = frozenset(("table-cell", "covered-table-cell"))
_ASIDE = {  # elements whose paragraphs are not of the text around them, and what to call their place
    "annotation": "comment",
    "tracked-changes": "before tracked changes",
    "note-body": "footnote",
    "text-box": "text box",
    "notes": "notes of a slide",
    "header": "header",
    "footer": "footer",
    "header-left": "header",
    "footer-left": "footer",
    "header-first": "header",
    "footer-first": "footer",
    "region-left": "header",
    "region-center": "header",
    "region-right": "header",
    "ruby-text": "reading aid",
}
# What is a part of its own in a package, and stands beside the text in a flat document.
_PARTS = {"meta": "properties", "master-styles": "header or footer"}
_NOISE = frozenset(
    "creation-date date editing-cycles editing-duration generator number-style text-style number currency-symbol script"
    " print-date binary-data config-item".split()
)
_LABELLED = frozenset(
    "title subject description keyword creator initial-creator language user-defined".split()
)
# Attributes that hold words.
_SPOKEN = frozenset(
    "string-value string-value-if-true string-value-if-false title description help-message error-message href author"
    " note annote key1 key2".split()
)
_WORDS_IN_NAME = frozenset(
    "user-field-decl variable-decl named-range section bookmark drop-down data-pilot-member show fieldmark"
    " fieldmark-start".split()
)
# By a person, or by the program: "Slide 1", "Tabel2".
_CALLED = frozenset("page table frame database-range".split())
_BY_PROGRAM = re.compile(r"[^\W\d_]* ?\d{0,5}|__Anonymous_Sheet_DB__\d+")
_CHOSEN = frozenset(("filter-condition", "filter-set-item"))  # rows with this value are shown
_CHANGES = frozenset(
    "changed-region insertion deletion change change-start change-end change-info change-track-table-cell".split()
)
_WRITTEN_BY = frozenset(("annotation", "change-info"))  # hold the name of a person, and a date
_MOST_DEEP = 2_000
_MOST_PAGES = 1_000  # that are texts of their own
_MOST_REPEATED = 50  # a value repeated more often than this is written so often
_IN_FORMS = frozenset(("label", "value", "current-value"))  # attributes of what stands in a form
# Of a list in the text; what a field taken from Word holds or offers.
_ENTRIES = frozenset(("label", "param"))
_FORMULAS = frozenset(("condition", "expression", "formula"))  # attributes that may hold words between signs
_LITERAL = re.compile(r'"[^"]|\d{6}')
_BEFORE_LINES = frozenset(("num-prefix", "num-suffix"))  # of lists
_VALUES = {"date": "date-value", "string": "string-value"} | dict.fromkeys(
    ("float", "currency", "percentage"), "value"
)
_UNIT = re.compile(r"[^\W\d_E]|[-/]")  # a word beside the number, or a number of several pieces
_DAY = re.compile(r"(\d{4})-(\d\d)-(\d\d)(?:T.*)?")


class OdfText:
    """Handlers that bring the text of a part into *harvest*; *place* is that of the running text."""

    def __init__(self, harvest: Harvest, place: str) -> None:
        self._harvest = harvest
        self._place = place
        self._names = Names()
        self._path: list[str] = ["", ""]
        self._paragraphs: list[list[str]] = []
        self._lines: list[list[str]] = [[]]  # of the running text, and of each element aside that is open
        self._asides: list[str] = []
        self._tables: list[_Table] = []
        self._spoken: list[str] = []
        self._left = harvest.left
        self._label = ""
        self._is_workbook = False
        self._forms = 0  # that are open
        self._pages = 0  # that are read
        self._changes = Changes()

    def start(self, raw: str, attributes: Attributes) -> None:
        name = self._names[raw]
        if len(self._path) > _MOST_DEEP:
            raise NotXml("nests without end")
        self._path.append(name)
        if name in _PARAGRAPHS:
            self._paragraphs.append([])
        elif name == "s":
            self._put(" " * min(_count(local(attributes, "c")), 100))
        elif name == "tab":
            self._put("\t")
        elif name == "line-break":
            self._put("\n")
        elif name in _CELLS:
            if self._tables:
                self._tables[-1].start_cell(attributes)
            self._lines.append([])
        elif name == "table":
            self._tables.append(_Table(attributes, self._left))
        elif name == "spreadsheet":
            self._is_workbook = True
        elif name == "table-row":
            if self._tables:
                self._tables[-1].start_row(attributes)
        elif name in _ASIDE:
            self._asides.append(name)
            self._lines.append([])
            self._paragraphs.append([])  # so that an aside inside a paragraph leaves it whole
        elif name in _PARTS and not self._paragraphs:
            self._lines.append([])
        elif name == "user-defined":
            self._label = local(attributes, "name")
        elif name == "form":
            self._forms += 1
        elif name in _CHANGES:
            self._start_change(name, attributes)
        if attributes:
            self._speak(name, attributes)

    def characters(self, text: str) -> None:
        name = self._path[-1]
        if name == "note-citation":
            return  # the number of a note would stand in the middle of a word, or of a number
        if self._path[-2] in _WRITTEN_BY:
            if name != "date":
                self._spend(len(text))
                self._lines[-1].append(text)
        elif self._paragraphs:
            self._put(text)
        elif not text.isspace() and name not in _NOISE and not self._path[-2].endswith("style"):
            label = self._label or name
            line = f"{label}: {text.strip()}" if name in _LABELLED else text.strip()
            self._spend(len(line))
            self._lines[-1].append(line)

    def end(self, raw: str) -> None:
        self._path.pop()
        name = self._names[raw]
        if name in _PARAGRAPHS:
            if self._paragraphs:
                pieces = self._paragraphs.pop()
                self._changes.end(len(self._paragraphs) + 1, pieces)
                line = "".join(pieces)
                if line.strip():
                    self._lines[-1].append(line)
        elif name in _CELLS:
            lines = self._lines.pop()
            if self._tables:
                self._tables[-1].end_cell(" ".join(lines))
        elif name == "table":
            if self._tables:
                self._end_table(self._tables.pop())
        elif name == "table-row":
            if self._tables:
                self._tables[-1].end_row()
        elif name in _ASIDE:
            self._end_aside(name)
        elif name in _PARTS and not self._paragraphs and len(self._lines) > 1:
            self._harvest.text("\n".join(self._lines.pop()), _PARTS[name])
        elif name == "user-defined":
            self._label = ""
        elif name == "form":
            self._forms -= 1
        elif name == "page":
            self._end_page()
        elif name == "change-info":
            self._changes.deletion(self._lines[-1])
        elif name == "deletion":
            self._changes.deleted(self._lines[-1])

    def finish(self) -> None:
        """Keep what there is, what a broken part left open included."""
        while self._paragraphs:
            self._lines[-1].append("".join(self._paragraphs.pop()))
        while self._tables:
            self._end_table(self._tables.pop())
        lines = [line for some in self._lines for line in some if line.strip()]
        self._harvest.text("\n".join(lines), self._place)
        self._harvest.text(restored("\n".join(self._changes.before)), "before tracked changes")
        self._harvest.lines(self._spoken, f"beside {self._place or 'the text'}")

    def _start_change(self, name: str, attributes: Attributes) -> None:
        """What was changed, and where."""
        if name == "changed-region":
            self._changes.region(local(attributes, "id"))
        elif name == "insertion":
            self._changes.inserts()
        elif name == "deletion":
            self._changes.deletion(self._lines[-1])
        elif name == "change-track-table-cell":
            value = local(attributes, "value")
            self._spend(len(value))
            self._changes.before.append(numbers.full(value))
        else:
            self._spend(self._changes.mark(name, local(attributes, "change-id"), self._paragraphs))

    def _end_aside(self, name: str) -> None:
        if not self._asides or len(self._lines) < 2:
            return
        self._asides.pop()
        if self._paragraphs:
            loose = "".join(self._paragraphs.pop())
            if loose.strip():
                self._lines[-1].append(loose)
        lines = self._lines.pop()
        place = _ASIDE[name]
        outer = self._place if place in ("header", "footer") else ""
        self._harvest.text(
            "\n".join(lines), place if outer in ("", "header or footer") else f"{place} of an {outer}"
        )

    def _end_page(self) -> None:
        """A slide, or a page of a drawing: what is on it goes on nowhere. What comes behind very many is one text."""
        if len(self._lines) == 1 and not self._tables and self._pages < _MOST_PAGES:
            self._pages += 1
            self._harvest.text("\n".join(self._lines[0]), f"{self._place or 'slide'} {self._pages}")
            self._lines[0].clear()

    def _end_table(self, table: _Table) -> None:
        text = table.grid.text()
        if table.grid.full:
            self._harvest.overflow()
        if self._is_workbook and not self._tables:
            self._harvest.text(table.name, "names of sheets")
            self._harvest.text(text, f"sheet {shown_name(table.name)}")
        elif text:
            self._lines[-1 if not self._tables else 0].append(text)

    def _put(self, text: str) -> None:
        if self._paragraphs:
            self._spend(len(text))
            self._paragraphs[-1].append(text)

    def _spend(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            self._harvest.overflow()
            raise NotXml("holds more text than is read")

    def _speak(self, name: str, attributes: Attributes) -> None:
        """Words in attributes: values of fields, addresses of links, titles of pictures, fields of forms."""
        for key, value in attributes.items():
            base = self._names[key]
            is_word = base in _SPOKEN or (base == "name" and self._is_name(name, value))
            is_value = (self._forms > 0 and base in _IN_FORMS and name != "property") or (
                base == "value" and name in _ENTRIES
            )
            is_formula = base in _FORMULAS or (base == "value" and name == "condition")
            is_said = (is_formula and _LITERAL.search(value) is not None) or (
                base in _BEFORE_LINES and numbers.says_something(value)
            )
            is_field = (base == "comment" and name == "scenario") or (
                base == "value"
                and name not in _CELLS
                and (name in _CHOSEN or name.endswith(("decl", "set", "get", "input")))
            )
            if (
                value
                and (is_word or is_value or is_said or is_field)
                and not value.startswith(("./", "Pictures/", "#"))
            ):
                self._spend(len(value))
                self._spoken.append(value)

    def _is_name(self, element: str, name: str) -> bool:
        """Whether *name* says what an *element* is about. Those of sheets are told by themselves."""
        if element in _CALLED:
            return not (element == "table" and self._is_workbook) and _BY_PROGRAM.fullmatch(name) is None
        return element in _WORDS_IN_NAME


class _Table:
    """A table or sheet on its way into a grid."""

    def __init__(self, attributes: Attributes, most: int) -> None:
        self.name = local(attributes, "name")
        self.grid = Grid(most)
        self._row = self._column = 0
        self._rows = self._cells = 1
        self._kind = self._value = ""
        self._in_row: list[tuple[int, str, bool]] = []

    def start_row(self, attributes: Attributes) -> None:
        self._rows = _count(local(attributes, "number-rows-repeated"))
        self._column = 0
        self._in_row.clear()

    def start_cell(self, attributes: Attributes) -> None:
        self._cells = _count(local(attributes, "number-columns-repeated"))
        kind = local(attributes, "value-type")
        self._kind = kind
        self._value = local(attributes, _VALUES[kind]) if kind in _VALUES else ""

    def end_cell(self, text: str) -> None:
        """A cell shows a text; a number stands beside it in full. One without a text shows its value."""
        number = False
        value = self._value
        if self._kind in ("date", "string"):
            text = text or _DAY.sub(r"\3-\2-\1", value)
        elif value:
            digits = value if value.isdecimal() else _plain(value)
            if not text or text.strip() == digits or not text.strip(" #"):
                text, number = digits, True
            elif digits.isdecimal() and len(digits) >= 9:
                if self._kind == "float" and not _UNIT.search(text):
                    text, number = digits, True  # shown parted, or rounded as 1,02E+08
                elif "".join(filter(str.isdigit, text)).lstrip("0") != digits:
                    text = f"{text} {digits}"
        if text:
            for repeated in range(min(self._cells, _MOST_REPEATED)):
                self._in_row.append((self._column + repeated, text, number))
        self._column += self._cells

    def end_row(self) -> None:
        for repeated in range(min(self._rows, _MOST_REPEATED) if self._in_row else 0):
            for column, text, number in self._in_row:
                if not self.grid.put(self._row + repeated, column, text, number=number):
                    return
        self._row += self._rows


def _count(text: str) -> int:
    return max(1, int(text)) if text.isdecimal() and len(text) < 9 else 1


def _plain(value: str) -> str:
    try:
        return numbers.plain(float(value))
    except ValueError:
        return value
