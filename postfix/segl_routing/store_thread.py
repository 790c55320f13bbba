"""Access to the store in a separate thread: it may be slow or locked for seconds, and answers must not wait.

A read waits a bounded time, counts as absent then, and is not made any more; writes are done soon, in order. While one
action hangs nobody begins to wait behind it, and of writes a bounded number does: what those hold would else grow for
as long as a disk or a server is slow. A store that fails is logged and costs repeated work, never an answer; the same
holds for any error of ours.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final, TypeVar

from sqlalchemy.engine import Connection, Engine

from segl.errors import StoreError
from segl.events import Events
from segl.store.engine import transaction

T = TypeVar("T")

READ_SECONDS = 2.0  # a store slower than this counts as empty
MOST_WRITES: Final = 5_000  # that wait, each with some kilobytes; what comes then is left out


class StoreThread:
    """One thread before the store, for actions that open their own transactions; *name* is how it is called in the
    log. What fails there is told and not raised."""

    def __init__(self, events: Events, name: str) -> None:
        self._events = events
        self._name = name
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._lock = threading.Lock()  # of the two that follow
        self._writes = 0  # that are waiting, or being done
        self._left_out = False  # some were, since the last time that none waited
        self._since: float | None = None  # when what is being done was begun (time.monotonic())

    async def run(self, action: Callable[[], T], *, late: bool = False) -> T | None:
        """What *action* returns; ``None`` when the store is too slow or fails. Then it is not done any more, unless it
        has begun, or, *late*, is a write: that is done all the same, if there is room for it to wait."""
        future = self._awaited(action) if late else self._asked(action)
        if future is None:
            return None
        try:
            return await asyncio.wait_for(asyncio.shield(asyncio.wrap_future(future)), READ_SECONDS)
        except TimeoutError:
            if not late:
                future.cancel()
            return None

    def soon(self, action: Callable[[], object]) -> None:
        """Do *action*, soon; not when too many wait already."""
        self._awaited(action)

    def close(self, *, wait: bool = True) -> None:
        """Wait until what was to be done is done; without *wait* it is done meanwhile. The engine stays its owner's."""
        self._thread.shutdown(wait=wait)

    def _asked(self, action: Callable[[], T]) -> Future[T | None] | None:
        since = self._since
        if since is not None and time.monotonic() - since > READ_SECONDS:
            return None
        return self._thread.submit(self._do, action)

    def _awaited(self, action: Callable[[], T]) -> Future[T | None] | None:
        with self._lock:
            has_room = self._writes < MOST_WRITES
            first = not has_room and not self._left_out
            self._left_out |= first
            self._writes += has_room
        if first:
            why = f"{MOST_WRITES} writes wait for it: what is found out now is not kept"
            self._events.failed(self._name, StoreError("the store is too slow", why))
        return self._thread.submit(self._done, action) if has_room else None

    def _done(self, action: Callable[[], T]) -> T | None:
        try:
            return self._do(action)
        finally:
            with self._lock:
                self._writes -= 1
                self._left_out = self._left_out and self._writes > 0

    def _do(self, action: Callable[[], T]) -> T | None:
        self._since = time.monotonic()
        try:
            return action()
        except Exception as error:  # also a fault of ours: of what is written nobody asks what became of it
            self._events.failed(self._name, error)
            return None
        finally:
            self._since = None


class Transactions(StoreThread):
    """The same, for actions that are given a transaction of *engine*."""

    def __init__(self, engine: Engine, events: Events, name: str) -> None:
        super().__init__(events, name)
        self._engine = engine

    async def read(self, action: Callable[[Connection], T]) -> T | None:
        """What *action* finds; ``None`` when the store is too slow or fails."""
        return await self.run(lambda: self._in_transaction(action))

    def write(self, action: Callable[[Connection], object]) -> None:
        """Do *action*, soon."""
        self.soon(lambda: self._in_transaction(action))

    def _in_transaction(self, action: Callable[[Connection], T]) -> T:
        with transaction(self._engine) as connection:
            return action(connection)
