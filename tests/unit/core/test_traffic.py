"""What is kept of traffic: sums by domain, day and way, added to by several processes at once; no address."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from segl import traffic_writer
from segl.events import Events
from segl.store import open_store, transaction
from segl.tables.domains import domain_delivery, domain_traffic
from segl.traffic import DomainTraffic, add, day_of, traffic_since
from segl.traffic_writer import TrafficWriter
from segl.vocabulary import Way
from world.postfix import wait_until

NOW = 1_800_000_000.0
TODAY = day_of(NOW)


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return open_store(f"sqlite:///{tmp_path}/segl.db")


def traffic(engine: Engine, day: str = "0000-00-00") -> list[DomainTraffic]:
    with transaction(engine) as connection:
        return traffic_since(connection, day)


def writer(engine: Engine, now: float = NOW) -> TrafficWriter:
    return TrafficWriter(engine, Events("segl-map"), clock=lambda: now)


def test_counts_are_added_up_and_told_by_volume(engine: Engine) -> None:
    for _ in range(2):
        one = writer(engine)
        one.count("lille.example", Way.PORTAL)
        for _ in range(3):
            one.count("stor.example", Way.TLS)
        one.count("stor.example", Way.PORTAL)
        one.delivered("stor.example", Way.PORTAL)
        one.write()
    big, small = traffic(engine)
    assert (big.domain, big.recipients) == ("stor.example", {Way.TLS: 6, Way.PORTAL: 2})
    assert (big.total, big.portal_share, big.last) == (8, 0.25, {Way.PORTAL: NOW})
    assert (small.domain, small.total, small.portal_share, small.last) == ("lille.example", 2, 1.0, {})


def test_only_the_days_asked_for_count(engine: Engine) -> None:
    for days in (0, 5, 40):
        one = writer(engine, NOW - days * 86400)
        one.count("kunde.example", Way.TLS)
        one.write()
    assert traffic(engine, day_of(NOW, 30))[0].total == 2
    assert traffic(engine, day_of(NOW + 86400, 0)) == []


def test_a_success_is_never_moved_back(engine: Engine) -> None:
    """Nodes write when they come to it, not in the order of what happened."""
    with transaction(engine) as connection:
        add(connection, {("kunde.example", TODAY, Way.TUNNEL): 1}, {("kunde.example", Way.TUNNEL): NOW})
        add(connection, {}, {("kunde.example", Way.TUNNEL): NOW - 60})
    assert traffic(engine)[0].last == {Way.TUNNEL: NOW}


def test_what_is_old_is_forgotten(engine: Engine) -> None:
    for days in (0, 100):
        one = writer(engine, NOW - days * 86400)
        one.count("kunde.example", Way.TLS)
        one.delivered(f"{days}.example", Way.TLS)
        one.write()
    writer(engine).prune(days=90)
    with transaction(engine) as connection:
        assert connection.scalars(sa.select(domain_traffic.c.day)).all() == [TODAY]
        assert connection.scalars(sa.select(domain_delivery.c.domain)).all() == ["0.example"]


def test_a_way_of_another_version_is_left_out(engine: Engine) -> None:
    row = {"domain": "kunde.example", "day": TODAY, "way": "pigeon", "recipients": 3}
    with transaction(engine) as connection:
        connection.execute(domain_traffic.insert().values(row))
    assert traffic(engine) == []


_PROCESS = """
import sys
from segl.events import Events
from segl.store import open_store
from segl.traffic_writer import TrafficWriter
from segl.vocabulary import Way

url, who = sys.argv[1:]
writer = TrafficWriter(open_store(url), Events(who), clock=lambda: 1_800_000_000.0)
for number in range(40):
    if who == "segl-map":
        writer.count("kunde.example", Way.TLS)
        writer.count(f"d{number}.example", Way.PORTAL)
        writer.delivered("kunde.example", Way.TLS)
    else:
        writer.delivered("kunde.example", Way.PORTAL)
        writer.delivered(f"d{39 - number}.example", Way.PORTAL)
    writer.write()
"""


def test_both_processes_write_at_once_and_nothing_is_lost(tmp_path: Path) -> None:
    """From the first moment on: the tables are made by whoever comes first. Two of each, as with two nodes."""
    url = f"sqlite:///{tmp_path}/segl.db"
    running = [
        subprocess.Popen([sys.executable, "-c", _PROCESS, url, who], stderr=subprocess.PIPE)
        for who in ("segl-map", "segl-deliver") * 2
    ]
    for process in running:
        _, errors = process.communicate(timeout=120)
        assert (process.returncode, errors) == (0, b"")
    found = {one.domain: one for one in traffic(open_store(url))}
    assert found["kunde.example"].recipients == {Way.TLS: 80}
    assert found["kunde.example"].last == {Way.TLS: NOW, Way.PORTAL: NOW}
    for number in range(40):
        assert found[f"d{number}.example"].recipients == {Way.PORTAL: 2}
        assert found[f"d{number}.example"].last == {Way.PORTAL: NOW}


def test_a_store_that_fails_costs_no_count(engine: Engine, tmp_path: Path) -> None:
    one = writer(engine)
    with transaction(engine) as connection:
        domain_traffic.drop(connection)
    for _ in range(3):
        one.count("kunde.example", Way.PORTAL)
        one.delivered("kunde.example", Way.PORTAL)
        one.write()
    with transaction(engine) as connection:
        domain_traffic.create(connection)
    one.write()
    [kept] = traffic(engine)
    assert (kept.recipients, kept.last) == ({Way.PORTAL: 3}, {Way.PORTAL: NOW})


def test_what_is_pending_is_bounded(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traffic_writer, "MOST_PENDING", 5)
    one = writer(engine)
    for number in range(9):
        one.count(f"d{number}.example", Way.TLS)
        one.count("d0.example", Way.TLS)
        one.delivered(f"d{number}.example", Way.TLS)
    one.write()
    found = {each.domain: each.total for each in traffic(engine)}
    assert found == {"d0.example": 10, "d1.example": 1, "d2.example": 1, "d3.example": 1, "d4.example": 1}


def test_it_writes_and_forgets_by_itself(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(traffic_writer, "WRITE_SECONDS", 0.01)
    old = writer(engine, NOW - 50 * 86400)
    old.count("gammel.example", Way.TLS)
    old.write()

    async def story() -> None:
        one = writer(engine)
        running = asyncio.create_task(one.run(lambda: 30))
        one.count("kunde.example", Way.TLS)
        await asyncio.to_thread(
            wait_until, lambda: [each.domain for each in traffic(engine)] == ["kunde.example"], 30, str
        )
        running.cancel()

    asyncio.run(story())


def test_the_tables_hold_no_address(engine: Engine) -> None:
    columns = {column.name for table in (domain_traffic, domain_delivery) for column in table.columns}
    assert columns == {"domain", "day", "way", "recipients", "last_at"}
