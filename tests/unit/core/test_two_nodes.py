"""Two nodes at work on one store at the same moment, in processes of their own: each thing is done, and done once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from segl import audit
from segl.audit import Act
from segl.errors import StoreError
from segl.receipts.facts import Facts
from segl.receipts.records import Heard, hear
from segl.receipts.states import News, Stage, State
from segl.sealed import life, records
from segl.sealed.directory import SealedDirectory, new_id
from segl.sealed.keys import Place, Secret, wrap
from segl.sealed.records import SealedMessage, SealedRecipient, mark_notified, record
from segl.settings.receipts import Receipts, ReceiptTerms
from segl.store import engine as store
from segl.store.engine import open_store, transaction
from segl.tables.sealed import sealed_message, sealed_recipient
from world.node_at_work import NOW, ROUNDS

MESSAGES = 60


def filled(engine: Engine, folder: Path) -> None:
    """Sent messages that are due, and sealed ones that were opened."""
    place = SealedDirectory(folder / "sealed")
    place.prepare()
    terms = ReceiptTerms(send=Receipts.ALL, language="da", wait_seconds=60.0, retention_days=30)
    for number in range(MESSAGES):
        to = f"bo{number}@vestby.example"
        one = News(to, to, Stage.SECURE, State.SENT, NOW - 100)
        facts = Facts(NOW - 200, ("cpr",), (to,))
        with transaction(engine) as connection:
            hear(
                connection,
                Heard(f"{number:064d}", "anna@nordby.example", "", NOW - 200, facts, (one,)),
                lambda _domain: terms,
                NOW - 90,
            )
        message_id, row, key, link, server = new_id(), new_id(), Secret.new(), Secret.new(), Secret.new()
        where = Place(bytes.fromhex(message_id), bytes.fromhex(row))
        place.write(message_id, key, [b"x"])
        sealed = SealedMessage(message_id, "anna@nordby.example", 1, NOW - 100, NOW + 86400)
        record(engine, sealed, [SealedRecipient(row, to, server, wrap(key, link, server, where))])
        mark_notified(engine, row, NOW - 90)
        with transaction(engine) as connection:
            life.mark_opened(connection, row, NOW - 50, actor=to)


def at_work(url: str, folder: Path) -> list[dict[str, Any]]:
    begin = str(time.time() + 2)
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "world.node_at_work", url, str(folder), name, begin],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": "tests"},
        )
        for name in ("east", "west")
    ]
    found = []
    for process in running:
        out, said = process.communicate(timeout=180)
        assert process.returncode == 0, said.decode()[-3000:]
        assert b"failed" not in said, said.decode()
        found.append(json.loads(out))
    return found


def test_each_thing_is_done_once_by_whichever_node_comes_first(store_url: str, tmp_path: Path) -> None:
    engine = open_store(store_url)
    filled(engine, tmp_path)
    east, west = at_work(store_url, tmp_path)

    def both(what: str) -> list[Any]:
        return sorted(east[what] + west[what])

    assert both("receipts") == [f"{number:064d}" for number in range(MESSAGES)]
    assert both("turns") == sorted(f"turn-{number}" for number in range(ROUNDS)), "each is one node's"
    assert len(both("told")) == len(set(both("told"))) == MESSAGES
    assert east["shredded"] + west["shredded"] == MESSAGES
    assert east["counted"] + west["counted"] == 10, "of thirty that asked"
    assert east["kept"] + west["kept"] == ROUNDS, "each certificate is new to one of them"
    assert east["marks"] == west["marks"] == ROUNDS
    assert east["secret"] == west["secret"]
    found = audit.verify(engine)
    assert found.broken is None
    expired = [entry for entry in audit.entries(engine) if entry.act == Act.EXPIRED]
    assert len(expired) == len({entry.subject for entry in expired}) == MESSAGES
    assert sum(1 for entry in audit.entries(engine) if entry.act == Act.LOOKED_AT) == 2 * ROUNDS
    with transaction(engine) as connection:
        assert not connection.execute(
            sa.select(sealed_message).where(sealed_message.c.removed_at.is_(None))
        ).all()
    assert list((tmp_path / "sealed").glob("*/*.sealed")) == []
    engine.dispose()


@pytest.mark.parametrize("both_stores", ["postgresql"], indirect=True)  # for SQLite: test_store.py
def test_a_new_store_is_made_by_both_at_once(store_url: str, tmp_path: Path) -> None:
    east, west = at_work(store_url, tmp_path)
    assert east["secret"] == west["secret"]


# SQLite's other users are on the same host.
@pytest.mark.parametrize("both_stores", ["postgresql"], indirect=True)
def test_a_node_that_goes_away_in_the_middle_holds_nobody_for_long(
    store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The host has lost its power, or the network is gone: its transaction stands open with the trail's end in hand."""
    monkeypatch.setattr(store, "IDLE_SECONDS", 1)
    gone, other = open_store(store_url), open_store(store_url)

    def lose() -> None:
        with transaction(gone) as lost:
            audit.append(lost, Act.OPENED, "a", "east")
            begun = time.monotonic()
            with transaction(other) as connection:
                audit.append(connection, Act.OPENED, "b", "west")
            assert 0.5 < time.monotonic() - begun < 10
            audit.append(lost, Act.OPENED, "c", "east")

    with pytest.raises(StoreError):
        lose()
    assert [entry.subject for entry in audit.entries(other)] == ["b"]
    with transaction(gone) as connection:
        audit.append(connection, Act.OPENED, "d", "east")
    assert audit.verify(other).broken is None
    for engine in (gone, other):
        engine.dispose()


