"""A worker that asks for relief keeps its place until another is ready to take it, whatever becomes of that one."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

# A process that forks has one thread, which that of the tests has not.
PARENT = """
    import os, signal, sys, time
    from pathlib import Path
    from segl.events import Events
    from segl.events_of_workers import WorkerKind
    from segl.log import configure_log
    from segl_milter import signals, workers
    from segl_milter.workers import Workers

    NEXT = Path(sys.argv[1])  # what becomes of the workers that are forked from now on
    GO = NEXT.with_name("go")  # until it is there the slow ones do not get ready
    workers._FIRST_RELIEF_DELAY = 60.0
    configure_log("json", "info")
    signals.block()

    def serve(lifeline, ready):
        fate = NEXT.read_text() if NEXT.exists() else "good"
        if fate == "dies":
            raise RuntimeError("no more threads")
        if fate != "never":
            lifeline.watch()
            while fate == "slow" and not GO.exists():
                time.sleep(0.01)
            ready()
        time.sleep(60)

    def tend(seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            all.reap()
            due = all.tend()
            time.sleep(0.02 if due is None else min(0.02, due))
            overdue = [w for w in all._workers.values() if w.kill_at is not None] or all._due or all._relief
            assert due is not None or not overdue, "the parent would sleep"

    def until(holds):
        end = time.monotonic() + 30
        while not holds():
            assert time.monotonic() < end, "it does not come"
            tend(0.02)

    def serving():
        return sorted(pid for pid, worker in all._workers.items() if not worker.retired)

    def fate(of_the_next):
        NEXT.write_text(of_the_next)

    all = Workers(Events("t"), WorkerKind.WORKER)
    all.serve(2, serve, 0.2)
    first, second = serving()
"""


def told(folder: Path, script: str) -> str:
    program = textwrap.dedent(PARENT) + textwrap.dedent(script) + "all.kill()\n"
    command = [sys.executable, "-c", program, str(folder / "next")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env={**os.environ})
    assert done.returncode == 0, done.stderr
    (folder / "log").write_text(done.stderr)
    return done.stdout.strip()


def test_the_new_one_is_ready_before_the_old_one_goes(tmp_path: Path) -> None:
    script = """
        fate("slow")
        all.relieve(first)
        all.relieve(first)  # it asks again
        all.relieve(second)  # one at a time
        tend(0.3)
        print(len(serving()), first in serving(), all.alive, end=" ")
        GO.touch()
        until(lambda: first not in all._workers)
        print(len(serving()), first in serving(), all.alive, end=" ")
        all.relieve(os.getpid())
        all.relieve(first)
        tend(0.2)
        print(all.alive)
    """
    assert told(tmp_path, script) == "3 True 3 2 False 2 2"


@pytest.mark.parametrize("fate", ["dies", "never"])
def test_one_that_does_not_get_ready_takes_nobodys_place(tmp_path: Path, fate: str) -> None:
    script = f"""
        fate("{fate}")
        workers._READY_SECONDS = 0.5
        all.relieve(first)
        until(lambda: not all._relief and all.alive == 2)
        print(serving() == [first, second], all.alive, end=" ")
        fate("good")
        workers._READY_SECONDS = 30.0
        all.relieve(first)  # not so soon
        tend(0.3)
        print(serving() == [first, second], all.alive, end=" ")
        all._no_relief_before -= 60
        all.relieve(first)
        until(lambda: first not in all._workers)
        print(first in serving(), second in serving(), all.alive)
    """
    assert told(tmp_path, script) == "True 2 True 2 False True 2"


@pytest.mark.parametrize("fate", ["slow", "dies", "never"])
def test_where_the_old_one_dies_meanwhile_one_takes_its_place_and_no_more(tmp_path: Path, fate: str) -> None:
    script = f"""
        fate("{fate}")
        workers._READY_SECONDS = 0.5 if "{fate}" == "never" else 30.0
        all.relieve(first)
        os.kill(first, signal.SIGKILL)
        tend(0.3)
        fate("good")
        GO.touch()
        until(lambda: first not in all._workers and not all._relief and not all._due and all.alive == 2)
        tend(0.3)
        until(lambda: not all._due and all.alive == 2)  # one may have begun while all still died
        print(first in serving(), second in serving(), len(serving()), all.alive)
    """
    assert told(tmp_path, script) == "False True 2 2"


def test_a_new_generation_takes_the_place_of_all(tmp_path: Path) -> None:
    script = """
        fate("slow")
        all.relieve(first)
        tend(0.1)
        pending = set(all._workers)
        fate("good")
        all.serve(2, serve, 0.2)
        until(lambda: all.alive == 2)
        print(len(serving()), all.alive, pending.isdisjoint(serving()))
    """
    assert told(tmp_path, script) == "2 2 True"


def test_no_more_drain_than_serve(tmp_path: Path) -> None:
    script = """
        def serve(lifeline, ready):
            ready()
            while True:  # hears nothing: as if its connections stayed open
                time.sleep(60)

        all.serve(2, serve, 0.2)
        until(lambda: all.alive == 2)
        for _ in range(6):
            all.relieve(serving()[0])
            until(lambda: not all._relief)
        print(len(serving()), all.alive)
    """
    assert told(tmp_path, script) == "2 4"


def test_each_failure_doubles_the_time_until_the_next(tmp_path: Path) -> None:
    script = """
        fate("dies")
        seconds = []
        while len(seconds) < 3:
            all.relieve(first)
            until(lambda: not all._relief)
            seconds.append(all._relief_delay)
            all._no_relief_before -= all._relief_delay
        print(seconds)
    """
    assert told(tmp_path, script) == "[60.0, 120.0, 240.0]"


def test_a_relieved_worker_that_crashes_is_told_of_and_not_replaced(tmp_path: Path) -> None:
    script = """
        def serve(lifeline, ready):
            ready()
            time.sleep(60)  # as if its connections stayed open

        all.serve(2, serve, 0.2)
        until(lambda: all.alive == 2)
        old = serving()[0]
        all.relieve(old)
        until(lambda: not all._relief)
        os.kill(old, signal.SIGSEGV)
        until(lambda: old not in all._workers)
        print(old, len(serving()), all.alive)
    """
    said = told(tmp_path, script).split()
    assert said[1:] == ["2", "2"]
    assert f'"pid": {said[0]}' in (tmp_path / "log").read_text()
    assert '"worker_died"' in (tmp_path / "log").read_text()
