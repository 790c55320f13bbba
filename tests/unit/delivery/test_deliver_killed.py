"""segl-deliver that dies, or loses the next server, its store, its clock: nothing is promised that is not kept."""

from __future__ import annotations

import time

import pytest
from sqlalchemy import func, select

from segl.store.engine import open_store, transaction
from segl.tables.nodes import node
from segl.tables.sealed import sealed_message, sealed_recipient
from world.delivering import BO, MESSAGE, begin, events, stalled, wait_until
from world.desk import SENDER, Desk

pytestmark = pytest.mark.slow  # a process each


# Death


@pytest.mark.parametrize("way", ["tunnel", "portal"])
def test_killed_before_the_next_holder_answered_nothing_was_promised(desk: Desk, way: str) -> None:
    """Postfix hears no 250, so it keeps the message and tries again; then it arrives."""
    desk.partner("vestby.example")
    peer, dot = stalled(desk)
    try:
        with begin(desk, way, BO) as client:
            assert dot.wait(30)
            desk.daemon.kill()
            with pytest.raises((ConnectionError, AssertionError)):
                assert client.reply().startswith("2")
    finally:
        peer.stop()
    desk.start()
    deliver = desk.tunnel if way == "tunnel" else desk.portal
    assert deliver(SENDER, [BO], MESSAGE)[0].startswith("250")
    assert len(desk.return_port.received) == 1


def test_killed_after_sealing_the_next_try_is_the_same_sealed_message_by_the_same_link(desk: Desk) -> None:
    """As Postfix does: the same bytes, with what the milter put on them, are handed over again."""
    marked = b"X-Segl-Id: abc.1\r\nX-Segl-Link: " + b"A" * 43 + b"\r\n" + MESSAGE
    peer, dot = stalled(desk)
    try:
        with desk.client("portal") as client:
            client.envelope(SENDER, [BO])
            client.begin_data(marked)
            assert dot.wait(30)
            desk.daemon.kill()
    finally:
        peer.stop()
    [sealed] = desk.sealed_files()
    desk.start()
    replies = [desk.portal(SENDER, [BO], marked) for _ in range(2)]
    assert replies == [[f"250 2.0.0 portal: sealed as {sealed.stem}"]] * 2
    assert desk.sealed_files() == [sealed]
    assert len(desk.return_port.received) == 1


def test_killed_in_the_middle_of_the_data_nothing_was_promised(desk: Desk) -> None:
    desk.start()
    with desk.client("portal") as client:
        client.envelope(SENDER, [BO])
        client.say("DATA")
        client.send(b"half\r\n")
        desk.daemon.kill()
        with pytest.raises((ConnectionError, AssertionError)):
            assert client.reply().startswith("2")
    assert desk.sealed_files() == []


def rounds_of(desk: Desk) -> int:
    """How often the house was kept, by all the processes that have been started."""
    return sum(event["event"] == "audit_head" for event in desk.daemon.events)


@pytest.mark.parametrize("told", ["maybe", "nobody"])
def test_what_a_killed_process_sealed_lives_if_somebody_may_have_been_told(desk: Desk, told: str) -> None:
    """Killed at the notice's last dot, which may have gone; what was told to nobody is cleared away a day later."""
    peer, dot = stalled(desk)
    with begin(desk, "portal", BO):
        assert dot.wait(30)
        desk.daemon.kill()
    peer.stop()
    assert len(desk.sealed_files()) == 1
    engine = open_store(f"sqlite:///{desk.directory}/segl.db")
    with transaction(engine) as connection:
        connection.execute(sealed_message.update().values(created_at=time.time() - 90_000))
        if told == "nobody":
            connection.execute(sealed_recipient.update().values(notified_at=None))
    rounds = rounds_of(desk)
    desk.start()
    wait_until(lambda: rounds_of(desk) > rounds)
    kept = 1 if told == "maybe" else 0
    with transaction(engine) as connection:
        left = select(func.count()).where(sealed_recipient.c.server_secret.is_not(None))
        assert connection.scalar(left) == kept
    engine.dispose()
    assert len(desk.sealed_files()) == kept


def test_a_clock_that_is_a_month_ahead_deletes_nothing(desk: Desk) -> None:
    """By its time the message has ended; but the last that the store knows of anybody is from long before."""
    desk.start()
    desk.portal(SENDER, [BO], MESSAGE)
    desk.daemon.stop()
    engine = open_store(f"sqlite:///{desk.directory}/segl.db")
    with transaction(engine) as connection:
        connection.execute(sealed_message.update().values(expires_at=time.time() - 60))
        connection.execute(node.update().values(seen_at=time.time() - 31 * 86_400))
    desk.daemon.start()
    wait_until(lambda: "clock_doubted" in events(desk))
    with transaction(engine) as connection:
        left = select(func.count()).where(sealed_recipient.c.server_secret.is_not(None))
        assert connection.scalar(left) == 1
    engine.dispose()
    assert len(desk.sealed_files()) == 1


def test_a_return_port_that_is_down_is_4_4_1_and_nothing_stays(desk: Desk) -> None:
    desk.partner("vestby.example")
    desk.daemon.start()
    for deliver in (desk.tunnel, desk.portal):
        assert deliver(SENDER, [BO], MESSAGE) == ["451 4.4.1 the return port does not answer"]
    assert desk.sealed_files() == []


def test_an_answer_that_never_comes_leaves_the_link_working(desk: Desk) -> None:
    """The notice may have arrived: 451 to Postfix, but the row stays for whoever has the link."""
    desk.write_settings(delivery="reinject_seconds = 0.3")
    peer, _ = stalled(desk)
    try:
        assert desk.portal(SENDER, [BO], MESSAGE)[0].startswith("451 4.4.2")
    finally:
        peer.stop()
    assert len(desk.sealed_files()) == 1
    engine = open_store(f"sqlite:///{desk.directory}/segl.db")
    with transaction(engine) as connection:
        assert connection.scalar(select(func.count()).where(sealed_recipient.c.notified_at.is_not(None))) == 1
    engine.dispose()


def test_a_store_that_is_gone_is_temporary_and_leaves_no_file(desk: Desk) -> None:
    desk.start()
    engine = open_store(f"sqlite:///{desk.directory}/segl.db")
    with transaction(engine) as connection:
        connection.exec_driver_sql("DROP TABLE sealed_recipient")
    engine.dispose()
    [reply] = desk.portal(SENDER, [BO], MESSAGE)
    assert reply == "451 4.3.0 the store cannot be reached"
    assert desk.sealed_files() == []
    assert desk.return_port.received == []
