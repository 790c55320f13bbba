"""The threads that touch the place of sealed messages, apart from all others.

A directory on another machine can hang: a call into it then comes back when that machine does, and nothing ends the
thread before. In threads that all agents share, mail to the portal would so hold up what needs no sealing at all: the
tunnel, certificates, what comes in, reports. A reload puts new threads in the place of the old, which may all hang in a
place that the settings no longer name.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Final, ParamSpec, TypeVar

from segl.errors import DeliveryError

THREADS: Final = 32
_NAME: Final = "sealed"
P = ParamSpec("P")
T = TypeVar("T")


class StorageThreads:
    """Runs what may hang. What finds no thread free waits for one.

    *name* is what those of one process share that end together: a reload leaves threads behind, and the stop must know
    of them.
    """

    def __init__(self, threads: int = THREADS, name: str = _NAME) -> None:
        self._name = name
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix=name)

    async def run(self, work: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
        """What *work* gives or raises."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._pool, lambda: work(*given, **named))

    async def within(self, seconds: float, work: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
        """The same. Raises :class:`DeliveryError` after *seconds*; *work* is not ended by that."""
        try:
            async with asyncio.timeout(seconds):
                return await self.run(work, *given, **named)
        except TimeoutError:
            private = f"the place of sealed messages did not answer within {seconds:.0f} s"
            raise DeliveryError(
                "sealed messages cannot be kept now", private, "is its server there?"
            ) from None

    def end(self, seconds: float) -> bool:
        """Begin nothing more. Blocking, at most *seconds*; whether all threads of the name have ended: one that has not
        would hold up the end of the process."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        deadline = time.monotonic() + seconds
        ours = [thread for thread in threading.enumerate() if thread.name.startswith(f"{self._name}_")]
        for thread in ours:
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in ours)
