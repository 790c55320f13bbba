"""What segl-deliver looks after each minute and each hour: the place of sealed messages, the clock, the trail."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
import sqlalchemy as sa
from prometheus_client import Gauge
from sqlalchemy.engine import Engine

from segl import nodes
from segl.clock import Clock
from segl.decisions import kept
from segl.errors import DeliveryError
from segl.events import Events
from segl.log import configure_log
from segl.metrics import AUDIT_WENT_BACK, SEALED_MISSING
from segl.nodes import last_heard
from segl.sealed import life
from segl.sealed.belonging import storage_of
from segl.sealed.content import NotOpened
from segl.sealed.directory import SUFFIX, SealedDirectory
from segl.sealed.opening import open_sealed
from segl.sealed.records import begin_notice
from segl.settings.file import parse_settings
from segl.store.engine import transaction
from segl.tables import metadata
from segl.tables.audit import audit_entry
from segl_delivery import housekeeping
from segl_delivery.housekeeping import announce, is_believed, keep_house
from segl_delivery.receipts.build import forget_old
from segl_delivery.sealing.seal import Sealer, try_storage
from world.object_store import Fault, ObjectStore, Wire
from world.sealing import content_of, letter, seal

YEARS = 10 * 366 * 86_400.0
SMALL = ("portal_count", "portal_visit", "node", "digest_refusal")  # they do not grow with the mail


def told_events(capsys: pytest.CaptureFixture[str]) -> list[str]:
    return re.findall(r"\b(storage_unusable)\b", "".join(capsys.readouterr()))


def test_a_store_elsewhere_that_is_down_stops_neither_the_start_nor_the_housekeeping(
    engine: Engine, tmp_path: Path, objects: ObjectStore, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_log()  # whatever ran before
    with Wire(objects.port) as wire:
        table = objects.storage(wire.port)
        storage = {"bucket": table.bucket, "endpoint": table.endpoint, "credentials": str(table.credentials)}
        settings = parse_settings(
            {
                "organisation": {"name": "Nordby", "domains": ["nordby.example"]},
                "portal": {
                    "url": "https://sikker.nordby.example",
                    "storage": {**storage, "prefix": f"{tmp_path.name}/", "seconds": 2.0},
                },
            }
        )
        events = Events("test")
        desk = Sealer(engine, storage_of(settings.portal, engine), settings, events)
        wire.fault = Fault.FAILS
        try_storage(settings, engine, events)
        with pytest.raises(DeliveryError, match="answered 503"):
            try_storage(settings, engine, None)
        with pytest.raises(DeliveryError) as caught:
            seal(desk, letter("x"))
        assert caught.value.reply.code == 451, "it waits in Postfix's queue"
        wire.fault = Fault.NONE
        sealed = seal(desk, letter("x"))
        wire.fault = Fault.FAILS
        keep_house(settings, engine, events, sealed.message.expires_at + 1)
        assert told_events(capsys).count("storage_unusable") == 2
        with pytest.raises(NotOpened, match="shredded"):
            open_sealed(engine, desk.directory, sealed.addressees[0].row.id, sealed.addressees[0].link.text())
        wire.fault = Fault.NONE
        desk.directory.open(sealed.message.id).close()  # the object is there yet, and opens nothing
        keep_house(settings, engine, events, time.time() + 90 * 86400)
        with pytest.raises(FileNotFoundError):
            desk.directory.open(sealed.message.id)


def value_of(gauge: Gauge) -> float:
    [metric] = gauge.collect()
    return float(metric.samples[0].value)


def test_messages_that_have_lost_their_file_are_told_each_hour_until_it_is_back(
    sealer: Callable[..., Sealer], engine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = sealer()
    settings, events = desk.settings, Events("segl-deliver")
    try_storage(settings, engine, None)
    every = [seal(desk, letter(name)) for name in "abcd"]
    for one in every[:3]:  # of the last nobody was told: Postfix has it yet, and tries again
        begin_notice(engine, one.message.id, one.addressees[0].row.id, time.time())
    lost, revoked, whole, untold = (one.message.id for one in every)
    assert isinstance(desk.directory, SealedDirectory)
    life.revoke(engine, desk.directory, revoked, time.time(), actor="test")
    desk.directory.remove(untold)
    file = desk.directory.path(lost)
    content = file.read_bytes()
    file.unlink()
    configure_log("json")
    keep_house(settings, engine, events, time.time())
    [told] = [line for line in "".join(capsys.readouterr()).splitlines() if "sealed_missing" in line]
    assert [one in told for one in (lost, whole, revoked, untold)] == [True, False, False, False]
    assert value_of(SEALED_MISSING) == 1
    file.write_bytes(content)
    keep_house(settings, engine, events, time.time())
    assert "sealed_missing" not in "".join(capsys.readouterr())
    assert value_of(SEALED_MISSING) == 0


def test_of_files_that_somebody_can_open_the_store_is_asked_once(
    sealer: Callable[..., Sealer], engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not one by one: of thirty days of sealed mail that is forty thousand questions an hour, on each node."""
    desk = sealer()
    try_storage(desk.settings, engine, None)
    told, untold = seal(desk, letter("x")), seal(desk, letter("y"))
    begin_notice(engine, told.message.id, told.addressees[0].row.id, time.time())
    asking = Mock(side_effect=life.is_known)
    monkeypatch.setattr(housekeeping, "is_known", asking)
    assert isinstance(desk.directory, SealedDirectory)
    orphan = desk.directory.path("0" * 32)
    orphan.parent.mkdir()
    orphan.write_bytes(b"x")
    files = [orphan, *(desk.directory.path(one.message.id) for one in (told, untold))]
    for file in files:
        os.utime(file, (1, 1))
    keep_house(desk.settings, engine, desk.events, time.time())
    assert {call.args[1] for call in asking.call_args_list} == {"0" * 32, untold.message.id}
    assert [file.exists() for file in files] == [False, True, True]


