"""The walk over the MIME tree (RFC 2045, 2046) of a message, from raw bytes to its leaves.

An entity is a header block and a body. A ``multipart`` body holds entities between delimiter lines, a
``message/rfc822`` body is a whole message; every other body is a leaf. The walk keeps offsets into the
bytes it was given and copies nothing; it is a loop with a stack of its own, so that depth costs no
recursion, and it finds parts one by one, so that the limits stop it before the work is done.

Two ideas make it a filter's walk rather than a mail program's:

*No byte is lost.* What belongs to no part (preamble, epilogue, a line behind a delimiter, lines among the
headers that are no headers) comes out as text of its own, and MIME parts that stand in such places or
in a text, as in the bounces that quote a whole message, are opened.

*Where mail programs differ, every reading is taken.* Two Content-Type fields, two transfer encodings, a
header block that some programs end sooner: each way gives its own leaf. The bytes so read again are
limited to a few times the message; beyond that the finding is ``unreadable.damaged``.
"""

from __future__ import annotations

import re
from codecs import BOM_UTF8
from collections.abc import Iterator

from segl.mime import transfer
from segl.mime.boundaries import Kind, Section, guess_boundary, has_delimiter, has_odd_delimiter, sections
from segl.mime.charset import decode_text
from segl.mime.fields import read_block
from segl.mime.parameters import LONGEST, Parameters
from segl.mime.transfer import Encoding
from segl.settings.detection import Limits
from segl.vocabulary import Finding, Unreadable
from segl_classifier.message import Part, Source, Text, as_seen, name_as_seen, unreadable
from segl_classifier.parsing.entity import (
    BOUNDARIES,
    GENERIC,
    HEADER_START,
    MESSAGES,
    Entity,
    HeaderReading,
    boundaries,
    is_saved_message,
    readings,
)
from segl_classifier.parsing.headers import read_headers
from segl_classifier.shown import shown_name

_INNER_ENCODING = re.compile(
    rb"(?:^|(?<=[\r\n]))content-transfer-encoding[ \t]*:"
    rb"\s{0,80}+(?:\([^()]{0,80}\)\s{0,80}+)?\"?(?:base64|quoted-printable|x-uu)",
    re.IGNORECASE,
)
_INNER_HINT = re.compile(rb"(?i:-transfer-encoding)")  # fast, as it begins with a sign that has no case
_BLANK_LINES = re.compile(rb"(?:[ \t]*+[\r\n])++")
_FIELD_START = re.compile(rb"[!-9;-~]{1,76}+[ \t]*+:")
# Parameters that programs write for programs; any other is read as text.
_TECHNICAL = frozenset(
    "boundary charset name filename type start start-info micalg protocol size creation-date "
    "modification-date read-date format delsp report-type method smime-type number total id access-type "
    "component x-unix-mode x-apple-part-url x-mac-type x-mac-creator differences handling reply-type "
    "version conversions expiration permission modification hash profile level action".split()
)
_READINGS = 4  # as many ways of one header are followed
_NAMES = 20  # as many names of one part are read
_INNER = 50  # as many encoded parts are looked for inside one text
_AGAIN = 4  # readings beyond the first may cost so many times the message


