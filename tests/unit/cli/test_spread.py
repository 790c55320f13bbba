"""Work spread over processes: in order, and what a killed worker leaves behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from segl.cli.spread import Lost, spread


def double(number: int) -> int:
    time.sleep(0.01 * (number % 3))  # so that they end in another order
    return 2 * number


def double_or_die(number: int) -> int:
    if number == 3:
        os._exit(9)
    return 2 * number


def fail(number: int) -> int:
    raise ZeroDivisionError


def test_results_come_in_the_order_of_the_jobs() -> None:
    assert list(spread(double, range(60), 60, float)) == [2 * number for number in range(60)]


def test_a_killed_worker_costs_jobs_but_never_the_run() -> None:
    done = list(spread(double_or_die, range(6), 6, float))
    assert len(done) == 6
    lost = [one.job for one in done if isinstance(one, Lost)]
    assert 3 in lost
    assert all(one == 2 * number for number, one in enumerate(done) if number not in lost)


def test_a_bug_is_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError):
        list(spread(fail, range(3), 3, float))


def test_who_stops_listening_stops_the_work() -> None:
    running = spread(double, range(10_000_000), 1, float)
    assert next(running) == 0
    running.close()


_ENDLESS = """
import os, sys, time
from segl.cli.spread import spread

def tell_and_wait(number):
    print(os.getpid(), flush=True)
    time.sleep(60)

list(spread(tell_and_wait, range(100), 100, float))
"""


@pytest.mark.parametrize("by", [signal.SIGTERM, signal.SIGKILL])
def test_workers_end_with_who_is_killed(by: signal.Signals) -> None:
    with subprocess.Popen([sys.executable, "-c", _ENDLESS], stdout=subprocess.PIPE) as running:
        assert running.stdout is not None
        running.stdout.readline()
        running.send_signal(by)
        running.communicate(timeout=20)  # for as long as one of them lives it has the other end
