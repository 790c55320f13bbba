"""Sent messages in the store: joined from reports in any order, told once, forgotten in time."""

from __future__ import annotations

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy.engine import Connection, Engine

from segl.receipts import leases, lookup, read_logs, records
from segl.receipts.due import Told
from segl.receipts.facts import Facts
from segl.receipts.records import Heard, SentMessage, WrongSender
from segl.receipts.states import News, Stage, State
from segl.settings.file import parse_settings
from segl.store.engine import open_store, transaction
from segl.vocabulary import Way

pytestmark = pytest.mark.usefixtures("both_stores")
TERMS = parse_settings({"organisation": {"name": "Nordby", "domains": ["nordby.example"]}}).receipt_terms
ANNA, NAME = "anna@nordby.example", "ab" * 32
EVERYONE = tuple(f"{n}@x{n}.example" for n in range(4))
FACTS = Facts(900.0, ("cpr",), EVERYONE)


@pytest.fixture
def store(engine: Engine) -> Iterator[Connection]:
    with transaction(engine) as connection:
        yield connection


def news(number: int, state: State = State.SENT, at: float = 1000.0, **more: object) -> News:
    address = EVERYONE[number]
    return News(address, address, Stage.SECURE, state, at, **{"way": Way.TLS, **more})  # type: ignore[arg-type]


def heard(*some: News, facts: Facts | None = FACTS, name: str = NAME, sender: str = ANNA) -> Heard:
    return Heard(name, sender, "<1@nordby.example>", 950.0, facts, some)


def hear(store: Connection, *some: Heard, now: float = 1000.0) -> SentMessage:
    for one in some:
        message = records.hear(store, one, TERMS, now)
    return message


def due(store: Connection, now: float) -> list[str]:
    return leases.take_due(store, now, 10)


@pytest.mark.parametrize("both_stores", ["sqlite"], indirect=True)
def test_reports_in_any_order_and_twice_make_the_same_message(tmp_path: Path) -> None:
    some = [
        heard(news(0), news(1, State.DELAYED, 990.0)),
        heard(news(1, State.SEALED, 1010.0, way=Way.PORTAL, sealed_id="5e")),
        # of a notice that came back: it has the envelope id, and a Message-ID of its own
        replace(heard(news(2, State.FAILED, 1005.0, status="5.1.1"), facts=None), message_id="<notice@x>"),
        heard(news(3)),
        heard(news(1, State.DELAYED, 980.0)),
    ]
    results = set()
    for seed in range(12):
        dice, order = random.Random(seed), some + some
        dice.shuffle(order)
        engine = open_store(f"sqlite:///{tmp_path}/{seed}.db")
        with transaction(engine) as connection:
            message = hear(connection, *order)
        engine.dispose()
        results.add(replace(message, told=Told()))
    [message] = results
    assert [line.state for line in message.lines] == [State.SENT, State.SEALED, State.FAILED, State.SENT]
    assert message.complete
    assert (message.at, message.reasons, message.message_id) == (900.0, ("cpr",), "<1@nordby.example>")


def test_a_copy_is_counted_once_however_often_it_is_heard_of(store: Connection) -> None:
    counted: list[Way] = []
    sealed = news(1, State.SEALED, way=Way.PORTAL)
    for one in (news(0, State.DELAYED), news(0), news(0, at=999.0), sealed, replace(sealed, at=998.0)):
        records.hear(store, heard(one), TERMS, 1000.0, counted.append)
    assert counted == [Way.TLS, Way.PORTAL]


def test_a_receipt_is_due_when_everyone_has_a_last_word_and_taken_by_one_alone(store: Connection) -> None:
    hear(store, heard(news(0), news(1), news(2)))
    assert due(store, 1100) == []
    hear(store, heard(news(3)), now=1200)
    assert due(store, 1201) == [NAME]
    assert due(store, 1202) == []  # somebody has it
    assert due(store, 1202 + leases.LEASE_SECONDS) == [NAME]  # and died with it


def test_what_comes_while_a_receipt_is_being_sent_is_told_afterwards(store: Connection) -> None:
    message = hear(store, heard(*(news(n, way=Way.TUNNEL) for n in range(4))))
    assert due(store, 1001) == [NAME]
    back = replace(news(2, State.FAILED, 1001.5), stage=Stage.FRONT)
    hear(store, heard(back), now=1002)
    records.mark_told(store, message, TERMS("nordby.example"), 1003)
    assert due(store, 1004) == [NAME]
    late = records.read(store, NAME)
    assert late is not None
    assert [line.state for line in late.lines][2] is State.FAILED
    records.mark_told(store, late, TERMS("nordby.example"), 1005)
    assert due(store, 9e9) == []


