"""The form as it comes over the wire, a piece at a time: ``multipart/form-data`` (RFC 7578).

Each control of the form is a part with a header (``Content-Disposition: form-data; name="file"; filename="x.pdf"``) and
its value. Browsers send parts in the order of the page, names in UTF-8, and in names ``"``, CR and LF as ``%22``,
``%0D`` and ``%0A`` (HTML standard, "multipart/form-data encoding algorithm"). The parser is python-multipart's; it
holds nothing back but a few bytes that might begin a boundary. Fields other than files are collected here, within
limits; of files nothing is kept.

Fields must come before files: what they say must be known before a file is taken.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from segl_portal.answering.outcome import AnswerFault, Why

_HEADER_BYTES: Final = 8 * 1024  # a name of 255 characters takes 1 KB
_HEADERS: Final = 8


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    value: bytes


@dataclass(frozen=True, slots=True)
class FileBegun:
    """``name`` as the browser tells it; empty for a control with which no file was chosen."""

    name: str


@dataclass(frozen=True, slots=True)
class FilePiece:
    data: bytes


@dataclass(frozen=True, slots=True)
class FileEnded:
    pass


Event = Field | FileBegun | FilePiece | FileEnded


def boundary_of(content_type: str) -> bytes | None:
    """The boundary of a form with files; ``None`` for any other Content-Type."""
    kind, options = parse_options_header(content_type)
    boundary = options.get(b"boundary", b"")
    return boundary if kind == b"multipart/form-data" and 0 < len(boundary) <= 70 else None


class FormReader:
    """Cuts the form into events. *longest* tells how many bytes a field of each name may have (others none), *parts*
    how many parts there may be. Raises :class:`AnswerFault`."""

    def __init__(self, boundary: bytes, longest: Mapping[str, int], parts: int) -> None:
        self._longest = longest
        self._left = parts
        self._events: list[Event] = []
        self._name = self._value = b""
        self._disposition = ""
        self._field: tuple[str, bytearray] | None = None
        self._file = self._files_begun = False
        self.ended = False
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._part_begins,
                "on_header_field": self._header_name,
                "on_header_value": self._header_value,
                "on_header_end": self._header_ends,
                "on_headers_finished": self._headers_end,
                "on_part_data": self._data,
                "on_part_end": self._part_ends,
                "on_end": self._end,
            },
            max_header_count=_HEADERS,
            max_header_size=_HEADER_BYTES,
        )

    def feed(self, data: bytes) -> list[Event]:
        """What *data* completes."""
        if self.ended:  # what follows the last boundary means nothing (RFC 2046 §5.1.1)
            return []
        self._events = []
        try:
            self._parser.write(data)
        except FormParserError:
            raise AnswerFault(Why.BAD_FORM) from None
        return self._events

    def _part_begins(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise AnswerFault(Why.TOO_MANY_FILES if self._files_begun else Why.BAD_FORM)
        self._disposition = ""

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        self._name += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_ends(self) -> None:
        if self._name.lower() == b"content-disposition":
            self._disposition = self._value.decode("latin-1")
        self._name = self._value = b""

    def _headers_end(self) -> None:
        kind, options = parse_options_header(self._disposition)
        name = options.get(b"name")
        if kind != b"form-data" or name is None:
            raise AnswerFault(Why.BAD_FORM)
        if (file_name := options.get(b"filename")) is not None:
            self._file = self._files_begun = True
            self._events.append(FileBegun(_as_written(file_name)))
        elif self._files_begun:
            raise AnswerFault(Why.BAD_FORM)
        else:
            self._field = (name.decode("latin-1"), bytearray())

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._file:
            self._events.append(FilePiece(data[start:end]))
        elif self._field is not None:
            name, value = self._field
            value += data[start:end]
            if len(value) > self._longest.get(name, 0):
                raise AnswerFault(Why.TEXT_TOO_LONG if name == "text" else Why.BAD_FORM)

    def _part_ends(self) -> None:
        if self._file:
            self._file = False
            self._events.append(FileEnded())
        elif self._field is not None:
            name, value = self._field
            self._field = None
            self._events.append(Field(name, bytes(value)))

    def _end(self) -> None:
        self.ended = True


def _as_written(name: bytes) -> str:
    text = name.decode("utf-8", "replace")
    for escape, character in (("%22", '"'), ("%0D", "\r"), ("%0A", "\n")):
        text = text.replace(escape, character)
    return text