class Walk:
    """The leaves, texts and gaps of one message. Use :meth:`run` once, then read the lists.

    *prefix* and *depth* say where the message stands when it was found inside another.
    """

    def __init__(self, limits: Limits, prefix: str = "", depth: int = 0) -> None:
        self.parts: list[Part] = []
        self.texts: list[Text] = []
        self.unread: list[Finding] = []
        self._limits = limits
        self._prefix = prefix
        self._depth = depth
        self._opened = 0
        self._stretches = 0  # that belong to no part
        self._again = 0

    def run(self, raw: bytes) -> None:
        """Walk *raw*, depth first, in the order of the message."""
        if b"\n" not in raw:
            raw = raw.replace(b"\r", b"\n")  # every line ends in a bare CR, as on old Macs
        self._again = _AGAIN * len(raw) + 65_536
        stack = [self._messages(raw, 0, len(raw), self._prefix, self._depth)]
        while stack:
            entity = next(stack[-1], None)
            if entity is None:
                stack.pop()
            elif self._opened >= self._limits.parts:
                self._unread(Unreadable.TOO_MANY, "message", f"more than {self._limits.parts} parts")
                return
            elif entity.depth > self._limits.depth:
                self._unread(Unreadable.TOO_DEEP, entity.where, f"more than {self._limits.depth} levels")
            else:
                self._opened += 1
                stack.append(self._open(entity))

    def _open(self, entity: Entity) -> Iterator[Entity]:
        """Read the header block of *entity*; give the entities inside it, or keep it as a leaf."""
        block = read_block(entity.buffer, entity.start, entity.end, self._limits.header_bytes)
        prefix = entity.prefix if entity.message else f"{entity.where} "
        if block.cut:
            self._unread(
                Unreadable.TOO_LARGE, f"{prefix}header", f"more than {self._limits.header_bytes} bytes"
            )
        if block.body - entity.start > LONGEST and any(
            len(value) > LONGEST and name.startswith("content-") for name, value in block.fields
        ):
            self._unread(
                Unreadable.TOO_LARGE, f"{prefix}header", f"a field of more than {LONGEST} characters"
            )
        self.texts += read_headers(block.fields, prefix)
        for index, reading in enumerate(readings(entity, block)):
            if index and not self._afford(entity.end - reading.body):
                return
            self._tell_names(reading)
            yield from self._follow(reading)

    def _follow(self, reading: HeaderReading) -> Iterator[Entity]:
        for index, kind in enumerate(reading.kinds):
            if index >= _READINGS:
                self._unread(Unreadable.DAMAGED, reading.where, f"more than {_READINGS} content types")
                return
            if index and not self._afford(reading.entity.end - reading.body):
                return
            if len(kind.all("boundary")) > BOUNDARIES:
                self._unread(Unreadable.DAMAGED, reading.where, f"more than {BOUNDARIES} boundaries are told")
            if kind.value.startswith("multipart/"):
                yield from self._multipart(reading, kind)
            elif kind.value in MESSAGES or is_saved_message(reading, kind.value):
                yield from self._message(reading, kind)
            else:
                yield from self._leaves(reading, kind)
                if self._is_cut(reading, kind) and self._afford(reading.entity.end - reading.body):
                    yield from self._multipart(reading, kind)

    @staticmethod
    def _is_cut(reading: HeaderReading, kind: Parameters) -> bool:
        """Whether the body of what is called no multipart has the delimiters of one."""
        buffer, start, end = reading.entity.buffer, reading.body, reading.entity.end
        return any(has_delimiter(buffer, start, end, b) for b in boundaries(kind))

    def _multipart(self, reading: HeaderReading, kind: Parameters) -> Iterator[Entity]:
        if kind.value == "multipart/encrypted":
            self._unread(Unreadable.ENCRYPTED, reading.where, kind.value)
        buffer, start, end = reading.entity.buffer, reading.body, reading.entity.end
        declared = boundaries(kind)
        found = [b for b in declared if has_delimiter(buffer, start, end, b)]
        coded = [e for e in reading.encodings if e in (Encoding.BASE64, Encoding.QUOTED)]
        if not found and coded and self._afford(end - start):
            # Forbidden, and done: the whole body encoded, delimiters and all.
            buffer = transfer.decode(buffer[start:end], coded[0])
            start, end = 0, len(buffer)
            found = [b for b in declared if has_delimiter(buffer, start, end, b)]
        if not found and (guess := guess_boundary(buffer, start, end)):
            found = [guess]
        if not found:  # no part can be told from another: all of it is text
            yield from self._leaf(reading, "", "")
        if len(found) > _READINGS:
            self._unread(Unreadable.DAMAGED, reading.where, f"more than {_READINGS} boundaries")
        for index, boundary in enumerate(found[:_READINGS]):
            if index == 0 or self._afford(end - start):
                cut = sections(buffer, start, end, boundary)
                yield from self._sections(reading, kind, buffer, cut)
            if has_odd_delimiter(buffer, start, end, boundary) and self._afford(end - start):
                cut = sections(buffer, start, end, boundary, strict=True)
                yield from self._sections(reading, kind, buffer, cut)

    def _sections(
        self, reading: HeaderReading, kind: Parameters, buffer: bytes, cut: Iterator[Section]
    ) -> Iterator[Entity]:
        entity = reading.entity
        number = 0
        default = "message/rfc822" if kind.value == "multipart/digest" else "text/plain"
        for section in cut:
            if section.kind is Kind.PART:
                number += 1
                yield Entity(
                    buffer,
                    section.start,
                    section.end,
                    prefix=entity.prefix,
                    label=f"{entity.label}.{number}" if entity.label else str(number),
                    depth=entity.depth + 1,
                    attached=reading.attached,
                    default=default,
                )
            else:
                yield from self._surround(entity, buffer, section.start, section.end, section.kind.value)

    def _message(self, reading: HeaderReading, kind: Parameters) -> Iterator[Entity]:
        """A message within the message. An encoded one is decoded first, though RFC 2046 forbids the
        encoding; if it reads as a message without that, it is read so too."""
        entity = reading.entity
        if kind.value == "message/partial":
            self._unread(Unreadable.DAMAGED, reading.where, "message/partial: one piece of a message")
        name = shown_name(reading.filenames[0]) if reading.filenames else "message"
        prefix = f"{entity.where} > {name} > "
        for encoding in reading.encodings:
            buffer, start, end = entity.buffer, reading.body, entity.end
            if encoding in (Encoding.BASE64, Encoding.QUOTED, Encoding.UU):
                if HEADER_START.match(buffer, start, end) and self._afford(end - start):
                    yield from self._messages(buffer, start, end, prefix, entity.depth + 1)
                for way in transfer.decoded_ways(buffer[start:end], encoding):
                    if not self._afford(end - start):
                        return
                    yield from self._messages(way, 0, len(way), prefix, entity.depth + 1)
                continue
            if encoding is Encoding.UNKNOWN:
                self._unread(Unreadable.UNKNOWN_TYPE, reading.where, transfer.NO_SUCH_ENCODING)
            yield from self._messages(buffer, start, end, prefix, entity.depth + 1)

    def _messages(self, buffer: bytes, start: int, end: int, prefix: str, depth: int) -> Iterator[Entity]:
        """The message that stands there. By the standard one that begins with an empty line has no header; programs
        that save messages leave such lines before it, and others pass over them."""
        start += len(BOM_UTF8) if buffer.startswith(BOM_UTF8, start) else 0
        places = [start]
        lead = _BLANK_LINES.match(buffer, start, end)
        if lead and _FIELD_START.match(buffer, lead.end(), end) and self._afford(end - start):
            places.append(lead.end())
        for place in places:
            yield Entity(buffer, place, end, prefix=prefix, depth=depth, message=True, attached=bool(prefix))

    def _leaves(self, reading: HeaderReading, kind: Parameters) -> Iterator[Entity]:
        """A leaf, once for each charset that it is said to have."""
        charsets = list(dict.fromkeys(charset.lower() for charset in kind.all("charset"))) or [""]
        if len(charsets) > _READINGS:
            self._unread(Unreadable.DAMAGED, reading.where, f"more than {_READINGS} charsets")
        for index, charset in enumerate(charsets[:_READINGS]):
            if index == 0 or self._afford(reading.entity.end - reading.body):
                yield from self._leaf(reading, kind.value, charset)

    def _leaf(self, reading: HeaderReading, content_type: str, charset: str) -> Iterator[Entity]:
        entity = reading.entity
        if reading.body >= entity.end:
            return
        view = memoryview(entity.buffer)[reading.body : entity.end]
        looked_into = content_type.startswith("text/") or content_type in GENERIC
        for index, encoding in enumerate(reading.encodings):
            if index and not self._afford(len(view)):
                return
            self.parts.append(
                Part(
                    where=reading.where,
                    content_type=content_type,
                    charset=charset,
                    filename=reading.filenames[0] if reading.filenames else "",
                    attached=reading.attached,
                    encoded=view,
                    encoding=encoding,
                    content_id=reading.content_id,
                    depth=entity.depth,
                    walked=looked_into,
                )
            )
        if looked_into:
            yield from self._encoded_inside(entity, entity.buffer, reading.body, entity.end)

    def _surround(self, entity: Entity, buffer: bytes, start: int, end: int, what: str) -> Iterator[Entity]:
        """Bytes that belong to no part: text, and perhaps parts nobody claims."""
        stretch = buffer[start : min(end, start + self._limits.text_chars)]
        if stretch.strip():
            self._stretches += 1
            if self._stretches > self._limits.parts:  # a line of nine bytes would make a text of its own
                if self._stretches == self._limits.parts + 1:
                    detail = f"more than {self._limits.parts} stretches that belong to no part"
                    self._unread(Unreadable.TOO_MANY, entity.where, detail)
                return
            self.texts.append(
                Text(
                    as_seen(decode_text(stretch).replace("\0", "")),
                    f"{entity.where} {what}",
                    Source.SURROUND,
                    remark=True,
                )
            )
            if len(stretch) < end - start:
                self._unread(Unreadable.TOO_LARGE, f"{entity.where} {what}", f"{end - start} bytes")
            yield from self._encoded_inside(entity, buffer, start, end)

    def _encoded_inside(self, entity: Entity, buffer: bytes, start: int, end: int) -> Iterator[Entity]:
        """Encoded MIME parts that stand in a text, as in a bounce that quotes the message it returns."""
        if not quotes_encoded(buffer, start, end):
            return
        for number, field in enumerate(_INNER_ENCODING.finditer(buffer, start, end), 1):
            before = (buffer.rfind(mark, start, field.start()) for mark in (b"\n\n", b"\n\r\n", b"\n--"))
            top = max(before)
            top = buffer.find(b"\n", top + 1, field.start()) + 1 if top >= 0 else start
            stop = buffer.find(b"\n--", field.end(), end)
            stop = stop if stop >= 0 else end
            if number > _INNER:
                self._unread(Unreadable.TOO_MANY, entity.where, f"more than {_INNER} quoted parts")
                return
            if (top or start) <= entity.start and stop >= entity.end:
                continue  # this very part, which begins with a line that is no header field
            if not self._afford(stop - top):
                return
            yield Entity(
                buffer,
                top or start,
                stop,
                prefix=f"{entity.where} > ",
                label=f"{number} (quoted)",
                depth=entity.depth + 1,
                attached=entity.attached,
            )

    def _tell_names(self, reading: HeaderReading) -> None:
        if len(reading.filenames) > _NAMES:
            self._unread(Unreadable.TOO_MANY, reading.where, f"more than {_NAMES} file names of one part")
        for name in reading.filenames[:_NAMES]:
            self.texts.append(Text(name_as_seen(name), f"{reading.entity.where} file name", Source.FILENAME))
        for kind in (*reading.kinds, *reading.placed):
            told = [f"{name}={value}" for name, value in kind.given if name not in _TECHNICAL and value]
            if told:
                where = f"{reading.entity.where} parameters"
                self.texts.append(Text(as_seen("\n".join(told)), where, Source.SURROUND))

    def _afford(self, size: int) -> bool:
        """Whether *size* more bytes may be read a second time."""
        if self._again < 0:
            return False
        self._again -= size
        if self._again < 0:
            self._unread(Unreadable.DAMAGED, "message", "too many ways to read it")
            return False
        return True

    def _unread(self, cause: Unreadable, where: str, detail: str) -> None:
        self.unread.append(unreadable(cause, where, detail))


def quotes_encoded(buffer: bytes, start: int, end: int) -> bool:
    """Whether a text may hold encoded MIME parts; cheap, and sometimes wrongly true."""
    return _INNER_HINT.search(buffer, start, end) is not None
