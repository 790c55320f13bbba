"""Whose the milter's socket is: a second one does not take it, and what a killed one left is no hindrance."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from segl_milter.listener import Listener, ListenError, open_listener


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[list[Listener]]:
    listeners: list[Listener] = []
    yield listeners
    for one in listeners:
        one.socket.close()
        one.close()


def test_who_listens_keeps_the_socket_though_the_lock_file_was_deleted(
    tmp_path: Path, opened: list[Listener]
) -> None:
    path = tmp_path / "milter.sock"
    opened.append(open_listener(path, 0o600))
    path.with_name(".milter.sock.lock").unlink()
    inode = path.stat().st_ino
    with pytest.raises(ListenError, match="another segl-milter serves this socket"):
        open_listener(path, 0o600)
    assert path.stat().st_ino == inode


def test_workers_that_outlive_their_parent_are_no_hindrance(tmp_path: Path, opened: list[Listener]) -> None:
    """They drain, and hold the socket open meanwhile."""
    path, (reads, writes) = tmp_path / "milter.sock", os.pipe()
    parent = os.fork()
    if parent == 0:
        _kept = open_listener(path, 0o600)
        worker = os.fork()
        if worker == 0:
            signal.pause()
        os.write(writes, str(worker).encode())
        os._exit(0)
    worker = int(os.read(reads, 20))
    os.waitpid(parent, 0)
    try:
        opened.append(open_listener(path, 0o600))
    finally:
        os.kill(worker, signal.SIGKILL)
        os.close(reads)
        os.close(writes)
