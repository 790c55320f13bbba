"""What senders are told, on the two real Postfix instances: one receipt a message, true in every line, whatever dies in
between."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from world.estate import build_house
from world.house import House
from world.letters import BARE, COLLEAGUE, CPR, GOOD, PARTNER, SELF_SIGNED, SENDER, letter
from world.postfix import wait_until, with_parameters
from world.receipts import ReadReceipt, other_reports, receipts_for
from world.street import Street

pytestmark = pytest.mark.world

NOBODY = "nobody@findes-ikke.invalid"
EVERYONE = (PARTNER, GOOD, SELF_SIGNED, BARE, COLLEAGUE, NOBODY)


def submit(house: House, *recipients: str, message_id: str = "<1@desk.example>") -> None:
    text = f"Hej\n\nLejeren har CPR-nummer {CPR}.\n"
    content = letter("", recipients, "Flytning", text).content
    house.submit(f"Message-ID: {message_id}\r\n".encode() + content, SENDER, recipients)


def wait_for_receipts(
    house: House, street: Street, number: int = 1, *, seconds: float = 90, to: str = SENDER
) -> list[ReadReceipt]:
    wait_until(lambda: len(receipts_for(street, to)) >= number, seconds, lambda: house.log[-9000:])
    return receipts_for(street, to)


@pytest.fixture(scope="module")
def told(steady_house: House, street: Street) -> ReadReceipt:
    """The receipt of one message over all ways, one of whose recipients does not exist."""
    street.forget()
    submit(steady_house, *EVERYONE)
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
    assert (tls["level"], tls["version"], tls["host"]) == (
        "verified",
        "TLSv1.3",
        f"mx.{GOOD.partition('@')[2]}",
    )
    text = told.part("text/plain")
    assert f"Tunnelmail til {PARTNER.partition('@')[2]}" in text
    assert "Domænet efter @ findes ikke" in text
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


@pytest.fixture
def impatient(street: Street, home: Path) -> Iterator[House]:
    """A house whose secure Postfix says after two seconds that something waits, and gives up after some more."""
    house = build_house(street, home)
    house.secure.main_cf = with_parameters(house.secure.main_cf, delay_warning_time="2s")
    try:
        house.start()
        yield house
    finally:
        for peer in (street.good, street.tunnel):
            peer.rcpt_replies.clear()
            peer.announces_dsn = False
        house.stop()


def test_waiting_and_failing_are_told_at_once_and_the_end_when_there_is_one(
    impatient: House, street: Street
) -> None:
    """One recipient is deferred and then served; one is refused where the ciphertext was sent on; one server says that
    it reports itself."""
    waits, colleague = f"venter@{GOOD.partition('@')[2]}", f"ukendt@{PARTNER.partition('@')[2]}"
    street.good.announces_dsn = True
    street.good.rcpt_replies[waits] = "450 4.2.0 come back later"
    street.tunnel.rcpt_replies[colleague] = "550 5.1.1 no such user here"
    submit(impatient, GOOD, waits, colleague, message_id="<2@desk.example>")
    told = wait_until_told(impatient, street, lambda one: one.states.get(colleague) == "failed")
    assert told.ways[colleague] == "tunnel"
    assert told.line(colleague)["detail"] == "no such user here"
    waiting = wait_until_told(impatient, street, lambda one: one.states.get(waits) == "delayed")
    assert "Venter, prøves igen til" in waiting.part("text/plain")
    assert not waiting.form["complete"]
    del street.good.rcpt_replies[waits]
    done = wait_until_told(impatient, street, lambda one: one.form["complete"])
    assert done.states == {GOOD: "sent", waits: "sent", colleague: "failed"}
    [mail] = street.mail_for(GOOD)
    assert not any("NOTIFY" in option for options in mail.rcpt_options for option in options)
    assert other_reports(street, SENDER) == []


def test_whatever_is_restarted_between_delivery_and_receipt_the_receipt_comes(
    impatient: House, street: Street
) -> None:
    impatient.deliver.kill()
    submit(impatient, GOOD, message_id="<3@desk.example>")
    wait_until(lambda: bool(street.mail_for(GOOD)), 60, lambda: impatient.log[-6000:])
    impatient.secure.wait_for_log(r"segl-receipt/lmtp.*status=deferred")
    for instance in (impatient.secure, impatient.front):
        instance.stop()
    for daemon in (impatient.map, impatient.milter):
        daemon.kill()
    impatient.start()
    told = wait_until_told(impatient, street, lambda one: one.form["message_id"] == "<3@desk.example>")
    assert told.states == {GOOD: "sent"}
    assert told.line(GOOD)["tls"]["level"] == "verified"  # the log was read although nobody read it then
    found = segl(impatient, "receipt", "show", "<3@desk.example>", "--json")
    assert json.loads(found)["recipients"][0]["tls"]["version"] == "TLSv1.3"
    assert GOOD in segl(impatient, "receipt", "show", told.form["id"])


def wait_until_told(house: House, street: Street, wanted: Callable[[ReadReceipt], bool]) -> ReadReceipt:
    wait_until(lambda: any(map(wanted, receipts_for(street, SENDER))), 90, lambda: house.log[-9000:])
    return next(one for one in receipts_for(street, SENDER) if wanted(one))


def segl(house: House, *arguments: str) -> str:
    command = [sys.executable, "-m", "segl.cli", *arguments, "--settings", str(house.settings_file)]
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout
