"""The text of one part of a Word or PowerPoint file: WordprocessingML, DrawingML, and every other XML part.

In both languages a paragraph (``p``) holds runs (``r``) and a run holds text (``t``). A program starts a new run
whenever it likes (a spelling mark is enough), so the runs of a paragraph are joined with nothing between them:
``010190-`` and ``1234`` in two runs are one number. Paragraphs are lines; the rows of a table (``tr``) are lines
too, with a tab between their cells (``tc``).

A paragraph with tracked changes is two paragraphs: the one that is shown (insertions in, deletions out), and
the one before the change, which is sent along and can be read by anyone. One with hidden letters in it (``vanish``)
is two as well, with and without them. What stands in a paragraph but is not
of its text, as a text box or a field code, becomes lines of its own behind it.

Text in elements unknown here is read too, each on its own line: what is left out is named in ``NOISE``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from segl_classifier.formats.cells.numbers import says_something
from segl_classifier.formats.xml.events import Attributes, Names, NotXml, Watcher, local, parse
from segl_classifier.formats.xml.names import (
    AUTHORS,
    BLOCKS,
    CODES,
    FILES,
    HIDES,
    MARKS,
    NEW,
    NOISE,
    OLD,
    OTHERS,
    PICTURE_FONTS,
    RUNS,
    SPOKEN,
    WITHIN,
)
from segl_classifier.layout.tidy import COVERED

_MOST_DEEP = 1_000  # paragraphs, rows and cells in one another
_MOST_COLUMNS = 63  # of a table, in Word
_BARE = ("p", "")  # text in it, or behind an element in it
_RICH = ("", "exData", "value")  # what holds a rich text, and says nothing of it
_BLANKS = re.compile(r"\s+")
_COUNT = re.compile("[0-9]{1,9}")
_CIRCLED = 0xF080
_GIVEN_NAME = re.compile(r"(?:[^\W\d_]+[ -]?){1,4} ?\d{0,5}|_(?:GoBack|Toc\d+|Ref\d+|Hlk\d+)|\d{1,5}")


@dataclass(slots=True)
class Flow:
    """``lines`` is the running text; ``earlier`` the paragraphs before their tracked changes; ``shown`` those with
    hidden letters, without these; ``aside`` what is not shown in the flow; ``authors`` names of those who wrote,
    changed or commented."""

    lines: list[str] = field(default_factory=list)
    earlier: list[str] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    aside: list[str] = field(default_factory=list)
    authors: list[str] = field(default_factory=list)
    broken: str = ""
    full: bool = False


@dataclass(slots=True)
class _Open:
    """A paragraph, a row or a cell that has not ended. ``inside`` are its pieces of text, its cells or its
    lines; ``before`` the pieces before a tracked change; ``shown`` those that are not hidden; ``behind`` the lines that
    follow it; ``columns`` how many a cell lies over."""

    kind: str
    inside: list[str] = field(default_factory=list)
    before: list[str] | None = None
    shown: list[str] | None = None
    codes: list[str] = field(default_factory=list)
    behind: list[str] = field(default_factory=list)
    columns: int = 1


def read_flow(
    chunks: Iterable[bytes],
    *,
    labels: bool = False,
    most: int = 100_000_000,
    flat: bool = False,
    data: bool = False,
    watch: Watcher | None = None,
) -> Flow:
    """The text of one XML part, at most about *most* characters of it. *labels*: put the name of an element
    before its value, as is right for document properties. *flat*: the part is a whole document, with its files.
    *data*: its elements have names that somebody gave them, so that none is noise, and its paragraphs are those of
    XHTML, as in a form. *watch* sees its attributes."""
    noise = frozenset() if data else NOISE | FILES if flat else NOISE
    reader = _Reader(labels, most, noise, data=data)
    try:
        parse(chunks, reader.start, reader.end, reader.characters, watch)
    except NotXml as error:
        reader.flow.broken = str(error)
    except _Enough:
        reader.flow.full = True
    reader.finish()
    return reader.flow


class _Enough(Exception):
    """As much was read as may be kept."""


class _Reader:
    def __init__(self, labels: bool, most: int, noise: frozenset[str], *, data: bool) -> None:
        self.flow = Flow()
        self._data = data
        self._label = ""  # of the rich text that begins
        self._labels = labels
        self._noise = noise
        self._most = most
        self._names = Names()
        self._stack: list[_Open] = []
        self._inside = ""  # the element that text belongs to, until another begins or ends
        self._loose: list[str] = []  # text outside paragraphs
        self._in_runs = False  # it is one of a sheet
        self._old = self._new = self._tabs = 0
        self._hidden = False  # the run
        self._fallbacks: list[int] = []  # that are open: how many paragraphs, rows and cells were, then
        self._property = ""
        self._last_spoken = ""

    def start(self, raw: str, attributes: Attributes) -> None:
        within, self._inside = self._inside, self._names[raw]
        name = self._inside
        if name in BLOCKS:
            if len(self._stack) > _MOST_DEEP:
                raise NotXml("nests without end")
            self._stack.append(_Open(name, [self._label] if self._label else []))
            self._label = ""
        elif name == "body" and self._data and self._labels:
            self._label = "" if within in _RICH else f"{within}: "
        elif name in OTHERS:
            self._start_other(name, attributes)

    def _start_other(self, name: str, attributes: Attributes) -> None:
        if name in WITHIN:
            if not self._tabs and self._stack:
                self._put(WITHIN[name])
        elif name in OLD:
            self._old += 1
        elif name in NEW:
            self._new += 1
        elif name == "r":
            self._hidden = False
        elif name in HIDES:
            self._hidden = local(attributes, "val") not in ("0", "false", "off")
        elif name == "Fallback":  # what programs show that do not know the choice before it
            self._fallbacks.append(len(self._stack))
        elif name == "sym":
            self._put(_symbol(attributes))
        elif name == "tabs":
            self._tabs += 1
        elif name == "gridSpan" and self._stack:
            self._stack[-1].columns = _columns(local(attributes, "val"))
        elif name == "property":
            self._property = local(attributes, "name")
        if attributes:
            spoken = SPOKEN.get(name)
            if spoken is not None:
                self._speak(name, spoken, attributes)
            if name in AUTHORS:
                self._author(attributes)

    def characters(self, text: str) -> None:
        name = self._inside
        if name == "t":
            self._put(text)
        elif name == "delText":  # in Word 2003 without an element that says so, too
            self._old += 1
            self._put(text)
            self._old -= 1
        elif name in CODES and self._stack:
            self._spend(len(text))
            self._stack[-1].codes.append(text)
        elif self._is_of_paragraph(name, text):
            self._put(_BLANKS.sub(" ", text))
        elif not text.isspace() and name not in self._noise:
            self._spend(len(text))
            self._loose.append(text)

    def _is_of_paragraph(self, name: str, text: str) -> bool:
        """Whether *text* stands in a paragraph without more ado, as in XHTML."""
        if not self._stack or self._stack[-1].kind != "p":
            return False
        return self._data or (name in _BARE and not text.isspace())

    def end(self, raw: str) -> None:
        self._inside = ""
        name = self._names[raw]
        if name in BLOCKS:
            if self._loose:
                self._flush_loose(name)  # it is no part of what follows
            self._close()
        elif name in OLD:
            self._old -= 1
        elif name in NEW:
            self._new -= 1
        elif name == "tabs":
            self._tabs -= 1
        elif name == "Fallback" and self._fallbacks:
            self._fallbacks.pop()
        elif self._loose and name not in MARKS and not (self._in_runs and name in RUNS):
            self._flush_loose(name)

    def finish(self) -> None:
        """Close what a broken part left open, so that what was read of it is kept."""
        self._flush_loose("")
        while self._stack:
            self._close()

    def _put(self, text: str) -> None:
        self._spend(len(text))
        if not self._stack or self._stack[-1].kind != "p":
            self._loose.append(text)
            self._in_runs = not (self._data or self._labels)  # names that somebody gave say nothing
            return
        paragraph = self._stack[-1]
        if self._fallbacks and self._fallbacks[-1] == len(self._stack):
            paragraph.codes.append(text)
            return
        if self._hidden and paragraph.shown is None:
            paragraph.shown = paragraph.inside.copy()
        if paragraph.shown is not None and not self._hidden and not self._old:
            paragraph.shown.append(text)
        before = paragraph.before
        if self._old or self._new:
            if before is None:
                before = paragraph.before = paragraph.inside.copy()
            if self._old and self._new:  # inserted by one, deleted by another: in neither text
                paragraph.codes.append(text)
            else:
                (before if self._old else paragraph.inside).append(text)
            return
        paragraph.inside.append(text)
        if before is not None:
            before.append(text)

    def _close(self) -> None:
        """The innermost open paragraph, row or cell ends and becomes a piece of what it stands in."""
        done = self._stack.pop()
        outer = self._stack[-1] if self._stack else None
        if done.kind == "p":
            line = "".join(done.inside)
            if done.before is not None:
                self.flow.earlier.append("".join(done.before))
            if done.shown is not None:
                self.flow.shown.append("".join(done.shown))
            if done.codes:
                self.flow.aside.append("".join(done.codes).strip())
            if outer is None or outer.kind != "p":
                self.flow.aside += done.behind
                done.behind = []
        else:
            line = ("\t" if done.kind == "tr" else " ").join(done.inside)
            if done.kind == "tr" and line.endswith(COVERED):
                line = line.rstrip(COVERED)
        if outer is None:
            self.flow.lines += filter(str.strip, (line, *done.behind))
        elif done.kind == "tc" or (done.kind == "p" and outer.kind == "tc"):
            if line or done.kind == "tc":
                line = line.replace("\n", " ").replace("\t", " ")
                outer.inside.append(line + COVERED * (done.columns - 1))
            outer.behind += done.behind
        else:
            outer.behind += filter(str.strip, (line, *done.behind))

    def _flush_loose(self, name: str) -> None:
        text = "".join(self._loose).strip()
        self._loose.clear()
        self._in_runs = False
        if text:
            if self._labels:
                is_type = not self._data and name.startswith(("lp", "i"))
                label = self._property or ("" if is_type else name)
                text = f"{label}: {text}" if label else text
            (self._stack[-1].behind if self._stack else self.flow.lines).append(text)

    def _speak(self, name: str, spoken: tuple[str, ...], attributes: Attributes) -> None:
        for key in spoken:
            value = local(attributes, key)
            if not value or value == self._last_spoken:
                continue
            if key == "name" and name != "docVar" and len(value) < 60 and _GIVEN_NAME.fullmatch(value):
                continue
            if (name in ("default", "listItem") and value in ("0", "1")) or (name == "n" and len(value) < 9):
                continue
            if name == "lvlText" and not says_something(value):
                continue
            self._spend(len(value))
            self._last_spoken = value
            self.flow.aside.append(value)

    def _author(self, attributes: Attributes) -> None:
        for key in ("author", "name", "displayName", "userId", "initials"):
            if value := local(attributes, key):
                self._spend(len(value))
                if value not in self.flow.authors[-20:]:
                    self.flow.authors.append(value)

    def _spend(self, size: int) -> None:
        self._most -= size
        if self._most < 0:
            raise _Enough


def _columns(count: str) -> int:
    return min(max(1, int(count)), _MOST_COLUMNS) if _COUNT.fullmatch(count) else 1


def _symbol(attributes: Attributes) -> str:
    """A letter of a symbol font. These move theirs to the private area."""
    try:
        code = int(local(attributes, "char"), 16)
    except ValueError:
        return ""
    if local(attributes, "font").lower().startswith(PICTURE_FONTS):
        return chr(code) if _CIRCLED <= code <= _CIRCLED + 20 else ""  # digits of Wingdings
    code -= 0xF000 if 0xF020 <= code <= 0xF0FF else 0
    return chr(code) if 0 <= code <= 0xFFFF and not 0xD800 <= code < 0xE000 else ""
