"""The portal on PostgreSQL: the same tables, and several processes at once."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import Engine

from segl import audit
from segl.audit import Act
from segl.sealed import life
from segl.sealed.news import Kind, News, claim, due
from segl.sealed.overview import State, list_messages
from segl.sealed.revocation import house_secret
from segl.store.engine import open_store, transaction
from segl_portal.answering import AnswerRefused, AnswerService, Taken, Why
from segl_portal.visits.browser import Browser
from segl_portal.visits.service import Asked, Denied
from world.counter import Counter
from world.forms import Form
from world.postgresql import PostgreSQL


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with PostgreSQL() as server:
        yield server.url


@pytest.fixture(scope="module")
def shared(url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counter]:
    with Counter(tmp_path_factory.mktemp("counter"), store=url) as counter:
        yield counter


@pytest.fixture
def counter(shared: Counter) -> Counter:
    shared.return_port.forget()
    shared.now += 7200
    return shared


def at_once(count: int, work: Callable[[int], None]) -> None:
    faults: list[BaseException] = []

    def guarded(number: int) -> None:
        try:
            work(number)
        except BaseException as error:
            faults.append(error)

    threads = [threading.Thread(target=guarded, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []


def opened_news(engine: Engine, now: float) -> list[News]:
    """Claimed one mail after the other."""
    mails = due(engine, Kind.OPENED, now)
    return [news for mail in mails for ids in mail for news in claim(engine, Kind.OPENED, ids, now)]


def test_the_whole_way(counter: Counter) -> None:
    letter = counter.seal()
    browser, opened = counter.open(letter)
    assert opened.content.read(0, 4) == b"From"
    assert counter.visit(browser, letter) is not None
    counter.desk.leave(browser, letter.recipient_id)
    assert counter.visit(browser, letter) is None
    [news] = opened_news(counter.engine, counter.now)
    assert news.about[0].recipient == letter.recipient
    assert opened_news(counter.engine, counter.now) == []
    assert life.revoke(counter.engine, counter.directory, letter.message_id, counter.now, actor="test")
    [seen] = list_messages(counter.engine, recipient="BO@")
    assert (seen.live, seen.copies[0].state) == (False, State.REVOKED)
    later = counter.seal("eva@vestby.example")
    assert life.extend(counter.engine, later.message_id, counter.now + 1, counter.now, actor="test")
    assert life.shred_expired(counter.engine, counter.directory, counter.now + 2) == 1
    assert life.sweep_portal(counter.engine, counter.now + 10 * 86400) > 3
    acts = [entry.act for entry in audit.entries(counter.engine)]
    assert acts[-2:] == [Act.EXTENDED, Act.EXPIRED]
    assert audit.verify(counter.engine).broken is None


def test_twenty_guesses_at_once_are_no_more_than_five(counter: Counter) -> None:
    letter, browser = counter.seal("ib@vestby.example"), Browser.new()
    counter.ask(browser, letter)
    code, answers = int(counter.code()), list[object]()
    at_once(
        20, lambda number: answers.append(counter.give(browser, letter, f"{(code + 1 + number) % 10**8:08d}"))
    )
    assert sorted(map(str, answers)) == sorted([str(Denied.WRONG)] * 5 + [str(Denied.TOO_MANY)] * 15)


def test_limits_hold_for_many_at_once(counter: Counter) -> None:
    letter, answers = counter.seal("ole@vestby.example"), list[object]()
    at_once(12, lambda _: answers.append(counter.ask(Browser.new(), letter)))
    assert sum(isinstance(answer, Asked) for answer in answers) == 6
    assert answers.count(Denied.TOO_MANY) == 6


def test_writers_at_once_make_one_chain(counter: Counter, url: str) -> None:
    before = audit.verify(counter.engine).entries
    engines = [open_store(url) for _ in range(4)]

    def write(number: int) -> None:
        for _ in range(20):
            with transaction(engines[number]) as connection:
                audit.append(connection, Act.OPENED, "a" * 32, "bø@vestby.example", first=True)

    at_once(4, write)
    found = audit.verify(counter.engine)
    assert (found.entries - before, found.broken) == (80, None)
    for engine in engines:
        engine.dispose()


def test_news_is_claimed_by_one_of_several_nodes(counter: Counter, url: str) -> None:
    for number in range(5):
        letter = counter.seal(f"r{number}@vestby.example")
        with transaction(counter.engine) as connection:
            life.mark_opened(connection, letter.recipient_id, counter.now, actor="test")
    engines = [open_store(url) for _ in range(4)]
    told: list[str] = []
    at_once(
        4,
        lambda number: told.extend(news.message_id for news in opened_news(engines[number], counter.now)),
    )
    assert len(told) == len(set(told)) == 5
    for engine in engines:
        engine.dispose()


def test_the_house_has_one_secret_whoever_asks_first(url: str, tmp_path: Path) -> None:
    engines: list[Engine] = [open_store(url) for _ in range(4)]
    secrets: list[bytes] = []
    at_once(4, lambda number: secrets.append(house_secret(engines[number]).reveal()))
    assert len(set(secrets)) == 1
    for engine in engines:
        engine.dispose()


def test_an_answer_sent_by_many_processes_at_once_is_one_and_the_limit_holds(counter: Counter) -> None:
    _, opened = counter.open(counter.seal())
    counter.return_port.forget()
    desks = [
        AnswerService(counter.settings, counter.engine, counter.events, lambda: counter.now) for _ in range(8)
    ]
    outcomes: dict[int, Taken | AnswerRefused] = {}

    def take(number: int, form: Form) -> None:
        stream = form.stream()
        outcomes[number] = asyncio.run(
            desks[number].take_answer(opened, stream, form.content_type, lambda text: text == "right")
        )

    same = Form(text="Det samme").with_file("a.txt", b"x" * 100_000)
    at_once(8, lambda number: take(number, same))
    assert {one.answer_id for one in outcomes.values()} == {desks[0].thread(opened)[0].id}
    assert all(isinstance(one, Taken) for one in outcomes.values())
    assert len(counter.return_port.received) == 1

    an_hour = counter.settings.portal.answers.answers_an_hour
    taken = 1
    for _ in range(2):
        at_once(8, lambda number: take(number, Form(text=f"Svar {number}")))
        taken += sum(isinstance(one, Taken) for one in outcomes.values())
    assert taken == an_hour == len(desks[0].thread(opened)) == len(counter.return_port.received)
    assert {one.why for one in outcomes.values() if isinstance(one, AnswerRefused)} == {Why.TOO_SOON}
    for desk in desks:
        desk.close()
