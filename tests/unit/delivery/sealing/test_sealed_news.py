"""What senders are told of their sealed messages, and how recipients are reminded: once, truly, and without a link."""

from __future__ import annotations

import email
import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from segl import audit
from segl.audit import Act
from segl.errors import StoreError
from segl.sealed import life
from segl.sealed import news as kept
from segl.sealed.directory import new_id
from segl.sealed.keys import Secret
from segl.sealed.records import SealedRecipient, add_recipient, mark_notified
from segl.sealed.revocation import house_secret, revocation_hash, revocation_secret
from segl.settings.document import Settings
from segl.settings.file import parse_settings
from segl.store.engine import transaction
from segl.tables.sealed import portal_count, portal_visit, sealed_message, sealed_recipient
from segl_delivery.housekeeping import keep_house
from segl_delivery.sealing.news import SealedNews, days_left
from segl_portal.visits.browser import Browser
from world.counter import Counter, Letter
from world.desk import DOMAIN, SENDER
from world.peers import ReceivedMail

pytestmark = pytest.mark.usefixtures("both_stores", "danish_time")


DAY = 86400.0
BO, EVA = "bo@vestby.example", "eva@vestby.example"
BEGIN = datetime(2026, 11, 25, 9, 30, tzinfo=UTC).timestamp()


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Counter]:
    with Counter(tmp_path) as counter:
        counter.now = BEGIN
        yield counter


def news_of(counter: Counter, **portal: Any) -> SealedNews:
    settings = counter.settings
    if portal:
        settings = changed(settings, **portal)
    return SealedNews(settings, counter.engine, counter.desk_port, counter.events)


def changed(settings: Settings, language: str = "da", **portal: Any) -> Settings:
    return parse_settings(
        {
            "organisation": {"name": "Nordby Vandværk", "domains": [DOMAIN], "language": language},
            "portal": {"url": settings.portal.url, "sealed": str(settings.portal.sealed), **portal},
            "delivery": {"reinject": settings.reinject},
            "store": {"url": settings.store.url},
        }
    )


def told(counter: Counter, **portal: Any) -> list[ReceivedMail]:
    """What goes out in a round of news at the counter's time."""
    counter.return_port.forget()
    news_of(counter, **portal).tell(counter.now)
    return list(counter.return_port.received)


def parsed(mail: ReceivedMail) -> EmailMessage:
    message = email.message_from_bytes(mail.content, policy=policy.default)
    assert isinstance(message, EmailMessage)
    assert message.defects == []
    return message


def text(mail: ReceivedMail) -> str:
    return str(parsed(mail).get_content()).replace("\r\n", "\n")


def test_opened_is_told_once(counter: Counter) -> None:
    letter = counter.seal(BO)
    assert told(counter) == []
    counter.now += 3600
    counter.open(letter)
    [mail] = told(counter)
    assert (mail.sender, mail.recipients) == ("<>", (SENDER,))
    message = parsed(mail)
    assert message["Subject"] == "Din sikre besked er åbnet"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["From"] == f"Nordby Vandværk <sikker-besked@{DOMAIN}>"
    assert message["Reply-To"] is None
    assert "fra den 25. november 2026 kl. 10.30 er åbnet af:" in text(mail)
    assert "  bo@vestby.example, den 25. november 2026 kl. 11.30\n" in text(mail)
    counter.now += 3600
    counter.open(letter)
    assert told(counter) == []


def test_asking_for_a_code_is_no_opening(counter: Counter) -> None:
    counter.ask(Browser.new(), counter.seal(BO))
    assert told(counter) == []


