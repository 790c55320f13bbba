"""A message that is open in a browser: for how long, what ends it, and what of it is written down."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

from segl.audit import Act, entries
from segl.errors import StoreError
from segl.sealed import life
from segl.sealed.directory import LocalFile, SealedDirectory
from segl.sealed.keys import Secret
from segl.store.engine import transaction
from segl.tables.sealed import portal_visit, sealed_message, sealed_recipient
from segl_portal.visits.browser import Browser
from segl_portal.visits.service import CodePromised, Denied, Opened
from world.counter import Counter, wrong


def test_an_open_message_can_be_visited_until_the_browser_leaves(counter: Counter) -> None:
    letter = counter.seal()
    browser, _ = counter.open(letter)
    opened = counter.visit(browser, letter)
    assert opened is not None
    assert opened.content.read(0, 4) == b"From"
    assert counter.visit(Browser.new(), letter) is None
    counter.desk.leave(browser, letter.recipient_id)
    assert counter.visit(browser, letter) is None


def test_a_clock_set_back_keeps_no_visit_open_and_no_code_good(counter: Counter) -> None:
    """Else what was to end in half an hour would last for as long as the clock was ahead."""
    letter, other = counter.seal(), counter.seal()
    browser, _ = counter.open(letter)
    counter.ask(browser, other)
    code = counter.code()
    counter.now -= 86_400
    assert counter.visit(browser, letter) is None
    assert counter.give(browser, other, code) is Denied.EXPIRED
    assert isinstance(counter.open(letter)[1], Opened)


@pytest.mark.parametrize(("back", "goes_on"), [(86_400.0, False), (1800.0, True), (-60.0, True)])
def test_nor_does_it_come_back_when_the_time_has_caught_up(
    counter: Counter, back: float, goes_on: bool
) -> None:
    """A day later, in a browser that was left open. (Segl's housekeeping looks each hour.)"""
    letter = counter.seal()
    browser, _ = counter.open(letter)
    counter.now -= back
    life.sweep_portal(counter.engine, counter.now)
    counter.now += back
    assert (counter.visit(browser, letter) is not None) is goes_on


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


def test_nor_when_it_cannot_begin_and_the_code_stays_good(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    letter, browser = counter.seal(), Browser.new()
    counter.ask(browser, letter)
    code = counter.code()

    def fails(*_: object, **__: object) -> None:
        raise StoreError("not now", "the store is away")

    with monkeypatch.context() as patch:
        patch.setattr("segl.sealed.life.mark_opened", fails)
        with pytest.raises(StoreError) as caught:
            counter.give(browser, letter, code)
        assert (open_files(letter.message_id), caught.value.public) == (0, "not now")
    opened = counter.give(browser, letter, code)
    assert isinstance(opened, Opened)
    opened.content.close()


def open_files(message_id: str) -> int:
    """How many files of the sealed message this process has open."""
    links = [str(fd.readlink()) for fd in Path("/proc/self/fd").iterdir() if fd.is_symlink()]
    return sum(message_id in link for link in links)


def test_a_code_that_was_asked_for_opens_nothing_by_itself(counter: Counter) -> None:
    letter, browser = counter.seal(), Browser.new()
    counter.ask(browser, letter)
    assert counter.visit(browser, letter) is None


def test_a_code_that_has_opened_opens_nothing_again(counter: Counter) -> None:
    """Not even in the browser it was for, while it would be good by its time."""
    letter, browser = counter.seal(), Browser.new()
    counter.ask(browser, letter)
    code = counter.code()
    assert isinstance(counter.give(browser, letter, code), Opened)
    with transaction(counter.engine) as connection:  # the visit lapses
        connection.execute(portal_visit.update().values(open_until=counter.now + 1))
    counter.now += 2
    assert counter.give(browser, letter, code) is Denied.EXPIRED
    assert counter.visit(browser, letter) is None


def test_a_code_that_another_took_the_place_of_meanwhile_opens_nothing(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    letter, browser = counter.seal(), Browser.new()
    counter.ask(browser, letter)
    code = counter.code()
    opens = type(counter.directory).open

    def slowly(directory: SealedDirectory, message_id: str) -> LocalFile:
        monkeypatch.undo()
        counter.ask(browser, letter)
        return opens(directory, message_id)

    monkeypatch.setattr(SealedDirectory, "open", slowly)
    before = open_files(letter.message_id)
    assert counter.give(browser, letter, code) is Denied.EXPIRED
    assert open_files(letter.message_id) == before
    assert counter.visit(browser, letter) is None
    assert isinstance(counter.give(browser, letter, counter.code()), Opened)


def test_the_right_code_says_no_more_than_a_wrong_one_of_what_is_gone(counter: Counter) -> None:
    letter, browser = counter.seal(), Browser.new()
    counter.ask(browser, letter)
    code = counter.code()
    with transaction(counter.engine) as connection:  # between the code's being sent and its being given
        mine = sealed_recipient.update().where(sealed_recipient.c.id == letter.recipient_id)
        connection.execute(mine.values(server_secret=None))
    assert counter.give(browser, letter, wrong(code)) is Denied.WRONG
    assert counter.give(browser, letter, code) is Denied.WRONG


def test_who_reads_across_the_limit_of_a_visit_begins_a_new_one_with_a_new_code(counter: Counter) -> None:
    letter = counter.seal()
    browser, _ = counter.open(letter)
    began = counter.now
    for _ in range(17):
        counter.now += 2400
        assert counter.visit(browser, letter) is not None
    assert isinstance(counter.ask(browser, letter), CodePromised), "still open, at 11.20"
    code = counter.code()
    counter.now = began + 12 * 3600 + 60
    assert counter.visit(browser, letter) is None
    assert counter.give(browser, letter, wrong(code)) in (Denied.WRONG, Denied.EXPIRED), "no code, no page"
    assert isinstance(counter.ask(browser, letter), CodePromised)
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
    assert isinstance(counter.ask(Browser.new(), letter), CodePromised), "the page learns nothing of it"
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
        assert not counter.revoking.revoke(message_id, secret)
    assert counter.revoking.revoke(letter.message_id, "hemmelig")
    assert counter.revoking.revoke(letter.message_id, "hemmelig"), "it is still so when it is said again"
    assert not counter.directory.path(letter.message_id).exists()
    browser = Browser.new()
    assert isinstance(counter.ask(browser, letter), CodePromised)
    assert counter.return_port.received == []