def test_what_is_put_off_is_looked_at_sooner_when_news_come_meanwhile(store: Connection) -> None:
    hear(store, heard(*map(news, range(4))))
    assert due(store, 1001) == [NAME]
    leases.put_off(store, NAME, 1002, 60)
    assert due(store, 1061) == []
    assert due(store, 1062) == [NAME]
    hear(store, heard(replace(news(2, State.FAILED), stage=Stage.FRONT)), now=1063)
    leases.put_off(store, NAME, 1063, 60)
    assert due(store, 1064) == [NAME]


def test_after_the_patience_it_is_told_as_it_stands_and_then_once_more(store: Connection) -> None:
    hear(store, heard(news(0)))
    assert due(store, 900 + TERMS("nordby.example").wait_seconds - 1) == []
    assert due(store, 900 + TERMS("nordby.example").wait_seconds) == [NAME]
    message = records.read(store, NAME)
    assert message is not None
    records.mark_told(store, message, TERMS("nordby.example"), 3000)
    assert due(store, 9e9) == []
    hear(store, heard(*map(news, range(4))), now=4000)
    assert due(store, 4001) == [NAME]


def test_a_report_to_somebody_else_changes_nothing(store: Connection) -> None:
    hear(store, heard(news(0)))
    with pytest.raises(WrongSender):
        hear(store, heard(news(0, State.FAILED), sender="eva@evil.example"))
    message = records.read(store, NAME)
    assert message is not None
    assert message.lines[0].state is State.SENT
    assert hear(store, heard(news(1), sender="Anna@Nordby.example")).sender == ANNA


@pytest.mark.parametrize("first", ["eva@evil.example", ANNA])
def test_whose_message_it_is_the_first_report_with_the_facts_says(store: Connection, first: str) -> None:
    """A colleague's copy is reported without them. Who handed that report's mail in comes first only until they come,
    and nothing of his stays; with them nobody else is heard."""
    colleague = replace(
        news(0), recipient="ole@nordby.example", original="ole@nordby.example", way=Way.INTERNAL
    )
    hear(store, heard(colleague, facts=None, sender=first))
    message = hear(store, heard(news(1)), now=1001.0)
    assert message.sender == ANNA
    assert message.reasons == FACTS.reasons
    assert ("ole@nordby.example" in [line.recipient for line in message.lines]) is (first == ANNA)
    for late in (
        heard(news(2), sender="eva@evil.example"),
        heard(news(2), facts=None, sender="eva@evil.example"),
    ):
        with pytest.raises(WrongSender):
            hear(store, late)
    assert due(store, 900 + TERMS("nordby.example").wait_seconds) == [NAME]


def test_what_is_in_hand_is_held_and_news_of_it_keep_their_time(
    store: Connection,
) -> None:
    hear(store, heard(*(news(n) for n in range(4))))
    assert due(store, 1_001.0) == [NAME]
    for later in range(20, 240, 20):  # a hand-over may take so long
        leases.renew(store, NAME, 1_001.0 + later)
        assert due(store, 1_010.0 + later) == []
    assert due(store, 1_001.0 + 220 + leases.LEASE_SECONDS) == [NAME]  # its process died
    hear(store, heard(replace(news(0, State.FAILED, 1_260.0), stage=Stage.FRONT, way=None)), now=1_260.0)
    before = leases.next_due(store)
    leases.renew(store, NAME, 1_260.0)
    assert leases.next_due(store) == before


MANY = tuple(f"{n}@x{n % 7}.example" for n in range(1_200))


def test_a_message_to_more_than_are_named_is_complete_when_each_was_heard_of(store: Connection) -> None:
    facts = Facts(900.0, ("cpr",), MANY).without_names()
    some = [News(one, one.upper(), Stage.SECURE, State.SENT, 1000.0, way=Way.TLS) for one in MANY]
    archive = replace(some[0], recipient="arkiv@a.example", original="arkiv@a.example")  # added by the front
    message = hear(store, heard(*some[:700], facts=facts), heard(archive, *some[700:-1], facts=facts))
    assert (message.unnamed, message.unheard, message.complete) == (1_200, 1, False)
    assert due(store, 1_001) == []
    message = hear(store, heard(some[-1], facts=facts))
    assert (message.unheard, message.complete) == (0, True)
    assert due(store, 1_001) == [NAME]


def test_a_client_that_gave_each_recipient_an_original_of_its_own_gets_a_final_receipt_too(
    store: Connection,
) -> None:
    """A list server names what it likes: the list, say, which was perhaps a recipient itself."""
    facts = Facts(900.0, ("cpr",), MANY).without_names()
    some = [News(one, MANY[0], Stage.SECURE, State.SENT, 1000.0, way=Way.TLS) for one in MANY]
    message = hear(store, heard(*some[1:], facts=facts))
    assert (message.unheard, message.complete) == (1, False)  # he was named himself: nobody speaks for him
    message = hear(store, heard(some[0], facts=facts))
    assert (message.unheard, message.complete) == (0, True)


