"""Bounds the bytes of mail that are in hand at one time, over all connections."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class ByteBudget:
    """A fair semaphore of bytes: first come, first served, so that a large message is not overtaken for
    ever by small ones. A message larger than the whole budget waits for all of it and then goes alone."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.held = 0
        self._waiting: deque[tuple[int, asyncio.Future[None]]] = deque()

    @asynccontextmanager
    async def reserve(self, size: int, patience: float) -> AsyncIterator[None]:
        """*size* bytes for the time of the block. Raises :class:`TimeoutError` after *patience* seconds."""
        size = min(size, self.limit)
        await self._take(size, patience)
        try:
            yield
        finally:
            self._give_back(size)

    async def _take(self, size: int, patience: float) -> None:
        if not self._waiting and self.held + size <= self.limit:
            self.held += size
            return
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        entry = (size, turn)
        self._waiting.append(entry)
        try:
            async with asyncio.timeout(patience):
                await turn
        except BaseException:
            if turn.done() and not turn.cancelled():  # the turn came in the same moment
                self._give_back(size)
            else:
                if entry in self._waiting:  # else it was passed over already
                    self._waiting.remove(entry)
                self._serve()
            raise

    def _give_back(self, size: int) -> None:
        self.held -= size
        self._serve()

    def _serve(self) -> None:
        while self._waiting and self.held + self._waiting[0][0] <= self.limit:
            size, turn = self._waiting.popleft()
            if turn.cancelled():
                continue
            self.held += size
            turn.set_result(None)
