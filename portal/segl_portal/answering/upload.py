"""The request's body, from the event loop to the thread that works on it: one piece at a time, in bounded time.

A browser that goes away, stops or trickles ends the upload; so does the process's own stop. After a refusal some more
is read and thrown away, because a browser shows the answer only when it got rid of what it was sending.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from typing import Final

from segl_portal.answering.outcome import AnswerFault, Why

IDLE_SECONDS: Final = 120.0  # a train in a tunnel; its connection lives on
LONGEST_SECONDS: Final = 3600.0
# Beyond a tunnel and a minute the whole must have come at this pace: the slowest of phones at the edge of a net.
GRACE_SECONDS: Final = IDLE_SECONDS + 60.0
SLOWEST: Final = 2048  # bytes a second
_DRAIN_SECONDS: Final = 15.0


class Upload:
    """*stream* is the request's body as Starlette gives it; *clock* tells seconds."""

    def __init__(self, stream: AsyncIterator[bytes], clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._loop = asyncio.get_running_loop()
        self._clock = clock
        self._began = clock()
        self._bytes = 0
        self._over = False

    def pull(self) -> bytes:
        """The next piece, none at the end. For another thread than the loop's. Raises :class:`AnswerFault`."""
        coming = asyncio.run_coroutine_threadsafe(self._next(IDLE_SECONDS), self._loop)
        try:
            return coming.result(IDLE_SECONDS + 5)
        except TimeoutError:
            self._over = True
            raise AnswerFault(Why.TOO_SLOW) from None
        except AnswerFault:
            raise
        except Exception:  # the server tells in a way of its own that the browser has gone
            self._over = True
            raise AnswerFault(Why.CUT) from None

    @property
    def is_begun(self) -> bool:
        return self._bytes > 0

    async def drain(self, most: int, see: Callable[[bytes], None] = lambda _: None) -> None:
        """Read on for a while, and throw it away once *see* has seen it."""
        until = self._clock() + _DRAIN_SECONDS
        try:
            while not self._over and most > 0 and (left := until - self._clock()) > 0:
                piece = await self._next(left)
                most -= len(piece)
                see(piece)
        except Exception:  # it is over, however it ended
            self._over = True

    async def _next(self, seconds: float) -> bytes:
        while not self._over:
            try:
                piece = await asyncio.wait_for(anext(self._stream), seconds)
            except StopAsyncIteration:
                self._over = True
                break
            self._bytes += len(piece)
            self._check_pace()
            if piece:
                return piece
        return b""

    def _check_pace(self) -> None:
        spent = self._clock() - self._began
        if spent > LONGEST_SECONDS or (spent > GRACE_SECONDS and self._bytes < SLOWEST * spent):
            self._over = True
            raise AnswerFault(Why.TOO_SLOW)
