"""A stranger learns nothing: what does not exist is answered as what does, by the same statements and the same
computing. Not the clock is looked at, which is noise, but the work."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher, extract_parameters

from segl.sealed import life
from segl.sealed.keys import Secret
from segl.sealed.phrase import NOBODYS, hash_of, is_phrase
from segl.store.engine import transaction
from segl.tables.sealed import portal_visit, sealed_recipient
from segl_portal.visits.browser import Browser
from segl_portal.visits.service import CodePromised, Denied
from world.counter import Counter, Letter

COSTLY = frozenset({"encrypt", "decrypt", "derive", "digest", "compare_digest"})


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counter]:
    generous = {"codes_an_hour": 1000, "codes_a_day": 1000, "network_codes_an_hour": 1000}
    with Counter(tmp_path_factory.mktemp("counter"), limits=generous) as counter:
        yield counter


@pytest.fixture
def counter(shared: Counter) -> Counter:
    return in_another_hour(shared)


def in_another_hour(counter: Counter) -> Counter:
    """Nothing of what was asked and tried before counts any more."""
    assert counter.posting.flush()
    counter.return_port.forget()
    counter.now += 7200
    return counter


def good(counter: Counter) -> Letter:
    return counter.seal()


def unknown_id(counter: Counter) -> Letter:
    return Letter("0" * 32, "f" * 32, Secret.new().text(), "")


def odd_id(counter: Counter) -> Letter:
    return Letter("0" * 32, "../etc/passwd", Secret.new().text(), "")


def wrong_secret(counter: Counter) -> Letter:
    letter = counter.seal()
    return Letter(letter.message_id, letter.recipient_id, Secret.new().text(), letter.recipient)


def anothers_secret(counter: Counter) -> Letter:
    letter = counter.seal()
    return Letter(letter.message_id, letter.recipient_id, counter.seal().link, letter.recipient)


def expired(counter: Counter) -> Letter:
    letter = counter.seal(days=1)
    counter.now += 2 * 86400
    return letter


def shredded(counter: Counter) -> Letter:
    letter = expired(counter)
    life.shred_expired(counter.engine, counter.directory, counter.now)
    return letter


def revoked(counter: Counter) -> Letter:
    letter = counter.seal()
    life.revoke(counter.engine, counter.directory, letter.message_id, counter.now, actor="test")
    return letter


def with_phrase(counter: Counter) -> Letter:
    letter = counter.seal()
    mine = sealed_recipient.c.id == letter.recipient_id
    with transaction(counter.engine) as connection:
        connection.execute(sealed_recipient.update().where(mine).values(phrase_hash=hash_of("hemmelig")))
    return letter


STRANGERS = [unknown_id, odd_id, wrong_secret, anothers_secret, expired, shredded, revoked, with_phrase]
Case = Callable[[Counter], Letter]


@contextmanager
def work_of(counter: Counter) -> Iterator[list[str]]:
    """The SQL statements and the costly calls of this thread, in order."""
    done: list[str] = []
    mine = threading.get_ident()

    def statement(_connection: Any, _cursor: Any, text: str, *_: Any) -> None:
        if threading.get_ident() == mine:  # the mailing thread writes its own entries meanwhile
            done.append(text)

    def call(_frame: FrameType, event: str, argument: Any) -> None:
        if event == "c_call" and argument.__name__ in COSTLY:
            done.append(argument.__name__)

    sa.event.listen(counter.engine, "before_cursor_execute", statement)
    sys.setprofile(call)
    try:
        yield done
    finally:
        sys.setprofile(None)
        sa.event.remove(counter.engine, "before_cursor_execute", statement)


def asking(counter: Counter, letter: Letter, phrase: str = "") -> tuple[object, list[str]]:
    browser = Browser.new()
    with work_of(counter) as work:
        answer = counter.desk.ask(
            browser, letter.recipient_id, letter.link, network="192.0.2.7", language="da", phrase=phrase
        )
    assert counter.posting.flush()
    return answer, work


def giving(counter: Counter, letter: Letter) -> tuple[object, list[str]]:
    browser = Browser.new()
    counter.ask(browser, letter)
    with work_of(counter) as work:
        answer = counter.desk.give(browser, letter.recipient_id, "12345678", network="192.0.2.7")
    return answer, work


@pytest.mark.parametrize("stranger", STRANGERS)
def test_asking_is_the_same_work(counter: Counter, stranger: Case) -> None:
    answer, known = asking(counter, good(counter))
    assert isinstance(answer, CodePromised)
    assert len(counter.return_port.received) == 1
    answer, unknown = asking(counter, stranger(counter))
    assert isinstance(answer, CodePromised)
    assert unknown == known
    assert sum("portal_count" in text for text in known) == 8
    assert {"decrypt", "encrypt", "derive", "digest"} <= set(known)
    assert len(counter.return_port.received) == 1, "no second code"


@pytest.mark.parametrize("stranger", STRANGERS)
def test_asking_with_a_phrase_is_the_same_work(
    counter: Counter, stranger: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Argon2id runs once, with the same parameters, whatever is there."""

    hashed: list[str] = []
    verify = PasswordHasher.verify

    def noting(hasher: PasswordHasher, kept: str, given: str) -> bool:
        hashed.append(kept[: kept.rindex("$") - 22])  # the parameters, without salt and hash
        return bool(verify(hasher, kept, given))

    monkeypatch.setattr(PasswordHasher, "verify", noting)
    _, known = asking(counter, good(counter), "et ord")
    _, unknown = asking(counter, stranger(counter), "et ord")
    assert unknown == known
    assert len(hashed) == 2
    assert hashed[0] == hashed[1]


