"""The portal on PostgreSQL: the same tables, and several processes at once."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import Engine

from segl import audit
from segl.audit import Act
from segl.sealed import life
from segl.sealed.news import News, NewsKind, claim, due
from segl.sealed.overview import State, list_messages
from segl.sealed.revocation import house_secret
from segl.store.engine import open_store
from segl_portal.answering import AnswerRefused, AnswerService, Taken, Why
from segl_portal.visits.browser import Browser
from segl_portal.visits.service import CodePromised, Denied
from world.at_once import at_once
from world.counter import Counter
from world.forms import Form
from world.postgresql import PostgreSQL


@pytest.fixture(scope="module")
def url(postgresql: PostgreSQL) -> str:
    return postgresql.empty_store()


@pytest.fixture(scope="module")
def shared(url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Counter]:
    with Counter(tmp_path_factory.mktemp("counter"), store=url) as counter:
        yield counter


@pytest.fixture
def counter(shared: Counter) -> Counter:
    shared.return_port.forget()
    shared.now += 7200
    return shared


def opened_news(engine: Engine, now: float) -> list[News]:
    """Claimed one mail after the other."""
    mails = due(engine, NewsKind.OPENED, now)
    return [news for mail in mails for ids in mail for news in claim(engine, NewsKind.OPENED, ids, now)]


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


def test_limits_hold_for_many_at_once(counter: Counter) -> None:
    letter = counter.seal("ole@vestby.example")
    answers = at_once(lambda _: counter.ask(Browser.new(), letter), range(12))
    assert sum(isinstance(answer, CodePromised) for answer in answers) == 6
    assert answers.count(Denied.ENOUGH) == 6


def test_the_house_has_one_secret_whoever_asks_first(url: str, tmp_path: Path) -> None:
    engines: list[Engine] = [open_store(url) for _ in range(4)]
    secrets = at_once(lambda engine: house_secret(engine).reveal(), engines)
    assert len(set(secrets)) == 1
    for engine in engines:
        engine.dispose()


def test_an_answer_sent_by_many_processes_at_once_is_one_and_the_limit_holds(counter: Counter) -> None:
    _, opened = counter.open(counter.seal())
    counter.return_port.forget()
    desks = [
        AnswerService(counter.settings, counter.engine, counter.events, lambda: counter.now) for _ in range(8)
    ]

    def take(number: int, form: Form) -> Taken | AnswerRefused:
        stream = form.stream()
        return asyncio.run(
            desks[number].take_answer(opened, stream, form.content_type, lambda text: text == "right")
        )

    same = Form(text="Det samme").with_file("a.txt", b"x" * 100_000)
    outcomes = at_once(lambda number: take(number, same), range(8))
    assert {one.answer_id for one in outcomes} == {desks[0].thread(opened)[0].id}
    assert all(isinstance(one, Taken) for one in outcomes)
    assert len(counter.return_port.received) == 1

    an_hour = counter.settings.portal.answers.answers_an_hour
    taken = 1
    for _ in range(2):
        outcomes = at_once(lambda number: take(number, Form(text=f"Svar {number}")), range(8))
        taken += sum(isinstance(one, Taken) for one in outcomes)
    assert taken == an_hour == len(desks[0].thread(opened)) == len(counter.return_port.received)
    assert {one.why for one in outcomes if isinstance(one, AnswerRefused)} == {Why.TOO_SOON}
    for desk in desks:
        desk.close()
