"""What is told when, to whom: an alias while the log lags behind, the journal's copy, a sender who takes nothing."""

from __future__ import annotations

import time
from collections.abc import Callable
from email import message_from_bytes
from typing import Any

import pytest
from sqlalchemy.engine import Engine

from segl.errors import SettingsError
from segl.mail.handover import Handover, OutcomeUnknown, Refused
from segl.mail.return_port import ReturnPort
from segl.postfix.conf import Site, render
from segl.receipts import protection, read_logs
from segl.receipts.protection import Waiting
from segl.receipts.states import News, State
from segl.settings.file import parse_settings
from segl.store.engine import transaction
from segl.vocabulary import Way
from world.peers import ReceivedMail, SmtpPeer
from world.told import ANNA, BOARD, JOURNAL, QUEUE, Told, copy_of, settings


def test_what_an_alias_became_is_final_when_the_log_names_nobody_else(engine: Engine, peer: SmtpPeer) -> None:
    """The log is read a minute late; the one who waits stands in it."""
    told, at = Told(engine, peer, settings()), time.time() - 60
    told.hear(copy_of("bo@x.example", BOARD), at=at)
    told.read_until = at - 30
    assert told.tell() == []
    with transaction(engine) as connection:
        protection.keep_waiting(connection, [Waiting(QUEUE, "eva@y.example", at)])
    told.read_until = at + 30
    [receipt] = told.tell()
    assert not receipt.form["complete"]
    assert receipt.states == {"bo@x.example": "sent", "eva@y.example": "pending"}
    told.hear(copy_of("bo@x.example", BOARD), copy_of("eva@y.example", BOARD), at=at + 40)
    told.read_until = at + 50
    assert told.tell()[-1].form["complete"]


@pytest.mark.parametrize(("ago", "receipts"), [(280, 0), (310, 1)])
def test_a_log_that_stays_behind_is_not_waited_for_longer_than_the_patience(
    engine: Engine, peer: SmtpPeer, ago: float, receipts: int
) -> None:
    told = Told(engine, peer, settings(wait_seconds=300.0))
    told.hear(copy_of("bo@x.example", BOARD), at=time.time() - ago)
    found = told.tell()
    assert len(found) == receipts
    assert all("En af adresserne dækker over flere modtagere" in one.part("text/plain") for one in found)


def test_a_log_that_does_not_name_the_message_proves_nothing_of_an_alias(
    engine: Engine, peer: SmtpPeer
) -> None:
    """Read to its end it may be: the delivery stands in another node's, or nobody writes it any more."""
    told, at = Told(engine, peer, settings(wait_seconds=300.0)), time.time() - 60
    told.logged, told.read_until = False, at + 30
    told.hear(copy_of("bo@x.example", BOARD), at=at)
    assert told.tell() == []
    with transaction(engine) as connection:
        protection.keep_logged(connection, {QUEUE: at})
    [receipt] = told.tell()
    assert "En af adresserne dækker over flere modtagere" not in receipt.part("text/plain")


def test_of_such_an_alias_it_is_told_when_patience_is_over_who_was_heard_of(
    engine: Engine, peer: SmtpPeer
) -> None:
    told, at = Told(engine, peer, settings(wait_seconds=300.0)), time.time() - 310
    told.logged, told.read_until = False, at + 300
    told.hear(copy_of("bo@x.example", BOARD), at=at)
    [receipt] = told.tell()
    assert "En af adresserne dækker over flere modtagere" in receipt.part("text/plain")


def test_the_log_of_another_node_that_runs_is_waited_for_too(engine: Engine, peer: SmtpPeer) -> None:
    """Whichever node writes the receipt: who waits stands in the log of the one that delivered."""
    told, at = Told(engine, peer, settings()), time.time() - 30
    told.hear(copy_of("bo@x.example", BOARD), at=at)
    told.read_until = at + 20
    with transaction(engine) as connection:
        read_logs.note(connection, "elsewhere", at - 10, time.time())
    assert told.tell() == []
    with transaction(engine) as connection:
        read_logs.note(connection, "elsewhere", at - 10, time.time() - read_logs.GONE_SECONDS)
        read_logs.note(connection, "a third", at + 1, time.time())
    [receipt] = told.tell()
    assert receipt.form["complete"]


def test_that_a_copy_of_an_alias_failed_does_not_wait_for_the_log(engine: Engine, peer: SmtpPeer) -> None:
    told = Told(engine, peer, settings())
    told.hear(copy_of("bo@x.example", BOARD, State.FAILED), at=time.time() - 10)
    [receipt] = told.tell()
    assert receipt.form["kind"] == "failed"
    assert "En af adresserne dækker over flere modtagere" in receipt.part("text/plain")


@pytest.mark.parametrize("send", ["secure", "daily"])
@pytest.mark.parametrize("state", [State.SENT, State.FAILED])
def test_of_a_receipt_that_somebody_sends_on_nobody_is_told(
    engine: Engine, peer: SmtpPeer, send: str, state: State
) -> None:
    """Whose mail a command sends on outside gets the next one by the same command, and so on for ever."""
    told = Told(engine, peer, settings(send=send))
    told.hear(
        copy_of("bo@x.example", "bo@x.example", state),
        at=time.time() - 600,
        expected=("bo@x.example",),
        reasons=("own_receipt", "always"),
    )
    assert told.tell() == []


