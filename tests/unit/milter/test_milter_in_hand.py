"""A worker holds so much mail and no more: what is beyond waits a little, and then has to come again."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import cast

import pytest

from segl.events import Events
from segl.settings.detection import Limits
from segl.settings.file import parse_settings
from segl_classifier.rules import shipped_rules
from segl_milter.connection import Context
from segl_milter.in_hand import InHand, NoRoom, Share
from segl_milter.session import Session, WorkerResources
from segl_milter.traffic import Traffic
from segl_milter.transaction import Address, Transaction
from world.milterclient import Answer, MilterClient
from world.milterprocess import NewMilter
from world.postfix import wait_until

FROM, TO = "anna@nordby.example", "bo@kunde.example"
HEAD = b"From: anna@nordby.example\r\nSubject: Sag\r\n"
CPR = b"Mit CPR-nummer er 010190-1233.\r\n"
MB = 1_000_000


def holding(in_hand: InHand, size: int) -> Share:
    share = in_hand.share()
    assert share.more(size)
    return share


def later(action: Callable[[], None], seconds: float = 0.2) -> threading.Timer:
    timer = threading.Timer(seconds, action)
    timer.start()
    return timer


# The bound by itself


def test_small_messages_ask_once_and_give_back_all() -> None:
    in_hand = InHand(MB)
    share = in_hand.share()
    assert share.more(300) == in_hand.held == 65_536
    share.give_back()
    share.give_back()
    assert in_hand.held == 0


def test_a_message_alone_is_taken_however_large_it_is() -> None:
    share = holding(InHand(MB), MB)
    assert share.more(50 * MB)


def test_what_does_not_fit_waits_for_one_that_ends() -> None:
    in_hand = InHand(MB)
    first, second = holding(in_hand, 900_000), in_hand.share()
    later(first.give_back)
    assert second.more(900_000)
    assert in_hand.held == 900_000


def test_it_does_not_wait_for_ever() -> None:
    in_hand = InHand(MB, patience=0.2)
    holding(in_hand, 900_000)
    second, began = holding(in_hand, 50_000), time.monotonic()
    assert not second.more(900_000)
    assert 0.15 < time.monotonic() - began < 5
    assert second.patience <= 0, "its patience is that of the whole message"
    assert not second.more(900_000)


def test_two_that_have_half_each_do_not_wait_for_each_other() -> None:
    in_hand = InHand(MB, patience=60)
    first, second = holding(in_hand, 500_000), holding(in_hand, 450_000)
    with ThreadPoolExecutor(1) as pool:
        waits = pool.submit(first.more, 400_000)
        wait_until(lambda: bool(in_hand._stuck), 30, lambda: "the first does not wait")
        assert not second.more(400_000)
        second.give_back()
        assert waits.result(30)


def test_a_small_one_may_go_before_a_large_one_that_waits() -> None:
    in_hand = InHand(MB, patience=60)
    first, large = holding(in_hand, 600_000), in_hand.share()
    with ThreadPoolExecutor(1) as pool:
        waits = pool.submit(large.more, 900_000)
        small = holding(in_hand, 60_000)
        assert not waits.done()
        small.give_back()
        first.give_back()
        assert waits.result(30)


@pytest.mark.parametrize("seed", range(3))
def test_whatever_comes_in_the_bound_holds_and_everything_ends(seed: int) -> None:
    in_hand, seen, alone = InHand(10 * MB, patience=60), list[int](), 3 * MB

    def message(number: int) -> bool:
        chance, share = random.Random(f"{seed} {number}"), in_hand.share()
        for _ in range(chance.randrange(1, 40)):
            if not share.more(chance.randrange(1, 2 * alone // 40)):
                share.give_back()
                return False
            seen.append(in_hand.held)
        share.give_back()
        return True

    with ThreadPoolExecutor(16) as pool:
        taken = list(pool.map(message, range(200), timeout=60))
    assert in_hand.held == in_hand._holding == in_hand._stuck == 0
    assert max(seen) <= 10 * MB
    assert sum(taken) > 100


def test_it_is_never_less_than_one_message_may_have() -> None:
    def bound(milter: int, message: int) -> int:
        tables = {"milter": {"bytes_in_flight": milter}, "limits": {"message_bytes": message}}
        return InHand.of(
            parse_settings({"organisation": {"name": "V", "domains": ["nordby.example"]}, **tables})
        ).limit

    assert bound(5_000, 9_000) == 9_000
    assert bound(9_000, 5_000) == 9_000


# A message


def test_a_message_without_room_keeps_nothing_and_is_no_whole_one() -> None:
    in_hand = InHand(MB, patience=0)
    others = holding(in_hand, 900_000)
    transaction = Transaction(Address("<a@nordby.example>"), Limits(), in_hand.share())
    transaction.header("Subject", b" Sag")
    transaction.body(b"x" * 200_000)
    assert in_hand.held == others.held
    others.give_back()
    transaction.body(b"the end, for which there is room again")
    transaction.header("Subject", b" Sag")
    assert in_hand.held == 0
    with pytest.raises(NoRoom):
        transaction.whole()


@pytest.mark.parametrize(
    ("said", "held"),
    [("SIZE=700000", 700_000), ("size=700000", 700_000), ("SIZE=9999999999", 800_000), ("SIZE=", 65_536)]
    + [(f"SIZE={odd}", 65_536) for odd in ("-1", "x", "9" * 5_000, "²")],
)
def test_it_asks_at_once_for_the_size_that_its_client_names(said: str, held: int) -> None:
    in_hand = InHand(MB)
    sender = Address("<a@nordby.example>", ("BODY=8BITMIME", said))
    transaction = Transaction(sender, Limits(message_bytes=800_000), in_hand.share())
    assert in_hand.held == 0, "nothing of it has come yet"
    transaction.body(b"x")
    assert in_hand.held == held


def test_large_messages_that_say_so_come_one_after_another() -> None:
    in_hand = InHand(MB, patience=60)

    def message(_number: int) -> int:
        share = in_hand.share()
        transaction = Transaction(Address("<a@x.example>", ("SIZE=400000",)), Limits(), share)
        for _ in range(40):
            transaction.body(b"x" * 10_000)
            time.sleep(0.001)
        try:
            return len(transaction.whole().raw)
        finally:
            share.give_back()

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(message, range(8))) == [400_002] * 8


def test_without_room_for_its_last_bytes_it_is_no_whole_one_either() -> None:
    """What is left of it then would be read as a message of which nothing was said."""
    in_hand = InHand(MB, patience=0)
    transaction = Transaction(Address("<a@nordby.example>"), Limits(), in_hand.share())
    transaction.header("Subject", b" " + b"x" * 70_000)
    holding(in_hand, 900_000)
    with pytest.raises(NoRoom):
        transaction.whole()


def test_very_many_fields_count_with_what_each_takes_in_memory() -> None:
    in_hand = InHand(MB)
    others = holding(in_hand, 1)
    transaction = Transaction(Address("<a@nordby.example>"), Limits(), in_hand.share())
    for number in range(3_000):
        transaction.header(f"X-{number}", b"")
    assert in_hand.held - others.held > 750_000, "of 30 KB"


def test_what_is_beyond_the_limit_of_one_message_takes_no_room() -> None:
    in_hand = InHand(MB)
    transaction = Transaction(Address("<a@x.example>"), Limits(message_bytes=10_000), in_hand.share())
    transaction.body(b"x" * 10 * MB)
    assert in_hand.held < 100_000
    assert transaction.whole().cut


@pytest.mark.parametrize("ending", ["answered", "abort", "envelope_from"])
def test_a_session_gives_back_what_its_message_held(ending: str) -> None:
    in_hand = InHand()
    settings = parse_settings({"organisation": {"name": "V", "domains": ["nordby.example"]}})
    resources = WorkerResources(settings, shipped_rules(), Events("t"), Traffic(), in_hand=in_hand)
    session = Session(resources, cast(Context, None))
    session.envelope_from(b"<anna@nordby.example>")
    session.body(b"x" * 300_000)
    assert in_hand.held > 300_000
    match ending:
        case "answered":
            session.answered()
        case "envelope_from":
            session.envelope_from(b"<anna@nordby.example>")
        case _:
            session.abort()
    assert in_hand.held == 0


# Real sessions


def begin(client: MilterClient, size: int) -> None:
    client.mail(FROM)
    client.recipient(TO)
    client.content(HEAD + b"\r\n" + CPR)
    client.body(b"ord " * (size // 4))


@pytest.mark.slow
def test_a_worker_without_room_lets_a_message_wait_for_another(new_milter: NewMilter) -> None:
    milter = new_milter(limits="message_bytes = 300_000", milter="bytes_in_flight = 1")
    with milter.client() as one, milter.client() as other, ThreadPoolExecutor(1) as pool:
        begin(one, 200_000)
        wait_until(lambda: one.is_read, 30, lambda: "the first message is not in hand")
        ends: list[Answer] = []

        def whole() -> None:
            begin(other, 200_000)
            ends.append(other.end())

        waits = pool.submit(whole)
        time.sleep(0.5)
        assert not ends
        assert one.end().headers["X-Segl-Route"] == "secure"
        waits.result(30)
        assert ends[0].headers["X-Segl-Route"] == "secure"
    assert milter.metric("segl_scan_failures_total") == 0


@pytest.mark.slow
def test_where_no_room_will_be_one_has_to_come_again_and_none_is_lost(new_milter: NewMilter) -> None:
    milter = new_milter(limits="message_bytes = 300_000", milter="bytes_in_flight = 1")
    with milter.client() as one, milter.client() as other, ThreadPoolExecutor(2) as pool:

        def rest(client: MilterClient) -> Answer:
            client.body(b"ord " * 40_000)
            return client.end()

        begin(one, 130_000)
        begin(other, 130_000)
        wait_until(lambda: one.is_read and other.is_read, 30, lambda: "a message is not in hand")
        answers = [done.result(30) for done in [pool.submit(rest, one), pool.submit(rest, other)]]
        refused, taken = sorted(answers, key=lambda answer: not answer.reply)
        assert refused.reply.startswith("451 4.3.0 Mailen kan ikke kontrolleres lige nu.")
        assert refused.edits == ""
        assert taken.headers["X-Segl-Route"] == "secure"
        again = [
            client.message(FROM, [TO], HEAD + b"\r\n" + CPR + b"ord " * 70_000) for client in (one, other)
        ]
        assert [answer.headers["X-Segl-Route"] for answer in again] == ["secure"] * 2
    assert milter.metric("segl_scan_failures_total") == 1
    assert "milter.bytes_in_flight" in milter.events("failed")[0]["error"]
    assert milter.metric("segl_messages_total") == 3
