"""A log is read line by line: over rotation, truncation, a restart, and a file that is not there yet."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy.engine import Engine

from segl.cli.doctor_receipts import receipt_checks
from segl.events import Events
from segl.postfix.check import State as Health
from segl.receipts import protection
from segl.settings.document import Settings
from segl.settings.file import parse_settings
from segl.store.engine import transaction
from segl_delivery.receipts import follow as follow_module
from segl_delivery.receipts import journal
from segl_delivery.receipts.follow import Follower, LogFile
from world.postfix import wait_until


@pytest.fixture
def log(tmp_path: Path) -> Path:
    file = tmp_path / "mail.log"
    file.write_text("one\ntwo\n")
    return file


NORDBY = {"organisation": {"name": "Nordby", "domains": ["nordby.example"]}}


def logging_to(log: Path) -> Settings:
    return parse_settings({**NORDBY, "receipts": {"log": str(log)}})


Open = Callable[[Path], LogFile]


@pytest.fixture
def follow() -> Iterator[Open]:
    opened: list[LogFile] = []

    def one(file: Path) -> LogFile:
        opened.append(LogFile(file))
        return opened[-1]

    yield one
    for each in opened:
        each.close()


def write(file: Path, text: str) -> None:
    with file.open("a") as stream:
        stream.write(text)


def test_half_a_line_waits_for_its_other_half(log: Path, follow: Open) -> None:
    reader = follow(log)
    assert reader.lines() == ["one", "two"]
    write(log, "thr")
    assert reader.lines() == []
    write(log, "ee\nfour\n")
    assert reader.lines() == ["three", "four"]


def test_what_was_written_before_the_rotation_is_read_too(log: Path, follow: Open) -> None:
    reader = follow(log)
    reader.lines()
    write(log, "three\n")
    log.rename(log.with_name("mail.log.1"))
    log.write_text("four\n")
    assert reader.lines() == ["three", "four"]


def test_what_is_still_written_to_the_file_that_was_rotated_away_is_read(
    log: Path, follow: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """rsyslog goes on with the old one until it is told, when the new one is there already."""
    reader = follow(log)
    reader.lines()
    old = log.with_name("mail.log.1")
    log.rename(old)
    log.write_text("")
    write(old, "three\nfo")
    assert reader.lines() == ["three"]
    write(old, "ur\n")
    write(log, "five\n")
    assert reader.lines() == ["four", "five"]
    monkeypatch.setattr(follow_module, "_LATE", 0.0)
    log.rename(log.with_name("mail.log.2"))
    log.write_text("six\n")
    assert reader.lines() == ["six"]
    assert reader.lines() == []
    # That of the first; the second's time was over.
    assert [older.stream.closed for older in reader._older] == [False]


RESULTS = {
    "postfix/segl-tunnel/lmtp[7]: 4jZ1: to=<bo@x.example>, relay=x, delay=1, status=sent (250 ok)": "4jZ1",
    "postfix/segl-tls/smtp[7]: 4jZ2: to=<bo@x.example>, relay=none, delay=1, status=deferred (timeout)": "4jZ2",
    "postfix-segl/error[7]: 4jZ3: to=<bo@x.example>, relay=none, delay=1, status=bounced (no)": "4jZ3",
    "postfix/smtp[7]: 4jZ4: to=<bo@x.example>, relay=x, delay=1, status=sent (250 ok)": "",
    "postfix/segl-tls/smtp[7]: Verified TLS connection established to 4jZ5: to=<": "",
    "postfix/segl-portal/lmtp[7]: 4jZ6: host said: 450 4jZ7: to=<bo@x.example>": "",
}


@pytest.mark.parametrize("line", RESULTS)
def test_the_messages_of_which_the_log_told_a_result_are_remembered(
    line: str, log: Path, engine: Engine
) -> None:
    follower = Follower(engine, lambda: logging_to(log), Events("test"))
    try:
        follower.look()
        write(log, f"2026-11-25T02:58:31+00:00 mail {line}\n")
        follower.look()
    finally:
        follower.close()
    with transaction(engine) as connection:
        logged = [
            one
            for one in ("4jZ1", "4jZ2", "4jZ3", "4jZ4", "4jZ5", "4jZ6", "4jZ7")
            if protection.are_logged(connection, [one])
        ]
    assert logged == ([RESULTS[line]] if RESULTS[line] else [])


@pytest.mark.parametrize(
    ("worked_after", "started", "silent"),
    [
        (-30.0, True, False),
        (30.0, True, False),
        (90.0, True, True),
        (90.0, False, False),  # installed a moment ago on a quiet host, and not started yet
        (None, False, False),
    ],
)
def test_a_log_that_nobody_writes_gives_way_to_the_journal_and_the_doctor_says_so(
    worked_after: float | None,
    started: bool,
    silent: bool,
    log: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """rsyslog was removed, its file is still there: the secure instance works, and no line comes."""
    now = time.time()
    log.chmod(0o640)
    if worked_after is not None:
        (tmp_path / "main.cf").write_text(f"queue_directory = {tmp_path}\n")
        (tmp_path / "active").mkdir()
        os.utime(tmp_path / "active", (now, now))
        (tmp_path / "pid").mkdir()
        if started:
            (tmp_path / "pid" / "master.pid").touch()
        os.utime(log, (now, now - worked_after))
    chosen = parse_settings({**NORDBY, "postfix": {"secure": str(tmp_path)}})
    monkeypatch.setattr(follow_module, "_SYSLOG", log)
    monkeypatch.setattr(journal, "is_there", lambda: True)
    assert follow_module.log_of(chosen) == (None if silent else log)
    [check] = receipt_checks(
        parse_settings({**NORDBY, "postfix": {"secure": str(tmp_path)}, "receipts": {"log": str(log)}})
    )
    assert (check.state is Health.WARN) is silent
    assert ("worked since its last line" in check.found) is silent
    monkeypatch.setattr(journal, "is_there", lambda: False)
    assert follow_module.log_of(chosen) == log


def test_a_restart_goes_on_where_it_was_though_it_was_rotated_meanwhile(log: Path, follow: Open) -> None:
    reader = follow(log)
    reader.lines()
    position = reader.position
    write(log, "three\n")
    log.rename(log.with_name("mail.log.1"))
    log.write_text("four\n")
    again = follow(log)
    again.resume(position)
    lines = again.lines()
    assert lines[-2:] == ["three", "four"]


def test_a_restart_reads_a_little_once_more(log: Path, follow: Open) -> None:
    reader = follow(log)
    reader.lines()
    again = follow(log)
    again.resume(reader.position)
    assert again.lines() == ["one", "two"]


def test_truncated_in_its_place_it_begins_anew(log: Path, follow: Open) -> None:
    reader = follow(log)
    reader.lines()
    log.write_text("x\n")
    assert reader.lines() == ["x"]


def test_a_log_that_is_gone_is_said(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        LogFile(tmp_path / "none").lines()


def test_on_a_busy_host_the_log_is_read_when_its_end_was_reached_once(
    log: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is something new at every look. What does not end within one look is not read yet."""
    follower = Follower(engine, lambda: logging_to(log), Events("test"))
    try:
        for _ in range(3):
            write(log, "one more\n")
            began = time.time()
            assert follower.look()
            assert began <= follower.read_until <= time.time()
        before = follower.read_until
        monkeypatch.setattr(follow_module, "_AT_ONCE", 4)
        write(log, "a longer line..\n")
        for _ in range(4):
            follower.look()
            assert follower.read_until == before
        follower.look()
        assert follower.read_until > before
    finally:
        follower.close()


