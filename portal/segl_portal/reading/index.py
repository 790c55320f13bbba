"""Where the parts of a message stand (RFC 2045, RFC 2046): headers and places, no contents.

An entity is a header block and a body. The body of a ``multipart`` holds entities between delimiter lines;
every other body is a leaf, an attached message too: it is offered as the file it was sent as. The walk goes
through the message once, from front to back, with the open multiparts on a stack of its own, and keeps
nothing but offsets and header fields, so a message of any size is indexed in constant memory.

It reads as a forgiving mail program does. A last delimiter that was forgotten, a header without the empty
line behind it, a boundary that is declared and never used (then the one in use is looked for), a delimiter
after the last one: each has its most likely reading. Limits bound how many parts, how deep, and how much of a
header are looked at; ``truncated`` tells that there was more, which nobody loses: the whole message can
always be downloaded."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

from segl.mime.boundaries import guess_boundary
from segl.mime.encoded_words import shown_header
from segl.mime.fields import NEWLINE, Block, read_block
from segl.mime.parameters import Parameters, read_parameters
from segl.mime.transfer import Encoding, encoding_named
from segl_portal.reading.delimiters import LONGEST_BOUNDARY, Delimiter, Delimiters
from segl_portal.reading.source import BLOCK, Blocks, Source

PARTS: Final = 1_000
DEPTH: Final = 30
HEADER_BYTES: Final = 256 * 1024
_WINDOWS = (4 * 1024, 32 * 1024, HEADER_BYTES)  # a header is read in the smallest that holds it
_GUESSED = 4  # multiparts of a message whose boundary is looked for
_DELIMITERS = 10 * PARTS  # lines that begin no part (a last delimiter again and again) are not read for ever
_END_OF_HEADER = re.compile(NEWLINE + NEWLINE)
_PLAIN = Parameters("text/plain", ())
_MESSAGE = Parameters("message/rfc822", ())


@dataclass(frozen=True, slots=True)
class Part:
    """One entity. ``number`` counts from 0, the message itself, in the order of the bytes; ``parent`` is the
    number of the multipart it stands in. The header is ``start`` to ``body``, the body ``body`` to ``end``."""

    number: int
    parent: int | None
    depth: int
    start: int
    body: int
    end: int
    fields: tuple[tuple[str, str], ...]
    kind: Parameters
    placed: Parameters
    encoding: Encoding

    @property
    def content_type(self) -> str:
        """``text/html``; in lower case."""
        return self.kind.value

    @property
    def is_multipart(self) -> bool:
        return self.kind.value.startswith("multipart/")

    @property
    def filename(self) -> str:
        """The name it was sent under, as it stands; ``""`` when there is none."""
        names = self.placed.all("filename", "name") + self.kind.all("name", "filename")
        return next((name for name in names if name.strip()), "")

    @property
    def content_id(self) -> str:
        return self.first("content-id").strip().strip("<>").strip()

    def first(self, name: str) -> str:
        """The value of the first field of this (lower-case) name, undecoded; ``""`` when there is none."""
        return next((value for key, value in self.fields if key == name), "")


@dataclass(frozen=True, slots=True)
class Index:
    """``parts`` in the order of their bytes; the first is the message itself."""

    parts: tuple[Part, ...]
    truncated: bool = False


def index(source: Source) -> Index:
    """The parts of the message in *source*. Ends for any bytes; raises what reading *source* does."""
    walk = _Walk(source)
    walk.run()
    return Index(tuple(walk.parts), walk.truncated)


class _Walk:
    def __init__(self, source: Source) -> None:
        self.parts: list[Part] = []
        self.truncated = False
        self._blocks = Blocks(source)
        self._guesses = _GUESSED
        self._seen = 0

    def run(self) -> None:
        self._entity(0, self._blocks.size, None, Delimiters(self._blocks), _PLAIN)
        at = 0
        while at < len(self.parts):  # multiparts without a part, found while this goes on, too
            part = self.parts[at]
            if part.is_multipart and not self._has_children(part):
                self._guess(part)
            at += 1
        self._renumber()

    def _has_children(self, part: Part) -> bool:
        return any(other.parent == part.number for other in self.parts)

    def _guess(self, part: Part) -> None:
        """Look for the boundary that a multipart without parts uses in truth; else it is one text."""
        boundary = None
        if part.depth >= DEPTH:
            self.truncated = True
        elif self._guesses > 0:
            self._guesses -= 1
            window = self._blocks.read(part.body, min(part.end - part.body, 4 * BLOCK))
            boundary = guess_boundary(window, 0, len(window))
        if boundary and len(boundary) <= LONGEST_BOUNDARY:
            self._sections(part, boundary, Delimiters(self._blocks), part.end)
        if not self._has_children(part):
            self.parts[part.number] = replace(part, kind=_PLAIN)

    def _entity(
        self, start: int, end: int, parent: Part | None, delimiters: Delimiters, default: Parameters
    ) -> None:
        """The entity at *start*, and all that follows up to *end*."""
        part = self._read(start, end, parent, delimiters, default)
        self.parts.append(part)
        boundary = _usable(part.kind)
        if boundary and part.depth < DEPTH:
            self._sections(part, boundary, delimiters, end)

    def _sections(self, top: Part, boundary: bytes, delimiters: Delimiters, end: int) -> None:
        """The parts between the delimiters of *top* and of the multiparts inside it."""
        open_parts = [top]  # in the order of the levels
        delimiters.push(boundary)
        leaf: Part | None = None  # whose end is not known yet
        at = top.body
        while (line := self._next(delimiters, at, end)) is not None:
            if leaf is not None:
                self._close(leaf, line.before)
                leaf = None
            for inner in open_parts[line.level + 1 :]:
                self._close(inner, line.before)
            del open_parts[line.level + 1 :]
            delimiters.cut(line.level)
            at = self._line_after(line.end, end)
            if line.closing:
                continue
            if len(self.parts) >= PARTS:
                self.truncated = True
                break
            parent = open_parts[-1]
            default = _MESSAGE if parent.content_type == "multipart/digest" else _PLAIN
            part = self._read(at, end, parent, delimiters, default)
            self.parts.append(part)
            inner_boundary = _usable(part.kind)
            if inner_boundary and part.depth < DEPTH:
                delimiters.push(inner_boundary)
                open_parts.append(part)
            else:
                leaf = part
            at = part.body

    def _next(self, delimiters: Delimiters, at: int, end: int) -> Delimiter | None:
        self._seen += 1
        if self._seen > _DELIMITERS:
            self.truncated = True
            return None
        return delimiters.find(at, end)

    def _close(self, part: Part, end: int) -> None:
        self.parts[part.number] = replace(self.parts[part.number], end=max(part.body, end))

    def _read(
        self, start: int, end: int, parent: Part | None, delimiters: Delimiters, default: Parameters
    ) -> Part:
        """The header of the entity at *start*. It ends at the latest before the next delimiter."""
        for size in _WINDOWS:
            window = self._blocks.read(start, min(end - start, size))
            blank = _END_OF_HEADER.search(window)
            limit = start + (blank.end() if blank else len(window))
            stop = delimiters.find(start, limit)
            if blank or stop or start + len(window) >= end:
                break
        if stop is not None:
            window = window[: max(stop.before - start, 0)]
        block = _block(window)
        body = start + block.body
        if block.early is not None and block.early_fields == len(block.fields):
            body = start + block.early  # no empty line, and behind the fields stands text
        if stop is None and not blank and start + len(window) < end and block.body >= len(window):
            # A header of a size that no program writes: what is left of it counts as body.
            self.truncated = True
        kinds = [value for name, value in block.fields if name == "content-type"]
        encodings = [value for name, value in block.fields if name == "content-transfer-encoding"]
        placed = [value for name, value in block.fields if name == "content-disposition"]
        kind = read_parameters(kinds[0], shown_header) if kinds else default
        return Part(
            number=len(self.parts),
            parent=None if parent is None else parent.number,
            depth=0 if parent is None else parent.depth + 1,
            start=start,
            body=body,
            end=end,
            fields=block.fields,
            kind=kind if "/" in kind.value else replace(kind, value=default.value),
            placed=read_parameters(placed[0], shown_header) if placed else Parameters("", ()),
            encoding=encoding_named(encodings[0]) if encodings else Encoding.NONE,
        )

    def _line_after(self, at: int, end: int) -> int:
        """Where the line after the one at *at* begins."""
        while at < end:
            piece = self._blocks.read(at, min(BLOCK - at % BLOCK, end - at))
            places = [place for mark in (b"\n", b"\r") if (place := piece.find(mark)) >= 0]
            if not places:
                at += len(piece)
                continue
            at += min(places)
            pair = self._blocks.read(at, 2)
            return min(at + (2 if pair == b"\r\n" else 1), end)
        return end

    def _renumber(self) -> None:
        """Parts in the order of their bytes, also those found by a guessed boundary."""
        order = sorted(self.parts, key=lambda part: (part.start, part.number))
        numbers = {part.number: number for number, part in enumerate(order)}
        self.parts = [
            replace(
                part,
                number=numbers[part.number],
                parent=None if part.parent is None else numbers[part.parent],
            )
            for part in order
        ]


def _block(window: bytes) -> Block:
    """The header that *window* begins with. One without an empty line ends where its own delimiter stands."""
    block = read_block(window, 0, len(window), HEADER_BYTES)
    if block.early is not None:
        kind = next((value for name, value in block.fields if name == "content-type"), "")
        boundary = _usable(read_parameters(kind, shown_header))
        if boundary and (own := re.search(rb"[\r\n]--" + re.escape(boundary), window[: block.body])):
            return read_block(window[: own.start() + 1], 0, own.start() + 1, HEADER_BYTES)
    return block


def _usable(kind: Parameters) -> bytes:
    """The boundary that a Content-Type declares; ``b""`` when there is none that can be used."""
    if not kind.value.startswith("multipart/"):
        return b""
    boundary = kind.first("boundary").encode("latin-1", "replace").rstrip()
    return boundary if len(boundary) <= LONGEST_BOUNDARY else b""