@pytest.mark.parametrize("stranger", STRANGERS)
def test_giving_a_wrong_code_is_the_same_work(counter: Counter, stranger: Case) -> None:
    answer, known = giving(counter, good(counter))
    assert answer is Denied.WRONG
    answer, unknown = giving(counter, stranger(counter))
    assert answer is Denied.WRONG
    assert unknown == known
    assert "compare_digest" in known


def story(counter: Counter, letter: Letter) -> list[object]:
    """What somebody hears who asks four times, and gives six wrong codes each time."""
    told: list[object] = []
    for _ in range(4):
        browser = Browser.new()
        asked = counter.ask(browser, letter)
        told.append(type(asked) if isinstance(asked, CodePromised) else asked)
        told += [counter.give(browser, letter, "12345678") for _ in range(6)]
    return told


@pytest.fixture(scope="module")
def a_recipients_story(shared: Counter) -> list[object]:
    return story(in_another_hour(shared), good(shared))


@pytest.mark.parametrize("stranger", STRANGERS)
def test_a_stranger_is_stopped_as_a_recipient_is(
    counter: Counter, stranger: Case, a_recipients_story: list[object]
) -> None:
    """Five wrong codes, three codes: the same answers in the same order."""
    assert story(counter, stranger(counter)) == a_recipients_story


def test_what_the_store_keeps_of_a_visit_looks_the_same(counter: Counter) -> None:
    def row(letter: Letter) -> list[tuple[str, int]]:
        browser = Browser.new()
        counter.ask(browser, letter)
        with transaction(counter.engine) as connection:
            mine = portal_visit.select().where(portal_visit.c.browser == browser.id)
            found = connection.execute(mine).one()
        return [
            (type(value).__name__, len(value) if isinstance(value, bytes | str) else 0) for value in found
        ]

    assert row(unknown_id(counter)) == row(good(counter)) == row(revoked(counter))


def test_what_no_phrase_is_of_costs_what_any_other_does_and_lets_nobody_in() -> None:
    assert extract_parameters(NOBODYS) == extract_parameters(hash_of("hemmelig"))
    assert not is_phrase(NOBODYS, "hemmelig")
