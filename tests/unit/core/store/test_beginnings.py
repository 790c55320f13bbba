"""Ids are found by their beginning, without a look at every row."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from segl.receipts import lookup
from segl.store.beginnings import begins
from segl.store.engine import transaction
from segl.tables.receipts import logged_queue

IDS = ("0a", "0ab", "0abf", "0abff", "0b", "a0", "f", "ff", "fff")


@pytest.fixture
def ids(engine: Engine) -> Engine:
    with transaction(engine) as connection:
        connection.execute(logged_queue.insert(), [{"queue_id": one, "at": 1.0} for one in IDS])
    return engine


@pytest.mark.parametrize(
    "beginning", ["0", "0a", "0abf", "0abff0", "a", "f", "fff", "9", "", "%", "0%", "_", "g", "F"]
)
def test_those_are_found_that_begin_so(ids: Engine, beginning: str) -> None:
    wanted = {one for one in IDS if beginning and one.startswith(beginning)}
    with transaction(ids) as connection:
        column = logged_queue.c.queue_id
        assert set(connection.scalars(sa.select(column).where(begins(column, beginning)))) == wanted


@pytest.mark.parametrize("both_stores", ["sqlite"], indirect=True)
@pytest.mark.parametrize("name", ["4bX1Yz0Q2xz1", "ab" * 16, "<1@nordby.example>"])
def test_a_message_is_found_without_going_through_all(engine: Engine, name: str) -> None:
    plans = list[str]()

    def look(conn: sa.Connection, _c: object, statement: str, parameters: Any, *_more: object) -> None:
        asking = conn.connection.cursor()
        asking.execute("EXPLAIN QUERY PLAN " + statement, parameters)
        plans.extend(row[3] for row in asking.fetchall())

    sa.event.listen(engine, "before_cursor_execute", look)
    with transaction(engine) as connection:
        assert lookup.find(connection, name) == []
    assert plans
    assert not [plan for plan in plans if plan.startswith("SCAN")], plans
