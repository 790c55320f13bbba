"""A change of settings or rules is one entry in the audit trail, with names and no values, whoever comes by it."""

from __future__ import annotations

import hashlib
import json
import threading
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from segl import audit
from segl.errors import StoreError
from segl.events import Events
from segl.left_rules import leave_rules, rule_digests
from segl.settings import trail as settings_trail
from segl.settings.document import Settings
from segl.settings.file import parse_settings
from segl.settings.trail import note, note_rules
from segl.store.engine import open_store
from segl.tables.settings import settings_state
from segl_delivery import settings_watch
from segl_delivery.settings_watch import SettingsWatch
from world.at_once import at_once

FILE = Path("/etc/segl/segl.toml")
OWN: dict[str, Any] = {"organisation": {"name": "Nordby", "domains": ["nordby.example"]}}
SECRET = "hunter2"


def settings(**tables: Any) -> Settings:
    return parse_settings(OWN | tables)


def trail(engine: Engine) -> list[tuple[str, str, dict[str, Any]]]:
    facts = ("changed", "added", "removed", "first")
    return [
        (entry.act, entry.actor, {name: entry.facts[name] for name in facts if name in entry.facts})
        for entry in audit.entries(engine)
    ]


def test_what_the_store_did_not_take_is_noted_when_it_does(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a change of settings while the store is held by others would stand in no trail."""
    left_by_milter(monkeypatch, tmp_path)
    events = Failures("test")
    watch = SettingsWatch(settings, FILE, engine, events)
    in_a_row = ["settings trail", "rules trail"]  # once, not at each look
    with monkeypatch.context() as held:
        held.setattr(settings_trail, "transaction", locked)
        for _ in range(3):
            watch.look()
    assert (events.where, trail(engine)) == (in_a_row, [])
    for _ in range(2):
        watch.look()
    with monkeypatch.context() as held:
        held.setattr(settings_trail, "transaction", locked)
        watch.look()
    assert events.where == [*in_a_row, "settings trail"], "another row; the rules are as they were"
    first = {"first": True}
    assert trail(engine) == [
        ("settings-changed", "segl-deliver", first),
        ("rules-changed", "segl-milter", first),
    ]


def test_settings_that_cannot_be_noted_keep_no_rules_from_being_noted(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left_by_milter(monkeypatch, tmp_path)
    monkeypatch.setattr(settings_watch, "note", locked)
    SettingsWatch(settings, FILE, engine, Failures("test")).look()
    assert trail(engine) == [("rules-changed", "segl-milter", {"first": True})]


class Failures(Events):
    def failed(self, where: str, error: BaseException) -> None:
        assert isinstance(error, StoreError)
        self.where = [*getattr(self, "where", []), where]


def left_by_milter(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    left = tmp_path / "milter-rules.json"
    left.write_text('{"house.toml": "00"}', "utf-8")
    monkeypatch.setattr(settings_watch, "left_rules", lambda _: left)


def locked(*_: object) -> None:
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
        ({"portal": {"sms": {"form": "form", "body": f"sqlite:///{SECRET}"}}}, "portal.sms.body"),
        (
            {"tunnel_list": [{"name": "a", "source": f"https://x.example/{SECRET}", "signers": ["ab" * 32]}]},
            "tunnel_list[a]",
        ),
        ({"store": {"url": f"sqlite:///file:segl.db?key={SECRET}"}}, "store.url"),
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
    # who has the digest must try slowly
    assert json.loads(row.keys)[key] == digested_slowly(value_of(settings(**later), key), row.salt)
    engine.dispose()
    stored = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    assert SECRET.encode() not in stored
    assert b"correcthorse" not in stored


def value_of(now: Settings, key: str) -> Any:
    return dict(settings_trail._flat(settings_trail._plain(now)))[key]


def digested_slowly(value: Any, salt: bytes) -> str:
    """As the first version did whatever may hold a password, what is shipped and the path of a file too."""
    raw = json.dumps(value, sort_keys=True).encode()
    return hashlib.scrypt(raw, salt=salt, n=2**13, r=8, p=1, dklen=16).hex()


@pytest.mark.parametrize("changed", [{}, {"store": {"url": "sqlite:////srv/segl.db"}}])
def test_a_version_that_digests_otherwise_notes_what_changed_and_nothing_else(
    engine: Engine, changed: dict[str, Any]
) -> None:
    note(engine, settings(), FILE, "segl-map")
    sms = ("url", "body", "headers.Authorization")
    with engine.begin() as connection:
        row = connection.execute(sa.select(settings_state)).one()
        every = ("store.url", *(f"portal.sms.{name}" for name in sms))
        slow = {key: digested_slowly(value_of(settings(), key), row.salt) for key in every}
        keys = json.loads(row.keys) | slow
        connection.execute(settings_state.update().values(keys=json.dumps(keys), digest="of before"))
    for process in ("segl-deliver", "segl-map"):
        note(engine, settings(**changed), FILE, process)
    first = ("settings-changed", "segl-map", {"first": True})
    then = [("settings-changed", "segl-deliver", {"changed": "store.url"})] if changed else []
    assert trail(engine) == [first, *then]
    with engine.connect() as connection:
        kept = json.loads(connection.execute(sa.select(settings_state)).one().keys)
    assert not set(slow.items()) & set(kept.items()), "the next start finds nothing to compare"


def test_processes_that_start_together_write_one_entry(engine: Engine) -> None:
    note(engine, settings(), FILE, "segl-map")
    changed, barrier = settings(detection={"mode": "always"}), threading.Barrier(6)

    def start(number: int) -> None:
        barrier.wait()
        note(engine, changed, FILE, f"worker {number}")

    at_once(start, range(6))
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
