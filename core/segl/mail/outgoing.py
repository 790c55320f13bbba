"""A message to hand over, which need not be in memory as a whole."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

_CHUNK: Final = 256 * 1024


@dataclass(frozen=True, slots=True)
class Outgoing:
    """*size* in bytes and, to be gone through once, the bytes. ``ascii``: none has its eighth bit set.

    Line ends are CR LF.
    """

    size: int
    pieces: Iterable[bytes]
    ascii: bool

    @classmethod
    def of(cls, message: bytes) -> Outgoing:
        return cls(len(message), [message], message.isascii())

    @classmethod
    def of_parts(cls, *parts: bytes | memoryview) -> Outgoing:
        """Of *parts* that lie in memory and follow each other: they are not put together."""
        size = sum(map(len, parts))
        return cls(size, _chunks(parts), all(chunk.isascii() for chunk in _chunks(parts)))

    def stuffed(self) -> Iterator[bytes]:
        """The bytes as they follow DATA: dots that begin a line doubled, the last line ended, then the final
        dot (RFC 5321 §4.5.2)."""
        last = b"\r\n"  # the two bytes before the next piece
        for piece in self.pieces:
            if not piece:
                continue
            if last[-1:] == b"\n" and piece[:1] == b".":
                yield b"."
            yield piece.replace(b"\n.", b"\n..") if b"\n." in piece else piece
            last = (last + piece[-2:])[-2:]
        yield b".\r\n" if last == b"\r\n" else b"\r\n.\r\n"


def _chunks(parts: Iterable[bytes | memoryview]) -> Iterator[bytes]:
    for part in parts:
        view = memoryview(part)
        for at in range(0, len(view), _CHUNK):
            yield bytes(view[at : at + _CHUNK])
