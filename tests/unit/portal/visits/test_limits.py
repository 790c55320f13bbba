"""Limits: what may be asked how often, for all processes together, and nothing of it a lock for strangers to turn."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from segl.sealed.keys import Secret
from segl.settings.portal import PortalLimits
from segl_portal.visits.browser import Browser
from segl_portal.visits.limits import Rules, network_of
from segl_portal.visits.service import CodePromised, Denied, Opened
from world.counter import Counter, Letter

pytestmark = pytest.mark.usefixtures("both_stores")


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Counter]:
    few = {
        "codes_an_hour": 3,
        "codes_a_day": 5,
        "address_an_hour": 6,
        "all_an_hour": 10,
        "network_codes_an_hour": 20,
        "network_tries_an_hour": 12,
    }
    with Counter(tmp_path, limits=few) as counter:
        counter.now = 1_800_000_000.0  # the beginning of an hour and of a day, near enough
        counter.now -= counter.now % 86400
        yield counter


def asks(counter: Counter, letter: Letter, times: int, network: str = "192.0.2.7") -> list[object]:
    answers = [counter.ask(Browser.new(), letter, network=network) for _ in range(times)]
    return ["code" if isinstance(answer, CodePromised) else answer for answer in answers]


def forged(letter: Letter) -> Letter:
    return Letter(letter.message_id, letter.recipient_id, Secret.new().text(), letter.recipient)


def test_codes_for_one_link_by_hour_and_by_day(counter: Counter) -> None:
    letter = counter.seal()
    assert asks(counter, letter, 4) == ["code"] * 3 + [Denied.ENOUGH]
    counter.now += 3600
    assert asks(counter, letter, 3) == ["code"] * 2 + [Denied.ENOUGH]
    counter.now += 3600
    assert asks(counter, letter, 1) == [Denied.ENOUGH], "of this day"
    counter.now += 86400
    assert asks(counter, letter, 1) == ["code"]


def test_programs_that_try_links_in_mail_leave_the_recipient_her_codes(counter: Counter) -> None:
    """They drive a browser, have the whole link and press what they find; from a network of their own."""
    letter = counter.seal()
    assert asks(counter, letter, 4, "198.51.100.7") == ["code"] * 3 + [Denied.ENOUGH]
    assert asks(counter, letter, 3) == ["code"] * 2 + [Denied.ENOUGH]
    counter.now += 3600
    assert asks(counter, letter, 3, "198.51.100.7") == ["code"] * 2 + [Denied.ENOUGH], "of this day"
    assert asks(counter, letter, 1) == [Denied.ENOUGH]
    assert asks(counter, letter, 3, "203.0.113.9") == ["code"] * 2 + [Denied.ENOUGH]
    assert asks(counter, letter, 2, "203.0.114.9") == ["code"] * 2
    assert asks(counter, letter, 1, "203.0.115.9") == [Denied.BUSY], "six an hour to her address: no flood"


@pytest.mark.parametrize(("hour", "day", "kept"), [(3, 5, 2), (1, 5, 1), (3, 1, 1)])
def test_no_network_is_kept_more_of_them_than_a_link_has(hour: int, day: int, kept: int) -> None:
    assert Rules.of(PortalLimits(codes_an_hour=hour, codes_a_day=day), 15).link_network.most == kept


def test_another_recipient_is_not_touched(counter: Counter) -> None:
    asks(counter, counter.seal(), 4)
    assert asks(counter, counter.seal("eva@vestby.example"), 1) == ["code"]


def test_whoever_lacks_the_link_locks_nobody_out(counter: Counter) -> None:
    letter = counter.seal()
    for _ in range(25):
        counter.ask(Browser.new(), forged(letter), network="198.51.100.9")
    guessing = Browser.new()
    wrong = forged(letter)
    counter.ask(guessing, wrong, network="203.0.113.9")
    for _ in range(12):
        counter.give(guessing, wrong, "12345678", network="203.0.113.9")
    browser, _ = counter.open(letter)
    assert counter.visit(browser, letter) is not None


def test_one_network_has_its_limit_and_others_do_not_feel_it(counter: Counter) -> None:
    letters = [counter.seal(f"r{number}@vestby.example") for number in range(8)]
    for letter in letters[:7]:
        asks(counter, forged(letter), 3, network="192.0.2.7")
    assert asks(counter, letters[7], 1, network="192.0.2.200") == [Denied.BUSY], "of the same /24"
    assert asks(counter, letters[7], 1, network="192.0.3.200") == ["code"]


def test_a_network_that_is_over_its_limit_costs_no_write(counter: Counter) -> None:
    """Each waits for the disk, and SQLite has one writer: whoever asks without end must not keep mail waiting."""
    letter = counter.seal()
    browser = Browser.new()
    asked = [counter.ask(Browser.new(), forged(letter)) for _ in range(20)]
    tried = [counter.give(browser, letter, "12345678") for _ in range(12)]
    assert Denied.BUSY not in [*asked, *tried]
    statements: list[str] = []
    sa.event.listen(counter.engine, "before_cursor_execute", lambda _c, _k, text, *_: statements.append(text))
    assert counter.ask(browser, letter) is Denied.BUSY
    assert counter.give(browser, letter, "12345678") is Denied.BUSY
    assert statements
    assert [text for text in statements if not text.startswith("SELECT")] == []


def test_tries_are_limited_by_network_too(counter: Counter) -> None:
    letters = [counter.seal(f"r{number}@vestby.example") for number in range(4)]
    answers: list[object] = []
    for letter in letters:
        browser = Browser.new()
        counter.ask(browser, letter, network="192.0.3.7")
        answers += [counter.give(browser, letter, "12345678") for _ in range(4)]
    assert answers == [Denied.WRONG] * 12 + [Denied.BUSY] * 4
    browser = Browser.new()
    counter.ask(browser, letters[3], network="192.0.3.7")
    assert isinstance(counter.give(browser, letters[3], counter.code(), network="192.0.3.7"), Opened)


def test_codes_to_one_address_and_in_all_are_counted_for_right_links_alone(counter: Counter) -> None:
    mine = [counter.seal("bo@vestby.example") for _ in range(3)]
    for letter in mine:
        asks(counter, forged(letter), 3, network="198.51.100.1")
    assert asks(counter, mine[0], 3) + asks(counter, mine[1], 3) == ["code"] * 6
    assert asks(counter, mine[2], 1) == [Denied.BUSY], "the seventh to this address"
    others = [counter.seal(f"r{number}@vestby.example") for number in range(5)]
    assert [asks(counter, letter, 1)[0] for letter in others] == ["code"] * 4 + [Denied.BUSY]
    counter.now += 3600
    assert asks(counter, mine[2], 1, network="192.0.9.1") == ["code"]


def test_processes_count_together(counter: Counter, tmp_path: Path) -> None:
    with Counter(tmp_path, limits={"codes_an_hour": 3}) as second:
        second.now = counter.now
        letter = counter.seal()
        answers = [asks(one, letter, 1)[0] for one in (counter, second, counter, second)]
    assert answers == ["code", "code", "code", Denied.ENOUGH]


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.0/24"),
        ("::ffff:192.0.2.7", "192.0.2.0/24"),
        ("2001:db8:1:2345:6:7:8:9", "2001:db8:1::/48"),
        ("fe80::1%eth0", "fe80::/48"),
        ("", ""),
        ("not an address" * 20, ("not an address" * 20)[:64]),
    ],
)
def test_a_client_is_counted_by_its_network(address: str, network: str) -> None:
    assert network_of(address) == network
