"""A clock that was a month ahead for a minute: what was heard then is told when it is right again, not in a month."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.engine import Engine

from segl import nodes
from segl.clock import SetBack
from segl.events import Events
from segl.mail.return_port import ReturnPort
from segl.nodes import Node
from segl.receipts import digests, leases, records
from segl.receipts.ahead import AHEAD_SECONDS, moved_back, set_right
from segl.receipts.digests import Reader
from segl.receipts.records import SentMessage
from segl.receipts.states import Stage, State
from segl.store.engine import transaction
from segl_delivery.receipts.schedule import LEASE_SECONDS, ReceiptSchedule
from segl_delivery.receipts.writer import ReceiptWriter
from world.peers import SmtpPeer
from world.receipts import read_receipts
from world.told import ANNA, BOARD, NAME, NOW, Told, copy_of, settings

MONTH, DAY, HOUR = 30 * 86400.0, 86400.0, 3600.0
POSTMASTER = "post@nordby.example"
BO = "bo@x.example"


pytestmark = pytest.mark.usefixtures("both_stores")


def at_work(told: Told, peer: SmtpPeer) -> None:
    """The desk, until it has written something, and for a moment more, in which it could write it again."""

    async def work() -> None:
        desk = asyncio.create_task(told.desk.run())
        await asyncio.to_thread(peer.wait_for, 1)
        await asyncio.sleep(0.2)
        desk.cancel()

    asyncio.run(work())


def heard_of(engine: Engine) -> SentMessage:
    with transaction(engine) as connection:
        found = records.read(connection, NAME)
    assert found is not None
    return found


def due(engine: Engine, now: float) -> list[str]:
    with transaction(engine) as connection:
        return leases.take_due(connection, now, 10)


@pytest.mark.parametrize("state", [State.FAILED, State.DELAYED, State.SENT])
def test_what_was_heard_in_that_minute_is_told_now(engine: Engine, peer: SmtpPeer, state: State) -> None:
    told = Told(engine, peer, settings())
    told.hear(copy_of(BOARD, BOARD, state), at=time.time() + MONTH)
    at_work(told, peer)
    [receipt] = read_receipts(peer)
    assert receipt.states == {BOARD: state.value}


@pytest.mark.parametrize(
    ("ago", "expected", "again", "due_in", "moved"),
    [
        # the moment before
        (0.0, (BOARD,), 0.0, 0.5, 1),
        # patience goes on as if nothing had been
        (600.0, (BOARD, BO), 0.0, 1200.0, 1),
        (1700.0, (BOARD, BO), 0.0, 100.0, 1),
        # a receipt that could not be sent, and is tried again in a quarter of a minute
        (3 * HOUR, (BOARD,), 15.0, 15.0, 1),
        # of another node, whose clock was right, heard ten minutes ago
        (HOUR + 600.0, (BOARD, BO), 0.0, 1200.0, 0),
    ],
)
def test_what_waits_when_the_clock_is_set_back_by_an_hour_waits_no_longer(
    engine: Engine,
    peer: SmtpPeer,
    ago: float,
    expected: tuple[str, ...],
    again: float,
    due_in: float,
    moved: int,
) -> None:
    now, told = time.time(), Told(engine, peer, settings())
    told.hear(copy_of(BOARD, BOARD), at=now + HOUR - ago, expected=expected)
    if again:
        with transaction(engine) as connection:
            leases.take_due(connection, now + HOUR, 1)
            leases.put_off(connection, NAME, now + HOUR, again)
    assert moved_back(engine, now, HOUR) == moved
    assert due(engine, now + due_in - 0.1) == []
    assert due(engine, now + due_in + 0.1) == [NAME]
    assert heard_of(engine).changed_at == now + (HOUR if ago > HOUR else 0) - ago


def test_the_desk_sees_that_the_clock_is_set_back(engine: Engine, peer: SmtpPeer) -> None:
    now, told = time.time(), Told(engine, peer, settings())
    told.desk.set_back = SetBack()
    told.desk.set_back.since_asked(now + HOUR)
    told.hear(copy_of(BOARD, BOARD, State.FAILED), at=now + HOUR - 3)
    at_work(told, peer)
    [receipt] = read_receipts(peer)
    assert receipt.states == {BOARD: "failed"}


def test_what_waited_then_waits_as_long_as_all_do(engine: Engine, peer: SmtpPeer) -> None:
    now, told = time.time(), Told(engine, peer, settings(wait_seconds=300.0))
    told.hear(copy_of(BOARD, BOARD), at=now + MONTH, expected=(BOARD, BO))
    assert set_right(engine, now, 300.0, nodes.last_heard) == 1
    message = heard_of(engine)
    assert (message.at, message.changed_at) == (now, now)
    told.hear(copy_of(BO, BO), at=now + 10)
    assert due(engine, now + 11) == [NAME]
    assert set_right(engine, now + 11, 300.0, nodes.last_heard) == 0


def test_patience_is_none_that_lies_too_far_ahead(engine: Engine, peer: SmtpPeer) -> None:
    now, told = time.time(), Told(engine, peer, settings(wait_seconds=5 * DAY))
    told.hear(copy_of(BOARD, BOARD), at=now, expected=(BOARD, BO))
    assert set_right(engine, now, 5 * DAY, nodes.last_heard) == 0
    assert set_right(engine, now - AHEAD_SECONDS + 1, 5 * DAY, nodes.last_heard) == 0, (
        "a clock that is a little behind"
    )
    assert due(engine, now + 4 * DAY) == []


def test_a_clock_that_is_behind_touches_nothing(engine: Engine, peer: SmtpPeer) -> None:
    now, told = time.time(), Told(engine, peer, settings())
    told.hear(copy_of(BOARD, BOARD, State.FAILED), at=now)
    nodes.announce(engine, Node("one", now - HOUR, "", {}))
    assert set_right(engine, now - MONTH, 1800.0, nodes.last_heard) == 0
    assert heard_of(engine).changed_at == now
    assert due(engine, now + 4) == [NAME]


@pytest.mark.parametrize("digested", [False, True])
def test_what_stood_in_a_digest_of_that_minute_stands_in_no_other(
    engine: Engine, peer: SmtpPeer, digested: bool
) -> None:
    now, told = time.time(), Told(engine, peer, settings(send="daily"))
    told.hear(copy_of(BOARD, BOARD), at=now + MONTH)
    if digested:
        with transaction(engine) as connection:
            digests.mark_digested(connection, [NAME], now + MONTH + 1, Reader.SENDER)
    set_right(engine, now, 1800.0, nodes.last_heard)
    assert heard_of(engine).digested is digested


def test_news_of_what_a_later_digest_told_stands_in_the_next(engine: Engine, peer: SmtpPeer) -> None:
    now, told = time.time(), Told(engine, peer, settings(send="daily"))
    told.hear(copy_of(BOARD, BOARD), at=now - HOUR)
    with transaction(engine) as connection:
        for reader in Reader:
            digests.mark_digested(connection, [NAME], now + MONTH, reader)
    told.hear(replace(copy_of(BOARD, BOARD, State.FAILED, now), stage=Stage.FRONT), at=now)
    message = heard_of(engine)
    assert (message.digested, message.digest_copied) == (False, False)


def schedule(engine: Engine, peer: SmtpPeer) -> ReceiptSchedule:
    chosen = settings(send="daily", report_to=POSTMASTER)
    writer = ReceiptWriter.of(chosen, ReturnPort("127.0.0.1", peer.port), lambda _: None)
    return ReceiptSchedule(engine, lambda: writer, Events("test"))


def test_a_round_that_ran_in_that_minute_stops_no_other(engine: Engine, peer: SmtpPeer) -> None:
    days, told = schedule(engine, peer), Told(engine, peer, settings(send="daily"))
    days.look(NOW - timedelta(days=7))
    days.look(NOW - timedelta(days=1) + timedelta(days=30))  # on Sunday
    peer.forget()
    told.hear(copy_of(BOARD, BOARD), at=NOW.timestamp() - HOUR)
    for hours in range(3):
        days.look(NOW + timedelta(hours=hours))
    assert [mail.recipients for mail in peer.received] == [(ANNA,), (POSTMASTER,)]
    told.hear(copy_of(BO, BO), at=NOW.timestamp() + HOUR)
    days.look(NOW + timedelta(days=1))
    assert [mail.recipients for mail in peer.received[2:]] == [(ANNA,)]


def test_a_clock_that_is_behind_begins_no_round(engine: Engine, peer: SmtpPeer) -> None:
    days = schedule(engine, peer)
    days.look(NOW - timedelta(days=7))
    days.look(NOW)
    peer.forget()
    nodes.announce(engine, Node("one", NOW.timestamp(), "", {}))
    for some in (20, 2):
        days.look(NOW - timedelta(days=some))
    days.look(NOW + timedelta(hours=1))
    assert peer.received == []


def test_a_node_that_wrote_years_ahead_stops_no_round(engine: Engine, peer: SmtpPeer) -> None:
    days, told = schedule(engine, peer), Told(engine, peer, settings(send="daily"))
    days.look(NOW - timedelta(days=7))
    nodes.announce(engine, Node("one", NOW.timestamp() + 400 * DAY, "", {}))
    days.look(NOW + timedelta(days=400))
    peer.forget()
    told.hear(copy_of(BOARD, BOARD), at=NOW.timestamp() - HOUR)
    days.look(NOW)
    assert (ANNA,) in [mail.recipients for mail in peer.received]


def test_another_nodes_midnight_is_a_little_earlier(engine: Engine, peer: SmtpPeer) -> None:
    """It began the new week, and here is the old one still."""
    days = schedule(engine, peer)
    days.look(NOW - timedelta(days=7))
    days.look(NOW + timedelta(seconds=LEASE_SECONDS))
    peer.forget()
    days.look(NOW - timedelta(days=1))
    assert peer.received == []
