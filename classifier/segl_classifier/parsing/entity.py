"""One MIME entity (RFC 2045 §2.4) and the ways its header block may be read.

Programs differ on which of two Content-Type fields counts, and on whether the body begins at a line that
is no header field or at the empty line after it. A :class:`HeaderReading` is one choice of where the body begins,
with everything the fields say about it; :func:`readings` gives each that makes a difference.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from segl.mime import sniff, transfer
from segl.mime.fields import Block
from segl.mime.parameters import Parameters, read_parameters
from segl.mime.transfer import Encoding, encoding_named
from segl_classifier.shown import shown_name

MESSAGES = frozenset(
    "message/rfc822 message/global message/news message/partial message/external-body message/x-rfc822 "
    "text/rfc822-headers message/rfc822-headers message/global-headers".split()
)
SAVED = (".eml", ".mht", ".mhtml", ".nws", ".email")  # messages saved as files
BOUNDARIES = 8  # of one Content-Type; each is looked for in the whole body
GENERIC = frozenset(("", "application/octet-stream", "application/x-octet-stream", "text/plain"))
HEADER_START = re.compile(
    rb"\s*(?:(?:Received|Return-Path|Delivered-To|From|To|Cc|Subject|Date|MIME-Version|Message-ID|Reply-To|"
    rb"Content-Type|DKIM-Signature|X-[\w-]{1,60})[ \t]*:[^\n]*+\n(?:[ \t][^\n]*+\n){0,50}+){2}",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Entity:
    """One header block with its body, as a stretch of a buffer. ``label`` is its number (``2.1``) within
    the message that ``prefix`` names; ``message`` tells that its headers are those of a message."""

    buffer: bytes
    start: int
    end: int
    prefix: str = ""
    label: str = ""
    depth: int = 0
    message: bool = False
    attached: bool = False
    default: str = "text/plain"

    @property
    def where(self) -> str:
        return f"{self.prefix}part {self.label}" if self.label else f"{self.prefix}body"


@dataclass(frozen=True, slots=True)
class HeaderReading:
    """One way of reading an entity: the fields that count, where the body begins, and what they say."""

    entity: Entity
    body: int
    kinds: tuple[Parameters, ...]
    placed: tuple[Parameters, ...]
    encodings: tuple[Encoding, ...]
    filenames: tuple[str, ...]
    attached: bool
    content_id: str

    @property
    def where(self) -> str:
        name = self.filenames[0] if self.filenames else ""
        return f"{self.entity.where} > {shown_name(name)}" if name else self.entity.where


def readings(entity: Entity, block: Block) -> Iterator[HeaderReading]:
    """The header block read to its empty line, and, where a line in it is no field, also as by the
    programs that begin the body there. When both say the same of the body, the longer body will do."""
    whole = _reading(entity, block.fields, block.body)
    if block.early is None:
        yield whole
        return
    early = _reading(entity, block.fields[: block.early_fields], block.early)
    yield early
    if (early.kinds, early.encodings) != (whole.kinds, whole.encodings) or _counts_from_its_start(whole):
        yield whole


def _counts_from_its_start(reading: HeaderReading) -> bool:
    """Whether a body that begins some lines sooner reads otherwise to its end: a message has its header there, and
    base64 goes by groups of four letters."""
    return Encoding.BASE64 in reading.encodings or any(kind.value in MESSAGES for kind in reading.kinds)


def _reading(entity: Entity, fields: Sequence[tuple[str, str]], body: int) -> HeaderReading:
    types: list[str] = []
    encodings: list[Encoding] = []
    placed: list[Parameters] = []
    content_id = ""
    for name, value in fields:
        if not name.startswith("content-"):
            continue
        if name == "content-type":
            types.append(value)
        elif name == "content-transfer-encoding":
            encodings.append(encoding_named(value))
        elif name == "content-disposition":
            placed.append(read_parameters(value))
        elif name == "content-id":
            content_id = value.strip().strip("<>")
    kinds = [read_parameters(value) for value in dict.fromkeys(types)] or [Parameters(entity.default, ())]
    names = [name for said in placed for name in said.all("filename", "name")]
    names += [name for kind in kinds for name in kind.all("name", "filename")]
    filenames = tuple(dict.fromkeys(name for name in names if name.strip()))
    inline = any(said.value == "inline" for said in placed)
    attached = any(said.value == "attachment" for said in placed) or (bool(filenames) and not inline)
    return HeaderReading(
        entity=entity,
        body=body,
        kinds=tuple(kinds),
        placed=tuple(placed),
        encodings=tuple(dict.fromkeys(encodings)) or (Encoding.NONE,),
        filenames=filenames,
        attached=attached or entity.attached,
        content_id=content_id,
    )


def is_saved_message(reading: HeaderReading, content_type: str) -> bool:
    """Whether a leaf is a message in disguise: text in a file named as one, or a file without a type, or of an unknown
    kind of message, that begins with mail headers."""
    is_called_one = content_type.startswith("message/")
    if reading.entity.message and not reading.filenames and not is_called_one:
        return False
    named = any(name.lower().endswith(SAVED) for name in reading.filenames)
    untyped = content_type in GENERIC and content_type != "text/plain"
    if not (named or untyped or is_called_one):
        return False
    view = memoryview(reading.entity.buffer)[reading.body : reading.entity.end]
    head = transfer.head(view, reading.encodings[0], 8192)
    return sniff.is_text(head) if named else HEADER_START.match(head) is not None


def boundaries(kind: Parameters) -> list[bytes]:
    """The boundaries that a Content-Type may mean, ``BOUNDARIES`` at most; blanks at the end do not count (RFC 2046
    §5.1.1)."""
    ways = (boundary.encode("latin-1", "replace").rstrip() for boundary in kind.all("boundary"))
    return [way for way in dict.fromkeys(ways) if way][:BOUNDARIES]