def test_of_one_to_more_than_are_known_by_marks_nobody_knows_when_it_is_complete(store: Connection) -> None:
    message = hear(store, heard(news(0), facts=Facts(900.0, ("cpr",), (), 6_000)))
    assert (message.unheard, message.complete) == (5_999, False)


def test_a_message_is_found_by_each_of_its_names(store: Connection) -> None:
    hear(store, heard(news(0)))
    hear(store, heard(news(1), name="cd" * 32, sender="bo@nordby.example"))
    for name in (NAME, NAME[:32], NAME[:12], "<1@nordby.example>", "1@nordby.example"):
        assert NAME in [message.id for message in lookup.find(store, name)]
    assert lookup.find(store, "ab") == []
    assert lookup.find(store, "%" * 32) == []
    assert [message.sender for message in lookup.latest(store, 5, sender="BO@nordby.example")] == [
        "bo@nordby.example"
    ]
    assert lookup.latest(store, 5, state=State.FAILED) == []


def test_facts_are_forgotten_when_their_time_is_over(engine: Engine) -> None:
    with transaction(engine) as store:
        hear(store, heard(news(0)))
    end = 1000 + TERMS("nordby.example").retention_days * 86400
    assert records.forget(engine, end - 1) == 0
    assert records.forget(engine, end) == 1
    with transaction(engine) as store:
        assert records.read(store, NAME) is None


def test_a_year_is_forgotten_in_pieces(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of which each is let go before the next: whoever seals mail waits for a piece, not for the year."""
    monkeypatch.setattr(records, "_FORGOTTEN", 10)
    many = [heard(news(0), name=f"{number:064}") for number in range(35)]
    with transaction(engine) as store:
        for number, one in enumerate(many):
            hear(store, one, now=1000.0 + number)
    left = list[int]()

    def look() -> None:
        with transaction(engine) as store:
            left.append(len(lookup.latest(store, 100)))

    assert records.forget(engine, 9e12, look) == 35
    assert left == [24, 13, 2]
    look()
    assert left[-1] == 0


def test_of_very_many_it_is_still_heard_what_came_back(
    store: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two words on one recipient are one recipient; of one more than are kept, nothing is."""
    monkeypatch.setattr(records, "_MOST_RECIPIENTS", 4)
    hear(store, heard(*(news(n, State.SEALED, way=Way.PORTAL) for n in range(4))))
    back = replace(news(0, State.FAILED, 1001.0, way=None), stage=Stage.FRONT)
    one_more = replace(news(1), recipient="5@x.example", original="5@x.example")
    message = hear(store, heard(back, one_more, facts=None))
    assert [line.state for line in message.lines] == [State.FAILED, *[State.SEALED] * 3]


def test_several_hosts_at_once_lose_nothing_and_take_each_receipt_once(engine: Engine) -> None:
    names = [f"{number:064}" for number in range(20)]

    def host(seed: int) -> list[str]:
        dice, taken = random.Random(seed), []
        for name in dice.sample(names, len(names)):
            with transaction(engine) as connection:
                records.hear(connection, heard(news(seed), name=name), TERMS, 1000.0)
            with transaction(engine) as connection:
                taken += leases.take_due(connection, 2000.0, 5)
        return taken

    with ThreadPoolExecutor(4) as hosts:
        taken = [name for some in hosts.map(host, range(4)) for name in some]
    with transaction(engine) as connection:
        taken += leases.take_due(connection, 2000.0, 100)
        found = [records.read(connection, name) for name in names]
    assert sorted(taken) == names
    assert all(message is not None and message.complete for message in found)


def test_each_node_says_how_far_it_has_read_its_log(store: Connection) -> None:
    assert read_logs.read_everywhere(store, "a", 100.0, 1000.0) == 100.0
    for node, until, at in (
        ("a", 1.0, 1000.0),
        ("b", 90.0, 990.0),
        ("b", 95.0, 1000.0),
        ("gone", 2.0, 900.0),
    ):
        read_logs.note(store, node, until, at)
    assert read_logs.read_everywhere(store, "a", 100.0, 1000.0) == 95.0
    assert read_logs.read_everywhere(store, "a", 94.0, 1000.0) == 94.0


def test_whatever_a_stranger_wrote_can_be_kept(store: Connection) -> None:
    """On every database: what it refuses would come again at each try, for ever."""
    odd = f"<\0a\x01\x7fæ\U0001f600{'x' * 600}@x.example>"[:512]
    failed = news(0, State.FAILED, detail="\0" * 255, status="5.7.1", host="\0é")
    strange = Heard(NAME, ANNA, odd, 950.0, FACTS, (failed,))
    assert hear(store, strange) == hear(store, strange, now=1001.0)
    assert [one.id for one in lookup.find(store, odd)] == [NAME]
