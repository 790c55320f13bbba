"""What a recipient does to open her message: ask for a code, and give it."""

from __future__ import annotations

import email
from email import policy
from pathlib import Path

import pytest

from segl.sealed import life
from segl.sealed.storage import StorageAway
from segl_portal.visits.browser import Browser
from segl_portal.visits.service import CodePromised, Denied, Opened
from world.at_once import at_once
from world.counter import CONTENT, Counter, Letter, wrong


def test_the_right_link_and_the_right_code_open_the_message(counter: Counter) -> None:
    letter, browser = counter.seal(), Browser.new()
    asked = counter.ask(browser, letter)
    assert isinstance(asked, CodePromised)
    assert asked.minutes == 15
    opened = counter.give(browser, letter, counter.code())
    assert isinstance(opened, Opened)
    with opened.content as content:
        assert b"".join(content.chunks()) == CONTENT
    assert (opened.sender, opened.recipient) == ("anna@nordby-vand.example", "bo@vestby.example")
    assert (opened.message_id, opened.recipient_id) == (letter.message_id, letter.recipient_id)


def test_the_code_goes_to_the_recipients_own_address_and_names_the_reference(counter: Counter) -> None:
    asked = counter.ask(Browser.new(), counter.seal())
    assert isinstance(asked, CodePromised)
    [mail] = counter.return_port.received
    assert (mail.sender, mail.recipients) == ("sikker-besked@nordby-vand.example", ("bo@vestby.example",))
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
        assert isinstance(counter.ask(browser, letter), CodePromised)
        code = counter.code()
        assert [counter.give(browser, letter, wrong(code)) for _ in range(5)] == [Denied.WRONG] * 5
    assert counter.ask(browser, letter) is Denied.TOO_MANY
    counter.now += 5 * 86400
    assert counter.ask(Browser.new(), letter) is Denied.TOO_MANY
    assert closed == [(letter.message_id, letter.recipient)] * 2
    until = counter.now + 60 * 86400
    assert life.extend(counter.engine, letter.message_id, until, counter.now, actor="test")
    assert isinstance(counter.ask(Browser.new(), letter), CodePromised), "the postmaster has opened it again"


def test_what_wrong_tries_have_closed_is_opened_again_whatever_the_new_last_day_is(counter: Counter) -> None:
    """Codes are tried on the day the mail came, and thirty days are what every message has."""
    letter = counter.seal(days=30)
    day_30, day_31 = counter.now + 30 * 86400, counter.now + 31 * 86400
    for until in (day_30, day_30, day_31, day_30):
        for _ in range(3):
            browser = Browser.new()
            assert isinstance(counter.ask(browser, letter), CodePromised)
            code = counter.code()
            assert [counter.give(browser, letter, wrong(code)) for _ in range(5)] == [Denied.WRONG] * 5
            counter.now += 3601
        assert counter.ask(browser, letter) is Denied.TOO_MANY
        assert life.extend(counter.engine, letter.message_id, until, counter.now, actor="test")
    assert isinstance(counter.ask(Browser.new(), letter), CodePromised)


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

    def guess(number: int) -> object:
        return counter.give(browser, letter, f"{(int(code) + 1 + number) % 10**8:08d}")

    answers = at_once(guess, range(20))
    assert sorted(map(str, answers)) == sorted([str(Denied.WRONG)] * 5 + [str(Denied.TOO_MANY)] * 15)


def test_the_right_code_sent_twenty_times_at_once_opens_each_time(counter: Counter) -> None:
    """A finger on the button of a slow page, or a telephone that sends again what got no answer."""
    letter, browser = counter.seal(), Browser.new()
    counter.ask(browser, letter)
    code = counter.code()
    answers = at_once(lambda _: counter.give(browser, letter, code), range(20))
    assert {type(answer) for answer in answers} == {Opened}


def test_the_right_code_is_no_try_while_the_file_is_away(counter: Counter) -> None:
    letter, browser = counter.seal(), Browser.new()
    counter.ask(browser, letter)
    code = counter.code()
    file = counter.directory.path(letter.message_id)
    file.rename(file.with_suffix(".away"))
    try:
        assert {counter.give(browser, letter, code) for _ in range(8)} == {Denied.BUSY}
    finally:
        file.with_suffix(".away").rename(file)
    assert isinstance(counter.give(browser, letter, code), Opened)


def test_odd_ids_are_ids_that_nobody_has(counter: Counter) -> None:
    for odd in ("", "x", "A" * 32, "0" * 32, "../" * 40, "\udcff" * 3, "f" * 100_000):
        letter = Letter("", odd, "L" * 43, "")
        browser = Browser.new()
        assert isinstance(counter.ask(browser, letter), CodePromised)
        assert counter.give(browser, letter, "12345678") is Denied.WRONG
        assert counter.visit(browser, letter) is None
        counter.desk.leave(browser, odd)
