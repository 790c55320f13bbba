"""Rounds of a daemon: one that fails is told, and the next one comes."""

from __future__ import annotations

import asyncio

from segl.daemons.looping import every
from segl.errors import StoreError
from segl.events import Events


class _Told(Events):
    def __init__(self) -> None:
        super().__init__("t")
        self.failures: list[tuple[str, str]] = []

    def failed(self, where: str, error: BaseException) -> None:
        self.failures.append((where, type(error).__name__))


def test_whatever_a_round_fails_of_the_next_one_comes() -> None:
    events, done = _Told(), asyncio.Event()
    rounds: list[Exception | None] = [StoreError("x", "x"), ValueError(), MemoryError(), None]

    async def work() -> None:
        failure = rounds.pop(0)
        if failure is not None:
            raise failure
        done.set()

    async def tried() -> None:
        going = asyncio.create_task(every(0.001, "housekeeping", work, events))
        async with asyncio.timeout(30):
            await done.wait()
        going.cancel()

    asyncio.run(tried())
    assert events.failures == [("housekeeping", name) for name in ("StoreError", "ValueError", "MemoryError")]


def test_a_round_that_is_broken_off_is_the_last() -> None:
    async def tried() -> None:
        begun = asyncio.Event()

        async def work() -> None:
            begun.set()
            await asyncio.sleep(60)

        going = asyncio.create_task(every(0.001, "x", work, _Told()))
        await begun.wait()
        going.cancel()
        await asyncio.wait([going])
        assert going.cancelled()

    asyncio.run(tried())
