"""The store: made on first use, by several processes at once, refused when of another version."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest
import sqlalchemy as sa

from segl.errors import StoreError
from segl.store import open_store, transaction
from segl.tables.base import meta
from segl.tables.domains import domain_knowledge


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


def test_many_processes_may_open_a_new_store_at_once(tmp_path: Path) -> None:
    failed: list[BaseException] = []

    def open_it() -> None:
        try:
            open_store(url(tmp_path)).dispose()
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=open_it) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []


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
    engine.dispose()
    with pytest.raises(StoreError, match="schema 999"):
        open_store(url(tmp_path))


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


def test_a_password_is_not_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as caught:
        open_store(f"sqlite://user:hemmeligt@/{tmp_path}/no/such/segl.db")
    assert "hemmeligt" not in caught.value.private
