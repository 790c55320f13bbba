"""Transfer encodings undone while the bytes stream by (RFC 2045 §6): the bytes of
:func:`segl.mime.transfer.decode`, in constant memory.

Each decoder takes pieces cut anywhere and holds back what cannot be judged before the next piece has come:
some letters of base64, an escape, a line. What it holds back is bounded; text of one endless line is cut
where no escape is."""

from __future__ import annotations

import binascii
from collections.abc import Iterable, Iterator
from typing import Final

from segl.mime.transfer import Encoding, decode, uu_lines
from segl_portal.reading.index import Part
from segl_portal.reading.source import Source

_LETTERS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_NO_LETTERS: Final = bytes(byte for byte in range(256) if byte not in _LETTERS + b"=")
_LINES_BEFORE = 200  # as many may stand before a uuencoded file
_LONGEST_LINE = 64 * 1024  # held back at most, waiting for its end


def decoded(source: Source, part: Part) -> Iterator[bytes]:
    """The body of *part* as its sender's program had it, in pieces."""
    return undone(source.chunks(part.body, part.end), part.encoding)


def decoded_head(source: Source, part: Part, size: int) -> bytes:
    """The first *size* bytes of that, without decoding what follows."""
    head = b""
    for piece in undone(source.chunks(part.body, part.end), part.encoding):
        head += piece
        if len(head) >= size:
            break
    return head[:size]


def decoded_size(source: Source, part: Part) -> int:
    """How many bytes :func:`decoded` gives: exact, in constant memory."""
    if part.encoding in (Encoding.NONE, Encoding.UNKNOWN):
        return part.end - part.body
    if part.encoding is not Encoding.BASE64:
        return sum(map(len, decoded(source, part)))
    letters, padded = 0, False
    for piece in source.chunks(part.body, part.end):
        known = piece.translate(None, _NO_LETTERS)
        kept = known.rstrip(b"=")
        if b"=" in kept or (padded and kept):  # padding in the middle: only decoding tells
            return sum(map(len, decoded(source, part)))
        padded = padded or len(kept) < len(known)
        letters += len(kept)
    return letters // 4 * 3 + max(letters % 4 - 1, 0)


def undone(pieces: Iterable[bytes], encoding: Encoding) -> Iterator[bytes]:
    """*pieces* with *encoding* undone; never an empty piece."""
    match encoding:
        case Encoding.BASE64:
            out = _base64(pieces)
        case Encoding.QUOTED:
            out = _quoted(pieces)
        case Encoding.UU:
            out = _uu(pieces)
        case _:
            out = iter(pieces)
    return (piece for piece in out if piece)


def _base64(pieces: Iterable[bytes]) -> Iterator[bytes]:
    held = b""
    for piece in pieces:
        letters = held + piece.translate(None, _NO_LETTERS)
        if b"=" in letters:  # padding ends a text; another may follow
            *ended, letters = letters.split(b"=")
            yield b"".join(map(_to_the_end, ended))
        whole = len(letters) // 4 * 4
        yield binascii.a2b_base64(letters[:whole])
        held = letters[whole:]
    yield _to_the_end(held)


def _to_the_end(letters: bytes) -> bytes:
    """The last letters of a text, padding or not; one alone says nothing."""
    if len(letters) % 4 == 1:
        letters = letters[:-1]
    return binascii.a2b_base64(letters + b"==") if letters else b""


def _quoted(pieces: Iterable[bytes]) -> Iterator[bytes]:
    held = b""
    for piece in pieces:
        held += piece
        cut = held.rfind(b"\n") + 1
        if not cut and len(held) > _LONGEST_LINE:
            cut = _before_an_escape(held)
        yield decode(held[:cut], Encoding.QUOTED)
        held = held[cut:]
    yield decode(held, Encoding.QUOTED)


def _before_an_escape(line: bytes) -> int:
    """Where *line* can be cut without dividing an escape, or a soft line break with blanks behind it."""
    end = len(line.rstrip(b" \t\r"))
    escape = line.find(b"=", max(end - 2, 0), end)
    return escape if escape > 0 else end or len(line)


def _uu(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """From ``begin`` to ``end``; a body without them is given as it stands."""
    lines = _whole_lines(pieces)
    before: list[bytes] = []
    for line in lines:
        if _begins(line):
            break
        before.append(line)
        if len(before) > _LINES_BEFORE:
            yield b"".join(before)
            yield from lines
            return
    else:
        yield b"".join(before)
        return
    for line in lines:
        data, _ = uu_lines(line, 0)
        if line.rstrip() == b"end" or (not data and line.strip() not in (b"", b"`")):
            return
        yield data


def _begins(line: bytes) -> bool:
    words = line.split(None, 2)
    return len(words) == 3 and words[0] == b"begin" and words[1].isdigit() and len(words[1]) in (3, 4)


def _whole_lines(pieces: Iterable[bytes]) -> Iterator[bytes]:
    held = b""
    for piece in pieces:
        *whole, held = (held + piece).split(b"\n")
        for line in whole:
            yield line + b"\n"
        if len(held) > _LONGEST_LINE:
            yield held
            held = b""
    if held:
        yield held
