"""Manners: a few talks at once, a few a minute, at one address; the others notice nothing."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from segl_routing.proofs.pace import A_MINUTE, MAX_PER_ADDRESS, Pace


class Day:
    """A clock that moves when somebody sleeps, or a talk takes its time."""

    def __init__(self) -> None:
        self.now = 0.0
        self.begun: list[tuple[str, float]] = []
        self.at_once: dict[str, int] = {}
        self.most = 0
        self.pace = Pace(lambda: self.now, self.sleep)

    async def sleep(self, seconds: float) -> None:
        until = self.now + seconds
        await asyncio.sleep(0)
        self.now = max(self.now, until)

    async def talk(self, address: str, seconds: float) -> None:
        async with self.pace.turn(address):
            self.begun.append((address, self.now))
            self.at_once[address] = self.at_once.get(address, 0) + 1
            self.most = max(self.most, self.at_once[address])
            await self.sleep(seconds)
            self.at_once[address] -= 1

    def run(self, *talks: tuple[str, float]) -> None:
        async def all_of_them() -> None:
            await asyncio.gather(*(self.talk(address, seconds) for address, seconds in talks))

        asyncio.run(all_of_them())


def test_more_than_a_minutes_worth_waits() -> None:
    day = Day()
    day.run(*[("192.0.2.1", 0.0)] * (A_MINUTE + 1))
    assert [at for _, at in day.begun] == [0.0] * A_MINUTE + [60.0]


def test_other_addresses_do_not_wait() -> None:
    day = Day()
    day.run(*[("192.0.2.1", 0.0)] * (2 * A_MINUTE), ("192.0.2.2", 0.0))
    assert ("192.0.2.2", 0.0) in day.begun


@settings(max_examples=50)
@given(
    st.lists(
        st.tuples(st.sampled_from(["a", "b"]), st.floats(0, 30), st.sampled_from([1, 2, A_MINUTE])),
        max_size=4,
    )
)
def test_never_more_than_allowed(bursts: list[tuple[str, float, int]]) -> None:
    talks = [(name, at) for name, at, number in bursts for _ in range(number)]
    day = Day()
    day.run(*talks)
    assert len(day.begun) == len(talks), "and each has its turn"
    assert day.most <= MAX_PER_ADDRESS
    for address in ("a", "b"):
        begun = sorted(at for name, at in day.begun if name == address)
        for first, later in zip(begun, begun[A_MINUTE:], strict=False):
            assert later - first > 59.999


def test_a_talk_that_fails_gives_its_place_back() -> None:
    async def failing(pace: Pace) -> None:
        async with pace.turn("a"):
            raise OSError

    async def story() -> None:
        pace = Pace(lambda: 0.0)
        for _ in range(MAX_PER_ADDRESS + 2):
            with suppress(OSError):
                await failing(pace)
        async with asyncio.timeout(30), pace.turn("a"):
            pass

    asyncio.run(story())
