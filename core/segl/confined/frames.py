"""Bytes between a worker and whoever asks it, over a stream socket, until a moment that both may not pass."""

from __future__ import annotations

import socket
import time
from typing import Final

CHUNK: Final = 1 << 20


class Broken(Exception):
    """The other side is gone, or does not keep to the form."""


class Late(Exception):
    """The time is up."""


def send(line: socket.socket, data: bytes, deadline: float) -> None:
    """All of *data* before *deadline* (of ``time.monotonic``). Raises :class:`Late` and :class:`Broken`."""
    view = memoryview(data)
    try:
        while view:
            _arm(line, deadline)
            view = view[line.send(view[:CHUNK]) :]
    except TimeoutError:
        raise Late from None
    except OSError as error:
        raise Broken(str(error)) from None


class FrameReader:
    """What arrives, taken in large pieces and given out in exact ones. Memory is taken as bytes arrive, not as
    they are announced."""

    def __init__(self, line: socket.socket, deadline: float | None = None) -> None:
        self._line = line
        self._deadline = deadline
        self._held = bytearray()
        self._at = 0

    def take(self, size: int) -> bytes:
        """The next *size* bytes."""
        while len(self._held) - self._at < size:
            self._fetch()
        end = self._at + size
        piece = bytes(memoryview(self._held)[self._at : end])
        self._at = end
        if self._at >= CHUNK or self._at == len(self._held):
            del self._held[: self._at]
            self._at = 0
        return piece

    def _fetch(self) -> None:
        try:
            if self._deadline is not None:
                _arm(self._line, self._deadline)
            piece = self._line.recv(CHUNK)
        except TimeoutError:
            raise Late from None
        except OSError as error:
            raise Broken(str(error)) from None
        if not piece:
            raise Broken("the other side is gone")
        self._held += piece


def _arm(line: socket.socket, deadline: float) -> None:
    left = deadline - time.monotonic()
    if left <= 0:
        raise Late
    line.settimeout(left)
