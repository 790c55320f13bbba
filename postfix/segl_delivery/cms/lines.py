"""Base64 in lines (RFC 2045 §6.8), written and read piece by piece: a CMS object on its way through mail."""

from __future__ import annotations

import re
from base64 import b64encode
from binascii import Error, a2b_base64
from collections.abc import Iterable, Iterator
from typing import Final

from segl.ber import Damaged, Stream

_LINE: Final = 76
_BYTES: Final = 57  # that make a line
_PIECE: Final = _BYTES * 4096
_BLANK: Final = b" \t\r\n"
_ALPHABET = re.compile(rb"[A-Za-z0-9+/]*={0,2}")


def base64_lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """*pieces* in lines of 76 characters, each ended by CR LF."""
    held = bytearray()
    for piece in pieces:
        held += piece
        while len(held) >= _PIECE:
            yield _lines(held[:_PIECE])
            del held[:_PIECE]
    if held:
        yield _lines(held)


def base64_size(size: int) -> int:
    """How many bytes :func:`base64_lines` makes of *size*."""
    lines, rest = divmod(size, _BYTES)
    return lines * (_LINE + 2) + ((rest + 2) // 3 * 4 + 2 if rest else 0)


class Base64Reader:
    """Reads base64 from *stream* as what it means. Line ends and blanks anywhere are passed over, any other
    foreign character is :class:`~segl.ber.Damaged`; what follows the padding is not read."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._text = b""  # fewer than four characters
        self._plain = bytearray()
        self._ended = False

    def read(self, size: int, /) -> bytes:
        """At most *size* bytes; fewer only at the end."""
        while len(self._plain) < size and not self._ended:
            self._more()
        out = bytes(self._plain[:size])
        del self._plain[:size]
        return out

    def _more(self) -> None:
        read = self._stream.read(_PIECE)
        text = self._text + read.translate(None, _BLANK)
        if (padding := text.find(b"=")) >= 0:
            self._ended = True
            needed = padding + -padding % 4
            while len(text) < needed and (read := self._stream.read(_PIECE)):
                text += read.translate(None, _BLANK)
            text = text[:needed]
        elif not read:
            self._ended = True
        whole = len(text) if self._ended else len(text) // 4 * 4
        self._text, text = text[whole:], text[:whole]
        if not _ALPHABET.fullmatch(text):
            raise Damaged("a character that is not of base64")
        try:
            self._plain += a2b_base64(text)
        except Error:
            raise Damaged("base64 that is cut off") from None


def _lines(data: bytearray) -> bytes:
    text = b64encode(data)
    count, rest = divmod(len(text), _LINE)
    lines = bytearray(b"\r\n") * ((_LINE + 2) // 2 * count)
    for column in range(_LINE):  # column by column: twice as fast as line by line
        lines[column :: _LINE + 2] = text[column : count * _LINE : _LINE]
    if rest:
        lines += text[-rest:] + b"\r\n"
    return bytes(lines)
