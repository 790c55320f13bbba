"""MTA-STS policies in the store: over restarts, between nodes, and renewed while nobody asks."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from segl.events import Events
from segl.store.engine import open_store, transaction
from segl.tables.domains import domain_knowledge, mta_sts_policy
from segl.vocabulary import Known
from segl_routing.proofs.sts_archive import KeptStsPolicy, StoreStsArchive
from segl_routing.proofs.sts_fetch import StsRefusal
from segl_routing.proofs.sts_policy import MAX_AGE, StsFault
from world.policy_desk import DAY, DOMAIN, DOUBT, MX, TESTING, WEEK, Desk, enforce, run
from world.stores import break_store, store_in

NOW = 1_800_000_000.0


pytestmark = pytest.mark.usefixtures("both_stores")


def store_archive(directory: Path, *, writable: bool = True, now: float = 0.0) -> StoreStsArchive:
    engine = open_store(store_in(directory))
    return StoreStsArchive(engine, Events("test"), writable=writable, clock=lambda: now)


def test_a_policy_survives_a_restart(tmp_path: Path) -> None:
    archive = store_archive(tmp_path)
    desk = Desk(archive)
    desk.ask()
    archive.close()
    desk.archive = store_archive(tmp_path)
    desk.restart()
    desk.outside.record_now, desk.outside.policy_now = DOUBT, StsRefusal.UNREACHABLE
    assert desk.ask().known is Known.YES
    assert desk.ask("mx.evil.example").bars
    assert desk.fetches == 1
    desk.now += WEEK
    desk.restart()
    assert desk.ask().known is Known.UNKNOWN


def test_a_policy_that_another_authority_proved_is_not_in_force(tmp_path: Path) -> None:
    """Whether it was fetched before a restart, by another node, or by a fetch that a reload has overtaken."""
    archive = store_archive(tmp_path)
    desk = Desk(archive)
    desk.outside.takes = 0.05
    overtaken = desk.sts

    async def reload() -> None:
        running = asyncio.create_task(overtaken.evidence(DOMAIN, [MX]))
        await asyncio.sleep(0.01)
        desk.authorities = "others"
        desk.restart()
        assert (await running).known is Known.YES, "by the authorities of its time"

    run(reload())
    desk.outside.record_now = StsFault.NO_RECORD
    assert desk.ask().known is Known.NO
    desk.authorities = ""
    desk.restart()
    assert desk.ask().known is Known.YES, "and is again when they are trusted again"
    archive.close()


def test_a_store_that_fails_costs_a_fetch(tmp_path: Path) -> None:
    archive = store_archive(tmp_path)
    archive._thread._engine.dispose()
    break_store(tmp_path)
    desk = Desk(archive)
    assert desk.ask().known is Known.YES
    desk.restart()
    assert desk.ask().known is Known.YES
    assert desk.fetches == 2


def test_a_slow_store_counts_as_empty(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("segl_routing.store_thread.READ_SECONDS", 0.05)
    archive = store_archive(tmp_path)
    archive._thread.write(lambda _: time.sleep(0.5))
    assert run(archive.read(DOMAIN)) is None


@pytest.mark.parametrize(
    "change",
    [
        {"policy": "version: STSv1\nmode: enforce\nmx: 192.0.2.1\nmax_age: 604800\n"},
        {"policy": "mode: enforce"},
        {"policy": "\U0001f512 \x01"},
        {"max_age": MAX_AGE},
        {"fetched_at": 9e15},
    ],
)
def test_a_row_that_we_did_not_write_is_none(tmp_path: Path, change: dict[str, object]) -> None:
    archive = store_archive(tmp_path)
    archive.write(KeptStsPolicy(DOMAIN, "1", 1_000_000, enforce()))
    assert run(archive.read(DOMAIN)) == KeptStsPolicy(DOMAIN, "1", 1_000_000, enforce())
    with transaction(archive._thread._engine) as connection:
        connection.execute(mta_sts_policy.update().values(change))
    desk = Desk(archive)
    desk.outside.record_now = StsFault.NO_RECORD
    assert desk.ask().known is Known.NO


def test_another_nodes_later_policy_is_not_overwritten(tmp_path: Path) -> None:
    archive = store_archive(tmp_path)
    archive.write(KeptStsPolicy(DOMAIN, "2", 1030, enforce()))
    archive.write(KeptStsPolicy(DOMAIN, "1", 1000, TESTING))
    found = run(archive.read(DOMAIN))
    assert found is not None
    assert found.id == "2"


def test_what_has_run_out_is_taken_away(tmp_path: Path) -> None:
    archive = store_archive(tmp_path, now=NOW + 5000 + WEEK)
    archive.write(KeptStsPolicy("old.example", "1", NOW + 1000, enforce()))
    archive.write(KeptStsPolicy(DOMAIN, "1", NOW + 6000, enforce()))
    archive.close()
    with transaction(archive._thread._engine) as connection:
        assert connection.scalars(sa.select(mta_sts_policy.c.domain)).all() == [DOMAIN]


def test_a_clock_that_is_ahead_for_a_minute_takes_no_policy_away(tmp_path: Path) -> None:
    """Segl-map runs meanwhile, or is started by that clock."""
    archive = store_archive(tmp_path, now=NOW)
    archive.write(KeptStsPolicy(DOMAIN, "1", NOW, enforce()))
    assert run(archive.read(DOMAIN)) is not None, "written, in a thread"
    archive._clock = lambda: NOW + 365 * DAY
    archive.write(KeptStsPolicy("new.example", "1", NOW + 365 * DAY, enforce()))
    archive.close()
    again = store_archive(tmp_path, now=NOW + 60 + 365 * DAY)
    with transaction(again._thread._engine) as connection:
        connection.execute(mta_sts_policy.delete().where(mta_sts_policy.c.domain == "new.example"))
    again.write(KeptStsPolicy("other.example", "1", NOW + 60 + 365 * DAY, enforce()))
    assert run(again.read(DOMAIN)) == KeptStsPolicy(DOMAIN, "1", NOW, enforce())
    again.close()


def asked(archive: StoreStsArchive, domain: str, at: float) -> None:
    """Somebody wrote to *domain*, and it was checked."""
    row = {"domain": domain, "evidence": "", "checked_at": at, "expires_at": at}
    with transaction(archive._thread._engine) as connection:
        connection.execute(domain_knowledge.insert().values(row))


def test_a_policy_is_renewed_between_two_messages(tmp_path: Path) -> None:
    archive = store_archive(tmp_path)
    desk = Desk(archive)
    desk.ask()
    asked(archive, DOMAIN, desk.now)
    for _ in range(20):
        desk.now += DAY
        desk.restart()
        run(desk.sts.renew())
        run(desk.sts.renew())
    assert desk.fetches == 21
    desk.outside.record_now, desk.outside.policy_now = DOUBT, StsRefusal.UNREACHABLE
    assert desk.ask().known is Known.YES


@pytest.mark.parametrize(
    ("domain", "kept", "asked_at", "due"),
    [
        ("day-old.example", KeptStsPolicy("", "1", 0, enforce(max_age=MAX_AGE)), DAY, True),
        ("half-life.example", KeptStsPolicy("", "1", DAY - 300, enforce(max_age=600)), DAY, True),
        ("young.example", KeptStsPolicy("", "1", 1, enforce()), DAY, False),
        ("ahead.example", KeptStsPolicy("", "1", DAY + 61, enforce()), DAY, True),  # a clock was set back
        ("ended.example", KeptStsPolicy("", "1", 0, enforce(max_age=DAY)), DAY, False),
        ("testing.example", KeptStsPolicy("", "1", 0, TESTING), DAY, False),
        ("quiet.example", KeptStsPolicy("", "1", 0, enforce()), DAY - 31 * DAY, False),
        ("never.example", KeptStsPolicy("", "1", 0, enforce()), None, False),
    ],
)
def test_what_is_due(
    tmp_path: Path, domain: str, kept: KeptStsPolicy, asked_at: float | None, due: bool
) -> None:
    archive = store_archive(tmp_path)
    archive.write(replace(kept, domain=domain))
    if asked_at is not None:
        asked(archive, domain, asked_at)
    assert run(archive.due(DAY, 10)) == ((domain,) if due else ())
    assert run(archive.due(DAY, 0)) == ()


def test_a_reader_that_may_not_write_writes_nothing(tmp_path: Path) -> None:
    archive = store_archive(tmp_path, writable=False)
    archive.write(KeptStsPolicy(DOMAIN, "1", 1000, enforce()))
    assert run(archive.read(DOMAIN)) is None
