"""Netstrings: how a byte string is put on a stream so that the reader knows where it ends.

A netstring is the length in decimal digits, a colon, that many bytes, and a comma: ``5:hello,``
(D. J. Bernstein, https://cr.yp.to/proto/netstrings.txt). There is no escaping and nothing between two of
them, so several requests can lie in one packet, and one request in several. A length has no leading zero, and
a reader states the greatest length it takes before it has read that much.
"""

from __future__ import annotations

from segl.errors import ProtocolError


def encode(data: bytes) -> bytes:
    """*data* as one netstring."""
    return b"%d:%b," % (len(data), data)


class Decoder:
    """Cuts a stream, fed in pieces of any size, into the strings it carries.

    Holds at most one unfinished string. After a :class:`~segl.errors.ProtocolError` the stream cannot be
    understood any more: the connection has to be closed.
    """

    def __init__(self, limit: int) -> None:
        """*limit* is the greatest length in bytes that is taken."""
        self._limit = limit
        self._digits = len(str(limit))
        self._buffer = bytearray()

    @property
    def unfinished(self) -> bool:
        """Whether a string has begun and not ended."""
        return bool(self._buffer)

    def feed(self, data: bytes) -> list[bytes]:
        """The strings that *data* completes, in order. Raises :class:`~segl.errors.ProtocolError`."""
        self._buffer += data
        complete: list[bytes] = []
        start = 0
        while (end := self._end_of(start)) is not None:
            begin = self._buffer.index(b":", start) + 1
            complete.append(bytes(self._buffer[begin:end]))
            start = end + 1
        del self._buffer[:start]
        return complete

    def _end_of(self, start: int) -> int | None:
        """Where the comma of the string that begins at *start* stands; ``None`` when it has not come yet."""
        colon = self._buffer.find(b":", start, start + self._digits + 1)
        digits = bytes(
            self._buffer[start : start + self._digits + 1] if colon < 0 else self._buffer[start:colon]
        )
        if (digits and not digits.isdigit()) or (colon == start):
            raise ProtocolError("bad netstring", "a netstring begins with its length in digits")
        if len(digits) > 1 and digits.startswith(b"0"):
            raise ProtocolError("bad netstring", "the length of a netstring has a leading zero")
        if len(digits) > self._digits or (colon >= 0 and int(digits) > self._limit):
            raise ProtocolError("netstring too long", f"a netstring of more than {self._limit} bytes")
        if colon < 0:
            return None
        end = colon + 1 + int(digits)
        if end >= len(self._buffer):
            return None
        if self._buffer[end] != 0x2C:
            raise ProtocolError("bad netstring", "a netstring does not end with a comma")
        return end
