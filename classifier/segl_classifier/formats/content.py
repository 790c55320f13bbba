"""What a format reader takes and gives. All of it is plain data that goes through a pipe.

A table is written one row a line with a tab between its cells, the header row first, so that windows and
the detector for personal numbers can tell cells and columns apart.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from segl.vocabulary import Unreadable


@dataclass(frozen=True, slots=True)
class Allowance:
    """How much one attachment may cost: characters of text, files inside it, bytes it may unfold to; and until when, on
    the monotonic clock, pictures may be read (0: they are not)."""

    chars: int
    files: int
    bytes: int
    ocr_until: float = 0.0

    @property
    def ocr(self) -> bool:
        """Whether pictures are read. It stays true when the time is over in the middle of a file."""
        return self.ocr_until > 0

    @property
    def too_late(self) -> bool:
        """Whether pictures are read, but the time for it is over."""
        return self.ocr and time.monotonic() >= self.ocr_until


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of text and its place in the file as a person would say it: ``page 3``, ``sheet Løn``,
    ``comment``, ``properties``; empty for the running text of a file without pages."""

    text: str
    place: str = ""


@dataclass(frozen=True, slots=True)
class Inside:
    """A file found in the file: a member of an archive, a picture, an embedded document. An empty
    ``content_type`` means that only its bytes tell."""

    name: str
    content_type: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Lack:
    """Something in the file that was not read; ``detail`` is a fact (a type, a size), never content."""

    cause: Unreadable
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Content:
    """All that a reader found. What stands neither in ``passages`` nor in ``files`` stands in ``lacks``:
    a file with an empty content was read and holds nothing."""

    passages: tuple[Passage, ...] = ()
    files: tuple[Inside, ...] = ()
    lacks: tuple[Lack, ...] = ()


Reader = Callable[[bytes, str, Allowance], Content]
"""``(data, file name, allowance)``; may raise anything: the caller tells it as ``unreadable.failed``."""
