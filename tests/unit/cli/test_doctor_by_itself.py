"""What ``segl doctor`` says of a host that shares its store with nobody: whether sealed messages lie in the place that
is its own, and whether the clock can be right. SQLite is looked at without being changed."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from segl.cli.doctor_nodes import node_checks
from segl.nodes import announce, this_node
from segl.postfix.check import Check, State
from segl.sealed.belonging import storage_of
from segl.settings.document import Settings
from segl.settings.file import parse_settings
from segl.store.engine import open_store


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return parse_settings(
        {
            "organisation": {"name": "V", "domains": ["vand.example"]},
            "store": {"url": f"sqlite:///{tmp_path}/segl.db"},
            "portal": {"sealed": str(tmp_path / "sealed")},
        }
    )


def checks(settings: Settings) -> dict[str, Check]:
    return {check.id: check for check in node_checks(settings)}


def begin(settings: Settings, now: float | None = None) -> None:
    """As segl-deliver does at its start."""
    engine = open_store(settings.store.url)
    storage_of(settings.portal, engine).prepare()
    announce(engine, this_node(settings, time.time() if now is None else now))
    engine.dispose()


def test_before_the_first_start_there_is_nothing_to_tell_and_a_look_makes_nothing(
    settings: Settings, tmp_path: Path
) -> None:
    assert checks(settings) == {}
    assert list(tmp_path.iterdir()) == []


def test_a_place_and_a_clock_as_they_should_be(settings: Settings) -> None:
    begin(settings)
    found = checks(settings)
    assert {id_: check.state for id_, check in found.items()} == dict.fromkeys(
        ("storage.ours", "clock"), State.OK
    )
    assert found["storage.ours"].found == f"{settings.portal.sealed} belongs to our store"


@pytest.mark.parametrize("mounted_on", [True, False], ids=["an empty folder", "no folder"])
def test_a_disk_that_is_not_mounted_is_named(settings: Settings, mounted_on: bool) -> None:
    begin(settings)
    settings.portal.sealed.rename(settings.portal.sealed.with_name("elsewhere"))
    if mounted_on:
        settings.portal.sealed.mkdir()
    ours = checks(settings)["storage.ours"]
    assert (ours.state, ours.found) == (
        State.FAIL,
        f"{settings.portal.sealed} does not bear our store's id",
    )
    assert "is it mounted" in ours.fix
    assert "waits in Postfix's queue" in ours.why


def test_a_clock_behind_the_last_that_was_heard_is_named(settings: Settings) -> None:
    begin(settings, time.time() + 40 * 86400)
    clock = checks(settings)["clock"]
    assert clock.state is State.WARN
    assert clock.found.startswith("it is before 2")
    assert "timedatectl" in clock.fix


def test_a_clock_of_before_segl_was_written_is_a_fault_though_nobody_was_heard_of_later(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("time.time", lambda: 946_728_000.0)
    begin(settings)
    clock = checks(settings)["clock"]
    assert (clock.state, clock.found) == (
        State.FAIL,
        "it says 2000-01-01, when this Segl was not written yet",
    )


def test_a_store_of_an_older_form_is_left_to_others(settings: Settings, tmp_path: Path) -> None:
    begin(settings)
    engine = open_store(settings.store.url)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE node")
    engine.dispose()
    assert checks(settings) == {}
