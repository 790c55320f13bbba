"""On which proof's word TLS policies were given: noted without waiting, kept though the store fails, told of the moment
and the node it was so, and of nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import pytest
from sqlalchemy.engine import Connection, Engine

from segl import given_proofs
from segl.errors import StoreError
from segl.events import Events
from segl.given_proofs import Given, given_between
from segl.store.engine import transaction
from segl.vocabulary import Proof
from segl_routing import given
from segl_routing.given import GivenProofs

X = "x.example"


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


def told(
    engine: Engine, begun: float, until: float, *, node: str = "a", hops: tuple[str, ...] = (X,)
) -> set[str]:
    with transaction(engine) as connection:
        found = given_between(connection, hops, begun, until)
    stretches = [one for (of, _), some in found.items() if of == node for one in some]
    assert all(one.meets(begun, until) for one in stretches)
    return {"none" if one.proof is None else one.proof.value for one in stretches}


def test_what_was_given_is_told_of_its_time_its_next_hop_and_its_node(engine: Engine) -> None:
    clock = Clock()
    notes = GivenProofs(engine, "a", Events("test"), clock=clock)
    for now, proof in (
        (10.0, Proof.PKIX),
        (20.0, Proof.PKIX),
        (30.0, Proof.DANE),
        (40.0, None),
        (50.0, Proof.DANE),
    ):
        clock.now = now
        notes.note(X.upper(), proof)
    notes.note("y.example:2525", Proof.PINNED)
    notes.note("z" * 300, Proof.PINNED)
    notes.close()
    assert told(engine, 0.0, 9.0) == set()
    assert told(engine, 9.0, 11.0) == {"pkix"}
    assert told(engine, 12.0, 13.0) == {"pkix"}  # in between nothing else was given
    assert told(engine, 19.0, 31.0) == {"pkix", "dane"}
    assert told(engine, 40.0, 40.0) == {"none"}
    assert told(engine, 45.0, 49.0) == set()
    assert told(engine, 49.0, 99.0) == {"dane"}
    assert told(engine, 49.0, 99.0, hops=(X, "y.example:2525")) == {"dane", "pinned"}
    assert told(engine, 0.0, 99.0, node="b") == set()


def test_what_is_written_twice_or_late_makes_no_stretch_shorter(engine: Engine) -> None:
    for until in (20.0, 30.0, 25.0):
        with transaction(engine) as connection:
            given_proofs.keep(connection, "a", [Given(X, Proof.DANE, 10.0, until)])
    assert told(engine, 28.0, 29.0) == {"dane"}
    with transaction(engine) as connection:
        given_proofs.keep(connection, "a", [])
    given_proofs.forget(engine, 30.0)
    assert told(engine, 28.0, 29.0) == {"dane"}
    given_proofs.forget(engine, 31.0)
    assert told(engine, 28.0, 29.0) == set()


def test_a_clock_that_was_set_back_claims_nothing_of_the_time_between(engine: Engine) -> None:
    clock = Clock()
    notes = GivenProofs(engine, "a", Events("test"), clock=clock)
    notes.note(X, Proof.PKIX)
    clock.now = 10.0
    notes.note(X, Proof.PKIX)
    notes.close()
    assert told(engine, 500.0, 600.0) == set()
    assert told(engine, 9.0, 11.0) == {"pkix"}


@pytest.mark.parametrize(
    "fault",
    [
        StoreError("the store cannot be reached", "database is locked"),
        RuntimeError("can't start new thread"),
    ],
)
def test_what_the_store_did_not_take_is_written_when_it_does(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], fault: Exception
) -> None:
    clock, failures, real = Clock(), [0], given_proofs.keep
    notes = GivenProofs(engine, "a", Events("test"), clock=clock, seconds=0.01)

    async def life() -> None:
        loop, failed_once, kept = asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()

        def keep(connection: Connection, node: str, stretches: Iterable[Given]) -> None:
            failures[0] += 1
            if failures[0] <= 3:
                loop.call_soon_threadsafe(failed_once.set)
                raise fault
            stretches = list(stretches)
            real(connection, node, stretches)
            if any(one.proof is Proof.DANE for one in stretches):
                loop.call_soon_threadsafe(kept.set)

        monkeypatch.setattr(given_proofs, "keep", keep)
        async with asyncio.timeout(30):
            writer = asyncio.create_task(notes.run())
            notes.note(X, Proof.PKIX)
            await failed_once.wait()
            clock.now += 5
            notes.note(X, Proof.DANE)  # while the other still waits
            await kept.wait()
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)

    asyncio.run(life())
    assert told(engine, 999.0, 1_004.0) == {"pkix"}
    assert told(engine, 1_004.0, 1_010.0) == {"dane"}
    assert noted(engine) == [(0.0, 1_005.0)]
    assert "".join(capfd.readouterr()).count("given proofs") == 1


def noted(engine: Engine) -> list[tuple[float, float]]:
    with transaction(engine) as connection:
        return sorted(given_proofs.noted_between(connection, 0.0, 1e9).get("a", []))


def test_it_is_noted_until_when_all_is_written_also_when_nothing_more_is_given(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(given, "BEAT_SECONDS", 0.02)
    clock = Clock()
    notes = GivenProofs(engine, "a", Events("test"), clock=clock, seconds=0.01)

    async def life() -> None:
        writer = asyncio.create_task(notes.run())
        notes.note(X, Proof.PKIX)
        async with asyncio.timeout(30):
            for now in (1_000.0, 1_020.0):
                clock.now = now
                while noted(engine) != [(0.0, now)]:  # noqa: ASYNC110  # the store tells nobody
                    await asyncio.sleep(0.02)
        clock.now = 1_700.0  # nobody who asked delivers so long
        await asyncio.sleep(0.2)
        clock.now = 1_800.0
        await asyncio.sleep(0.2)
        writer.cancel()
        await asyncio.gather(writer, return_exceptions=True)

    asyncio.run(life())
    [(_, until)] = noted(engine)
    assert until <= 1_700.0, "nothing is written while nobody asks"


def test_of_a_time_of_which_a_note_was_lost_nothing_is_claimed(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(given, "_MOST", 1)
    clock = Clock()
    notes = GivenProofs(engine, "a", Events("test"), clock=clock)
    notes.note("y.example", Proof.DANE)
    clock.now = 1_001.0
    notes.note(X, Proof.PKIX)
    clock.now = 1_002.0
    notes.close()
    assert told(engine, 0.0, 2_000.0, hops=(X, "y.example")) == {"pkix"}
    assert noted(engine) == [(0.0, 1_000.0), (1_001.0, 1_002.0)]


def test_only_of_a_node_s_first_start_nothing_can_have_been_given_before(engine: Engine) -> None:
    """Of a later one its forerunner may have been killed with a note in hand."""
    clock = Clock()
    GivenProofs(engine, "a", Events("test"), clock=clock)  # and killed
    clock.now = 1_001.0
    GivenProofs(engine, "a", Events("test"), clock=clock).close()
    assert noted(engine) == [(0.0, 1_000.0), (1_001.0, 1_001.0)]


def test_at_a_stop_what_was_given_last_is_written(engine: Engine) -> None:
    notes = GivenProofs(engine, "a", Events("test"), clock=Clock(), seconds=60)

    async def life() -> None:
        writer = asyncio.create_task(notes.run())
        notes.note(X, Proof.PKIX)
        await asyncio.sleep(0.05)
        notes.note("y.example", Proof.DANE)  # a minute before the next write
        writer.cancel()
        await asyncio.gather(writer, return_exceptions=True)

    asyncio.run(life())
    notes.close()
    assert told(engine, 0.0, 2_000.0, hops=(X, "y.example")) == {"pkix", "dane"}
