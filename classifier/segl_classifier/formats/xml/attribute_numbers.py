"""Personal numbers in the attributes of XML: ``<person cpr="0101901234"/>`` in the data that a journal system
keeps with a letter, the condition of a mail merge, an item of a filter.

Which attributes hold words is named where a format is read, and of the others nobody reads the words. But what has the
form of a personal number is looked for in all of them, and in what only looks like them: comments, and markup that no
parser of XML takes.
"""

from __future__ import annotations

import re

from segl_classifier.formats.harvest import Harvest
from segl_classifier.formats.xml.events import Attributes
from segl_classifier.markup.character_references import unescape_safely

_MOST = 10_000  # numbers
_FEWEST = 10  # characters of a value with one
_BEFORE, _BEHIND = 400, 200  # characters of a long value that are kept round a number
_NUMBER = re.compile(r"\d{6}-?\d{4}")
# Not a piece of a GUID. Without a hyphen a number may be a size: then its attribute must say what it is.
_PARTED = re.compile(r"(?<![0-9A-Za-z.+-])\d{6}-\d{4}(?![0-9A-Za-z.-])")
_WHOLE = re.compile(r"\s{0,4}\d{10}\s{0,4}")
_CALLED = re.compile(r"cpr|pnr|person(?:nr|num|id)", re.IGNORECASE)
_PAIR = re.compile(r"(?<![\w.:-])([\w.:-]{1,80}+)\s{0,4}=\s{0,4}([\"'])((?:(?!\2).)*+)\2", re.DOTALL)
_DRAWINGS = frozenset(("d", "path", "points", "enhanced-path"))  # made of numbers


class Watch:
    """Finds the numbers while parts are parsed (:func:`.events.parse`)."""

    def __init__(self) -> None:
        self._found: dict[str, None] = {}

    def element(self, attributes: Attributes) -> None:
        """The *attributes* of an element go by."""
        for name, value in attributes.items():
            if len(value) >= _FEWEST and _NUMBER.search(value):
                self._look(name, value)

    def markup(self, text: str) -> None:
        """*text* may hold attributes; nobody parsed it."""
        if _NUMBER.search(text):
            for pair in _PAIR.finditer(text):
                self._look(pair[1], unescape_safely(pair[3]))

    def tell(self, harvest: Harvest) -> None:
        """Keep what was found and stands nowhere else."""
        if self._found:
            said = harvest.found(_NUMBER)
            new = [line for line in self._found if not said.issuperset(_NUMBER.findall(line))]
            harvest.lines(new, "an attribute")

    def _look(self, name: str, value: str) -> None:
        label = name.rpartition(":")[2]
        if label in _DRAWINGS:
            return
        if _CALLED.search(name) and _WHOLE.fullmatch(value):
            self._keep(label, value)
        end = 0
        while (number := _PARTED.search(value, end)) and len(self._found) < _MOST:
            end = number.end() + _BEHIND
            self._keep(label, value[max(0, number.start() - _BEFORE) : end])

    def _keep(self, label: str, said: str) -> None:
        if len(self._found) < _MOST:
            self._found[f"{label}: {' '.join(said.split())}"] = None
