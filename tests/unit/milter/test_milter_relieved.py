"""Workers of a running segl-milter that are relieved by others after their number of messages."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from segl_milter.relief import LEAST_SHARE
from world.milterprocess import NewMilter, RunningMilter
from world.postfix import wait_until

pytestmark = pytest.mark.slow

FROM = "anna@nordby.example"
TO = ["bo@kunde.example"]
CPR = b"From: anna@nordby.example\r\nSubject: Hej\r\n\r\nMit CPR-nummer er 010190-1233.\r\n"
TEA = b"From: anna@nordby.example\r\nSubject: Hej\r\n\r\nVi ses til te kl. 15.\r\n"


def route(milter: RunningMilter) -> str:
    with milter.client() as client:
        return client.message(FROM, TO, TEA).headers["X-Segl-Route"]


def wait_for(milter: RunningMilter, event: str, count: int = 1) -> dict[str, Any]:
    wait_until(lambda: len(milter.events(event)) >= count, 30, lambda: f"{event}:\n{milter.daemon.log}")
    return milter.events(event)[count - 1]


def counted_as(pid: int) -> str:
    """The name under which a process counts, told by the files it keeps open; without its parent's number."""
    files = [Path(line.split()[-1]).stem for line in Path(f"/proc/{pid}/maps").read_text().splitlines()]
    return next(name for name in files if name.startswith("counter_")).partition("-")[2]


def test_a_worker_is_relieved_after_its_number_of_messages_and_none_is_lost(new_milter: NewMilter) -> None:
    milter = new_milter(messages_per_worker=5, drain_seconds=60)
    (first,) = milter.workers()
    with milter.client() as client:  # an MTA that stays connected
        for _ in range(10):
            assert client.message(FROM, TO, TEA).verdict == "c"
        assert wait_for(milter, "worker_relieved")["pid"] == first
        client.mail(FROM)
        client.recipient(*TO)
        client.content(CPR)
        (second,) = (pid for pid in milter.workers() if pid != first)
        wait_until(
            lambda: route(milter) == "plain" and counted_as(second) == "worker-2",
            30,
            lambda: "it gets no message",
        )
        assert client.end().headers["X-Segl-Route"] == "secure"
        assert counted_as(first) == "worker-1"
        time.sleep(3.5)  # it asks once more, and is given nothing
        assert client.message(FROM, TO, CPR).headers["X-Segl-Route"] == "secure"
        assert set(milter.workers()) == {first, second}
        assert milter.metric("segl_workers") == 1
    wait_until(lambda: milter.workers() == [second], 30, lambda: "it stays, with no connection open")
    for _ in range(10):
        route(milter)
    assert wait_for(milter, "worker_relieved", 2)["pid"] == second
    wait_until(lambda: second not in milter.workers(), 30, lambda: "it stays, with no connection open")
    (third,) = milter.workers()
    assert route(milter) == "plain"
    assert counted_as(third) == "worker-1"  # no files beside those of the first
    assert milter.metric("segl_messages_total") == len(milter.events("classified"))
    assert milter.metric("segl_worker_deaths_total") == 0


def test_one_that_keeps_much_is_relieved_before_its_number_of_messages(new_milter: NewMilter) -> None:
    """Its memory is that of a message that stays in hand. Five looks, three seconds apart, tell that it is kept."""
    milter = new_milter(messages_per_worker=1_000)
    (first,) = milter.workers()
    with milter.client() as holding:
        holding.mail(FROM)
        holding.recipient(*TO)
        for _ in range(60):
            holding.body(b"x" * 1_000_000)
        for _ in range(int(1_200 * LEAST_SHARE)):
            route(milter)
        assert milter.events("worker_relieved") == []

        def asked() -> bool:
            route(milter)
            time.sleep(0.25)
            return milter.events("worker_relieved") != []

        wait_until(asked, 90, lambda: "it keeps its place")
        assert milter.events("worker_relieved")[0]["pid"] == first
        assert milter.metric("segl_messages_total") < 1_000


def test_a_reload_and_a_stop_do_not_wait_for_a_relieved_worker(new_milter: NewMilter) -> None:
    milter = new_milter(messages_per_worker=1, drain_seconds=0.5)
    (first,) = milter.workers()
    with milter.client() as idle:
        assert idle.message(FROM, TO, TEA).verdict == "c"
        wait_for(milter, "worker_relieved")
        milter.daemon.signal(signal.SIGHUP)
        wait_for(milter, "reloaded")
        wait_until(lambda: len(milter.workers()) == 1, 30, lambda: "a reload lets it wait")
    (third,) = milter.workers()
    assert third != first
    with milter.client() as idle:
        assert idle.message(FROM, TO, TEA).verdict == "c"
        assert wait_for(milter, "worker_relieved", 2)["pid"] == third
        assert milter.daemon.stop() == 0
    assert milter.events("worker_died") == []


def test_nobody_but_a_worker_is_given_relief(new_milter: NewMilter) -> None:
    milter = new_milter()
    (worker,) = milter.workers()
    milter.daemon.signal(signal.SIGUSR1)
    os.kill(worker, signal.SIGUSR1)
    time.sleep(0.3)
    assert route(milter) == "plain"
    assert milter.workers() == [worker]
