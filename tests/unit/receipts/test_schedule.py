"""What goes out by the schedule: digests once a day, the report once a week, whoever was down when."""

from __future__ import annotations

from datetime import timedelta
from email import message_from_bytes

import pytest
from sqlalchemy.engine import Engine

from segl.events import Events
from segl.mail.return_port import ReturnPort
from segl_delivery.receipts.schedule import LEASE_SECONDS, ReceiptSchedule
from segl_delivery.receipts.writer import ReceiptWriter
from world.at_once import at_once
from world.digests import (
    ANNA,
    DAILY,
    NOW,
    POSTMASTER,
    form_of,
    messages_in,
    schedule,
    settings,
    write_down,
)
from world.peers import SmtpPeer
from world.ports import free_port


def test_a_digest_once_a_day_and_the_report_once_a_week(engine: Engine, peer: SmtpPeer) -> None:
    chosen = settings(receipts=DAILY)
    days = schedule(engine, peer, chosen)  # the first ever: nothing to tell
    write_down(engine, chosen, *range(5), at=NOW.timestamp() - 86400)
    days.look(NOW.replace(hour=6))  # too early
    assert peer.received == []
    for _ in range(3):
        days.look(NOW)
    digest, report = (message_from_bytes(mail.content) for mail in peer.received)
    assert digest["To"] == f"<{ANNA}>"
    assert [one["message_id"] for one in form_of(digest)["messages"]] == [f"<{n}@x>" for n in range(5)]
    assert report["To"] == f"<{POSTMASTER}>"
    days.look(NOW + timedelta(days=1))
    assert len(peer.received) == 2


@pytest.mark.parametrize("days_late", [1, 3, 6])
def test_a_report_that_was_missed_on_monday_is_sent_when_somebody_is_back(
    engine: Engine, peer: SmtpPeer, days_late: int
) -> None:
    """Of the same week, from Monday to Sunday, and once."""
    chosen = settings(receipts={"report_to": POSTMASTER})
    days = schedule(engine, peer, chosen)
    write_down(engine, chosen, 1, at=NOW.timestamp() - 86400)  # on Sunday
    write_down(engine, chosen, 2, at=NOW.timestamp() + 3600)
    for hours in range(3):
        days.look(NOW + timedelta(days=days_late, hours=hours))
    [mail] = peer.received
    report = message_from_bytes(mail.content)
    assert report["Message-ID"] == "<weekly.20261130.segl@nordby.example>"
    [text] = [
        part.get_payload(decode=True) for part in report.walk() if part.get_content_type() == "text/plain"
    ]
    assert isinstance(text, bytes)
    assert "23.11. til 29.11.2026" in text.decode()
    assert "TLS: 1 (0)" in text.decode()


def test_several_processes_at_once_send_one(engine: Engine, peer: SmtpPeer) -> None:
    chosen = settings(receipts=DAILY)
    some = [schedule(engine, peer, chosen) for _ in range(6)]
    write_down(engine, chosen, 1)
    at_once(lambda one: one.look(NOW), some)
    assert sorted(mail.recipients for mail in peer.received) == [(ANNA,), (POSTMASTER,)]


def test_who_dies_with_it_in_hand_leaves_it_to_be_sent_after_the_lease(
    engine: Engine, peer: SmtpPeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = settings(receipts={"report_to": POSTMASTER})
    days = schedule(engine, peer, chosen)
    with monkeypatch.context() as dying:
        dying.setattr(ReceiptSchedule, "send_report", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            days.look(NOW)
    days.look(NOW + timedelta(seconds=LEASE_SECONDS - 1))
    assert peer.received == []
    for _ in range(2):
        days.look(NOW + timedelta(seconds=LEASE_SECONDS + 1))
    assert len(peer.received) == 1


@pytest.mark.parametrize(("reply", "sent"), [("451 4.3.0 later", 1), ("550 5.1.1 no such user", 0)])
def test_a_report_that_is_refused_for_now_is_sent_later(
    engine: Engine, peer: SmtpPeer, reply: str, sent: int
) -> None:
    days = schedule(engine, peer, settings(receipts={"report_to": POSTMASTER}))
    peer.rcpt_replies[POSTMASTER] = reply
    days.look(NOW)
    peer.rcpt_replies.clear()
    days.look(NOW + timedelta(seconds=LEASE_SECONDS + 1))
    assert len(peer.received) == sent


def test_a_digest_that_could_not_be_handed_over_goes_out_the_same_day(engine: Engine) -> None:
    """The return port is down for a minute at seven: that is nobody's refusal."""
    chosen, port = settings(receipts={"send": "daily"}), free_port()
    writer = ReceiptWriter.of(chosen, ReturnPort("127.0.0.1", port), lambda _: None)
    days = ReceiptSchedule(engine, lambda: writer, Events("test"))
    days.look(NOW - timedelta(days=7))
    write_down(engine, chosen, 1)
    days.look(NOW)
    with SmtpPeer("127.0.0.1", port) as peer:
        for _ in range(2):
            days.look(NOW + timedelta(seconds=LEASE_SECONDS + 1))
        [digest] = peer.received
    assert messages_in(digest.content) == ["<1@x>"]


def test_a_return_port_that_takes_nothing_is_no_refusal_of_the_senders(
    engine: Engine, peer: SmtpPeer
) -> None:
    """For four days: the digest is not given up, and goes out when the port is mended."""
    chosen = settings(receipts={"send": "daily"})
    days = schedule(engine, peer, chosen)
    write_down(engine, chosen, 1)
    peer.mail_reply = "451 4.7.1 Service unavailable"
    for day in range(4):
        days.look(NOW + timedelta(days=day))
    peer.mail_reply = "250 2.1.0 Ok"
    for _ in range(2):
        days.look(NOW + timedelta(days=3, seconds=LEASE_SECONDS + 1))
    [digest] = peer.received
    assert messages_in(digest.content) == ["<1@x>"]
