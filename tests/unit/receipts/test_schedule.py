"""What goes out by the schedule: digests once a day, the report once a week, whoever was down when."""

from __future__ import annotations

import asyncio
import json
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import Engine

from segl.events import Events
from segl.mail.handover import Handover, OutcomeUnknown
from segl.mail.return_port import ReturnPort
from segl.receipts import records
from segl.receipts.facts import Facts
from segl.receipts.records import Heard
from segl.receipts.states import News, Stage, State
from segl.settings.document import Settings
from segl.settings.file import parse_settings
from segl.store.engine import transaction
from segl.vocabulary import Way
from segl_delivery.receipts import digest as digest_module
from segl_delivery.receipts import own_templates
from segl_delivery.receipts.dispatch import ReceiptDispatcher
from segl_delivery.receipts.schedule import LEASE_SECONDS, ReceiptSchedule
from segl_delivery.receipts.writer import ReceiptWriter
from world.peers import ReceivedMail, SmtpPeer
from world.ports import free_port
from world.receipts import read_receipts

NOW = datetime(2026, 11, 30, 7, 30, tzinfo=UTC)  # a Monday
ANNA, JOURNAL, POSTMASTER = "anna@nordby.example", "journal@nordby.example", "postmaster@nordby.example"
DAILY = {"send": "daily", "report_to": POSTMASTER}


def settings(**tables: object) -> Settings:
    organisation = {"name": "Nordby", "domains": ["nordby.example"]}
    return parse_settings({"organisation": organisation, **tables})


def heard(number: int, at: float = NOW.timestamp(), state: State = State.SENT) -> Heard:
    address = f"bo@x{number % 3}.example"
    news = News(address, address, Stage.SECURE, state, at, way=Way.TLS)
    return Heard(f"{number:064}", ANNA, f"<{number}@x>", at, Facts(at, ("cpr",), (address,)), (news,))


def schedule(engine: Engine, peer: SmtpPeer, chosen: Settings) -> ReceiptSchedule:
    """Of a process whose store has known the schedule for a week."""
    writer = ReceiptWriter.of(chosen, ReturnPort("127.0.0.1", peer.port), lambda _: None)
    found = ReceiptSchedule(engine, lambda: writer, Events("test"))
    found.look(NOW - timedelta(days=7))
    return found


def write_down(engine: Engine, chosen: Settings, *numbers: int, at: float = NOW.timestamp()) -> None:
    with transaction(engine) as connection:
        for number in numbers:
            records.hear(connection, heard(number, at), chosen.receipt_terms, NOW.timestamp())


def messages_in(mail: bytes) -> list[str]:
    return [one["message_id"] for one in form_of(message_from_bytes(mail))["messages"]]


def form_of(mail: Message) -> dict[str, list[dict[str, str]]]:
    for part in mail.walk():
        if part.get_content_type() == "application/json":
            payload = part.get_payload(decode=True)
            assert isinstance(payload, bytes)
            found: dict[str, list[dict[str, str]]] = json.loads(payload)
            return found
    raise AssertionError


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
    threads = [threading.Thread(target=one.look, args=[NOW]) for one in some]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
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


def test_a_digest_that_is_refused_for_now_stands_in_tomorrows_and_the_journals_is_its_own(
    engine: Engine, peer: SmtpPeer
) -> None:
    rule = {"domain": "nordby.example", "journal": JOURNAL}
    chosen = settings(receipts={"send": "daily"}, receipt=[rule])
    days = schedule(engine, peer, chosen)
    write_down(engine, chosen, 1)
    peer.rcpt_replies[ANNA] = "451 4.3.0 temporary lookup failure"
    days.look(NOW)
    assert [mail.recipients for mail in peer.received] == [(JOURNAL,)]
    peer.rcpt_replies.clear()
    peer.rcpt_replies[JOURNAL] = "451 4.3.0 temporary lookup failure"
    write_down(engine, chosen, 2)
    days.look(NOW + timedelta(days=1))
    peer.rcpt_replies.clear()
    days.look(NOW + timedelta(days=2))
    assert [(mail.recipients, messages_in(mail.content)) for mail in peer.received] == [
        ((JOURNAL,), ["<1@x>"]),
        ((ANNA,), ["<1@x>", "<2@x>"]),
        ((JOURNAL,), ["<2@x>"]),
    ]


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


