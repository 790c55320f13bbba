"""Who reads how much at once: the threads of a process are few, and every page waits for one.

To make a page, a preview or a PDF of a message takes up to half a minute of a thread. Whoever asks for eighty at once
would have them all, and nobody else could ask for a code or even learn that the portal is alive. So one recipient has
some turns and no more, all readers together have most of the threads and not all, and who waits for a turn waits in the
event loop, where that costs nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Final

from segl_portal.guard import Refusal, Trouble

# Of the forty threads of an event loop (anyio): for pages and files, and for prints.
FOR_ALL: Final = 20
FOR_PRINTS: Final = 4
FOR_ONE: Final = 3
_WAIT_SECONDS: Final = 30.0


@dataclass(slots=True)
class _Line:
    turns: asyncio.Semaphore
    people: int = 0  # those who have a turn, and those who wait


class Turns:
    """For one event loop. First come, first served, but for those who have as many as one may have."""

    def __init__(
        self, for_all: int = FOR_ALL, for_one: int = FOR_ONE, wait_seconds: float = _WAIT_SECONDS
    ) -> None:
        self._all = asyncio.Semaphore(for_all)
        self._for_one = for_one
        self._wait_seconds = wait_seconds
        self._lines: dict[str, _Line] = {}

    @asynccontextmanager
    async def of(self, who: str) -> AsyncIterator[None]:
        """A turn of *who*. Raises :class:`Refusal` when it does not come in time."""
        line = self._lines.setdefault(who, _Line(asyncio.Semaphore(self._for_one)))
        line.people += 1
        try:
            async with AsyncExitStack() as held:
                try:
                    async with asyncio.timeout(self._wait_seconds):
                        await held.enter_async_context(line.turns)
                        await held.enter_async_context(self._all)
                except TimeoutError:
                    raise Refusal(Trouble.BUSY) from None
                yield
        finally:
            line.people -= 1
            if not line.people:
                del self._lines[who]
