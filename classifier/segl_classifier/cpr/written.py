"""A text as the detector reads it: lines where they end for the eye, and the rows of its tables whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from segl_classifier.layout.paragraphs import lines_ended, lines_of_cells_ended
from segl_classifier.layout.tidy import KEPT_APART
from segl_classifier.message import Text


@dataclass(frozen=True, slots=True)
class Written:
    """A text as it is read: ``text`` has each row of a table in one line, whatever stands in its cells, so that its
    headings are found; ``lines`` is the same with the lines of its cells apart."""

    text: Text
    lines: str

    @classmethod
    def of(cls, text: Text) -> Written:
        ended = lines_ended(text.text)
        return cls(
            text if ended is text.text else replace(text, text=ended), lines_of_cells_ended(text.text, ended)
        )

    def made(self, change: Callable[[str], str]) -> Written:
        """The same with what *change* makes of it, which puts nothing in the place of an end of a line."""
        if KEPT_APART not in self.lines:
            return self
        changed = change(self.text.text)
        lines = changed if self.lines is self.text.text else change(self.lines)
        return Written(replace(self.text, text=changed), lines if len(lines) == len(changed) else changed)
