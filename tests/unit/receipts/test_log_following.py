"""A log is read line by line: over rotation, truncation, a restart, and a file that is not there yet."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from segl.events import Events
from segl.settings_file import parse_settings
from segl.store import open_store
from segl_delivery.receipts import follow as follow_module
from segl_delivery.receipts.follow import Follower, LogFile


@pytest.fixture
def log(tmp_path: Path) -> Path:
    file = tmp_path / "mail.log"
    file.write_text("one\ntwo\n")
    return file


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
    log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """There is something new at every look. What does not end within one look is not read yet."""
    chosen = parse_settings(
        {"organisation": {"name": "Nordby", "domains": ["nordby.example"]}, "receipts": {"log": str(log)}}
    )
    engine = open_store(f"sqlite:///{tmp_path}/segl.db")
    follower = Follower(engine, lambda: chosen, Events("test"))
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
        engine.dispose()
