"""The files of a message: as they are listed, and as they stream out.

A file goes out as its bytes were, never to be shown by the browser: what it is called and what it claims to
be were written by a stranger. Pictures that a text shows are the one exception, and only when their bytes say
that they are pictures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from segl.mime.encoded_words import shown_header
from segl.mime.fields import read_block
from segl_portal.reading.decoding import decoded, decoded_head, decoded_size
from segl_portal.reading.index import Part
from segl_portal.reading.kinds import EXTENSIONS, HEAD, FileKind, can_be_previewed, kind_of, type_of
from segl_portal.reading.opaque import opened
from segl_portal.reading.sanitise import PICTURES
from segl_portal.reading.shown import safe_name
from segl_portal.reading.source import Source

LARGEST_PICTURE: Final = 25 * 1024 * 1024  # bytes; a larger one is there to be downloaded


@dataclass(frozen=True, slots=True)
class FilePart:
    """A file to download. ``number`` is its place in ``/file/{n}``, ``size`` in bytes, exact; ``name`` can be
    saved on any system; ``preview`` tells that a picture of it can be asked for."""

    number: int
    name: str
    kind: FileKind
    size: int
    preview: bool


@dataclass(frozen=True, slots=True)
class OpenFile:
    """A file on its way out."""

    file: FilePart
    _source: Source
    _part: Part

    def chunks(self) -> Iterator[bytes]:
        """Its bytes, ``file.size`` of them, in constant memory. Raises what reading the message does; what
        was given out until then is not the whole file."""
        return decoded(self._source, self._part)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that a text shows."""

    content_type: str
    size: int
    _source: Source
    _part: Part

    def chunks(self) -> Iterator[bytes]:
        return decoded(self._source, self._part)


def open_file(content: Source, number: int) -> OpenFile | None:
    """The file of this number; ``None`` when the message has no such part, or it is no leaf."""
    if (leaf := _leaf(content, number)) is None:
        return None
    source, part = leaf
    return OpenFile(file_part(source, part), source, part)


def open_picture(content: Source, number: int) -> Picture | None:
    """The picture of this number; ``None`` for whatever is none by its bytes."""
    if (leaf := _leaf(content, number)) is None:
        return None
    source, part = leaf
    content_type, size = picture_type(source, part), decoded_size(source, part)
    return Picture(content_type, size, source, part) if content_type and size <= LARGEST_PICTURE else None


def picture_type(content: Source, part: Part) -> str:
    """The content type of a picture that may be shown, by its bytes; ``""`` for anything else."""
    shown = type_of(decoded_head(content, part, HEAD))
    return shown if shown in PICTURES else ""


def file_part(content: Source, part: Part) -> FilePart:
    """*part* as a file to download."""
    head = decoded_head(content, part, HEAD)
    declared = part.content_type
    ending = EXTENSIONS.get(type_of(head)) or EXTENSIONS.get(declared, "")
    name = safe_name(part.filename or _by_subject(part, head), f"{part.number}{ending}")
    return FilePart(
        number=part.number,
        name=name,
        kind=kind_of(head, name, declared),
        size=decoded_size(content, part),
        preview=can_be_previewed(head),
    )


def _by_subject(part: Part, head: bytes) -> str:
    """An attached message is called what it is about."""
    if not part.content_type.startswith("message/"):
        return ""
    fields = read_block(head, 0, len(head), HEAD).fields
    subject = next((value for name, value in fields if name == "subject"), "")
    return f"{shown_header(subject)[:80].strip()}.eml" if subject.strip() else ""


def _leaf(content: Source, number: int) -> tuple[Source, Part] | None:
    """The part of this number, and where it is read from."""
    source, found, _ = opened(content)
    if not 0 <= number < len(found.parts) or found.parts[number].is_multipart:
        return None
    return source, found.parts[number]
