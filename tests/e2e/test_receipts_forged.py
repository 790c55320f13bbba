"""Somebody who knows the envelope id of a message of ours writes of it what he likes: no receipt says so."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from world.house import House
from world.letters import COLLEAGUE, GOOD, PARTNER, SENDER, letter
from world.postfix import wait_until
from world.receipts import other_reports, receipts_for, secret_letter
from world.street import Street

pytestmark = pytest.mark.world

WAITS = f"venter@{GOOD.partition('@')[2]}"


@pytest.fixture
def talkative(steady_house: House, street: Street) -> Iterator[House]:
    """One of the recipients' servers puts us off."""
    street.forget()
    street.good.rcpt_replies[WAITS] = "450 4.2.0 come back later"
    try:
        yield steady_house
    finally:
        street.good.rcpt_replies.clear()


def test_a_partner_who_knows_the_envelope_id_cannot_have_a_delivery_reported(
    talkative: House, street: Street
) -> None:
    """A partner whose server speaks DSN is told the id with the ciphertext. He sends a mail in the sender's name to
    somebody of the house, under that id, and asks for a report of success that names whom he likes as the recipient."""
    everyone = (PARTNER, WAITS)
    talkative.submit(secret_letter(*everyone, message_id="<9@desk.example>"), SENDER, everyone)
    street.tunnel.wait_for(1)
    wait_until(lambda: len(talkative.secure.queue()) == 1, 30, lambda: talkative.log[-9000:])
    name = envelope_id(talkative)
    with talkative.session() as smtp:
        smtp.ehlo()
        written = f"+{ord(name[0]):02X}{name[1:]}"  # the same to Postfix (RFC 3461 §4)
        assert smtp.mail(SENDER, [f"ENVID={written}", "RET=FULL"])[0] == 250
        assert smtp.rcpt(COLLEAGUE, ["NOTIFY=SUCCESS,FAILURE", f"ORCPT=rfc822;{WAITS}"])[0] == 250
        assert smtp.data(letter(SENDER, (COLLEAGUE,), "Te", "Vi ses til te.\n").content)[0] == 250
    wait_until(lambda: bool(street.mail_for(COLLEAGUE)), 60, lambda: talkative.log[-9000:])
    wait_until(lambda: bool(other_reports(street, SENDER)), 30, lambda: talkative.log[-9000:])
    [report] = other_reports(street, SENDER)
    assert b"Original-Envelope-Id: not-ours" in report.content
    assert receipts_for(street, SENDER) == [], "nothing was heard yet of what waits"


def envelope_id(house: House) -> str:
    """That of the message that waits."""
    [waiting] = house.secure.queue()
    shown = house.secure.run("postcat", "-hq", waiting["queue_id"])
    [name] = re.findall(r"^X-Segl-Id: ([0-9a-f]{64})$", shown, re.MULTILINE)
    return str(name)
