"""One answer on its way in: the form's bytes go in, the mail's bytes come out, and nothing is kept but the text.

Limits are checked as soon as they are passed, a file's kind as soon as it begins. What comes out is written sealed;
where each file's lines stand in it is noted, so that it can be read again for the virus scanner.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from segl.settings.portal import PortalAnswers
from segl_portal.answering import letter
from segl_portal.answering.form import Event, Field, FileBegun, FileEnded, FilePiece, FormReader
from segl_portal.answering.kinds import HEAD, is_refused
from segl_portal.answering.letter import Base64Lines, Letter
from segl_portal.answering.names import clean_name, unlike
from segl_portal.answering.outcome import AnswerFault, Why
from segl_portal.answering.texts import TEXTS

_ONCE: Final = re.compile(r"[0-9a-f]{32}")
SHORT: Final = 200  # bytes of a field that is not the text
_MORE_PARTS: Final = 10  # besides files
FIELDS: Final = ("csrf", "once", "everyone")
_TEXT_READ: Final = 1024 * 1024
# What a person cannot have typed: controls but tab and line end, halves of surrogate pairs.
_UNTYPED: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


def text_read(most: int) -> int:
    """How many bytes of a text are read, to be given back, where *most* may be sent."""
    return max(4 * most, _TEXT_READ)


def new_once() -> str:
    """For the form's hidden field of that name, each time it is shown."""
    return secrets.token_hex(16)


@dataclass(frozen=True, slots=True)
class FileSpan:
    """Where a file's lines of base64 stand in the mail."""

    name: str
    start: int
    end: int


class IncomingAnswer:
    """Goes through once: :meth:`mail`. After that ``text``, ``files``, ``size`` and :meth:`digest` tell what it was.

    *pull* gives the form's next bytes, none at its end; *is_ours* judges the form's hidden field."""

    def __init__(
        self,
        boundary: bytes,
        pull: Callable[[], bytes],
        letter: Letter,
        terms: PortalAnswers,
        is_ours: Callable[[str], bool],
    ) -> None:
        longest = {**dict.fromkeys(FIELDS, SHORT), "text": text_read(terms.text_bytes)}
        self._reader = FormReader(boundary, longest, terms.files + _MORE_PARTS)
        self._pull = pull
        self._letter = letter
        self._terms = terms
        self._is_ours = is_ours
        self._fields: dict[str, str] = {}
        self._boundary = ""
        self._taken: set[str] = set()
        self._file: _File | None = None
        self._unnamed = False
        self._all = 0
        self._seen = sha256()
        self.size = 0
        self.text = ""
        self._text_bytes = 0
        self.files: list[FileSpan] = []

    @property
    def once(self) -> str:
        return self._fields.get("once", "")

    @property
    def everyone(self) -> bool:
        return bool(self._fields.get("everyone"))

    def digest(self, key: bytes) -> bytes:
        """Of the form's one-time word and all that was filled in, keyed."""
        everyone = b"1" if self.everyone else b"0"
        said = sha256(b"\x00".join((self.once.encode(), everyone, self.text.encode()))).digest()
        return hmac.digest(key, said + self._seen.digest(), "sha256")

    def mail(self) -> Iterator[bytes]:
        """The mail's bytes. Raises :class:`AnswerFault`."""
        for piece in self._pieces():
            self.size += len(piece)
            yield piece

    def _pieces(self) -> Iterator[bytes]:
        while not self._reader.ended:
            data = self._pull()
            if not data:
                raise AnswerFault(Why.CUT)
            for event in self._reader.feed(data):
                yield from self._on(event)
        if self._boundary:
            yield letter.end(self._boundary)
        else:
            self._check_fields()
            if not self.text:
                raise AnswerFault(Why.EMPTY)
            yield self._start()

    def _on(self, event: Event) -> Iterator[bytes]:
        match event:
            case Field(name, value):
                self._fields[name] = value.decode("utf-8", "replace")
                if name == "text":
                    self.text = typed(self._fields[name])
                    self._text_bytes = len(value)
            case FileBegun(name):
                # a control with which nothing was chosen comes as a file without name and bytes
                self._unnamed = not name
                if name:
                    yield from self._begin(name)
            case FilePiece(data):
                if self._unnamed:
                    self._unnamed = False
                    yield from self._begin("")
                yield from self._add(data)
            case FileEnded():
                if not self._unnamed:
                    yield from self._finish()

    def _check_fields(self) -> None:
        if not self._is_ours(self._fields.get("csrf", "")):
            raise AnswerFault(Why.FOREIGN_FORM)
        if not _ONCE.fullmatch(self.once):
            raise AnswerFault(Why.BAD_FORM)
        if self._text_bytes > self._terms.text_bytes:
            raise AnswerFault(Why.TEXT_TOO_LONG)

    def _start(self) -> bytes:
        return self._letter.start(self.text, everyone=self.everyone, boundary=self._boundary)

    def _begin(self, given: str) -> Iterator[bytes]:
        if not self._boundary:
            self._check_fields()
            self._boundary = letter.new_boundary()
            yield self._start()
        number = len(self.files) + 1
        otherwise = f"{TEXTS[self._letter.language].files_name}-{number}"
        name = unlike(clean_name(given, otherwise), self._taken)
        if number > self._terms.files:
            raise AnswerFault(Why.TOO_MANY_FILES, name)
        self._taken.add(name.casefold())
        self._file = _File(name)
        yield letter.file_start(name, self._boundary)

    def _add(self, data: bytes) -> Iterator[bytes]:
        file = self._open_file
        file.size += len(data)
        self._all += len(data)
        if file.size > self._terms.file_bytes:
            raise AnswerFault(Why.FILE_TOO_LARGE, file.name)
        if self._all > self._terms.bytes:
            raise AnswerFault(Why.TOO_LARGE)
        if file.start < 0:
            file.start = self.size
        if file.head is not None:
            data = file.head + data
            file.head = data if len(data) < HEAD else None
            if file.head is not None:
                return
            self._check_kind(file, data)
        file.seen.update(data)
        yield file.lines.add(data)

    def _finish(self) -> Iterator[bytes]:
        file = self._open_file
        if not file.size:
            raise AnswerFault(Why.FILE_EMPTY, file.name)
        last = b""
        if file.head is not None:
            self._check_kind(file, file.head)
            file.seen.update(file.head)
            last = file.lines.add(file.head)
        last += file.lines.end()
        self._seen.update(sha256(file.name.encode()).digest() + file.seen.digest())
        self.files.append(FileSpan(file.name, file.start, self.size + len(last)))
        self._file = None
        yield last

    def _check_kind(self, file: _File, head: bytes) -> None:
        if is_refused(file.name, head, self._terms.refused_types):
            raise AnswerFault(Why.FILE_REFUSED, file.name)

    @property
    def _open_file(self) -> _File:
        if self._file is None:
            raise AnswerFault(Why.BAD_FORM)
        return self._file


class _File:
    """A file that is coming in. ``head`` are its first bytes, held back until its kind is known."""

    __slots__ = ("head", "lines", "name", "seen", "size", "start")

    def __init__(self, name: str) -> None:
        self.name = name
        self.size = 0
        self.start = -1
        self.head: bytes | None = b""
        self.lines = Base64Lines()
        self.seen = sha256()


def typed(text: str) -> str:
    """What a person wrote, with LF line ends; blanks at the end of it do not count."""
    return _UNTYPED.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).rstrip()
