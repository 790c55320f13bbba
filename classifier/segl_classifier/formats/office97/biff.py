"""The records of Excel files before 2007 (MS-XLS §2.1.4), type, length and data, and the strings in them.

A record longer than 8,224 bytes goes on in records of type ``CONTINUE``. Where a text is cut by one, the new record
begins with a byte that says anew whether a letter has one byte or two.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

CONTINUE = 0x3C
_WIDE, _EXTENDED, _RICH = 0x01, 0x04, 0x08
_HEAD = struct.Struct("<HH")


def records(stream: bytes) -> Iterator[tuple[int, int, list[bytes]]]:
    """Every record as its place, its type, and its data with those of its continuations behind."""
    at, end = 0, len(stream)
    while at + 4 <= end:
        start = at
        kind, size = _HEAD.unpack_from(stream, at)
        pieces = [stream[at + 4 : at + 4 + size]]
        at += 4 + size
        while stream[at : at + 2] == b"\x3c\0" and at + 4 <= end:
            size = _HEAD.unpack_from(stream, at)[1]
            pieces.append(stream[at + 4 : at + 4 + size])
            at += 4 + size
        yield start, kind, pieces


def string(data: bytes, place: int, *, short: bool = False) -> str:
    """The string at *place*, its length in one byte (*short*) or two."""
    if short:
        length, place = data[place], place + 1
    else:
        (length,) = struct.unpack_from("<H", data, place)
        place += 2
    flags = data[place]
    place += 1 + (2 if flags & _RICH else 0) + (4 if flags & _EXTENDED else 0)
    if flags & _WIDE:
        return data[place : place + 2 * length].decode("utf-16-le", "replace")
    return data[place : place + length].decode("latin-1")


class Strings:
    """Strings read over the borders of their records, above all the table of shared ones."""

    def __init__(self, pieces: list[bytes], most: int = 0) -> None:
        self._pieces = pieces
        self._most = most
        self._number = 0
        self._at = 0
        self.full = False

    def read(self) -> list[str]:
        """All strings; fewer, when the table breaks off or holds more than *most* letters."""
        found: list[str] = []
        try:
            (count,) = struct.unpack_from("<I", self._take(8), 4)
            for _ in range(count):
                text = self.next()
                self._most -= len(text) + 8
                if self._most < 0:
                    self.full = True
                    break
                found.append(text)
        except (struct.error, IndexError, EOFError):
            pass
        return found

    def take(self, size: int) -> bytes:
        """The next *size* bytes, which are no letters. May raise ``EOFError``."""
        return self._take(size)

    def of_length(self, length: int) -> str:
        """The string that begins here without its length. May raise ``EOFError`` and ``IndexError``."""
        return self._letters(length, bool(self._take(1)[0] & _WIDE))

    def next(self) -> str:
        """The string that begins here, its length in two bytes. May raise ``EOFError`` and ``struct.error``."""
        length, flags = struct.unpack("<HB", self._take(3))
        runs = struct.unpack("<H", self._take(2))[0] if flags & _RICH else 0
        more = struct.unpack("<I", self._take(4))[0] if flags & _EXTENDED else 0
        letters = self._letters(length, bool(flags & _WIDE))
        self._skip(4 * runs + more)
        return letters

    def _letters(self, length: int, wide: bool) -> str:
        found = ""
        while True:
            width = 2 if wide else 1
            piece = self._pieces[self._number]
            here = piece[self._at : self._at + length * width]
            self._at += len(here)
            found += here.decode("utf-16-le" if wide else "latin-1", "replace")
            length -= len(here) // width
            if length <= 0:
                return found
            self._next()
            wide = bool(self._take(1)[0] & _WIDE)

    def _take(self, size: int) -> bytes:
        taken = self._pieces[self._number][self._at : self._at + size]
        self._at += len(taken)
        while len(taken) < size:
            self._next()
            more = self._pieces[self._number][: size - len(taken)]
            self._at = len(more)
            taken += more
        return taken

    def _skip(self, size: int) -> None:
        while size > (left := len(self._pieces[self._number]) - self._at):
            size -= left
            self._next()
        self._at += size

    def _next(self) -> None:
        self._number += 1
        self._at = 0
        if self._number >= len(self._pieces):
            raise EOFError
