"""Where sealed messages lie: what a place for them must do.

Two places do it: a directory (:mod:`segl.sealed.directory`), of this host or mounted by all, and an S3-compatible store
(:mod:`segl.sealed.objects`). Neither is trusted with anything: what it holds is encrypted and authenticated chunk
by chunk, and the keys are elsewhere. What is asked of it is to keep what it said it has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol

from segl.errors import SeglError
from segl.sealed.keys import Secret


class StorageAway(SeglError):
    """What lies there, and may be read, cannot be had now."""

    def __init__(self, private: str) -> None:
        super().__init__("the message cannot be read now", private)


class SealedFile(Protocol):
    """One sealed message, open. May be read by several threads at once: it keeps no place."""

    @property
    def size(self) -> int:
        """In bytes, as it lies there."""

    def read_at(self, offset: int, length: int) -> bytes:
        """*length* bytes from *offset*; fewer only where the file ends. Raises :class:`OSError`."""

    def close(self) -> None: ...


class SealedStorage(Protocol):
    """A place for sealed messages. Several processes and hosts use it at once."""

    def prepare(self) -> None:
        """Try it: better now than at the first message. Raises :class:`~segl.errors.DeliveryError`."""

    def write(self, message_id: str, key: Secret, pieces: Iterable[bytes]) -> int:
        """Seal *pieces* under *message_id*; returns the size there when it is there to stay, whole.

        Raises :class:`~segl.errors.SealingError` (no space), :class:`~segl.errors.DeliveryError`, or what *pieces*
        raised; nothing is to be found under the id then."""

    def open(self, message_id: str) -> SealedFile:
        """Raises :class:`OSError`."""

    def remove(self, message_id: str) -> bool:
        """Take it away; whether it is gone now. One that cannot go is no fault: the sweep comes again."""

    def sweep(
        self, known: Callable[[str], bool], now: float, see: Callable[[str], None] = lambda _: None
    ) -> int:
        """Take away what a killed process left, and what *known* says no of, when it is so old that nobody can still
        be at work on it. Returns how many. *see* is told the ids of all files that lie there."""


class Place(SealedStorage, Protocol):
    """One that can bear the id of the store it belongs to (:mod:`segl.sealed.belonging`)."""

    @property
    def name(self) -> str:
        """For people."""

    def owner(self) -> str | None:
        """The id it bears; ``None``: none. Raises :class:`OSError`."""

    def mark(self, owner: str) -> None:
        """Let it bear *owner*. Raises :class:`OSError`."""
