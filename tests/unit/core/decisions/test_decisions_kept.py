"""Decisions in the store: found again, proved unchanged, forgotten in time with the audit trail whole."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from unittest.mock import Mock

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from segl import audit
from segl.audit import Act
from segl.decisions import feedback, kept
from segl.decisions.reading import from_bytes
from segl.decisions.record import DecisionRecord, Hit, Said
from segl.decisions.said import Says
from segl.store.engine import transaction
from segl.tables.audit import audit_entry
from segl.tables.decisions import decision
from segl.vocabulary import Decision, Effect, Label


def record(number: int, at: float = 1000.0, **more: object) -> DecisionRecord:
    made = DecisionRecord(
        f"{number:064x}", at + number, "nordby.example", Decision.SECURE, queue_id=f"Q{number:09}"
    )
    return replace(made, **more)  # type: ignore[arg-type]


def write(engine: Engine, *records: DecisionRecord, now: float = 2000.0) -> int:
    with transaction(engine) as connection:
        return kept.write(connection, records, "segl-deliver", now)


def test_they_are_found_by_id_its_beginning_and_queue_id(engine: Engine) -> None:
    whole = record(7, id="ab" * 32)
    assert write(engine, record(1), whole) == 2
    with transaction(engine) as connection:
        for name in ("ab" * 32, "ab" * 16, "ab" * 3, "Q000000007"):
            assert kept.find(connection, name) == [whole]
        for name in ("", "ababa", "cd" * 32, "%", "_" * 32):
            assert kept.find(connection, name) == []


def test_what_is_there_already_stays_as_it_is(engine: Engine) -> None:
    write(engine, record(1))
    assert write(engine, record(1, verdict=Decision.PLAIN), record(2), record(2)) == 1
    with transaction(engine) as connection:
        assert kept.find(connection, record(1).id)[0].verdict is Decision.SECURE
    assert kept.verify(engine).broken == ()


def test_many_are_read_in_pieces_and_in_order(engine: Engine) -> None:
    many = [record(number, at=1000.0 - number) for number in range(1, 1203)]  # all at one moment
    assert write(engine, *many) == len(many)
    assert list(kept.since(engine, 1000.0)) == many
    assert list(kept.backwards(engine, 1000.0)) == many[::-1]
    assert list(kept.since(engine, 1000.1)) == []
    assert list(kept.since(engine, 0, domain="other.example")) == []
    assert list(kept.since(engine, 0, verdict=Decision.PLAIN)) == []


def test_some_are_taken_by_their_ids_and_others_by_their_names(engine: Engine) -> None:
    """Ids are random, so that those below a bound are a part of all."""
    low, high = record(1, id="3f" * 16), record(2, id="c0" * 32, verdict=Decision.PLAIN)
    write(engine, low, high)
    assert list(kept.since(engine, 0, part=0.25)) == [low]
    assert list(kept.since(engine, 0, part=0.2)) == []
    assert list(kept.since(engine, 0, part=1.0)) == [low, high]
    assert list(kept.since(engine, 0, beyond_plain=True)) == [low]
    assert list(kept.these(engine, [high.id, "ab" * 16])) == [high]
    assert kept.number_since(engine, low.at) == 2


def test_of_those_that_are_not_asked_for_hardly_any_is_read(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A year's list took a minute: ten times as long as it takes to see that a text does not name the rule."""
    said = Said(0.9, {Label.CPR: 0.9, Label.HEALTH: 0.2})  # names categories that do not hold
    hit = Hit("own.boat", Label.FAMILY, Effect.RAISE, 0.6, "body")
    one = record(3, labels=(Label.CPR, Label.FAMILY), said=said, domain="syd.example")
    other = record(4, labels=(Label.FAMILY,), said=said, hits=(hit, replace(hit, rule="own.boat.2")))
    write(engine, record(1), record(2, said=said), one, other)
    read = Mock(side_effect=from_bytes)
    monkeypatch.setattr(kept, "from_bytes", read)
    for wanted, found in (
        ({"label": Label.CPR}, [one]),
        ({"label": Label.FAMILY}, [other, one]),
        ({"rule": "own.boat"}, [other]),
        ({"rule": "own.boa"}, []),
        ({"rule": 'own.boat","label":"family'}, []),
        ({"rule": "own.boat", "label": Label.CPR}, []),
        ({"of": lambda domain: domain == "syd.example"}, [one]),
    ):
        read.reset_mock()
        assert list(kept.backwards(engine, 0, **wanted)) == found, wanted
        assert read.call_count == len(found), wanted


