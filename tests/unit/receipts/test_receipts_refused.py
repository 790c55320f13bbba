"""Receipts that somebody does not take: a sender, a journal, for now or for good."""

from __future__ import annotations

import sqlite3
import time

import pytest

from segl.receipts.leases import LEASE_SECONDS
from world.desk import SENDER, Desk
from world.postfix import wait_until
from world.reported import BO, EVA, Mail, receipts, wait_for
from world.reports import group

RULE = '[[receipt]]\ndomain = "nordby-vand.example"\n'
JOURNAL = "journal@nordby-vand.example"


def again(desk: Desk) -> None:
    """What was put off is due: nobody waits a minute for a test. (A lease is shorter, and left alone.)"""

    def hurried() -> bool:
        with sqlite3.connect(desk.directory / "segl.db") as store:
            late = time.time() + 2 * LEASE_SECONDS - 10
            return bool(store.execute("UPDATE sent_message SET due_at = 0 WHERE due_at > ?", [late]).rowcount)

    wait_until(hurried, 30, lambda: desk.daemon.log)


def told_of(desk: Desk) -> tuple[int, int]:
    with sqlite3.connect(desk.directory / "segl.db") as store:
        found: tuple[int, int] = store.execute("SELECT told, told_final FROM sent_message").fetchone()
    return found


def test_a_sender_who_is_refused_for_now_gets_it_later(desk: Desk) -> None:
    """A directory that is down, a greylist: not the end of a receipt."""
    desk.return_port.rcpt_replies[SENDER] = "451 4.3.0 temporary lookup failure"
    desk.start()
    Mail(desk).tell(group(BO))
    wait_until(lambda: "receipt_not_sent" in desk.daemon.log, 30, lambda: desk.daemon.log)
    desk.return_port.rcpt_replies.clear()
    again(desk)
    assert len(wait_for(desk, 1)) == 1


@pytest.mark.parametrize(("refused", "has_it"), [(SENDER, JOURNAL), (JOURNAL, SENDER)])
def test_sender_and_journal_each_have_it_once_when_one_is_refused_for_now(
    desk: Desk, refused: str, has_it: str
) -> None:
    desk.write_settings(RULE + f'journal = "{JOURNAL}"\n')
    desk.return_port.rcpt_replies[refused] = "451 4.3.0 temporary lookup failure"
    desk.start()
    mail = Mail(desk)
    mail.tell(group(BO))
    for tries in (1, 2):
        wait_until(lambda: desk.daemon.log.count("receipt_not_sent") >= tries, 30, lambda: desk.daemon.log)  # noqa: B023
        assert [one.mail.recipients for one in receipts(desk)] == [(has_it,)]
        if tries == 1:
            again(desk)
    desk.return_port.rcpt_replies.clear()
    again(desk)
    wait_for(desk, 2)
    Mail(desk, EVA).tell(group(EVA))
    told = wait_for(desk, 4)
    assert [one.mail.recipients for one in told[:2]] == [(has_it,), (refused,)]
    assert [one.form["id"] for one in told[:2]] == [told[0].form["id"]] * 2
    assert {one.form["id"] for one in told[2:]} == {told[3].form["id"]} != {told[0].form["id"]}
    assert len({one.mail.recipients for one in told[2:]}) == 2


def test_a_journal_that_missed_the_first_has_what_is_true_when_it_is_reached(desk: Desk) -> None:
    """While it is refused one copy fails; it gets one receipt, of what is known then."""
    desk.write_settings(RULE + f'journal = "{JOURNAL}"\n')
    desk.return_port.rcpt_replies[JOURNAL] = "451 4.3.0 temporary lookup failure"
    desk.start()
    mail = Mail(desk)
    mail.tell(group(BO, "delayed", "4.7.5"))
    wait_for(desk, 1)
    mail.tell(group(BO))
    wait_for(desk, 2)
    wait_until(lambda: desk.daemon.log.count("receipt_not_sent") >= 2, 30, lambda: desk.daemon.log)
    desk.return_port.rcpt_replies.clear()
    again(desk)
    [copy] = [one for one in wait_for(desk, 3) if one.mail.recipients == (JOURNAL,)]
    assert (copy.form["kind"], copy.form["number"]) == ("sent", 2)


def test_one_who_is_refused_for_good_is_not_asked_again(desk: Desk) -> None:
    desk.return_port.rcpt_replies[SENDER] = "550 5.1.1 no such user"
    desk.start()
    Mail(desk).tell(group(BO))
    wait_until(lambda: "receipt_given_up" in desk.daemon.log, 30, lambda: desk.daemon.log)
    wait_until(lambda: told_of(desk) == (1, 1), 30, lambda: desk.daemon.log)
    assert '"receipt_sent"' not in desk.daemon.log


def test_a_receipt_that_is_refused_for_good_is_not_sent_for_ever(desk: Desk) -> None:
    desk.return_port.data_reply = "552 5.3.4 message too large"
    desk.start()
    Mail(desk).tell(group(BO))
    wait_until(lambda: told_of(desk) == (1, 1), 30, lambda: desk.daemon.log)
    assert "receipt_given_up" in desk.daemon.log
    assert '"receipt_sent"' not in desk.daemon.log
