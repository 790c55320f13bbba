"""The milter tells of each decision, waits for nobody, and loses a record before it holds a message."""

from __future__ import annotations

import json
import os
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from segl.daemons.listening import UnixListener, listen_unix
from segl.decisions.reading import from_bytes
from segl.errors import SmtpReply
from segl.events import Events
from segl.metrics import DECISIONS
from segl.settings.file import parse_settings
from segl.vocabulary import Decision, Finding, Label, Mode, Verdict
from segl_classifier.classify import Evidence
from segl_classifier.rules import shipped_rules
from segl_milter import decisions
from segl_milter.decisions import MOST_WAITING, Circumstances, Recorder, Sender, recorder_of
from segl_milter.protocol import Edits
from segl_milter.ruling import Ruling
from segl_milter.session import Session, WorkerResources
from segl_milter.traffic import Traffic
from world.milterprocess import RunningMilter
from world.postfix import wait_until

AROUND = Circumstances("ab" * 32, "4bX1Yz0Q2xz1", "anna@Nordby.Example", 3, 1234, 0.0125)
FOUND = Evidence(findings=[Finding("cpr", Label.CPR, "part 1", "0101xx-xxxx", 1.0, number=7)])
RULING = Ruling(Verdict(Decision.SECURE, tuple(FOUND.findings), (Label.CPR,), ("cpr",)), FOUND)


@pytest.fixture
def path() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="decisions-") as folder:
        yield Path(folder) / "decisions.sock"


@pytest.fixture
def send(path: Path) -> Iterator[Sender]:
    sender = Sender(path)
    yield sender
    sender.close()


@pytest.fixture
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether the reader is back is looked at twenty times a second."""
    monkeypatch.setattr(decisions, "_BACK_SECONDS", 0.05)


def listen(path: Path) -> UnixListener:
    listener = listen_unix(path, 0o600, socket.SOCK_DGRAM)
    listener.sock.setblocking(False)
    return listener


def heard(listener: UnixListener) -> list[bytes]:
    told = []
    while True:
        try:
            told.append(listener.sock.recv(1 << 20))
        except BlockingIOError:
            return told


def settings(**tables: Any) -> Any:
    return parse_settings({"organisation": {"name": "V", "domains": ["nordby.example"]}, **tables})


def lost() -> float:
    return DECISIONS.labels("lost")._value.get()  # type: ignore[no-any-return]


def test_one_datagram_with_all_that_is_known(path: Path, send: Sender) -> None:
    listener = listen(path)
    shadow = settings(detection={"mode": "shadow"})
    Recorder(send, shipped_rules(), shadow, Events("t"), clock=lambda: 1000.25)(RULING, AROUND)
    [raw] = heard(listener)
    record = from_bytes(raw)
    assert (record.id, record.queue_id, record.domain, record.recipients) == (
        "ab" * 32,
        "4bX1Yz0Q2xz1",
        "nordby.example",
        3,
    )
    assert (record.at, record.ms, record.size, record.mode) == (1000.25, 12.5, 1234, Mode.SHADOW)
    assert (record.verdict, record.labels, record.why, record.numbers) == (
        Decision.SECURE,
        (Label.CPR,),
        ("cpr",),
        1,
    )
    assert record.rules == shipped_rules().digest[:16]
    assert b"anna" not in raw
    listener.close()


def test_a_message_that_goes_plain_gets_a_name_of_its_own(path: Path, send: Sender) -> None:
    listener = listen(path)
    recorder = Recorder(send, shipped_rules(), settings(), Events("t"))
    recorder(RULING, replace(AROUND, id=""))
    recorder(RULING, replace(AROUND, id="", sender=""))
    first, second = map(from_bytes, heard(listener))
    assert len(first.id) == len(second.id) == 32
    assert first.id != second.id
    assert (first.domain, second.domain) == ("nordby.example", "")
    listener.close()


def test_what_was_not_read_is_not_told(path: Path, send: Sender) -> None:
    listener = listen(path)
    recorder = Recorder(send, shipped_rules(), settings(), Events("t"))
    recorder(Ruling(Verdict(Decision.PLAIN, reasons=("internal",))), AROUND)
    assert heard(listener) == []
    listener.close()


def test_nobody_there_costs_nothing_and_is_told_later(path: Path, send: Sender) -> None:
    for number in range(3):
        send(b"%d" % number)
    listener = listen(path)
    send(b"3")
    assert heard(listener) == [b"0", b"1", b"2", b"3"]
    listener.close()


def test_what_waits_goes_when_the_reader_is_back_without_another_message(
    path: Path, send: Sender, often: None
) -> None:
    for number in range(3):
        send(b"%d" % number)
    listener, told = listen(path), list[bytes]()

    def all_told() -> bool:
        told.extend(heard(listener))
        return told == [b"0", b"1", b"2"]

    wait_until(all_told, 30, lambda: f"told: {told}")
    send(b"3")
    assert heard(listener) == [b"3"]
    listener.close()


def test_where_no_thread_can_be_had_nothing_is_raised_and_the_next_message_asks_again(
    path: Path, send: Sender, often: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    before = lost()
    with monkeypatch.context() as crowded:
        crowded.setattr(threading.Thread, "start", refused)
        send(b"0")
    send(b"1")
    listener, told = listen(path), list[bytes]()

    def all_told() -> bool:
        told.extend(heard(listener))
        return told == [b"0", b"1"]

    wait_until(all_told, 30, lambda: f"told: {told}")
    assert lost() == before
    listener.close()


def test_of_what_waits_the_oldest_goes_and_is_counted(path: Path, send: Sender) -> None:
    before = lost()
    for number in range(MOST_WAITING + 5):
        send(b"%d" % number)
    assert lost() - before == 5
    listener = listen(path)
    told: list[bytes] = []
    while not told or told[-1] != b"end":  # the kernel takes some at a time
        send(b"end")
        told += heard(listener)
    assert told[0] == b"5"
    listener.close()


def test_a_reader_that_does_not_read_is_not_waited_for(path: Path, send: Sender) -> None:
    listener = listen(path)
    begun = time.monotonic()
    for _ in range(5_000):
        send(b"x" * 2_000)
    assert time.monotonic() - begun < 5
    listener.close()


def test_before_the_end_what_waits_is_tried_once_more_and_the_rest_is_counted(
    path: Path, send: Sender
) -> None:
    before = lost()
    for number in range(3):
        send(b"%d" % number)
    send.finish(seconds=0.1)
    assert lost() - before == 3
    send(b"3")
    listener: list[UnixListener] = []
    late = threading.Timer(0.2, lambda: listener.append(listen(path)))  # segl-deliver is just being started
    late.start()
    send.finish(seconds=20)
    late.join(20)  # it may be heard before who listens has noted so
    assert lost() - before == 3
    assert heard(listener[0]) == [b"3"]
    listener[0].close()


def test_a_fault_of_ours_is_logged_and_costs_no_message(capsys: pytest.CaptureFixture[str]) -> None:
    def broken(_raw: bytes) -> None:
        raise ZeroDivisionError("Preben er syg")

    before = lost()
    Recorder(broken, shipped_rules(), settings(), Events("t"))(RULING, AROUND)
    assert lost() - before == 1
    told = capsys.readouterr().err + capsys.readouterr().out
    assert "Preben" not in told


def test_nothing_is_made_where_nothing_is_kept(path: Path) -> None:
    chosen = settings(decisions={"keep_days": 0, "socket": str(path)})
    listener = listen(path)
    remember, finish = recorder_of(chosen, shipped_rules(), None, Events("t"))
    remember(RULING, AROUND)
    finish()
    assert heard(listener) == []
    listener.close()


class Desk:
    """A connection's end as a session knows it."""

    queue_id, client = "4bX1Yz0Q2xz1", "192.0.2.7"

    def __init__(self) -> None:
        self.edits = Edits()

    def refuse(self, words: SmtpReply) -> None:
        raise AssertionError(words)


