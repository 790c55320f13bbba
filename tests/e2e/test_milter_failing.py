"""A milter that is down, killed, frozen or forgotten while a message comes: it is not taken, or goes securely later."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from world.house import House
from world.letters import BARE, GOOD, SENDER
from world.marked import (
    BODY,
    MARKER,
    assert_arrives_in_tls,
    assert_nothing_in_clear,
    assert_nothing_was_taken,
    kill,
    message,
    refuse_temporarily,
    workers_of,
)
from world.postfix import wait_until
from world.process import Daemon
from world.street import Street

pytestmark = pytest.mark.world


# the milter


def test_milter_down_nothing_is_accepted(house: House, street: Street) -> None:
    house.milter.stop()
    refuse_temporarily(house, (GOOD,), message(GOOD))
    assert house.queued == 0
    assert_nothing_in_clear(street)
    house.milter.start()
    house.submit(message(GOOD), SENDER, [GOOD])
    assert_arrives_in_tls(house, street)


@pytest.mark.parametrize("sent", [0.5, 1.0], ids=["half of the content is there", "all of it is there"])
def test_milter_killed_while_the_content_comes(house: House, street: Street, sent: float) -> None:
    content = message(GOOD)
    half = int(len(content) * sent)
    with house.session() as smtp:
        smtp.ehlo()
        smtp.mail(SENDER)
        smtp.rcpt(GOOD)
        assert smtp.docmd("DATA")[0] == 354
        smtp.send(content[:half])
        _kill_milter(house.milter)
        smtp.send(content[half:])
        code, _ = smtp.docmd(".")
    assert 400 <= code < 500
    assert_nothing_was_taken(house, street)


def test_milter_killed_with_part_of_the_body_in_its_hands(house: House, street: Street) -> None:
    """Postfix hands the content on after the final dot, and waits for no answer before the end of it. Here nobody
    reads: what the socket does not hold waits in Postfix, and the milter goes with the first of it."""
    with house.session() as smtp, ThreadPoolExecutor(1) as sender:
        smtp.ehlo()
        smtp.mail(SENDER)
        smtp.rcpt(GOOD)
        assert smtp.docmd("DATA")[0] == 354
        smtp.send(message(GOOD, body=BODY + "Resten er kun til at fylde op med.\n" * 40_000))
        with _frozen(house.milter):
            answer = sender.submit(smtp.docmd, ".")
            wait_until(lambda: _given(house) > 10_000, 30, lambda: f"given: {_given(house)}")
            assert not answer.done()
            _kill_milter(house.milter)
            code, _ = answer.result(60)
    assert 400 <= code < 500
    assert_nothing_was_taken(house, street)


def _given(house: House) -> int:
    """Bytes that Postfix has given the milter and it has not taken yet (ss(8), Recv-Q). There its socket goes by the
    private name that it was made under."""
    told = subprocess.run(["ss", "-xHn"], capture_output=True, text=True, check=True)
    lines = [line.split() for line in told.stdout.splitlines()]
    return sum(int(line[2]) for line in lines if line[4].startswith(f"{house.run}/.milter.sock."))


def _kill_milter(milter: Daemon) -> None:
    wait_until(lambda: bool(workers_of(milter)), 30, lambda: "no workers")
    kill(milter.pid, *workers_of(milter))


@contextlib.contextmanager
def _frozen(milter: Daemon) -> Iterator[None]:
    stopped = (milter.pid, *workers_of(milter))
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in stopped:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


def _patience(house: House, **given: str) -> None:
    """The time-outs, each as given, or so long that the test's session would break off first."""
    for name in ("milter_connect_timeout", "milter_command_timeout", "milter_content_timeout"):
        house.front.run("postconf", "-e", f"{name}={given.get(name, '600s')}")
    house.front.reload()


def test_milter_frozen_before_it_is_spoken_with(house: House, street: Street) -> None:
    """The kernel takes the connection for it, so it is its greeting that is waited for."""
    _patience(house, milter_command_timeout="2s")
    with _frozen(house.milter), house.session() as smtp:
        smtp.ehlo()
        assert 400 <= smtp.mail(SENDER)[0] < 500
    assert house.queued == 0
    assert_nothing_in_clear(street)


def test_milter_frozen_after_the_content_began(house: House, street: Street) -> None:
    _patience(house, milter_content_timeout="2s")
    with house.session() as smtp:
        smtp.ehlo()
        smtp.mail(SENDER)
        smtp.rcpt(GOOD)
        assert smtp.docmd("DATA")[0] == 354
        smtp.send(message(GOOD))
        with _frozen(house.milter):
            assert 400 <= smtp.docmd(".")[0] < 500
            assert house.queued == 0, "its sender's program has it still"
    assert house.queued == 0
    assert not street.mail_for(GOOD)
    house.submit(message(GOOD), SENDER, [GOOD])
    assert_arrives_in_tls(house, street)
    assert len(street.mail_for(GOOD)) == 1
    assert_nothing_in_clear(street)


def test_a_worker_that_dies_is_replaced(house: House, street: Street) -> None:
    before = set(workers_of(house.milter))
    kill(min(before))
    wait_until(lambda: len(set(workers_of(house.milter)) - before) == 1, 30, lambda: house.milter.log[-2000:])
    house.submit(message(GOOD), SENDER, [GOOD])
    assert_arrives_in_tls(house, street)
    assert_nothing_in_clear(street)


def test_milter_forgotten_in_the_configuration(house: House, street: Street) -> None:
    """smtpd_milters emptied by mistake: no verdict, so the secure way."""
    house.front.run("postconf", "-e", "smtpd_milters=", "non_smtpd_milters=")
    house.front.reload()
    house.submit(message(GOOD, BARE), SENDER, [GOOD, BARE])
    assert_arrives_in_tls(house, street)
    wait_until(lambda: bool(street.mail_for(BARE)), 30, lambda: house.log[-6000:])
    assert MARKER.encode() not in street.mail_for(BARE)[0].content
    assert_nothing_in_clear(street)


def test_local_submission_waits_for_the_milter(house: House, street: Street) -> None:
    house.milter.stop()
    house.front.sendmail(SENDER, [GOOD], message(GOOD))
    house.front.wait_for_log("milter-reject|connect to Milter service")
    assert not street.mail_for(GOOD)
    house.milter.start()
    house.front.reload()  # pickup looks again at once instead of after its minute
    assert_arrives_in_tls(house, street)
    assert_nothing_in_clear(street)
