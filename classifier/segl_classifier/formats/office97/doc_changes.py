"""Tracked changes in Word files before 2007: which letters were deleted, which were inserted (MS-DOC §2.9.33), and
which are hidden.

The formatting of letters stands on pages of 512 bytes, found by a table in the table stream. A page holds places in the
stream and, for the letters between two of them, the modifications (*sprm*) of their formatting: two bytes that name
one and say how long its operand is. ``sprmCFRMarkDel``, ``sprmCFRMarkIns`` and ``sprmCFVanish`` are the ones that count
here.
"""

from __future__ import annotations

import struct
from bisect import bisect
from collections.abc import Iterator
from dataclasses import dataclass, field

Span = tuple[int, int]

_PAGE = 512
_MOST_PAGES = 100_000
_DELETED, _INSERTED, _HIDDEN = 0x0800, 0x0801, 0x083C
_OPERANDS = (1, 1, 2, 4, 2, 2, 0, 3)  # bytes, by the upper three bits; 0: the next byte tells


@dataclass(slots=True)
class Text:
    """``letters`` with the spans that were deleted and inserted and those that are hidden, in order of place."""

    letters: str
    deleted: list[Span] = field(default_factory=list)
    inserted: list[Span] = field(default_factory=list)
    hidden: list[Span] = field(default_factory=list)

    def is_changed(self, start: int, end: int) -> bool:
        """Whether a change lies between *start* and *end*."""
        return any(a < end and start < b for a, b in (*self.deleted, *self.inserted))

    def hides(self, start: int, end: int) -> bool:
        """Whether anything between *start* and *end* is hidden."""
        return any(a < end and start < b for a, b in self.hidden)

    def shown(self, start: int, end: int) -> str:
        """The text without what was deleted and what is hidden."""
        return self._without(_apart([*self.deleted, *self.hidden]), start, end)

    def now(self, start: int, end: int) -> str:
        """The text without what was deleted."""
        return self._without(self.deleted, start, end)

    def before(self, start: int, end: int) -> str:
        """The text without what was inserted."""
        return self._without(self.inserted, start, end)

    def _without(self, spans: list[Span], start: int, end: int) -> str:
        kept = []
        for first, last in spans:
            if last <= start or first >= end:
                continue
            kept.append(self.letters[start : max(start, first)])
            start = last
        kept.append(self.letters[start:end])
        return "".join(kept)


def changes(stream: bytes, table: bytes) -> tuple[list[Span], list[Span], list[Span]]:
    """The spans of deleted, of inserted and of hidden letters, as places in the stream. Empty when the table is
    broken."""
    deleted: list[Span] = []
    inserted: list[Span] = []
    hidden: list[Span] = []
    try:
        place, size = struct.unpack_from("<II", stream, 0xFA)
        count = min((size - 4) // 8, _MOST_PAGES)
        pages = struct.unpack_from(f"<{max(count, 0)}I", table, place + 4 * (count + 1))
        for number in dict.fromkeys(pages):
            page = stream[number * _PAGE : (number + 1) * _PAGE]
            for first, last, marks in _runs(page):
                if _DELETED in marks:
                    deleted.append((first, last))
                if _INSERTED in marks:
                    inserted.append((first, last))
                if _HIDDEN in marks:
                    hidden.append((first, last))
    except (struct.error, IndexError):
        pass
    return _apart(deleted), _apart(inserted), _apart(hidden)


def _apart(spans: list[Span]) -> list[Span]:
    """*spans* in order, those that overlap as one."""
    done: list[Span] = []
    for first, last in sorted(spans):
        if done and first <= done[-1][1]:
            done[-1] = (done[-1][0], max(last, done[-1][1]))
        elif last > first:
            done.append((first, last))
    return done


def within(spans: list[Span], start: int, length: int, width: int, at: int) -> list[Span]:
    """Those of *spans* that lie in a piece of *length* letters at *start*, as places in the text, where it is *at*."""
    end = start + length * width
    found: list[Span] = []
    for number in range(max(0, bisect(spans, (start, 0)) - 1), len(spans)):
        first, last = spans[number]
        if first >= end:
            break
        if last > start:
            found.append((at + (max(first, start) - start) // width, at + (min(last, end) - start) // width))
    return found


def _runs(page: bytes) -> Iterator[tuple[int, int, set[int]]]:
    """The runs of letters on a page that were deleted or inserted, or are hidden."""
    count = page[_PAGE - 1]
    places = struct.unpack_from(f"<{count + 1}I", page)
    for number in range(count):
        at = page[4 * (count + 1) + number] * 2
        if at:
            marks = set(_marks(page[at + 1 : at + 1 + page[at]]))
            if marks:
                yield places[number], places[number + 1], marks


def _marks(modifications: bytes) -> Iterator[int]:
    at = 0
    while at + 2 < len(modifications):
        (name,) = struct.unpack_from("<H", modifications, at)
        at += 2
        if name in (_DELETED, _INSERTED, _HIDDEN) and modifications[at] & 1:
            yield name
        at += _OPERANDS[name >> 13] or 1 + modifications[at]
