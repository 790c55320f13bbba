"""Where the parts of a multipart body begin and end (RFC 2046 §5.1.1).

A delimiter is a line of two hyphens and the boundary; the last has two more hyphens behind it. What
stands before the first (the preamble) and after the last (the epilogue) is shown by no modern mail
program, but it is sent. Senders forget the last delimiter, the boundary parameter, or use another
boundary than they declare: so a delimiter after the last one still begins a part, and
:func:`guess_boundary` looks for what the body itself uses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

_GUESS = re.compile(
    rb"(?:\A|(?<=[\r\n]))--(?P<boundary>[^\r\n]{1,200}+)(?:\r{0,2}\n|\r)content-[a-z-]{1,40}[ \t]{0,40}:",
    re.IGNORECASE,
)
_BLANKS = b" \t\0"


class Kind(Enum):
    PREAMBLE = "preamble"
    PART = "part"
    EPILOGUE = "epilogue"
    LINE = "delimiter line"  # what stands behind a boundary on its own line


@dataclass(frozen=True, slots=True)
class Section:
    """One stretch of a multipart body, as offsets into its buffer."""

    kind: Kind
    start: int
    end: int


def has_delimiter(buffer: bytes, start: int, end: int, boundary: bytes) -> bool:
    """Whether a delimiter of *boundary* stands in the body."""
    return next(_delimiters(buffer, start, end, boundary), None) is not None


def has_odd_delimiter(buffer: bytes, start: int, end: int, boundary: bytes) -> bool:
    """Whether some delimiter of *boundary* is none to the letter, so that programs differ on it."""
    return any(_is_odd(buffer, after, end) for _, after, _ in _delimiters(buffer, start, end, boundary))


def sections(
    buffer: bytes, start: int, end: int, boundary: bytes, *, strict: bool = False
) -> Iterator[Section]:
    """The body cut at its delimiters, found as they are asked for. Every byte except the delimiters
    themselves is in one section. *strict*: at those alone behind which nothing but blanks stands."""
    kind, position = Kind.PREAMBLE, start
    for line, after, closing in _delimiters(buffer, start, end, boundary):
        if strict and _is_odd(buffer, after, end):
            continue
        if line > position or kind is Kind.PART:
            yield Section(kind, position, max(position, line))
        rest = line_end(buffer, after, end)
        if buffer[after:rest].strip(_BLANKS):
            yield Section(Kind.LINE, after, rest)
        position = _after_newline(buffer, rest, end)
        kind = Kind.EPILOGUE if closing else Kind.PART
    if position < end or kind is Kind.PART:
        yield Section(kind, position, end)


def _delimiters(buffer: bytes, start: int, end: int, boundary: bytes) -> Iterator[tuple[int, int, bool]]:
    """(where the line begins, where the boundary ends, whether it is the last delimiter).

    Behind the boundary blanks may stand, and broken senders put words there too; but "--ab" is no
    delimiter of the boundary "a" (the standard says it is, mail programs that it is not).
    """
    needle = b"--" + boundary
    place = buffer.find(needle, start, end)
    while place >= 0:
        after = place + len(needle)
        at_line_start = place == start or buffer[place - 1] in b"\r\n"
        if at_line_start:
            closing = buffer[after : min(after + 2, end)] == b"--"
            behind = buffer[after + 2 : after + 3] if closing else buffer[after : after + 1]
            if closing or not behind or after >= end or behind in b"\r\n \t\0;":
                yield place, after + 2 if closing else after, closing
        place = buffer.find(needle, after, end)


def _is_odd(buffer: bytes, after: int, end: int) -> bool:
    return bool(buffer[after : line_end(buffer, after, end)].strip(b" \t"))


def guess_boundary(buffer: bytes, start: int, end: int) -> bytes | None:
    """The boundary of the first line that looks like a delimiter with a part's header below it."""
    found = _GUESS.search(buffer, start, end)
    return found["boundary"].rstrip(_BLANKS) or None if found else None


def line_end(buffer: bytes, position: int, end: int) -> int:
    """Where the line at *position* ends: its CR or LF, or *end*."""
    newline = buffer.find(b"\n", position, end)
    stop = newline if newline >= 0 else end
    carriage = buffer.find(b"\r", position, stop)
    return carriage if carriage >= 0 else stop


def _after_newline(buffer: bytes, position: int, end: int) -> int:
    if buffer[position : position + 2] == b"\r\n":
        return min(position + 2, end)
    return min(position + 1, end)