@pytest.mark.parametrize("both_stores", ["postgresql"], indirect=True)
def test_a_node_that_starts_waits_for_no_transaction_of_the_others(store_url: str) -> None:
    working = open_store(store_url)
    with transaction(working) as connection:
        audit.append(connection, Act.OPENED, "a", "east")
        connection.execute(sealed_message.delete())
        starting = threading.Thread(target=lambda: open_store(store_url).dispose())
        starting.start()
        # Less than a transaction may stand open for (IDLE_SECONDS).
        starting.join(15)
        assert not starting.is_alive()
    working.dispose()


def sealed_of_one_mail(engine: Engine) -> str:
    key, message_id, row = Secret.new(), new_id(), new_id()
    wrapped = wrap(key, key, key, Place(bytes.fromhex(message_id), bytes.fromhex(row)))
    message = SealedMessage(message_id, "anna@nordby.example", 1, NOW, NOW + 86400, "abc.1")
    record(engine, message, [SealedRecipient(row, "bo@vestby.example", key, wrapped)])
    return message_id


def test_what_is_sealed_in_the_moment_in_which_its_mail_is_revoked_opens_nothing(
    store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    east, west = open_store(store_url), open_store(store_url)
    first, looked, go_on = sealed_of_one_mail(east), threading.Event(), threading.Event()
    look = records._is_taken_back

    def slowly(connection: sa.Connection, message_id: str) -> bool:
        found = look(connection, message_id)
        looked.set()
        go_on.wait(60)
        return found

    monkeypatch.setattr(records, "_is_taken_back", slowly)
    place = SealedDirectory(tmp_path / "sealed")
    sealing = threading.Thread(target=sealed_of_one_mail, args=(west,))
    revoking = threading.Thread(target=life.revoke, args=(east, place, first, NOW + 1), kwargs={"actor": "a"})
    sealing.start()
    assert looked.wait(60)
    revoking.start()
    revoking.join(1)
    go_on.set()
    for thread in (sealing, revoking):
        thread.join(60)
    with transaction(east) as connection:
        secrets = connection.scalars(sa.select(sealed_recipient.c.server_secret)).all()
    assert secrets == [None, None]
    for engine in (east, west):
        engine.dispose()
