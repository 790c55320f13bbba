"""What a process that dies with a receipt in hand leaves to the next, what the reader's server makes of it, and a store
that is held by others."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from sqlalchemy.engine import Engine

from segl.errors import StoreError
from segl.receipts import leases, records
from segl.receipts.records import Heard
from segl.receipts.states import News, Stage, State
from segl.store.engine import transaction
from segl.vocabulary import Way
from segl_delivery.receipts import dispatch
from segl_delivery.receipts.dispatch import ReceiptDispatcher
from segl_delivery.receipts.report_writer import ReportWriter
from world.peers import SmtpPeer
from world.receipts import ReadReceipt
from world.told import ANNA, JOURNAL, NAME, Told, copy_of, settings

BO, EVA = "bo@x.example", "eva@y.example"


class Killed(BaseException):
    """As SIGKILL: nobody catches it."""


def killed(*_args: object, **_more: object) -> None:
    raise Killed


def next_due(engine: Engine) -> float | None:
    with transaction(engine) as connection:
        return leases.next_due(connection)


def names(receipts: list[ReadReceipt]) -> list[str]:
    return [one.message["Message-ID"] for one in receipts]


def test_what_is_sent_twice_has_one_name_and_what_says_something_else_another(
    engine: Engine, peer: SmtpPeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A server that has seen a Message-ID drops what bears it: here that it was not delivered."""
    told, at = Told(engine, peer, settings(wait_seconds=1.0)), time.time() - 60
    told.hear(copy_of(BO, BO), at=at, expected=(BO, EVA))
    with monkeypatch.context() as dying:
        dying.setattr(records, "mark_told", killed)
        for _ in range(2):
            with pytest.raises(Killed):
                told.tell()
    told.hear(copy_of(EVA, EVA, State.FAILED), at=at + 30, expected=(BO, EVA))
    receipts = told.tell()
    assert [one.form["kind"] for one in receipts] == ["so-far", "so-far", "failed"]
    first, again, failed = names(receipts)
    assert first == again != failed


def test_who_dies_before_the_journal_has_its_copy_leaves_it_to_be_sent(
    engine: Engine, peer: SmtpPeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, at = Told(engine, peer, settings({"journal": JOURNAL})), time.time() - 60
    told.hear(copy_of(BO, BO), at=at, expected=(BO,))
    with monkeypatch.context() as dying:
        dying.setattr(ReceiptDispatcher, "_tell_journal", killed)
        with pytest.raises(Killed):
            told.tell()
    due = next_due(engine)
    assert due is not None
    assert due <= time.time() + leases.LEASE_SECONDS
    receipts = told.tell()
    assert [one.mail.recipients for one in receipts] == [(ANNA,), (JOURNAL,)]
    assert receipts[1].states == {BO: "sent"}
    assert len(set(names(receipts))) == 2  # one mailbox may read both
    assert next_due(engine) is None


def test_who_dies_before_the_answer_leaves_it_for_half_a_minute(
    engine: Engine, peer: SmtpPeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message may be with the next Postfix. Who starts meanwhile leaves it: each try is one receipt more, and a
    process that dies of it would send one at each start. A quarter of an hour waits who heard no answer, and lives."""
    told, now = Told(engine, peer, settings()), time.time()
    told.hear(copy_of(BO, BO), at=now - 60, expected=(BO,))
    with transaction(engine) as connection:
        assert leases.take_due(connection, now, 1) == [NAME]
    monkeypatch.setattr(dispatch, "_hand_over", killed)
    with pytest.raises(Killed):
        told.tell()
    assert next_due(engine) == now + leases.LEASE_SECONDS
    with transaction(engine) as connection:
        assert leases.take_due(connection, now + leases.LEASE_SECONDS - 1, 1) == []
        assert leases.take_due(connection, now + leases.LEASE_SECONDS, 1) == [NAME]


@pytest.mark.parametrize("journal", ["", ANNA])
def test_where_no_copy_is_owed_nothing_is_due(engine: Engine, peer: SmtpPeer, journal: str) -> None:
    told = Told(engine, peer, settings({"journal": journal} if journal else {}))
    told.hear(copy_of(BO, BO), at=time.time() - 60, expected=(BO,))
    assert len(told.tell()) == 1
    assert next_due(engine) is None
    assert NAME[:32] in names(told.tell())[0]


def test_what_has_gone_is_written_down_though_the_store_is_held_meanwhile(
    engine: Engine, peer: SmtpPeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, mark_told, held = Told(engine, peer, settings()), records.mark_told, [1, 1]
    told.hear(copy_of(BO, BO), at=time.time() - 60, expected=(BO,))

    def at_last(*args: Any, **more: Any) -> None:
        if held and held.pop():
            raise StoreError("locked", "database is locked")
        mark_told(*args, **more)

    monkeypatch.setattr(records, "mark_told", at_last)
    assert len(told.tell()) == 1
    assert next_due(engine) is None


@pytest.mark.parametrize(
    ("reports", "commits"),
    [
        ((1,) * 450, [200, 200, 50]),
        ((1_000,) * 3, [1, 1, 1]),
        ((300, 200, 1, 600, 2), [2, 1, 1, 1]),
        ((1,), [1]),
    ],
)
def test_reports_share_a_commit_as_long_as_it_is_short(
    reports: tuple[int, ...], commits: list[int], engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """*reports*: of so many recipients each. While one is written no other process writes."""
    written: list[int] = []

    def count(_: ReportWriter, batch: list[Heard]) -> list[bool]:
        written.append(len(batch))
        return [True] * len(batch)

    monkeypatch.setattr(ReportWriter, "_write", count)
    report_writer = ReportWriter(engine, settings)

    async def hear() -> None:
        await asyncio.gather(
            *(report_writer.hear(report_of(number, size)) for number, size in enumerate(reports))
        )

    asyncio.run(hear())
    assert written == commits


def report_of(number: int, recipients: int) -> Heard:
    everyone = tuple(f"{n}@x.example" for n in range(recipients))
    news = tuple(News(one, one, Stage.SECURE, State.SENT, 1.0, way=Way.TLS) for one in everyone)
    return Heard(f"{number:064}", ANNA, "", 1.0, None, news)
