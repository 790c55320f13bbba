"""A store of an older version is brought up to date where it lies, in one piece, whoever comes first."""

from __future__ import annotations

import json
import shutil
import sqlite3
import time
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from segl.errors import StoreError
from segl.receipts import digests, protection
from segl.receipts.statistics import traffic_since
from segl.store import migrations
from segl.store.engine import open_store
from segl.store.status import SCHEMA_VERSION
from segl.tables.base import meta, metadata
from segl.tables.domains import domain_knowledge
from segl.tables.receipts import sent_recipient
from segl.tables.sealed import portal_visit, sealed_recipient
from segl.vocabulary import Way
from world.at_once import at_once

OLD = Path(__file__).parent / "old" / "schema-1.db"  # made by the version that wrote it


@pytest.fixture
def url(tmp_path: Path) -> str:
    shutil.copy(OLD, tmp_path / "segl.db")
    return f"sqlite:///{tmp_path}/segl.db"


def version(connection: Connection) -> str:
    return str(connection.scalar(sa.select(meta.c.value).where(meta.c.key == "schema")))


def test_what_was_known_is_kept_as_run_out(url: str) -> None:
    with open_store(url).connect() as connection:
        rows = {row.domain: row for row in connection.execute(sa.select(domain_knowledge))}
        assert version(connection) == str(SCHEMA_VERSION)
    assert set(rows) == {"god.example", "stum.example", "xn--r-3fa9c.example"}
    assert all(row.expires_at == row.checked_at == 1_790_000_000.0 for row in rows.values())
    [good] = json.loads(rows["god.example"].evidence)
    assert (good["proof"], good["known"], good["ends"]) == ("pkix", "yes", 1_790_000_000.0)
    [mute] = json.loads(rows["stum.example"].evidence)
    assert (mute["known"], mute["unknown_since"]) == ("unknown", 1_789_990_000.5)


def test_sealed_messages_are_untouched(url: str) -> None:
    with open_store(url).connect() as connection:
        row = connection.execute(sa.select(sealed_recipient)).one()
    assert (row.recipient, row.server_secret, row.wrapped_key) == ("bo@x.example", b"s" * 32, b"w" * 60)


def test_indexes_of_columns_that_came_later_are_made_afterwards(url: str) -> None:
    def indexes() -> set[str | None]:
        with open_store(url).connect() as connection:
            found = sa.inspect(connection)
            return {one["name"] for name in found.get_table_names() for one in found.get_indexes(name)}

    wanted = {str(index.name) for table in metadata.sorted_tables for index in table.indexes}
    assert indexes() >= wanted
    with open_store(url).begin() as connection:
        connection.exec_driver_sql("DROP INDEX ix_sealed_message_envelope_id")
    assert indexes() >= wanted, "and those of a store of this version when it is opened next"


def test_several_processes_may_upgrade_at_once(url: str) -> None:
    at_once(lambda _: open_store(url).dispose(), range(6))
    with open_store(url).connect() as connection:
        assert len(connection.execute(sa.select(domain_knowledge)).all()) == 3


def test_an_upgrade_that_breaks_off_changed_nothing(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    step = migrations._STEPS["1"]

    def breaks(connection: Connection) -> None:
        step(connection)
        connection.exec_driver_sql("INSERT INTO no_such_table VALUES (1)")

    monkeypatch.setitem(migrations._STEPS, "1", breaks)
    with pytest.raises(StoreError):
        open_store(url)
    monkeypatch.setitem(migrations._STEPS, "1", step)
    with open_store(url).connect() as connection:
        assert len(connection.execute(sa.select(domain_knowledge)).all()) == 3, "and the next start succeeds"


def test_a_sealed_message_of_the_version_before_can_be_read_and_told_about(tmp_path: Path) -> None:
    shutil.copy(OLD.with_name("schema-2.db"), tmp_path / "segl.db")
    with open_store(f"sqlite:///{tmp_path}/segl.db").begin() as connection:
        row = connection.execute(sa.select(sealed_recipient)).one()
        assert (row.recipient, row.notified_at, row.opened_at) == ("bo@x.example", 1_790_000_001.0, None)
        connection.execute(sealed_recipient.update().values(opened_at=1_790_000_100.0, phone="+4512345678"))
        connection.execute(portal_visit.select()).all()
        assert version(connection) == str(SCHEMA_VERSION)


def test_receipts_of_the_version_before_are_counted_by_domain_and_owed_to_nobody(tmp_path: Path) -> None:
    """The counts that segl-map made go; what senders were told is the source now."""
    shutil.copy(OLD.with_name("schema-3.db"), tmp_path / "segl.db")
    with open_store(f"sqlite:///{tmp_path}/segl.db").begin() as connection:
        counted = {one.domain: one.recipients for one in traffic_since(connection, 0.0)}
        assert counted == {"x.example": {Way.TLS: 1}, "y.example": {Way.PORTAL: 1}}
        [waiting] = digests.for_digest(connection, "nordby.example", 0.0)
        assert waiting.message_id == "<0@x>"
        assert "domain_traffic" not in sa.inspect(connection).get_table_names()
        assert version(connection) == str(SCHEMA_VERSION)


@pytest.mark.slow
def test_receipts_of_many_recipients_are_brought_up_to_date_in_a_moment(tmp_path: Path) -> None:
    """Meanwhile the store is locked, and whatever starts fails."""
    shutil.copy(OLD.with_name("schema-3.db"), tmp_path / "segl.db")
    with sqlite3.connect(tmp_path / "segl.db") as store:
        [row] = store.execute("SELECT * FROM sent_recipient LIMIT 1").fetchall()
        names = [column[1] for column in store.execute("PRAGMA table_info(sent_recipient)")]
        at = names.index("recipient")
        places = ", ".join("?" * len(names))
        many = [(*row[:at], f"{n}@of{n}.example", *row[at + 1 :]) for n in range(30_000)]
        store.executemany(f"INSERT INTO sent_recipient VALUES ({places})", many)  # noqa: S608
    store.close()
    begun = time.process_time()
    with open_store(f"sqlite:///{tmp_path}/segl.db").connect() as connection:
        assert time.process_time() - begun < 10
        domains = connection.execute(sa.select(sent_recipient.c.recipient, sent_recipient.c.domain)).all()
        assert len(domains) == 30_002
        assert all(row.domain == row.recipient.partition("@")[2].lower() for row in domains)
        assert "of_recipient" not in {
            index["name"] for index in sa.inspect(connection).get_indexes("sent_recipient")
        }


def test_what_the_log_told_before_is_kept_and_of_no_known_beginning(tmp_path: Path) -> None:
    shutil.copy(OLD.with_name("full-4.db"), tmp_path / "segl.db")
    with open_store(f"sqlite:///{tmp_path}/segl.db").connect() as connection:
        [one] = protection.of_queue(connection, ["4jZ1"]).values()
        assert version(connection) == str(SCHEMA_VERSION)
    assert (one.host, one.begun, one.node) == ("mx.x.example", None, "")
