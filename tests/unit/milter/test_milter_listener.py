"""Whose the milter's socket is: a second one does not take it, and what a killed one left is no hindrance."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from segl_milter.listener import Listener, ListenError, open_listener
from world.process import is_alive


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


# Executed, not forked: a child of a test process in which something is raised goes on as a second pytest, and hangs.
_LEAVES_A_WORKER = """
import os, signal, sys
from pathlib import Path
from segl_milter.listener import open_listener

kept = open_listener(Path(sys.argv[1]), 0o600)
worker = os.fork()
if worker == 0:
    signal.pause()
print(worker, flush=True)
os._exit(0)
"""


def test_workers_that_outlive_their_parent_are_no_hindrance(tmp_path: Path, opened: list[Listener]) -> None:
    """They drain, and hold the socket open meanwhile."""
    path = tmp_path / "milter.sock"
    command = [sys.executable, "-c", _LEAVES_A_WORKER, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        worker = int(parent.stdout.readline())
    try:
        assert parent.returncode == 0
        assert is_alive(worker)
        opened.append(open_listener(path, 0o600))
    finally:
        os.kill(worker, signal.SIGKILL)