def test_of_a_place_that_is_away_no_message_is_called_lost(
    sealer: Callable[..., Sealer], engine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = sealer()
    try_storage(desk.settings, engine, None)
    seal(desk, letter("x"))
    assert isinstance(desk.directory, SealedDirectory)
    desk.directory.root.rename(desk.directory.root.with_name("unmounted"))
    desk.directory.root.mkdir()
    configure_log("json")
    keep_house(desk.settings, engine, Events("segl-deliver"), time.time())
    told = "".join(capsys.readouterr())
    assert ("storage_unusable" in told, "sealed_missing" in told) == (True, False)


def test_a_leap_of_the_clock_is_not_what_the_next_process_believes(
    sealer: Callable[..., Sealer], engine: Engine
) -> None:
    """A reload right after it: whoever starts then asks the store when anybody was last heard of."""
    settings, events, now, counted = sealer().settings, Events("segl-deliver"), time.time(), [100.0]
    clock = Clock(lambda: counted[0])
    announce(settings, engine, events, clock, now)
    counted[0] += 60
    announce(settings, engine, events, clock, now + 31 * 86_400)
    assert last_heard(engine, now) == now
    assert not Clock().believes(now + 31 * 86_400, last_heard(engine, now + 31 * 86_400))


def test_a_node_whose_clock_is_ahead_of_the_others_shreds_nothing(
    sealer: Callable[..., Sealer], engine: Engine
) -> None:
    """A second host without a time server joins, a month ahead; the first is at work meanwhile."""
    settings, events, now, counted = sealer().settings, Events("segl-deliver"), time.time(), [100.0]
    clock, first = Clock(lambda: counted[0]), replace(nodes.this_node(settings, now), name="first")
    for hour in range(12):
        counted[0], then = 100.0 + hour * 3600, now + hour * 3600
        nodes.announce(engine, replace(first, seen_at=then - 600))
        assert not is_believed(settings, engine, events, clock, then + 31 * 86_400)


def test_what_is_sealed_while_the_clock_is_behind_lives_on_when_it_is_right_again(
    sealer: Callable[..., Sealer], engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A battery that died: the machine starts forty days ago, and each link would have ended when that is mended."""
    desk, now = sealer(), time.time()
    desk.directory.prepare()
    nodes.announce(engine, nodes.this_node(desk.settings, now))
    with monkeypatch.context() as behind:
        behind.setattr(time, "time", lambda: now - 40 * 86_400)
        announce(desk.settings, engine, desk.events, Clock(), time.time())
        sealed = seal(desk, letter("x"))
    assert last_heard(engine, now) == now, (
        "as it was before: else a second message would go by the wrong time"
    )
    assert now < sealed.message.created_at + 60
    assert sealed.until.timestamp() == sealed.message.expires_at > now + 29 * 86_400
    keep_house(desk.settings, engine, desk.events, now + 60)
    assert content_of(desk, sealed).endswith(b"Hej\r\n")


def test_by_a_clock_that_cannot_be_right_nothing_is_sealed_that_nobody_could_open(
    sealer: Callable[..., Sealer], engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first start of a machine without a battery: of the time nothing is known but that this is not it."""
    desk = sealer()
    desk.directory.prepare()
    with monkeypatch.context() as dead:
        dead.setattr(time, "time", lambda: 946_684_800.0)
        announce(desk.settings, engine, desk.events, Clock(), time.time())
        with pytest.raises(DeliveryError) as later:
            seal(desk, letter("x"))
    assert later.value.reply.temporary
    assert last_heard(engine, time.time()) is None
    assert isinstance(desk.directory, SealedDirectory)
    assert not [file for file in desk.directory.root.rglob("*") if file.name.endswith(SUFFIX)]


def test_a_clock_that_was_years_ahead_is_got_over(
    sealer: Callable[..., Sealer], engine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    """A round was held by it; since then it is right, and what is sealed ends when it should."""
    desk, now = sealer(), time.time()
    desk.directory.prepare()
    configure_log("json")
    nodes.announce(engine, nodes.this_node(desk.settings, now + 400 * 86_400))
    sealed = seal(desk, letter("x"))
    assert sealed.message.created_at < now + 60
    assert now + 29 * 86_400 < sealed.message.expires_at < now + 32 * 86_400
    announce(desk.settings, engine, desk.events, Clock(), now)
    assert "clock_doubted" in "".join(capsys.readouterr())
    assert last_heard(engine, now) == now
    announce(desk.settings, engine, desk.events, Clock(), now + 60)
    assert "clock_doubted" not in "".join(capsys.readouterr())


def test_a_trail_that_was_cut_is_told_and_counted(
    sealer: Callable[..., Sealer], engine: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = sealer()
    settings = desk.settings
    try_storage(settings, engine, None)
    seal(desk, letter("x"))
    configure_log("json")
    AUDIT_WENT_BACK.set(0)
    keep_house(settings, engine, Events("segl-deliver"), time.time())
    assert value_of(AUDIT_WENT_BACK) == 0
    with transaction(engine) as connection:
        connection.execute(audit_entry.delete())
    keep_house(settings, engine, Events("segl-deliver"), time.time())
    assert value_of(AUDIT_WENT_BACK) == 1
    assert '"event": "audit_went_back"' in "".join(capsys.readouterr())
    AUDIT_WENT_BACK.set(0)


@pytest.mark.parametrize("both_stores", ["sqlite"], indirect=True)
def test_no_statement_that_writes_goes_through_a_table_that_grows(
    sealer: Callable[..., Sealer], engine: Engine
) -> None:
    """It would hold SQLite's one lock for as long: with a year of mail, ten seconds of each hour, and who waits longer
    than five is told that the store is locked."""
    desk = sealer()
    desk.directory.prepare()
    sealed = seal(desk, letter("x"))
    found, grows = list[str](), metadata.tables.keys() - SMALL

    def look(conn: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: bool) -> None:
        if statement.startswith(("UPDATE", "DELETE")) and not many:
            asking = conn.connection.cursor()
            asking.execute("EXPLAIN QUERY PLAN " + statement, parameters)
            scans = [row[3].split()[1] for row in asking.fetchall() if row[3].startswith("SCAN")]
            found.extend(f"{table}: {statement}" for table in scans if table in grows)

    sa.event.listen(engine, "before_cursor_execute", look)
    later = sealed.message.expires_at + YEARS
    keep_house(desk.settings, engine, Events("test"), sealed.message.expires_at + 1)
    keep_house(desk.settings, engine, Events("test"), later)
    forget_old(engine, desk.settings, later)
    kept.forget(engine, later, "segl-deliver")
    assert found == []
    with transaction(engine) as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM sealed_message").scalar() == 0
