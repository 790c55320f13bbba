"""How a running segl-milter loses workers and stops, with messages in hand."""

from __future__ import annotations

import os
import signal
import time

import pytest

from world.milterclient import Answer, Dropped
from world.milterlife import CPR, FROM, TEA, TO, route, wait_for
from world.milterprocess import NewMilter, RunningMilter
from world.postfix import wait_until

pytestmark = pytest.mark.slow


# workers that die


def test_a_killed_worker_is_replaced_and_the_next_message_served(steady: RunningMilter) -> None:
    milter = steady
    (victim,) = milter.workers()
    deaths = milter.metric("segl_worker_deaths_total")
    with milter.client() as client:
        client.mail(FROM)
        client.recipient(*TO)
        client.content(CPR)
        os.kill(victim, signal.SIGKILL)
        with pytest.raises(Dropped):
            client.end()
    assert route(milter, CPR) == "secure"
    died = wait_for(milter, "worker_died")
    assert (died["pid"], died["status"]) == (victim, -signal.SIGKILL)
    assert milter.workers() != [victim]
    wait_until(lambda: milter.metric("segl_workers") == 1, 30, lambda: "workers are miscounted")
    assert milter.metric("segl_worker_deaths_total") == deaths + 1


def test_a_worker_that_dies_again_and_again_is_started_ever_more_slowly(new_milter: NewMilter) -> None:
    milter = new_milter()
    deaths = 0
    end = time.monotonic() + 3
    while time.monotonic() < end:
        for pid in milter.workers():
            os.kill(pid, signal.SIGKILL)
            deaths += 1
            wait_for(milter, "worker_died", deaths)
        time.sleep(0.02)
    assert 3 <= deaths <= 8
    wait_until(lambda: len(milter.workers()) == 1, 30, lambda: "it was given up")
    assert route(milter) == "plain"


def test_the_exporter_is_replaced_too(steady: RunningMilter) -> None:
    milter = steady
    exporter = next(e["pid"] for e in milter.events("worker_started") if e["kind"] == "exporter")
    died = len(milter.events("worker_died"))
    os.kill(exporter, signal.SIGKILL)
    wait_for(milter, "worker_died", died + 1)

    def answers() -> bool:
        try:
            return bool(milter.metric("segl_workers") == 1)
        except OSError:
            return False

    wait_until(answers, 30, lambda: "no metrics")


def test_no_worker_outlives_a_killed_parent_and_a_new_one_can_start_at_once(new_milter: NewMilter) -> None:
    milter = new_milter(workers=2, drain_seconds=60)
    before = milter.workers()
    client = milter.client()
    client.mail(FROM)
    client.recipient(*TO)
    client.content(CPR)
    milter.daemon.kill()
    milter.daemon.start()  # while the old workers finish what they have in hand
    assert route(milter, CPR) == "secure"
    assert client.end().headers["X-Segl-Route"] == "secure"
    client.close()
    wait_until(lambda: not set(before) & set(milter.workers()), 30, lambda: "orphans stay")


# stop


def stop_in_the_middle(milter: RunningMilter, number: signal.Signals) -> Answer:
    """A message is half-way when the milter is told to stop; gives its answer."""
    with milter.client() as client:
        client.mail(FROM)
        client.recipient(*TO)
        client.content(CPR)
        milter.daemon.signal(number)
        wait_for(milter, "stopping")
        wait_until(lambda: not milter.socket.exists(), 30, lambda: "the socket is still there")
        time.sleep(0.3)
        answer: Answer = client.end()
        return answer


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_finishes_the_message_in_hand(new_milter: NewMilter, number: signal.Signals) -> None:
    milter = new_milter(drain_seconds=30)
    assert stop_in_the_middle(milter, number).headers["X-Segl-Route"] == "secure"
    started = time.monotonic()
    assert milter.daemon.stop() == 0
    assert time.monotonic() - started < 15


def test_a_stop_waits_until_a_large_answer_is_read_to_its_end(new_milter: NewMilter) -> None:
    """More of it than the socket holds is still to be written when the worker is told to end."""
    milter = new_milter()
    forged = [f"X-Segl-{n:03}{'b' * 500}" for n in range(900)]
    with milter.client() as client:
        client.mail(FROM)
        client.recipient(TO[0])
        for name in forged:
            client.header(name.encode(), b"plain")
        client.content(CPR)
        client.send_end()
        wait_for(milter, "classified")
        milter.daemon.signal(signal.SIGTERM)
        wait_for(milter, "stopping")
        time.sleep(0.5)  # a worker with nothing in hand ends sooner
        answer = client.answer()
    assert answer.headers["X-Segl-Route"] == "secure"
    assert len(answer.removed) == len(forged)
    assert milter.daemon.stop() == 0


def test_a_stop_does_not_wait_for_idle_connections(new_milter: NewMilter) -> None:
    milter = new_milter(drain_seconds=30)
    with milter.client() as idle:
        assert idle.message(FROM, TO, TEA).verdict == "c"
        started = time.monotonic()
        assert milter.daemon.stop() == 0
        assert time.monotonic() - started < 15
        with pytest.raises(Dropped):
            idle.message(FROM, TO, TEA)
    assert milter.workers() == []


def test_a_message_that_does_not_end_is_cut_off_after_the_time_set(new_milter: NewMilter) -> None:
    milter = new_milter(drain_seconds=0.5)
    with milter.client() as client:
        client.mail(FROM)
        started = time.monotonic()
        assert milter.daemon.stop() == 0
        assert 0.4 < time.monotonic() - started < 15


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGINT, signal.SIGTERM])
def test_a_signal_to_a_worker_drops_no_message(steady: RunningMilter, number: signal.Signals) -> None:
    """`pkill -HUP segl-milter` reaches the workers too, but is for their parent."""
    milter = steady
    (worker,) = milter.workers()
    with milter.client() as client:
        client.mail(FROM)
        client.recipient(*TO)
        os.kill(worker, number)
        client.content(CPR)
        assert client.end().headers["X-Segl-Route"] == "secure"
    assert milter.workers() == [worker]


def test_a_frozen_worker_does_not_keep_it_from_stopping(new_milter: NewMilter) -> None:
    milter = new_milter(drain_seconds=0.5)
    (worker,) = milter.workers()
    os.kill(worker, signal.SIGSTOP)
    assert milter.daemon.stop(10) == 0
    assert milter.workers() == []


def test_a_second_signal_ends_it_at_once(new_milter: NewMilter) -> None:
    milter = new_milter(drain_seconds=30)
    with milter.client() as client:
        client.mail(FROM)
        milter.daemon.signal(signal.SIGTERM)
        wait_for(milter, "stopping")
        started = time.monotonic()
        assert milter.daemon.stop() == 0
        assert time.monotonic() - started < 15
