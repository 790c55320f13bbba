"""A request's body in bounded time: who stops or trickles is let go, and after a refusal not everything is read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from segl_portal.answering import upload
from segl_portal.answering.outcome import AnswerFault, Why
from segl_portal.answering.upload import Upload
from world.forms import Gone


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def trickle(clock: Clock, piece: bytes, seconds: float, times: int = 10_000) -> AsyncIterator[bytes]:
    async def body() -> AsyncIterator[bytes]:
        for _ in range(times):
            clock.now += seconds
            yield piece

    return body()


def read(make: Callable[[Clock], AsyncIterator[bytes]]) -> tuple[int, Why | None, float]:
    """Bytes read, how it ended, and when by the clock."""
    clock = Clock()

    async def run() -> tuple[int, Why | None]:
        incoming = Upload(make(clock), clock)

        def pull_all() -> tuple[int, Why | None]:
            size = 0
            try:
                while piece := incoming.pull():
                    size += len(piece)
            except AnswerFault as fault:
                return size, fault.why
            return size, None

        return await asyncio.to_thread(pull_all)

    size, why = asyncio.run(run())
    return size, why, clock.now


def test_a_slow_phone_is_waited_for() -> None:
    assert read(lambda clock: trickle(clock, bytes(50_000), 10, 100)) == (5_000_000, None, 1000)


def test_a_train_in_a_tunnel_is_waited_for() -> None:
    def body(clock: Clock) -> AsyncIterator[bytes]:
        async def pieces() -> AsyncIterator[bytes]:
            for seconds in (*[1] * 10, upload.IDLE_SECONDS - 1, *[1] * 100):
                clock.now += seconds
                yield bytes(8000)  # 64 kbit/s

        return pieces()

    assert upload.IDLE_SECONDS >= 120
    assert read(body)[:2] == (111 * 8000, None)


def test_a_trickle_is_not() -> None:
    size, why, when = read(lambda clock: trickle(clock, b"x", 1))
    assert (why, when) == (Why.TOO_SLOW, 181)
    assert size <= 181


def test_nothing_lasts_more_than_an_hour() -> None:
    _, why, when = read(lambda clock: trickle(clock, bytes(500_000), 10))
    assert why is Why.TOO_SLOW
    assert 3600 < when < 3620


def test_one_that_stops_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload, "IDLE_SECONDS", 0.1)

    async def stops() -> AsyncIterator[bytes]:
        yield b"x"
        await asyncio.sleep(30)

    assert read(lambda _: stops())[:2] == (1, Why.TOO_SLOW)


def test_one_that_goes_is_let_go() -> None:
    async def goes() -> AsyncIterator[bytes]:
        yield b"x"
        raise Gone

    assert read(lambda _: goes())[:2] == (1, Why.CUT)


def test_empty_pieces_are_no_end() -> None:
    """Servers give one when only the connection's state has changed."""

    async def body() -> AsyncIterator[bytes]:
        for piece in (b"", b"a", b"", b"b"):
            yield piece

    assert read(lambda _: body())[:2] == (2, None)


@pytest.mark.parametrize(("most", "seconds", "taken"), [(1000, 0.0, 1000), (10**9, 1.0, 15 * 100)])
def test_after_a_refusal_some_is_thrown_away(most: int, seconds: float, taken: int) -> None:
    clock = Clock()
    given: list[int] = []

    async def body() -> Any:
        while True:
            clock.now += seconds
            given.append(100)
            yield bytes(100)

    async def run() -> None:
        await Upload(body(), clock).drain(most)

    asyncio.run(run())
    assert sum(given) == taken


def test_draining_what_is_over_reads_nothing() -> None:
    async def run() -> None:
        async def body() -> AsyncIterator[bytes]:
            yield b"x"
            raise AssertionError("read on")

        incoming = Upload(body())
        await incoming.drain(1)
        await incoming.drain(0)

    asyncio.run(run())
