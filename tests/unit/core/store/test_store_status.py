"""A look at the store changes and creates nothing."""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path

import pytest

from segl.cli import status_store
from segl.errors import StoreError
from segl.postfix import check_host
from segl.postfix.check import State
from segl.settings.document import Settings
from segl.settings.file import parse_settings
from segl.store.engine import open_store, transaction
from segl.store.status import SCHEMA_VERSION, StoreMissing, StoreStatus, look_at_store
from segl.tables.base import meta
from segl.tables.sealed import sealed_message
from world.postgresql import PostgreSQL


def url(file: Path) -> str:
    return f"sqlite:///{file}"


def settings(store: str) -> Settings:
    return parse_settings(
        {"organisation": {"name": "V", "domains": ["nordby.example"]}, "store": {"url": store}}
    )


def test_sealed_messages_that_can_still_be_opened_are_counted(tmp_path: Path) -> None:
    engine = open_store(url(tmp_path / "segl.db"))
    now = time.time()
    rows = [("a", now + 100, None), ("b", now + 50, None), ("c", now + 10, now), ("d", now - 1, None)]
    with transaction(engine) as connection:
        for id_, expires, removed in rows:
            connection.execute(
                sealed_message.insert().values(
                    id=id_,
                    sender="a@b.example",
                    size=1,
                    created_at=now,
                    expires_at=expires,
                    removed_at=removed,
                )
            )
    assert look_at_store(url(tmp_path / "segl.db")) == StoreStatus(str(SCHEMA_VERSION), 2, now + 50)
    engine.dispose()


def test_an_empty_store(tmp_path: Path) -> None:
    open_store(url(tmp_path / "segl.db")).dispose()
    found = look_at_store(url(tmp_path / "segl.db"))
    assert (found.sealed, found.next_expiry) == (0, None)


def test_a_store_that_does_not_exist_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(StoreMissing):
        look_at_store(url(tmp_path / "segl.db"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("in_use", [True, False])
def test_a_look_leaves_no_files_behind(tmp_path: Path, in_use: bool) -> None:
    engine = open_store(url(tmp_path / "segl.db"))
    if not in_use:
        engine.dispose()
    before = {path.name for path in tmp_path.iterdir()}
    look_at_store(url(tmp_path / "segl.db"))
    assert {path.name for path in tmp_path.iterdir()} == before
    engine.dispose()


@pytest.mark.parametrize(
    ("version", "told"),
    [(SCHEMA_VERSION, ""), (SCHEMA_VERSION - 1, ""), (SCHEMA_VERSION + 1, "a newer Segl has brought it")],
    ids=["ours", "older", "newer"],
)
def test_a_store_of_a_newer_segl_is_not_called_one_that_works(
    tmp_path: Path, version: int, told: str
) -> None:
    """Another node, or a release that was taken back: no process of this one starts with it."""
    file = tmp_path / "segl.db"
    engine = open_store(url(file))
    with transaction(engine) as connection:
        connection.execute(meta.update().values(value=str(version)))
    engine.dispose()
    line, check = status_store.store_line(settings(url(file))), check_host._store(settings(url(file)))
    assert (line.good, told in line.text) == (not told, True)
    assert (check.state, told in check.found) == (State.FAIL if told else State.OK, True)


def test_what_is_there_and_no_store_is_not_called_missing(tmp_path: Path) -> None:
    (tmp_path / "segl.db").mkdir()
    line = status_store.store_line(settings(url(tmp_path / "segl.db")))
    assert (line.good, "Is a directory" in line.text) == (False, True)


@pytest.mark.parametrize("content", [b"", b"not a database at all, but long enough to look like one" * 40])
def test_what_is_no_store_is_a_clear_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "segl.db").write_bytes(content)
    with pytest.raises(StoreError, match=r"segl\.db"):
        look_at_store(url(tmp_path / "segl.db"))


@pytest.mark.parametrize("name", ["sægl %20#.db", os.fsdecode(b"s\xe6gl.db")], ids=["odd", "in Latin-1"])
def test_a_file_name_with_odd_characters(tmp_path: Path, name: str) -> None:
    """Also where the locale says how it is written (``LC_ALL=da_DK``): to SQLite a file's name is its bytes."""
    file = tmp_path / name
    engine = open_store(url(file).replace("%", "%25"))
    with transaction(engine) as connection:
        connection.execute(meta.update().values(value="7"))
    engine.dispose()
    assert look_at_store(url(file).replace("%", "%25")).schema == "7"


def test_a_server_that_does_not_answer_is_told_of_with_its_words_and_without_the_password() -> None:
    away = "postgresql+psycopg://nobody:hemmelig@127.0.0.1:1/segl"
    with pytest.raises(StoreError) as caught:
        look_at_store(away)
    assert "Connection refused" in caught.value.private
    assert "hemmelig" not in caught.value.private
    line = status_store.store_line(settings(away))
    assert (line.good, "Connection refused" in line.text) == (False, True)


@pytest.mark.slow
def test_a_server_that_takes_the_connection_and_says_nothing_is_not_waited_for() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        begun = time.monotonic()
        with pytest.raises(StoreError, match="timeout"):
            look_at_store(f"postgresql+psycopg://nobody@127.0.0.1:{silent.getsockname()[1]}/segl")
        assert time.monotonic() - begun < 20


@pytest.mark.parametrize("both_stores", ["postgresql"], indirect=True)
def test_a_standby_is_not_called_a_store_that_works(store_url: str) -> None:
    """It answers all that is only read. What is to be sealed waits, and nobody was told."""
    open_store(store_url).dispose()
    assert look_at_store(store_url).writes
    assert status_store.store_line(settings(store_url)).good
    standby = f"{store_url}%20-cdefault_transaction_read_only%3Don"
    assert not look_at_store(standby).writes
    line = status_store.store_line(settings(standby))
    assert (line.good, "takes no writes" in line.text) == (False, True)
    check = check_host._store(settings(standby))
    assert (check.state, "takes no writes" in check.found) == (State.FAIL, True)


@pytest.mark.parametrize("both_stores", ["postgresql"], indirect=True)
def test_a_server_whose_disk_is_full_is_not_called_a_store_that_works(
    store_url: str, postgresql: PostgreSQL
) -> None:
    """It answers, and writes what finds room where something was before."""
    open_store(store_url).dispose()
    with postgresql.without_room():
        line, check = status_store.store_line(settings(store_url)), check_host._store(settings(store_url))
    assert (line.good, "No space left on device" in line.text) == (False, True)
    assert (check.state, "No space left on device" in check.found) == (State.FAIL, True)
    assert not look_at_store(store_url).fault
