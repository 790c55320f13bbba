"""Mail of a list: its program reads what comes back to the envelope sender, and knows delivery reports alone."""

from __future__ import annotations

import pytest

from world.house import DOMAIN, House
from world.letters import BARE, COLLEAGUE, CPR, GOOD, SENDER
from world.postfix import wait_until
from world.receipts import receipts_for, secret_letter
from world.street import Street

pytestmark = pytest.mark.world


def list_of(member: str) -> str:
    """The sender of a copy for *member*, as Mailman writes it."""
    return f"bestyrelse-bounces+{member.replace('@', '=')}@{DOMAIN}"


def test_it_hears_of_failures_alone_and_by_postfix_s_own_report(steady_house: House, street: Street) -> None:
    house = steady_house
    street.forget()
    street.good.rcpt_replies[GOOD] = "550 5.1.1 no such user"
    try:
        for member in (BARE, COLLEAGUE, GOOD):
            house.submit(secret_letter(BARE), list_of(member), [member])
        house.submit(secret_letter(BARE), SENDER, [BARE])
        wait_until(lambda: bool(receipts_for(street, SENDER)), 90, lambda: house.log[-6000:])
        wait_until(lambda: bool(street.mail_for(list_of(GOOD))), 90, lambda: house.log[-6000:])
        wait_until(lambda: house.queued == 0, 60, lambda: house.log[-6000:])
    finally:
        street.good.rcpt_replies.clear()
    [report] = street.mail_for(list_of(GOOD))
    assert b"report-type=delivery-status" in report.content
    assert b"Action: failed" in report.content
    assert CPR.encode() not in report.content
    assert not street.mail_for(list_of(BARE))
    assert not street.mail_for(list_of(COLLEAGUE))
    assert CPR.encode() not in street.seen_in_clear()
