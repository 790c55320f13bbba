"""The directory through which a daemon and its children share metrics goes when its owner does, however it ends."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from segl import multiprocess

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


Process = subprocess.Popen[str]
Started = tuple[Process, Path]


@pytest.fixture
def owner(tmp_path: Path) -> Iterator[Callable[..., Started]]:
    """Starts an owner of a directory in ``tmp_path``; the end of its input ends it and its child."""
    started: list[Process] = []

    def start(*words: str) -> Started:
        process = subprocess.Popen(
            [sys.executable, "-c", OWNER, *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={"RUNTIME_DIRECTORY": str(tmp_path)},
        )
        started.append(process)
        assert process.stdout is not None
        directory = Path(process.stdout.readline().strip())
        assert directory.parent == tmp_path
        return process, directory

    yield start
    for process in started:
        process.communicate("", timeout=60)


def _end(process: Process, *, killed: bool = False) -> None:
    assert process.stdin is not None
    if killed:
        process.send_signal(signal.SIGKILL)
    else:
        process.stdin.close()
        process.stdin = None
    process.wait(10)


def test_it_goes_with_its_owner(owner: Callable[..., Started]) -> None:
    process, directory = owner()
    assert directory.exists()
    _end(process)
    assert not directory.exists()


def test_the_next_takes_away_what_the_dead_left_and_nothing_else(
    owner: Callable[..., Started], tmp_path: Path
) -> None:
    killed, left = owner()
    _, kept = owner()
    (being_made := tmp_path / "segl-metrics-new").mkdir()
    (foreign := tmp_path / "other").mkdir()
    (left / "counter_1.db").write_bytes(b"1")
    _end(killed, killed=True)
    assert left.exists()
    _, own = owner()
    assert not left.exists()
    assert all(folder.exists() for folder in (kept, own, being_made, foreign))


def test_it_stays_while_a_child_of_a_dead_owner_lives(owner: Callable[..., Started]) -> None:
    killed, kept = owner("child")
    _end(killed, killed=True)
    owner()
    assert kept.exists()


def test_one_that_is_just_being_made_is_never_swept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process sweeps in the moment before the owner's lock is taken."""
    (directory := tmp_path / "segl-metrics-mine").mkdir()
    locked = fcntl.flock

    def swept_before(descriptor: int, operation: int) -> None:
        monkeypatch.setattr(fcntl, "flock", locked)
        multiprocess._sweep(tmp_path)
        locked(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", swept_before)
    multiprocess._lock(directory)
    multiprocess._sweep(tmp_path)
    assert (directory / "owner.lock").exists()


@pytest.mark.parametrize("lock", ["symlink", "folder", "another's", "none"])
def test_what_is_no_lock_of_a_dead_owner_is_left(
    tmp_path: Path, lock: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (strange := tmp_path / "segl-metrics-strange").mkdir()
    (tmp_path / "mine").touch()
    match lock:
        case "symlink":
            (strange / "owner.lock").symlink_to(tmp_path / "mine")
        case "folder":
            (strange / "owner.lock").mkdir()
        case "another's":
            (strange / "owner.lock").touch()
            monkeypatch.setattr(os, "geteuid", lambda: os.getuid() + 1)
    multiprocess._sweep(tmp_path)
    assert strange.exists()


def test_a_symlink_to_what_a_dead_owner_left_is_left(tmp_path: Path) -> None:
    (elsewhere := tmp_path / "elsewhere").mkdir()
    (elsewhere / "owner.lock").touch()
    (link := tmp_path / "segl-metrics-link").symlink_to(elsewhere)
    multiprocess._sweep(tmp_path)
    assert link.is_symlink()
    assert (elsewhere / "owner.lock").exists()


def test_a_folder_that_cannot_be_read_hinders_no_start(tmp_path: Path) -> None:
    multiprocess._sweep(tmp_path / "absent")


COUNTS = """
import os, sys
from pathlib import Path
from segl.multiprocess import count_as, mend_files, prepare_multiprocess
prepare_multiprocess()
folder = Path(os.environ["PROMETHEUS_MULTIPROC_DIR"])
from segl import metrics
from prometheus_client import generate_latest

def child(name, then=lambda: None):
    if os.fork() == 0:
        count_as(name)
        metrics.FORGED.inc()
        then()
        os._exit(0)
    os.wait()

def grandchild():
    if os.fork() == 0:
        metrics.FORGED.inc()
        os._exit(0)
    os.wait()
"""


def counted(folder: Path, script: str, before: str = "") -> str:
    command = [sys.executable, "-c", before + COUNTS + script]
    done = subprocess.run(command, capture_output=True, text=True, env={"RUNTIME_DIRECTORY": str(folder)})
    assert done.returncode == 0, done.stderr
    return done.stdout


COUNTERS = (
    "print(len(list(folder.glob('counter_*.db'))), generate_latest(metrics.registry_of('segl-map')).decode())"
)


def test_a_child_goes_on_with_the_files_of_one_that_has_ended(tmp_path: Path) -> None:
    told = counted(tmp_path, "for _ in range(5): child('1-worker-1')\n" + COUNTERS)
    assert told.startswith("2 ")  # the child's and the parent's
    assert "segl_forged_headers_total 5.0" in told


def test_what_a_named_child_forks_counts_under_its_own_number(tmp_path: Path) -> None:
    told = counted(tmp_path, "child('1-worker-1', grandchild)\n" + COUNTERS)
    assert told.startswith("3 ")
    assert "segl_forged_headers_total 2.0" in told


@pytest.mark.parametrize("left", ["b''", "b'\\xff' * 64", "bytes(range(256)) * 300"])
def test_files_that_cannot_be_read_are_begun_anew(tmp_path: Path, left: str) -> None:
    """Those of a process that has ended; the others stay."""
    spoil = f"(folder / 'counter_1-worker-1.db').write_bytes({left})\n"
    mend = "for number in 1, 2: mend_files(f'1-worker-{number}')\n"
    both = "child('1-worker-1')\nchild('1-worker-2')\n"
    told = counted(tmp_path, both + spoil + mend + "child('1-worker-1')\n" + COUNTERS)
    assert "segl_forged_headers_total 2.0" in told


# Files beyond that size are refused, as where the disk is full (EFBIG for ENOSPC); what is said of them is shown.
LIMITED = """
import resource
from segl import multiprocess
told = []
prepared = multiprocess.prepare_multiprocess
multiprocess.prepare_multiprocess = lambda: prepared(lambda where, error: told.append((where, error.private)))
import signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
def limit(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
"""
TELL = "metrics.FORGED.inc()\nprint(metrics.FORGED._value.get(), *told, sep='\\n')\n"


def test_values_of_which_no_file_can_be_made_stay_in_memory(tmp_path: Path) -> None:
    """The disk was full when a worker began."""
    told = limited(tmp_path, "limit(32_768)\ncount_as('1-worker-1')\nmetrics.FORGED.inc()\n" + TELL)
    value, *events = told.splitlines()
    assert value == "2.0"
    assert "('metrics', 'counter_1-worker-1.db: File too large')" in events
    assert len(events) == len(set(events)), "said once of each file"


def test_values_of_a_folder_that_is_gone_stay_in_memory(tmp_path: Path) -> None:
    gone = "import shutil\nshutil.rmtree(folder)\ncount_as('1-worker-1')\nmetrics.FORGED.inc()\n"
    value, *events = limited(tmp_path, gone + TELL).splitlines()
    assert value == "2.0"
    assert "('metrics', 'counter_1-worker-1.db: No such file or directory')" in events


def test_values_for_which_a_file_cannot_grow_stay_in_memory_and_the_others_in_it(tmp_path: Path) -> None:
    many = "for number in range(2_000): metrics.RELOADS.labels(str(number)).inc()\n"
    last = "print(metrics.RELOADS.labels('1999')._value.get())\n"
    value, *rest = limited(tmp_path, "limit(65_536)\n" + many + TELL + last + COUNTERS).splitlines()
    assert value == "1.0"
    assert rest[0].startswith("('metrics', 'counter_")
    assert rest[1] == "1.0"
    served = "\n".join(rest[2:])
    assert "segl_forged_headers_total 1.0" in served
    assert 'segl_reloads_total{result="3"} 1.0' in served
    assert 'segl_reloads_total{result="1999"}' not in served


def test_all_blocks_of_a_file_are_there_before_it_is_written(tmp_path: Path) -> None:
    """A hole that finds the disk full would end the process (SIGBUS)."""
    many = "for number in range(2_000): metrics.RELOADS.labels(str(number)).inc()\n"
    sizes = "print(*[(f.stat().st_size, f.stat().st_blocks * 512) for f in folder.glob('*.db')], sep='\\n')\n"
    told = [line.strip("()").split(", ") for line in counted(tmp_path, many + sizes).splitlines()]
    assert max(int(size) for size, _ in told) > 65_536
    assert all(int(size) <= int(blocks) for size, blocks in told)


def limited(folder: Path, script: str) -> str:
    """As :func:`counted`, under :data:`LIMITED`."""
    return counted(folder, script, before=LIMITED)
