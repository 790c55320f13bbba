"""A store is copied to another database: from one host's SQLite to PostgreSQL, and back, with every value."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from segl.cli.main import main
from segl.errors import StoreError
from segl.store import copying
from segl.store.copying import copy_store, not_in_use, rows_of
from segl.store.engine import open_store, transaction
from segl.tables import meta, metadata
from world.postgresql import PostgreSQL
from world.stores import made

Rows = dict[str, list[tuple[Any, ...]]]


def value(column: sa.Column[Any], number: int) -> Any:
    """As long as its column allows, and with what one database might take for something else."""
    if column.foreign_keys:
        return value(next(iter(column.foreign_keys)).column, number)
    match column.type:
        case sa.LargeBinary():
            return bytes([number, 0, 255]) * ((column.type.length or 30) // 3)
        case sa.String():
            return f"{number} æøå '\\ \N{EXTRATERRESTRIAL ALIEN}"[: column.type.length or 30]
        case sa.Float():
            return 1_764_600_000.123457 + number
        case sa.Boolean():
            return number % 2 == 0
        case sa.Integer():
            return 2**31 - 1 - number
    raise AssertionError(f"{column}: a kind that this test does not know")


def fill(engine: Engine, rows: int = 3) -> None:
    with transaction(engine) as connection:
        for table in metadata.sorted_tables:
            told = [
                {c.name: None if c.nullable and n == 0 else value(c, n) for c in table.columns}
                for n in range(rows)
            ]
            connection.execute(table.insert(), told)


def everything(engine: Engine) -> Rows:
    with transaction(engine) as connection:
        return {
            table.name: sorted(map(tuple, connection.execute(sa.select(table))), key=repr)
            for table in metadata.sorted_tables
        }


@pytest.fixture
def source(tmp_path: Path) -> Iterator[Engine]:
    engine = open_store(f"sqlite:///{made(tmp_path / 'segl.db')}")
    fill(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def target(postgresql: PostgreSQL) -> Iterator[Engine]:
    engine = open_store(postgresql.empty_store())
    yield engine
    engine.dispose()


def test_there_and_back_every_value_is_the_same(source: Engine, target: Engine, tmp_path: Path) -> None:
    advanced: list[float] = []
    copied = copy_store(source, target, advanced.append)
    assert everything(target) == everything(source)
    assert {one.table for one in copied} == set(metadata.tables)
    assert sum(one.rows for one in copied) == sum(advanced) == rows_of(source)
    back = open_store(f"sqlite:///{tmp_path}/back.db")
    copy_store(target, back, advanced.append)
    assert everything(back) == everything(source)
    back.dispose()


def test_what_is_there_already_is_never_mixed_with_what_comes(source: Engine, target: Engine) -> None:
    copy_store(source, target, lambda _: None)
    before = everything(target)
    for again in (target, source):
        with pytest.raises(StoreError, match="has rows in"):
            copy_store(source, again, lambda _: None)
    assert everything(target) == before


def test_a_copy_that_was_ended_in_the_middle_has_left_nothing(source: Engine, target: Engine) -> None:
    def interrupted(_: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        copy_store(source, target, interrupted)
    assert rows_of(target) == 0
    copy_store(source, target, lambda _: None)
    assert everything(target) == everything(source)


def test_nobody_writes_to_the_source_meanwhile(source: Engine, target: Engine) -> None:
    other, refused = open_store(str(source.url)), 0

    def write(_: float) -> None:
        nonlocal refused
        with other.connect() as connection:
            connection.exec_driver_sql("PRAGMA busy_timeout=0")
            with pytest.raises(sa.exc.OperationalError, match="locked"):
                connection.execute(meta.insert().values(key="late", value=""))
            refused += 1

    copy_store(source, target, write)
    assert refused == len(metadata.tables)
    with transaction(other) as connection:
        connection.execute(meta.insert().values(key="late", value=""))
    other.dispose()


def test_nor_to_one_of_postgresql_that_others_have_open(target: Engine, tmp_path: Path) -> None:
    other = open_store(target.url.render_as_string(hide_password=False))
    empty = open_store(f"sqlite:///{tmp_path}/empty.db")
    with pytest.raises(StoreError, match="have the database open"):
        copy_store(target, empty, lambda _: None)
    other.dispose()
    copy_store(target, empty, lambda _: None)
    empty.dispose()


def test_a_copy_that_is_not_whole_is_none(
    source: Engine, target: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def one_is_lost(table: sa.Table, *rest: Any) -> copying.Copied:
        return copying.Copied(table.name, 1)

    monkeypatch.setattr(copying, "_copy", one_is_lost)
    with pytest.raises(StoreError, match="has 0 rows in the target, 1 here"):
        copy_store(source, target, lambda _: None)


def test_the_command_refuses_what_a_process_of_ours_has_open(
    tmp_path: Path, postgresql: PostgreSQL, capsys: pytest.CaptureFixture[str]
) -> None:
    url, there = f"sqlite:///{made(tmp_path / 'segl.db')}", postgresql.empty_store()
    settings = tmp_path / "segl.toml"
    settings.write_text(
        f'[organisation]\nname = "X"\ndomains = ["x.example"]\n[portal]\nurl = "https://x.example"\n'
        f'[store]\nurl = "{url}"\n'
    )

    def copy(to: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as ended:
            main(["store", "copy", to, "--settings", str(settings)])
        told = capsys.readouterr()
        return int(ended.value.code or 0), told.out + told.err

    opened = "import sys; from segl.store.engine import open_store as o; e = o(sys.argv[1]); print(flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", opened, url], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        code, told = copy(there)
        assert (code, f"(process {process.pid}) has" in told) == (2, True), told
        process.communicate(b"\n")
    not_in_use(url)
    for wrong, why in {
        "mysql://x/y": "names no database",
        "sqlite:///": "no file by its whole path",
        "sqlite:///:memory:": "no file by its whole path",
        "postgresql+psycopg://segl:hemmelig@x:1:2/y": "the URL cannot be read",
    }.items():
        code, told = copy(wrong)
        assert (code, why in told, "hemmelig" in told) == (2, True, False), told
    assert "another database" in copy(url)[1]
    code, told = copy(there)
    assert code == 0, told
    assert "set [store] url" in told
