"""Personal numbers in the attributes of XML: ``<person cpr="0101901234"/>`` in the data that a journal system
keeps with a letter, the condition of a mail merge, an item of a filter.

Which attributes hold words is named where a format is read, and of the others nobody reads the words. But what has the
form of a personal number is looked for in all of them, in the bytes before they are parsed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from html import unescape

from segl_classifier.formats.harvest import Harvest

_BORDER = 400  # bytes before a number that are looked at, and kept of one piece for the next
_MOST = 10_000  # numbers
# Not a piece of a GUID. Without a hyphen a number may be a size: then its attribute must say what it is.
_PARTED = re.compile(rb"(?<![0-9A-Za-z.+-])(?=\d{6}-\d{4}(?![0-9A-Za-z.-]))")
_CALLED = re.compile(
    rb"(?:cpr|pnr|person(?:nr|num|id))[\w.:-]{0,40}\s{0,4}=\s{0,4}[\"']\s{0,4}(?=\d{10}\s{0,4}[\"'])",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\d{6}-?\d{4}")
_DRAWINGS = frozenset((b"d", b"path", b"points", b"enhanced-path"))  # made of numbers
_NAME = re.compile(rb"([\w.-]{1,60})\s{0,4}=\s{0,4}([\"'])([^\"'<>]*)\Z")
_LONGEST = 200


class Watch:
    """Finds the numbers while the pieces of parts go by."""

    def __init__(self) -> None:
        self._found: dict[str, None] = {}

    def over(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """*chunks*, each as it is."""
        before = b""
        for chunk in chunks:
            yield chunk
            self._look(before + chunk)
            before = chunk[-_BORDER:]

    def tell(self, harvest: Harvest) -> None:
        """Keep what was found and stands nowhere else."""
        if self._found:
            said = harvest.found(_NUMBER)
            new = [line for line in self._found if not said.issuperset(_NUMBER.findall(line))]
            harvest.lines(new, "an attribute")

    def _look(self, data: bytes) -> None:
        for number in (*_PARTED.finditer(data), *_CALLED.finditer(data)):
            if len(self._found) >= _MOST:
                return
            start = number.end()  # of what stands before it
            head = data[max(0, start - _BORDER) : start]
            if head.rfind(b"<") <= head.rfind(b">"):
                continue  # of the text
            named = _NAME.search(head)
            if named is None or named[1] in _DRAWINGS:
                continue
            end = data.find(named[2], start, start + _LONGEST)
            value = data[start - len(named[3]) : end if end >= 0 else start + 11]
            line = f"{named[1].decode('latin-1')}: {value.decode('utf-8', 'replace').strip()}"
            self._found[unescape(line)] = None
