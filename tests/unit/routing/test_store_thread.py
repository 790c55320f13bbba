"""The store's thread of segl-map: what fails there is told, and keeps nobody from going on."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy.engine import Connection

from segl.errors import StoreError
from segl.events import Events, configure_log
from segl.store.engine import open_store
from segl_routing.store_thread import StoreThread, Transactions
from world.stores import store_in


@pytest.mark.parametrize("failure", [StoreError("x", "disk full"), KeyError("x"), MemoryError()], ids=repr)
def test_what_fails_is_told_and_the_next_is_done(
    tmp_path: Path, failure: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_log("json")
    engine = open_store(store_in(tmp_path))
    thread = Transactions(engine, Events("segl-map"), "marks")

    def fails(_connection: Connection) -> int:
        raise failure

    def works(_connection: Connection) -> int:
        return 7

    async def asked() -> tuple[int | None, int | None]:
        thread.write(fails)
        return await thread.read(fails), await thread.read(works)

    assert asyncio.run(asked()) == (None, 7)
    thread.close()
    engine.dispose()
    told = [line for line in capsys.readouterr().err.splitlines() if '"where": "marks"' in line]
    assert len(told) == 2


@contextmanager
def hanging(thread: StoreThread) -> Iterator[None]:
    """Meanwhile the store does not answer what was asked last; afterwards all that was asked has been done."""
    begun, free = threading.Event(), threading.Event()

    def hang() -> None:
        begun.set()
        free.wait(30)

    thread.soon(hang)
    assert begun.wait(30)
    try:
        yield
    finally:
        free.set()
        thread.close()


def test_behind_what_hangs_nobody_begins_to_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("segl_routing.store_thread.READ_SECONDS", 0.05)
    thread, done = StoreThread(Events("segl-map"), "archive"), set[str]()

    def do(what: str) -> bool:
        done.add(what)
        return True

    async def asked() -> None:
        assert await thread.run(partial(do, "given up")) is None
        for _ in range(1_000):
            assert await asyncio.wait_for(thread.run(partial(do, "in vain")), 0.04) is None
        assert await thread.run(partial(do, "kept"), late=True) is None

    with hanging(thread):
        asyncio.run(asked())
        waiting = thread._thread._work_queue.qsize()
    assert waiting <= 3
    assert done == {"kept"}


def test_so_many_writes_wait_and_what_comes_then_is_left_out_and_told_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_log("json")
    monkeypatch.setattr("segl_routing.store_thread.MOST_WRITES", 3)
    thread, done = StoreThread(Events("segl-map"), "archive"), list[int]()
    with hanging(thread):
        for number in range(5):
            thread.soon(partial(done.append, number))
    assert done == [0, 1], "the one that hangs is one of the three"
    told = [line for line in capsys.readouterr().err.splitlines() if '"where": "archive"' in line]
    assert len(told) == 1
    assert "3 writes wait for it" in told[0]