def read_to_the_end(session: Session) -> None:
    session.envelope_from(b"<anna@nordby.example>")
    session.envelope_recipient(b"<bo@kunde.example>")
    session.header(b"Subject", b" x")
    session.body(b"Mit cpr-nummer er 010190-1233.\r\n")
    session.end_of_message()


def test_no_message_waits_for_its_record_and_one_without_an_answer_has_none() -> None:
    told: list[str] = []
    resources = WorkerResources(
        settings(),
        shipped_rules(),
        Events("t"),
        Traffic(),
        remember=lambda ruling, around: told.append(f"{ruling.verdict.decision} {around.sender}"),
    )
    session = Session(resources, Desk())
    read_to_the_end(session)
    assert told == [], "the answer is not out yet"
    session.answered()
    assert told == ["secure anna@nordby.example"]
    session.answered()
    read_to_the_end(session)
    session.abort()  # the connection broke before the answer was out: the message comes again
    session.answered()
    assert told == ["secure anna@nordby.example"]
    read_to_the_end(session)
    session.answered()
    assert len(told) == 2


@contextmanager
def running(path: Path, directory: Path) -> Iterator[RunningMilter]:
    """A milter with one worker, that tells who listens at *path*."""
    milter = RunningMilter(directory, model=False)
    milter.write()
    with milter.settings.open("a", encoding="utf-8") as file:
        file.write(f'\n[decisions]\nsocket = "{path}"\n')
    milter.daemon.start()
    try:
        yield milter
    finally:
        assert milter.daemon.stop() == 0


def decided_on(milter: RunningMilter) -> str:
    """One message is sent through *milter*; the id that is on it."""
    raw_mail = b"From: a@nordby.example\r\nSubject: x\r\n\r\nMit cpr-nummer er 010190-1233.\r\n"
    with milter.client() as client:
        return client.message("<a@nordby.example>", ["<b@kunde.example>"], raw_mail).headers["X-Segl-Id"]


@pytest.mark.slow
def test_the_running_milter_tells_by_the_id_that_is_on_the_message(path: Path, tmp_path: Path) -> None:
    listener = listen(path)
    with running(path, tmp_path) as milter:
        on_the_message = decided_on(milter)
    [raw] = heard(listener)
    assert from_bytes(raw).id == on_the_message
    assert b"010190" not in raw
    assert json.loads(raw)["why"] == ["cpr"]
    listener.close()


@pytest.mark.slow
def test_what_waited_in_a_killed_worker_is_lost_and_its_successor_tells_of_the_next(
    path: Path, tmp_path: Path
) -> None:
    with running(path, tmp_path) as milter:
        decided_on(milter)  # nobody listens: it waits
        [killed] = milter.workers()
        os.kill(killed, signal.SIGKILL)
        wait_until(lambda: milter.workers() not in ([], [killed]), 30, lambda: milter.daemon.log)
        listener = listen(path)
        on_the_message = decided_on(milter)
    assert [from_bytes(raw).id for raw in heard(listener)] == [on_the_message]
    listener.close()
