"""Tracked changes of an OpenDocument text (ODF 1.3 part 3 §5.5): deleted text put back where it stood.

What was deleted waits at the beginning of the document in a region with a name; in its place stands a mark with that
name. Half a number that was deleted says nothing by itself, so a paragraph with such marks is read as it was, too.

A flat document of LibreOffice has it in its place, between marks like those round what was inserted, which may stand in
the middle of a number or right behind it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class _Mark(NamedTuple):
    """A mark in the paragraph of this *depth* behind so many of its *pieces*: ``text`` was deleted there; without one
    an insertion begins or, ``ends`` being true, ends; ``shown``: deleted text begins in its place."""

    depth: int
    pieces: int
    text: str
    ends: bool = False
    shown: bool = False


class Changes:
    """The regions of one part, and the marks of the paragraphs that are open."""

    def __init__(self) -> None:
        self.before: list[str] = []  # paragraphs as they were before their changes
        self._region = ""
        self._deleted: dict[str, str] = {}
        self._inserted: set[str] = set()
        self._shown: set[str] = set()  # regions of deleted text that stands in its place
        self._first = 0
        self._marks: list[_Mark] = []

    def region(self, name: str) -> None:
        """A region begins."""
        self._region = name

    def inserts(self) -> None:
        """The region at hand is one of inserted text, which stands in its paragraph."""
        self._inserted.add(self._region)

    def deletion(self, lines: Sequence[str]) -> None:
        """Deleted text begins behind *lines*."""
        self._first = len(lines)

    def deleted(self, lines: Sequence[str]) -> None:
        """Deleted text ends with the last of *lines*."""
        text = "\n".join(lines[self._first :])
        if text:
            self._deleted[self._region] = text
        else:
            self._shown.add(self._region)

    def mark(self, kind: str, name: str, paragraphs: Sequence[Sequence[str]]) -> int:
        """The element *kind* of the region *name* in the innermost of *paragraphs*: how many letters it puts back."""
        if not paragraphs:
            return 0
        depth, pieces = len(paragraphs), len(paragraphs[-1])
        text = self._deleted.pop(name, "") if kind == "change" else ""
        if text or (kind != "change" and name in self._inserted):
            self._marks.append(_Mark(depth, pieces, text, kind == "change-end"))
        elif kind == "change-start" and name in self._shown:
            self._marks.append(_Mark(depth, pieces, "", ends=True, shown=True))
        return len(text)

    def end(self, depth: int, pieces: Sequence[str]) -> None:
        """The paragraph of this *depth* ends, which consists of *pieces*."""
        marks: list[_Mark] = []
        while self._marks and self._marks[-1].depth >= depth:
            marks.append(self._marks.pop())
        if not any(mark.text or mark.shown for mark in marks):
            return
        whole: list[str] = []
        done, inserted = 0, False
        for mark in reversed(marks):
            whole += [] if inserted else pieces[done : mark.pieces]
            whole.append(mark.text)
            done = mark.pieces
            inserted = inserted if mark.text else not mark.ends
        whole += [] if inserted else pieces[done:]
        self.before.append("".join(whole))
