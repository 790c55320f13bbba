"""Where the paragraphs of a text begin and end. They end at blank lines, but for a table that goes on behind one."""

from __future__ import annotations

import re
from collections.abc import Iterator

from segl_classifier.tables import continued

_PARAGRAPH = re.compile(r"\n[ \t\r>]*\n\s*")


def lines_ended(text: str) -> str:
    """*text* with the line ends of old systems, CR alone, as others; each character stays in its place."""
    return text.replace("\r", "\n") if "\r" in text and "\n" not in text else text


def paragraphs(text: str) -> Iterator[tuple[int, int]]:
    """From where to where the paragraphs of *text* go; those that one table goes on through are one."""
    start = end = last = 0
    lined = False  # whether what goes from start to end has several lines
    for low, high in _between(text):
        if end and continued(text[last:end], text[low:high], lined=lined):
            end, last, lined = high, low, True
            continue
        if end:
            yield start, end
        start, end, last = low, high, low
        lined = text.find("\n", low, high) >= 0
    if end:
        yield start, end


def _between(text: str) -> Iterator[tuple[int, int]]:
    """From where to where the paragraphs of *text* go."""
    start = 0
    for gap in _PARAGRAPH.finditer(text):
        if text[start : gap.start()].strip():
            yield start, gap.start()
        start = gap.end()
    if text[start:].strip():
        yield start, len(text)
