"""What is old goes in pieces, and whoever seals mail meanwhile waits for none of them."""

from __future__ import annotations

import pytest
from sqlalchemy.engine import Engine

from segl import audit
from segl.audit import Act
from segl.decisions import kept
from segl.decisions.record import DecisionRecord
from segl.store.engine import transaction
from segl.store.pieces import up_to
from segl.tables.receipts import logged_queue
from segl.vocabulary import Decision


def queues(engine: Engine, *moments: float) -> None:
    with transaction(engine) as connection:
        rows = [{"queue_id": f"Q{number}", "at": at} for number, at in enumerate(moments)]
        connection.execute(logged_queue.insert(), rows)


def taken(engine: Engine, end: float, most: int) -> list[int]:
    """How many rows went with each piece."""
    gone = []
    for moment in up_to(engine, logged_queue.c.at, end, most=most):
        with transaction(engine) as connection:
            gone.append(connection.execute(logged_queue.delete().where(logged_queue.c.at < moment)).rowcount)
    return gone


def test_the_pieces_are_small_and_together_all_that_is_old(engine: Engine) -> None:
    queues(engine, *(float(number) for number in range(25)))
    assert taken(engine, 22.0, 9) == [10, 10, 2]
    assert taken(engine, 22.0, 9) == [0]


def test_what_is_of_one_moment_goes_together(engine: Engine) -> None:
    queues(engine, *[5.0] * 20, 6.0)
    assert taken(engine, 7.0, 3) == [20, 1]


def record(number: int) -> DecisionRecord:
    return DecisionRecord(f"{number:064x}", float(number), "nordby.example", Decision.PLAIN)


def test_decisions_are_forgotten_by_whole_batches_each_piece_with_its_entry(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever verifies in between, or after a stop in the middle, finds nothing that was changed."""
    monkeypatch.setattr(up_to, "__kwdefaults__", {"most": 4})
    for batch in range(6):
        with transaction(engine) as connection:
            kept.write(connection, [record(3 * batch + n) for n in range(3)], "segl-deliver", 1000.0 + batch)
    seen = []

    def stop_at_the_second() -> None:
        seen.append(kept.verify(engine))
        if len(seen) == 2:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        kept.forget(engine, 1005.5, "segl-deliver", stop_at_the_second)
    assert [(one.batches, one.forgotten, one.broken) for one in seen] == [(4, 2, ()), (2, 4, ())]
    assert kept.forget(engine, 1005.5, "segl-deliver") == 6
    gone = [entry.facts["records"] for entry in audit.entries(engine) if entry.act == Act.FORGOTTEN]
    assert gone == [6, 6, 6]
    assert (kept.verify(engine).broken, audit.verify(engine).broken) == ((), None)
