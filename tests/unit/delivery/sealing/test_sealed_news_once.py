"""News of sealed messages that is refused, fails or is cut off: what did not go goes later, and nothing twice."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import Any
from unittest.mock import Mock

import pytest

from segl import audit
from segl.audit import Act
from segl.errors import StoreError
from segl.mail.return_port import ReturnPort
from segl.sealed import life
from segl.sealed import news as kept
from segl.store.engine import transaction
from segl_delivery.housekeeping import keep_house
from world.counter import Counter
from world.desk import SENDER
from world.sealed_news import BO, DAY, EVA, news_of, opened, second_link, text, told

pytestmark = pytest.mark.usefixtures("both_stores", "danish_time")


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


def test_where_nobody_listens_not_all_that_is_due_is_tried(
    counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Postfix stood still: of a municipality's mail a thousand were claimed, tried, given back and told of in the log,
    every two minutes."""
    people = [f"r{number}@vestby.example" for number in range(5)]
    for one in people:
        counter.seal(one)
    counter.now += 26 * DAY
    claim = Mock(side_effect=kept.claim)
    monkeypatch.setattr(kept, "claim", claim)
    news = news_of(counter)
    replace(news, port=ReturnPort.at("127.0.0.1:9", 10.0)).tell(counter.now)
    assert claim.call_count == 3
    assert sorted(mail.recipients[0] for mail in told(counter)) == sorted([*people, *[SENDER] * 5])


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
