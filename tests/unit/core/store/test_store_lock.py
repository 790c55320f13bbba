"""A store that another program keeps to itself: who it is, and that it is told of once."""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
import sqlalchemy as sa
from prometheus_client import REGISTRY
from sqlalchemy.engine import Engine

import segl
from segl.errors import StoreError, StoreLocked
from segl.store import engine as store
from segl.store.engine import open_store, transaction, watch_locks
from segl.store.lock import Holder, holder_of
from segl.store.told import tell_of_locks
from segl.store.watch import LockWatch
from segl.tables.base import meta
from world.locker import Locker


@pytest.fixture
def file(tmp_path: Path) -> Path:
    open_store(f"sqlite:///{tmp_path}/segl.db").dispose()
    return tmp_path / "segl.db"


@contextmanager
def opened(file: Path) -> Iterator[Engine]:
    """Its log of writes stays, as at a running host."""
    engine = open_store(f"sqlite:///{file}")
    try:
        yield engine
    finally:
        engine.dispose()


def test_nobody_keeps_a_store_at_rest_nor_one_that_is_read(file: Path) -> None:
    assert holder_of(file, 0) is None
    with Locker(file, "BEGIN", "SELECT * FROM meta"):
        assert holder_of(file, 0) is None


@pytest.mark.parametrize(
    "statements", [("BEGIN IMMEDIATE",), ("PRAGMA locking_mode=EXCLUSIVE", "BEGIN EXCLUSIVE")]
)
def test_who_keeps_it_is_named_by_process(file: Path, statements: tuple[str, ...]) -> None:
    with Locker(file, *statements) as locker:
        assert holder_of(file, 0.1) == Holder(locker.pid)
        assert str(Holder(locker.pid)).endswith(f"(process {locker.pid})")
        assert not str(Holder(locker.pid)).startswith("a program")
    assert holder_of(file, 0) is None


def test_a_transaction_that_ends_is_nobody_who_keeps_it(file: Path) -> None:
    with Locker(file, "BEGIN IMMEDIATE") as locker:
        threading.Timer(0.2, locker.end).start()
        began = time.monotonic()
        assert holder_of(file, 20) is None
        assert time.monotonic() - began < 10


def test_one_whom_this_host_cannot_see_is_told_of_so() -> None:
    assert str(Holder(0)) == "a program that cannot be seen from here"
    assert str(Holder(os.getpid())) != str(Holder(0))


def test_nobody_is_told_to_end_one_of_ours_that_waits_for_a_slow_disk(tmp_path: Path) -> None:
    deliver = tmp_path / "segl-deliver"
    deliver.symlink_to("/bin/sleep")
    with subprocess.Popen([deliver, "60"]) as ours:
        try:
            advice = Holder(ours.pid).advice
        finally:
            ours.kill()
    assert "disk" in advice
    assert "end it" not in advice
    assert f"ps -fp {os.getpid()}" in Holder(os.getpid()).advice


def write(engine: Engine) -> None:
    with transaction(engine) as connection:
        connection.execute(meta.update().where(meta.c.key == "none").values(value="x"))


def test_a_lock_is_told_of_once_and_its_end_once(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "_BUSY_SECONDS", 0.1)
    told: list[tuple[str, float]] = []
    counted: list[int] = []
    free = threading.Event()

    def is_free(since: float, in_vain: int) -> None:
        told.append(("free", since))
        counted.append(in_vain)
        free.set()

    with opened(file) as engine:
        watch_locks(engine, lambda since: told.append(("locked", since)), is_free)
        before = time.time() - 1
        with Locker(file, "BEGIN IMMEDIATE"):
            for _ in range(3):
                with pytest.raises(StoreLocked, match="database is locked"):
                    write(engine)
            assert [what for what, _ in told] == ["locked"]
        assert free.wait(20)
        write(engine)
    assert [what for what, _ in told] == ["locked", "free"]
    assert before < told[0][1] == told[1][1] <= time.time()
    assert counted == [3]


def test_another_fault_of_the_store_is_no_lock(file: Path) -> None:
    told: list[float] = []
    with opened(file) as engine:
        watch_locks(engine, told.append, lambda since, _: told.append(since))
        with sqlite3.connect(file) as connection:
            connection.execute("DROP TABLE meta")
        with pytest.raises(StoreError) as raised:
            write(engine)
    assert not isinstance(raised.value, StoreLocked)
    assert told == []


def test_every_use_of_the_store_is_a_transaction_that_tells_its_faults() -> None:
    """What SQLAlchemy raises else is a fault of ours to those who catch it, and a locked store is none."""
    product = Path(segl.__file__).parents[2]
    folders = ("core", "milter", "postfix", "portal")
    files = [file for folder in folders for file in (product / folder).rglob("*.py")]
    bare = {
        file.relative_to(product).as_posix()
        for file in files
        if re.search(r"engine\.(?:begin|connect|raw_connection)\(", file.read_text("utf-8"))
    }
    assert bare == {"core/segl/store/engine.py", "core/segl/store/migrations.py"}


def test_each_lock_is_told_of_once_and_once_when_it_has_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("segl.store.watch._LOOK_SECONDS", 0.01)
    began, ended, freed = list[float](), list[int](), threading.Event()

    def free(_since: float, in_vain: int) -> None:
        ended.append(in_vain)
        freed.set()

    watch = LockWatch(tmp_path / "segl.db", began.append, free)
    with closing(sqlite3.connect(tmp_path / "segl.db", isolation_level=None)) as other:
        for number in (1, 2):
            freed.clear()
            other.execute("BEGIN IMMEDIATE")
            for _ in range(number + 1):
                watch.met(5.0)
            assert len(began) == number
            assert began[-1] <= time.time() - 5, "since when it was waited for"
            assert {one.daemon for one in threading.enumerate() if one.name == "store-lock"} == {True}
            assert len(ended) == number - 1
            other.execute("ROLLBACK")
            assert freed.wait(30)
    assert ended == [2, 3]


def test_the_metric_says_since_when_and_nought_when_it_is_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the alarm stays up for ever."""
    told: list[Any] = []
    monkeypatch.setattr("segl.store.told.watch_locks", lambda _engine, *both: told.extend(both))
    events = Mock()
    tell_of_locks(sa.create_engine(f"sqlite:///{tmp_path}/segl.db"), events)
    locked, free = told
    since = time.time() - 60
    locked(since)
    assert REGISTRY.get_sample_value("segl_store_locked_since_seconds") == since
    events.store_locked.assert_called_once_with(f"{tmp_path}/segl.db", since)
    free(since, 3)
    assert REGISTRY.get_sample_value("segl_store_locked_since_seconds") == 0
    [free_again] = events.store_free.call_args_list
    assert free_again.args == (f"{tmp_path}/segl.db",)
    assert free_again.kwargs["seconds"] == pytest.approx(60, abs=20)
    assert free_again.kwargs["in_vain"] == 3