def looked_at(engine: Engine, peer: SmtpPeer, chosen: Settings) -> None:
    """By the desk, as soon as everyone has a last word."""
    writer = ReceiptWriter.of(chosen, ReturnPort("127.0.0.1", peer.port), lambda _: None)
    with transaction(engine) as connection:
        due = records.take_due(connection, NOW.timestamp() + 60, 100)
    for message_id in due:
        ReceiptDispatcher(engine, lambda: writer, Events("test"), asyncio.Event()).tell(message_id)


@pytest.mark.parametrize(
    ("yesterday", "today", "at_once", "in_the_digest"),
    [
        ("daily", "daily", [], ["<1@x>", "<2@x>"]),
        ("daily", "secure", ["<2@x>"], ["<1@x>"]),
        ("daily", "all", ["<2@x>"], ["<1@x>"]),
        ("daily", "none", [], []),
        ("secure", "daily", ["<1@x>"], ["<2@x>"]),
        ("secure", "secure", ["<1@x>", "<2@x>"], []),
        ("failures", "secure", ["<2@x>"], []),
    ],
)
def test_when_the_setting_changes_each_mail_is_told_of_once(
    yesterday: str,
    today: str,
    at_once: list[str],
    in_the_digest: list[str],
    engine: Engine,
    peer: SmtpPeer,
) -> None:
    before, after = (settings(receipts={"send": send}) for send in (yesterday, today))
    days = schedule(engine, peer, after)
    for number, chosen in ((1, before), (2, after)):
        write_down(engine, chosen, number)
        looked_at(engine, peer, chosen)
    told = read_receipts(peer)
    assert [one.form["message_id"] for one in told] == at_once
    for day in range(2):
        days.look(NOW + timedelta(days=day))
    digests = [messages_in(mail.content) for mail in peer.received[len(told) :]]
    assert digests == ([in_the_digest] if in_the_digest else [])