POSTMASTER = "post@nordby.example"


@pytest.mark.parametrize("outcome", ["refused for good", "refused for a day", "no answer for a day"])
@pytest.mark.parametrize("state", [State.FAILED, State.DELAYED, State.SENT])
def test_of_a_failure_whose_receipt_nobody_takes_the_house_is_told(
    engine: Engine, peer: SmtpPeer, monkeypatch: pytest.MonkeyPatch, outcome: str, state: State
) -> None:
    """Else nobody would know. Of what arrived nobody needs to."""
    told = Told(engine, peer, settings(report_to=POSTMASTER))
    told.hear(copy_of(BOARD, BOARD, state), at=time.time() - (60 if "good" in outcome else 90_000))
    peer.rcpt_replies[ANNA] = "550 5.1.1 no such user" if "good" in outcome else "452 4.2.2 mailbox full"
    if "answer" in outcome:
        monkeypatch.setattr(ReturnPort, "send", silent_about(ANNA))
    told.tell()
    mails = [(mail.recipients, plain_text(mail)) for mail in peer.received]
    assert [to for to, _ in mails] == ([] if state is State.SENT else [(POSTMASTER,)])
    for _, text in mails:
        assert f"segl receipt show {'ab' * 16}" in text
        assert ANNA in text
        assert BOARD not in text
    told.tell()
    assert len(peer.received) == len(mails), "once"


@pytest.mark.parametrize("state", [State.FAILED, State.SENT])
@pytest.mark.parametrize(
    "refuses",
    [
        {"mail_reply": "451 4.7.1 Service unavailable"},
        {"data_reply": "452 4.3.1 Insufficient system storage"},
    ],
    ids=["MAIL", "dot"],
)
def test_a_return_port_that_takes_nothing_from_anybody_is_waited_for(
    engine: Engine, peer: SmtpPeer, state: State, refuses: dict[str, str]
) -> None:
    """The milter behind it died on Friday, or its disk is full: no sender has refused anything."""
    told = Told(engine, peer, settings(report_to=POSTMASTER))
    told.hear(copy_of(BOARD, BOARD, state), at=time.time() - 200_000)
    before = {name: getattr(peer, name) for name in refuses}
    for name, reply in refuses.items():
        setattr(peer, name, reply)
    for _ in range(2):
        with pytest.raises(Refused):
            told.tell()
    for name, reply in before.items():
        setattr(peer, name, reply)
    [receipt] = told.tell()
    assert receipt.mail.recipients == (ANNA,)
    assert receipt.states == {BOARD: state.value}


@pytest.mark.parametrize("of_sender", ["550 5.1.1 no such user", "452 4.2.2 mailbox full"])
@pytest.mark.parametrize("to_house", [True, False])
def test_a_failure_is_told_until_the_sender_or_the_house_knows(
    engine: Engine, peer: SmtpPeer, of_sender: str, to_house: bool
) -> None:
    told = Told(engine, peer, settings(report_to=POSTMASTER))
    told.hear(copy_of(BOARD, BOARD, State.FAILED), at=time.time() - 90_000)
    peer.rcpt_replies |= {ANNA: of_sender, POSTMASTER: "451 4.3.0 temporary lookup failure"}
    for _ in range(2):
        with pytest.raises(Refused):
            told.tell()
    del peer.rcpt_replies[POSTMASTER if to_house else ANNA]
    for _ in range(2):
        told.tell()
    assert [mail.recipients for mail in peer.received] == [(POSTMASTER if to_house else ANNA,)]


@pytest.mark.parametrize("refused", [False, True])
def test_where_there_is_no_house_to_tell_a_full_mailbox_is_tried_again(
    engine: Engine, peer: SmtpPeer, refused: bool
) -> None:
    told = Told(engine, peer, settings(report_to=POSTMASTER if refused else ""))
    told.hear(copy_of(BOARD, BOARD, State.FAILED), at=time.time() - 90_000)
    peer.rcpt_replies |= {ANNA: "452 4.2.2 mailbox full", POSTMASTER: "550 5.1.1 no such user"}
    with pytest.raises(Refused):
        told.tell()
    del peer.rcpt_replies[ANNA]
    told.tell()
    assert [mail.recipients for mail in peer.received] == [(ANNA,)]