def test_the_recipient_is_reminded_and_the_sender_told_before_the_end(counter: Counter) -> None:
    letter = counter.seal(BO, days=30)
    counter.now += 24 * DAY
    assert told(counter) == []
    counter.now += DAY + 60
    reminder, report = told(counter)
    assert (reminder.sender, reminder.recipients) == ("<>", (BO,))
    assert parsed(reminder)["Subject"] == "Husk din sikre besked fra Nordby Vandværk"
    assert parsed(reminder)["Reply-To"] == SENDER
    asked = text(reminder)
    assert f"en mail fra sikker-besked@{DOMAIN}. Den kom den 25. november 2026." in asked
    assert "  Du har fået en sikker besked fra Nordby Vandværk\n" in asked
    assert "til og med den 25. december 2026" in asked
    assert not re.search(r"https?:|#", asked), "no link"
    assert letter.link not in asked
    assert report.recipients == (SENDER,)
    said = text(report)
    assert "er ikke åbnet endnu af:\n\n  bo@vestby.example\n" in said
    assert "til og med den 25. december 2026 (5 dage endnu)" in said
    assert told(counter) == []
    counter.now += DAY
    assert told(counter) == []
    trail = [entry.act for entry in audit.entries(counter.engine, subject=letter.recipient_id)]
    assert trail == [Act.NOTIFIED, Act.REMINDED]


def test_the_link_in_the_report_revokes(counter: Counter) -> None:
    """The row's hash was filled in when it was sealed: here by hand."""
    letter = counter.seal(BO)
    secret = revocation_secret(house_secret(counter.engine), letter.message_id).text()
    with transaction(counter.engine) as connection:
        connection.execute(sealed_message.update().values(revoke_hash=revocation_hash(secret)))
    counter.now += 26 * DAY
    _, report = told(counter)
    found = re.search(r"https://sikker\.\S+/r/([0-9a-f]{32})#(\S{43})\n", text(report))
    assert found is not None
    assert counter.desk.revoke(found[1], found[2])
    keep_house(counter.settings, counter.engine, counter.events, counter.now + 10 * DAY)
    counter.now += 10 * DAY
    assert told(counter) == [], "what was revoked did not end unopened"


def test_ended_unopened_is_told_once(counter: Counter) -> None:
    counter.seal(BO)
    counter.now += 30 * DAY
    assert told(counter) == [], "not before it is shredded"
    keep_house(counter.settings, counter.engine, counter.events, counter.now)
    [mail] = told(counter)
    assert parsed(mail)["Subject"] == "Din sikre besked blev ikke åbnet"
    assert "blev slettet den 25. december 2026 uden at være åbnet af:\n\n  bo@vestby.example\n" in text(mail)
    assert told(counter) == []


def test_what_was_opened_neither_ends_unopened_nor_is_reminded_of(counter: Counter) -> None:
    counter.open(counter.seal(BO))
    told(counter)
    counter.now += 27 * DAY
    assert told(counter) == []
    counter.now += 3 * DAY
    keep_house(counter.settings, counter.engine, counter.events, counter.now)
    assert told(counter) == []


def second_link(letter: Letter, counter: Counter, address: str, *, notified: bool = True) -> Letter:
    """As `segl sealed resend` makes one; it opens nothing here, which no news looks at."""
    row = SealedRecipient(new_id(), address, Secret.new(), bytes(60))
    assert add_recipient(counter.engine, letter.message_id, row)
    if notified:
        mark_notified(counter.engine, row.id, counter.now, act=Act.RESENT)
    return Letter(letter.message_id, row.id, "", address)


def opened(counter: Counter, letter: Letter) -> None:
    with transaction(counter.engine) as connection:
        life.mark_opened(connection, letter.recipient_id, counter.now, actor=letter.recipient)


def test_several_recipients_are_told_of_in_one_mail_a_round(counter: Counter) -> None:
    letter = counter.seal(BO)
    eva, ib = (second_link(letter, counter, address) for address in (EVA, "ib@vestby.example"))
    opened(counter, letter)
    opened(counter, eva)
    [mail] = told(counter)
    assert {BO, EVA} == set(re.findall(r"^  (\S+@\S+),", text(mail), re.M))
    opened(counter, ib)
    [mail] = told(counter)
    assert re.findall(r"^  (\S+@\S+),", text(mail), re.M) == ["ib@vestby.example"]


