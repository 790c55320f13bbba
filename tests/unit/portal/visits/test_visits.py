"""What a recipient can do with her link: ask for a code, give it, read, leave."""

from __future__ import annotations

import email
import threading
from collections.abc import Iterator
from email import policy
from hashlib import sha256
from pathlib import Path

import pytest

from segl.audit import Act, entries
from segl.errors import StoreError
from segl.sealed import life
from segl.sealed.keys import Secret
from segl.sealed.storage import StorageAway
from segl.store.engine import transaction
from segl.tables.sealed import portal_visit, sealed_message, sealed_recipient
from segl_portal.visits.browser import Browser
from segl_portal.visits.service import Asked, Denied, Opened
from world import stores
from world.counter import CONTENT, Counter, Letter


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def shared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counter]:
    server = request.getfixturevalue("postgresql") if request.param == "postgresql" else None
    with stores.on(server), Counter(tmp_path_factory.mktemp("counter")) as counter:
        yield counter


@pytest.fixture
def counter(shared: Counter) -> Counter:
    shared.return_port.forget()
    shared.now += 7200  # so that no test meets the counts of another
    return shared


def test_the_right_link_and_the_right_code_open_the_message(counter: Counter) -> None:
    letter, browser = counter.seal(), Browser.new()
    asked = counter.ask(browser, letter)
    assert isinstance(asked, Asked)
    assert asked.minutes == 15
    opened = counter.give(browser, letter, counter.code())
    assert isinstance(opened, Opened)
    with opened.content as content:
        assert b"".join(content.chunks()) == CONTENT
    assert (opened.sender, opened.recipient) == ("anna@nordby-vand.example", "bo@vestby.example")
    assert (opened.message_id, opened.recipient_id) == (letter.message_id, letter.recipient_id)


def test_the_code_goes_to_the_recipients_own_address_and_names_the_reference(counter: Counter) -> None:
    asked = counter.ask(Browser.new(), counter.seal())
    assert isinstance(asked, Asked)
    [mail] = counter.return_port.received
    assert (mail.sender, mail.recipients) == ("<>", ("bo@vestby.example",))
    message = email.message_from_bytes(mail.content, policy=policy.default)
    assert message["From"] == "Nordby Vandværk <sikker-besked@nordby-vand.example>"
    assert message["Subject"] == f"Din kode til den sikre besked ({asked.reference})"
    assert message["Auto-Submitted"] == "auto-generated"
    text = str(message.get_content())
    assert text.startswith("Din kode er ")
    assert f"samme reference som her: {asked.reference}." in text
    assert counter.code() not in message["Subject"]


def test_the_mail_speaks_the_pages_language(counter: Counter) -> None:
    counter.ask(Browser.new(), counter.seal(), language="en")
    assert b"Your code is" in counter.return_port.received[0].content


def test_the_code_comes_from_where_the_notice_came(tmp_path: Path) -> None:
    look = {"domains": ["nordby-vand.example"], "name": "Vandet", "notice_from": "post@nordby-vand.example"}
    with Counter(tmp_path, look=[look]) as counter:
        counter.ask(Browser.new(), counter.seal())
        [mail] = counter.return_port.received
        message = email.message_from_bytes(mail.content, policy=policy.default)
        assert message["From"] == "Vandet <post@nordby-vand.example>"
        assert "Ingen fra Vandet" in str(message.get_content())


@pytest.mark.parametrize(
    "form", ["{0} {1}", " {0}-{1} ", "{0}.{1}\n", "{0}{1}"], ids=["blank", "dash", "dot", "bare"]
)
def test_a_code_may_be_typed_as_people_do(counter: Counter, form: str) -> None:
    letter, browser = counter.seal(), Browser.new()
    counter.ask(browser, letter)
    code = counter.code()
    assert isinstance(counter.give(browser, letter, form.format(code[:4], code[4:])), Opened)


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**8:08d}"


def test_a_code_bears_five_wrong_tries(counter: Counter) -> None:
    letter, browser = counter.seal(), Browser.new()
    counter.ask(browser, letter)
    code = counter.code()
    assert [counter.give(browser, letter, wrong(code)) for _ in range(5)] == [Denied.WRONG] * 5
    assert counter.give(browser, letter, code) is Denied.TOO_MANY
    counter.ask(browser, letter)
    assert isinstance(counter.give(browser, letter, counter.code()), Opened)