class Heard(Events):
    """What was said of the log."""

    def __init__(self) -> None:
        super().__init__("test")
        self.said: list[str] = []

    def log_not_read(self, why: str) -> None:
        self.said.append(why)


@pytest.mark.slow
@pytest.mark.parametrize("log_is", ["missing", "a folder", "a journal we may not read"])
def test_a_log_that_cannot_be_read_is_waited_for_a_little_and_said_once(
    log_is: str, tmp_path: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every receipt waited two minutes for it, an alias' half an hour."""
    log = tmp_path / "other.log"
    if log_is == "a folder":
        monkeypatch.setattr(follow_module, "forgeable", lambda _: "")
        log.mkdir()
    journalctl = tmp_path / "bin" / "journalctl"
    journalctl.parent.mkdir()
    journalctl.write_text("#!/bin/sh\nsleep 0.1\nexit 1\n")
    journalctl.chmod(0o755)
    monkeypatch.setenv("PATH", str(journalctl.parent), prepend=":")
    monkeypatch.setattr(follow_module, "_HOPE", 1.0)
    monkeypatch.setattr(follow_module, "AGAIN_SECONDS", 0.05)
    monkeypatch.setattr(follow_module, "LOOK_SECONDS", 0.05)
    events, chosen = Heard(), logging_to(Path("journal") if "journal" in log_is else log)
    follower = Follower(engine, lambda: chosen, events)

    async def until(true: Callable[[], bool]) -> None:
        await asyncio.to_thread(wait_until, true, 30, lambda: f"{events.said}")

    async def followed() -> None:
        task = asyncio.create_task(follower.run())
        await until(lambda: bool(events.said))
        assert follower.may_tell
        await until(lambda: not follower.may_tell)
        await asyncio.sleep(0.5)
        assert not follower.may_tell
        if log_is == "missing":
            log.write_text("one\n")
            await until(lambda: follower.may_tell)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    asyncio.run(followed())
    assert len(events.said) == 1


def test_a_journal_opened_while_it_is_stopped_is_closed_all_the_same(
    tmp_path: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A look that has begun goes on in its thread: journalctl was left behind."""
    journalctl, started = tmp_path / "bin" / "journalctl", tmp_path / "started"
    journalctl.parent.mkdir()
    journalctl.write_text(f'#!/bin/sh\necho $$ >"{started}"\nexec sleep 60\n')
    journalctl.chmod(0o755)
    monkeypatch.setenv("PATH", str(journalctl.parent), prepend=":")
    looking, stopped = threading.Event(), threading.Event()

    def settings() -> Settings:
        looking.set()
        assert stopped.wait(30)
        return logging_to(Path("journal"))

    async def stopped_meanwhile() -> None:
        task = asyncio.create_task(Follower(engine, settings, Events("test")).run())
        await asyncio.to_thread(looking.wait, 30)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        stopped.set()

    asyncio.run(stopped_meanwhile())  # which waits for its threads
    pid = int(started.read_text()) if started.exists() else 0
    assert not pid or not Path(f"/proc/{pid}").exists()
