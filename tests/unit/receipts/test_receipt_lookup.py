"""What is found again of sent messages, how long, and what is claimed of a delivery afterwards."""

from __future__ import annotations

import asyncio
import time

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from segl import given_proofs
from segl.events import Events
from segl.given_proofs import Given
from segl.receipts import leases, lookup, protection, records
from segl.receipts.facts import Facts
from segl.receipts.protection import Protection, Waiting
from segl.receipts.records import Heard
from segl.receipts.states import News, Stage, State
from segl.settings.document import Settings
from segl.settings.file import parse_settings
from segl.store.engine import transaction
from segl.vocabulary import Proof, Way
from segl_delivery.receipts import dispatch
from segl_delivery.receipts.build import forget_old
from segl_delivery.receipts.dispatch import ReceiptDispatcher
from segl_delivery.receipts.proofs import proofs_of

ANNA, BO, EVA = "anna@nordby.example", "bo@x.example", "eva@y.example"
DAY = 86_400.0


pytestmark = pytest.mark.usefixtures("both_stores")  # what is asked here is not asked elsewhere


def settings(days: int = 90, next_hop: str = "") -> Settings:
    pins = [{"name": "x.example", "way": "tls", "next_hop": next_hop}] if next_hop else []
    return parse_settings(
        {
            "organisation": {"name": "Nordby", "domains": ["nordby.example"]},
            "receipts": {"retention_days": days},
            "domain": pins,
        }
    )


def hear(engine: Engine, name: str, at: float, chosen: Settings, *news: News, queue: str = "") -> None:
    with transaction(engine) as connection:
        facts = Facts(at, ("cpr",), (BO, EVA))
        records.hear(connection, Heard(name, ANNA, "<1@x>", at, facts, news), chosen.receipt_terms, at)
        if queue:
            protection.keep(
                connection, [Protection(queue, BO, at, "mx.x.example", "Verified", "TLSv1.3", "x")]
            )
            protection.keep_waiting(connection, [Waiting(queue, BO, at)])
            protection.keep_logged(connection, {queue: at})


def sent(to: str, at: float, queue: str = "", state: State = State.SENT, stage: Stage = Stage.SECURE) -> News:
    return News(to, to, stage, state, at, way=Way.TUNNEL, queue_id=queue)


def test_messages_are_found_by_how_it_is_with_a_recipient_now(engine: Engine) -> None:
    """Not by what either Postfix said of him at some time."""
    chosen = settings()
    hear(engine, "1" * 64, 1.0, chosen, sent(BO, 1.0))  # of the other nothing was heard
    back = sent(BO, 3.0, state=State.FAILED, stage=Stage.FRONT)
    hear(engine, "2" * 64, 2.0, chosen, sent(BO, 2.0), back, sent(EVA, 2.0, state=State.FAILED))
    found = {}
    with transaction(engine) as connection:
        for state in State:
            found[state] = [one.id[0] for one in lookup.latest(connection, 5, state=state)]
    assert found == {
        State.PENDING: ["1"],
        State.DELAYED: [],
        State.FAILED: ["2"],
        State.SEALED: [],
        State.SENT: ["1"],
    }


def test_the_newest_are_found_of_a_sender_and_among_some(engine: Engine) -> None:
    chosen = settings()
    first, second = "ab" * 32, "cd" * 32
    hear(engine, first, 1.0, chosen, sent(BO, 1.0))
    hear(engine, second, 2.0, chosen, sent(BO, 2.0))
    with transaction(engine) as connection:
        of_anna = lookup.latest(connection, 5, sender=ANNA.upper())
        newest = lookup.latest(connection, 1)
        among = lookup.latest(connection, 5, state=State.SENT, among=sa.select(sa.literal(first)))
        nobodys = lookup.latest(connection, 5, sender=EVA)
    assert [[one.id for one in some] for some in (of_anna, newest, among, nobodys)] == [
        [second, first],
        [second],
        [first],
        [],
    ]


def test_as_many_as_are_asked_for_are_found_behind_those_that_do_not_fit(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookup, "_BATCH", 2)
    chosen, back = settings(), sent(BO, 99.0, state=State.FAILED, stage=Stage.FRONT)
    for number in range(7):
        some = (sent(BO, 1.0), back) if number > 3 else (sent(BO, 1.0),)
        hear(engine, str(number) * 64, float(number), chosen, *some)
    with transaction(engine) as connection:
        assert [one.id[0] for one in lookup.latest(connection, 3, state=State.SENT)] == ["3", "2", "1"]


@pytest.mark.parametrize(("retention", "days", "stays"), [(1, 2, False), (90, 60, True), (90, 91, False)])
def test_what_the_log_said_is_kept_as_long_as_the_message_and_no_longer(
    engine: Engine, retention: int, days: int, stays: bool
) -> None:
    chosen, at = settings(retention), 1_000.0
    hear(engine, "1" * 64, at, chosen, sent(BO, at, "4jZ1"), queue="4jZ1")
    forget_old(engine, chosen, at + days * DAY)
    assert left(engine, "4jZ1") == (stays, stays)


@pytest.mark.parametrize(("days", "stays"), [(1, True), (8, False)])
def test_what_it_said_of_no_message_that_is_known_goes_after_the_shortest_time(
    engine: Engine, days: int, stays: bool
) -> None:
    chosen, at = settings(7), 1_000.0
    with transaction(engine) as connection:
        protection.keep(connection, [Protection("4jZ9", BO, at, "mx.x.example", "Verified", "TLSv1.3", "x")])
        protection.keep_waiting(connection, [Waiting("4jZ9", BO, at)])
    forget_old(engine, chosen, at + days * DAY)
    assert left(engine, "4jZ9") == (stays, stays)