def test_a_batch_is_one_entry_of_the_trail(engine: Engine) -> None:
    write(engine, record(1), record(2))
    write(engine, record(3))
    entries = list(audit.entries(engine))
    assert [(entry.act, entry.facts["records"]) for entry in entries] == [(Act.DECIDED, 2), (Act.DECIDED, 1)]
    proved = kept.verify(engine)
    assert (proved.records, proved.batches, proved.forgotten, proved.broken) == (3, 2, 0, ())


def test_the_digests_vector(engine: Engine) -> None:
    """Made by hand from the words at the head of segl/decisions/kept.py."""
    from hashlib import sha256

    form = record(1).to_bytes()
    write(engine, record(1))
    [entry] = audit.entries(engine)
    wanted = sha256(b"segl decisions v1\x00" + len(form).to_bytes(4, "big") + form)
    assert entry.facts["sha256"] == wanted.hexdigest()


def spoil(connection: Connection) -> None:
    form = connection.scalar(sa.select(decision.c.form).where(decision.c.place == 1))
    assert form is not None
    changed = form.replace('"verdict":"secure"', '"verdict":"plain"')
    connection.execute(decision.update().where(decision.c.place == 1).values(form=changed))


def take_one_out(connection: Connection) -> None:
    connection.execute(decision.delete().where(decision.c.place == 1))


def take_all_out(connection: Connection) -> None:
    connection.execute(decision.delete())


def swap(connection: Connection) -> None:
    connection.execute(decision.update().values(place=1 - decision.c.place))


def put_one_in(connection: Connection) -> None:
    form = record(9).to_bytes().decode()
    values = {"id": record(9).id, "batch": "0" * 32, "place": 0, "written_at": 1.0, "at": 1.0}
    more = {"queue_id": "", "domain": "", "verdict": "plain", "form": form}
    connection.execute(decision.insert().values(**values, **more))


def put_one_into_a_batch(connection: Connection) -> None:
    batch = connection.scalar(sa.select(decision.c.batch).limit(1))
    put_one_in(connection)
    connection.execute(decision.update().where(decision.c.batch == "0" * 32).values(batch=batch, place=2))


@pytest.mark.parametrize("harm", [spoil, take_one_out, take_all_out, swap, put_one_in, put_one_into_a_batch])
def test_what_is_done_to_records_afterwards_shows(engine: Engine, harm: Callable[[Connection], None]) -> None:
    write(engine, record(0), record(1))
    with transaction(engine) as connection:
        harm(connection)
    assert len(kept.verify(engine).broken) == 1
    assert audit.verify(engine).broken is None, "the trail itself was left alone"


def test_their_time_over_they_go_and_the_trail_stays_whole(engine: Engine) -> None:
    write(engine, record(1), record(2), now=2000.0)
    write(engine, record(3), now=3000.0)
    with transaction(engine) as connection:
        feedback.say(connection, record(1).id, Says.WRONG, "sender", 2500.0)
    assert kept.forget(engine, 2900.0, "segl-deliver") == 2
    assert kept.forget(engine, 2900.0, "segl-deliver") == 0
    with transaction(engine) as connection:
        assert feedback.read(connection, record(1).id) is None
    proved = kept.verify(engine)
    assert (proved.records, proved.batches, proved.forgotten, proved.broken) == (1, 1, 1, ())
    assert audit.verify(engine).broken is None
    with transaction(engine) as connection:  # what is younger than that may not be gone
        take_all_out(connection)
    assert len(kept.verify(engine).broken) == 1


