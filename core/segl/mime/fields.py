"""The header block of a message or MIME part (RFC 5322 §2.2), read from raw bytes.

A field is ``name: value``; a line that begins with a blank continues the one before; an empty line ends
the block. The bytes of a value are kept one to one as Latin-1 characters until something knows how to
decode them (:mod:`.encoded_words`, :mod:`.parameters`), for headers carry raw 8-bit text as well.

Where programs differ on a broken block, nothing is thrown away: a line that is no field is kept as
*junk*, and the place of the first such line is told, because some programs begin the body there and
others read on to the empty line.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

# One line end: CRLF, LF, a bare CR, and the CRCRLF that broken gateways write. Atomic, so that the CR
# of a CRLF is never taken for a line of its own.
NEWLINE = rb"(?>\r{0,2}\n|\r)"
_BLANK_LINE = re.compile(NEWLINE + NEWLINE)
_EMPTY_LINE = re.compile(NEWLINE)
_FOLD = re.compile(NEWLINE + rb"(?=[ \t])")
_NAME = re.compile(r"[!-9;-~]++[ \t\v\f\xa0]*+")
# Before the colon: to some programs the field is one, to others the body begins.
_ODD_BLANKS = ("\v", "\f", "\xa0")
_REMEMBERED = 80  # longer names are not kept in mind
_MBOX = re.compile(rb">?From [^\r\n]*" + NEWLINE)


@dataclass(frozen=True, slots=True)
class Block:
    """A header block. ``fields`` are (name in lower case, value in Latin-1) in order; ``body`` is where
    the body begins; ``junk`` holds the lines that are no fields, and ``early`` where a program that ends
    the block at the first of them begins the body, with ``early_fields`` as the fields before it."""

    fields: tuple[tuple[str, str], ...]
    body: int
    junk: tuple[str, ...] = ()
    early: int | None = None
    early_fields: int = 0
    cut: bool = False

    def all(self, name: str) -> list[str]:
        """The values of every field of this (lower-case) name."""
        return [value for key, value in self.fields if key == name]


def read_block(buffer: bytes, start: int, end: int, limit: int) -> Block:
    """The header block that begins at *start*. At most *limit* bytes of it are read (``cut`` tells of
    more); the body is found all the same. Linear in the length of the block."""
    if buffer[start : start + 1] in b"F>" and (mbox := _MBOX.match(buffer, start, end)):
        start = mbox.end()  # the separator line of a mailbox file
    if blank := _EMPTY_LINE.match(buffer, start, end):
        return Block((), blank.end())
    usual = _usual(buffer, start, end, limit)
    if usual is not None:
        return _lines(buffer, start, *usual, cut=False)
    blank = _BLANK_LINE.search(buffer, start, end)
    stop, body = (blank.start(), blank.end()) if blank else (end, end)
    cut = stop - start > limit
    if cut:
        stop = start + limit
    unfolded = _FOLD.sub(b"", buffer[start:stop])
    return _lines(buffer, start, stop, body, unfolded.replace(b"\r\n", b"\n").replace(b"\r", b"\n"), cut=cut)


def _usual(buffer: bytes, start: int, end: int, limit: int) -> tuple[int, int, bytes] | None:
    """The same for a block whose lines all end alike, in CRLF or LF, without regular expressions: where
    it ends, where the body begins, and its unfolded lines; ``None`` for any other block."""
    stop = buffer.find(b"\r\n\r\n", start, min(end, start + limit))
    if stop >= 0:
        block = buffer[start:stop]
        if block.count(b"\r\n") == block.count(b"\n") == block.count(b"\r"):
            lines = block.replace(b"\r\n ", b" ").replace(b"\r\n\t", b"\t").replace(b"\r\n", b"\n")
            return stop, stop + 4, lines
        return None
    stop = buffer.find(b"\n\n", start, min(end, start + limit))
    if stop >= 0 and buffer.find(b"\r", start, stop) < 0:
        lines = buffer[start:stop].replace(b"\n ", b" ").replace(b"\n\t", b"\t")
        return stop, stop + 2, lines
    return None


def _lines(buffer: bytes, start: int, stop: int, body: int, lines: bytes, *, cut: bool) -> Block:
    fields: list[tuple[str, str]] = []
    junk: list[str] = []
    early: int | None = None
    early_fields = 0
    first, _, rest = lines.decode("latin-1").partition("\n")
    led = first.lstrip(" \t")
    if led != first and ":" in led:  # it continues nothing, or is a field all the same
        early, junk, first = start, [first], led
    for line in (first, *rest.split("\n")):
        written, colon, value = line.partition(":")
        name = (_name(written) if len(written) <= _REMEMBERED else _as_name(written)) if colon else ""
        if not name or written.endswith(_ODD_BLANKS):
            if not line.strip():
                continue
            if early is None:
                early = _place(buffer, start, stop, line)
                early_fields = len(fields)
            junk.append(line)
        if name:
            fields.append((name, value.strip(" \t")))
    return Block(tuple(fields), body, tuple(junk), early, early_fields, cut)


def past_comments(value: str) -> str:
    """The *value* of a field behind the comments that it begins with (RFC 5322 §3.2.2), nested ones too; as it is, when
    the last of them has no end."""
    at = depth = 0
    while at < len(value):
        sign = value[at]
        if sign == "(":
            depth += 1
        elif not depth and not sign.isspace():
            return value[at:]
        elif sign == ")":
            depth -= 1
        elif sign == "\\":
            at += 1
        at += 1
    return value


def _as_name(written: str) -> str:
    """The field name *written* in lower case, ``""`` when none is written so."""
    return written.rstrip(" \t\v\f\xa0").lower() if _NAME.fullmatch(written) else ""


_name = lru_cache(maxsize=1024)(_as_name)  # the same few names stand in every message


def _place(buffer: bytes, start: int, stop: int, line: str) -> int:
    """Where *line*, unfolded, begins in the buffer: its first line is there as it stands."""
    first = line.encode("latin-1")[:60]
    place = buffer.find(first, start, stop)
    return place if place >= 0 else start
