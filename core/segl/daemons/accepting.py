"""When a process that asyncio serves can take no connection: it has no descriptor for one more, or no memory."""

from __future__ import annotations

import asyncio
from math import inf
from typing import Any, Final

from segl.errors import SeglError
from segl.events import Events
from segl.metrics import ACCEPT_FAILURES

# What asyncio says then (asyncio/selector_events.py); it tries again after a second (constants.py, ACCEPT_RETRY_DELAY).
_NOT_TAKEN: Final = "socket.accept() out of system resource"
_TRIES_AGAIN_AFTER: Final = 1.0
_TOLD_EVERY: Final = 60.0  # seconds


def tell_of_refused(loop: asyncio.AbstractEventLoop, events: Events) -> None:
    """Say it once a minute when *loop* can take no connection, and count it.

    By itself asyncio writes a traceback for each that waits, a hundred a second and socket: the journal drops what else
    the process says, and a core is busy with it while there is too little of everything already."""
    counted, told = -inf, -inf

    def handle(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        nonlocal counted, told
        if context.get("message") != _NOT_TAKEN:
            loop.default_exception_handler(context)
            return
        now = loop.time()
        if now - counted >= _TRIES_AGAIN_AFTER:
            counted = now
            ACCEPT_FAILURES.inc()
        if now - told >= _TOLD_EVERY:
            told = now
            events.failed("accept", SeglError("no connection can be taken", f"{context.get('exception')}"))

    loop.set_exception_handler(handle)
