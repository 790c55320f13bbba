"""On a computer that several use: whoever had the browser before may have noted its cookie, and reads nothing by it."""

from __future__ import annotations

import pytest

from segl_portal.visits.browser import Browser
from segl_portal.visits.service import CodePromised, Denied, Opened
from world.counter import Counter, Letter, wrong


def noted(browser: Browser) -> Browser:
    """The browser as somebody plays it who noted the cookie that it had before a code was given."""
    again = Browser.of_cookie(browser.cookie)
    assert again is not None
    return again


def test_the_cookie_from_before_opens_nothing(counter: Counter) -> None:
    letter, browser = counter.seal(), Browser.new()
    stranger = noted(browser)
    counter.open(letter, browser)
    assert counter.visit(stranger, letter) is None
    assert counter.visit(browser, letter) is not None


def test_nor_does_it_when_he_read_a_message_of_his_own_in_it(counter: Counter) -> None:
    his, hers, browser = counter.seal("eva@vestby.example"), counter.seal(), Browser.new()
    counter.open(his, browser)
    stranger = noted(browser)
    stranger.reading = {letter.recipient_id: browser.reading[his.recipient_id] for letter in (his, hers)}
    counter.open(hers, browser)
    assert counter.visit(stranger, his) is not None
    assert counter.visit(stranger, hers) is None


def test_nor_may_he_ask_for_a_code_of_hers_or_take_the_link(counter: Counter) -> None:
    letter, browser = counter.seal(), Browser.new()
    stranger = noted(browser)
    counter.open(letter, browser)
    counter.return_port.forget()
    asked = counter.desk.ask(stranger, letter.recipient_id, "", network="192.0.2.7", language="da")
    assert isinstance(asked, CodePromised), "as everybody"
    assert counter.posting.flush()
    assert not counter.return_port.received
    assert counter.visit(stranger, letter) is None


@pytest.mark.parametrize("link", ["", "A" * 43], ids=["without a link", "with a wrong one"])
def test_nor_can_he_end_what_she_reads(counter: Counter, link: str) -> None:
    """By asking for a code in her browser's name, or by closing the message in it."""
    letter, browser = counter.seal(), Browser.new()
    stranger = noted(browser)
    counter.open(letter, browser)
    counter.desk.ask(stranger, letter.recipient_id, link, network="192.0.2.7", language="da")
    assert counter.visit(browser, letter) is not None
    counter.desk.leave(stranger, letter.recipient_id)
    assert counter.visit(browser, letter) is not None
    counter.desk.leave(browser, letter.recipient_id)
    assert counter.visit(browser, letter) is None


def test_whoever_lost_the_second_cookie_has_a_code_by_the_right_link(counter: Counter) -> None:
    letter, browser = counter.seal(), Browser.new()
    counter.open(letter, browser)
    again = noted(browser)
    counter.return_port.forget()
    counter.ask(again, letter)
    assert isinstance(counter.give(again, letter, counter.code()), Opened)


def test_a_form_that_is_sent_twice_opens_twice_though_nothing_came_back_yet(counter: Counter) -> None:
    letter, browser = counter.seal(), Browser.new()
    counter.ask(browser, letter)
    code = counter.code()
    for each in (noted(browser), noted(browser)):
        assert isinstance(counter.give(each, letter, code), Opened)
        assert counter.visit(each, letter) is not None


def test_a_code_that_was_given_is_guessed_at_no_more_often_than_one_that_was_not(counter: Counter) -> None:
    letter, browser = counter.seal(), Browser.new()
    counter.ask(browser, letter)
    code = counter.code()
    stranger = noted(browser)
    assert isinstance(counter.give(browser, letter, code), Opened)
    tries = counter.settings.portal.code_tries
    guesses = [counter.give(stranger, letter, each) for each in [*[wrong(code)] * tries, code]]
    assert guesses == [Denied.EXPIRED] * (tries + 1)
    assert counter.visit(browser, letter) is not None, "it shuts her out of nothing"


@pytest.mark.parametrize("given", [True, False], ids=["with the link", "without it"])
def test_whoever_reads_may_ask_for_a_new_code_and_reads_on(counter: Counter, given: bool) -> None:
    letter, browser = counter.seal(), Browser.new()
    counter.open(letter, browser)
    counter.return_port.forget()
    asked = Letter(letter.message_id, letter.recipient_id, letter.link if given else "", letter.recipient)
    assert isinstance(counter.ask(browser, asked), CodePromised)
    assert counter.visit(browser, letter) is not None
    assert isinstance(counter.give(browser, letter, counter.code()), Opened)
    assert counter.visit(browser, letter) is not None


def test_whoever_lost_the_second_cookie_is_asked_for_the_link_again(counter: Counter) -> None:
    """A browser keeps so many cookies of a site, and drops others."""
    letter, browser = counter.seal(), Browser.new()
    counter.open(letter, browser)
    assert counter.desk.pending(browser, letter.recipient_id) is not None
    assert counter.desk.pending(noted(browser), letter.recipient_id) is None
