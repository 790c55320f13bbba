"""segl-deliver takes records of decisions, writes them in batches, and keeps them while the store is away."""

from __future__ import annotations

import asyncio
import json
import socket
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import Engine

from segl.daemons.listening import listen_unix
from segl.decisions import kept
from segl.decisions.record import DecisionRecord
from segl.events import Events
from segl.metrics import DECISIONS
from segl.store.engine import open_store
from segl.vocabulary import Decision
from segl_delivery import decisions
from segl_delivery.decisions import DecisionWriter
from segl_milter.decisions import Sender
from world.postfix import wait_until
from world.stores import store_in

RECORD = DecisionRecord("0" * 64, 1000.5, "nordby.example", Decision.SECURE, why=("cpr",))


@pytest.fixture
def path() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="writer-") as folder:
        yield Path(folder) / "decisions.sock"


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_store(store_in(tmp_path))
    yield engine
    engine.dispose()


def run(path: Path, engine: Engine, sent: list[bytes], days: int = 30) -> DecisionWriter:
    """A writer to which *sent* was told, stopped."""
    listener = listen_unix(path, 0o600, socket.SOCK_DGRAM)

    async def life() -> DecisionWriter:
        writer = DecisionWriter(engine, Events("t"), lambda: days)
        writer.start(listener.sock)
        send = Sender(path)
        for raw in sent:
            send(raw)
            await asyncio.sleep(0)
        writer.stop()
        send.close()
        return writer

    try:
        return asyncio.run(life())
    finally:
        listener.close()


def numbered(number: int) -> DecisionRecord:
    return replace(RECORD, id=f"{number:064x}", at=1000.0 + number)


def test_what_came_is_written_at_a_stop_as_one_batch(path: Path, engine: Engine) -> None:
    many = [numbered(number) for number in range(300)]
    run(path, engine, [record.to_bytes() for record in many])
    assert list(kept.since(engine, 0)) == many
    assert kept.verify(engine).batches == 1


