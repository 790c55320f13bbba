"""Readers of content whose text needs no library: one function for each family of types.

A reader takes a :class:`.message.Part` and gives :class:`Extracted`: texts, parts found inside (which go
through the registry of :mod:`.extract` like any other), and what it could not read. It may raise: the
caller turns that into the finding ``unreadable.failed``. A reader that needs a library and a process of
its own has the same signature; it hands the worker ``part.payload``, never the part.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from urllib.parse import unquote_to_bytes

from segl.settings import Limits
from segl.vocabulary import Finding, Unreadable
from segl_classifier import charset, sniff, transfer
from segl_classifier.html import read_html
from segl_classifier.message import Part, Source, Text, shown_name, unreadable
from segl_classifier.transfer import Encoding

SIGNATURE_BYTES = 64 * 1024  # a detached signature with its certificates is smaller
_NOISE = 8  # so many control characters a text may hold without being called damaged …
_NOISE_SHARE = 100  # … or one in so many, whichever is more

_META_CHARSET = re.compile(
    rb"(?:charset|encoding)\s{0,20}=\s{0,20}[\"']?\s{0,20}([\w.:+-]{2,40})", re.IGNORECASE
)
_UU_BEGIN = re.compile(rb"^begin(?P<base64>-base64)? [0-7]{3,4} (?P<name>[^\r\n]{1,200})\r?\n", re.MULTILINE)
_FOLD = re.compile(r"\r?\n[ \t]")
_BINARY_VALUE = re.compile(
    r"^[\w-]++(?=[^:\n]*;ENCODING=(?:BASE64|B)\b)[^:\n]*:(?P<data>[A-Za-z0-9+/=]{16,})",
    re.MULTILINE | re.IGNORECASE,
)
_ESCAPES = re.compile(r"\\([nN,;\\])")
_PRINTABLE = re.compile(rb"[\x20-\x7e\xa0-\xff]{4,}")


@dataclass(frozen=True, slots=True)
class Extracted:
    """What one part gave. ``shown`` are the content ids of pictures that its text shows in place."""

    texts: tuple[Text, ...] = ()
    parts: tuple[Part, ...] = ()
    unread: tuple[Finding, ...] = ()
    shown: frozenset[str] = field(default=frozenset())


Extractor = Callable[[Part, Limits], Extracted]


def source_of(part: Part) -> Source:
    return Source.ATTACHMENT if part.attached else Source.BODY


def read_plain(part: Part, limits: Limits) -> Extracted:
    """``text/plain`` and every text whose form is its content (csv, json, markdown, delivery status)."""
    return _read_text(part, limits, markup=False)


def read_markup(part: Part, limits: Limits) -> Extracted:
    """HTML, and by the same rules XML, enriched text and SVG."""
    return _read_text(part, limits, markup=True)


def _read_text(part: Part, limits: Limits, *, markup: bool) -> Extracted:
    found = _Collector(part, limits)
    for number, data in enumerate(_readings(part, limits)):
        where = part.where
        if number == 0 and _is_noise(data, part.charset):
            found.lack(Unreadable.DAMAGED, f"{part.content_type or 'no type'}: not text")
        if number == 0 and part.encoding is Encoding.UNKNOWN:
            found.lack(Unreadable.UNKNOWN_TYPE, "a transfer encoding of unknown name")
        if number:
            where = f"{part.where} (read otherwise)"
            if shown := sniff.signature(data[: sniff.HEAD]):  # a file whose encoding nobody declared
                found.lack(Unreadable.UNKNOWN_TYPE, shown)
            if _is_noise(data, part.charset):
                continue  # this way it is no text, so it is not to be read this way
        is_markup = markup or sniff.looks_like_html(data)
        decoded = charset.readings(data, part.charset, _meta_charset(data) if is_markup else "")
        if decoded.unknown and number == 0:
            found.lack(Unreadable.UNKNOWN_CHARSET, part.charset[:40])
        for text in decoded.texts:
            if is_markup:
                found.page(text, where)
            if not markup:
                found.text(text, where)
        found.inside(data)
    return found.result()


def read_folded(part: Part, limits: Limits) -> Extracted:
    """Calendars and cards (RFC 5545, RFC 6350): lines folded, characters escaped, files written in."""
    found = _Collector(part, limits)
    for number, data in enumerate(_readings(part, limits)):
        ways = [data]
        if b"QUOTED-PRINTABLE" in data.upper():  # vCard 2.1 encodes single values
            ways.append(transfer.decode(data, Encoding.QUOTED))
        decoded = [charset.readings(way, part.charset) for way in ways]
        if decoded[0].unknown and number == 0:
            found.lack(Unreadable.UNKNOWN_CHARSET, part.charset[:40])
        for text in (text for way in decoded for text in way.texts):
            unfolded = _FOLD.sub("", text)
            found.values(unfolded)
            plain = _ESCAPES.sub(lambda m: "\n" if m[1] in "nN" else m[1], _BINARY_VALUE.sub("", unfolded))
            found.text(plain, part.where)
            if sniff.looks_like_html(data):
                found.page(plain, part.where)
        found.inside(data)
    return found.result()


def read_signature(part: Part, limits: Limits) -> Extracted:
    """A detached signature holds no words of the sender; what only bears its name is looked at."""
    head = part.head(sniff.HEAD)
    if sniff.is_signature(head) and part.size <= SIGNATURE_BYTES:
        return Extracted()
    if sniff.is_text(head):
        return read_plain(part, limits)
    return Extracted(unread=(unreadable(Unreadable.UNKNOWN_TYPE, part.where, part.content_type),))


def read_pgp_control(part: Part, limits: Limits) -> Extracted:
    """``Version: 1``, the first part of ``multipart/encrypted`` (RFC 3156); anything else is encrypted."""
    if part.size <= 200 and sniff.is_text(part.head(200)):
        return read_plain(part, limits)
    return Extracted(unread=(unreadable(Unreadable.ENCRYPTED, part.where, part.content_type),))


def read_cms(part: Part, limits: Limits) -> Extracted:
    """S/MIME (RFC 8551): encrypted, or signed with the content inside, which is not opened yet."""
    encrypted = sniff.is_encrypted_cms(part.head(sniff.HEAD))
    cause = Unreadable.ENCRYPTED if encrypted else Unreadable.UNKNOWN_TYPE
    return Extracted(unread=(unreadable(cause, part.where, part.content_type),))


def read_applefile(part: Part, limits: Limits) -> Extracted:
    """The resource fork that Macs send beside a file (RFC 1740): icons and window positions, and the
    words in them as they stand."""
    data = part.payload[: limits.text_chars]
    words = b"\n".join(_PRINTABLE.findall(data))
    return Extracted((Text(charset.decode_text(words), part.where, source_of(part)),) if words else ())


def _readings(part: Part, limits: Limits) -> Iterator[bytes]:
    """Every way the part's bytes may be read, no more of them than can hold the text that is read at
    most (four bytes a character; as quoted-printable twelve). The caller sees a text too long by its
    length, and :class:`_Collector` tells of bytes that were not even decoded."""
    most = limits.text_chars * 4
    for data in transfer.readings(part.encoded[: most * 3], part.encoding):
        yield data if len(data) <= most else data[:most]


def _is_noise(data: bytes, declared: str) -> bool:
    """Whether *data* holds more control characters than a text does. In charsets that have no ASCII the
    bytes tell nothing."""
    if sniff.noise(data) <= max(_NOISE, len(data) // _NOISE_SHARE):
        return False
    name = charset.codec_for(declared)
    return not name or charset.has_ascii(name)


def _meta_charset(data: bytes) -> str:
    found = _META_CHARSET.search(data, 0, 2048)
    return found[1].decode("ascii", "replace") if found else ""


class _Collector:
    """The findings of one part while it is being read."""

    def __init__(self, part: Part, limits: Limits) -> None:
        self._part = part
        self._limits = limits
        self._texts: dict[tuple[str, Source], Text] = {}
        self._parts: list[Part] = []
        self._unread: list[Finding] = []
        self._shown: set[str] = set()
        if len(part.encoded) > limits.text_chars * 12:
            self.lack(Unreadable.TOO_LARGE, f"{part.size} bytes")

    def result(self) -> Extracted:
        texts = tuple(self._texts.values())
        return Extracted(texts, tuple(self._parts), tuple(self._unread), frozenset(self._shown))

    def text(self, text: str, where: str, source: Source | None = None) -> None:
        if "\0" in text:
            text = text.replace("\0", "")
        source = source or source_of(self._part)
        if text and not text.isspace():
            self._texts.setdefault((text, source), Text(text, where, source))

    def page(self, markup: str, where: str) -> None:
        page = read_html(markup.replace("\0", "") if "\0" in markup else markup)
        self.text(page.text, where)
        self.text(page.aside, f"{where} (not shown)", Source.SURROUND)
        self._shown |= page.shown
        for file in page.files:
            self._file(file.content_type, file.data, base64=file.base64)

    def values(self, text: str) -> None:
        for value in _BINARY_VALUE.finditer(text):
            self._file("application/octet-stream", value["data"], base64=True)

    def inside(self, data: bytes) -> None:
        """Files written into the text: uuencoded ones are opened, others are told of."""
        for content_type in sniff.armoured(data):
            encrypted = content_type in ("application/pgp-encrypted", "application/pkcs7-mime")
            self.lack(Unreadable.ENCRYPTED if encrypted else Unreadable.UNKNOWN_TYPE, content_type)
        position = 0
        if b"\nbegin" not in data and not data.startswith(b"begin"):
            return
        while begin := _UU_BEGIN.search(data, position):
            content, position = _uu_content(data, begin)
            if len(self._parts) >= self._limits.parts:
                self.lack(Unreadable.TOO_MANY, f"more than {self._limits.parts} files in a text")
                return
            if content:
                self._add(charset.decode_text(begin["name"]).strip(), "", content)

    def lack(self, cause: Unreadable, detail: str) -> None:
        finding = unreadable(cause, self._part.where, detail)
        if finding not in self._unread:
            self._unread.append(finding)

    def _file(self, content_type: str, data: str, *, base64: bool) -> None:
        raw = unquote_to_bytes(data)
        name = f"{len(self._parts) + 1}.inline"
        self._shown.add(name)
        self._add("", content_type, transfer.decode(raw, Encoding.BASE64) if base64 else raw, name)

    def _add(self, filename: str, content_type: str, content: bytes, content_id: str = "") -> None:
        where = f"{self._part.where} > {shown_name(filename) or 'inline file'}"
        if filename:
            self._texts.setdefault(
                (filename, Source.FILENAME), Text(filename, f"{where} file name", Source.FILENAME)
            )
        inner = replace(
            self._part,
            where=where,
            content_type=content_type,
            filename=filename,
            attached=True,
            encoded=content,
            encoding=Encoding.NONE,
            charset="",
            content_id=content_id,
            depth=self._part.depth + 1,
        )
        self._parts.append(inner)


def _uu_content(data: bytes, begin: re.Match[bytes]) -> tuple[bytes, int]:
    """The file that *begin* begins, and where the text goes on behind it."""
    if not begin["base64"]:
        return transfer.uu_lines(data, begin.end())
    end = data.find(b"\n====", begin.end())
    stop = end if end >= 0 else len(data)
    return transfer.decode(data[begin.end() : stop], Encoding.BASE64), stop
