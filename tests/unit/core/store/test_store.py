"""The store: made on first use, by several processes at once, refused when of another version."""

from __future__ import annotations

import os
import shutil
import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from segl.errors import StoreError, StoreLocked
from segl.store import engine as store
from segl.store.engine import forget_deleted, open_store, patiently, transaction
from segl.tables.base import meta
from segl.tables.domains import domain_knowledge
from world.at_once import at_once


def url(directory: Path) -> str:
    return f"sqlite:///{directory}/segl.db"


def test_what_is_committed_is_there_for_the_next_process(tmp_path: Path) -> None:
    row = {"domain": "x.example", "evidence": "[]", "checked_at": 1.0, "expires_at": 2.0}
    with transaction(open_store(url(tmp_path))) as connection:
        connection.execute(domain_knowledge.insert().values(row))
    with transaction(open_store(url(tmp_path))) as connection:
        found = connection.execute(sa.select(domain_knowledge)).one()
    assert found.evidence == "[]"


def test_a_commit_is_on_disk_when_it_returns(tmp_path: Path) -> None:
    with open_store(url(tmp_path)).connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2  # FULL


@pytest.mark.parametrize("becomes", ["gone", "an older one", "there again"])
def test_nothing_is_committed_to_a_file_that_is_not_the_store_any_more(tmp_path: Path, becomes: str) -> None:
    """Taken away, or a backup put in its place, while processes have it open: mail sealed there is nobody's."""
    file, opened = tmp_path / "segl.db", open_store(url(tmp_path))
    old, new = meta.insert().values(key="old", value=""), meta.insert().values(key="new", value="")
    with transaction(opened) as connection:
        connection.execute(old)
    forget_deleted(opened)
    shutil.copy(file, tmp_path / "backup")
    for one in ("segl.db", "segl.db-wal", "segl.db-shm"):
        (tmp_path / one).rename(tmp_path / f"away{one}")
    if becomes == "gone":
        with pytest.raises(StoreError, match="is not there any more"), transaction(opened) as connection:
            connection.execute(new)
        assert not file.exists(), "none is made in its place"
        return
    (tmp_path / ("backup" if becomes == "an older one" else "awaysegl.db")).rename(file)
    with transaction(opened) as connection:
        connection.execute(new)
    opened.dispose()
    with closing(sqlite3.connect(file)) as found:
        assert {"old", "new"} < {key for (key,) in found.execute("SELECT key FROM meta")}


def test_a_file_replaced_in_the_moment_it_is_opened_takes_no_commit(tmp_path: Path) -> None:
    file, opened = tmp_path / "segl.db", open_store(url(tmp_path))
    opened.dispose()
    shutil.copy(file, tmp_path / "backup")

    def opens_what_is_replaced(dialect: Any, _record: Any, given: Any, words: Any) -> Any:
        made = dialect.connect(*given, **words)
        if (tmp_path / "backup").exists():
            (tmp_path / "backup").rename(file)
        return made

    sa.event.listen(opened, "do_connect", opens_what_is_replaced)
    with transaction(opened) as connection:
        connection.execute(meta.insert().values(key="new", value=""))
        # Its log has the store's name, and may be read with the file that is there now: of another it breaks this one.
        assert f"{file} (deleted)" not in map(os.path.realpath, Path("/proc/self/fd").iterdir())
    opened.dispose()
    with closing(sqlite3.connect(file)) as found:
        assert ("new",) in found.execute("SELECT key FROM meta").fetchall()


def test_all_its_files_are_the_groups_too(tmp_path: Path) -> None:
    """Whichever process comes first makes them; the others are other users. systemd gives each a umask of 007."""
    before = os.umask(0o007)
    try:
        with open_store(url(tmp_path)).connect() as connection:
            connection.exec_driver_sql("SELECT * FROM meta")
            modes = {file.name: file.stat().st_mode & 0o777 for file in tmp_path.iterdir()}
    finally:
        os.umask(before)
    assert modes == dict.fromkeys(("segl.db", "segl.db-wal", "segl.db-shm"), 0o660)


