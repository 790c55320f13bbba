"""Encoded words (RFC 2047): text other than ASCII in header fields.

``=?charset?B?base64?=`` or ``=?charset?Q?quoted?=``; white space between two of them is not shown. The
standard has each hold whole characters; programs cut in the middle of them all the same, so the bytes of
neighbours in one charset are put together before they are decoded. Broken words stay as they are, and
what stands between is raw text in whatever charset (RFC 6532: UTF-8).
"""

from __future__ import annotations

import re

from segl.mime.charset import decode_text
from segl.mime.transfer import Encoding, decode, has_needless_escape, is_base64

# Lenient on purpose: blanks and question marks inside, blanks around the charset, and a missing end of the last word or
# before the next one. The blanks looked over are bounded, so that a header of nothing else costs no quadratic time.
_WORD = re.compile(
    r"=\?\s{0,9}+(?P<charset>[^\s?*=]{1,60})(?:\*[^\s?]{0,40})?\s{0,9}+\?(?P<how>[bBqQ])\?(?P<text>.*?)"
    r"(?P<end>\?=|\?\Z|\Z|(?=\s{0,80}=\?\s{0,9}+[^\s?=]{1,100}+\s{0,9}+\?[bBqQ]\?))",
    re.DOTALL,
)
# As the standard has them; some programs leave anything else as it is.
_WHOLE_WORD = re.compile(
    r"=\?(?P<charset>[^\s?*=]{1,60})(?:\*[^\s?]{0,40})?\?(?P<how>[bBqQ])\?(?P<text>[^\s?]*+)(?P<end>\?=)"
)
_NUMBER = re.compile(rb"\d{6}")
_CUT_ESCAPE = re.compile(rb"=[0-9A-Fa-f]?\Z")


def decode_header(value: str) -> str:
    """A header value (Latin-1 characters, one for each byte) as readable text, with the words behind it that may be
    meant as they stand. For whoever must see all that it may say. Never raises."""
    shown, doubtful = _decode(value)
    if not doubtful:
        return shown
    strict, _ = _decode(value, _WHOLE_WORD)
    return " ".join(dict.fromkeys((shown, *doubtful, strict)))


def shown_header(value: str) -> str:
    """The same as a mail program shows it. For people."""
    return _decode(value)[0]


def raw_header(value: str) -> str:
    """What holds no encoded words by its kind, an address say, as readable text, whatever it looks like."""
    return value if value.isascii() else decode_text(value.encode("latin-1"))


def _decode(value: str, words: re.Pattern[str] = _WORD) -> tuple[str, list[str]]:
    if "=?" not in value:
        return raw_header(value), []
    out: list[str] = []
    doubtful: list[str] = []
    pending, charset, position = b"", "", 0
    rows: list[tuple[str, str, list[bytes]]] = []  # neighbours of one charset and coding
    for word in words.finditer(value):
        between = value[position : word.start()]
        adjacent = position > 0 and not between.strip()
        if not adjacent or word["charset"].lower() != charset:
            out.append(decode_text(pending, charset) if pending else "")
            pending, charset = b"", word["charset"].lower()
        if not adjacent:
            out.append(raw_header(between))
        raw, how = word["text"].encode("latin-1"), word["how"].lower()
        if not adjacent or rows[-1][:2] != (charset, how):
            rows.append((charset, how, []))
        rows[-1][2].append(raw)
        pending += _decoded(raw, how)
        if _is_doubtful(raw, how, word["end"]):
            doubtful.append(raw_header(word["text"]))
        position = word.end()
    if pending:
        out.append(decode_text(pending, charset))
    out.append(raw_header(value[position:]))
    cut = (row for row in rows if any(_ends_inside(raw, row[1]) for raw in row[2][:-1]))
    doubtful += (decode_text(_decoded(b"".join(pieces), how), name) for name, how, pieces in cut)
    return "".join(out), doubtful


def _ends_inside(raw: bytes, how: str) -> bool:
    """Whether a word seems to end within a group of letters, or within an escape: broken programs cut a coded text
    anywhere, and some mail programs put the pieces together before they decode them."""
    if how == "b":
        return len(raw) % 4 != 0 and b"=" not in raw
    return _CUT_ESCAPE.search(raw) is not None


def _decoded(raw: bytes, how: str) -> bytes:
    if how == "b":
        return decode(raw, Encoding.BASE64)
    return decode(raw.replace(b"_", b" "), Encoding.QUOTED)


def _is_doubtful(raw: bytes, how: str, end: str) -> bool:
    """Whether the letters of a word may be meant as they stand: it is never closed, is no base64, or
    holds a number that decoding would destroy. Such a word is kept undecoded as well."""
    if how == "b":
        return end != "?=" or not is_base64(raw) or _NUMBER.search(raw) is not None
    return has_needless_escape(raw)
