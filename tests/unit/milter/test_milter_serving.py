"""A worker's side of the listening socket, when it is short of something."""

from __future__ import annotations

import errno
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from segl import metrics
from segl_milter import serving
from segl_milter.connection import Context
from segl_milter.protocol import ReplyCode
from segl_milter.serving import Serving
from segl_milter.traffic import Traffic

SHORTAGES = [
    OSError(errno.EMFILE, "too many open files"),
    MemoryError(),
    OSError(errno.EBADF, "bad descriptor"),
]


class Short(socket.socket):
    """A listening socket that fails so many times first."""

    fault: Exception
    times = 0

    def accept(self) -> tuple[socket.socket, object]:
        if self.times:
            self.times -= 1
            raise self.fault
        return super().accept()


class Silent:
    """A session that nobody tells anything."""

    def __init__(self, _context: Context) -> None: ...
    def envelope_from(self, address: bytes, *parameters: bytes) -> None: ...
    def envelope_recipient(self, address: bytes, *parameters: bytes) -> None: ...
    def header(self, name: bytes, value: bytes) -> None: ...
    def body(self, chunk: bytes) -> None: ...
    def end_of_message(self) -> ReplyCode:
        return ReplyCode.CONTINUE

    def answered(self) -> None: ...
    def abort(self) -> None: ...


@pytest.fixture
def listening(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Short]:
    monkeypatch.setattr(serving, "_PAUSE", 0.001)
    with Short(socket.AF_UNIX) as sock:
        sock.bind(str(tmp_path / "milter.sock"))
        sock.listen()
        sock.setblocking(False)
        yield sock


def connected(listening: Short) -> socket.socket:
    client = socket.socket(socket.AF_UNIX)
    client.settimeout(60)
    client.connect(listening.getsockname())
    return client


@pytest.mark.parametrize("fault", SHORTAGES, ids=lambda fault: type(fault).__name__)
def test_a_shortage_is_told_once_and_counted_and_connections_are_taken_when_it_is_over(
    listening: Short, fault: Exception
) -> None:
    listening.fault, listening.times = fault, 7
    told: list[tuple[str, Exception]] = []
    before = metrics.ACCEPT_FAILURES._value.get()
    worker = Serving(listening, Traffic(), Silent, lambda *what: told.append(what))
    worker.start()
    with connected(listening) as client:
        client.sendall(b"\0\0\0\1Q")
        assert client.recv(1) == b""  # taken, and ended as asked
    worker.stop_accepting()
    assert told == [("accept", fault)]
    assert metrics.ACCEPT_FAILURES._value.get() == before + 7


def test_a_worker_that_can_take_none_ends_unless_it_has_a_message_in_hand(listening: Short) -> None:
    ended = threading.Event()
    worker = Serving(listening, Traffic(), Silent, lambda *_: None, ended.set)
    worker.start()
    with connected(listening) as open_one:
        while not worker.connected():
            time.sleep(0.01)
        listening.fault, listening.times = OSError(errno.ENFILE, "file table overflow"), 10**9
        with connected(listening):
            assert not ended.wait(0.3)
            open_one.sendall(b"\0\0\0\1Q")
            assert ended.wait(30)
    worker.stop_accepting()