def test_a_second_link_to_the_same_person_is_no_second_person(counter: Counter) -> None:
    letter = counter.seal(BO)
    counter.now += 10 * DAY
    again = second_link(letter, counter, BO)
    counter.now += 16 * DAY
    reminder, _ = told(counter)
    assert "Den kom den 5. december 2026." in text(reminder), "the latest notice"
    opened(counter, again)
    assert len(told(counter)) == 1
    opened(counter, letter)
    assert told(counter) == [], "she has opened it already"
    counter.now += 4 * DAY
    keep_house(counter.settings, counter.engine, counter.events, counter.now)
    assert told(counter) == []


def test_one_mail_that_was_sealed_twice_for_her_is_no_second_mail(counter: Counter) -> None:
    """Nobody knew whether the first notice went; both links work, and she opened one."""
    first, second = counter.seal(BO, mail="abc.1"), counter.seal(BO, mail="abc.1")
    counter.open(second)
    assert len(told(counter)) == 1
    counter.open(first)
    assert told(counter) == [], "she has opened it already"
    counter.now += 26 * DAY
    assert told(counter) == []
    counter.now += 8 * DAY
    keep_house(counter.settings, counter.engine, counter.events, counter.now)
    assert told(counter) == []


def test_of_a_mail_that_was_sealed_twice_and_not_opened_is_told_once_and_of_the_last(
    counter: Counter,
) -> None:
    counter.seal(BO, mail="abc.1")
    counter.seal(BO, mail="abc.1")
    counter.seal(EVA, mail="abc.1")
    counter.seal(EVA, mail="abc.1", days=31)
    counter.now += 25.5 * DAY
    assert sorted(mail.recipients[0] for mail in told(counter)) == sorted([BO, SENDER])
    counter.now += DAY
    assert sorted(mail.recipients[0] for mail in told(counter)) == sorted([EVA, SENDER])
    counter.now += 4 * DAY
    keep_house(counter.settings, counter.engine, counter.events, counter.now)
    [report] = told(counter)
    assert (BO in text(report), EVA in text(report)) == (True, False), "hers can be read a day longer"
    counter.now += DAY
    keep_house(counter.settings, counter.engine, counter.events, counter.now)
    [report] = told(counter)
    assert (BO in text(report), EVA in text(report)) == (False, True)


def test_a_recipient_who_never_got_a_notice_is_not_news(counter: Counter) -> None:
    letter = counter.seal(BO)
    second_link(letter, counter, EVA, notified=False)
    counter.now += 26 * DAY
    assert [mail.recipients for mail in told(counter)] == [(BO,), (SENDER,)]


@pytest.mark.parametrize("reply", ["451 4.3.0 not now", "421 4.3.2 closing"])
def test_what_certainly_did_not_go_is_tried_again(counter: Counter, reply: str) -> None:
    counter.open(counter.seal(BO))
    counter.return_port.rcpt_replies[SENDER] = reply
    assert told(counter) == []
    counter.return_port.rcpt_replies.clear()
    assert len(told(counter)) == 1


def test_of_a_mail_that_was_sealed_twice_too(counter: Counter) -> None:
    """Her other copy, or link, was left out because this one was to be told."""
    letter = counter.seal(BO, mail="abc.1")
    counter.seal(BO, mail="abc.1")
    second_link(letter, counter, BO)
    counter.now += 31 * DAY
    keep_house(counter.settings, counter.engine, counter.events, counter.now)
    counter.return_port.rcpt_replies[SENDER] = "451 4.3.0 not now"
    assert told(counter) == []
    counter.now += 120
    assert told(counter) == []
    counter.return_port.rcpt_replies.clear()
    assert len(told(counter)) == 1
    assert told(counter) == []


def test_a_reminder_that_did_not_go_is_tried_again_and_the_others_go(counter: Counter) -> None:
    letter = counter.seal(BO)
    second_link(letter, counter, EVA)
    counter.now += 26 * DAY
    counter.return_port.rcpt_replies[EVA] = "451 4.3.0 not now"
    assert sorted(mail.recipients[0] for mail in told(counter)) == sorted([BO, SENDER])
    counter.return_port.rcpt_replies.clear()
    assert sorted(mail.recipients[0] for mail in told(counter)) == sorted([EVA, SENDER])