def test_a_kill_costs_the_records_of_the_last_seconds_and_no_other(
    path: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert decisions.WRITE_SECONDS == 10, "docs/flow.md says so"
    monkeypatch.setattr(decisions, "WRITE_SECONDS", 0.05)
    listener, send = listen_unix(path, 0o600, socket.SOCK_DGRAM), Sender(path)
    taken = [0]

    def days() -> int:
        taken[0] += 1
        return 30

    async def life_until_killed() -> None:
        writer = DecisionWriter(engine, Events("t"), days)
        writer.start(listener.sock)
        writing = asyncio.create_task(writer.run())
        send(numbered(1).to_bytes())
        await asyncio.to_thread(
            wait_until, lambda: bool(list(kept.since(engine, 0))), 30, lambda: "not written"
        )
        writing.cancel()  # the next writing was not to be
        send(numbered(2).to_bytes())
        await asyncio.to_thread(wait_until, lambda: taken[0] == 2, 30, lambda: "not taken")

    asyncio.run(life_until_killed())
    listener.close()
    send.close()
    run(path, engine, [numbered(3).to_bytes()])
    assert list(kept.since(engine, 0)) == [numbered(1), numbered(3)]
    assert kept.verify(engine).broken == ()


@pytest.mark.parametrize(
    "raw", [b"", b"x", b"\xff" * 70_000, json.dumps({**RECORD.as_dict(), "subject": "Preben"}).encode()]
)
def test_what_is_no_record_is_dropped_and_the_next_is_taken(path: Path, engine: Engine, raw: bytes) -> None:
    """A field more than a record has is passed over: it does not get into the store."""
    run(path, engine, [raw, numbered(1).to_bytes()])
    found = list(kept.since(engine, 0))
    assert numbered(1) in found
    assert not any("Preben" in record.to_bytes().decode() for record in found)
    assert kept.verify(engine).broken == ()


def test_where_nothing_is_kept_nothing_is_taken(path: Path, engine: Engine) -> None:
    run(path, engine, [RECORD.to_bytes()], days=0)
    assert list(kept.since(engine, 0)) == []


def test_while_the_store_is_away_they_wait(
    path: Path, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decisions, "BATCH", 2)
    with sqlite3.connect(tmp_path / "segl.db") as store:
        store.execute("ALTER TABLE decision RENAME TO elsewhere")
    writer = run(path, engine, [numbered(number).to_bytes() for number in range(5)])
    with sqlite3.connect(tmp_path / "segl.db") as store:
        store.execute("ALTER TABLE elsewhere RENAME TO decision")
    writer.write()
    assert len(list(kept.since(engine, 0))) == 5
    assert kept.verify(engine).batches == 3


def test_only_so_many_wait(path: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decisions, "MOST_PENDING", 2)
    run(path, engine, [numbered(number).to_bytes() for number in range(5)])
    assert len(list(kept.since(engine, 0))) == 2


def test_of_two_with_one_id_the_first_is_kept_in_one_batch_and_in_two(path: Path, engine: Engine) -> None:
    """Who may write to the socket can add records, and change none."""
    forged = replace(numbered(1), verdict=Decision.PLAIN, why=())
    run(path, engine, [record.to_bytes() for record in (numbered(1), forged, numbered(2))])
    run(path, engine, [replace(numbered(2), verdict=Decision.PLAIN).to_bytes()])
    assert list(kept.since(engine, 0)) == [numbered(1), numbered(2)]
    assert kept.verify(engine).broken == ()


def test_one_from_the_future_is_not_taken(path: Path, engine: Engine) -> None:
    soon, late = replace(numbered(1), at=time.time() + 60), replace(numbered(2), at=time.time() + 7200)
    run(path, engine, [soon.to_bytes(), late.to_bytes()])
    assert [record.id for record in kept.since(engine, 0)] == [soon.id]


@pytest.mark.slow
def test_thousands_of_senders_at_once_hostile_ones_among_them(
    path: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each with a socket of its own. Every record is written, nothing else is, and the loop has time for others."""
    monkeypatch.setattr(decisions, "_AT_ONCE", 8)
    senders, hostile = 3_000, [b"", b"\xff" * 5_000, b"[" * 90_000, b'{"v":1,"id":"' + b"a" * 60_000 + b'"}']
    before = DECISIONS.labels("refused")._value.get()
    listener = listen_unix(path, 0o600, socket.SOCK_DGRAM)

    def tell(number: int) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as own:
            own.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
            own.sendto(
                hostile[number // 3 % 4] if number % 3 == 0 else numbered(number).to_bytes(), str(path)
            )

    async def life() -> int:
        writer = DecisionWriter(engine, Events("t"), lambda: 30)
        writer.start(listener.sock)
        turns, loop = 0, asyncio.get_running_loop()
        with ThreadPoolExecutor(16) as pool:
            waiting = asyncio.gather(*(loop.run_in_executor(pool, tell, number) for number in range(senders)))
            while not waiting.done():
                await asyncio.sleep(0)
                turns += 1
            await waiting
        writer.stop()
        return turns

    try:
        assert asyncio.run(life()) > 50, "of 375; what a socket holds, 512 at most, is left for the stop"
    finally:
        listener.close()
    assert len(list(kept.since(engine, 0))) == senders * 2 // 3
    assert DECISIONS.labels("refused")._value.get() - before == senders // 3
    assert kept.verify(engine).broken == ()


def test_what_is_old_enough_is_forgotten(path: Path, engine: Engine) -> None:
    writer: Any = run(path, engine, [numbered(1).to_bytes()])
    writer.forget()
    assert len(list(kept.since(engine, 0))) == 1
    writer.forget(now=4e9)
    assert list(kept.since(engine, 0)) == []
    assert kept.verify(engine).forgotten == 1
