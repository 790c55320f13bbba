"""What a process that dies with a receipt in hand leaves to the next, and what the reader's server makes of it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy.engine import Engine

from segl.receipts import records
from segl.receipts.states import State
from segl.store import open_store, transaction
from segl_delivery.receipts.desk import Desk
from world.desk import free_port
from world.peers import SmtpPeer
from world.receipts import ReadReceipt
from world.told import ANNA, JOURNAL, NAME, Told, copy_of, settings

BO, EVA = "bo@x.example", "eva@y.example"


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_store(f"sqlite:///{tmp_path}/segl.db")
    yield engine
    engine.dispose()


@pytest.fixture
def peer() -> Iterator[SmtpPeer]:
    with SmtpPeer("127.0.0.1", free_port()) as peer:
        yield peer


class Killed(BaseException):
    """As SIGKILL: nobody catches it."""


def killed(*_args: object, **_more: object) -> None:
    raise Killed


def next_due(engine: Engine) -> float | None:
    with transaction(engine) as connection:
        return records.next_due(connection)


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
        dying.setattr(Desk, "_tell_journal", killed)
        with pytest.raises(Killed):
            told.tell()
    due = next_due(engine)
    assert due is not None
    assert due <= time.time() + records.LEASE_SECONDS
    receipts = told.tell()
    assert [one.mail.recipients for one in receipts] == [(ANNA,), (JOURNAL,)]
    assert receipts[1].states == {BO: "sent"}
    assert len(set(names(receipts))) == 2  # one mailbox may read both
    assert next_due(engine) is None


@pytest.mark.parametrize("journal", ["", ANNA])
def test_where_no_copy_is_owed_nothing_is_due(engine: Engine, peer: SmtpPeer, journal: str) -> None:
    told = Told(engine, peer, settings({"journal": journal} if journal else {}))
    told.hear(copy_of(BO, BO), at=time.time() - 60, expected=(BO,))
    assert len(told.tell()) == 1
    assert next_due(engine) is None
    assert NAME[:32] in names(told.tell())[0]
