"""The milter tells segl-map of outside recipients, and never waits for it."""

from __future__ import annotations

import socket
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from segl.daemons.listening import UnixListener, listen_unix
from segl_milter.announce import AGAIN_SECONDS, Announcer


@pytest.fixture
def path() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="announce-") as folder:
        yield Path(folder) / "announce.sock"


@pytest.fixture
def listener(path: Path) -> Iterator[UnixListener]:
    made = listen_unix(path, 0o600, socket.SOCK_DGRAM)
    made.sock.setblocking(False)
    yield made
    made.close()


@pytest.fixture
def announce(path: Path, clock: list[float]) -> Iterator[Announcer]:
    announcer = Announcer(path, lambda domain: domain == "nordby.example", clock=lambda: clock[0])
    yield announcer
    announcer.close()


@pytest.fixture
def clock() -> list[float]:
    return [1000.0]


def heard(listener: UnixListener) -> list[str]:
    told = []
    while True:
        try:
            told.append(listener.sock.recv(4096).decode())
        except BlockingIOError:
            return told


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("bo@kunde.example", True),
        ("Bo@KUNDE.example", True),
        ("bø@ærø.example", True),
        ("anna@nordby.example", False),
        ("bo", False),
        ("", False),
        ("bo@[192.0.2.1]", False),
        ("x" * 400 + "@kunde.example", False),
        ("b\udce6@kunde.example", False),  # bytes that are no UTF-8
    ],
)
def test_who_is_announced(announce: Announcer, listener: UnixListener, address: str, told: bool) -> None:
    announce(address)
    assert heard(listener) == ([address] if told else [])


def test_the_same_again_only_after_a_while(
    announce: Announcer, listener: UnixListener, clock: list[float]
) -> None:
    for _ in range(3):
        announce("bo@kunde.example")
    assert heard(listener) == ["bo@kunde.example"]
    clock[0] += AGAIN_SECONDS
    announce("bo@kunde.example")
    assert heard(listener) == ["bo@kunde.example"]


def test_nobody_listening_is_no_fault(announce: Announcer) -> None:
    announce("bo@kunde.example")


def test_a_listener_that_does_not_read_is_not_waited_for(announce: Announcer, listener: UnixListener) -> None:
    begun = time.monotonic()
    for number in range(5_000):
        announce(f"bo{number}@kunde.example")
    assert time.monotonic() - begun < 5
    assert 0 < len(heard(listener)) < 5_000, "what does not fit is dropped"


def test_the_socket_found_again_after_a_restart(path: Path, announce: Announcer) -> None:
    listen_unix(path, 0o600, socket.SOCK_DGRAM).close()
    second = listen_unix(path, 0o600, socket.SOCK_DGRAM)
    second.sock.setblocking(False)
    announce("bo@kunde.example")
    assert heard(second) == ["bo@kunde.example"]
    second.close()
