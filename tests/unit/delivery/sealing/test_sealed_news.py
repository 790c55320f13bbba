"""What senders are told of their sealed messages, and how recipients are reminded: once, truly, and without a link."""

from __future__ import annotations

import re

import pytest
import sqlalchemy as sa

from segl import audit
from segl.audit import Act
from segl.sealed.revocation import house_secret, revocation_hash, revocation_secret
from segl.store.engine import transaction
from segl.tables.sealed import portal_count, portal_visit, sealed_message, sealed_recipient
from segl_delivery.housekeeping import keep_house
from segl_delivery.sealing.news import SealedNews, days_left
from segl_portal.visits.browser import Browser
from world.counter import Counter
from world.desk import DOMAIN, SENDER
from world.sealed_news import BEGIN, BO, DAY, EVA, changed, opened, parsed, second_link, text, told

pytestmark = pytest.mark.usefixtures("both_stores", "danish_time")


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
    assert (reminder.sender, reminder.recipients) == ("sikker-besked@nordby-vand.example", (BO,))
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
    assert counter.revoking.revoke(found[1], found[2])
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


def test_what_the_house_does_not_want_told_is_not(counter: Counter) -> None:
    letter = counter.seal(BO)
    assert told(counter, tell_sender=[]) == []
    counter.now += 26 * DAY
    assert [mail.recipients for mail in told(counter, tell_sender=["opened"])] == [(BO,)]
    opened(counter, letter)
    assert told(counter, tell_sender=["ended"], reminder_days=0) == []
    counter.now += 8 * DAY
    assert told(counter) == [], "and old news is no news when it is turned on"


@pytest.mark.parametrize(
    ("sender", "who", "reply_to"),
    [
        ("", "Nordby Vandværk har sendt dig en besked.", None),
        (
            "fremmed@andet.example",
            "Nordby Vandværk har sendt en besked fra fremmed@andet.example videre til dig.",
            "fremmed@andet.example",
        ),
        (f"liste-bounces+bo=kunde.example@{DOMAIN}", "Nordby Vandværk har sendt dig en besked.", None),
    ],
)
def test_nobody_strangers_and_the_program_of_a_list_are_told_nothing_but_recipients_are_reminded(
    counter: Counter, sender: str, who: str, reply_to: str | None
) -> None:
    letter = counter.seal(BO, sender=sender)
    counter.now += 26 * DAY
    [reminder] = told(counter)
    assert reminder.recipients == (BO,)
    assert parsed(reminder)["Reply-To"] == reply_to
    assert f"\n{who}\n" in text(reminder)
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
