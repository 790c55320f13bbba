"""A change of settings or rules is one entry in the audit trail, with names and no values, whoever comes by it."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from segl import audit, settings_trail
from segl.errors import StoreError
from segl.events import Events
from segl.left_rules import leave_rules, rule_digests
from segl.settings import Settings
from segl.settings_file import parse_settings
from segl.settings_trail import note, note_rules
from segl.store import open_store
from segl.tables.settings import settings_state
from segl_delivery.settings_watch import SettingsWatch

FILE = Path("/etc/segl/segl.toml")
OWN: dict[str, Any] = {"organisation": {"name": "Nordby", "domains": ["nordby.example"]}}
SECRET = "hunter2"


@pytest.fixture
def engine(store_url: str) -> Iterator[Engine]:
    engine = open_store(store_url)
    yield engine
    engine.dispose()


def settings(**tables: Any) -> Settings:
    return parse_settings(OWN | tables)


def trail(engine: Engine) -> list[tuple[str, str, dict[str, Any]]]:
    facts = ("changed", "added", "removed", "first")
    return [
        (entry.act, entry.actor, {name: entry.facts[name] for name in facts if name in entry.facts})
        for entry in audit.entries(engine)
    ]


def test_what_the_store_did_not_take_is_noted_when_it_does(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a change of settings while the store is held by others would stand in no trail."""
    watch = SettingsWatch(settings, FILE, engine, Events("test"))
    with monkeypatch.context() as held:
        held.setattr(settings_trail, "transaction", locked)
        with pytest.raises(StoreError):
            watch.look()
    assert trail(engine) == []
    for _ in range(2):
        watch.look()
    assert trail(engine) == [("settings-changed", "segl-deliver", {"first": True})]


def locked(_engine: Engine) -> None:
    raise StoreError("the store cannot be reached", "database is locked")


def test_the_first_start_and_each_change_are_noted_once(engine: Engine) -> None:
    for _ in range(2):
        assert note(engine, settings(), FILE, "segl-map") is None
    changed = settings(detection={"mode": "always"}, log={"level": "debug"})
    for process in ("segl-deliver", "segl-map"):
        note(engine, changed, FILE, process)
    note(engine, settings(), FILE, "lise (sudo)")
    both = {"changed": "detection.mode, log.level"}
    assert trail(engine) == [
        ("settings-changed", "segl-map", {"first": True}),
        ("settings-changed", "segl-deliver", both),
        ("settings-changed", "lise (sudo)", both),
    ]
    assert audit.verify(engine).broken is None


def test_entries_of_lists_go_by_their_own_names(engine: Engine) -> None:
    pin = {"name": "kommune.example", "way": "tls"}
    other = {"name": "region.example", "way": "portal"}
    note(engine, settings(domain=[pin, other]), FILE, "segl-map")
    change = note(engine, settings(domain=[{**pin, "way": "portal"}]), FILE, "segl-map")
    assert change is not None
    assert (change.changed, change.removed) == (("domain[kommune.example]",), ("domain[region.example]",))


@pytest.mark.parametrize(
    ("tables", "key"),
    [
        ({"store": {"url": f"postgresql+psycopg://segl:{SECRET}@db/segl"}}, "store.url"),
        ({"portal": {"sms": {"url": f"https://sms.example/{SECRET}"}}}, "portal.sms.url"),
        ({"portal": {"sms": {"headers": {"X-Key": SECRET}}}}, "portal.sms.headers.X-Key"),
    ],
)
def test_no_password_is_in_trail_or_store_and_its_change_is(
    tmp_path: Path, tables: dict[str, Any], key: str
) -> None:
    engine = open_store(f"sqlite:///{tmp_path}/segl.db")  # whose bytes can be looked at
    note(engine, settings(**tables), FILE, "segl-map")
    later = json.loads(json.dumps(tables).replace(SECRET, "correcthorse"))
    change = note(engine, settings(**later), FILE, "segl-map")
    assert change is not None
    assert key in (*change.changed, *change.added)
    with engine.connect() as connection:
        row = connection.execute(sa.select(settings_state)).one()
    quick = hashlib.sha256(row.salt + json.dumps(value_of(later, key)).encode()).hexdigest()
    assert json.loads(row.keys)[key] not in (quick, quick[:32])  # who has the digest must try slowly
    engine.dispose()
    stored = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert SECRET.encode() not in stored
    assert b"correcthorse" not in stored


def value_of(tables: dict[str, Any], key: str) -> Any:
    for name in key.split("."):
        tables = tables[name]
    return tables


def test_processes_that_start_together_write_one_entry(engine: Engine) -> None:
    note(engine, settings(), FILE, "segl-map")
    changed, barrier = settings(detection={"mode": "always"}), threading.Barrier(6)
    failed: list[BaseException] = []

    def start(number: int) -> None:
        try:
            barrier.wait()
            note(engine, changed, FILE, f"worker {number}")
        except BaseException as error:
            failed.append(error)

    threads = [threading.Thread(target=start, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert len(trail(engine)) == 2


def test_rules_are_noted_as_the_milter_left_them(engine: Engine, tmp_path: Path) -> None:
    rule, left = tmp_path / "house.toml", tmp_path / "milter-rules.json"
    for text in ("a", "b"):
        rule.write_text(text, "utf-8")
        leave_rules(left, rule_digests({"house.toml": rule, "gone.toml": tmp_path / "gone"}))
        note_rules(engine, left, "segl-milter")
    rows = [
        ("rules-changed", "segl-milter", {"first": True}),
        ("rules-changed", "segl-milter", {"changed": "house.toml"}),
    ]
    assert trail(engine) == rows


@pytest.mark.parametrize(
    "content", [None, b"", b"[]", b"{", b'{"a": 1}', b"\xff", b"[" * 100_000, b"1" * 2_000_000]
)
def test_what_is_no_word_of_the_milter_is_passed_over(
    engine: Engine, tmp_path: Path, content: bytes | None
) -> None:
    left = tmp_path / "milter-rules.json"
    if content is not None:
        left.write_bytes(content)
    assert note_rules(engine, left, "segl-milter") is None
    assert trail(engine) == []
