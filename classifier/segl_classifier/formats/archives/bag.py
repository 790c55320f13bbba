"""What comes out of an archive, counted while it comes."""

from __future__ import annotations

from collections.abc import Iterator

from segl.vocabulary import Unreadable
from segl_classifier.formats.content import Allowance, Content, Inside, Lack, Passage

BLOCK = 1 << 20  # bytes taken at a time
_NAMES = 100_000  # characters of names of what has no content


class Full(Exception):
    """The allowance is used up."""

    def __init__(self, cause: Unreadable, detail: str) -> None:
        super().__init__(detail)
        self.cause = cause
        self.detail = detail


class Bag:
    """The members of one archive, as far as the allowance goes; beyond it :class:`Full` is raised."""

    def __init__(self, allowance: Allowance) -> None:
        self._allowance = allowance
        self._left = allowance.bytes
        self._files: list[Inside] = []
        self._passages: list[Passage] = []
        self._folders: dict[str, None] = {}
        self._locked: dict[str, None] = {}
        self._lacks: dict[tuple[Unreadable, str], int] = {}

    def add(self, name: str, pieces: Iterator[bytes]) -> None:
        """A member whose bytes are *pieces*. When they fail in the middle, those before are kept."""
        if len(self._files) >= self._allowance.files:
            raise Full(Unreadable.TOO_MANY, f"more than {self._allowance.files} files")
        content: list[bytes] = []
        try:
            for piece in pieces:
                self._spend(len(piece))
                content.append(piece)
        except MemoryError:
            raise Full(Unreadable.TOO_LARGE, "more memory than allowed") from None
        except Full:
            raise
        except Exception as error:  # whatever a decompressor raises on bad input
            self.lack(Unreadable.DAMAGED, f"a member: {type(error).__name__}")
        data = content[0] if len(content) == 1 else b"".join(content)
        self._files.append(Inside(name, "", data))

    def _spend(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise Full(Unreadable.TOO_LARGE, f"more than {self._allowance.bytes >> 20} MB unfolded")

    def folder(self, name: str) -> None:
        """A member that has a name only."""
        self._folders[name] = None

    def locked(self, name: str) -> None:
        """A member behind a password."""
        self._locked[name] = None

    def passage(self, text: str, place: str) -> None:
        self._passages.append(Passage(text, place))

    def lack(self, cause: Unreadable, detail: str) -> None:
        """The same lack of many members is told once, with their number."""
        self._lacks[cause, detail] = self._lacks.get((cause, detail), 0) + 1

    def tell_full(self, full: Full) -> None:
        self.lack(full.cause, full.detail)

    def content(self) -> Content:
        passages = list(self._passages)
        if self._folders:
            passages.append(self._names(self._folders, "folders"))
        if self._locked:
            passages.append(self._names(self._locked, "names of locked files"))
            self.lack(Unreadable.ENCRYPTED, f"a password on {len(self._locked)} files")
        lacks = [
            Lack(cause, detail if number == 1 else f"{detail}, {number} times")
            for (cause, detail), number in self._lacks.items()
        ]
        return Content(tuple(passages), tuple(self._files), tuple(lacks))

    def _names(self, names: dict[str, None], place: str) -> Passage:
        text = "\n".join(names)
        if len(text) > _NAMES:
            self.lack(Unreadable.TOO_LARGE, f"more than {_NAMES} characters of names")
        return Passage(text[:_NAMES], place)