def test_what_is_no_code_is_no_try(counter: Counter) -> None:
    letter, browser = counter.seal(), Browser.new()
    counter.ask(browser, letter)
    for text in ("", "1234567", "123456789", "abcdefgh", "1" * 10_000, "½" * 8, "①" * 7):
        assert counter.give(browser, letter, text) is Denied.WRONG
    assert isinstance(counter.give(browser, letter, counter.code()), Opened)


def test_all_codes_of_a_copy_together_bear_fifteen_wrong_tries_as_long_as_it_lives(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    closed: list[tuple[str, str]] = []
    monkeypatch.setattr(counter.events, "codes_exhausted", lambda *about: closed.append(about))
    letter = counter.seal()
    for _ in range(3):
        browser = Browser.new()
        assert isinstance(counter.ask(browser, letter), Asked)
        code = counter.code()
        assert [counter.give(browser, letter, wrong(code)) for _ in range(5)] == [Denied.WRONG] * 5
    assert counter.ask(browser, letter) is Denied.TOO_MANY
    counter.now += 5 * 86400
    assert counter.ask(Browser.new(), letter) is Denied.TOO_MANY
    assert closed == [(letter.message_id, letter.recipient)] * 2
    until = counter.now + 60 * 86400
    assert life.extend(counter.engine, letter.message_id, until, counter.now, actor="test")
    assert isinstance(counter.ask(Browser.new(), letter), Asked), "the postmaster has opened it again"


def test_what_wrong_tries_have_closed_is_opened_again_whatever_the_new_last_day_is(counter: Counter) -> None:
    """Codes are tried on the day the mail came, and thirty days are what every message has."""
    letter = counter.seal(days=30)
    day_30, day_31 = counter.now + 30 * 86400, counter.now + 31 * 86400
    for until in (day_30, day_30, day_31, day_30):
        for _ in range(3):
            browser = Browser.new()
            assert isinstance(counter.ask(browser, letter), Asked)
            code = counter.code()
            assert [counter.give(browser, letter, wrong(code)) for _ in range(5)] == [Denied.WRONG] * 5
            counter.now += 3601
        assert counter.ask(browser, letter) is Denied.TOO_MANY
        assert life.extend(counter.engine, letter.message_id, until, counter.now, actor="test")
    assert isinstance(counter.ask(Browser.new(), letter), Asked)


def test_a_sealed_file_that_is_damaged_opens_nothing(counter: Counter) -> None:
    letter, browser = counter.seal(), Browser.new()
    counter.ask(browser, letter)
    file = counter.directory.path(letter.message_id)
    whole, code = file.read_bytes(), counter.code()
    file.write_bytes(whole[:-1])
    assert counter.give(browser, letter, code) is Denied.BUSY
    assert counter.visit(browser, letter) is None
    file.write_bytes(whole)
    assert isinstance(counter.give(browser, letter, code), Opened), "a disk that was away costs nobody a code"
    file.rename(file.with_suffix(".away"))
    with pytest.raises(StorageAway):
        counter.visit(browser, letter)
    assert counter.give(browser, letter, code) is Denied.BUSY
    file.with_suffix(".away").rename(file)
    assert counter.visit(browser, letter) is not None, "nor her place in it"
    file.unlink()
    life.revoke(counter.engine, counter.directory, letter.message_id, counter.now, actor="test")
    assert counter.visit(browser, letter) is None, "what is over is over"


def test_a_code_that_fits_gives_its_try_back(counter: Counter) -> None:
    letter = counter.seal()
    for _ in range(3):
        for _ in range(6):
            counter.open(letter)
        counter.now += 3601


def test_a_right_code_is_not_right_for_a_second_browser(counter: Counter) -> None:
    letter, browser, thief = counter.seal(), Browser.new(), Browser.new()
    counter.ask(browser, letter)
    code = counter.code()
    assert counter.give(thief, letter, code) is Denied.EXPIRED
    counter.ask(thief, letter)
    assert counter.give(thief, letter, code) is Denied.WRONG
    assert isinstance(counter.give(browser, letter, code), Opened)


def test_a_code_lives_fifteen_minutes(counter: Counter) -> None:
    letter, browser = counter.seal(), Browser.new()
    counter.ask(browser, letter)
    counter.now += 15 * 60
    assert counter.give(browser, letter, counter.code()) is Denied.EXPIRED


def test_only_the_latest_code_of_a_browser_is_good(counter: Counter) -> None:
    letter, browser = counter.seal(), Browser.new()
    counter.ask(browser, letter)
    first = counter.code()
    counter.ask(browser, letter)
    assert counter.give(browser, letter, first) is Denied.WRONG
    assert isinstance(counter.give(browser, letter, counter.code()), Opened)


def test_a_code_works_once_but_the_same_form_may_be_sent_twice(counter: Counter) -> None:
    letter, browser = counter.seal(), Browser.new()
    counter.ask(browser, letter)
    code = counter.code()
    assert isinstance(counter.give(browser, letter, code), Opened)
    assert isinstance(counter.give(browser, letter, code), Opened), "the browser has it open already"
    counter.desk.leave(browser, letter.recipient_id)
    assert counter.give(browser, letter, code) is Denied.EXPIRED


def test_twenty_guesses_at_once_are_no_more_than_five(counter: Counter) -> None:
    letter, browser = counter.seal(), Browser.new()
    counter.ask(browser, letter)
    code = counter.code()
    answers: list[object] = []

    def guess(number: int) -> None:
        answers.append(counter.give(browser, letter, f"{(int(code) + 1 + number) % 10**8:08d}"))

    threads = [threading.Thread(target=guess, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(str, answers)) == sorted([str(Denied.WRONG)] * 5 + [str(Denied.TOO_MANY)] * 15)


def test_an_open_message_can_be_visited_until_the_browser_leaves(counter: Counter) -> None:
    letter = counter.seal()
    browser, _ = counter.open(letter)
    opened = counter.visit(browser, letter)
    assert opened is not None
    assert opened.content.read(0, 4) == b"From"
    assert counter.visit(Browser.new(), letter) is None
    counter.desk.leave(browser, letter.recipient_id)
    assert counter.visit(browser, letter) is None


def test_no_file_stays_open_when_a_visit_cannot_be_prolonged(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    letter = counter.seal()
    browser, _ = counter.open(letter)
    counter.now += 1800

    def fails(*_: object) -> None:
        raise StoreError("not now", "the store is away")

    monkeypatch.setattr("segl_portal.visits.rows.prolong", fails)
    before = open_files(letter.message_id)
    with pytest.raises(StoreError):
        counter.visit(browser, letter)
    assert open_files(letter.message_id) == before


def open_files(message_id: str) -> int:
    """How many files of the sealed message this process has open."""
    links = [str(fd.readlink()) for fd in Path("/proc/self/fd").iterdir() if fd.is_symlink()]
    return sum(message_id in link for link in links)


def test_a_code_that_was_asked_for_opens_nothing_by_itself(counter: Counter) -> None:
    letter, browser = counter.seal(), Browser.new()
    counter.ask(browser, letter)
    assert counter.visit(browser, letter) is None


def test_who_reads_across_the_limit_of_a_visit_begins_a_new_one_with_a_new_code(counter: Counter) -> None:
    letter = counter.seal()
    browser, _ = counter.open(letter)
    began = counter.now
    for _ in range(17):
        counter.now += 2400
        assert counter.visit(browser, letter) is not None
    assert isinstance(counter.ask(browser, letter), Asked), "still open, at 11.20"
    code = counter.code()
    counter.now = began + 12 * 3600 + 60
    assert counter.visit(browser, letter) is None
    assert counter.give(browser, letter, wrong(code)) in (Denied.WRONG, Denied.EXPIRED), "no code, no page"
    assert isinstance(counter.ask(browser, letter), Asked)
    assert counter.visit(browser, letter) is None, "asking opens nothing"
    assert counter.give(browser, letter, wrong(counter.code())) is Denied.WRONG
    assert isinstance(counter.give(browser, letter, counter.code()), Opened)
    assert counter.visit(browser, letter) is not None, "and what is called open is"


def test_a_code_given_near_the_limit_of_a_visit_is_good_for_a_whole_one(counter: Counter) -> None:
    letter = counter.seal()
    browser, _ = counter.open(letter)
    began = counter.now
    while counter.now < began + 11.3 * 3600:
        counter.now += 2400
        counter.visit(browser, letter)
    counter.ask(browser, letter)
    code = counter.code()
    with transaction(counter.engine) as connection:  # the visit lapses before the code is typed
        connection.execute(portal_visit.update().values(open_until=counter.now + 30))
    counter.now += 60
    assert isinstance(counter.give(browser, letter, code), Opened)
    counter.now = began + 12 * 3600 + 60
    assert counter.visit(browser, letter) is not None


def test_a_visit_ends_an_hour_after_the_last_request_and_after_twelve_in_all(counter: Counter) -> None:
    letter = counter.seal()
    browser, _ = counter.open(letter)
    began = counter.now
    while counter.now < began + 11.5 * 3600:
        counter.now += 1800
        assert counter.visit(browser, letter) is not None
    counter.now = began + 12 * 3600
    assert counter.visit(browser, letter) is None
    browser, _ = counter.open(letter)
    counter.now += 3600
    assert counter.visit(browser, letter) is None


def test_one_browser_may_have_several_messages_open(counter: Counter) -> None:
    one, two, browser = counter.seal(), counter.seal("eva@vestby.example"), Browser.new()
    counter.open(one, browser)
    counter.open(two, browser)
    for letter in (one, two):
        opened = counter.visit(browser, letter)
        assert opened is not None
        assert opened.recipient == letter.recipient


def test_what_is_revoked_or_expired_while_it_is_read_closes(counter: Counter) -> None:
    letter, other = counter.seal(), counter.seal(days=1)
    browser, _ = counter.open(letter)
    second, _ = counter.open(other)
    assert life.revoke(counter.engine, counter.directory, letter.message_id, counter.now, actor="test")
    assert counter.visit(browser, letter) is None
    counter.now += 86400
    assert counter.visit(second, other) is None


def test_the_store_alone_neither_opens_what_is_read_nor_tells_the_code(counter: Counter) -> None:
    letter, browser = counter.seal(), Browser.new()
    counter.ask(browser, letter)
    code = counter.code()
    with transaction(counter.engine) as connection:
        row = connection.execute(portal_visit.select().where(portal_visit.c.browser == browser.id)).one()
    kept = b"".join(bytes(value) for value in row if isinstance(value, bytes))
    for secret in (Secret.from_text(letter.link).reveal(), letter.link.encode(), code.encode()):
        assert secret not in kept
    guessed = Browser(row.browser)  # what a thief has in place of the token
    assert guessed.code_mac(letter.recipient_id, code) != row.code_mac


def test_the_trail_tells_what_was_done(counter: Counter) -> None:
    letter = counter.seal()
    _, opened = counter.open(letter)
    counter.desk.downloaded(opened, "file")
    trail = list(entries(counter.engine, subject=letter.recipient_id))
    assert [entry.act for entry in trail] == [Act.NOTIFIED, Act.CODE_SENT, Act.OPENED, Act.DOWNLOADED]
    assert {entry.actor for entry in trail[1:]} == {"bo@vestby.example"}
    with transaction(counter.engine) as connection:
        at = connection.scalar(
            sealed_recipient.select()
            .with_only_columns(sealed_recipient.c.opened_at)
            .where(sealed_recipient.c.id == letter.recipient_id)
        )
    assert at == counter.now


def test_a_code_that_cannot_be_sent_is_not_in_the_trail(counter: Counter) -> None:
    letter = counter.seal("vaek@vestby.example")
    counter.return_port.rcpt_replies["vaek@vestby.example"] = "550 5.1.1 no such user"
    assert isinstance(counter.ask(Browser.new(), letter), Asked), "the page learns nothing of it"
    acts = [entry.act for entry in entries(counter.engine, subject=letter.recipient_id)]
    assert acts == [Act.NOTIFIED]


def test_the_senders_link_revokes(counter: Counter) -> None:
    letter = counter.seal()
    with transaction(counter.engine) as connection:
        connection.execute(
            sealed_message.update()
            .where(sealed_message.c.id == letter.message_id)
            .values(revoke_hash=sha256(b"hemmelig").digest())
        )
    for message_id, secret in (
        (letter.message_id, "forkert"),
        (letter.message_id, ""),
        ("0" * 32, "hemmelig"),
        ("x", "hemmelig"),
        (counter.seal().message_id, "hemmelig"),
    ):
        assert not counter.desk.revoke(message_id, secret)
    assert counter.desk.revoke(letter.message_id, "hemmelig")
    assert not counter.desk.revoke(letter.message_id, "hemmelig"), "it is gone already"
    assert not counter.directory.path(letter.message_id).exists()
    browser = Browser.new()
    assert isinstance(counter.ask(browser, letter), Asked)
    assert counter.return_port.received == []


def test_odd_ids_are_ids_that_nobody_has(counter: Counter) -> None:
    for odd in ("", "x", "A" * 32, "0" * 32, "../" * 40, "\udcff" * 3, "f" * 100_000):
        letter = Letter("", odd, "L" * 43, "")
        browser = Browser.new()
        assert isinstance(counter.ask(browser, letter), Asked)
        assert counter.give(browser, letter, "12345678") is Denied.WRONG
        assert counter.visit(browser, letter) is None
        counter.desk.leave(browser, odd)