def left(engine: Engine, queue: str) -> tuple[bool, bool]:
    with transaction(engine) as connection:
        proof, waiting = protection.of_queue(connection, [queue]), protection.waiting_in(connection, [queue])
    return bool(proof), bool(waiting)


def test_the_proof_is_what_the_node_gave_while_the_delivery_was_under_way(engine: Engine) -> None:
    """Whatever was found out, pinned or given before and since, and elsewhere."""
    hop, other = "x.example", "[relay.example]:25"
    pinned = settings(next_hop=other)
    with transaction(engine) as connection:
        for node, given in (
            ("a", Given(hop, Proof.PKIX, 100.0, 200.0)),
            ("a", Given(hop, Proof.DANE, 300.0, 400.0)),
            ("a", Given(hop, None, 500.0, 500.0)),
            ("a", Given(other, Proof.PINNED, 600.0, 700.0)),
            ("b", Given(hop, Proof.MTA_STS, 100.0, 900.0)),
        ):
            given_proofs.keep(connection, node, [given])
        for node in "ab":
            given_proofs.all_noted(connection, node, 100.0, 1_000.0)

    def told(node: str, begun: float | None, at: float, chosen: Settings | None = None) -> Proof | str | None:
        one = Protection("4jZ1", BO, at, "mx.x.example", "Verified", "TLSv1.3", "x", begun, node)
        with transaction(engine) as connection:
            return proofs_of(connection, chosen or settings(), [one]).get(("4jZ1", BO), "nothing noted")

    assert told("a", 150.0, 151.0) is Proof.PKIX
    assert told("b", 150.0, 151.0) is Proof.MTA_STS
    assert told("a", 350.0, 350.0) is Proof.DANE
    assert told("a", 199.0, 301.0) is None, "one or the other"
    assert told("a", 500.0, 500.0) is None, "no proof was given"
    assert told("a", 250.0, 251.0) == "nothing noted"
    assert told("a", None, 150.0) is None, "of an older version: nobody knows when it began"
    assert told("a", 650.0, 651.0) == "nothing noted", "another domain's"
    assert told("a", 650.0, 651.0, pinned) is Proof.PINNED
    assert told("a", 203.0, 204.0) == "nothing noted"
    assert told("a", 201.5, 204.0) is Proof.PKIX, "the log counts whole seconds"
    assert told("a", 206.0, 296.0) is Proof.PKIX, "and two digits of a delivery that took long"


def test_a_proof_is_told_when_all_is_written_that_may_have_been_given(engine: Engine) -> None:
    """Another delivery shortly before had an old one. What this one had is not written yet; or never, as the process
    was killed before."""
    dane, pkix = (
        Given("x.example", proof, at, at) for proof, at in ((Proof.DANE, 99.8), (Proof.PKIX, 100.2))
    )

    def told(at: float = 100.3) -> Proof | str | None:
        one = Protection("4jZ1", BO, at, "mx.x.example", "Verified", "TLSv1.3", "x", at - 0.2, "a")
        with transaction(engine) as connection:
            return proofs_of(connection, settings(), [one]).get(("4jZ1", BO), "not noted yet")

    def write(since: float, until: float, *given: Given, node: str = "a") -> None:
        with transaction(engine) as connection:
            given_proofs.keep(connection, node, given)
            given_proofs.all_noted(connection, node, since, until)

    write(10.0, 99.9, dane)
    write(10.0, 200.0, node="b")
    assert told() == "not noted yet"
    write(100.25, 200.0)  # a new process
    assert told() == "not noted yet"
    write(10.0, 100.5, dane)
    assert told() is Proof.DANE
    assert told(at=100.0) == "not noted yet", "a log that cuts seconds off may mean a later end"
    write(10.0, 101.0, dane)
    assert told(at=100.0) is Proof.DANE
    write(10.0, 102.0, pkix)
    assert told() is None
    write(50.0, 60.0)  # the clock was set back: what is said of later is not true any more
    with transaction(engine) as connection:
        assert given_proofs.noted_between(connection, 0.0, 300.0) == {
            "a": [(50.0, 60.0)],
            "b": [(10.0, 200.0)],
        }


def test_on_which_proofs_policies_were_given_is_kept_as_long_as_any_receipt(engine: Engine) -> None:
    with transaction(engine) as connection:
        given_proofs.keep(connection, "a", [Given("x.example", Proof.PKIX, 1_000.0, 2_000.0)])
    for days, stays in ((89, True), (91, False)):
        forget_old(engine, settings(90), 2_000.0 + days * DAY)
        with transaction(engine) as connection:
            assert bool(given_proofs.given_between(connection, ["x.example"], 0.0, 3_000.0)) is stays


def test_a_receipt_that_takes_long_to_send_is_held_meanwhile(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch, "_RENEW_SECONDS", 0.02)
    held: list[str] = []
    monkeypatch.setattr(leases, "renew", lambda _connection, name, _now: held.append(name))
    slow = ReceiptDispatcher(engine, lambda: pytest.fail("no office"), Events("test"), asyncio.Event())

    def tell(_name: str) -> None:
        ends = time.monotonic() + 30
        while len(held) < 2 and time.monotonic() < ends:
            time.sleep(0.01)

    monkeypatch.setattr(slow, "tell", tell)
    asyncio.run(slow._one(BO))
    assert len(held) >= 2
    assert set(held) == {BO}
