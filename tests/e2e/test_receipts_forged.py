"""Somebody who knows the envelope id of a message of ours writes of it what he likes: no receipt says so."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator

import pytest

from world.house import House
from world.letters import BARE, COLLEAGUE, GOOD, PARTNER, SENDER, letter
from world.postfix import wait_until
from world.receipts import other_reports, receipts_for, secret_letter
from world.street import Street

pytestmark = pytest.mark.world

WAITS = f"venter@{GOOD.partition('@')[2]}"


@pytest.fixture
def talkative(house: House, street: Street) -> Iterator[House]:
    """One of the recipients' servers puts us off."""
    street.good.rcpt_replies[WAITS] = "450 4.2.0 come back later"
    try:
        yield house
    finally:
        street.good.rcpt_replies.clear()
        street.tunnel.announces_dsn = False


def test_a_partner_who_knows_the_envelope_id_cannot_have_a_delivery_reported(
    talkative: House, street: Street
) -> None:
    """A partner whose server speaks DSN is told the id with the ciphertext. He sends a mail in the sender's name to
    somebody of the house, under that id, and asks for a report of success that names whom he likes as the recipient."""
    everyone = (PARTNER, WAITS)
    talkative.submit(secret_letter(*everyone, message_id="<9@desk.example>"), SENDER, everyone)
    street.tunnel.wait_for(1)
    wait_until(lambda: talkative.secure.queued == 1, 30, lambda: talkative.log[-9000:])
    name = envelope_id(talkative)
    with talkative.session() as smtp:
        smtp.ehlo()
        written = f"+{ord(name[0]):02X}{name[1:]}"  # the same to Postfix (RFC 3461 §4)
        assert smtp.mail(SENDER, [f"ENVID={written}", "RET=FULL"])[0] == 250
        assert smtp.rcpt(COLLEAGUE, ["NOTIFY=SUCCESS,FAILURE", f"ORCPT=rfc822;{WAITS}"])[0] == 250
        assert smtp.data(letter(SENDER, (COLLEAGUE,), "Te", "Vi ses til te.\n").content)[0] == 250
    wait_until(lambda: bool(street.mail_for(COLLEAGUE)), 60, lambda: talkative.log[-9000:])
    wait_until(lambda: reports_under("not-ours", street) == 1, 30, lambda: talkative.log[-9000:])
    assert receipts_for(street, SENDER) == [], "nothing was heard yet of what waits"


@pytest.mark.parametrize("told_to", ["us", "a partner"])
def test_a_user_of_this_host_who_hands_in_mail_under_an_envelope_id_has_no_say_of_others(
    talkative: House, street: Street, told_to: str
) -> None:
    """sendmail -V takes any id, and no milter sees it. What the front then reports is ordinary mail to the sender,
    be it the id that went inside or the one that a partner was told with the ciphertext."""
    street.tunnel.announces_dsn = True
    everyone = (PARTNER, WAITS)
    talkative.submit(secret_letter(*everyone, message_id="<10@desk.example>"), SENDER, everyone)
    [sealed] = street.tunnel.wait_for(1)
    wait_until(lambda: talkative.secure.queued == 1, 30, lambda: talkative.log[-9000:])
    inside = envelope_id(talkative)
    [outside] = [
        word.removeprefix("ENVID=").lower() for word in sealed.mail_options if word.startswith("ENVID=")
    ]
    assert outside != inside
    assert outside[:32] == inside[:32]
    nobody = f"ingen@{GOOD.partition('@')[2]}"
    street.good.rcpt_replies[nobody] = "550 5.1.1 no such user"
    name = inside if told_to == "us" else outside
    sendmail(talkative, "-V", name, "-R", "hdrs", "-f", SENDER, nobody)
    wait_until(lambda: reports_under(name, street) == 1, 30, lambda: talkative.log[-9000:])
    assert receipts_for(street, SENDER) == []
    street.good.rcpt_replies.clear()
    wait_until(lambda: bool(receipts_for(street, SENDER)), 60, lambda: talkative.log[-9000:])
    [receipt] = receipts_for(street, SENDER)
    assert receipt.states == {PARTNER: "sent", WAITS: "sent"}


def test_a_bounce_that_quotes_an_envelope_id_goes_back_as_it_would_have(
    talkative: House, street: Street
) -> None:
    """To a stranger, in clear as the front sends all its reports: the secure instance has no hand in it."""
    nobody = f"ingen@{GOOD.partition('@')[2]}"
    street.good.rcpt_replies[nobody] = "550 5.1.1 no such user"
    text = f"Hej\n\nOriginal-Envelope-Id: {'ab' * 32}\n\nHilsen\n"
    talkative.submit(letter(BARE, (nobody,), "Spørgsmål", text).content, BARE, [nobody])
    wait_until(lambda: bool(other_reports(street, BARE)), 60, lambda: talkative.log[-9000:])
    [report] = other_reports(street, BARE)
    assert report.sender == "<>"
    assert b"ab" * 32 in report.content
    assert not re.search(r"smtpd\[\d+\]: \w+: client", talkative.secure.log)
    assert talkative.deliver.log.count("report_not_ours") >= 1


def reports_under(name: str, street: Street) -> int:
    """How many the sender got. One of Postfix's own on mail that waited when the test before ended may come between."""
    field = f"Original-Envelope-Id: {name}".encode()
    return sum(field in report.content for report in other_reports(street, SENDER))


def sendmail(house: House, *arguments: str) -> None:
    content = letter(SENDER, (), "Te", "Vi ses til te.\n").content
    subprocess.run(
        ["sendmail", *arguments],
        input=content,
        env={**os.environ, "MAIL_CONFIG": str(house.front.config)},
        capture_output=True,
        check=True,
    )


def envelope_id(house: House) -> str:
    """That of the message that waits; a report of another copy may be on its way just now."""
    ids: list[str] = []

    def is_there() -> bool:  # one that is tried again just then is seen in no queue, or in two
        ids[:] = [one["queue_id"] for one in house.secure.queue() if one["sender"] == SENDER]
        return len(ids) == 1

    wait_until(is_there, 30, lambda: house.log[-9000:])
    shown = house.secure.run("postcat", "-hq", ids[0])
    [name] = re.findall(r"^X-Segl-Id: ([0-9a-f]{64})$", shown, re.MULTILINE)
    return str(name)
