"""Manners towards other people's mail hosts: how many talks at once, and how many a minute.

Counted by address, because that is where the load falls: a hosting house gives each of its customers a mail host
of its own name, all on one machine. A talk that may not begin yet waits for its turn.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

MAX_TALKS = 64  # at once, in all
MAX_PER_ADDRESS = 3  # at once, at one address
A_MINUTE = 30  # begun at one address within a minute
MAX_ADDRESSES = 10_000  # whose last minute is remembered


@dataclass(slots=True)
class _Address:
    """One address: talks in hand or waiting, and when the last ones began (monotonic)."""

    talks: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MAX_PER_ADDRESS))
    users: int = 0
    begun: deque[float] = field(default_factory=deque)


class Pace:
    """Gives turns. *clock* is monotonic."""

    def __init__(
        self, clock: Callable[[], float], sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._all = asyncio.Semaphore(MAX_TALKS)
        self._addresses: OrderedDict[str, _Address] = OrderedDict()

    @asynccontextmanager
    async def turn(self, address: str) -> AsyncIterator[None]:
        """Held while talking to *address*."""
        one = self._addresses.setdefault(address, _Address())
        self._addresses.move_to_end(address)
        one.users += 1
        try:
            async with one.talks:
                await self._due(one)
                async with self._all:
                    yield
        finally:
            one.users -= 1
            self._forget()

    async def _due(self, one: _Address) -> None:
        """Wait until fewer than the allowed number began within the last minute; then count this one."""
        while len(one.begun) >= A_MINUTE:
            left = one.begun[0] + 60.0 - self._clock()
            if left <= 0:
                one.begun.popleft()
            else:
                await self._sleep(left)
        one.begun.append(self._clock())

    def _forget(self) -> None:
        for address in list(self._addresses)[: max(0, len(self._addresses) - MAX_ADDRESSES)]:
            if self._addresses[address].users == 0:
                del self._addresses[address]
