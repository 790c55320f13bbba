"""What the readers read from: bytes of known size, from any place.

A sealed message (:class:`~segl.sealed.content.SealedContent`) is one; :class:`BytesSource` is one in memory,
for what was found inside a part."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, Protocol

BLOCK: Final = 64 * 1024  # what a sealed message is decrypted by
_KEPT = 3


class Source(Protocol):
    """``size`` bytes. What cannot be read raises :class:`~segl.sealed.content.NotOpened`."""

    @property
    def size(self) -> int: ...

    def read(self, offset: int, length: int) -> bytes:
        """*length* bytes from *offset*, fewer where the source ends."""
        ...

    def chunks(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The bytes from *start* up to *end*, in pieces of at most some hundred KiB."""
        ...


class BytesSource:
    """Bytes in memory as a source."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.size = len(data)

    def read(self, offset: int, length: int) -> bytes:
        return self._data[offset : offset + length]

    def chunks(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        end = self.size if end is None else min(end, self.size)
        for at in range(start, end, BLOCK):
            yield self._data[at : min(at + BLOCK, end)]


class Blocks:
    """A source read in whole blocks, of which the last few are kept: a reader that goes back and forth within
    some lines decrypts each block once."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.size = source.size
        self._kept: dict[int, bytes] = {}

    def block(self, number: int) -> bytes:
        if number not in self._kept:
            if len(self._kept) >= _KEPT:
                del self._kept[next(iter(self._kept))]
            self._kept[number] = self._source.read(number * BLOCK, BLOCK)
        return self._kept[number]

    def read(self, offset: int, length: int) -> bytes:
        end = min(offset + length, self.size)
        pieces: list[bytes] = []
        while offset < end:
            number, skipped = divmod(offset, BLOCK)
            pieces.append(self.block(number)[skipped : skipped + end - offset])
            offset += len(pieces[-1])
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def chunks(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        end = self.size if end is None else min(end, self.size)
        while start < end:
            number, skipped = divmod(start, BLOCK)
            piece = self.block(number)[skipped : skipped + end - start]
            yield piece
            start += len(piece)
