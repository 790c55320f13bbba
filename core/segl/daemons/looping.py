"""Rounds: what a daemon does again and again beside its service. A round that fails is told, and the next one comes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from segl.events import Events

HOUR_SECONDS: Final = 3600.0


async def every(seconds: float, where: str, work: Callable[[], Awaitable[None]], events: Events) -> None:
    """A round of *work* now, and another so many *seconds* after each has ended; for ever. *where* is what the log
    calls it. A task that an exception ends, ends without a word: nobody waits for it."""
    while True:
        try:
            await work()
        except Exception as error:
            events.failed(where, error)
        await asyncio.sleep(seconds)
