"""Access to the store in a separate thread: it may be slow or locked for seconds, and answers must not wait.

A read waits a bounded time and then counts as absent; writes are done soon, in order. A store that fails is logged
and costs repeated work, never an answer; the same holds for any error of ours.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from sqlalchemy.engine import Connection, Engine

from segl.events import Events
from segl.store.engine import transaction

T = TypeVar("T")

READ_SECONDS = 2.0  # a store slower than this counts as empty


class StoreThread:
    """One thread before the store, for actions that open their own transactions; *name* is how it is called in the
    log. What fails there is told and not raised."""

    def __init__(self, events: Events, name: str) -> None:
        self._events = events
        self._name = name
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)

    async def run(self, action: Callable[[], T]) -> T | None:
        """What *action* returns; ``None`` when the store is too slow or fails. What is slow is done all the same."""
        task = asyncio.get_running_loop().run_in_executor(self._thread, self._do, action)
        try:
            return await asyncio.wait_for(asyncio.shield(task), READ_SECONDS)
        except TimeoutError:
            return None

    def soon(self, action: Callable[[], object]) -> None:
        """Do *action*, soon."""
        self._thread.submit(self._do, action)

    def close(self, *, wait: bool = True) -> None:
        """Wait until what was to be done is done; without *wait* it is done meanwhile. The engine stays its owner's."""
        self._thread.shutdown(wait=wait)

    def _do(self, action: Callable[[], T]) -> T | None:
        try:
            return action()
        except Exception as error:  # also a fault of ours: of what is written nobody asks what became of it
            self._events.failed(self._name, error)
            return None


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
