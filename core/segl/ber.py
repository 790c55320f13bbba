"""BER (X.690), read from a stream: the frame of a CMS message without its content in memory.

An element is a tag, a length and that many bytes; a *constructed* element's bytes are elements again. DER
writes every length out. BER may leave it open (*indefinite length*): then the element goes on until an
*end-of-contents* element, two zero bytes. And it may write an octet string as a row of shorter ones. Mail
programs do both, since they need not know beforehand how long a message will be.

:class:`Reader` walks such a frame from left to right. What is small is taken :meth:`~Reader.whole`, with all
lengths written out, for asn1crypto to read; what is large comes in :meth:`~Reader.pieces`. Nothing is
believed: a claimed length costs nothing before the bytes are there, depth and sizes are bounded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final, Protocol

DEEPEST: Final = 24  # elements inside each other; certificates, which are not walked through, go deeper
SMALL: Final = 1024 * 1024  # bytes: the most a small part may have
PIECE: Final = 256 * 1024

Piece = bytes | memoryview

INTEGER, OCTETS, OID, SEQUENCE, SET = 0x02, 0x04, 0x06, 0x30, 0x31
CONSTRUCTED: Final = 0x20
_END_OF_CONTENTS: Final = 0x00


class Damaged(ValueError):
    """The bytes are no such structure, or it is larger or deeper than we read."""


def context(number: int, *, constructed: bool = True) -> int:
    """The tag ``[number]`` of the context-specific class."""
    return 0x80 | number | (CONSTRUCTED if constructed else 0)


class Stream(Protocol):
    """Where a message is read from: an open file, or anything like it."""

    def read(self, size: int, /) -> bytes:
        """At most *size* bytes; none only at the end."""
        ...


class InMemory:
    """A message that is in memory already: its pieces are looked at where they lie."""

    def __init__(self, data: Piece) -> None:
        self._view = memoryview(data)

    def read(self, size: int, /) -> bytes:
        return bytes(self.view(size))

    def view(self, size: int) -> memoryview:
        found, self._view = self._view[:size], self._view[size:]
        return found


class Reader:
    """Walks the elements of *message*. Raises :class:`Damaged` from any method."""

    def __init__(self, message: bytes | Stream) -> None:
        self._stream = InMemory(message) if isinstance(message, bytes) else message
        self._at = 0
        self._ends: list[int | None] = []  # where each open element ends; None: at an end-of-contents
        self._next: tuple[int, int | None] | None = None  # a header read ahead

    def peek(self) -> int | None:
        """The tag of the next element; ``None`` at the end of the open one."""
        if self._next is None:
            end = self._ends[-1] if self._ends else None
            if end is not None and self._at >= end:
                return None
            self._next = self._header()
        tag = self._next[0]
        if tag == _END_OF_CONTENTS:
            if not self._ends or self._ends[-1] is not None or self._next[1] != 0:
                raise Damaged("an end-of-contents where none belongs")
            return None
        return tag

    def enter(self, tag: int) -> None:
        """Step into the next element, which must be a constructed one with this *tag*."""
        length = self._take(tag)
        if len(self._ends) >= DEEPEST:
            raise Damaged("nested too deep")
        self._ends.append(None if length is None else self._at + length)

    def leave(self) -> None:
        """Step out of the open element, which must have been read to its end."""
        if self.peek() is not None:
            raise Damaged("an element has more in it than it should")
        self._next = None
        self._ends.pop()

    def whole(self, limit: int = SMALL) -> bytes:
        """The next element, header included, at most *limit* bytes.

        A length left open is written out, and octet strings in pieces are joined; the content of an element
        with a length comes byte for byte as it is.
        """
        tag = self.peek()
        if tag is None:
            raise Damaged("an element is missing")
        length = self._take(tag)
        if length is not None:
            if length > limit:
                raise Damaged("a part is too large")
            return header(tag, length) + self._exactly(length)
        return self._open_ended(tag, limit)

    def pieces(self, tag: int) -> Iterator[Piece]:
        """The content of the octet string that comes next, *tag* being that of its primitive form. Must be
        read to its end before the reader is used again."""
        found = self.peek()
        if found == tag:
            length = self._take(tag)
            if length is None:
                raise Damaged("a primitive element without length")
            while length > 0:
                size = min(length, PIECE)
                yield self._view(size)
                length -= size
            return
        self.enter(tag | CONSTRUCTED)
        depth = 1
        while depth:
            found = self.peek()
            if found is None:
                self.leave()
                depth -= 1
            elif found == OCTETS:
                yield from self.pieces(OCTETS)
            else:
                self.enter(OCTETS | CONSTRUCTED)
                depth += 1

    def _open_ended(self, tag: int, limit: int) -> bytes:
        if not tag & CONSTRUCTED or len(self._ends) >= DEEPEST:
            raise Damaged("a primitive element without length, or nested too deep")
        self._ends.append(None)
        parts: list[bytes] = []
        size = 0
        while self.peek() is not None:
            parts.append(self.whole(limit - size))
            size += len(parts[-1])
        self.leave()
        return joined(tag, parts)

    def _take(self, tag: int) -> int | None:
        if self.peek() != tag or self._next is None:
            raise Damaged("another element than expected")
        length, self._next = self._next[1], None
        return length

    def _header(self) -> tuple[int, int | None]:
        tag, first = self._exactly(2)
        if tag & 0x1F == 0x1F:
            raise Damaged("a tag of more than one byte")
        length: int | None = first
        if first == 0x80:
            length = None
        elif first > 0x80:
            if first > 0x88:
                raise Damaged("a length of more than eight bytes")
            length = int.from_bytes(self._exactly(first & 0x7F), "big")
        end = next((end for end in reversed(self._ends) if end is not None), None)
        if length is not None and end is not None and self._at + length > end:
            raise Damaged("an element is longer than what it stands in")
        return tag, length

    def _view(self, count: int) -> Piece:
        if not isinstance(self._stream, InMemory):
            return self._exactly(count)
        found = self._stream.view(count)
        if len(found) < count:
            raise Damaged("the message ends too early")
        self._at += count
        return found

    def _exactly(self, count: int) -> bytes:
        data = self._stream.read(count)
        while len(data) < count:
            more = self._stream.read(count - len(data))
            if not more:
                raise Damaged("the message ends too early")
            data += more
        self._at += count
        return data


def header(tag: int, length: int) -> bytes:
    """Tag and length as DER writes them."""
    if length < 0x80:
        return bytes((tag, length))
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets


def element(tag: int, *parts: bytes) -> bytes:
    """One element in DER, its content being *parts*."""
    return b"".join([header(tag, sum(map(len, parts))), *parts])


def joined(tag: int, parts: Iterable[bytes]) -> bytes:
    """A constructed element of *parts*, or the primitive octet string they make together."""
    parts = list(parts)
    if tag == OCTETS | CONSTRUCTED:
        return element(OCTETS, *(content_of(part, OCTETS) for part in parts))
    return element(tag, *parts)


def content_of(data: bytes, tag: int) -> bytes:
    """What stands in *data*, which is one element with *tag* and a length written out."""
    found, start, end = _bounds(data, 0)
    if found != tag or end != len(data):
        raise Damaged("another element than expected")
    return data[start:end]


def children(content: bytes) -> list[bytes]:
    """The elements, all of definite length, that *content* is a row of."""
    found: list[bytes] = []
    at = 0
    while at < len(content):
        _, _, end = _bounds(content, at)
        found.append(content[at:end])
        at = end
    return found


def _bounds(data: bytes, at: int) -> tuple[int, int, int]:
    """``(tag, start of the content, end)`` of the element at *at*."""
    if len(data) - at < 2:
        raise Damaged("an element is cut off")
    tag, first = data[at], data[at + 1]
    start = at + 2
    if first == 0x80 or first > 0x84 or tag & 0x1F == 0x1F:
        raise Damaged("an element without a plain length")
    length = first
    if first > 0x80:
        start += first & 0x7F
        length = int.from_bytes(data[at + 2 : start], "big")
    if start + length > len(data):
        raise Damaged("an element is cut off")
    return tag, start, start + length
