"""Calendars and cards (RFC 5545, RFC 6350): lines folded, characters escaped, files written in.

They come under many types (``application/vcard``, ``text/x-vcal``, ``text/plain``), so they are known by how they
begin.
"""

from __future__ import annotations

import re
from itertools import islice

from segl.mime import sniff, transfer
from segl.mime.transfer import Encoding
from segl_classifier.extracted import Notebook

_BEGIN = re.compile(r"\ufeff?\s{0,20}BEGIN:V(?:CARD|CALENDAR)", re.IGNORECASE)
_END = re.compile(r"END:V(?:CARD|CALENDAR)\s*\Z", re.IGNORECASE)
_FOLD = re.compile(r"\r?\n[ \t]")
# A quoted value of a parameter may hold colons: X-FILENAME="Aftale: bilag.pdf".
_BINARY = re.compile(
    r'^[\w.-]++(?P<parameters>;(?:[^":\r\n]++|"[^"\r\n]*+"|")*+):(?P<data>[A-Za-z0-9+/=]{16,}+)',
    re.MULTILINE | re.IGNORECASE,
)
_IN_BASE64 = re.compile(r';ENCODING="?(?:BASE64|B)\b|;BASE64(?=[;:]|\Z)', re.IGNORECASE)  # bare: vCard 2.1
# RFC 8607; before it each program had a name of its own.
_FILE_NAME = re.compile(r';(?:[\w-]{1,40}-)?(?:FILE)?NAME="?(?P<name>(?<=")[^"]*+|[^;]*+)', re.IGNORECASE)
_HTML = re.compile(r'^[\w.-]++;[^\r\n]{0,500}?FMTTYPE="?text/html', re.MULTILINE | re.IGNORECASE)
_ESCAPES = re.compile(r"\\([nN,;\\])")


def begins(text: str) -> bool:
    """Whether *text* is a calendar or a card by its beginning."""
    return _BEGIN.match(text) is not None


def is_nothing_else(text: str) -> bool:
    """Whether nothing stands behind the end of what *text* begins with."""
    return _END.search(text[-100:]) is not None


def read(notes: Notebook, data: bytes, where: str, most_files: int) -> None:
    """The text of a calendar or a card into *notes*, and at most *most_files* of the files in it, with their names."""
    ways = [data]
    if b"QUOTED-PRINTABLE" in data.upper():  # vCard 2.1 encodes single values
        ways.append(transfer.decode(data, Encoding.QUOTED))
    for text in (text for way in ways for text in notes.decoded(way)):
        unfolded = _FOLD.sub("", text)
        files = (found for found in _BINARY.finditer(unfolded) if _is_base64(found))
        for found in islice(files, most_files + 1):  # one beyond, so that it is told of
            content = transfer.decode(found["data"].encode(), Encoding.BASE64)
            notes.inline_file("application/octet-stream", content, _name(found["parameters"]))
        rest = _BINARY.sub(lambda found: "" if _is_base64(found) else found[0], unfolded)
        plain = notes.written_in(_ESCAPES.sub(_unescaped, rest))
        notes.text(plain, where)
        if sniff.looks_like_html(data) or _HTML.search(rest):
            notes.page(plain, where)


def _is_base64(found: re.Match[str]) -> bool:
    return _IN_BASE64.search(found["parameters"]) is not None


def _name(parameters: str) -> str:
    named = _FILE_NAME.search(parameters)
    return _ESCAPES.sub(_unescaped, named["name"]).strip() if named else ""


def _unescaped(escape: re.Match[str]) -> str:
    return "\n" if escape[1] in "nN" else escape[1]
