"""Reads what postqueue(1) prints, whatever it prints, and never waits for it without end."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from segl.vocabulary import Proof
from segl_routing.fallback import queue_watch
from segl_routing.fallback.queue_watch import QueueWatch, Waiting, message_in, waiting_in


def line(queue: str = "deferred", **more: object) -> bytes:
    message = {
        "queue_name": queue,
        "queue_id": "4jZ0Ns4PFPz1dr1C",
        "arrival_time": 1795565246,
        "message_size": 4078,
        "forced_expire": False,
        "sender": "mette@nordby-vand.example",
        "recipients": [
            {"address": "bo@x.example", "delay_reason": "Server certificate not verified"},
            {"address": "eva@y.example.least-dane.segl.invalid", "delay_reason": "Connection refused"},
            {"address": "ib@z.example"},
        ],
        **more,
    }
    return json.dumps(message).encode() + b"\n"


def test_each_recipient_that_failed_is_told_with_what_its_message_demands() -> None:
    assert waiting_in(message_in(line())) == [
        Waiting("4jZ0Ns4PFPz1dr1C", "bo@x.example", 1795565246.0, "Server certificate not verified"),
        Waiting("4jZ0Ns4PFPz1dr1C", "eva@y.example", 1795565246.0, "Connection refused", Proof.DANE),
    ]


@pytest.mark.parametrize("queue", ["active", "incoming", "hold", "maildrop", "corrupt"])
def test_only_what_is_deferred_waits_after_a_failure(queue: str) -> None:
    assert waiting_in(message_in(line(queue))) == []


def test_how_many_messages_there_are_and_since_when(tmp_path: Path) -> None:
    lines = [line(), line("active", arrival_time=1795560000), line("hold", arrival_time=1e400), b"{}\n"]
    (tmp_path / "queue").write_bytes(b"".join(lines))
    watch = QueueWatch(tmp_path, program(tmp_path, f"cat {tmp_path}/queue"))
    assert (watch.seen.messages, watch.seen.oldest) == (0, None)
    asyncio.run(watch.look())
    assert (watch.seen.messages, watch.seen.oldest) == (3, 1795560000.0)


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"queue_name": "deferred"}',
        line(arrival_time="soon"),
        line(recipients=3),
        line(recipients=[3]),
        line(recipients=[{}]),
        b"[" * 100_000,
    ],
)
def test_what_is_no_message_is_passed_over(broken: bytes) -> None:
    assert waiting_in(message_in(broken)) == []


@given(st.binary(max_size=300))
def test_no_line_stops_the_watch(raw: bytes) -> None:
    waiting_in(message_in(raw))


def program(folder: Path, script: str) -> str:
    file = folder / "postqueue"
    file.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
    file.chmod(0o755)
    return str(file)


def look(path: str) -> list[Waiting]:
    return asyncio.run(QueueWatch(Path("/etc/postfix-segl"), path).look())


def test_all_lines_are_read(tmp_path: Path) -> None:
    (tmp_path / "queue").write_bytes(line() * 1_000 + b"nonsense\n" + line())
    assert len(look(program(tmp_path, f"cat {tmp_path}/queue"))) == 2_002


def test_a_line_without_end_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue_watch, "_LONGEST_LINE", 10_000)
    (tmp_path / "queue").write_bytes(line() + b"x" * 50_000 + b"\n" + line())
    assert len(look(program(tmp_path, f"cat {tmp_path}/queue"))) == 4


def test_a_queue_that_cannot_be_shown_is_no_empty_queue(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"cannot show|no Postfix in"):
        look(program(tmp_path, "exit 69"))
    with pytest.raises(OSError, match="No such file"):
        look(str(tmp_path / "absent"))


def long_queue(folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """More than ever fits between two processes, of which the first thousand messages are looked at."""
    monkeypatch.setattr(queue_watch, "MOST_MESSAGES", 1_000)
    monkeypatch.setattr(queue_watch, "_LONGEST_LINE", 10_000)
    (folder / "queue").write_bytes(line() * 20_000)
    return f"exec cat {folder}/queue"


def test_of_a_queue_that_is_too_long_the_beginning_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a storm too some domains are marked, and the watch goes on: it hung for ever here once."""
    watch = QueueWatch(tmp_path, program(tmp_path, long_queue(tmp_path, monkeypatch)))

    async def twice() -> None:
        for _ in range(2):
            async with asyncio.timeout(30):
                assert len(await watch.look()) == 2_000

    asyncio.run(twice())
    assert watch.seen.messages == 1_000


def test_a_look_that_takes_too_long_ends_however_much_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue_watch, "_LOOK_SECONDS", 0.1)
    script = f"{long_queue(tmp_path, monkeypatch)}"

    async def slowly(stream: asyncio.StreamReader) -> AsyncIterator[bytes]:
        while True:
            await asyncio.sleep(0.05)  # the reader is behind
            yield await stream.readline()

    monkeypatch.setattr(queue_watch, "_lines", slowly)

    async def run() -> None:
        async with asyncio.timeout(30):
            await QueueWatch(tmp_path, program(tmp_path, script)).look()

    begun = time.monotonic()
    with pytest.raises(TimeoutError):
        asyncio.run(run())
    assert time.monotonic() - begun < 15


def test_a_program_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue_watch, "_LOOK_SECONDS", 0.2)
    with pytest.raises(TimeoutError):
        look(program(tmp_path, "exec sleep 600"))