def test_a_new_store_is_made_in_one_piece(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its tables by themselves are sixty transactions, and each waits for the disk."""
    made = store._missing
    monkeypatch.setattr(store, "_missing", lambda *a, **k: [*made(*a, **k), sa.text("CREATE NONSENSE")])
    with pytest.raises(StoreError):
        open_store(f"sqlite:///{tmp_path}/segl.db")
    with closing(sqlite3.connect(tmp_path / "segl.db")) as left:
        assert left.execute("SELECT name FROM sqlite_master").fetchall() == []


def test_many_processes_may_open_a_new_store_at_once(tmp_path: Path) -> None:
    at_once(lambda _: open_store(url(tmp_path)).dispose(), range(8))


def test_who_finds_another_process_writing_a_new_file_comes_again(tmp_path: Path) -> None:
    """Else of several that start at the same moment one would be refused."""
    writer = sqlite3.connect(tmp_path / "segl.db", isolation_level=None, check_same_thread=False)
    writer.execute("BEGIN IMMEDIATE")
    leaves = threading.Timer(0.3, writer.execute, ["COMMIT"])
    leaves.start()
    open_store(url(tmp_path)).dispose()
    leaves.join()
    writer.close()


def test_a_store_of_another_version_is_refused(tmp_path: Path) -> None:
    engine = open_store(url(tmp_path))
    with transaction(engine) as connection:
        connection.execute(meta.update().values(value="999"))
        domain_knowledge.drop(connection)
    engine.dispose()
    with pytest.raises(StoreError, match="schema 999") as refused:
        open_store(url(tmp_path))
    assert "newer Segl" in refused.value.hint
    with closing(sqlite3.connect(tmp_path / "segl.db")) as store:
        kept = store.execute("SELECT name FROM sqlite_master WHERE name = 'domain_knowledge'").fetchall()
    assert not kept, "what a newer one has taken away is not made anew"


@pytest.mark.parametrize("broken", ["missing-directory", "not-a-database"])
def test_a_store_that_cannot_be_opened_says_so(tmp_path: Path, broken: str) -> None:
    directory = tmp_path / broken
    if broken == "not-a-database":
        directory.mkdir()
        (directory / "segl.db").write_bytes(b"this is no database" * 100)
    said = {"missing-directory": "unable to open database file", "not-a-database": "file is not a database"}
    with pytest.raises(StoreError, match=f"store sqlite:.*segl.db: {said[broken]}$") as caught:
        open_store(url(directory))
    assert "may this user" in caught.value.hint


@pytest.mark.parametrize(
    ("blocks", "files", "inodes", "full"), [(0, 9, 9, 1), (999, 9, 0, 1), (999, 0, 0, 0)]
)
def test_on_a_full_disk_nobody_is_sent_to_look_at_modes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, blocks: int, files: int, inodes: int, full: bool
) -> None:
    """SQLite says "disk I/O error" there, and without inodes "unable to open database file"."""
    disk = os.statvfs_result((4096, 4096, 999, blocks, blocks, files, inodes, inodes, 0, 255))
    monkeypatch.setattr(os, "statvfs", lambda _: disk)
    with pytest.raises(StoreError) as told:
        open_store(url(tmp_path / "none"))
    assert ("make room" in told.value.hint) == full


def test_a_password_is_not_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as caught:
        open_store(f"sqlite://user:hemmeligt@/{tmp_path}/no/such/segl.db")
    assert "hemmeligt" not in caught.value.private


def test_threads_of_one_process_write_one_after_the_other(tmp_path: Path) -> None:
    """SQLite keeps no queue: of dozens that look whether the store is free some would look in vain for five seconds."""
    engine = open_store(url(tmp_path))
    engine.dispose()
    sa.event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA busy_timeout=0"))

    def write(number: int) -> None:
        row = meta.c.key == f"thread {number}"
        with transaction(engine) as connection:
            if number % 2:
                connection.execute(meta.update().values(value="x").where(row))
            else:
                connection.execute(meta.delete().where(row))
            time.sleep(0.05)
            connection.execute(meta.insert().values(key=f"thread {number}", value="x"))

    at_once(write, range(4))
    engine.dispose()


def test_who_reads_waits_for_no_turn_and_who_writes_not_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = open_store(url(tmp_path))

    def asks(_: int) -> None:
        with transaction(engine) as connection:
            connection.execute(sa.select(meta)).all()

    def writes(_: int) -> None:
        with transaction(engine) as connection:
            connection.execute(meta.insert().values(key="b", value="x"))

    with transaction(engine) as first:
        first.execute(meta.insert().values(key="a", value="x"))
        monkeypatch.setattr("segl.store.engine._BUSY_SECONDS", 300)
        at_once(asks, range(2), 30)
        monkeypatch.setattr("segl.store.engine._BUSY_SECONDS", 0)
        engine.pool.dispose()
        with pytest.raises(StoreLocked):
            at_once(writes, range(1), 30)
    writes(0)
    engine.dispose()


def test_a_store_that_refuses_at_once_is_given_a_moment_before_each_new_try(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    happened: list[str] = []

    def work() -> None:
        happened.append("try")
        raise StoreError("the store cannot be reached")

    monkeypatch.setattr(time, "sleep", lambda seconds: happened.append(f"{seconds * 1000:.0f} ms"))
    with pytest.raises(StoreError):
        patiently(work)
    assert happened == ["try", "50 ms", "try", "200 ms", "try"]


@pytest.mark.slow
def test_a_reader_who_stays_does_not_hold_up_writers_when_secrets_are_forgotten(tmp_path: Path) -> None:
    """The checkpoint waits for readers, and nobody writes meanwhile."""
    engine = open_store(url(tmp_path))
    reader = sqlite3.connect(tmp_path / "segl.db", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM meta").fetchall()
    with transaction(engine) as connection:
        connection.execute(meta.insert().values(key="a", value="x"))
    forgetting = threading.Thread(target=forget_deleted, args=(engine,))
    forgetting.start()
    time.sleep(0.1)
    writer = sqlite3.connect(tmp_path / "segl.db", isolation_level=None, timeout=2.5)
    writer.execute("INSERT INTO meta (key, value) VALUES ('b', 'x')")
    forgetting.join()
    with engine.connect() as connection:
        waits = connection.exec_driver_sql("PRAGMA busy_timeout").scalar()
    assert waits == 5000, "as long as ever, for whoever gets that connection next"
    reader.close()
    writer.close()
    engine.dispose()
