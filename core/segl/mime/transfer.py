"""Content-Transfer-Encoding (RFC 2045 §6): how bytes travel as lines of ASCII, and how they come back.

``base64`` writes three bytes as four of 64 letters, padded with ``=``; ``quoted-printable`` writes most
text as itself, other bytes as ``=XX`` and a line that goes on as ``=`` at its end; ``x-uuencode`` is the
older form with a length letter before each line. ``7bit``, ``8bit`` and ``binary`` change nothing.

Real messages break every rule of this: junk between the letters, padding in the middle, a footer pasted
below a base64 text, a label that is a lie. :func:`decode` never raises and is as forgiving as the most
forgiving mail program; :func:`readings` gives *every* way in which the bytes may reasonably be read, for
where the ways differ a filter must look at all of them.
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from enum import StrEnum

import pybase64

from segl.mime.charset import zero_pattern
from segl.mime.fields import past_comments


class Encoding(StrEnum):
    """A transfer encoding this module can undo."""

    NONE = ""  # 7bit, 8bit, binary, or none declared
    BASE64 = "base64"
    QUOTED = "quoted-printable"
    UU = "x-uuencode"
    UNKNOWN = "unknown"  # a name nobody knows: taken as it stands


NO_SUCH_ENCODING = "a transfer encoding of unknown name"  # what is said of UNKNOWN

_NAMES = {
    "": Encoding.NONE,
    "7bit": Encoding.NONE,
    "8bit": Encoding.NONE,
    "binary": Encoding.NONE,
    "7-bit": Encoding.NONE,
    "8-bit": Encoding.NONE,
    "7bits": Encoding.NONE,
    "8bits": Encoding.NONE,
    "none": Encoding.NONE,
    # Charsets and types that confused programs write here: none of them encodes anything.
    "utf-8": Encoding.NONE,
    "us-ascii": Encoding.NONE,
    "iso-8859-1": Encoding.NONE,
    "text": Encoding.NONE,
    "plain": Encoding.NONE,
    "base64": Encoding.BASE64,
    "base-64": Encoding.BASE64,
    "b": Encoding.BASE64,
    "quoted-printable": Encoding.QUOTED,
    "quoted_printable": Encoding.QUOTED,
    "quotedprintable": Encoding.QUOTED,
    "q": Encoding.QUOTED,
    "x-uuencode": Encoding.UU,
    "x-uue": Encoding.UU,
    "uuencode": Encoding.UU,
    "uue": Encoding.UU,
}
_COMMENT = re.compile(r"\([^()]*\)")
_NAME = re.compile(r"[\w-]+")

_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_BASE64_AND_LINES = _BASE64 + b"\r\n"
_NOT_BASE64 = bytes(b for b in range(256) if b not in _BASE64)

# "=" at a line's end is a soft break also when blanks follow it (RFC 2045 §6.7 rule 3); a bare CR ends a
# line as well. The standard decoder knows neither, and drops the rest of the line in the second case.
_ODD_BREAK = re.compile(rb"=(?:[ \t]+(?:\r?\n|\r|\Z)|\r(?!\n))")
# Escapes no encoder writes, since the character needs none: a sign that the text was never encoded
# and "CPR=301290" stands there as typed.
_NEEDLESS = re.compile(rb"=(?:3[0-9]|0[0-8BCEF]|1[0-9A-Fa-f])")
_SOFT_BREAK = re.compile(rb"=(?:\r?\n|\r)")
_HIGH_ESCAPE = re.compile(rb"=[89A-F][0-9A-F]")
# An escape that a soft line break cuts in two. Some programs take all breaks out before they decode.
_CUT_ESCAPE = re.compile(rb"=[0-9A-Fa-f]?=[ \t]{0,80}+(?:\r?\n|\r)")
_ANY_BREAK = re.compile(rb"=[ \t]{0,80}+(?:\r?\n|\r)")
_FIRST_LINE = re.compile(rb"\s*([A-Za-z0-9+/]{16,}={0,2})\s*(?:[\r\n]|\Z)")
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_LINE, _BETWEEN_PADDING = re.compile(rb"\S+"), re.compile(rb"[^=]+")
_UU_BEGIN = re.compile(rb"^begin [0-7]{3,4} [^\r\n]*\r?\n", re.MULTILINE)


def encoding_named(value: str) -> Encoding:
    """The encoding that a Content-Transfer-Encoding header of this *value* names."""
    if value in _NAMES:
        return _NAMES[value]
    if "=?" in value:  # an encoded word, which some programs decode here as well
        return Encoding.UNKNOWN
    name = _NAME.search(_COMMENT.sub(" ", past_comments(value)).lower())
    return _NAMES.get(name.group() if name else "", Encoding.UNKNOWN)


def decode(data: bytes | memoryview, encoding: Encoding) -> bytes:
    """*data* with *encoding* undone. Never raises: what cannot be decoded is passed over (base64) or
    left as it stands (the others)."""
    raw = bytes(data)
    if encoding is Encoding.BASE64:
        return _from_base64(raw)
    if encoding is Encoding.QUOTED:
        return _from_quoted(raw)
    if encoding is Encoding.UU:
        return _from_uu(raw)
    return raw


def head(data: bytes | memoryview, encoding: Encoding, size: int) -> bytes:
    """The first *size* bytes of what :func:`decode` gives, without decoding the rest."""
    if encoding in (Encoding.NONE, Encoding.UNKNOWN):
        return bytes(data[:size])
    window = size * 4 + 256  # no encoding makes more than four of one, line ends included
    decoded = decode(data[:window], encoding)
    if len(decoded) < size and window < len(data):  # long runs of junk: the hard way
        decoded = decode(data, encoding)
    return decoded[:size]


def decoded_size(data: bytes | memoryview, encoding: Encoding) -> int:
    """About how long the decoded bytes are: exact without encoding, within some percent for base64."""
    return len(data) * 73 // 100 if encoding is Encoding.BASE64 else len(data)


def decoded_ways(data: bytes | memoryview, encoding: Encoding) -> list[bytes]:
    """Every way in which programs undo *encoding*, the usual one first; one way when all is in order."""
    raw = bytes(data)
    ways = [decode(raw, encoding)]
    if encoding is Encoding.BASE64:
        ways += _otherwise_from_base64(raw)
    elif encoding is Encoding.QUOTED and _CUT_ESCAPE.search(raw):
        ways.append(_from_quoted(_ANY_BREAK.sub(b"", raw)))
    return ways


def readings(data: bytes | memoryview, encoding: Encoding) -> list[bytes]:
    """Every way *data* may reasonably be read, the declared one first; one way when all is in order."""
    raw = bytes(data)
    ways = decoded_ways(raw, encoding)
    if encoding is Encoding.BASE64:
        if not is_base64(raw) or _is_noise(ways[0]):
            ways.append(raw)
    elif encoding is Encoding.QUOTED:
        if has_needless_escape(raw):
            ways.append(raw)
    elif encoding is Encoding.UU:
        ways.append(raw)
    else:
        if _undeclared_base64(raw):
            ways.append(_from_base64(raw))
        if _SOFT_BREAK.search(raw) or _HIGH_ESCAPE.search(raw):
            ways.append(_from_quoted(raw))
    return ways


def _from_base64(raw: bytes) -> bytes:
    pad = raw.find(b"=")
    if pad >= 0 and raw[pad:].strip(b"=\r\n\t "):
        # Padding in the middle: several encoded texts one after the other. The standard decoder
        # stops at the first and would drop the others.
        return _piecewise(_BETWEEN_PADDING, raw)
    return _one_base64(raw)


def _piecewise(pieces: re.Pattern[bytes], raw: bytes) -> bytes:
    """What matches *pieces* in *raw*, each decoded by itself. One after another: there may be millions of them."""
    out = bytearray()
    for piece in pieces.finditer(raw):
        out += _from_base64(piece[0])
    return bytes(out)


def _one_base64(piece: bytes) -> bytes:
    try:
        return pybase64.b64decode(piece)
    except binascii.Error:  # cut off: complete the last group of four, or drop its lone first letter
        letters = piece.translate(None, _NOT_BASE64)
        letters = letters[:-1] if len(letters) % 4 == 1 else letters
        return pybase64.b64decode(letters + b"==")


def _otherwise_from_base64(raw: bytes) -> Iterator[bytes]:
    """What else programs make of it: padding that does not stand at the end is passed over, or each line is a text of
    its own, also where lines end within a group of letters."""
    if b"=" in raw.rstrip(b"= \t\r\n\0"):
        yield _one_base64(raw.replace(b"=", b""))
    odd = next((line for line in _LINE.finditer(raw) if len(line[0]) % 4), None)
    if odd and _LINE.search(raw, odd.end()):
        yield _piecewise(_LINE, raw)


def is_base64(raw: bytes) -> bool:
    """Whether *raw* is nothing but base64 lines, with padding only at the very end."""
    rest = raw.translate(None, _BASE64_AND_LINES).strip(b" \t\0")
    return not rest or (rest in (b"=", b"==") and b"=" not in raw.rstrip(b" \t\r\n\0").rstrip(b"="))


def has_needless_escape(raw: bytes) -> bool:
    """Whether *raw* would lose, decoded as quoted-printable, what no encoder would have written so."""
    may = b"=3" in raw or b"=0" in raw or b"=1" in raw
    return may and _NEEDLESS.search(raw) is not None


def _is_noise(decoded: bytes) -> bool:
    """Whether base64 gave no text: "0101901234" is base64 to the letter, and no text comes of it."""
    if _CONTROL.search(decoded, 0, 1024):
        return not zero_pattern(decoded)  # zeros between the letters of UTF-16
    try:
        decoded[:200].decode("utf-8")
    except UnicodeDecodeError:
        return len(decoded) <= 200
    return False


def _undeclared_base64(raw: bytes) -> bool:
    return bool(_FIRST_LINE.match(raw)) and is_base64(raw.strip())


def _from_quoted(raw: bytes) -> bytes:
    if b"=" not in raw:
        return raw
    # A glance, in place of a search.
    odd = b"= " in raw or b"=\t" in raw or raw.count(b"=\r") != raw.count(b"=\r\n")
    return binascii.a2b_qp(_ODD_BREAK.sub(b"=\r\n", raw) if odd else raw)


def _from_uu(raw: bytes) -> bytes:
    begin = _UU_BEGIN.search(raw)
    if not begin:
        return raw
    return uu_lines(raw, begin.end())[0]


def uu_lines(raw: bytes, position: int) -> tuple[bytes, int]:
    """The bytes of the uuencoded lines at *position*, up to ``end`` or the first line that is none, and
    where they end."""
    out: list[bytes] = []
    while position < len(raw):
        newline = raw.find(b"\n", position)
        stop = newline if newline >= 0 else len(raw)
        line = raw[position:stop].rstrip(b"\r")
        if line.rstrip() == b"end":
            return b"".join(out), stop
        decoded = _uu_line(line)
        if decoded is None:
            break
        out.append(decoded)
        position = stop + 1
    return b"".join(out), min(position, len(raw))


def _uu_line(line: bytes) -> bytes | None:
    if not line.strip():
        return b""
    if not 32 <= line[0] <= 96:
        return None
    wanted = ((line[0] - 32) & 63) + 2
    for letters in (line, line[: 1 + wanted // 3 * 4]):  # some encoders pad a line with letters too many
        try:
            return binascii.a2b_uu(letters)
        except binascii.Error:
            continue
    return None
