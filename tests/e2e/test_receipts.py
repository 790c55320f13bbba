"""What senders are told, on the two real Postfix instances: one receipt a message, true in every line, whatever dies in
between."""

from __future__ import annotations

import time

import pytest

from world.house import House
from world.letters import BARE, COLLEAGUE, CPR, GOOD, PARTNER, SELF_SIGNED, SENDER
from world.postfix import wait_until
from world.receipts import ReadReceipt, other_reports, receipts_for, secret_letter
from world.street import Street

pytestmark = pytest.mark.world

NOBODY = "nobody@findes-ikke.invalid"
EVERYONE = (PARTNER, GOOD, SELF_SIGNED, BARE, COLLEAGUE, NOBODY)


def wait_for_receipts(
    house: House, street: Street, number: int = 1, *, seconds: float = 90, to: str = SENDER
) -> list[ReadReceipt]:
    wait_until(lambda: len(receipts_for(street, to)) >= number, seconds, lambda: house.log[-9000:])
    return receipts_for(street, to)


@pytest.fixture(scope="module")
def told(steady_house: House, street: Street) -> ReadReceipt:
    """The receipt of one message over all ways, one of whose recipients does not exist."""
    street.forget()
    steady_house.submit(secret_letter(*EVERYONE), SENDER, EVERYONE)
    [receipt] = wait_for_receipts(steady_house, street)
    return receipt


def test_one_receipt_tells_of_every_way(told: ReadReceipt) -> None:
    assert told.form["complete"]
    assert {one: told.ways[one] for one in EVERYONE[:4]} == {
        PARTNER: "tunnel",
        GOOD: "tls",
        SELF_SIGNED: "portal",
        BARE: "portal",
    }
    assert {one: told.states[one] for one in (PARTNER, GOOD, SELF_SIGNED, BARE, NOBODY)} == {
        PARTNER: "sent",
        GOOD: "sent",
        SELF_SIGNED: "sealed",
        BARE: "sealed",
        NOBODY: "failed",
    }
    assert told.form["reasons"] == ["cpr"]
    assert "encrypted to sha256=" in told.line(PARTNER)["evidence"]
    tls = told.line(GOOD)["tls"]
    assert tls["proof"] == "pkix"
    assert (tls["level"], tls["version"], tls["host"]) == (
        "verified",
        "TLSv1.3",
        f"mx.{GOOD.partition('@')[2]}",
    )
    text = told.part("text/plain")
    assert f"Tunnelmail til {PARTNER.partition('@')[2]}" in text
    assert "Domænet efter @ findes ikke" in text
    assert text.count("https://sikker.nordby-vand.example/r/") == 2  # what takes a sealed copy back
    assert told.subject == f"Ikke leveret: din sikre mail til {NOBODY}"


def test_it_is_a_mail_that_nobody_answers_and_that_stands_beside_its_own(told: ReadReceipt) -> None:
    assert told.mail.sender == "<>"
    assert told.message["Auto-Submitted"] == "auto-generated"
    assert told.message["In-Reply-To"] == "<1@desk.example>"


def test_it_holds_nothing_of_the_content(told: ReadReceipt) -> None:
    for word in (CPR, "Lejeren", "Flytning"):
        for part in ("text/plain", "text/html", "application/json"):
            assert word not in told.part(part)


def test_nothing_else_comes(told: ReadReceipt, steady_house: House, street: Street) -> None:
    """No notice of Postfix's own, from either instance, and no second receipt."""
    wait_until(lambda: not steady_house.queued, 30, lambda: steady_house.log[-6000:])
    time.sleep(1)
    assert other_reports(street, SENDER) == []
    assert len(receipts_for(street, SENDER)) == 1
