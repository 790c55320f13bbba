"""The audit trail: entries follow each other, and what was done to them afterwards shows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from segl import audit
from segl.audit import Act, Head
from segl.store.engine import open_store, transaction
from segl.tables.audit import audit_entry
from world.at_once import at_once


def write(engine: Engine, count: int, subject: str = "a" * 32) -> None:
    for number in range(count):
        with transaction(engine) as connection:
            audit.append(connection, Act.OPENED, subject, "bo@vestby.example", at=1000.5 + number, first=True)


def test_an_empty_trail_is_whole(engine: Engine) -> None:
    found = audit.verify(engine)
    assert (found.entries, found.broken) == (0, None)
    assert str(found.head) == "0:" + "00" * 32


def test_entries_come_back_as_they_were_written_in_order(engine: Engine) -> None:
    with transaction(engine) as connection:
        audit.append(connection, Act.CREATED, "m" * 32, "anna@nordby.example", at=1.25, size=7)
        audit.append(connection, Act.NOTIFIED, "r" * 32, "segl-deliver", at=2.5, to="bø@vestby.example")
    one, two = audit.entries(engine)
    assert (one.number, one.at, one.act, one.facts) == (1, 1.25, Act.CREATED, {"size": 7})
    assert (two.number, two.actor, two.facts) == (2, "segl-deliver", {"to": "bø@vestby.example"})
    assert [entry.number for entry in audit.entries(engine, subject="r" * 32)] == [2]
    assert [entry.number for entry in audit.entries(engine, since=2.0)] == [2]
    assert audit.verify(engine).head == audit.head(engine)


def test_the_chains_vector(engine: Engine) -> None:
    """Made by hand from the words at the head of segl/audit.py."""
    with transaction(engine) as connection:
        audit.append(connection, Act.OPENED, "ab", "bo@vestby.example", at=1000.5, first=True)
    assert audit.head(engine).hash.hex() == (
        "2d7da2d5306732b60920aea240715a382fe85c01db60a3fe4e0007d611253122"
    )


def test_an_entry_goes_with_the_transaction_it_is_part_of(engine: Engine) -> None:
    write(engine, 1)

    def half_done() -> None:
        with transaction(engine) as connection:
            audit.append(connection, Act.REVOKED, "a" * 32, "root")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        half_done()
    write(engine, 1)
    found = audit.verify(engine)
    assert (found.entries, found.broken) == (2, None)


def change(column: str, value: object) -> Callable[[Engine], None]:
    def spoil(engine: Engine) -> None:
        with transaction(engine) as connection:
            connection.execute(audit_entry.update().where(audit_entry.c.number == 3).values({column: value}))

    return spoil


def take_out(engine: Engine) -> None:
    with transaction(engine) as connection:
        connection.execute(audit_entry.delete().where(audit_entry.c.number == 3))


def close_the_gap(engine: Engine) -> None:
    with transaction(engine) as connection:
        connection.execute(audit_entry.delete().where(audit_entry.c.number == 3))
        for number in (4, 5, 6):  # one at a time: two rows with one number are refused, even for a moment
            connection.execute(
                audit_entry.update().where(audit_entry.c.number == number).values(number=number - 1)
            )


def swap(engine: Engine) -> None:
    with transaction(engine) as connection:
        for before, after in ((3, -1), (4, 3), (-1, 4)):
            connection.execute(
                audit_entry.update().where(audit_entry.c.number == before).values(number=after)
            )


@pytest.mark.parametrize(
    "spoil",
    [
        change("act", "revoked"),
        change("at", 1002.75),
        change("subject", "b" * 32),
        change("actor", "eva@vestby.example"),
        change("detail", '{"first":false}'),
        change("hash", bytes(32)),
        take_out,
        close_the_gap,
        swap,
    ],
    ids=["act", "at", "subject", "actor", "detail", "hash", "taken out", "gap closed", "swapped"],
)
def test_what_was_done_to_the_third_entry_shows_there(
    engine: Engine, spoil: Callable[[Engine], None]
) -> None:
    write(engine, 6)
    spoil(engine)
    found = audit.verify(engine)
    assert found.entries == 2
    assert found.broken in (3, 4)
    assert found.why


def below_one(engine: Engine) -> None:
    with transaction(engine) as connection:
        row = {"number": 0, "at": 1.0, "act": "opened", "subject": "a", "actor": "b", "detail": "{}"}
        connection.execute(audit_entry.insert().values(**row, hash=bytes(32)))


def test_an_entry_before_the_first_is_seen(engine: Engine) -> None:
    write(engine, 2)
    below_one(engine)
    found = audit.verify(engine)
    assert (found.entries, found.broken, found.why) == (0, 0, "entries begin with 1")
    assert [entry.number for entry in audit.entries(engine)] == [0, 1, 2]
    write(engine, 1)
    assert audit.head(engine).number == 3, "it is no end"


@pytest.mark.parametrize(
    ("column", "value"),
    [("at", "'abc'"), ("hash", "'zz'"), ("detail", "'xx'"), ("detail", "'[1]'"), ("act", "x'00'")],
)
def test_what_is_of_another_form_is_a_broken_entry_and_stops_nobody(
    tmp_path: Path, column: str, value: str
) -> None:
    """SQLite takes a word in a column of numbers."""
    engine = open_store(f"sqlite:///{tmp_path}/segl.db")
    write(engine, 3)
    with transaction(engine) as connection:
        connection.exec_driver_sql(f"UPDATE audit_entry SET {column} = {value} WHERE number = 3")  # noqa: S608
    assert audit.verify(engine).broken == 3
    odd = list(audit.entries(engine))[2]
    assert odd.facts == ({"odd": True} if column == "detail" else {"first": True})
    write(engine, 1)
    assert audit.head(engine).number == 4
    assert audit.verify(engine).broken == 3
    engine.dispose()


def test_a_name_that_is_not_utf8_is_written_down(engine: Engine) -> None:
    name = b"/etc/segl/\xe6.toml".decode("utf-8", "surrogateescape")
    with transaction(engine) as connection:
        audit.append(connection, Act.SETTINGS_CHANGED, name, name, file=name)
    [entry] = audit.entries(engine)
    assert entry.subject == entry.actor == "/etc/segl/\\udce6.toml"
    assert audit.verify(engine).broken is None


def cut(engine: Engine) -> None:
    with transaction(engine) as connection:
        connection.execute(audit_entry.delete().where(audit_entry.c.number > 2))


def drop(engine: Engine) -> None:
    with transaction(engine) as connection:
        connection.exec_driver_sql("DROP TABLE audit_entry")
    open_store(engine.url.render_as_string(hide_password=False)).dispose()


def write_anew(engine: Engine) -> None:
    with transaction(engine) as connection:
        connection.execute(audit_entry.delete())
    write(engine, 6, "b" * 32)


@pytest.mark.parametrize("spoil", [cut, drop, write_anew])
def test_a_trail_that_went_back_since_the_hour_before_is_noticed_once(
    engine: Engine, spoil: Callable[[Engine], None]
) -> None:
    assert audit.note_head(engine) == (Head(0, bytes(32)), None)
    write(engine, 4)
    noted, lost = audit.note_head(engine)
    assert (noted.number, lost) == (4, None)
    write(engine, 1)
    assert audit.note_head(engine)[1] is None
    spoil(engine)
    now, lost = audit.note_head(engine)
    assert (now, lost is not None and lost.number) == (audit.head(engine), 5)
    assert audit.note_head(engine)[1] is None, "from here on it is the trail"


def test_fields_cannot_be_shifted_into_each_other(engine: Engine) -> None:
    with transaction(engine) as connection:
        audit.append(connection, Act.OPENED, "ab", "c", at=1.0)
    with transaction(engine) as connection:
        connection.execute(audit_entry.update().values(subject="a", actor="bc"))
    assert audit.verify(engine).broken == 1


def test_a_trail_that_was_cut_or_written_anew_is_found_by_a_head_that_was_noted(engine: Engine) -> None:
    write(engine, 4)
    noted = audit.head(engine)
    write(engine, 2)
    assert audit.verify(engine, noted).broken is None
    with transaction(engine) as connection:
        connection.execute(audit_entry.delete().where(audit_entry.c.number > 3))
    assert audit.verify(engine).broken is None, "the chain alone cannot tell"
    cut = audit.verify(engine, noted)
    assert (cut.broken, "ends before" in cut.why) == (4, True)
    write(engine, 1, "b" * 32)
    anew = audit.verify(engine, noted)
    assert (anew.broken, "another entry" in anew.why) == (4, True)


def test_a_head_is_written_and_read(engine: Engine) -> None:
    write(engine, 1)
    head = audit.head(engine)
    assert Head.parse(str(head)) == head
    for text in ("", "1", "1:", "x:" + "0" * 64, "1:" + "g" * 64, "١:" + "0" * 64):
        with pytest.raises(ValueError, match="64 hex digits"):
            Head.parse(text)


def test_writers_at_once_make_one_chain(store_url: str) -> None:
    engines = [open_store(store_url) for _ in range(4)]
    at_once(lambda engine: write(engine, 25), engines)
    found = audit.verify(engines[0])
    assert (found.entries, found.broken) == (100, None)
    for engine in engines:
        engine.dispose()


def test_a_long_trail_is_read_in_pieces(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "_ROWS", 4)
    write(engine, 10)
    assert [entry.number for entry in audit.entries(engine)] == list(range(1, 11))
    assert audit.verify(engine).entries == 10
    with transaction(engine) as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(audit_entry)) == 10