def test_a_receipt_of_which_no_answer_came_is_sent_again_for_a_day(
    engine: Engine, peer: SmtpPeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = Told(engine, peer, settings(report_to=POSTMASTER))
    told.hear(copy_of(BOARD, BOARD, State.FAILED), at=time.time() - 80_000)
    monkeypatch.setattr(ReturnPort, "send", silent_about(ANNA))
    with pytest.raises(OutcomeUnknown):
        told.tell()
    monkeypatch.undo()
    [receipt] = told.tell()
    assert receipt.form["kind"] == "failed"


def silent_about(address: str) -> Callable[..., Handover]:
    """A return port that takes what goes to *address*, perhaps."""
    really = ReturnPort.send

    def send(port: ReturnPort, sender: str, recipients: list[str], *words: Any, **more: Any) -> Handover:
        if recipients == [address]:
            raise OutcomeUnknown("no answer from the return port")
        return really(port, sender, recipients, *words, **more)

    return send


def plain_text(mail: ReceivedMail) -> str:
    text = message_from_bytes(mail.content).get_payload(decode=True)
    assert isinstance(text, bytes)
    return " ".join(text.decode().split())


LINKS = ("sikker.nordby.example/r/", "sikker.nordby.example/f/")


@pytest.mark.parametrize("outside", [False, True])
def test_the_journal_has_no_link_and_outside_the_house_no_reason(
    engine: Engine, peer: SmtpPeer, outside: bool
) -> None:
    """A link takes a message back, or answers in the sender's name: it is his alone."""
    to = "arkiv@journal.example" if outside else JOURNAL
    told = Told(engine, peer, settings({"journal": to, "journal_outside": outside}))
    told.message_id = "<010190-1234.sag@nordby.example>"
    sealed = copy_of("bo@x.example", "bo@x.example", State.SEALED, time.time() - 600, sealed_id="5e" * 16)
    told.hear(
        News(**{**{name: getattr(sealed, name) for name in sealed.__slots__}, "way": Way.PORTAL}),
        at=time.time() - 600,
        expected=("bo@x.example",),
    )
    first, copy = told.tell()
    assert [first.mail.recipients, copy.mail.recipients] == [(ANNA,), (to,)]
    for part in ("text/plain", "text/html"):
        assert all(link in first.part(part) for link in LINKS)
        assert "sikker.nordby.example" not in copy.part(part)
        assert ("CPR" in copy.part(part)) is not outside
        assert ("010190" in copy.part(part)) is not outside
    assert copy.form["reasons"] == ([] if outside else ["cpr"])
    assert copy.form["message_id"] == ("" if outside else "<010190-1234.sag@nordby.example>")
    assert copy.message["In-Reply-To"] == (None if outside else "<010190-1234.sag@nordby.example>")
    assert copy.states == first.states


@pytest.mark.parametrize("outside", [False, True])
def test_what_a_server_quoted_of_the_mail_does_not_leave_the_house(
    engine: Engine, peer: SmtpPeer, outside: bool
) -> None:
    to = "arkiv@journal.example" if outside else JOURNAL
    told = Told(engine, peer, settings({"journal": to, "journal_outside": outside}))
    quoted = 'Message "Sygemelding, Jens Hansen" rejected by content policy'
    told.hear(
        copy_of(BOARD, BOARD, State.FAILED, status="5.7.1", host="mx.x.example", detail=quoted, evidence="e"),
        at=time.time() - 60,
    )
    first, copy = told.tell()
    assert first.line(BOARD)["detail"] == quoted
    assert copy.line(BOARD)["detail"] == (None if outside else quoted)
    for part in ("text/plain", "text/html"):
        assert ("Jens Hansen" in copy.part(part)) is not outside
        assert "Modtagerens mailserver tager ikke imod den" in copy.part(part)
    assert copy.form["message_id"] == "<1@x>"


@pytest.mark.parametrize("journal", ["arkiv@journal.example", "bo%journal.example@nordby.example"])
def test_a_journal_outside_the_house_is_one_that_the_postmaster_says_may_be(journal: str) -> None:
    with pytest.raises(SettingsError, match="outside the organisation"):
        settings({"journal": journal})
    settings({"journal": journal, "journal_outside": True})


def test_a_tenants_journal_at_anothers_domain_is_outside() -> None:
    tenant = {"name": "Vestby", "domains": ["vestby.example"]}
    given = {
        "organisation": {"name": "Nordby", "domains": ["nordby.example"]},
        "tenant": [tenant],
        "receipt": [{"domain": "vestby.example", "journal": JOURNAL}],
    }
    with pytest.raises(SettingsError, match="outside the organisation of vestby"):
        parse_settings(given)


@pytest.mark.parametrize(
    ("usual", "others", "warned"),
    [
        (1800.0, (), 1800),
        (7200.0, (), 3600),
        (1800.0, (600.0, 900.0), 600),
        (5.0, (), 60),
        (1800.0, (None,), 1800),
    ],
)
def test_that_everything_waits_is_reported_when_the_least_patience_is_over(
    usual: float, others: tuple[float | None, ...], warned: int
) -> None:
    """Before Postfix's warning of a delay nothing is heard of such a message."""
    rules = [
        {"domain": f"x{n}.example"} | ({"wait_seconds": other} if other else {})
        for n, other in enumerate(others)
    ]
    organisation = {"name": "Nordby", "domains": ["nordby.example", "x0.example", "x1.example"]}
    chosen = parse_settings(
        {"organisation": organisation, "receipts": {"wait_seconds": usual}, "receipt": rules}
    )
    site = Site.of(chosen, "mail.nordby.example")
    assert f"delay_warning_time = {warned}s\n" in render("secure.main.cf", site)