def test_a_digest_that_is_sent_twice_has_one_name_and_what_says_more_another(
    engine: Engine, peer: SmtpPeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed between sending and writing that down; then one more mail has its last word."""
    chosen = settings(receipts={"send": "daily"})
    days = schedule(engine, peer, chosen)
    write_down(engine, chosen, 1)
    with monkeypatch.context() as dying:
        dying.setattr(ReceiptSchedule, "_mark", lambda *_: 1 / 0)
        for _ in range(2):
            with pytest.raises(ZeroDivisionError):
                days.send_digests(NOW)
    write_down(engine, chosen, 2)
    days.send_digests(NOW)
    first, again, third = (one.message["Message-ID"] for one in read_receipts(peer))
    assert first == again != third


GIVEN_UP = "Dagens kvitteringer kunne ikke afleveres"


def subject_of(mail: ReceivedMail) -> str:
    return str(make_header(decode_header(message_from_bytes(mail.content)["Subject"])))


def states_in(mail: bytes) -> list[str]:
    return [one["recipients"][0]["state"] for one in form_of(message_from_bytes(mail))["messages"]]  # type: ignore[index]


def test_what_has_no_last_word_stands_with_what_is_known_when_the_patience_is_over_and_again_with_its_end(
    engine: Engine, peer: SmtpPeer
) -> None:
    chosen = settings(receipts={"send": "daily", "wait_seconds": 7_200.0})
    days = schedule(engine, peer, chosen)
    with transaction(engine) as connection:
        for number, hours in ((1, 3), (2, 1)):
            late = heard(number, NOW.timestamp() - hours * 3600, State.DELAYED)
            records.hear(connection, late, chosen.receipt_terms, NOW.timestamp() - hours * 3600)
    days.look(NOW)
    [first] = [mail.content for mail in peer.received]
    assert (messages_in(first), states_in(first)) == (["<1@x>"], ["delayed"])
    with transaction(engine) as connection:
        records.hear(connection, heard(1), chosen.receipt_terms, NOW.timestamp() + 60)
    days.look(NOW + timedelta(days=1))
    days.look(NOW + timedelta(days=2))
    _, second = [mail.content for mail in peer.received]
    assert (messages_in(second), states_in(second)) == (["<1@x>", "<2@x>"], ["sent", "delayed"])


@pytest.mark.parametrize(
    ("reply", "days_tried"), [("451 4.2.2 mailbox full", 3), ("550 5.1.1 no such user", 1)]
)
def test_a_digest_that_nobody_takes_is_given_up_and_the_postmaster_told(
    engine: Engine, peer: SmtpPeer, reply: str, days_tried: int
) -> None:
    chosen = settings(receipts={"send": "daily", "report_to": POSTMASTER})
    days = schedule(engine, peer, chosen)
    days.look(NOW)
    peer.rcpt_replies[ANNA] = reply
    peer.received.clear()
    for day in range(1, 5):
        write_down(engine, chosen, day, at=NOW.timestamp() + (day - 1) * 86400)
        days.look(NOW + timedelta(days=day))
        given_up = [mail for mail in peer.received if GIVEN_UP in subject_of(mail)]
        assert len(given_up) == day // days_tried, day
    told = message_from_bytes(given_up[0].content)
    text = told.get_payload(decode=True)
    assert isinstance(text, bytes)
    words = " ".join(text.decode().split())
    assert given_up[0].recipients == (POSTMASTER,)
    assert f"De {days_tried} mails" in words
    assert f"segl receipt list --sender '{ANNA}'" in words
    assert reply.partition(" ")[2].partition(" ")[2] in words
    peer.rcpt_replies.clear()
    peer.received.clear()
    write_down(engine, chosen, 9, at=NOW.timestamp() + 4 * 86400)
    days.look(NOW + timedelta(days=5))
    last = messages_in(peer.received[-1].content)
    assert last == (["<4@x>", "<9@x>"] if days_tried == 3 else ["<9@x>"])


def test_a_digest_of_which_no_answer_comes_is_given_up_too(
    engine: Engine, peer: SmtpPeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each try may be one more in the sender's mailbox."""
    really = ReturnPort.send

    def send(port: ReturnPort, sender: str, recipients: list[str], *words: Any, **more: Any) -> Handover:
        if recipients == [ANNA]:
            raise OutcomeUnknown("no answer from the return port")
        return really(port, sender, recipients, *words, **more)

    monkeypatch.setattr(ReturnPort, "send", send)
    chosen = settings(receipts={"send": "daily", "report_to": POSTMASTER})
    days = schedule(engine, peer, chosen)
    days.look(NOW)
    peer.received.clear()
    write_down(engine, chosen, 1)
    for day in range(1, 6):
        for minutes in (0, 15, 30):
            days.look(NOW + timedelta(days=day, minutes=minutes))
    assert [GIVEN_UP in subject_of(mail) for mail in peer.received].count(True) == 1


def test_a_digest_of_thousands_is_several_mails(
    engine: Engine, peer: SmtpPeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digest_module, "MOST_LINES", 3)
    chosen = settings(receipts={"send": "daily"})
    days = schedule(engine, peer, chosen)
    write_down(engine, chosen, *range(7))
    days.look(NOW)
    days.look(NOW + timedelta(days=1))
    parts = [messages_in(mail.content) for mail in peer.received]
    assert parts == [[f"<{n}@x>" for n in some] for some in ((0, 1, 2), (3, 4, 5), (6,))]


def test_a_sender_below_an_own_domain_has_a_digest_too(engine: Engine, peer: SmtpPeer) -> None:
    organisation = {"name": "Nordby", "domains": ["nordby.example"], "subdomains": True}
    chosen = parse_settings({"organisation": organisation, "receipts": {"send": "daily"}})
    days = schedule(engine, peer, chosen)
    below = replace(heard(1), sender="anna@vand.nordby.example")
    with transaction(engine) as connection:
        records.hear(connection, below, chosen.receipt_terms, NOW.timestamp())
    days.look(NOW)
    assert [mail.recipients for mail in peer.received] == [("anna@vand.nordby.example",)]


def test_a_digest_has_the_houses_own_form(engine: Engine, peer: SmtpPeer, tmp_path: Path) -> None:
    (tmp_path / "own.txt").write_text(
        "{{ receipt.kind }}: {% for row in receipt.rows %}{{ row.mail }};{% endfor %}"
    )
    rule = {"domain": "nordby.example", "text": str(tmp_path / "own.txt")}
    chosen = settings(receipts={"send": "daily"}, receipt=[rule])
    days = schedule(engine, peer, chosen)
    write_down(engine, chosen, 1, 2)
    days.look(NOW)
    own_templates.workers().stop()
    [mail] = peer.received
    [text] = [
        p.get_payload(decode=True)
        for p in message_from_bytes(mail.content).walk()
        if p.get_content_type() == "text/plain"
    ]
    assert isinstance(text, bytes)
    assert text.startswith(b"daily: Mail fra ")
    assert text.count(b";") == 2
