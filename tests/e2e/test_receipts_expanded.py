"""Who everyone is, where that is not plain to see: an address that the front makes several of, one written in
quotes, and a message to more than anybody names."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from world.estate import build_house
from world.house import House
from world.letters import GOOD, SENDER
from world.postfix import wait_until, with_parameters
from world.receipts import ReadReceipt, other_reports, receipts_for, secret_letter
from world.street import Street

pytestmark = pytest.mark.world

AT_GOOD = GOOD.partition("@")[2]
BOARD, WAITS, QUOTED = "bestyrelsen@forening.example", f"venter@{AT_GOOD}", f'"a b"@{AT_GOOD}'
MANY = tuple(f"medlem{number}@{AT_GOOD}" for number in range(1_100))


@pytest.fixture
def house(street: Street, home: Path) -> Iterator[House]:
    """The front makes two outside of one address; patience ends when a test says so."""
    house = build_house(street, home)
    aliases = f"inline:{{ {{ {BOARD} = {GOOD}, {WAITS} }} }}"
    house.front.main_cf = with_parameters(
        house.front.main_cf,
        virtual_alias_domains="forening.example",
        virtual_alias_maps=aliases,
        smtpd_recipient_limit="2000",
    )
    try:
        house.start()
        yield house
    finally:
        street.good.rcpt_replies.clear()
        house.stop()


def wait_until_told(house: House, street: Street, number: int) -> ReadReceipt:
    wait_until(lambda: len(receipts_for(street, SENDER)) >= number, 90, lambda: house.log[-9000:])
    return receipts_for(street, SENDER)[number - 1]


def patience_is_over(house: House) -> bool:
    """Once the two who have it were heard of, and the third was seen to wait: a busy machine may take its time."""
    with closing(sqlite3.connect(house.state / "segl.db", timeout=60)) as store, store:
        [[heard]] = store.execute("SELECT count(*) FROM sent_recipient WHERE state = 'sent'")
        [[waits]] = store.execute("SELECT count(*) FROM waiting_copy WHERE recipient = ?", [WAITS])
        if (heard, waits) != (2, 1):
            return False
        store.execute("UPDATE sent_message SET due_at = 0")
        return True


def test_an_alias_is_told_of_as_a_whole_and_a_quoted_name_as_one_of_ours(
    house: House, street: Street
) -> None:
    """Of the alias one copy arrives at once and the other waits, of which no report tells for an hour."""
    street.good.rcpt_replies[WAITS] = "450 4.2.0 come back later"
    everyone = (BOARD, QUOTED)
    house.submit(secret_letter(GOOD, message_id="<7@desk.example>"), SENDER, everyone)
    wait_until(lambda: patience_is_over(house), 60, lambda: house.log[-9000:])
    first = wait_until_told(house, street, 1)
    assert not first.form["complete"]
    assert first.states == {GOOD: "sent", WAITS: "pending", QUOTED: "sent"}
    assert first.line(GOOD)["original"] == BOARD
    assert first.line(QUOTED)["tls"]["level"] == "verified"
    street.good.rcpt_replies.clear()
    last = wait_until_told(house, street, 2)
    assert last.form["complete"]
    assert set(last.states.values()) == {"sent"}
    assert {last.line(one)["original"] for one in (GOOD, WAITS)} == {BOARD}
    assert len(receipts_for(street, SENDER)) == 2
    assert other_reports(street, SENDER) == []


def test_a_message_to_very_many_is_told_of_when_each_of_them_was_heard_of(
    house: House, street: Street
) -> None:
    """Nobody asked for reports of so many, nor of a message that nobody is to hear of; those come to nothing."""
    street.good.rcpt_replies[MANY[7]] = "550 5.1.1 no such user"
    house.submit(secret_letter(GOOD, message_id="<9@desk.example>"), "", [GOOD])
    house.submit(secret_letter(GOOD, message_id="<8@desk.example>"), SENDER, MANY)
    wait_until(
        lambda: any(one.form["complete"] for one in receipts_for(street, SENDER)),
        90,
        lambda: house.log[-9000:],
    )
    wait_until(lambda: not house.queued, 60, lambda: house.log[-6000:])
    receipt = receipts_for(street, SENDER)[-1]
    assert receipt.form["complete"]
    assert receipt.form["counts"] == [
        {"way": "tls", "state": "failed", "number": 1},
        {"way": "tls", "state": "sent", "number": len(MANY) - 1},
    ]
    assert (receipt.form["unheard_of"], receipt.states) == (0, {MANY[7]: "failed"})
    assert "1099 modtagere" in receipt.part("text/plain")
    assert receipt.subject == f"Ikke leveret: din sikre mail til {MANY[7]}"
    assert {one.form["message_id"] for one in receipts_for(street, SENDER)} == {"<8@desk.example>"}
    assert other_reports(street, SENDER) == []
    assert "report_not_ours" not in house.deliver.log
    assert sum(len(mail.recipients) for mail in street.good.received) == len(MANY)