def test_what_is_refused_for_good_is_not_tried_again(counter: Counter) -> None:
    counter.open(counter.seal(BO))
    counter.return_port.rcpt_replies[SENDER] = "550 5.1.1 no such user"
    assert told(counter) == []
    counter.return_port.rcpt_replies.clear()
    assert told(counter) == []


def test_of_whose_mailbox_takes_no_reminder_nobody_says_that_she_was_reminded(counter: Counter) -> None:
    letter = counter.seal(BO)
    second_link(letter, counter, EVA)
    counter.now += 26 * DAY
    counter.return_port.rcpt_replies[BO] = "550 5.1.1 no such user"
    to_eva, *reports = told(counter)
    assert (to_eva.recipients, [mail.recipients for mail in reports]) == ((EVA,), [(SENDER,)] * 2)
    of_bo, of_eva = sorted(map(text, reports), key=lambda words: EVA in words)
    assert (BO in of_bo, "Vi har mindet" in of_bo, "ikke mindet om den" in of_bo) == (True, False, True)
    assert (BO in of_eva, "Vi har mindet" in of_eva) == (False, True)
    [reminded] = [one for one in audit.entries(counter.engine) if one.act == Act.REMINDED]
    assert reminded.subject != letter.recipient_id
    assert told(counter) == [], "nor is it tried for ever"


