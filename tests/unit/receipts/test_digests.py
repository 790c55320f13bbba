"""What stands in a day's digest, and what becomes of one that is refused, given up, too long or sent twice."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes
from email.header import decode_header, make_header
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.engine import Engine

from segl.events import Events
from segl.mail.handover import Handover, OutcomeUnknown
from segl.mail.return_port import ReturnPort
from segl.receipts import leases, records
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
from segl_delivery.receipts.schedule import ReceiptSchedule
from segl_delivery.receipts.writer import ReceiptWriter
from world.digests import (
    ANNA,
    JOURNAL,
    NOW,
    POSTMASTER,
    form_of,
    heard,
    messages_in,
    schedule,
    settings,
    write_down,
)
from world.peers import ReceivedMail, SmtpPeer
from world.receipts import read_receipts


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


def looked_at(engine: Engine, peer: SmtpPeer, chosen: Settings) -> None:
    """By the desk, as soon as everyone has a last word."""
    writer = ReceiptWriter.of(chosen, ReturnPort("127.0.0.1", peer.port), lambda _: None)
    with transaction(engine) as connection:
        due = leases.take_due(connection, NOW.timestamp() + 60, 100)
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


@pytest.mark.parametrize(
    ("state", "reasons", "told"),
    [
        (State.SENT, ("cpr",), False),
        (State.FAILED, ("cpr",), True),
        (State.FAILED, ("own_receipt", "cpr"), False),  # a digest that somebody sends on
    ],
)
def test_a_mail_to_a_colleague_of_which_the_archive_got_a_copy_stands_in_none_but_when_that_failed(
    engine: Engine, peer: SmtpPeer, state: State, reasons: tuple[str, ...], told: bool
) -> None:
    organisation = {"name": "Nordby", "domains": ["nordby.example"], "copies_to": ["arkiv@x.example"]}
    chosen = parse_settings({"organisation": organisation, "receipts": {"send": "daily"}})
    days, at = schedule(engine, peer, chosen), NOW.timestamp()
    news = tuple(
        News(address, address, Stage.SECURE, how, at, way=way)
        for address, how, way in (
            ("arkiv@x.example", state, Way.TLS),
            ("eva@nordby.example", State.SENT, Way.INTERNAL),
        )
    )
    only = Heard("1" * 64, ANNA, "<1@x>", at, Facts(at, reasons, ()), news)
    with transaction(engine) as connection:
        records.hear(connection, only, chosen.receipt_terms, at)
    days.look(NOW)
    assert [messages_in(mail.content) for mail in peer.received] == [["<1@x>"]] * told


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
