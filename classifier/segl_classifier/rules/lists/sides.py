"""Lists on their side: each line begins with what it tells, and another line tells of whom.

So forms are written ("Navn: Anna Lund", below it "Diagnose: KOL"), tables of two columns, and tables with a person in
each column. The lines that follow one another are put together as a table with those beginnings for its heading, and a
row for each person. A line that begins as one before does begins the next form.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from segl_classifier.layout.cells import BAR, GAP, Line, cut
from segl_classifier.layout.tables import Row
from segl_classifier.rules.lists.headings import Headings
from segl_classifier.rules.lists.persons import VALUES, Persons
from segl_classifier.rules.lists.rows import Cells
from segl_classifier.rules.lists.tables import Table

_COLON = ":"
_DIVIDERS = ("\t", ";", BAR, _COLON, GAP)
_MARKS = " \t*#-–•·"
_LONGEST_LABEL, _LONGEST_ENTRY = 40, 80  # characters: what is longer is told in sentences
_MOST_LABELS = 60  # of one form: an ordinary table has as many first cells as rows
_MOST_PERSONS = 2_000  # beside each other
_MOST_CELLS = 200_000  # of forms that are kept together
_PAIRS = re.compile(r"[,;|\t](?=[^:,;|\t]{2,40}:)")
# What stands in a form that nobody has filled in, or that says nothing of anybody: whom to call, the hour, the team.
# Words for that are others, too: "Hr. Lund", "hold i ryggen", "lokal infektion", "gives 8 enheder".
_EMPTY = re.compile(
    r"[\[({<_…\s.]|x{3}|(?:efter|ifølge|iht|i henhold|jf|se|udfyldes|evt)\b|(?:nej|ingen|intet|no|none|n/a)\.?\Z"
    r"|(?:ring|kontakt)(?= (?:til|på|os|mig|hr|din|jeres|venligst|straks|altid|\S*(?:[nt]|erne|leder|kontor|vagt))\b"
    r"(?! (?:mis|psyk|krise|jobc|komm))|:? ?\d)"
    r"|(?:registreres|gives|meldes|oplyses) (?:til|på|via|af|skriftligt?|telefonisk|senest|inden|altid)\b"
    r"|kl\.? ?\d|hold (?:\d|(?-i:[A-HJ-ZÆØÅ])\b)|lokal\.? (?:nr\.? )?\d|(?-i:HR)(?!\.? (?-i:[A-ZÆØÅ]))\b|hr-",
    re.IGNORECASE,
)
# Not "alle", nor "Anna, Bo og Carl", who sit in a meeting, nor "ca. 24".
_ONE_PERSON = re.compile(r"(?!(?:Alle|Ingen|Flere)\b)[A-ZÆØÅÄÖÜ](?:(?! og )[^\d,;/&])*|\d[\d -]*")
# The same among several, where it might be the heading of a column: initials, or two names.
_ONE_OF_THEM = re.compile(
    r"(?:[A-ZÆØÅÄÖÜ]\.? ?){2,4}|[A-ZÆØÅÄÖÜ][\w.'-]* (?:[a-zæøå]+ )?[A-ZÆØÅÄÖÜ].*|\d[\d -]*"
)


@dataclass(slots=True)
class _Form:
    """The lines so far of forms that follow one another: the numbers of their labels, the persons' rows, and where the
    first and the last line stand."""

    start: int
    end: int = 0
    labels: dict[str, int] = field(default_factory=dict)
    rows: list[list[str]] = field(default_factory=list)
    open: int = 0  # the first row of the form that is being read
    told: set[str] = field(default_factory=set)  # the labels of that form
    divider: str = ""
    wide: bool = False  # whether it tells of several beside each other
    cells: int = 0

    def has_room(self, label: str) -> bool:
        """Whether *label* can be one of these forms: each is as wide as the longest of them."""
        return self.cells < _MOST_CELLS and (label in self.labels or len(self.labels) < _MOST_LABELS)

    def take(self, label: str, values: Sequence[str]) -> None:
        if label in self.told:
            self.open, self.told = len(self.rows), set()
        self.told.add(label)
        self.wide = self.wide or len(values) > 1
        number = self.labels.setdefault(label, len(self.labels))
        for person, value in enumerate(values[:_MOST_PERSONS]):
            if self.open + person == len(self.rows):
                self.rows.append([])
            row = self.rows[self.open + person]
            self.cells += max(0, number + 1 - len(row))
            row += [""] * (number + 1 - len(row))
            row[number] = "" if len(value) > _LONGEST_ENTRY or _EMPTY.match(value) else value


def tables_on_their_side(lines: Iterable[Line], headings: Headings, persons: Persons) -> Iterator[Table]:
    """The lists among *lines* that have a beginning with words of rules and one that names *persons*."""
    form: _Form | None = None
    for line in lines:
        divider, fields = _fields(line)
        if form and divider != form.divider:
            yield from _told(form, headings, persons)
            form = None
        for label, values in fields:
            if form and not form.has_room(label):
                yield from _told(form, headings, persons)
                form = None
            form = form or _Form(line.start, divider=divider)
            form.take(label, values)
            form.end = line.end
    if form:
        yield from _told(form, headings, persons)


def _fields(line: Line) -> tuple[str, list[tuple[str, Cells]]]:
    """What divides *line*, ``""`` if it begins with no label; and the labels in it with what stands behind them."""
    bare = line.text.strip(_MARKS)
    if bare.count(_COLON) > 1 and len(pairs := _PAIRS.split(bare)) > 1:
        return _COLON, [(_bare(label), [value.strip(_MARKS)]) for label, _, value in map(_parted, pairs)]
    divider = next((divider for divider in _DIVIDERS if divider in bare), "")
    if not divider:
        return "", []
    if divider == _COLON:
        label, _, value = _parted(bare)
        values = [value.strip(_MARKS)]
    else:
        label, *values = cut(line._replace(text=bare) if divider == GAP else line, divider).cells
    label = _bare(label)
    if len(label) > _LONGEST_LABEL or not (label or len(values) > 1):
        return "", []
    return divider, [(label, values)]


def _parted(pair: str) -> tuple[str, str, str]:
    return pair.partition(_COLON)


def _bare(label: str) -> str:
    return label.strip(_MARKS).rstrip(" .:")


def _told(form: _Form, headings: Headings, persons: Persons) -> Iterator[Table]:
    """*form* as a table, if rules know a label of it, and another names persons."""
    labels = tuple(form.labels)
    heading = (
        headings.aside(Row(labels, labels, form.start, form.end, heads=True)) if len(labels) > 1 else None
    )
    if heading is None:
        return
    for row in form.rows:
        for number in heading.persons or ():
            if number < len(row) and not _is_one(row[number], persons, among=form.wide):
                row[number] = ""
    yield Table(heading, 0, list(form.rows))


def _is_one(cell: str, persons: Persons, *, among: bool) -> bool:
    """Whether *cell* is one person; *among* several, where it might be the heading of a column."""
    if not _ONE_PERSON.fullmatch(cell) or persons.begins(VALUES, cell):
        return False
    return not among or bool(_ONE_OF_THEM.fullmatch(cell)) or persons.has_first_name(cell)
