"""The delimiter lines of the multiparts that are open, found in a stream (RFC 2046 §5.1.1).

A delimiter is a line of two hyphens and a boundary; the last of a multipart has two more behind. A line that
ends an outer multipart ends all those inside it, whose own last delimiter was forgotten, so at any place all
open boundaries are looked for at once. Encoded parts hold no two hyphens in a row: over them the search goes
as fast as memory is read."""

from __future__ import annotations

import re
from dataclasses import dataclass

from segl_portal.reading.source import BLOCK, Blocks

LONGEST_BOUNDARY = 2_000  # bytes; the standard has 70
_BEFORE = 3  # bytes before a line that are looked at: its line end
_BEHIND = 3  # bytes behind a boundary that tell what the line is


@dataclass(frozen=True, slots=True)
class Delimiter:
    """A delimiter line: ``start`` is its first hyphen, ``before`` where the line before it ends (its line end
    belongs to the delimiter), ``end`` where the boundary ends, ``level`` whose it is."""

    before: int
    start: int
    end: int
    level: int
    closing: bool


class Delimiters:
    """The boundaries of the open multiparts, outermost first, and the search for the next line of any of them."""

    def __init__(self, blocks: Blocks) -> None:
        self._blocks = blocks
        self._boundaries: list[bytes] = []
        self._needles: list[bytes] = []
        self._pattern: re.Pattern[bytes] | None = None

    def __len__(self) -> int:
        return len(self._boundaries)

    def push(self, boundary: bytes) -> None:
        self._set([*self._boundaries, boundary])

    def cut(self, level: int) -> None:
        """Forget the multiparts inside that of *level*."""
        if level + 1 < len(self._boundaries):
            self._set(self._boundaries[: level + 1])

    def _set(self, boundaries: list[bytes]) -> None:
        self._boundaries = boundaries
        self._needles = list(dict.fromkeys(b"--" + boundary for boundary in boundaries))
        longest_first = sorted(dict.fromkeys(boundaries), key=len, reverse=True)
        either = b"|".join(map(re.escape, longest_first))
        self._pattern = re.compile(
            rb"(?:\A|(?<=[\r\n]))--(?P<boundary>" + either + rb")(?:(?P<closing>--)|(?=[\r\n \t\0;])|\Z)"
        )

    def find(self, start: int, end: int) -> Delimiter | None:
        """The first delimiter that begins at or behind *start*, a line's beginning, and before *end*."""
        if self._pattern is None:
            return None
        overlap = max(map(len, self._needles)) + _BEHIND
        at = start
        while at < end:
            # A window up to the next block's end; its last bytes may begin a line that the next one ends.
            stop = min(end, (at // BLOCK + 2) * BLOCK)
            before = min(_BEFORE, at - start)
            window = self._blocks.read(at - before, stop - at + before)
            whole = stop >= end
            if found := self._search(window, before, whole=whole, overlap=overlap):
                return self._told(found, window, at - before, start)
            if whole:
                return None
            at = stop - overlap
        return None

    def _search(self, window: bytes, position: int, *, whole: bool, overlap: int) -> re.Match[bytes] | None:
        places = [place for needle in self._needles if (place := window.find(needle, position)) >= 0]
        if not places or self._pattern is None:
            return None
        # \A is the window's beginning: a line's beginning only in the first window, where position is 0.
        found = self._pattern.search(window, max(min(places) - 1, min(position, 1)))
        if (
            found
            and not whole
            and found.end() > len(window) - overlap
            and found.start() >= len(window) - overlap
        ):
            return None  # the next window begins with it
        return found

    def _told(self, found: re.Match[bytes], window: bytes, base: int, start: int) -> Delimiter:
        line = found.start()
        ending = line
        if window[ending - 1 : ending] == b"\n":
            ending -= 1
            if window[ending - 1 : ending] == b"\r":
                ending -= 1
        elif window[ending - 1 : ending] == b"\r":
            ending -= 1
        boundary = found["boundary"]
        level = len(self._boundaries) - 1 - self._boundaries[::-1].index(boundary)
        return Delimiter(
            before=max(start, base + ending),
            start=base + line,
            end=base + found.end("boundary") + (2 if found["closing"] else 0),
            level=level,
            closing=found["closing"] is not None,
        )
