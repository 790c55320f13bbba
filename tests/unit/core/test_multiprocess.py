"""The directory through which a daemon and its children share metrics goes when its owner does, however it ends."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

OWNER = """
import os, sys
from segl.multiprocess import prepare_multiprocess
prepare_multiprocess()
child = os.fork() if "child" in sys.argv else None
if child == 0:
    os.close(1)
    sys.stdin.read()
    os._exit(0)
print(os.environ["PROMETHEUS_MULTIPROC_DIR"], flush=True)
sys.stdin.read()
"""


def _owner(folder: Path, *words: str) -> tuple[subprocess.Popen[str], Path]:
    process = subprocess.Popen(
        [sys.executable, "-c", OWNER, *words],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={"RUNTIME_DIRECTORY": str(folder)},
    )
    assert process.stdout is not None
    directory = Path(process.stdout.readline().strip())
    assert directory.parent == folder
    return process, directory


def _end(process: subprocess.Popen[str]) -> None:
    process.communicate("", timeout=10)


def test_it_goes_with_its_owner(tmp_path: Path) -> None:
    process, directory = _owner(tmp_path)
    assert directory.exists()
    _end(process)
    assert not directory.exists()


def test_the_next_takes_away_what_the_dead_left_and_nothing_else(tmp_path: Path) -> None:
    killed, left = _owner(tmp_path)
    living, kept = _owner(tmp_path)
    (being_made := tmp_path / "segl-metrics-new").mkdir()
    (foreign := tmp_path / "other").mkdir()
    killed.send_signal(signal.SIGKILL)
    _end(killed)
    assert left.exists()
    another, own = _owner(tmp_path)
    assert not left.exists()
    assert all(folder.exists() for folder in (kept, own, being_made, foreign))
    _end(another)
    _end(living)


def test_it_stays_while_a_child_of_a_dead_owner_lives(tmp_path: Path) -> None:
    killed, kept = _owner(tmp_path, "child")
    killed.send_signal(signal.SIGKILL)
    killed.wait(10)
    another, _ = _owner(tmp_path)
    assert kept.exists()
    _end(another)
    _end(killed)  # the end of its input ends the child


@pytest.mark.parametrize("lock", ["symlink", "folder"])
def test_what_is_no_lock_is_left(tmp_path: Path, lock: str) -> None:
    (strange := tmp_path / "segl-metrics-strange").mkdir()
    if lock == "symlink":
        (strange / "owner.lock").symlink_to("/etc/hostname")
    else:
        (strange / "owner.lock").mkdir()
    process, _ = _owner(tmp_path)
    _end(process)
    assert strange.exists()