def test_forgetting_that_was_never_written_down_shows(engine: Engine) -> None:
    write(engine, record(1))
    kept.forget(engine, 2900.0, "segl-deliver")
    with transaction(engine) as connection:
        connection.execute(audit_entry.delete().where(audit_entry.c.act == Act.FORGOTTEN))
    assert len(kept.verify(engine).broken) == 1


def test_they_come_in_pieces_each_once_in_the_order_of_time(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where many were made at the same moment."""
    monkeypatch.setattr(kept, "_ROWS", 3)
    plain, secure = Decision.PLAIN, Decision.SECURE
    many = [
        record(number, at=float(number // 5 * 10 - number), verdict=plain if number % 3 else secure)
        for number in range(22)
    ]
    write(engine, *many)
    wanted = sorted(many, key=lambda one: (one.at, one.id))
    assert list(kept.since(engine, 0.0)) == wanted
    assert list(kept.since(engine, 10.0)) == [one for one in wanted if one.at >= 10.0]
    assert list(kept.backwards(engine, 10.0)) == [one for one in reversed(wanted) if one.at >= 10.0]
    with transaction(engine) as connection:
        found = list(kept.beyond_plain(connection, 10.0, 30.0))
    assert found == [one for one in wanted if 10.0 <= one.at < 30.0 and one.verdict is secure]


def test_more_batches_than_are_looked_at_together_are_all_looked_at(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept, "_ROWS", 3)
    for number in range(10):
        write(engine, record(2 * number), record(2 * number + 1), now=2000.0 + number)
    kept.forget(engine, 2002.0, "segl-deliver")
    assert kept.verify(engine) == kept.Proved(records=16, batches=8, forgotten=2)
    with transaction(engine) as connection:
        connection.execute(decision.delete().where(decision.c.id == record(13).id))
        connection.execute(decision.delete().where(decision.c.written_at == 2009.0))
    proved = kept.verify(engine)
    assert (proved.batches, proved.forgotten, len(proved.broken)) == (6, 2, 2)


def test_however_many_are_gone_the_trail_is_read_once(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A year's trail has hundreds of thousands of entries: once for each that is gone never came to an end."""
    for number in range(1, 21):
        write(engine, record(number))
    with transaction(engine) as connection:
        take_all_out(connection)
    read = Mock(side_effect=audit.entries)
    monkeypatch.setattr(audit, "entries", read)
    assert len(kept.verify(engine).broken) == 20
    assert read.call_count == 1


def test_of_what_people_say_the_latest_counts_and_the_same_again_is_nothing(engine: Engine) -> None:
    name = record(1).id
    with transaction(engine) as connection:
        assert feedback.say(connection, name, Says.WRONG, "sender", 1.0)
        assert not feedback.say(connection, name, Says.WRONG, "sender", 2.0)
        assert feedback.say(connection, name, Says.WRONG, "root", 3.0, "ringede: 010190-1234, en adresse")
        assert not feedback.say(connection, name, Says.WRONG, "root", 4.0)
        assert feedback.say(connection, name, Says.RIGHT, "sender", 5.0)
        said = feedback.read(connection, name)
    assert said is not None
    assert (said.says, said.by, said.at, said.note) == (Says.RIGHT, "sender", 5.0, "")
    trail = [(entry.actor, entry.facts["says"]) for entry in audit.entries(engine, subject=name)]
    assert trail == [("sender", "wrong"), ("root", "wrong"), ("sender", "right")]


def test_a_note_holds_no_whole_number(engine: Engine) -> None:
    with transaction(engine) as connection:
        feedback.say(
            connection, record(1).id, Says.WRONG, "root", 3.0, "  ringede:\n010190-1234 " + "x" * 900
        )
        said = feedback.read(connection, record(1).id)
    assert said is not None
    assert said.note.startswith("ringede: 0101xx-xxxx x")
    assert len(said.note) == 300
