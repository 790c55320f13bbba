"""What was delivered by which way, counted from what delivery reports told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.engine import Connection

from segl.receipts import records
from segl.receipts.records import Heard
from segl.receipts.states import News, Stage, State
from segl.receipts.statistics import traffic_since, volumes_until
from segl.settings.receipts import Receipts, ReceiptTerms
from segl.store.engine import open_store, transaction
from segl.vocabulary import Way
from world.postgresql import PostgreSQL

MIDNIGHT = datetime(2026, 11, 30, tzinfo=UTC)
DAY = 86400.0
TERMS = ReceiptTerms(Receipts.SECURE, "da", 1800.0, 90)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with PostgreSQL() as server:
        yield server.url


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Connection]:
    on_server = request.param == "postgresql"
    engine = open_store(request.getfixturevalue("server") if on_server else f"sqlite:///{tmp_path}/segl.db")
    with transaction(engine) as connection:
        yield connection
    records.forget(engine, 9e12)
    engine.dispose()


def tell(
    store: Connection,
    recipient: str,
    state: State,
    way: Way | None,
    *,
    message: str = "1",
    stage: Stage = Stage.SECURE,
    days_before: float = 0.5,
) -> None:
    at = MIDNIGHT.timestamp() - days_before * DAY
    news = News(recipient, recipient, stage, state, at, way=way)
    heard = Heard(message, "anna@nordby.example", "", at, None, (news,))
    records.hear(store, heard, lambda _: TERMS, at)


def test_each_recipient_counts_once_a_message_by_the_way_that_took_his_copy(store: Connection) -> None:
    for message in ("1", "2"):
        for _ in range(2):  # a report that comes twice
            tell(store, "bo@X.example", State.SENT, Way.TLS, message=message)
    tell(store, "eva@x.example", State.DELAYED, Way.TLS)
    tell(store, "eva@x.example", State.SEALED, Way.PORTAL, days_before=0.1)  # TLS failed, then the portal
    tell(store, "ib@y.example", State.SENT, Way.TUNNEL)
    tell(store, "drift@nordby.example", State.SENT, Way.INTERNAL)
    first, second = traffic_since(store, 0.0)
    assert (first.domain, first.recipients, first.failed) == ("x.example", {Way.TLS: 2, Way.PORTAL: 1}, 0)
    assert first.portal_share == pytest.approx(1 / 3)
    assert (second.domain, second.recipients) == ("y.example", {Way.TUNNEL: 1})


def test_what_came_back_failed_and_what_never_left_too(store: Connection) -> None:
    tell(store, "bo@x.example", State.SENT, Way.TUNNEL)
    tell(store, "bo@x.example", State.FAILED, None, stage=Stage.FRONT)
    # It never came to the secure instance.
    tell(store, "eva@x.example", State.FAILED, None, stage=Stage.FRONT)
    tell(store, "ib@x.example", State.FAILED, Way.TLS)
    tell(store, "ole@x.example", State.DELAYED, Way.TLS)
    tell(store, "ida@x.example", State.DELAYED, None)
    tell(store, "ida@x.example", State.FAILED, None, stage=Stage.FRONT)  # of the copy that was tried before
    tell(store, "eva@nordby.example", State.FAILED, Way.INTERNAL, stage=Stage.FRONT)
    [domain] = traffic_since(store, 0.0)
    assert (domain.recipients, domain.failed, domain.waiting, domain.last) == ({}, 3, 2, {})


def test_the_last_success_is_told_of_domains_that_were_mailed_to_lately(store: Connection) -> None:
    tell(store, "bo@x.example", State.SEALED, Way.PORTAL, days_before=40)
    tell(store, "bo@y.example", State.SEALED, Way.PORTAL, days_before=40)
    tell(store, "bo@z.example", State.SEALED, Way.PORTAL, days_before=40)
    tell(store, "bo@x.example", State.SENT, Way.TLS, message="2", days_before=2)
    tell(store, "bo@z.example", State.FAILED, Way.TLS, message="2", days_before=2)
    lately, not_lately = traffic_since(store, MIDNIGHT.timestamp() - 30 * DAY)
    assert (lately.domain, lately.recipients) == ("x.example", {Way.TLS: 1})
    assert lately.last == {Way.TLS: MIDNIGHT.timestamp() - 2 * DAY}
    assert (not_lately.domain, not_lately.recipients, not_lately.failed) == ("z.example", {}, 1)
    assert not_lately.last == {Way.PORTAL: MIDNIGHT.timestamp() - 40 * DAY}


def test_the_week_is_counted_by_day_and_way(store: Connection) -> None:
    for number, (state, way, days) in enumerate(
        [
            (State.SENT, Way.TLS, 0.1),
            (State.SENT, Way.TUNNEL, 6.9),
            (State.SEALED, Way.PORTAL, 2.5),
            (State.SEALED, Way.PORTAL, 2.6),
            (State.FAILED, Way.TLS, 1.5),
            (State.SENT, Way.TLS, 8.0),  # the week before
            (State.SENT, Way.INTERNAL, 1.0),
            (State.SENT, Way.TLS, -0.1),  # after: next week's
            (State.SENT, Way.TLS, 14.1),
        ]
    ):
        tell(store, f"bo@x{number % 3}.example", state, way, message=str(number), days_before=days)
    volumes = volumes_until(store, MIDNIGHT)
    assert volumes.total == Counter({Way.PORTAL: 2, Way.TLS: 1, Way.TUNNEL: 1})
    assert (volumes.days[0][Way.TUNNEL], volumes.days[-1][Way.TLS], volumes.days[4][Way.PORTAL]) == (1, 1, 2)
    assert volumes.before == Counter({Way.TLS: 1})
    assert (volumes.failed, volumes.sealed) == (
        Counter({"x1.example": 1}),
        Counter({"x2.example": 1, "x0.example": 1}),
    )


@pytest.mark.usefixtures("danish_time")
@pytest.mark.parametrize("fixed", [False, True])
def test_a_day_ends_at_midnight_by_the_clock_on_the_wall_also_when_that_was_changed(
    store: Connection, fixed: bool
) -> None:
    """The Sunday of 25 October 2026 has 25 hours in Denmark."""
    zone = ZoneInfo("Europe/Copenhagen")
    end = datetime(2026, 10, 26, tzinfo=zone)
    for message, moment in enumerate(
        (datetime(2026, 10, 24, 23, 30, tzinfo=zone), datetime(2026, 10, 25, 0, 30, tzinfo=zone))
    ):
        before = (MIDNIGHT.timestamp() - moment.timestamp()) / DAY
        tell(store, "bo@x.example", State.SENT, Way.TLS, message=str(message), days_before=before)
    volumes = volumes_until(store, end.astimezone() if fixed else end)
    assert [day[Way.TLS] for day in volumes.days] == [0, 0, 0, 0, 0, 1, 1]