def test_when_nobody_knows_whether_it_went_it_is_not_sent_twice(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process is killed after the claim: then the news is lost, not doubled."""
    counter.open(counter.seal(BO))
    news = news_of(counter)

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(type(counter.desk_port), "send", killed)
        with pytest.raises(KeyboardInterrupt):
            news.tell(counter.now)
    assert told(counter) == []


@pytest.mark.parametrize("fails", ["record_reminder", "give_back", "claim"])
def test_a_fault_of_the_store_in_the_middle_loses_nothing(
    counter: Counter, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    """Five are due, and the store fails once, at the second."""
    people = [f"r{number}@vestby.example" for number in range(5)]
    for one in people:
        counter.seal(one)
    counter.now += 26 * DAY
    if fails == "give_back":
        counter.return_port.rcpt_replies |= dict.fromkeys(people, "451 4.3.0 not now")
    really, calls = getattr(kept, fails), list[int]()

    def sometimes(*given: Any, **more: Any) -> Any:
        calls.append(1)
        if len(calls) == 2:
            raise StoreError("the store cannot be reached")
        return really(*given, **more)

    monkeypatch.setattr(kept, fails, sometimes)
    news = news_of(counter)
    counter.return_port.forget()
    news.tell(counter.now)
    counter.return_port.rcpt_replies.clear()
    news.tell(counter.now + 60)
    sent = [mail.recipients[0] for mail in counter.return_port.received]
    assert sorted(sent) == sorted([*people, *[SENDER] * 5])
    assert [entry.act for entry in audit.entries(counter.engine)].count(Act.REMINDED) == 5


def test_of_a_process_that_is_killed_in_the_middle_others_send_the_rest(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only what was in hand is lost: also of one mail to many."""
    letter = counter.seal("r0@vestby.example")
    for number in range(1, 5):
        second_link(letter, counter, f"r{number}@vestby.example")
    counter.now += 26 * DAY
    really, calls = type(counter.desk_port).send, list[int]()

    def killed(*given: Any, **more: Any) -> Any:
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return really(*given, **more)

    counter.return_port.forget()
    with monkeypatch.context() as patched:
        patched.setattr(type(counter.desk_port), "send", killed)
        with pytest.raises(KeyboardInterrupt):
            news_of(counter).tell(counter.now)
    news_of(counter).tell(counter.now + 60)
    sent = [mail.recipients[0] for mail in counter.return_port.received]
    assert len(set(sent) - {SENDER}) == 4


def test_who_opened_it_while_others_were_reminded_is_not(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    letters = [counter.seal(f"r{number}@vestby.example") for number in range(3)]
    counter.now += 26 * DAY
    really = kept.due

    def before_the_first(*given: Any, **more: Any) -> Any:
        found = really(*given, **more)
        with transaction(counter.engine) as connection:
            life.mark_opened(connection, letters[1].recipient_id, counter.now, actor="test")
        return found

    monkeypatch.setattr(kept, "due", before_the_first)
    sent = {mail.recipients[0] for mail in told(counter, tell_sender=["ending"])}
    assert sent == {SENDER, "r0@vestby.example", "r2@vestby.example"}


def test_two_nodes_do_not_both_tell(counter: Counter) -> None:
    for number in range(5):
        opened(counter, counter.seal(f"r{number}@vestby.example"))
    counter.return_port.forget()
    nodes = [threading.Thread(target=news_of(counter).tell, args=(counter.now,)) for _ in range(3)]
    for node in nodes:
        node.start()
    for node in nodes:
        node.join()
    assert len(counter.return_port.received) == 5


def test_what_the_house_does_not_want_told_is_not(counter: Counter) -> None:
    letter = counter.seal(BO)
    assert told(counter, tell_sender=[]) == []
    counter.now += 26 * DAY
    assert [mail.recipients for mail in told(counter, tell_sender=["opened"])] == [(BO,)]
    opened(counter, letter)
    assert told(counter, tell_sender=["ended"], reminder_days=0) == []
    counter.now += 8 * DAY
    assert told(counter) == [], "and old news is no news when it is turned on"


@pytest.mark.parametrize("sender", ["", "fremmed@andet.example"])
def test_nobody_and_strangers_are_told_nothing_but_recipients_are_reminded(
    counter: Counter, sender: str
) -> None:
    letter = counter.seal(BO, sender=sender)
    counter.now += 26 * DAY
    assert [mail.recipients for mail in told(counter)] == [(BO,)]
    opened(counter, letter)
    assert told(counter) == []


def test_english_houses_write_english(counter: Counter) -> None:
    counter.seal(BO)
    counter.now += 26 * DAY
    counter.return_port.forget()
    SealedNews(changed(counter.settings, "en"), counter.engine, counter.desk_port, counter.events).tell(
        counter.now
    )
    reminder, report = counter.return_port.received
    assert "Look in your inbox" in text(reminder)
    assert "has not been opened yet by:" in text(report)


def test_a_hostile_recipient_adds_nothing(counter: Counter) -> None:
    address = '"<b>x</b>\u2028, evil@evil.example"@vestby.example'
    letter = counter.seal(address)
    opened(counter, letter)
    [mail] = told(counter)
    assert b"evil" not in mail.content.partition(b"\r\n\r\n")[0]
    assert "\u2028" not in text(mail)


@pytest.mark.parametrize(
    ("days", "said"), [(0.2, "kun i dag"), (1, "en dag endnu"), (5, "5 dage endnu"), (-1, "kun i dag")]
)
def test_days_left(days: float, said: str) -> None:
    assert days_left(BEGIN + days * DAY, BEGIN, "da") == said


def test_housekeeping_takes_away_what_is_over(counter: Counter) -> None:
    counter.open(counter.seal(BO))
    counter.now += 2 * DAY
    counter.open(counter.seal(EVA))
    keep_house(counter.settings, counter.engine, counter.events, counter.now + 1.5 * DAY)
    with transaction(counter.engine) as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(portal_visit)) == 1
        scopes = set(connection.scalars(sa.select(portal_count.c.scope)))
        assert "failures" in scopes, "those of a message that lives"
        assert "network-codes" not in scopes
        mine = sealed_recipient.c.opened_at.is_not(None)
        assert connection.scalar(sa.select(sa.func.count()).select_from(sealed_recipient).where(mine)) == 2
