"""Files that stand in a text as base64 (RFC 4648): the PDF in an electronic invoice (OIOUBL and Peppol put it into
``EmbeddedDocumentBinaryObject``), the scan in a JSON export, a picture on a card.

Nobody sees them in the text, but the program that the text is for shows them, so they are opened like any other file.
A value that is a short text (a note in FHIR, a column of an export) is put in its place: its name says what it is.
What looks like base64 and is none that counts (a digest, a token in an address, a list of hexadecimal numbers)
decodes to bytes that are nothing in particular, and is passed over while it is short.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from segl.mime import sniff, transfer
from segl.mime.transfer import Encoding

_LETTER = "[A-Za-z0-9+/_-]"
_RUN = re.compile(
    rf"(?<!{_LETTER}){_LETTER}{{60,}}+(?:\s{{1,64}}+{_LETTER}{{60,}}+)*+"
    rf"(?:\s{{1,64}}+{_LETTER}{{1,59}}+)?+={{0,2}}"
)
_ESCAPED = (("\\/", "/"), ("\\r", "\r"), ("\\n", "\n"), ("&#13;", "\r"), ("&#10;", "\n"), ("&#xD;", "\r"))
# What base64 of a file has, and a hexadecimal number has not.
_MIXED = tuple(map(re.compile, ("[A-Z]", "[a-z]", "[0-9]")))
# A value by itself, too short for a file: a note, a name, a number.
_SHORT = re.compile(
    r"(?:(?<=[\"'>;,|^.\t\n ])|^)(?P<letters>[A-Za-z0-9+/_-]{14,199}+={0,2})(?=[\"'<;,|^.\\\t\r\n]|\Z)",
    re.MULTILINE,
)
_READABLE = re.compile(r"[\t\n\r -~æøåÆØÅäöüÄÖÜéÉèêëáíóúñçß§–’”“•€]{10,}+")
_FEWEST_OF_WORDS = 20  # letters; digits and signs alone are told by fewer
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_WORDS = re.compile(r"[^\W\d_]")
_TORN = str.maketrans('"\\<>\n\r\t', "'/()   ")  # signs that would end the value
_OF_ADDRESS = "=/?&%"  # before a token in a link
_TEXT = 200  # letters: from here on text in base64 is read, and is no token
_LONG_FILE = 1_000  # letters: a shorter one stays in the text, where it costs nothing
_DARK = 3_000  # bytes: from here on what is nothing in particular is told of
# Fonts and programs (WebAssembly) say nothing about anybody.
_SILENT = (b"\0asm", b"wOFF", b"wOF2", b"OTTO", b"true", b"\0\1\0\0")
# A SEQUENCE (X.690): a key or a certificate, which says nothing either, while it is as short as those are. CMS
# (RFC 5652), in which a document may be signed or encrypted, says by an identifier that it is CMS.
_SEQUENCE = (b"\x30\x80", b"\x30\x81", b"\x30\x82", b"\x30\x83", b"\x30\x84")
_KEY_BYTES = 16 * 1024
# Drawings of diagrams.net are packed, with the signs of XML as in an address; some exports are, without.
_FEWEST_UNPACKED, _MOST_UNPACKED, _MOST_TOGETHER = 60, 1_000_000, 8_000_000


@dataclass(frozen=True, slots=True)
class WrittenIn:
    """A file found in a text; without ``content`` it is one of so many bytes of which nobody knows what it is. Most say
    by their bytes of which type they are."""

    content: bytes
    size: int
    start: int
    end: int
    content_type: str = "application/octet-stream"


def with_signs(text: str) -> str:
    """*text* with the signs that JSON and XML escape within base64; places of :class:`WrittenIn` are in it."""
    for escape, sign in _ESCAPED:
        if escape in text:
            text = text.replace(escape, sign)
    return text


def without(text: str, files: Sequence[WrittenIn]) -> str:
    """*text* without what *files* are in it: thousands of letters that say nothing, and would be read as words."""
    kept, last = [], 0
    for file in files:
        kept.append(text[last : file.start])
        last = file.end
    return " ".join([*kept, text[last:]])


def readable(text: str, files: Sequence[WrittenIn]) -> str:
    """*text*, of :func:`with_signs`, without those of its *files* that are opened and long, and elsewhere with what its
    values say."""
    kept: list[str] = []
    last = 0
    for file in files:
        long = file.content and file.end - file.start >= _LONG_FILE
        kept += (told(text[last : file.start]), " " if long else text[file.start : file.end])
        last = file.end
    return "".join([*kept, told(text[last:])])


def told(text: str) -> str:
    """*text* with each value that is a short text in base64 as that. Letters that are none (names, ids, digests) are
    bytes of which hardly any are signs."""
    return _SHORT.sub(lambda value: _text_of(value["letters"]) or value[0], text)


def _text_of(letters: str) -> str:
    bare = letters.rstrip("=")
    if len(bare) % 4 == 1 or bare.islower() or bare.isupper() or bare.isdecimal():
        return ""
    content = transfer.decode(letters.translate(_URL_SAFE).encode(), Encoding.BASE64)
    if _CONTROL.search(content):  # as of most bytes that are no text
        return ""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        text = content.decode("cp1252", "replace")
    if not _READABLE.fullmatch(text) or (len(bare) < _FEWEST_OF_WORDS and _WORDS.search(text)):
        return ""
    return text.translate(_TORN)


def files_in(text: str) -> Iterator[WrittenIn]:
    """The files that stand in *text*, of :func:`with_signs`, in their order."""
    unpacking = _Unpacking()
    for run in _RUN.finditer(text):
        letters = run[0]
        if not all(kind.search(letters) for kind in _MIXED):
            continue
        content = transfer.decode(letters.translate(_URL_SAFE).encode(), Encoding.BASE64)
        head = content[: sniff.HEAD]
        in_address = run.start() > 0 and text[run.start() - 1] in _OF_ADDRESS
        if (sniff.signature(head) and not head.startswith(_SILENT)) or (
            len(letters) >= _TEXT and not in_address and sniff.is_text(content)
        ):
            yield WrittenIn(content, len(content), *run.span())
        elif cms := sniff.cms_type(head):
            yield WrittenIn(content, len(content), *run.span(), cms)
        elif packed := unpacking.text_of(content):
            kind = "application/xml" if packed.startswith(b"<") else "text/plain"
            yield WrittenIn(packed, len(content), *run.span(), kind)
        elif unpacking.full or (len(content) >= _DARK and not _is_silent(head, len(content))):
            yield WrittenIn(b"", len(content), *run.span())
            unpacking.full = False


class _Unpacking:
    """Texts by deflate (RFC 1951), alone or within zlib's form (RFC 1950), as far as they may cost. ``full`` when one
    is cut for that, until it was told."""

    def __init__(self) -> None:
        self.full = False
        self._left = _MOST_TOGETHER

    def text_of(self, content: bytes) -> bytes:
        """The text that *content* is packed; nothing where it is something else. Of random bytes a few end as deflate
        does, but hardly at their end and in a text."""
        for form in (zlib.MAX_WBITS, -zlib.MAX_WBITS) if self._left > 0 else ():
            unpacker = zlib.decompressobj(form)
            with suppress(zlib.error):
                text = unpacker.decompress(content, _MOST_UNPACKED)
                self._left -= len(text)
                self.full |= self._left <= 0 or len(text) == _MOST_UNPACKED
                whole = unpacker.eof and not unpacker.unused_data
                if whole and len(text) >= _FEWEST_UNPACKED and sniff.is_text(text):
                    return unquote_to_bytes(text) if text.startswith(b"%3C") else text
        return b""


def _is_silent(head: bytes, size: int) -> bool:
    return head.startswith(_SILENT) or (head.startswith(_SEQUENCE) and size <= _KEY_BYTES)


_URL_SAFE = str.maketrans("-_", "+/")  # RFC 4648 §5
