"""Lines and message data on a connection, exactly (RFC 5321 §2.3.8, §4.5.2).

A line ends with CR LF and with nothing else. The data of a message ends with a line that is a single dot:
the five bytes CR LF ``.`` CR LF, or ``.`` CR LF at once for an empty message. Accepting a bare LF or CR
there is what SMTP smuggling lives on. The sender doubled a dot at the start of a line; it is taken off
again. All other bytes are handed on as they are: bare LF and CR, NUL, eight-bit, lines of any length.
"""

from __future__ import annotations

import asyncio
from typing import Final

_PIECE: Final = 256 * 1024
_END: Final = b"\r\n.\r\n"


class LineTooLong(Exception):
    """The line was read to its end and dropped."""


class Closed(Exception):
    """The peer is gone, or silent for too long."""


class Wire:
    """One connection's incoming bytes. Raises :class:`Closed` from any method."""

    def __init__(self, reader: asyncio.StreamReader, idle_seconds: float) -> None:
        self._reader = reader
        self._idle = idle_seconds
        self._buffer = bytearray()

    async def line(self, limit: int) -> bytes:
        """The next line without its end. Raises :class:`LineTooLong`."""
        seen, too_long = 0, False
        while (at := self._buffer.find(b"\r\n", max(0, seen - 1))) < 0:
            seen = len(self._buffer)
            if seen > limit + 1:  # its CR may be there already
                too_long = True
                del self._buffer[:-1]  # a CR may be the last byte
                seen = 1
            self._buffer += await self._more()
        line = bytes(self._buffer[:at])
        del self._buffer[: at + 2]
        if too_long or len(line) > limit:
            raise LineTooLong
        return line

    async def data(self, limit: int) -> bytes | None:
        """The message up to the final dot, dot-stuffing undone; ``None`` when it has more than *limit*
        bytes (it is then read to its end and dropped)."""
        held, self._buffer = self._buffer, bytearray()
        # On the wire: at most every line, of three bytes, had its dot doubled.
        most = limit + limit // 3 + len(_END)
        too_large, searched = False, 0
        while True:
            if not too_large and held.startswith(b".\r\n"):
                end, after = 0, 3
                break
            found = held.find(_END, max(0, searched - len(_END) + 1))
            if found >= 0:
                end, after = found + 2, found + len(_END)
                break
            if len(held) > most:
                too_large = True
                del held[: -(len(_END) - 1)]
            searched = len(held)
            held += await self._more()
        self._buffer = held[after:]
        del held[end:]
        if too_large:
            return None
        content = unstuffed(held)
        return content if len(content) <= limit else None

    async def _more(self) -> bytes:
        try:
            async with asyncio.timeout(self._idle):
                piece = await self._reader.read(_PIECE)
        except (TimeoutError, OSError):
            raise Closed from None
        if not piece:
            raise Closed
        return piece


def unstuffed(data: bytearray) -> bytes:
    """*data* without the dot that stands first on a line (RFC 5321 §4.5.2)."""
    if b"\r\n." in data:
        data = data.replace(b"\r\n.", b"\r\n")
    if data.startswith(b"."):
        del data[:1]
    return bytes(data)
